//! The last bytes of a stream, kept for the trailer line.

/// How much is kept: PostgreSQL and MySQL end a plain dump within the last 4 KiB.
const KEPT: usize = 4096;

/// The last [`KEPT`] bytes that were pushed.
#[derive(Debug, Default, Clone)]
pub(super) struct Tail(Vec<u8>);

impl Tail {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() >= KEPT {
            self.0.clear();
            self.0.extend_from_slice(&bytes[bytes.len() - KEPT..]);
            return;
        }
        let over = (self.0.len() + bytes.len()).saturating_sub(KEPT);
        self.0.drain(..over);
        self.0.extend_from_slice(bytes);
    }

    /// True when the line stands by itself in the kept bytes: not inside a longer one, and closed
    /// by a newline or the end.
    pub(super) fn has_line(&self, line: &str) -> bool {
        self.0
            .split(|&byte| byte == b'\n')
            .any(|found| found.strip_suffix(b"\r").unwrap_or(found) == line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_wherever_the_blocks_end() {
        let text = format!("{}\n-- done\n\n\\unrestrict x\n", "x".repeat(9000));
        for block in [1, 7, 4095, 4096, 5000, 20_000] {
            let mut tail = Tail::default();
            for part in text.as_bytes().chunks(block) {
                tail.push(part);
            }
            assert!(tail.has_line("-- done"), "{block}");
            assert!(!tail.has_line("-- don"));
            assert_eq!(tail.0.len(), KEPT);
        }
        let mut far = Tail::default();
        far.push(b"-- done\n");
        far.push(&vec![b'x'; KEPT]);
        assert!(!far.has_line("-- done"));
    }
}
