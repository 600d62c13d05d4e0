//! Processes seen through `/proc`, and ended by their id. Never by name: another test runs the same programs.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::wait;

/// A process and the moment it started, so that a reused id is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    pid: u32,
    /// Clock ticks since boot, field 22 of `/proc/PID/stat` (proc(5)).
    started: u64,
}

struct Stat {
    state: char,
    parent: u32,
    started: u64,
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command name may hold blanks and brackets; the fields start after the last one.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
        ticks: fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?,
    })
}

/// Ends what a test has left running: every process with something below `folder` on its command line.
///
/// For a practice deployment, whose server and runner are meant to outlive the screen that started them.
pub fn end_all_of(folder: &std::path::Path) {
    let folder = format!("{}/", folder.display());
    let found: Vec<Process> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Process::of(entry.file_name().to_str()?.parse().ok()?))
        .filter(|process| process.pid != std::process::id())
        .filter(|process| process.command_line().contains(&folder))
        .collect();
    for process in found {
        process.kill_tree();
    }
}

impl Process {
    /// The process that has this id now.
    pub fn of(pid: u32) -> Option<Process> {
        let started = stat(pid)?.started;
        Some(Process { pid, started })
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs. A zombie does not.
    pub fn runs(&self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.started == self.started && stat.state != 'Z')
    }

    /// Sends a signal; says whether the process was there to get it.
    pub fn signal(&self, signal: Signal) -> bool {
        self.runs()
            && i32::try_from(self.pid)
                .ok()
                .and_then(Pid::from_raw)
                .is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    /// Processor time that it has used, in clock ticks (usually hundredths of a second); `None` when it has gone.
    pub fn ticks(&self) -> Option<u64> {
        stat(self.pid)
            .filter(|stat| stat.started == self.started)
            .map(|stat| stat.ticks)
    }

    /// The letter that proc(5) gives its state: `T` is stopped.
    pub fn state(&self) -> Option<char> {
        stat(self.pid)
            .filter(|stat| stat.started == self.started)
            .map(|stat| stat.state)
    }

    /// Its command line, arguments separated by blanks; empty when it has gone.
    pub fn command_line(&self) -> String {
        let bytes = std::fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .replace('\0', " ")
            .trim_end()
            .to_owned()
    }

    /// Its children, theirs, and so on; not those that were given to another parent.
    pub fn descendants(&self) -> Vec<Process> {
        let everybody: Vec<(Process, u32)> = std::fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|pid| {
                let stat = stat(pid)?;
                let started = stat.started;
                Some((Process { pid, started }, stat.parent))
            })
            .collect();
        let mut family = vec![*self];
        let mut next = 0;
        while let Some(parent) = family.get(next).copied() {
            next += 1;
            family.extend(
                everybody
                    .iter()
                    .filter(|(_, of)| *of == parent.pid)
                    .map(|(child, _)| *child),
            );
        }
        family.split_off(1)
    }

    /// SIGKILL to the process and all its descendants; returns when none of them runs.
    pub fn kill_tree(&self) {
        // Stopped first, so that it cannot start another child between the look and the kill.
        self.signal(Signal::STOP);
        let family: Vec<Process> = std::iter::once(*self).chain(self.descendants()).collect();
        for process in &family {
            process.signal(Signal::KILL);
        }
        wait::until("killed processes to end", Duration::from_secs(10), || {
            family.iter().all(|process| !process.runs()).then_some(())
        });
    }
}
