//! Small words that several checks share.

pub use crate::domain::lock_holder::age;
use crate::domain::names::Engine;

/// `1 change`, `2 changes`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
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
