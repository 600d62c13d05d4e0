//! Ranges of version numbers as the release files give them: `>=8.0,<=8.11.4`.

/// Comparisons that a version must all satisfy. Only as many numbers are compared as both sides
/// have: 7.16.3 is within `<=7.16`, and 8.0 within `>=8.0.42` (its third number is not known).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range(Vec<(Sign, Vec<u32>)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    AtLeast,
    AtMost,
    Below,
}

impl Range {
    /// `None` where the text is not made of `>=`, `<=` and `<` with numbers, joined by commas.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(|part| {
                let part = part.trim();
                let (sign, rest) = [
                    (">=", Sign::AtLeast),
                    ("<=", Sign::AtMost),
                    ("<", Sign::Below),
                ]
                .into_iter()
                .find_map(|(mark, sign)| Some((sign, part.strip_prefix(mark)?)))?;
                let numbers: Option<Vec<u32>> =
                    rest.split('.').map(|part| part.parse().ok()).collect();
                Some((sign, numbers?))
            })
            .collect::<Option<Vec<_>>>()
            .map(Self)
    }

    pub fn holds(&self, version: &[u32]) -> bool {
        self.0.iter().all(|(sign, bound)| {
            let shared = version.len().min(bound.len());
            let order = version[..shared].cmp(&bound[..shared]);
            match sign {
                Sign::AtLeast => order.is_ge(),
                Sign::AtMost => order.is_le(),
                Sign::Below => order.is_lt(),
            }
        })
    }
}

/// The numbers at the head of a version text: `9.3.0` of `9.3.0-SNAPSHOT`; empty where there is none.
pub fn numbers(text: &str) -> Vec<u32> {
    let head: String = text
        .trim()
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    head.split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

/// True when `version` (major, minor) lies in a range; `None` where the text is no range.
pub fn at_least(range: &str, version: (u32, u32)) -> Option<bool> {
    Some(Range::parse(range)?.holds(&[version.0, version.1]))
}

#[cfg(test)]
mod tests {
    use super::{Range, at_least, numbers};

    #[test]
    fn ranges_are_compared_by_number() {
        for (range, version, expected) in [
            (">=15", "15.18", true),
            (">=15", "9.6", false),
            (">=8.0,<=8.11.4", "8.11.4", true),
            (">=8.0,<=8.11.4", "8.12.0", false),
            (">=7.10,<=7.16", "7.16.3", true),
            (">=9.0,<10", "10.1", false),
            (">=3.10,<3.13", "3.9.20", false),
            (">=3.10,<3.13", "3.12", true),
            (">=8.0.42", "8.0.37", false),
            (">=8.0.42", "8.0", true),
            (">=21", "21.0.4+7", true),
        ] {
            let parsed = Range::parse(range).expect(range);
            assert_eq!(
                parsed.holds(&numbers(version)),
                expected,
                "{version} {range}"
            );
        }
        assert_eq!(Range::parse("8.x (8.11.4)"), None);
        assert_eq!(at_least("3.x", (3, 1)), None);
        assert_eq!(at_least(">=12.0", (12, 0)), Some(true));
        assert!(numbers("devel").is_empty());
    }
}
