//! Which lines of a file have something: one bit a line.
//!
//! Ten million lines are 1.25 MB. Counting in one list starts at the sum of the block; in two lists together it goes
//! over all bits, which takes about a millisecond, so it is done once for a window and not for each row.

const BITS: u64 = u64::BITS as u64;

/// Words in a block that has a sum.
const BLOCK: usize = 64;

/// A bit for every line that was read so far.
#[derive(Debug, Default)]
pub struct Marks {
    words: Vec<u64>,
    /// How many lines are marked before each block.
    sums: Vec<u64>,
    /// How many are marked in all.
    ones: u64,
    /// Lines read so far, marked or not.
    len: u64,
}

impl Marks {
    pub fn push(&mut self, marked: bool) {
        let bit = self.len % BITS;
        if bit == 0 {
            if self.words.len().is_multiple_of(BLOCK) {
                self.sums.push(self.ones);
            }
            self.words.push(0);
        }
        if let Some(word) = self.words.last_mut() {
            *word |= u64::from(marked) << bit;
        }
        self.ones += u64::from(marked);
        self.len += 1;
    }

    pub fn pop(&mut self) {
        let Some(len) = self.len.checked_sub(1) else {
            return;
        };
        self.ones -= u64::from(self.get(len) == Some(true));
        self.len = len;
        let bit = len % BITS;
        if bit == 0 {
            self.words.pop();
            self.sums.truncate(self.words.len().div_ceil(BLOCK));
        } else if let Some(word) = self.words.last_mut() {
            *word &= !(1 << bit);
        }
    }

    /// `None` for a line that was not read yet.
    pub fn get(&self, line: u64) -> Option<bool> {
        if line >= self.len {
            return None;
        }
        let word = self.words.get(usize::try_from(line / BITS).ok()?)?;
        Some(word >> (line % BITS) & 1 == 1)
    }
}

/// The lines that are marked in one list and, if there is a second, in that one too.
#[derive(Clone, Copy)]
pub struct Both<'a>(pub &'a Marks, pub Option<&'a Marks>);

impl Both<'_> {
    fn words(&self) -> usize {
        let Self(one, other) = self;
        other.map_or(one.words.len(), |other| {
            one.words.len().min(other.words.len())
        })
    }

    fn word(&self, index: usize) -> u64 {
        let of = |marks: &Marks| marks.words.get(index).copied().unwrap_or(0);
        of(self.0) & self.1.map_or(u64::MAX, of)
    }

    /// Lines about which this can be told.
    pub fn known(&self) -> u64 {
        self.1.map_or(self.0.len, |other| other.len.min(self.0.len))
    }

    pub fn count(&self) -> u64 {
        self.count_below(u64::MAX)
    }

    /// How many marked lines stand before `line`.
    pub fn count_below(&self, line: u64) -> u64 {
        let (whole, rest) = self.split(line);
        let ones = |index| u64::from(self.word(index).count_ones());
        let part = u64::from((self.word(whole) & below(rest)).count_ones());
        let (first, before) = match self.1 {
            None => {
                let block = whole / BLOCK;
                let before = self.0.sums.get(block).copied();
                (block * BLOCK, before.unwrap_or(self.0.ones))
            }
            Some(_) => (0, 0),
        };
        before + (first..whole).map(ones).sum::<u64>() + part
    }

    /// The marked line that `count` marked lines stand before.
    pub fn nth(&self, mut count: u64) -> Option<u64> {
        let mut first = 0;
        if self.1.is_none() {
            let sums = &self.0.sums;
            let block = sums.partition_point(|sum| *sum <= count).checked_sub(1)?;
            first = block * BLOCK;
            count -= sums[block];
        }
        for index in first..self.words() {
            let mut word = self.word(index);
            let ones = u64::from(word.count_ones());
            if count < ones {
                for _ in 0..count {
                    word &= word - 1;
                }
                return Some(index as u64 * BITS + u64::from(word.trailing_zeros()));
            }
            count -= ones;
        }
        None
    }

    /// The first marked line that is `line` or after it.
    pub fn at_or_after(&self, line: u64) -> Option<u64> {
        let (first, rest) = self.split(line);
        (first..self.words()).find_map(|index| {
            let hidden = if index == first { below(rest) } else { 0 };
            let word = self.word(index) & !hidden;
            (word != 0).then(|| index as u64 * BITS + u64::from(word.trailing_zeros()))
        })
    }

    /// The last marked line before `line`.
    pub fn before(&self, line: u64) -> Option<u64> {
        let (last, rest) = self.split(line);
        (0..self.words().min(last + 1)).rev().find_map(|index| {
            let seen = if index == last { below(rest) } else { u64::MAX };
            let word = self.word(index) & seen;
            (word != 0).then(|| index as u64 * BITS + u64::from(word.ilog2()))
        })
    }

    /// Word and bit of a line; of one beyond the end, the end.
    fn split(&self, line: u64) -> (usize, u64) {
        match usize::try_from(line / BITS) {
            Ok(word) if word < self.words() => (word, line % BITS),
            Ok(_) | Err(_) => (self.words(), 0),
        }
    }
}

/// A mask of the lowest bits; `bits` is less than 64.
fn below(bits: u64) -> u64 {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use super::{Both, Marks};
    use proptest::prelude::*;

    fn of(bits: &[bool]) -> Marks {
        let mut marks = Marks::default();
        for bit in bits {
            marks.push(*bit);
        }
        marks
    }

    /// Around the ends of words and of blocks; all but empty, or half full.
    fn bits() -> impl Strategy<Value = Vec<bool>> {
        let length = prop_oneof![0usize..300, 4090usize..4170, 8190usize..8200];
        let share = prop_oneof![Just(0.001), Just(0.5)];
        (length, share).prop_flat_map(|(length, share)| {
            proptest::collection::vec(proptest::bool::weighted(share), length)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { max_shrink_iters: 500, ..ProptestConfig::default() })]
        #[test]
        fn it_is_a_list_of_truths(
            one in bits(),
            other in proptest::option::of(bits()),
            at in prop_oneof![0u64..320, 2000u64..2100, 4000u64..8300],
            pops in 0usize..100,
        ) {
            let mut marks = of(&one);
            let mut one = one;
            for _ in 0..pops {
                marks.pop();
                one.pop();
            }
            marks.push(true);
            one.push(true);
            let second = other.as_deref().map(of);
            let both = Both(&marks, second.as_ref());
            let expected: Vec<u64> = (0u64..)
                .zip(&one)
                .filter(|(line, bit)| {
                    let here = usize::try_from(*line).unwrap();
                    **bit && other.as_ref().is_none_or(|o| o.get(here) == Some(&true))
                })
                .map(|(line, _)| line)
                .collect();
            prop_assert_eq!(both.count(), expected.len() as u64);
            prop_assert_eq!(both.count_below(at), expected.iter().filter(|l| **l < at).count() as u64);
            prop_assert_eq!(both.nth(at), usize::try_from(at).ok().and_then(|at| expected.get(at).copied()));
            prop_assert_eq!(both.nth(0), expected.first().copied());
            prop_assert_eq!(both.at_or_after(at), expected.iter().copied().find(|l| *l >= at));
            prop_assert_eq!(both.before(at), expected.iter().copied().rfind(|l| *l < at));
            prop_assert_eq!(both.before(u64::MAX), expected.last().copied());
            prop_assert_eq!(marks.get(at), usize::try_from(at).ok().and_then(|at| one.get(at).copied()));
        }
    }
}
