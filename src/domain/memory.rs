//! Amounts of memory the way PostgreSQL writes them.
//!
//! Source: PostgreSQL's manual, "Parameter Names and Values": kB, MB and GB are multiples of 1024.

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
    use super::{bytes_of, memory_text};

    #[test]
    fn as_the_server_writes_it() {
        assert_eq!(memory_text(20 << 20), "20MB");
        assert_eq!(memory_text(1), "64kB");
        assert_eq!(memory_text((1 << 20) + 1), "1025kB");
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
