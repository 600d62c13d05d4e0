//! What can happen to the wizard, and what it asks of the world. All of it is data: a recorded queue
//! of events, replayed, gives the same frames.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::event::{ChecklistAnswer, Event as RunEvent};
use crate::domain::finding::Finding;
use crate::domain::log_view::{LogQuery, LogWindow};
use crate::domain::plan::Plan;
use crate::domain::progress::Progress;
use crate::domain::survey::Survey;
use crate::domain::way_back::{WayBack, WayId};

/// One thing that happened, with the time it was taken from the queue: the only clock there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// Milliseconds since 1970, UTC; may jump.
    pub at_ms: i64,
    /// Milliseconds since the machine was booted; never jumps.
    pub boot_ms: u64,
    pub event: Event,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    Key(Key),
    /// Pasted text; its line breaks confirm nothing.
    Paste(String),
    Resize {
        width: u16,
        height: u16,
    },
    /// Time passes; sent only while a run lives or a message has to go away.
    Tick,
    /// Installations and answers found on this host.
    Found(Vec<Candidate>),
    /// The deployment was looked at, or could not be.
    Looked(Box<Result<Looked, Trouble>>),
    /// The runs in the state folder, newest first.
    Runs(Vec<RunLine>),
    /// Practice sessions of this user that are not finished.
    Practices(Vec<PracticeLine>),
    /// A run was opened: from here its journal follows.
    RunOpened {
        id: String,
        folder: PathBuf,
        /// This process owns the journal: the run is being prepared here.
        preparing: bool,
        answers: Option<Box<Answers>>,
    },
    /// New lines of the run's journal.
    Journal(Vec<JournalLine>),
    /// Whether a runner works on the run, and who steers it.
    Runner {
        alive: bool,
        helm: Option<CleanText>,
        /// This screen has the helm.
        mine: bool,
        /// The runner speaks another protocol: only watching is possible.
        foreign: bool,
        /// Without a runner: the process of a program that goes on all the same.
        #[serde(default)]
        left_child: Option<u32>,
    },
    Progress(Progress),
    /// Free bytes where the backup is written.
    Disk {
        free: u64,
    },
    Log(Box<LogWindow>),
    Ways(Box<Result<Vec<WayBack>, Trouble>>),
    /// The report of the run, as Markdown.
    Report(Result<String, Trouble>),
    /// The run's `way-back.md`, where it is there.
    WayBackByHand(Option<String>),
    /// The cause of a practice scenario is mended.
    Mended,
    /// An effect went well, in words.
    Told(CleanText),
    /// An effect failed.
    Failed(Trouble),
}

/// What went wrong, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub message: CleanText,
    /// Exit code number that the same fault would give on the command line.
    pub exit: u8,
}

/// An installation found on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub home: PathBuf,
    /// By its jar.
    pub version: CleanText,
    /// How it was found: `a running process (pid 812)`, `/opt`.
    pub from: CleanText,
    /// Its server listens now.
    pub runs: bool,
}

/// Everything that looking at a deployment gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    pub answers: Answers,
    pub survey: Survey,
    pub findings: Vec<Finding>,
    pub plan: Plan,
    pub plan_digest: String,
}

/// One run of the state folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    pub id: String,
    /// `1.11.2 -> 1.12.4`, or empty while it is being prepared.
    pub versions: CleanText,
    pub deployment: CleanText,
    /// How it stands, in words.
    pub state: CleanText,
    pub alive: bool,
    /// There is something left to do or to decide.
    pub unfinished: bool,
    /// Its journal cannot be read; `state` says why.
    pub damaged: bool,
}

/// A practice session that is not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeLine {
    pub scenario: CleanText,
    /// How its newest unfinished run stands, in words.
    pub state: CleanText,
    /// What goes on with it.
    pub command: CleanText,
}

/// One line of a journal, with the words for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalLine {
    pub seq: u64,
    /// RFC 3339, UTC.
    pub at: CleanText,
    /// Wall clock, milliseconds since 1970.
    pub at_ms: i64,
    pub event: RunEvent,
    pub words: Vec<CleanText>,
}

/// What the wizard asks of the world. None of these is carried out by the wizard itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Look for installations on this host.
    Find,
    /// Survey, check and plan; changes nothing.
    Look(Box<Answers>),
    ListRuns,
    /// Make a run in the state folder and own its journal until the runner is started.
    Prepare(Box<Answers>),
    /// Keep changed answers in the prepared run.
    KeepAnswers(Box<Answers>),
    /// Write into the journal of the prepared run.
    NoteRead {
        note: String,
        read: bool,
        /// It asks to act.
        asks: bool,
        /// Why one goes on with it.
        why: Option<CleanText>,
    },
    ChecklistAnswered {
        item: String,
        text: CleanText,
        answer: ChecklistAnswer,
    },
    /// Approve the plan and start the runner.
    Start {
        plan_digest: String,
    },
    OpenRun(String),
    CloseRun,
    /// Answer the open question.
    Answer {
        id: String,
        value: String,
    },
    Abort,
    TakeHelm,
    /// Start the runner again; `again`: the failed step may be repeated.
    Resume {
        again: bool,
    },
    /// Practice only: mend the cause, as an administrator would.
    Mend,
    WaysBack,
    /// Go one of them; the name was typed.
    TakeWay {
        way: WayId,
    },
    ReadReport,
    ReadWayBack,
    AskLog(LogQuery),
    /// Stop watching the log.
    NoLog,
    Copy(String),
    Title(CleanText),
    Bell,
    Redraw,
    Suspend,
    /// Keep state and last frames for a bug report.
    Snapshot,
    /// Leave the screen; work that runs goes on.
    Leave,
    /// Leave a practice session, and say what becomes of its deployment.
    LeavePractice {
        keep: bool,
    },
}
