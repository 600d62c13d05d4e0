//! The setting with which an engine gives memory to sorting, and amounts the way PostgreSQL writes
//! them.
//!
//! Source: PostgreSQL's manual, "Parameter Names and Values": kB, MB and GB are multiples of 1024.
//! MySQL's manual, "Server System Variables", `sort_buffer_size`: bytes.

use super::names::Engine;

/// What the setting is called, where it can stand, and what too little of it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortSetting {
    pub name: &'static str,
    /// Whom a standing setting is for.
    pub scope: &'static str,
    /// What the migration does with too little.
    pub too_little: &'static str,
    /// True where it fails instead of being slow.
    pub fails: bool,
    /// Shows what a new connection has.
    pub show: &'static str,
}

/// The setting of an engine. The practice database has none by default and plays MySQL's where a
/// scenario gives it one.
pub fn sort_setting(engine: Engine) -> SortSetting {
    match engine {
        Engine::Postgres => SortSetting {
            name: "work_mem",
            scope: "role in database",
            too_little: "PostgreSQL then sorts on disk, slower but without failing",
            fails: false,
            show: "SHOW work_mem;",
        },
        Engine::Mysql => SortSetting {
            name: "sort_buffer_size",
            scope: "whole server",
            too_little: "MySQL then stops with error 1038, \"Out of sort memory\"",
            fails: true,
            show: "SELECT @@sort_buffer_size;",
        },
        Engine::Sqlite => SortSetting {
            name: "work_mem",
            scope: "practice database",
            too_little: "like MySQL, the practice database then stops with \"Out of sort memory\"",
            fails: false,
            show: "",
        },
    }
}

impl SortSetting {
    /// What `DB_PARAMS` is given for the migration's own connection.
    pub fn parameter(&self, bytes: u64) -> String {
        match self.name {
            "sort_buffer_size" => format!("sessionVariables=sort_buffer_size={bytes}"),
            name => format!("options=-c {name}={}", memory_text(bytes)),
        }
    }

    /// The statement that makes it stand, for plan and report; `None`: takes it back.
    pub fn standing(&self, bytes: Option<u64>) -> String {
        match (self.name, bytes) {
            ("sort_buffer_size", Some(bytes)) => format!("SET GLOBAL sort_buffer_size = {bytes}"),
            ("sort_buffer_size", None) => {
                "SET GLOBAL sort_buffer_size = <its old value>".to_string()
            }
            (name, Some(bytes)) => format!(
                "ALTER ROLE ... IN DATABASE ... SET {name} = '{}'",
                memory_text(bytes)
            ),
            (name, None) => {
                format!("ALTER ROLE ... IN DATABASE ... RESET {name}, or its old value")
            }
        }
    }

    /// The value of the standing setting, as [`crate::database`] writes and reads it.
    pub fn written(&self, bytes: u64) -> String {
        if self.name == "sort_buffer_size" {
            bytes.to_string()
        } else {
            memory_text(bytes)
        }
    }
}

/// What a migration that failed for too little is given next, in bytes. Source: OpenMetadata's
/// documentation asks for 20 MB, "and more if the error persists"; above 64 MiB it is another fault.
const LADDER: [u64; 3] = [20 << 20, 32 << 20, 64 << 20];

/// The next larger amount; `None` where the last one was not enough.
pub fn next_rung(now: u64) -> Option<u64> {
    LADDER.into_iter().find(|rung| *rung > now)
}

/// Bytes as text, rounded up to whole kB (`work_mem`'s unit; 64 kB is its least value).
pub fn memory_text(bytes: u64) -> String {
    let kilobytes = bytes.div_ceil(1024).max(64);
    if kilobytes.is_multiple_of(1024) {
        format!("{}MB", kilobytes / 1024)
    } else {
        format!("{kilobytes}kB")
    }
}

/// The bytes of such a text; `None` for anything else. A bare number is in kB, `work_mem`'s unit.
pub fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let unit: u64 = match text[digits..].trim() {
        "B" => 1,
        "" | "kB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::{bytes_of, memory_text, next_rung};

    #[test]
    fn as_the_server_writes_it() {
        assert_eq!(memory_text(20 << 20), "20MB");
        assert_eq!(memory_text(1), "64kB");
        assert_eq!(memory_text((1 << 20) + 1), "1025kB");
    }

    #[test]
    fn the_ladder_goes_up_and_ends() {
        assert_eq!(next_rung(256 << 10), Some(20 << 20));
        assert_eq!(next_rung(20 << 20), Some(32 << 20));
        assert_eq!(next_rung(40 << 20), Some(64 << 20));
        assert_eq!(next_rung(64 << 20), None);
    }

    #[test]
    fn and_back() {
        assert_eq!(bytes_of(" 256kB "), Some(256 << 10));
        assert_eq!(bytes_of("20 MB"), Some(20 << 20));
        assert_eq!(bytes_of("64"), Some(64 << 10));
        for nonsense in ["", "MB", "2 MiB", "-1", "99999999999999999999GB", "é"] {
            assert_eq!(bytes_of(nonsense), None, "{nonsense}");
        }
    }
}
