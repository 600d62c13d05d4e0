//! Who a process is, by `/proc`: a pid alone may be given to another process.

use std::fs;

/// Start time of a process in clock ticks since boot: field 22 of `/proc/<pid>/stat` (proc(5)).
/// `None` when there is no such process.
pub fn started_ticks(pid: u32) -> Option<u64> {
    stat(pid).map(|(_, ticks)| ticks)
}

/// The boot this machine is in; a pid and its start time mean nothing across boots.
pub fn boot_id() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_string())
}

/// Milliseconds since the machine was booted, sleep included; no change of the wall clock moves it
/// (`/proc/uptime`, proc(5)).
pub fn uptime_ms() -> Option<u64> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, hundredths) = text.split(' ').next()?.split_once('.')?;
    Some(seconds.parse::<u64>().ok()? * 1000 + hundredths.parse::<u64>().ok()? * 10)
}

/// Bytes that a program can still get without making the machine swap (`MemAvailable` in
/// `/proc/meminfo`, proc(5)).
pub fn memory_available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// True while the very process lives: same pid, same start time, and not a zombie.
pub fn alive(pid: u32, ticks: u64) -> bool {
    stat(pid).is_some_and(|(state, started)| started == ticks && !matches!(state, 'Z' | 'X' | 'x'))
}

/// True while the process stands still by SIGSTOP, or by a debugger: states `T` and `t` of proc(5).
pub fn is_stopped(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| matches!(state, 'T' | 't'))
}

fn stat(pid: u32) -> Option<(char, u64)> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold anything, `)` too.
    let end = text.iter().rposition(|&b| b == b')')?;
    let rest = std::str::from_utf8(text.get(end + 2..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let ticks = fields.nth(18)?.parse().ok()?;
    Some((state, ticks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_alive_and_nobody_else_is_us() {
        let me = std::process::id();
        let ticks = started_ticks(me).expect("we run");
        assert!(alive(me, ticks));
        assert!(!alive(me, ticks + 1));
        assert_eq!(started_ticks(u32::MAX), None);
        assert!(boot_id().is_some_and(|id| id.len() == 36));
        assert!(memory_available().is_some_and(|bytes| bytes > 1 << 20));
    }
}
