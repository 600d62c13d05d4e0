//! The steps of an upgrade and of a way back: their ids, words and declared behaviour.

use serde::{Deserialize, Serialize};

use super::clean_text::CleanText;

macro_rules! step_ids {
    ($($variant:ident = $id:literal, $title:literal, $risk:literal, $danger:ident;)*) => {
        /// One step. The id is stable: journal, answers, report and tests name it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum StepId { $(#[serde(rename = $id)] $variant,)* }

        impl StepId {
            pub const ALL: &'static [StepId] = &[$(StepId::$variant,)*];

            pub fn id(self) -> &'static str {
                match self { $(StepId::$variant => $id,)* }
            }

            /// What it does, as a heading.
            pub fn title(self) -> &'static str {
                match self { $(StepId::$variant => $title,)* }
            }

            /// What can go wrong, shown beside it.
            pub fn risk(self) -> &'static str {
                match self { $(StepId::$variant => $risk,)* }
            }

            pub fn danger(self) -> Danger {
                match self { $(StepId::$variant => Danger::$danger,)* }
            }
        }
    };
}

/// What a step can do to the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// Only looks.
    Looks,
    /// Writes beside the deployment: files, a scratch database.
    Beside,
    /// Changes the deployment in a way that is undone by starting the old server again.
    Undoable,
    /// Undone only by a restore.
    NeedsRestore,
}

step_ids! {
    Checks = "checks", "Check the deployment", "A check may block the upgrade; nothing is changed.", Looks;
    BackUp = "back-up", "Back up database and configuration", "The dump may end early or fill the disk; it is then refused and nothing is changed.", Beside;
    Prove = "prove", "Prove the backup by restoring a copy", "The copy may differ or not fit; production is not touched.", Beside;
    TuneMemory = "tune-memory", "Give the migration enough sort memory", "The setting may be refused; on PostgreSQL that is never a blocker.", Undoable;
    StartDowntime = "start-downtime", "Start of downtime", "From here users are locked out until the new or the old server serves.", Looks;
    StopServer = "stop-server", "Stop the server through its owner", "Whoever owns the server may start it again; it is watched.", Undoable;
    ProveQuiet = "prove-quiet", "Prove that nobody writes", "Another host or a client may still write; then the upgrade stops here and is put back.", Looks;
    DigestGate = "digest-gate", "Compare the source with the backup", "Writes since the backup make a final backup necessary.", Beside;
    PointOfNoReturn = "point-of-no-return", "Point of no return", "From here, going back means a restore.", Looks;
    SwitchVersion = "switch-version", "Carry the configuration over to the new version", "A setting that the new version does not know may be carried over.", NeedsRestore;
    Migrate = "migrate", "Migrate the database", "A statement may fail half way: the database is then between two versions.", NeedsRestore;
    StartServer = "start-server", "Start the new server", "It may refuse to start or to become healthy.", NeedsRestore;
    Validate = "validate", "Validate the new version", "A part may be unhealthy although the server answers.", Looks;
    Reindex = "reindex", "Rebuild the search index", "Search may miss entities until it has ended.", NeedsRestore;
    DeployPipelines = "deploy-pipelines", "Deploy the ingestion pipelines again", "Single pipelines may fail although the tool ends well.", NeedsRestore;
    PutSettingsBack = "put-settings-back", "Put settings back", "A setting may have been changed by somebody else meanwhile.", Undoable;
    StopNewServer = "stop-new-server", "Stop the new server", "Whoever owns the server may start it again; it is watched.", Undoable;
    RestoreBackup = "restore-backup", "Restore the backup into a new database", "The restore may fail; both databases are kept.", Beside;
    CompareRestored = "compare-restored", "Compare the restored database with the backup", "A difference stops the way back; both databases are kept.", Looks;
    SwitchBack = "switch-back", "Point the old version at the restored database", "The old configuration may be unreadable; it was saved in the backup.", Undoable;
    StartOldServer = "start-old-server", "Start the old server", "It may refuse to start or to become healthy.", Undoable;
    ValidateOld = "validate-old", "Validate the old version", "A part may be unhealthy although the server answers.", Looks;
    ReindexOld = "reindex-old", "Rebuild the search index for the old version", "Search may miss entities until it has ended; the index has the new version's shape.", NeedsRestore;
    Report = "report", "Write the report", "", Looks;
}

/// What a resume does with a step that was started and did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interrupted {
    /// Running it again is safe; it clears what it left behind first.
    RunAgain,
    /// It has to look at the world before it can tell.
    Look,
    /// A person has to decide.
    Ask,
}

impl StepId {
    /// The declared behaviour of each step after an interruption.
    pub fn interrupted(self) -> Interrupted {
        match self {
            StepId::Checks
            | StepId::BackUp
            | StepId::Prove
            | StepId::TuneMemory
            | StepId::StartDowntime
            | StepId::StopServer
            | StepId::ProveQuiet
            | StepId::DigestGate
            | StepId::PointOfNoReturn
            | StepId::SwitchVersion
            | StepId::Validate
            | StepId::PutSettingsBack
            | StepId::StopNewServer
            | StepId::RestoreBackup
            | StepId::CompareRestored
            | StepId::SwitchBack
            | StepId::ValidateOld
            | StepId::Report => Interrupted::RunAgain,
            StepId::Migrate
            | StepId::StartServer
            | StepId::StartOldServer
            | StepId::Reindex
            | StepId::ReindexOld
            | StepId::DeployPipelines => Interrupted::Look,
        }
    }
}

/// How a step ended. A failure is an `Err` of its run and stands in the journal as [`Failure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    Success { message: CleanText },
    Warning { message: CleanText },
    Skipped { reason: CleanText },
}

/// Why a step failed, in the four parts that an operator needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Failure {
    pub what: CleanText,
    pub why: CleanText,
    pub still_safe: CleanText,
    pub next: CleanText,
    pub exit: crate::exit_code::ExitCode,
}

impl Failure {
    pub fn new(
        exit: crate::exit_code::ExitCode,
        what: impl AsRef<str>,
        why: impl AsRef<str>,
        still_safe: impl AsRef<str>,
        next: impl AsRef<str>,
    ) -> Self {
        Self {
            what: what.as_ref().into(),
            why: why.as_ref().into(),
            still_safe: still_safe.as_ref().into(),
            next: next.as_ref().into(),
            exit,
        }
    }
}

/// What a resume found when it looked at an interrupted step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "looked", rename_all = "kebab-case")]
pub enum Looked {
    Done { message: CleanText },
    NotDone { message: CleanText },
    Unknown { message: CleanText },
}
