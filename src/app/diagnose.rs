//! `omup diagnose` and `omup knowledge check`: a log, or a folder of failure files, in; answers out.

use std::io::{BufRead, IsTerminal as _, Read as _};
use std::path::Path;

use super::error::{CommandError, Result};
use super::out;
use crate::cli::DiagnoseArgs;
use crate::domain::clean_text::CleanText;
use crate::domain::version::OmVersion;
use crate::exit_code::ExitCode;
use crate::knowledge::{
    Diagnosed, Diagnosis, FAILURE_FILES, Knowledge, LogContext, NumberedLine, RELEASE_FILES,
    failure_check, release_check,
};

/// Of a line longer than both together, this much of its head and of its tail is read: a long SQL
/// statement stands before the reason why it failed.
const HEAD: usize = 48 << 10;
const TAIL: usize = 16 << 10;
/// The answers that are shown to a person; JSON has all.
const SHOWN: usize = 5;
/// A failure file larger than this is none.
const LARGEST_FILE: u64 = 4 << 20;

/// Reads a log from standard input to its end, in memory that does not grow with it.
pub fn diagnose(args: &DiagnoseArgs) -> Result<ExitCode> {
    let context = LogContext {
        from: version(args.from.as_deref())?,
        to: version(args.to.as_deref())?,
        phase: args.phase,
        engine: args.engine,
    };
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(CommandError::new(
            ExitCode::Usage,
            "diagnose reads a log from standard input: omup diagnose < migrate.log",
        ));
    }
    let knowledge = Knowledge::embedded();
    let mut diagnoser = knowledge.diagnoser(&context);
    let mut number = 0;
    each_line(input.lock(), |line| {
        number += 1;
        let text = String::from_utf8_lossy(line);
        diagnoser.line(number, &CleanText::limited(&text, HEAD + TAIL + 16));
    })
    .map_err(CommandError::from_cause(
        ExitCode::Usage,
        "read the log from standard input",
    ))?;
    let found = diagnoser.finish();
    if args.json {
        out::json(&serde_json::json!({
            "schema_version": 1,
            "lines": found.lines,
            "diagnoses": found.diagnoses,
            "first_error": found.first_error,
        }));
    } else {
        tell(&found);
    }
    Ok(ExitCode::Ok)
}

fn version(text: Option<&str>) -> Result<Option<OmVersion>> {
    text.map(|text| {
        text.parse()
            .map_err(|error| CommandError::new(ExitCode::Usage, format!("{error}")))
    })
    .transpose()
}

fn tell(found: &Diagnosed) {
    for diagnosis in found.diagnoses.iter().take(SHOWN) {
        tell_one(diagnosis);
    }
    let more = found.diagnoses.len().saturating_sub(SHOWN);
    if more > 0 {
        out::line(format!("{more} less likely answers more: --json has them"));
    }
    if !found.diagnoses.is_empty() {
        return;
    }
    if found.first_error.is_empty() {
        out::line(format!(
            "Nothing that this omup knows, and no line that looks like an error, in {} lines.",
            found.lines
        ));
        return;
    }
    out::line(format!(
        "Nothing that this omup knows in {} lines. The first that looks like an error, with its neighbours:",
        found.lines
    ));
    for NumberedLine { line, text, error } in &found.first_error {
        let mark = if *error { ">" } else { " " };
        out::line(format!("{mark} {line:>7}  {text}"));
    }
}

fn tell_one(diagnosis: &Diagnosis) {
    let failure = &diagnosis.failure;
    out::line(format!(
        "{} ({}; {})",
        failure.title,
        failure.certainty.word(),
        failure.id
    ));
    let times = match diagnosis.times {
        1 => String::new(),
        times => format!(" (the first of {times})"),
    };
    out::line(format!(
        "  line {}{times}: {}",
        diagnosis.line, diagnosis.text
    ));
    out::line(format!("  why:   {}", failure.cause));
    out::line(format!("  next:  {}", failure.next));
    out::line(format!("  again: {}", failure.again.sentence()));
    out::line(format!(
        "  from:  {} (read {})",
        failure.sources.join(" "),
        failure.copied
    ));
    out::line("");
}

/// `omup knowledge check [DIR]`: every mistake by file and line. A folder may hold files of failures
/// and of releases: which one a file is, it says itself.
pub fn check(dir: Option<&Path>) -> Result<ExitCode> {
    let built_in = |files: &[(&str, &str)]| -> Vec<(String, String)> {
        let own = |(name, text): &(&str, &str)| ((*name).to_string(), (*text).to_string());
        files.iter().map(own).collect()
    };
    let (releases, failures) = match dir {
        Some(dir) => files_in(dir)?
            .into_iter()
            .partition(|(_, text)| is_release(text)),
        None => (built_in(RELEASE_FILES), built_in(FAILURE_FILES)),
    };
    let checked = failure_check::check(&failures);
    let releases = release_check::check(&releases);
    for mistake in checked.mistakes.iter().chain(&releases.mistakes) {
        out::line(mistake.to_string());
    }
    let mistakes = checked.mistakes.len() + releases.mistakes.len();
    if releases.files > 0 {
        out::line(format!(
            "{} files of releases, {} changes",
            releases.files, releases.changes
        ));
    }
    out::line(format!(
        "{} files, {} failures, {} samples, {} near misses: {mistakes} mistakes",
        checked.files, checked.failures, checked.samples, checked.near_misses,
    ));
    if mistakes == 0 {
        Ok(ExitCode::Ok)
    } else {
        Err(CommandError::new(
            ExitCode::Usage,
            "these files have mistakes, named above; nothing was changed",
        ))
    }
}

/// A file of a release begins with the version; one of failures has none.
fn is_release(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.any(|line| {
        let rest = line.strip_prefix("version");
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}

fn files_in(dir: &Path) -> Result<Vec<(String, String)>> {
    let cannot = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| {
            CommandError::new(ExitCode::Usage, format!("cannot read {path}: {error}"))
        }
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(cannot(dir))? {
        let path = entry.map_err(cannot(dir))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(CommandError::new(
            ExitCode::Usage,
            format!("{} holds no .toml file", dir.display()),
        ));
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let mut text = String::new();
        // A pipe or a device would not end.
        let meta = std::fs::metadata(&path).map_err(cannot(&path))?;
        if !meta.is_file() || meta.len() > LARGEST_FILE {
            return Err(CommandError::new(
                ExitCode::Usage,
                format!("{} is not a file of knowledge", path.display()),
            ));
        }
        std::fs::File::open(&path)
            .and_then(|file| file.take(LARGEST_FILE).read_to_string(&mut text))
            .map_err(cannot(&path))?;
        files.push((path.display().to_string(), text));
    }
    Ok(files)
}

/// Gives each line without its end. Of a longer one than [`HEAD`] and [`TAIL`], those two.
fn each_line(mut input: impl BufRead, mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    let mut line = LongLine::default();
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            if line.begun {
                take(&line.end());
            }
            return Ok(());
        }
        let (part, used, ended) = match memchr::memchr(b'\n', chunk) {
            Some(at) => (&chunk[..at], at + 1, true),
            None => (chunk, chunk.len(), false),
        };
        line.push(part);
        if ended {
            take(&line.end());
        }
        input.consume(used);
    }
}

/// The head and the tail of the line that is being read.
#[derive(Default)]
struct LongLine {
    head: Vec<u8>,
    tail: Vec<u8>,
    begun: bool,
    cut: bool,
}

impl LongLine {
    fn push(&mut self, part: &[u8]) {
        self.begun = true;
        let room = (HEAD - self.head.len()).min(part.len());
        self.head.extend_from_slice(&part[..room]);
        self.tail.extend_from_slice(&part[room..]);
        // Cut seldom, so that the moving costs less than the reading.
        if self.tail.len() > 8 * TAIL {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        if self.tail.len() > TAIL {
            self.cut = true;
            self.tail.drain(..self.tail.len() - TAIL);
        }
    }

    fn end(&mut self) -> Vec<u8> {
        self.shorten();
        let mut out = std::mem::take(&mut self.head);
        if self.cut {
            out.extend_from_slice(" … ".as_bytes());
        }
        out.append(&mut self.tail);
        *self = Self::default();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{HEAD, TAIL, each_line};

    fn lines(text: &[u8]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        // A small buffer: lines begin and end anywhere in it.
        let input = std::io::BufReader::with_capacity(7, text);
        each_line(input, |line| out.push(line.to_vec())).expect("read");
        out
    }

    #[test]
    fn lines_are_whole_and_counted() {
        assert_eq!(lines(b""), Vec::<Vec<u8>>::new());
        assert_eq!(
            lines(b"one\n\na longer one\nlast"),
            [&b"one"[..], b"", b"a longer one", b"last"]
        );
        assert_eq!(lines(b"\n\n"), [b"", b""]);
    }

    #[test]
    fn a_monstrous_line_keeps_its_head_and_its_tail() {
        let mut text = b"head".to_vec();
        text.resize(3_000_000, b'x');
        text.extend_from_slice(b" tail\nnext");
        let found = lines(&text);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with(b"headx") && found[0].ends_with(b"x tail"));
        assert!(found[0].len() < HEAD + TAIL + 8);
    }
}
