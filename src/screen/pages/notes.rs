//! Release notes and checks: lists that are read, marked, waived.

use super::{buttons, pointer};
use crate::domain::clean_text::CleanText;
use crate::domain::finding::{Blocks, Finding, Verdict, counts};
use crate::knowledge::{GuideAnswer, GuideQuestion, Kind, Note, Relevance, Severity};
use crate::screen::rows::{Role, Row, pad};
use crate::wizard::State;
use crate::wizard::items::{self, Item};

pub fn notes(state: &State) -> Vec<Row> {
    let hidden = state.notes.iter().filter(|note| note.quiet()).count();
    let mut rows: Vec<Row> = GuideQuestion::ALL
        .into_iter()
        .map(|question| {
            let target = state.looked.as_ref().and_then(|l| l.plan.to.as_ref());
            let answer = question.answer_for(&state.notes, &state.knowledge, target);
            let role = match answer {
                GuideAnswer::Yes { .. }
                | GuideAnswer::CannotTell { .. }
                | GuideAnswer::NotKnown => Role::Warn,
                GuideAnswer::No => Role::Plain,
            };
            Row::text(format!("{}  ", question.words()))
                .and(answer.words(), role)
                .hang(4)
        })
        .collect();
    rows.push(Row::empty());
    if state.notes.is_empty() {
        rows.push(Row::text(
            "Our copy holds no notes between these two versions. That is not \"nothing changed\": read the release page of the target.",
        ));
    }
    for item in items::of(state) {
        let Item::Note(index) = item else { continue };
        let Some(note) = state.notes.get(index) else {
            continue;
        };
        let marked = state.item() == Some(Item::Note(index));
        let sign = if state.note_read(note) {
            "[✔]"
        } else {
            "[ ]"
        };
        let (word, role) = kind(note.change.kind, note.change.severity);
        let (concern, concern_role) = concern(note);
        rows.push(
            Row::text(format!("{}{sign} ", pointer(marked)))
                .and(pad(concern, 9), concern_role)
                .and(pad(word, 11), role)
                .and(
                    format!("{} ", pad(&note.change.since.to_string(), 7)),
                    Role::Dim,
                )
                .and(CleanText::new(&note.change.title).to_string(), Role::Plain)
                .cut()
                .mark(marked),
        );
    }
    if hidden > 0 {
        let text = if state.show_all {
            format!(
                "all {} notes are shown; a shows only what may need you",
                state.notes.len()
            )
        } else {
            format!("{hidden} more notes only inform: a shows them. Nothing is hidden for good.")
        };
        rows.push(Row::dim(format!("  {text}")).hang(2));
    }
    if state
        .notes
        .iter()
        .any(|note| note.change.severity == Severity::MustAct)
    {
        rows.push(Row::dim("  Space marks as read, w with a reason, Enter tells more; y below the list copies what users will notice.").hang(2));
    }
    rows.push(Row::empty());
    rows.extend(buttons(state));
    rows
}

/// What it means for this deployment, in a word.
fn concern(note: &Note) -> (&'static str, Role) {
    match note.judged.as_ref().map(|judged| judged.relevance) {
        Some(Relevance::Concerns) => ("concerns", Role::Warn),
        Some(Relevance::CannotTell) => ("look", Role::Strong),
        Some(Relevance::Not) => ("not you", Role::Dim),
        None => ("", Role::Dim),
    }
}

fn kind(kind: Kind, severity: Severity) -> (&'static str, Role) {
    let role = match severity {
        Severity::MustAct => Role::Warn,
        Severity::Check => Role::Strong,
        Severity::Info => Role::Dim,
    };
    let word = match kind {
        Kind::Breaking => "BREAKING",
        Kind::Removal => "REMOVED",
        Kind::Deprecation => "DEPRECATED",
        Kind::Migration => "MIGRATION",
        Kind::Config => "CONFIG",
        Kind::Behaviour => "CHANGED",
        Kind::Action => "TO DO",
    };
    (word, role)
}

pub fn note_detail(state: &State, index: usize) -> Vec<Row> {
    let Some(note) = state.notes.get(index) else {
        return Vec::new();
    };
    let severity = match note.change.severity {
        Severity::MustAct => "must act: the upgrade or something of yours fails without it",
        Severity::Check => "check: it may concern you",
        Severity::Info => "for your information",
    };
    let mut rows = vec![
        Row::heading(CleanText::new(&note.change.title).to_string()),
        Row::empty(),
    ];
    if let Some(judged) = &note.judged {
        rows.push(Row::new(
            CleanText::new(&judged.line()).to_string(),
            concern(note).1,
        ));
        rows.push(Row::empty());
    }
    for words in [&note.change.text, &note.change.remedy]
        .into_iter()
        .flatten()
    {
        rows.push(Row::text(words.clone()));
        rows.push(Row::empty());
    }
    if let Some(users) = note.users() {
        rows.push(Row::text(format!("Users     {users}")).hang(10));
    }
    rows.extend([
        Row::text(format!("Since     {}", note.change.since)),
        Row::text(format!("Area      {}", note.change.area)),
        Row::text(format!("Weight    {severity}")).hang(10),
        Row::text(format!("Source    {}", CleanText::new(&note.change.source))).hang(10),
        Row::text(format!(
            "Copied    {} (our copy inside omup; works offline)",
            note.copied
        ))
        .hang(10),
        Row::empty(),
        Row::dim(
            "Marking it as read says that a person has looked; your name goes into the report.",
        ),
    ]);
    rows
}

fn verdict_role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Pass => Role::Good,
        Verdict::Info => Role::Plain,
        Verdict::Skip => Role::Dim,
        Verdict::Warn | Verdict::Unknown => Role::Warn,
        Verdict::Fail => Role::Bad,
    }
}

fn holds(finding: &Finding) -> bool {
    finding.holds(Blocks::BeforeMigrate)
}

pub fn checks(state: &State) -> Vec<Row> {
    let Some(looked) = &state.looked else {
        return vec![Row::text("Nothing was looked at yet."), Row::empty()]
            .into_iter()
            .chain(buttons(state))
            .collect();
    };
    let words: Vec<String> = counts(&looked.findings)
        .into_iter()
        .map(|(verdict, n)| format!("{n} {}", verdict.word()))
        .collect();
    let blocking = looked.findings.iter().filter(|f| holds(f)).count();
    let mut rows = vec![Row::text(words.join("  "))];
    rows.push(match blocking {
        0 => Row::new("Nothing blocks the upgrade.", Role::Good),
        n => Row::new(
            format!("{n} of them block the upgrade until mended or waived."),
            Role::Warn,
        ),
    });
    rows.push(Row::empty());
    for index in state.shown_checks() {
        let Some(finding) = looked.findings.get(index) else {
            continue;
        };
        let marked = state.item() == Some(Item::Check(index));
        let waived = if finding.waived.is_some() {
            "waived "
        } else {
            ""
        };
        rows.push(
            Row::text(pointer(marked))
                .and(
                    pad(finding.verdict.word(), 7),
                    verdict_role(finding.verdict),
                )
                .and(format!(" {waived}"), Role::Strong)
                .and(told(finding), Role::Plain)
                .hang(10)
                .mark(marked),
        );
    }
    let hidden = looked.findings.len() - state.shown_checks().len();
    if hidden > 0 {
        rows.push(Row::dim(format!(
            "  {hidden} that pass or do not apply: a shows them"
        )));
    }
    rows.push(
        Row::dim("  Enter tells more and shows the command; t tells what omup could not see; w waives with a reason.").hang(2),
    );
    rows.push(Row::empty());
    if state.looking {
        rows.push(Row::new("  looking again …", Role::Accent));
    }
    rows.extend(buttons(state));
    rows
}

/// A title is what would be well; where it is not so, only what was found is told.
fn told(finding: &Finding) -> String {
    match finding.verdict {
        Verdict::Pass | Verdict::Info | Verdict::Skip => {
            format!("{}: {}", finding.title, finding.message)
        }
        Verdict::Warn | Verdict::Fail | Verdict::Unknown => {
            let mut letters = finding.message.as_str().chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect()
        }
    }
}

pub fn check_detail(state: &State, index: usize) -> Vec<Row> {
    let Some(finding) = state.looked.as_ref().and_then(|l| l.findings.get(index)) else {
        return Vec::new();
    };
    let blocks = match finding.blocks {
        Blocks::No => "nothing",
        Blocks::BeforeMigrate => "the migration",
        Blocks::BeforeBackup => "everything from the backup on",
        Blocks::Always => "everything, and it cannot be waived",
    };
    let mut rows = vec![
        Row::new(
            format!("{}  ", finding.verdict.word()),
            verdict_role(finding.verdict),
        )
        .and(format!("{}  {}", finding.id, finding.title), Role::Strong),
        Row::empty(),
        Row::text(finding.message.to_string()),
    ];
    if finding.verdict == Verdict::Unknown {
        rows.push(Row::dim(
            "UNKNOWN: omup could not look. That is never taken for a pass.",
        ));
    }
    rows.push(Row::text(format!("If bad, it holds back: {blocks}")));
    for line in &finding.evidence {
        rows.push(Row::dim(format!("  {line}")).hang(4));
    }
    if let Some(remedy) = &finding.remedy {
        rows.extend([
            Row::empty(),
            Row::heading("What to do"),
            Row::text(remedy.to_string()),
        ]);
    }
    if let Some(command) = &finding.command {
        rows.push(Row::new(format!("$ {command}"), Role::Accent).hang(2));
        rows.push(Row::dim("(y on the list copies it)"));
    }
    if let Some(waiver) = &finding.waived {
        rows.push(Row::empty());
        rows.push(Row::new(
            CleanText::from(format!(
                "Waived by {}: {} (until {})",
                waiver.who, waiver.reason, waiver.expires
            ))
            .to_string(),
            Role::Warn,
        ));
    }
    rows
}
