//! From an answers file to an opened deployment with its database, its survey and its plan.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::error::{CommandError, Result};
use crate::database::{self, Admin, Database};
use crate::deployment::bare_metal::BareMetal;
use crate::deployment::{Deployment, Side};
use crate::domain::answers::Answers;
use crate::domain::plan::{Goal, Plan};
use crate::domain::secret::{Redactor, Secret};
use crate::domain::survey::{ConnectionFacts, Survey, VersionFacts};
use crate::domain::version::OmVersion;
use crate::exit_code::ExitCode;
use crate::knowledge::Knowledge;
use crate::process::Place;
use crate::steps::context::Secrets;
use crate::steps::{Commands, Preview};
use crate::survey::Questions;

/// Largest answers or secret file that is read, in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// Reads and checks an answers file.
pub fn answers(path: &Path) -> Result<Answers> {
    let text = read_limited(path)?;
    answers_text(&text, &path.display().to_string())
}

/// As [`answers`] from text; `name` says in errors where it came from.
pub fn answers_text(text: &str, name: &str) -> Result<Answers> {
    let answers: Answers = toml::from_str(text).map_err(|error| {
        CommandError::new(ExitCode::Usage, format!("the answers in {name} cannot be understood{}: {}. Nothing was done; mend the file and try again", whereabouts(text, error.span()), error.message()))
    })?;
    let problems = answers.problems();
    if problems.is_empty() {
        Ok(answers)
    } else {
        Err(CommandError::new(
            ExitCode::Usage,
            format!(
                "the answers in {name} are not usable: {}",
                problems.join("; ")
            ),
        ))
    }
}

/// Where in the file, by line and key. The line itself is not shown: it may hold a password that does
/// not belong there.
fn whereabouts(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else {
        return String::new();
    };
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    match line.split_once('=') {
        Some((key, _)) => format!(" at line {number} ('{}')", key.trim()),
        None => format!(" at line {number}"),
    }
}

fn read_limited(path: &Path) -> Result<String> {
    let failed = |why: String| {
        CommandError::new(
            ExitCode::Usage,
            format!("cannot read {}: {why}. Nothing was done", path.display()),
        )
    };
    let file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| failed(e.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(failed(format!(
            "it is larger than {}, which no file of this kind is; is it the right one?",
            crate::domain::space::size(MAX_FILE)
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        failed(format!(
            "byte {} of it is not UTF-8; save it as UTF-8",
            error.utf8_error().valid_up_to() + 1
        ))
    })
}

/// A secret out of a file that nobody else can read.
fn secret_file(path: &Path) -> Result<Secret> {
    let meta = std::fs::metadata(path).map_err(|e| {
        CommandError::new(
            ExitCode::Usage,
            format!("cannot read {}: {e}", path.display()),
        )
    })?;
    if meta.mode() & 0o077 != 0 {
        return Err(CommandError::new(
            ExitCode::Usage,
            format!(
                "{} can be read by others (mode {:o}); run `chmod 600` on it",
                path.display(),
                meta.mode() & 0o777
            ),
        ));
    }
    let text = read_limited(path)?;
    Ok(Secret::new(
        text.lines().next().unwrap_or_default().to_string(),
    ))
}

/// An opened deployment: what it says of itself, and the secrets from durable sources.
pub struct Opened {
    pub deployment: Arc<dyn Deployment>,
    pub connection: ConnectionFacts,
    pub secrets: Secrets,
    pub practice: bool,
}

/// Opens the deployment and reads its secrets; does not touch the database.
pub async fn deployment(answers: &Answers) -> Result<Opened> {
    let opened = without_secrets(answers)?;
    let facts = opened.facts().await?;
    let password = match &answers.database.password_file {
        Some(path) => Some(secret_file(path)?),
        None => opened.database_password().await?,
    };
    let api_token = answers
        .validate
        .token_file
        .as_deref()
        .map(secret_file)
        .transpose()?;
    let mut known = opened.secrets().await?;
    known.extend(password.clone());
    known.extend(api_token.clone());
    Ok(Opened {
        practice: crate::deployment::is_practice(&answers.deployment.old_home),
        deployment: opened,
        connection: facts.connection,
        secrets: Secrets {
            database_password: password,
            api_token,
            redactor: Redactor::new(&known),
        },
    })
}

/// The deployment alone, for a runner that was given its secrets.
pub fn without_secrets(answers: &Answers) -> Result<Arc<dyn Deployment>> {
    let opened = BareMetal::open(&answers.deployment, &answers.server)?;
    Ok(Arc::new(opened))
}

/// How the database is reached, for `application` in the server's session list.
pub fn target(opened: &Opened, application: &str, private_folder: &Path) -> database::Target {
    database::Target {
        facts: opened.connection.clone(),
        password: opened.secrets.database_password.clone(),
        application: application.to_string(),
        private_folder: private_folder.to_path_buf(),
    }
}

/// A survey, and the plan for a goal made from it. Changes nothing.
pub async fn survey(
    opened: &Opened,
    database: &dyn Database,
    answers: &Answers,
    state: &Path,
    full: bool,
) -> Result<Survey> {
    let knowledge = Knowledge::embedded();
    let ask = |versions: &VersionFacts| match (versions.database.known(), versions.target.known()) {
        (Some(from), Some(to)) => Questions {
            full,
            ..questions(&knowledge, from, to)
        },
        (None, _) | (_, None) => Questions {
            full,
            ..Questions::default()
        },
    };
    crate::survey::take(opened.deployment.as_ref(), database, answers, state, &ask)
        .await
        .map_err(|error| {
            CommandError::new(
                ExitCode::CannotSurvey,
                opened.secrets.redactor.redact(&error.to_string()),
            )
        })
}

/// What the breaking changes between two versions want to know.
fn questions(knowledge: &Knowledge, from: &OmVersion, to: &OmVersion) -> Questions {
    Questions {
        rows: knowledge.row_questions(from, to),
        marks: knowledge.code_marks(from, to),
        full: false,
    }
}

/// The plan with its digest (SHA-256, hex).
pub async fn plan(
    goal: Goal,
    opened: &Opened,
    database: &dyn Database,
    survey: &Survey,
    answers: &Answers,
) -> Result<(Plan, String)> {
    let commands = commands(opened, database, survey, answers).await?;
    let plan = crate::steps::plan(
        goal,
        &Preview {
            survey,
            answers,
            commands: &commands,
        },
    );
    let digest = plan_digest(&plan);
    Ok((plan, digest))
}

/// SHA-256 (hex) of what the plan decides.
pub fn plan_digest(plan: &Plan) -> String {
    crate::runner::journal::hex(&Sha256::digest(plan.canonical().as_bytes()))
}

/// Command lines that only deployment and engine can spell.
async fn commands(
    opened: &Opened,
    database: &dyn Database,
    survey: &Survey,
    answers: &Answers,
) -> Result<Commands> {
    let deployment = &opened.deployment;
    let owner = &survey.deployment.owner;
    let memory = (answers.memory.way == crate::domain::answers::MemoryWay::Connection)
        .then(|| answers.memory.bytes());
    let params = database.migration_params(
        &survey.deployment.connection.params,
        "omup migrate <run>",
        memory,
    );
    let mut ops = Vec::new();
    for command in ["migrate", "reindex", "deploy-pipelines"] {
        let tool = deployment
            .ops_tool(Side::New, &[command], Some(&params), None)
            .await?;
        ops.push(tool.shown().as_str().to_string());
    }
    let mut ops = ops.into_iter();
    let reindex_old = deployment
        .ops_tool(Side::Old, &["reindex"], Some(&params), None)
        .await?
        .shown()
        .to_string();
    let mut dump = database.dump_tool("<snapshot>");
    // It names a password file that each handle makes anew: no part of what is decided.
    dump.env.clear();
    for arg in &mut dump.args {
        if arg.as_encoded_bytes().starts_with(b"--defaults-file=") {
            *arg = "--defaults-file=<private>".into();
        }
    }
    let carry_over = deployment.carry_over_preview().await?;
    let redact = |text: &str| opened.secrets.redactor.redact(text);
    Ok(Commands {
        dump: redact(dump.shown().as_str()),
        restore: format!(
            "{} into a new database",
            survey.database.identity.engine.title()
        ),
        stop_old: deployment.stop_command(owner, Side::Old),
        start_old: deployment.start_command(owner, Side::Old),
        stop_new: deployment.stop_command(owner, Side::New),
        start_new: deployment.start_command(owner, Side::New),
        migrate: redact(&ops.next().unwrap_or_default()),
        reindex: redact(&ops.next().unwrap_or_default()),
        reindex_old: redact(&reindex_old),
        deploy_pipelines: redact(&ops.next().unwrap_or_default()),
        carry_over: carry_over
            .iter()
            .map(|(path, change)| (path.display().to_string(), redact(change.as_str())))
            .collect(),
        set_name_old: redact(&deployment.set_name_by_hand(Side::Old, "<restored database>")),
    })
}

/// Both handles on the database.
pub async fn handles(target: database::Target) -> Result<(Arc<dyn Database>, Arc<dyn Admin>)> {
    let database = database::connect(target.clone()).await?;
    let admin = database::admin(target).await?;
    Ok((database, admin))
}

/// Client tools of a bare-metal deployment run on this host.
pub fn place() -> Place {
    Place::Local
}
