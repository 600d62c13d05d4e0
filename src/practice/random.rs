//! A small random source that gives the same numbers on every machine and in every build.
//!
//! SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Not
//! for secrets.

/// A stream of numbers, fixed by what it was seeded with.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of one row: each (seed, table, index) has its own, so rows can be made in any
    /// order and looked up from elsewhere.
    pub fn of(seed: u64, table: &str, index: u64) -> Self {
        // FNV-1a over the table's name keeps tables apart.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in table.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut random = Self(seed ^ hash.rotate_left(17));
        let start = random.number() ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(start)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.number() % bound }
    }

    /// One of `choices`; the empty text when there are none.
    pub fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let index = self.below(choices.len() as u64) as usize;
        choices.get(index).copied().unwrap_or("")
    }

    /// A number in `0.0..1.0` with all its 53 bits in use.
    pub fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A version-4 UUID.
    pub fn uuid(&mut self) -> String {
        uuid_text(u128::from(self.number()) << 64 | u128::from(self.number()))
    }
}

/// Writes 128 bits as a version-4 UUID.
pub fn uuid_text(bits: u128) -> String {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[0..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..32]
    )
}

/// A UUID nobody can foresee, as `UUID.randomUUID()` gives.
///
/// # Errors
/// When the system's random source cannot be read.
pub fn unforeseen_uuid() -> std::io::Result<String> {
    use std::io::Read as _;
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(uuid_text(u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::{Random, uuid_text};

    #[test]
    fn a_row_has_its_own_fixed_stream() {
        let numbers = |seed, table, index| {
            let mut random = Random::of(seed, table, index);
            [random.number(), random.number()]
        };
        assert_eq!(numbers(7, "tag", 3), numbers(7, "tag", 3));
        assert_ne!(numbers(7, "tag", 3), numbers(7, "tag", 4));
        assert_ne!(numbers(7, "tag", 3), numbers(8, "tag", 3));
        assert_ne!(numbers(7, "tag", 3), numbers(7, "gat", 3));
    }

    #[test]
    fn uuids_carry_version_and_variant() {
        assert_eq!(uuid_text(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid_text(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
