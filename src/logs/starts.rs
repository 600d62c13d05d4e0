//! Where each line of a file begins.
//!
//! Six bytes a line instead of eight, so that the marks of filter, search and trouble fit beside them within eight;
//! in blocks, so that growing never copies what is there.

/// Lines in a block.
const BLOCK: usize = 1 << 16;

/// Offsets below 2^48 (256 TiB, more than a file system of today lets a file have).
#[derive(Debug, Default)]
pub struct Starts {
    blocks: Vec<Vec<[u8; 6]>>,
}

impl Starts {
    pub fn len(&self) -> u64 {
        let full = self.blocks.len().saturating_sub(1) * BLOCK;
        (full + self.blocks.last().map_or(0, Vec::len)) as u64
    }

    pub fn push(&mut self, start: u64) {
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        let [a, b, c, d, e, f, _, _] = start.to_le_bytes();
        if let Some(block) = self.blocks.last_mut() {
            block.push([a, b, c, d, e, f]);
        }
    }

    pub fn pop(&mut self) {
        if let Some(block) = self.blocks.last_mut() {
            block.pop();
            if block.is_empty() {
                self.blocks.pop();
            }
        }
    }

    pub fn get(&self, line: u64) -> Option<u64> {
        let line = usize::try_from(line).ok()?;
        let [a, b, c, d, e, f] = *self.blocks.get(line / BLOCK)?.get(line % BLOCK)?;
        Some(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Starts};

    #[test]
    fn what_was_pushed_is_there_across_blocks_and_after_a_pop() {
        let of = |line: u64| line * 0x4000_0007;
        let mut starts = Starts::default();
        let lines = 2 * BLOCK as u64 + 1;
        for line in 0..lines {
            assert_eq!(starts.len(), line);
            starts.push(of(line));
        }
        for line in [0, 1, BLOCK as u64 - 1, BLOCK as u64, lines - 1] {
            assert_eq!(starts.get(line), Some(of(line)), "line {line}");
        }
        assert_eq!(starts.get(lines), None);
        starts.pop();
        assert_eq!((starts.len(), starts.get(lines - 1)), (lines - 1, None));
        starts.push(7);
        assert_eq!(starts.get(lines - 1), Some(7));
        let mut none = Starts::default();
        none.pop();
        assert_eq!(none.len(), 0);
    }
}
