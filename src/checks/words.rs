//! Small words that several checks share.

use crate::domain::names::Engine;

/// `1 change`, `2 changes`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// An age in the two largest units.
pub fn age(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        (_, _, _) => format!("{days} d {} h", hours % 24),
    }
}

/// An identifier in the engine's quotes.
pub fn quoted(engine: Engine, name: &str) -> String {
    let mark = match engine {
        Engine::Postgres | Engine::Sqlite => '"',
        Engine::Mysql => '`',
    };
    let doubled = format!("{mark}{mark}");
    format!("{mark}{}{mark}", name.replace(mark, &doubled))
}

#[cfg(test)]
mod tests {
    use super::{Engine, age, quoted};

    #[test]
    fn figures_are_readable() {
        assert_eq!(age(59), "59 s");
        assert_eq!(age(601), "10 min 1 s");
        assert_eq!(age(90_000), "1 d 1 h");
        assert_eq!(quoted(Engine::Postgres, "a\"b"), "\"a\"\"b\"");
        assert_eq!(quoted(Engine::Mysql, "a`b"), "`a``b`");
    }
}
