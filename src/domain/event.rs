//! The numbered facts of a run. The journal holds nothing else; every view is a fold of them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::backup::Level;
use super::clean_text::CleanText;
use super::finding::Finding;
use super::names::{Identity, RunId};
use super::plan::Goal;
use super::step::{Failure, Looked, Outcome, StepId};
use super::survey::Owner;
use super::validation::Point;
use super::version::OmVersion;
use crate::exit_code::ExitCode;

/// What happened. An unknown kind read from a newer journal is kept as [`Event::Unknown`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    RunCreated {
        run: RunId,
        build: String,
        practice: bool,
        deployment: CleanText,
        host: CleanText,
        user: CleanText,
        old_home: PathBuf,
        new_home: PathBuf,
    },
    /// A runner process took the run.
    RunnerStarted {
        pid: u32,
        boot_id: String,
        started_ticks: u64,
        build: String,
        outlives_login: CleanText,
    },
    /// An unfinished last line was cut off.
    TailCut {
        bytes: u64,
    },
    Planned {
        goal: Goal,
        identity: Identity,
        from: Option<OmVersion>,
        to: Option<OmVersion>,
        steps: Vec<StepId>,
        plan_digest: String,
    },
    Checked {
        findings: Vec<Finding>,
    },
    /// What the people who use the deployment will notice of the new version.
    UsersNotice {
        lines: Vec<CleanText>,
    },
    /// Somebody marked a release note as read, or took that back. The name holds the note's own words,
    /// so that a changed text is a note to read again.
    NoteRead {
        note: String,
        read: bool,
        /// It asked to act.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asks: bool,
        /// Why somebody goes on with it, where that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<CleanText>,
        who: CleanText,
        uid: u32,
    },
    /// A point that no machine can see, answered by a person; `text` is what was answered.
    ChecklistAnswered {
        item: String,
        text: CleanText,
        answer: ChecklistAnswer,
        who: CleanText,
        uid: u32,
    },
    /// The whole plan was shown and approved; a runner refuses to begin with another one.
    PlanApproved {
        plan_digest: String,
        who: CleanText,
        uid: u32,
    },
    QuestionAsked {
        id: String,
        text: CleanText,
        /// Empty where there are choices.
        expects: CleanText,
        safe: CleanText,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        choices: Vec<Choice>,
    },
    /// What a question was about is over; it is asked no more.
    QuestionWithdrawn {
        id: String,
        why: CleanText,
    },
    Answered {
        id: String,
        value: CleanText,
        who: CleanText,
        uid: u32,
        accepted: bool,
    },
    StepStarted {
        step: StepId,
        attempt: u32,
    },
    /// Something is about to be done to the world; numbered within the run by the journal.
    Effect {
        step: StepId,
        what: CleanText,
    },
    ChildStarted {
        step: StepId,
        name: String,
        pid: u32,
        started_ticks: u64,
        boot_id: String,
        command: CleanText,
        log: PathBuf,
        /// Where its own lines begin in the log, in bytes: a step that runs again adds to it.
        #[serde(default)]
        log_begin: u64,
        lock: PathBuf,
    },
    ChildEnded {
        step: StepId,
        name: String,
        end: CleanText,
        ok: Option<bool>,
    },
    /// A resumed runner found a child of an earlier one still alive and waits for it.
    ChildAdopted {
        step: StepId,
        name: String,
        pid: u32,
    },
    Fact {
        step: StepId,
        #[serde(flatten)]
        fact: Fact,
    },
    Looked {
        step: StepId,
        #[serde(flatten)]
        looked: Looked,
    },
    StepEnded {
        step: StepId,
        attempt: u32,
        #[serde(flatten)]
        outcome: Outcome,
        seconds: f64,
    },
    StepFailed {
        step: StepId,
        attempt: u32,
        failure: Failure,
        seconds: f64,
    },
    /// Everything that a validation looked at.
    Validated {
        step: StepId,
        points: Vec<Point>,
    },
    /// The old version serves again: these steps have to be done anew if the run goes on, and their
    /// go-aheads are worth nothing any more.
    Reopened {
        steps: Vec<StepId>,
    },
    /// Something outside did what it should not.
    Alarm {
        text: CleanText,
    },
    AbortAsked {
        who: CleanText,
        uid: u32,
    },
    HelmTaken {
        who: CleanText,
        uid: u32,
    },
    /// The run has an end for now; a later command may go on from here.
    RunEnded {
        exit: ExitCode,
        message: CleanText,
    },
    #[serde(other)]
    Unknown,
}

/// One of several answers to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// As it is typed.
    pub value: String,
    /// What it does.
    pub words: CleanText,
    /// Takes something from somebody: it is asked for once more where it is one key away.
    pub danger: bool,
}

/// What a person says to a point of the checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecklistAnswer {
    Done,
    NotForUs,
    Open,
}

impl ChecklistAnswer {
    pub fn words(self) -> &'static str {
        match self {
            ChecklistAnswer::Done => "done",
            ChecklistAnswer::NotForUs => "not for us",
            ChecklistAnswer::Open => "open",
        }
    }
}

/// A fact that later steps, the ways back or the report need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    /// A backup folder was completed.
    BackupTaken {
        dir: PathBuf,
        manifest_sha256: String,
        bytes: u64,
        raw_bytes: u64,
        seconds: f64,
    },
    BackupProven {
        dir: PathBuf,
        level: Level,
        restore_seconds: Option<f64>,
        rows: u64,
    },
    /// A database that omup made and has to remove or keep.
    ScratchMade {
        database: String,
    },
    ScratchDropped {
        database: String,
    },
    /// A setting is about to be changed.
    SettingChanging {
        scope: CleanText,
        name: String,
        old: Option<String>,
        new: String,
    },
    SettingPutBack {
        scope: CleanText,
        name: String,
    },
    /// The memory that the migration's own connection sees, in bytes.
    MemoryProven {
        bytes: u64,
        way: CleanText,
    },
    /// Somebody chose to go on with more of it after the migration failed for too little; bytes.
    MemoryRaised {
        from: u64,
        to: u64,
        who: CleanText,
    },
    /// The session that held a lock in the migration's way was ended, as somebody chose.
    LockHolderEnded {
        pid: i64,
        who: CleanText,
    },
    DowntimeStarted {
        at_ms: i64,
        /// Milliseconds since the machine's boot: what the length is measured by.
        #[serde(default)]
        boot_ms: Option<u64>,
    },
    DowntimeEnded {
        at_ms: i64,
        #[serde(default)]
        boot_ms: Option<u64>,
        serving: OmVersion,
    },
    OwnerFound {
        owner: Owner,
    },
    ServerStopped {},
    QuietProven {
        sessions_seen: u32,
    },
    /// The source equals the backup's certificate, nobody writing.
    GateEqual {
        tables: u64,
        rows: u64,
        /// What the server had counted as written rows when the comparison began, where it tells.
        #[serde(default)]
        rows_written: Option<u64>,
    },
    /// The next effect is the first command of the new version.
    PointCrossed {
        at_ms: i64,
    },
    /// Entity counts just before the migration.
    CountsBefore {
        counts: std::collections::BTreeMap<String, u64>,
    },
    /// Relations whose end was gone while the old version served, by the type of that end.
    OrphansBefore {
        orphans: std::collections::BTreeMap<String, u64>,
    },
    MigrationComplete {
        statements: u64,
        versions: Vec<OmVersion>,
    },
    ServerStarted {
        version: OmVersion,
    },
    /// The restored database and what it was compared with.
    Restored {
        database: String,
        dir: PathBuf,
        seconds: f64,
    },
    RestoredEqual {
        database: String,
        tables: u64,
        rows: u64,
    },
    NameSwitched {
        file: PathBuf,
        old: String,
        new: String,
    },
    UpgradedKept {
        database: String,
    },
}
