//! What the operator types and chooses before a run, and the answers that follow from it.

use std::path::PathBuf;

use tui_input::{Input, InputRequest};

use super::key::{Code, Key};
use crate::domain::answers::{
    Answers, BackupAnswers, ClientAnswers, ConfirmAnswers, DatabaseAnswers, DeploymentAnswers,
    KnownAnswers, MemoryAnswers, MemoryWay, RunAnswers, ServerAnswers, ValidateAnswers,
};
use crate::domain::backup::Level;
use crate::domain::finding::Waiver;

/// The text fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldId {
    OldHome,
    NewHome,
    Name,
    PasswordFile,
    BackupDir,
    Window,
    Mib,
}

impl FieldId {
    pub fn label(self) -> &'static str {
        match self {
            FieldId::OldHome => "Serves now",
            FieldId::NewHome => "New version",
            FieldId::Name => "Name it",
            FieldId::PasswordFile => "Password file",
            FieldId::BackupDir => "Backup folder",
            FieldId::Window => "Window, minutes",
            FieldId::Mib => "Memory, MB",
        }
    }

    /// What it means when nothing is written there.
    pub fn without(self) -> &'static str {
        match self {
            FieldId::OldHome | FieldId::NewHome | FieldId::BackupDir => "(needed)",
            FieldId::Name => "(host and folder)",
            FieldId::PasswordFile => "(none: conf/ or the client's file)",
            FieldId::Window => "(empty: no clock is shown)",
            FieldId::Mib => "(20)",
        }
    }

    /// What to write there, for somebody who does this for the first time.
    pub fn help(self) -> &'static str {
        match self {
            FieldId::OldHome => "folder of the version that serves now, with bin/, conf/ and libs/",
            FieldId::NewHome => "folder where the new release is unpacked, not started yet",
            FieldId::Name => "how people call this deployment; may stay empty",
            FieldId::PasswordFile => {
                "only if conf/ does not hold the password: a 0600 file with it; never typed here"
            }
            FieldId::BackupDir => "an absolute path with room for two compressed dumps",
            FieldId::Window => {
                "how long the agreed window is: gives a clock and a time to decide by"
            }
            FieldId::Mib => "20 is OpenMetadata's own figure; up to 1024",
        }
    }
}

/// Everything chosen so far.
#[derive(Debug, Clone, Default)]
pub struct Form {
    pub old_home: Input,
    pub new_home: Input,
    pub name: Input,
    pub password_file: Input,
    pub backup_dir: Input,
    pub window: Input,
    pub mib: Input,
    pub production: bool,
    pub level: Option<Level>,
    pub memory: MemoryWay,
    pub waivers: Vec<Waiver>,
    /// What a person told because omup could not see it.
    pub known: KnownAnswers,
    /// What clients on other hosts said of themselves, line by line.
    pub pasted: Vec<String>,
    /// What came from an answers file and has no field here.
    rest: Option<Box<Answers>>,
}

impl Form {
    pub fn new() -> Self {
        Self {
            production: true,
            ..Self::default()
        }
    }

    /// How sure the backup has to be.
    pub fn level(&self) -> Level {
        self.level.unwrap_or(Level::RestoredAndEqual)
    }

    /// Takes the values of answers that exist already.
    pub fn fill(&mut self, answers: &Answers) {
        let text = |path: &std::path::Path| Input::new(path.display().to_string());
        self.old_home = text(&answers.deployment.old_home);
        self.new_home = text(&answers.deployment.new_home);
        self.name = Input::new(answers.deployment.name.clone().unwrap_or_default());
        self.production = answers.deployment.production.unwrap_or(true);
        self.password_file = answers
            .database
            .password_file
            .as_deref()
            .map(text)
            .unwrap_or_default();
        self.backup_dir = text(&answers.backup.dir);
        self.level = Some(answers.backup.level);
        self.memory = answers.memory.way;
        let number = |n: Option<u32>| n.map(|n| Input::new(n.to_string())).unwrap_or_default();
        self.mib = number(answers.memory.mib);
        self.window = number(answers.run.agreed_downtime_minutes);
        self.waivers = answers.waive.clone();
        self.known = answers.known.clone();
        self.pasted = answers.clients.pasted.clone();
        self.rest = Some(Box::new(answers.clone()));
    }

    pub fn field(&self, id: FieldId) -> &Input {
        match id {
            FieldId::OldHome => &self.old_home,
            FieldId::NewHome => &self.new_home,
            FieldId::Name => &self.name,
            FieldId::PasswordFile => &self.password_file,
            FieldId::BackupDir => &self.backup_dir,
            FieldId::Window => &self.window,
            FieldId::Mib => &self.mib,
        }
    }

    pub fn field_mut(&mut self, id: FieldId) -> &mut Input {
        match id {
            FieldId::OldHome => &mut self.old_home,
            FieldId::NewHome => &mut self.new_home,
            FieldId::Name => &mut self.name,
            FieldId::PasswordFile => &mut self.password_file,
            FieldId::BackupDir => &mut self.backup_dir,
            FieldId::Window => &mut self.window,
            FieldId::Mib => &mut self.mib,
        }
    }

    /// The answers, or what is still missing, in words.
    pub fn answers(&self) -> Result<Answers, String> {
        let path = |id: FieldId| -> Result<PathBuf, String> {
            let text = self.field(id).value().trim();
            if text.is_empty() {
                return Err(format!("'{}' is empty: {}", id.label(), id.help()));
            }
            Ok(PathBuf::from(text))
        };
        let number = |id: FieldId| -> Result<Option<u32>, String> {
            let text = self.field(id).value().trim();
            if text.is_empty() {
                return Ok(None);
            }
            text.parse()
                .map(Some)
                .map_err(|_| format!("'{}' is not a number: {}", id.label(), id.help()))
        };
        let optional = |id: FieldId| {
            let text = self.field(id).value().trim();
            (!text.is_empty()).then(|| text.to_string())
        };
        let rest = self.rest.as_deref();
        let answers = Answers {
            deployment: DeploymentAnswers {
                kind: "bare-metal".to_string(),
                name: optional(FieldId::Name),
                production: Some(self.production),
                old_home: path(FieldId::OldHome)?,
                new_home: path(FieldId::NewHome)?,
            },
            database: DatabaseAnswers {
                password_file: optional(FieldId::PasswordFile).map(PathBuf::from),
            },
            backup: BackupAnswers {
                dir: path(FieldId::BackupDir)?,
                level: self.level(),
                stall_seconds: rest.and_then(|r| r.backup.stall_seconds),
                read_lock: rest.is_some_and(|r| r.backup.read_lock),
            },
            memory: MemoryAnswers {
                way: self.memory,
                mib: number(FieldId::Mib)?,
            },
            server: rest.map_or_else(ServerAnswers::default, |r| r.server.clone()),
            validate: rest.map_or_else(ValidateAnswers::default, |r| r.validate.clone()),
            clients: ClientAnswers {
                pasted: self.pasted.clone(),
                ..rest.map_or_else(ClientAnswers::default, |r| r.clients.clone())
            },
            known: self.known.clone(),
            run: RunAnswers {
                // A person sits here; a question waits for the next one to come back, too.
                wait_for_answers: rest.map_or(0, |r| r.run.wait_for_answers),
                agreed_downtime_minutes: number(FieldId::Window)?,
            },
            // The wizard asks; nothing is confirmed beforehand.
            confirm: ConfirmAnswers::default(),
            waive: self.waivers.clone(),
        };
        match answers.problems().first() {
            Some(problem) => Err(problem.clone()),
            None => Ok(answers),
        }
    }
}

/// Applies a key to a text field; false when it means nothing there.
pub fn type_into(input: &mut Input, key: Key) -> bool {
    let request = match (key.code, key.ctrl) {
        (Code::Char('u'), true) => InputRequest::DeleteLine,
        (Code::Char('w'), true) => InputRequest::DeletePrevWord,
        (Code::Char('a'), true) | (Code::Home, false) => InputRequest::GoToStart,
        (Code::Char('e'), true) | (Code::End, false) => InputRequest::GoToEnd,
        (Code::Char(c), false) if !key.alt => InputRequest::InsertChar(c),
        (Code::Backspace, _) => InputRequest::DeletePrevChar,
        (Code::Delete, _) => InputRequest::DeleteNextChar,
        (Code::Left, false) => InputRequest::GoToPrevChar,
        (Code::Right, false) => InputRequest::GoToNextChar,
        _ => return false,
    };
    input.handle(request);
    true
}

/// Pasted text without its line breaks and control characters: it is typed, never confirmed.
pub fn paste_into(input: &mut Input, text: &str) {
    for c in text
        .chars()
        .filter(|c| !crate::domain::clean_text::dangerous(*c))
        .take(4096)
    {
        input.handle(InputRequest::InsertChar(c));
    }
}
