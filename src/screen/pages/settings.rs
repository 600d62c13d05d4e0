//! The pages of decisions: checklist, backup, buffers.

use super::{buttons, field, pointer, radio};
use crate::domain::answers::MemoryWay;
use crate::domain::backup::Level;
use crate::domain::clean_text::CleanText;
use crate::domain::event::ChecklistAnswer;
use crate::domain::finding::Verdict;
use crate::domain::names::Engine;
use crate::screen::rows::{Role, Row, pad};
use crate::screen::units;
use crate::wizard::State;
use crate::wizard::form::FieldId;
use crate::wizard::items::{Item, no_sort_memory, point_answer};

/// The point of the checklist that says whether a maintenance window is agreed.
const WINDOW: &str = "window";

pub fn checklist(state: &State) -> Vec<Row> {
    let mut rows = vec![
        Row::text(
            "No machine can see these. Your name goes into the report, with the time into the journal.",
        ),
        Row::empty(),
    ];
    for (index, point) in state.knowledge.checklist().iter().enumerate() {
        let marked = state.item() == Some(Item::Point(index));
        let (sign, role) = match point_answer(state, index) {
            ChecklistAnswer::Open => ("[ ] open      ", Role::Warn),
            ChecklistAnswer::Done => ("[✔] done      ", Role::Good),
            ChecklistAnswer::NotForUs => ("[–] not for us", Role::Dim),
        };
        rows.push(
            Row::text(pointer(marked))
                .and(format!("{sign} "), role)
                .and(point.text.clone(), Role::Plain)
                .hang(17)
                .mark(marked),
        );
    }
    rows.push(Row::empty());
    rows.push(Row::dim("  Space: open, done, not for us. Enter tells why it matters.").hang(2));
    rows.extend(buttons(state));
    rows
}

pub fn point_detail(state: &State, index: usize) -> Vec<Row> {
    let Some(point) = state.knowledge.checklist().get(index) else {
        return Vec::new();
    };
    vec![
        Row::heading(point.text.clone()),
        Row::empty(),
        Row::text(point.why.clone()),
        Row::empty(),
        Row::text(format!("Source    {}", CleanText::new(&point.source))).hang(10),
        Row::text(format!("Copied    {}", point.copied)).hang(10),
    ]
}

pub fn backup(state: &State) -> Vec<Row> {
    let mut rows = vec![Row::text(
        "The backup is made by the database's own dump tool, compressed, hashed while it is written, and read back from the disk.",
    )];
    rows.push(Row::empty());
    rows.extend(field(state, FieldId::BackupDir));
    rows.push(Row::empty());
    rows.push(Row::text("How sure before anything is stopped?"));
    let level = state.form.level();
    for (each, about) in [
        (
            Level::RestoredAndEqual,
            "a copy is restored beside production and every table compared (recommended)",
        ),
        (
            Level::Restorable,
            "the archive is read to its end by the restore tool",
        ),
        (
            Level::Checksummed,
            "the stored bytes are those that were written",
        ),
    ] {
        rows.push(radio(
            state,
            Item::Level(each),
            level == each,
            each.words(),
            about,
        ));
    }
    rows.push(Row::empty());
    rows.extend(field(state, FieldId::Window));
    let window = state.knowledge.checklist().iter();
    let agreed = window
        .enumerate()
        .any(|(i, point)| point.id == WINDOW && point_answer(state, i) == ChecklistAnswer::Done);
    if agreed && state.form.window.value().trim().is_empty() {
        rows.push(
            Row::dim("  You said that a window is agreed. With its length the run shows by when to decide.")
                .hang(2),
        );
    }
    if let Some(looked) = &state.looked {
        rows.push(Row::empty());
        for finding in looked
            .findings
            .iter()
            .filter(|f| f.title.to_lowercase().contains("space") || f.id.contains("DISK"))
        {
            rows.push(Row::text(format!("Disk: {}", finding.message)).hang(6));
            // Where there is room, the sum stands with the check.
            let short = finding.verdict != Verdict::Pass;
            for line in finding.evidence.iter().filter(|_| short).take(4) {
                rows.push(Row::dim(format!("  {line}")).hang(4));
            }
        }
    }
    rows.push(Row::empty());
    rows.extend(buttons(state));
    rows
}

pub fn buffers(state: &State) -> Vec<Row> {
    if no_sort_memory(state) {
        let mut rows = vec![
            Row::text(
                "This database has no setting for sort memory, so there is nothing to choose: the step of the plan will be skipped, and says so.",
            ),
            Row::empty(),
        ];
        rows.extend(buttons(state));
        return rows;
    }
    let now = state
        .looked
        .as_ref()
        .and_then(|l| l.survey.database.sort_memory)
        .map_or("not looked".to_string(), units::bytes);
    let wanted = state.form.mib.value().trim();
    let during = match (state.form.memory, wanted) {
        (MemoryWay::Leave, _) => now.clone(),
        (MemoryWay::Connection | MemoryWay::Role, "") => "20 MB".to_string(),
        (MemoryWay::Connection | MemoryWay::Role, wanted) => format!("{wanted} MB"),
    };
    let engine = state
        .looked
        .as_ref()
        .map(|l| l.survey.database.identity.engine);
    let (setting, why) = match engine {
        Some(Engine::Sqlite) => (
            "sort memory",
            "The migration sorts wide rows. The practice database is like MySQL here: with too little memory it stops with \"Out of sort memory\".",
        ),
        Some(Engine::Mysql) => (
            "sort_buffer",
            "The migration sorts wide rows. With too little sort memory MySQL stops it with \"Out of sort memory\".",
        ),
        Some(Engine::Postgres) | None => (
            "work_mem",
            "The migration sorts wide rows. With little sort memory PostgreSQL writes to disk and is slower; it never fails for that.",
        ),
    };
    let (standing, standing_about, leave_about) = match engine {
        Some(Engine::Mysql) => (
            "for the whole server",
            "SET GLOBAL sort_buffer_size; needs a right; put back afterwards",
            "the migration may stop with \"Out of sort memory\"",
        ),
        Some(Engine::Sqlite) => (
            "for the role in this database",
            "ALTER ROLE ... IN DATABASE ... SET; put back afterwards",
            "the migration may stop with \"Out of sort memory\"",
        ),
        Some(Engine::Postgres) | None => (
            "for the role in this database",
            "ALTER ROLE ... IN DATABASE ... SET; put back afterwards",
            "the migration may take longer",
        ),
    };
    let mut rows = vec![
        Row::text(why),
        Row::empty(),
        // 56 columns: the narrowest main pane shows all of it.
        Row::dim("               now          for migration  afterwards").cut(),
        Row::text(format!(
            "  {} {} {} {}",
            pad(setting, 12),
            pad(&now, 12),
            pad(&during, 14),
            now
        ))
        .cut(),
        Row::empty(),
    ];
    for (way, label, about) in [
        (
            MemoryWay::Connection,
            "in the migration's own connection",
            "no right needed, nothing to put back (recommended)",
        ),
        (MemoryWay::Role, standing, standing_about),
        (MemoryWay::Leave, "leave it as it is", leave_about),
    ] {
        rows.push(radio(
            state,
            Item::Memory(way),
            state.form.memory == way,
            label,
            about,
        ));
    }
    if state.form.memory != MemoryWay::Connection {
        rows.push(
            Row::new(
                "  What is chosen, by you or by your answers file, is not what is recommended.",
                Role::Warn,
            )
            .hang(2),
        );
    }
    rows.extend(field(state, FieldId::Mib));
    rows.push(Row::dim("  20 MB is what OpenMetadata's guides ask for.").hang(2));
    rows.push(Row::empty());
    rows.extend(buttons(state));
    rows
}
