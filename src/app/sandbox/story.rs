//! A scenario told without a person: upgrade, look at the outcome, and lead it to its right end.
//! Each end is demanded; another one is an error of the program.

use super::place::state_in;
use super::practice::Practice;
use super::scenarios::Then;
use crate::app::error::{CommandError, Result};
use crate::app::out;
use crate::app::rollback::{Asked, rollback};
use crate::app::{report, run};
use crate::exit_code::ExitCode;
use crate::runner::folder::State;

/// Tells the whole story; the servers still run afterwards.
///
/// # Errors
/// When the story does not end as it must, or could not be told.
pub async fn tell(practice: &Practice) -> Result<ExitCode> {
    let scenario = practice.scenario();
    out::line(format!("PRACTICE: {}", scenario.about));
    for line in scenario.see {
        out::line(format!("PRACTICE:   you will see: {line}"));
    }
    out::line(format!(
        "PRACTICE: the deployment lies in {}",
        practice.folder().display()
    ));
    let state = State::open(state_in(practice.folder()))?;
    let answers = practice.write_confirmed_answers(&state).await?;
    out::line("PRACTICE: the answers, with the plan confirmed:");
    for line in std::fs::read_to_string(&answers)
        .unwrap_or_default()
        .lines()
    {
        out::line(format!("    {line}"));
    }
    out::line("");
    let ended = exit_of(run::run(&state, &answers, run::Wanted::Upgrade, false, false).await);
    expect(ended, scenario.upgrade_ends)?;
    let folder = state.run("last")?;
    let end = match scenario.then {
        Then::Nothing => ended,
        Then::GoBack => go_back(&state).await?,
        Then::GoOn => {
            say("now it goes on, as after a reboot: `omup resume`");
            exit_of(run::resume(&state, folder.run.as_str(), false, false, false).await)
        }
        Then::MendAndGoOn { mending } => {
            say(&format!("{mending}; then `omup resume --again`"));
            practice.mend().await?;
            exit_of(run::resume(&state, folder.run.as_str(), true, false, false).await)
        }
    };
    expect(end, scenario.ends)?;
    say(scenario.right_end);
    out::line("PRACTICE: that is the right end of this scenario. The report:");
    out::line("");
    report::report(&folder, false)?;
    Ok(ExitCode::Ok)
}

fn say(text: &str) {
    out::line("");
    out::line(format!("PRACTICE: {text}"));
}

/// The ways back are shown first, as a tired person would want them, then one is taken.
async fn go_back(state: &State) -> Result<ExitCode> {
    say("now the way back, as after a bad night: `omup rollback`");
    let folder = state.run("last")?;
    let view = run::view_of(&folder)?;
    let mut asked = Asked {
        run: folder.run.to_string(),
        ..Asked::default()
    };
    rollback(state, &asked).await?;
    asked.way = Some("restore".to_string());
    asked.confirm = view.identity.map(|identity| identity.database);
    rollback(state, &asked).await
}

/// An end that a command could only tell as an error is an end all the same.
fn exit_of(outcome: Result<ExitCode>) -> ExitCode {
    match outcome {
        Ok(exit) => exit,
        Err(error) => {
            out::error(format!("omup: {}", error.message));
            error.exit
        }
    }
}

fn expect(got: ExitCode, wanted: ExitCode) -> Result<()> {
    if got == wanted {
        return Ok(());
    }
    Err(CommandError::new(
        ExitCode::Internal,
        format!(
            "the practice story ended with exit code {} ({}) where {} was due",
            got.number(),
            got.meaning(),
            wanted.number()
        ),
    ))
}
