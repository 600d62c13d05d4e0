//! SQLite has no sessions; other processes that hold the file open stand in for them.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::domain::clean_text::CleanText;
use crate::domain::survey::Session;

/// Every other process with this file open, as far as this user may look.
pub fn holding(file: &Path) -> Vec<Session> {
    let Ok(wanted) = std::fs::metadata(file) else {
        return Vec::new();
    };
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found: Vec<Session> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id())
        .filter_map(|pid| Some(session(pid, opens(pid, wanted.dev(), wanted.ino())?)))
        .collect();
    found.sort_by_key(|session| session.pid);
    found
}

/// How a process has the file open, the most that it can do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Open {
    Reading,
    Writing,
}

fn opens(pid: u32, device: u64, inode: u64) -> Option<Open> {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    descriptors
        .flatten()
        .filter(|descriptor| {
            std::fs::metadata(descriptor.path())
                .is_ok_and(|found| found.dev() == device && found.ino() == inode)
        })
        .map(|descriptor| way(pid, &descriptor.file_name().to_string_lossy()))
        .max()
}

/// By the access mode in `fdinfo` (proc(5): flags in octal, the last digit is the access mode, 0 is
/// reading only). What cannot be read may write.
fn way(pid: u32, descriptor: &str) -> Open {
    let text =
        std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    match flags.and_then(|flags| flags.trim().chars().last()) {
        Some('0' | '4') => Open::Reading,
        Some(_) | None => Open::Writing,
    }
}

fn session(pid: u32, open: Open) -> Session {
    let raw = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words: Vec<String> = raw
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    let uid = std::fs::metadata(format!("/proc/{pid}")).map_or_else(
        |_| "unknown".to_string(),
        |meta| format!("uid {}", meta.uid()),
    );
    Session {
        pid: i64::from(pid),
        user: uid.into(),
        address: "local".into(),
        application: CleanText::limited(&named(pid).unwrap_or_else(|| words.join(" ")), 60),
        state: match open {
            Open::Reading => "open for reading".into(),
            Open::Writing => Session::WRITES_FILE.into(),
        },
        transaction_seconds: None,
        query: CleanText::default(),
        ours: named(pid).is_some_and(|name| name.starts_with("omup ")) || ours(pid, &words),
    }
}

/// The application name that a process gives its sessions (`ApplicationName` in its `DB_PARAMS`),
/// as a JDBC driver would tell it to a real server.
fn named(pid: u32) -> Option<String> {
    let raw = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let params = raw
        .split(|byte| *byte == 0)
        .find_map(|pair| pair.strip_prefix(b"DB_PARAMS="))?;
    crate::database::params::value(&String::from_utf8_lossy(params), "ApplicationName")
}

/// The same program, but not as the practice server or the practice ops tool: those stand in for
/// OpenMetadata.
fn ours(pid: u32, words: &[String]) -> bool {
    let same = std::fs::read_link(format!("/proc/{pid}/exe")).ok() == std::env::current_exe().ok();
    let part = words.iter().skip_while(|word| *word != "practice").nth(1);
    same && !matches!(part.map(String::as_str), Some("server" | "ops"))
}
