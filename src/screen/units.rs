//! Figures in words: sizes, times, bars. Fixed widths, so that nothing jitters.

pub use crate::domain::duration::{clock, whole};
pub use crate::domain::space::size as bytes;

/// `about 2 min 50 s`.
pub fn about(seconds: u64) -> String {
    match seconds {
        0..=59 => format!("about {seconds} s"),
        60..=599 => format!("about {} min {:02} s", seconds / 60, seconds % 60),
        600..=5999 => format!("about {} min", seconds / 60),
        _ => format!("about {} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// How long something took: tenths below ten seconds.
pub fn lasted(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    about(seconds.round() as u64)
        .trim_start_matches("about ")
        .to_string()
}

/// The time of day, UTC.
pub fn time_of_day(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|time| time.strftime("%H:%M").to_string())
        .unwrap_or_else(|_| "--:--".to_string())
}

/// A bar of so many cells.
pub fn bar(done: u64, total: u64, width: usize) -> String {
    let total = total.max(1);
    let filled = (done.min(total) as u128 * width as u128 / u128::from(total)) as usize;
    "█".repeat(filled) + &"░".repeat(width.saturating_sub(filled))
}

/// One cell a figure; a gap is a stall.
pub fn sparkline(values: &[Option<u64>]) -> String {
    const LEVELS: [char; 7] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];
    let top = values.iter().flatten().copied().max().unwrap_or(0).max(1);
    values
        .iter()
        .map(|value| match value {
            None | Some(0) => ' ',
            Some(n) => LEVELS[((n * 6) / top).min(6) as usize],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{about, bar, lasted, sparkline};

    #[test]
    fn figures_read_well() {
        assert_eq!(about(170), "about 2 min 50 s");
        assert_eq!(
            (lasted(0.21), lasted(75.0)),
            ("0.2 s".into(), "1 min 15 s".into())
        );
        assert_eq!(bar(1, 2, 4), "██░░");
        assert_eq!(bar(9, 0, 2), "██");
        assert_eq!(sparkline(&[None, Some(1), Some(7)]), " ▁▇");
    }
}
