//! What can be marked on a page, in its order. Pages draw these; keys act on the marked one.

use super::State;
use super::form::FieldId;
use super::page::Page;
use crate::domain::answers::MemoryWay;
use crate::domain::backup::Level;
use crate::domain::run_view::Phase;
use crate::domain::step::StepId;
use crate::domain::way_back::WayId;
use crate::exit_code::ExitCode;
use crate::knowledge::{Mend, Note};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Field(FieldId),
    /// Index into `found`.
    Candidate(usize),
    Production,
    Level(Level),
    Memory(MemoryWay),
    /// Index into `notes`.
    Note(usize),
    /// Index into the findings.
    Check(usize),
    /// Index into the checklist.
    Point(usize),
    /// Index into the plan's steps.
    Step(usize),
    /// Index into the runs.
    Run(usize),
    /// Index into the known clients.
    Client(usize),
    Way(WayId),
    /// Index into the open question's choices.
    Choice(usize),
    Do(Do),
}

/// Something that is done by Enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do {
    Begin,
    LookNow,
    /// The same, where it was looked at already.
    LookAgain,
    Continue(Page),
    ReadAll,
    Start,
    Wait,
    /// The same where the server is stopped already.
    WaitLockedOut,
    Answer,
    Stop,
    Resume,
    Again,
    Mend,
    /// A way on; it stands first among the ways.
    MoreMemory,
    Ways,
    Report,
    Log,
    Runs,
    CopySummary,
    Leave,
    PrepareAgain,
    CopyClientCommand,
    PasteClient,
}

impl Do {
    pub fn words(self) -> &'static str {
        match self {
            Do::Begin => "Begin a new upgrade",
            Do::LookNow => "Look at it (changes nothing)",
            Do::LookAgain => "Look again at everything (changes nothing)",
            Do::Continue(page) => match page {
                Page::Connect => "Continue: connect",
                Page::Notes => "Continue: release notes",
                Page::Checks => "Continue: checks",
                Page::Checklist => "Continue: checklist",
                Page::BackupPlan => "Continue: backup",
                Page::Buffers => "Continue: buffers",
                Page::Clients => "Continue: client versions",
                Page::Plan => "Continue: the whole plan",
                _ => "Continue",
            },
            Do::ReadAll => "Mark all of them as read",
            Do::Start => "Approve this plan and begin with the backup (users notice nothing yet)",
            Do::Wait => "Not now: everything stays as it is, the run waits",
            Do::WaitLockedOut => "Not now: users stay locked out, the run waits",
            Do::Answer => "Go on… (the database's name is asked)",
            Do::Stop => "Stop here and put everything back…",
            Do::Resume => "Go on with this run",
            Do::Again => "Run the failed step again…",
            Do::Mend => "PRACTICE: play the administrator and mend the cause",
            Do::MoreMemory => "Raise the sort memory and go on…",
            Do::Ways => "Ways back, each with its price",
            Do::Report => "Read the report",
            Do::Log => "Read the whole log",
            Do::Runs => "Runs, old and new",
            Do::CopySummary => "Copy a summary for the ticket or the channel",
            Do::Leave => "Leave",
            Do::PrepareAgain => "Prepare a new run",
            Do::CopyClientCommand => "Copy the command that finds clients on another host",
            Do::PasteClient => "Paste what it printed there…",
        }
    }
}

/// The items of the page that is shown.
pub fn of(state: &State) -> Vec<Item> {
    match state.page {
        Page::First => {
            let mut items: Vec<Item> = state
                .runs
                .iter()
                .flatten()
                .enumerate()
                .filter(|(_, run)| run.unfinished && !run.damaged)
                .take(3)
                .map(|(i, _)| Item::Run(i))
                .collect();
            items.push(Item::Do(Do::Begin));
            items.push(Item::Do(Do::Runs));
            items.push(Item::Do(Do::Leave));
            items
        }
        Page::Connect => connect(state),
        Page::Notes => {
            let mut items: Vec<Item> = listed_notes(state).map(|(i, _)| Item::Note(i)).collect();
            if listed_notes(state).any(|(_, note)| !state.note_read(note)) {
                items.push(Item::Do(Do::ReadAll));
            }
            items.push(Item::Do(Do::Continue(Page::Checks)));
            items
        }
        Page::Checks => {
            let mut items: Vec<Item> = state.shown_checks().into_iter().map(Item::Check).collect();
            items.push(Item::Do(Do::LookAgain));
            items.push(Item::Do(Do::Continue(Page::Checklist)));
            items
        }
        Page::Checklist => {
            let mut items: Vec<Item> = (0..state.knowledge.checklist().len())
                .map(Item::Point)
                .collect();
            items.push(Item::Do(Do::Continue(Page::BackupPlan)));
            items
        }
        Page::BackupPlan => vec![
            Item::Field(FieldId::BackupDir),
            Item::Level(Level::RestoredAndEqual),
            Item::Level(Level::Restorable),
            Item::Level(Level::Checksummed),
            Item::Field(FieldId::Window),
            Item::Do(Do::Continue(Page::Buffers)),
        ],
        // Where the database has no such setting, nothing is to be chosen.
        Page::Buffers if no_sort_memory(state) => vec![Item::Do(Do::Continue(Page::Clients))],
        Page::Buffers => vec![
            Item::Memory(MemoryWay::Connection),
            Item::Memory(MemoryWay::Role),
            Item::Memory(MemoryWay::Leave),
            Item::Field(FieldId::Mib),
            Item::Do(Do::Continue(Page::Clients)),
        ],
        Page::Clients => {
            let known = super::clients::known(state).len();
            let mut items: Vec<Item> = (0..known).map(Item::Client).collect();
            let todo = [
                Do::CopyClientCommand,
                Do::PasteClient,
                Do::Continue(Page::Plan),
            ];
            items.extend(todo.map(Item::Do));
            items
        }
        Page::Plan => {
            let steps = state.looked.as_ref().map_or(0, |l| l.plan.steps.len());
            let mut items: Vec<Item> = vec![Item::Do(Do::Start)];
            items.extend((0..steps).map(Item::Step));
            items
        }
        Page::Downtime | Page::Point => question(state),
        Page::Stopped => stopped(state),
        Page::Finish => {
            let mut items = Vec::new();
            if state.run.as_ref().is_some_and(|run| !run.alive) {
                items.extend([Do::Report, Do::CopySummary].map(Item::Do));
                if state
                    .run
                    .as_ref()
                    .is_some_and(|run| run.view.phase() == Phase::Upgraded)
                {
                    items.push(Item::Do(Do::Ways));
                }
                items.extend([Do::PrepareAgain, Do::Leave].map(Item::Do));
            }
            items
        }
        Page::Ways => match &state.ways {
            Some(Ok(ways)) => ways.iter().map(|way| Item::Way(way.id)).collect(),
            Some(Err(_)) | None => Vec::new(),
        },
        Page::Runs => (0..state.runs.as_ref().map_or(0, Vec::len))
            .map(Item::Run)
            .collect(),
        Page::Migrate => {
            let question = state
                .run
                .as_ref()
                .and_then(|run| run.view.question.as_ref());
            let choices = question.map_or(0, |question| question.choices.len());
            (0..choices).map(Item::Choice).collect()
        }
        Page::Backup
        | Page::Proof
        | Page::Gate
        | Page::Validate
        | Page::WayBack
        | Page::Journal
        | Page::Log
        | Page::Report => Vec::new(),
    }
}

/// The database was looked at and has no setting for sort memory: the step will be skipped.
pub fn no_sort_memory(state: &State) -> bool {
    let looked = state.looked.as_ref();
    looked.is_some_and(|looked| looked.survey.database.sort_memory.is_none())
}

fn connect(state: &State) -> Vec<Item> {
    let mut items: Vec<Item> = (0..state.found.as_ref().map_or(0, Vec::len))
        .map(Item::Candidate)
        .collect();
    items.extend(
        [
            FieldId::OldHome,
            FieldId::NewHome,
            FieldId::BackupDir,
            FieldId::Name,
            FieldId::PasswordFile,
        ]
        .map(Item::Field),
    );
    if state.lesson.is_none() {
        items.push(Item::Production);
    }
    items.push(Item::Do(Do::LookNow));
    if state.looked.is_some() {
        items.push(Item::Do(Do::Continue(Page::Notes)));
    }
    items
}

fn question(state: &State) -> Vec<Item> {
    let Some(run) = state.run.as_ref().filter(|run| run.view.question.is_some()) else {
        return Vec::new();
    };
    // The safe one first: the mark stands there when the page appears.
    let wait = match run.view.phase() {
        Phase::Down => Do::WaitLockedOut,
        _ => Do::Wait,
    };
    let mut items = vec![Item::Do(wait), Item::Do(Do::Answer)];
    if run.alive {
        items.push(Item::Do(Do::Stop));
    } else {
        items.push(Item::Do(Do::Leave));
    }
    items
}

fn stopped(state: &State) -> Vec<Item> {
    let Some(run) = &state.run else {
        return vec![Item::Do(Do::Runs), Item::Do(Do::Leave)];
    };
    if run.alive {
        return vec![Item::Do(Do::Log)];
    }
    let early = matches!(run.view.phase(), Phase::BeforeDowntime | Phase::Down);
    let mut items = Vec::new();
    match (&run.view.ended, run.view.failure()) {
        (None, _) if early => items.push(Do::Resume),
        (None, _) => items.extend([Do::Resume, Do::Ways]),
        (Some((ExitCode::RolledBack | ExitCode::Ok, _)), _) => {}
        (Some(_), Some((_, failure))) if early && failure.exit == ExitCode::StoppedAndPutBack => {
            items.extend([Do::Resume, Do::PrepareAgain]);
        }
        (Some(_), Some(_)) if early => items.extend([Do::Again, Do::PrepareAgain]),
        (Some(_), Some((step, _))) => {
            let known = state.log.diagnosis.as_ref();
            if step == StepId::Migrate
                && known.and_then(|known| known.failure.mend) == Some(Mend::MoreSortMemory)
            {
                items.push(Do::MoreMemory);
            }
            items.extend([Do::Ways, Do::Again]);
        }
        (Some(_), None) if early => items.extend([Do::Resume, Do::PrepareAgain]),
        (Some(_), None) => items.extend([Do::Ways, Do::Resume]),
    }
    if state
        .lesson
        .as_ref()
        .is_some_and(|lesson| lesson.mending.is_some())
    {
        items.push(Do::Mend);
    }
    if !run.view.children.is_empty() {
        items.push(Do::Log);
    }
    items.extend([Do::Report, Do::CopySummary, Do::Leave]);
    items.into_iter().map(Item::Do).collect()
}

/// The notes that stand in the list, by their place among all: nobody has read what is folded away.
pub fn listed_notes(state: &State) -> impl Iterator<Item = (usize, &Note)> {
    let notes = state.notes.iter().enumerate();
    notes.filter(|(_, note)| state.show_all || !note.quiet())
}

/// Below this (columns, rows) only one honest page is shown.
pub const SMALLEST: (u16, u16) = (60, 16);

/// What was said to a point of the checklist; an answer to another text is none.
pub fn point_answer(state: &State, index: usize) -> crate::domain::event::ChecklistAnswer {
    use crate::domain::event::ChecklistAnswer;
    let Some(point) = state.knowledge.checklist().get(index) else {
        return ChecklistAnswer::Open;
    };
    let said = state
        .run
        .as_ref()
        .and_then(|run| run.view.checklist.get(&point.id));
    match said {
        Some((text, answer, _)) if text.as_str() == point.text => *answer,
        Some(_) | None => ChecklistAnswer::Open,
    }
}
