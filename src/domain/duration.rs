//! Lengths of time in words.

/// Whole seconds; what is negative or no number counts as none.
pub fn whole(seconds: f64) -> u64 {
    seconds.round().max(0.0) as u64
}

/// `00:04:12`; as many hours as it lasts.
pub fn clock(seconds: u64) -> String {
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{h:02}:{m:02}:{s:02}")
}

/// A length of time that is known roughly; never less than it is.
pub fn about(seconds: u64) -> String {
    match seconds {
        0..120 => format!("about {seconds} s"),
        _ => format!("about {} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::{about, clock, whole};

    #[test]
    fn lengths_read_well() {
        assert_eq!(clock(whole(3.0 * 3600.0 + 61.6)), "03:01:02");
        assert_eq!(clock(whole(-1.0)), "00:00:00");
        assert_eq!(
            (about(89), about(121)),
            ("about 89 s".into(), "about 3 min".into())
        );
    }
}
