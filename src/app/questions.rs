//! The wizard as plain numbered questions: without a terminal, for screen readers, over the worst of
//! lines. The same survey, checks, plan and runner; a missing answer ends it with 70, never a hang.

mod notes;

use std::io::{BufRead as _, IsTerminal as _};

use super::attach::{self, From};
use super::check;
use super::error::{CommandError, Result};
use super::launch::{self, Errand};
use super::plain_words::finding_line;
use super::tui::Opening;
use super::{open, out, run};
use crate::domain::answers::Answers;
use crate::domain::event::{ChecklistAnswer, Event};
use crate::domain::finding::{Blocks, Verdict};
use crate::domain::plan::{Intent, NOT_CARRIED};
use crate::exit_code::ExitCode;
use crate::knowledge::{GuideQuestion, Knowledge};
use crate::runner::folder::State;
use crate::wizard::form::{FieldId, Form};

/// Asks everything that the full screen asks, in its order.
pub async fn ask(state: State, opening: Opening) -> Result<ExitCode> {
    if let Some(lesson) = &opening.lesson {
        out::words(format!("PRACTICE: {}", lesson.about));
    }
    let unfinished = super::tui::unfinished(&state);
    if let Some(found) = unfinished.first() {
        out::words(format!("Run {} is not finished: {}", found.id, found.state));
        let go_on = choose(
            "What now?",
            &["go on with it", "begin a new upgrade", "leave"],
        )?;
        match go_on {
            0 => return go_on_with(&state, &found.id).await,
            1 => {}
            _ => return Ok(ExitCode::Ok),
        }
    }
    let answers = connect(opening.answers)?;
    out::words(
        "Looking: configuration, server, database, history, disks, tools. Nothing is changed.",
    );
    let looked = check::look_with(&state, answers.clone()).await?;
    let mut events = Vec::new();
    let (who, uid) = (run::who(), rustix::process::getuid().as_raw());

    out::words("");
    out::words("Release notes between the two versions:");
    let knowledge = Knowledge::embedded();
    let between = match (&looked.plan.from, &looked.plan.to) {
        (Some(from), Some(to)) => knowledge.judged_notes(&looked.survey, from, to),
        _ => Vec::new(),
    };
    for question in GuideQuestion::ALL {
        let answer = question
            .answer_for(&between, &knowledge, looked.plan.to.as_ref())
            .words();
        out::words(format!("  {} {answer}", question.words()));
    }
    let reader = notes::Reader {
        who: who.as_str().into(),
        uid,
    };
    match notes::read(&between, &reader)? {
        Ok(read) => events.extend(read),
        Err(left) => return Ok(left),
    }

    out::words("");
    out::words("Checks:");
    for finding in &looked.findings {
        if !matches!(finding.verdict, Verdict::Pass | Verdict::Skip) {
            out::words(format!("  {}", finding_line(finding)));
        }
    }
    let holding = looked
        .findings
        .iter()
        .filter(|f| f.holds(Blocks::BeforeMigrate))
        .count();
    if holding > 0 {
        return Err(CommandError::new(
            ExitCode::ChecksBlock,
            format!(
                "{holding} checks block the upgrade; nothing was changed. Mend them, or waive what may be waived in an answers file (`omup --answers FILE`)"
            ),
        ));
    }

    out::words("");
    out::words("What no machine can see:");
    for point in knowledge.checklist() {
        out::words(format!("  {}", point.text));
        out::words(format!("    why: {}", point.why));
        out::words(format!(
            "    source: {} (copied {})",
            point.source, point.copied
        ));
        let answer = match choose("  Is it so?", &["done", "not for us", "still open"])? {
            0 => ChecklistAnswer::Done,
            1 => ChecklistAnswer::NotForUs,
            _ => return Ok(left("a point of the checklist is open")),
        };
        events.push(Event::ChecklistAnswered {
            item: point.id.clone(),
            text: point.text.as_str().into(),
            answer,
            who: who.as_str().into(),
            uid,
        });
    }

    out::words("");
    out::words("The plan:");
    for (index, step) in looked.plan.steps.iter().enumerate() {
        let down = if step.downtime {
            "   (users are locked out)"
        } else {
            ""
        };
        out::words(format!("  {:>2} {}{down}", index + 1, step.title));
        for intent in &step.intents {
            if let Intent::File { change, .. } = intent
                && change.as_str().contains(NOT_CARRIED)
            {
                out::words(format!("       ! {change}"));
            }
        }
    }
    out::words(
        "The exact commands: `omup plan --answers FILE`. You are asked again before users are locked out, and before the new version touches the data.",
    );
    if !yes("Approve this plan and begin with the backup?")? {
        return Ok(left("the plan is not approved"));
    }
    events.push(Event::PlanApproved {
        plan_digest: looked.plan_digest.clone(),
        who: who.as_str().into(),
        uid,
    });
    let opened = open::deployment(&answers).await?;
    let state = State::open(state.root)?;
    let (folder, mut journal) = run::create(&state, &answers, &opened).await?;
    for event in &events {
        journal.append(event)?;
    }
    drop(journal);
    let errand = Errand {
        wait: run::person_waits(),
        ..Errand::default()
    };
    let child = launch::start(&state, &folder, &opened.secrets, &errand).await?;
    attach::follow(&folder, From::Start, false, Some(child)).await
}

async fn go_on_with(state: &State, id: &str) -> Result<ExitCode> {
    let folder = state.run(id)?;
    if attach::alive(&folder) {
        return attach::follow(&folder, From::Start, false, None).await;
    }
    let view = run::view_of(&folder)?;
    if view.being_prepared() {
        return Err(CommandError::new(
            ExitCode::Usage,
            "this run is being prepared in the full screen; `omup` on a terminal goes on with it, or begin a new one",
        ));
    }
    for line in super::status::words(&folder, &view, false) {
        out::words(line);
    }
    match choose(
        "What now?",
        &[
            "go on with the run",
            "see the ways back",
            "leave it as it is",
        ],
    )? {
        0 => run::resume(state, id, false, false, false).await,
        1 => {
            let asked = super::rollback::Asked {
                run: id.to_string(),
                ..Default::default()
            };
            super::rollback::rollback(state, &asked).await
        }
        _ => Ok(ExitCode::Ok),
    }
}

fn connect(given: Option<Answers>) -> Result<Answers> {
    let mut form = Form::new();
    if let Some(answers) = &given {
        form.fill(answers);
    }
    let installed = crate::deployment::bare_metal::find::installations();
    for found in &installed {
        let runs = found
            .pid
            .map(|pid| format!(", running as process {pid}"))
            .unwrap_or_default();
        out::words(format!(
            "  found: {} ({}{runs})",
            found.home.display(),
            found.version
        ));
    }
    if let Some(running) = installed.iter().find(|f| f.pid.is_some())
        && form.old_home.value().is_empty()
    {
        form.old_home = tui_input::Input::new(running.home.display().to_string());
    }
    out::words("Enter keeps what stands in [ ].");
    loop {
        for id in [
            FieldId::OldHome,
            FieldId::NewHome,
            FieldId::BackupDir,
            FieldId::Name,
            FieldId::PasswordFile,
            FieldId::Window,
        ] {
            fill(&mut form, id)?;
        }
        match form.answers() {
            Ok(answers) => return Ok(answers),
            Err(problem) => out::error(format!("That cannot be used: {problem}")),
        }
    }
}

/// Asks for one field until what is typed is no new problem; what stood there before is kept as what is offered.
fn fill(form: &mut Form, id: FieldId) -> Result<()> {
    let before = form.field(id).clone();
    let offered = match before.value() {
        "" => "empty",
        value => value,
    };
    let question = format!("{} ({}) [{offered}]:", id.label(), id.help());
    loop {
        let typed = line(&question)?;
        if typed.is_empty() {
            return Ok(());
        }
        let quoted = format!("'{typed}'");
        *form.field_mut(id) = tui_input::Input::new(typed);
        match form.answers() {
            // Of a field that is still to come another problem is told.
            Err(problem) if problem.contains(&quoted) => {
                out::error(format!("That cannot be used: {problem}"));
                *form.field_mut(id) = before.clone();
            }
            Ok(_) | Err(_) => return Ok(()),
        }
    }
}

fn left(why: &str) -> ExitCode {
    out::words(format!(
        "Left: {why}. Nothing was started and nothing was changed."
    ));
    ExitCode::Ok
}

/// The next line that was typed; without one the question stands open and the command ends with 70.
fn line(question: &str) -> Result<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        // What was typed before the question stood there is no answer to it.
        let _ = rustix::termios::tcflush(&stdin, rustix::termios::QueueSelector::IFlush);
    }
    out::words(question);
    let mut typed = String::new();
    let got = stdin.lock().read_line(&mut typed).map_err(|error| {
        CommandError::new(
            ExitCode::WaitingForInput,
            format!("cannot read the answer: {error}"),
        )
    })?;
    if got == 0 {
        return Err(CommandError::new(
            ExitCode::WaitingForInput,
            format!(
                "nobody answered: {question} Nothing was started. For a run without a person: `omup run --answers FILE`"
            ),
        ));
    }
    Ok(typed.trim().to_string())
}

/// A numbered choice; gives its index.
fn choose(question: &str, options: &[&str]) -> Result<usize> {
    loop {
        for (index, option) in options.iter().enumerate() {
            out::words(format!("    {}  {option}", index + 1));
        }
        let typed = line(&format!("{question} (a number):"))?;
        match typed.parse::<usize>() {
            Ok(n) if (1..=options.len()).contains(&n) => return Ok(n - 1),
            _ => out::error(format!("type a number from 1 to {}", options.len())),
        }
    }
}

/// Both have to be written out: a stray Enter decides nothing.
fn yes(question: &str) -> Result<bool> {
    loop {
        let typed = line(&format!("{question} (type yes or no):"))?;
        match typed.to_ascii_lowercase().as_str() {
            "yes" => return Ok(true),
            "no" => return Ok(false),
            _ => out::error("type the whole word: yes or no"),
        }
    }
}
