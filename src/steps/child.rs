//! Running one of OpenMetadata's own commands as a child that outlives us, or waiting for one that
//! an earlier runner left behind.

use std::path::Path;
use std::time::Duration;

use super::context::Context;
use crate::domain::clean_text::CleanText;
use crate::domain::event::Event;
use crate::domain::step::{Failure, StepId};
use crate::exit_code::ExitCode;
use crate::process::ToolCommand;
use crate::process::child::{self, ChildSpec, End};

/// Last bytes of a log that are read for its last lines.
const TAIL: u64 = 16 * 1024;

/// The longest that one heartbeat may take.
const BEAT: Duration = Duration::from_secs(60);

/// How a child ended, as far as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildEnd {
    Code(i32),
    Signal(i32),
    /// It was the child of an earlier runner: its exit code is lost, only its state tells.
    Unknown,
}

impl ChildEnd {
    pub fn words(self) -> String {
        match self {
            ChildEnd::Code(code) => format!("exit code {code}"),
            ChildEnd::Signal(signal) => format!("signal {signal}"),
            ChildEnd::Unknown => "an unknown exit code (it was adopted)".to_string(),
        }
    }
}

/// Starts the tool, journals it, and calls `beat` about every second until it has ended.
pub async fn run<F, Fut>(
    context: &Context<'_>,
    step: StepId,
    name: &str,
    tool: &ToolCommand,
    mut beat: F,
) -> Result<ChildEnd, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = ()>,
{
    let (log, lock) = (context.log(name), context.child_lock(name));
    context.effect(step, format!("start {}", tool.shown()))?;
    let mut running = child::start(&ChildSpec {
        tool: tool.clone(),
        place: context.place,
        log: log.clone(),
        lock: lock.clone(),
        outlives: true,
    })
    .map_err(|error| {
        Failure::new(
            ExitCode::FailedAfterPoint,
            format!("start {name}"),
            error.to_string(),
            "it did not run",
            "mend the cause, then `omup resume --again`",
        )
    })?;
    crate::process::effect::hit("child started");
    context.recorder.record(Event::ChildStarted {
        step,
        name: name.to_string(),
        pid: running.pid,
        started_ticks: running.started_ticks,
        boot_id: context.survey.host.boot_id.clone(),
        command: context.clean(tool.shown().as_str()),
        log: log.clone(),
        log_begin: running.log_begin(),
        lock,
    })?;
    let end = loop {
        match tokio::time::timeout(Duration::from_secs(1), running.wait()).await {
            Ok(Ok(End::Code(code))) => break ChildEnd::Code(code),
            Ok(Ok(End::Signal(signal))) => break ChildEnd::Signal(signal),
            Ok(Err(_)) => break ChildEnd::Unknown,
            // A look that gets no answer must not hide that the child has ended.
            Err(_) => {
                let _ = tokio::time::timeout(BEAT, beat()).await;
            }
        }
    };
    ended(context, step, name, end)?;
    Ok(end)
}

/// Waits for the child of an earlier runner, if one still lives. True: there was one.
pub async fn adopt<F, Fut>(
    context: &Context<'_>,
    step: StepId,
    name: &str,
    mut beat: F,
) -> Result<bool, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = ()>,
{
    let lock = context.child_lock(name);
    if !held(&lock)? {
        return Ok(false);
    }
    let pid = context
        .view()
        .children
        .iter()
        .rev()
        .find(|c| c.name == name)
        .map_or(0, |c| c.pid);
    context.recorder.record(Event::ChildAdopted {
        step,
        name: name.to_string(),
        pid,
    })?;
    while held(&lock)? {
        beat().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    ended(context, step, name, ChildEnd::Unknown)?;
    Ok(true)
}

fn held(lock: &Path) -> Result<bool, Failure> {
    crate::process::lock_is_held(lock).map_err(|error| {
        Failure::new(
            ExitCode::StateFolder,
            "see whether an earlier child still lives",
            error.to_string(),
            "nothing was started",
            "mend the run's folder, then `omup resume`",
        )
    })
}

fn ended(context: &Context<'_>, step: StepId, name: &str, end: ChildEnd) -> Result<(), Failure> {
    let ok = match end {
        ChildEnd::Code(code) => Some(code == 0),
        ChildEnd::Signal(_) => Some(false),
        ChildEnd::Unknown => None,
    };
    context.recorder.record(Event::ChildEnded {
        step,
        name: name.to_string(),
        end: end.words().into(),
        ok,
    })
}

/// The end of the log of the last child of this name, line by line, cleaned and with secrets masked.
pub fn tail(context: &Context<'_>, name: &str) -> Vec<CleanText> {
    output(context, name, TAIL)
        .lines()
        .map(|line| CleanText::limited(&cause_first(line), 400))
        .filter(|line| !line.as_str().is_empty())
        .collect()
}

/// At most the last `most` bytes of what the last child of this name has said, with secrets masked. Not cleaned.
pub fn output(context: &Context<'_>, name: &str, most: u64) -> String {
    let children = context.view().children;
    let begin = children
        .iter()
        .rev()
        .find(|child| child.name == name)
        .map_or(0, |child| child.log_begin);
    let bytes = crate::process::read_tail(&context.log(name), begin, most).unwrap_or_default();
    context
        .secrets
        .redactor
        .redact(&String::from_utf8_lossy(&bytes))
}

/// OpenMetadata's own sentence about a statement that failed, with the cause in front of the statement, which may be
/// pages long: `Failed to run sql: [...] due to [...]` (`MigrationUtil` and `MigrationWorkflow` upstream). Any other
/// line as it is.
fn cause_first(line: &str) -> std::borrow::Cow<'_, str> {
    const BEFORE: &str = "Failed to run sql: [";
    const BETWEEN: &str = "] due to [";
    let parts = line.split_once(BEFORE).and_then(|(head, rest)| {
        let (sql, cause) = rest.split_once(BETWEEN)?;
        // JDBI repeats the statement behind the server's words.
        let cause = cause.split(" [statement:").next().unwrap_or(cause);
        Some((head, sql, cause.trim_end().trim_end_matches(']')))
    });
    match parts {
        Some((head, sql, cause)) => {
            let told = format!("Failed to run sql: {cause} in [{sql}] {}", head.trim_end());
            told.trim_end().to_owned().into()
        }
        None => line.into(),
    }
}

/// The line that most likely says why: the last that names a failure, else the last one.
pub fn telling_line(lines: &[CleanText]) -> CleanText {
    failing_line(lines)
        .or_else(|| lines.iter().rev().find(speaks).cloned())
        .unwrap_or_else(|| "it printed nothing that tells".into())
}

/// Frames of tables and of stack traces, and sentences that end before their cause, tell nothing.
fn speaks(line: &&CleanText) -> bool {
    let text = line.as_str().trim();
    let frame = text.starts_with('+') || text.starts_with('|') || text.starts_with("at ");
    !frame && !text.ends_with("due to") && text.chars().any(char::is_alphabetic)
}

/// The last line that names a failure.
pub fn failing_line(lines: &[CleanText]) -> Option<CleanText> {
    const WORDS: [&str; 5] = ["Failed to run sql", "Exception", "ERROR", "due to", "ailed"];
    WORDS
        .iter()
        .find_map(|word| {
            lines
                .iter()
                .rev()
                .filter(speaks)
                .find(|line| line.as_str().contains(word))
        })
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::cause_first;

    #[test]
    fn the_cause_of_a_failed_statement_stands_before_the_statement() {
        let long = "x".repeat(2000);
        let line = format!(
            "java.lang.RuntimeException: Failed to run sql: [UPDATE t SET a = '[{long}]'] due to [org.postgresql.util.PSQLException: ERROR: column \"b\" does not exist [statement:\"UPDATE t\", arguments:{{}}]]"
        );
        let told = cause_first(&line);
        let wanted = "Failed to run sql: org.postgresql.util.PSQLException: ERROR: column \"b\" does not exist in [UPDATE t SET a = ";
        assert!(told.starts_with(wanted), "{told}");
        assert_eq!(
            cause_first("Failed to run sql: nothing"),
            "Failed to run sql: nothing"
        );
        assert_eq!(
            cause_first("Failed to run sql: [A] due to [no such column: c]"),
            "Failed to run sql: no such column: c in [A]"
        );
    }
}
