//! The invented company behind the practice data: how many of everything, names, ids, times.
//!
//! Everything is a function of (seed, size): a row can name another row without looking it up.

use md5::{Digest as _, Md5};

use crate::practice::random::Random;

/// One value of a row before it is written for a database.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Int(i64),
    Real(f64),
    Flag(bool),
    Bytes(Vec<u8>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

/// What all rows are made from.
#[derive(Debug, Clone, Copy)]
pub struct World {
    pub seed: u64,
    /// Wanted size of the data in bytes.
    pub size: u64,
    /// Bytes of the longest query's text; `None`: some 60 KB in every hundredth.
    pub longest_query: Option<u64>,
}

/// The newest moment in the practice data, in milliseconds since 1970 (9 October 2025).
pub const NOW_MS: i64 = 1_760_000_000_000;

/// Names that break screens, shells and quoting. Each is at most 256 characters.
pub const HOSTILE_NAMES: &[&str] = &[
    "\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}",
    "\u{202e}gnp.tekcit\u{202c} bidi",
    "emoji 👩‍👩‍👧‍👦🏳️‍🌈 ﷽",
    "quote ' double \" back \\ tick ` dollar $HOME $(id)",
    "'; DROP TABLE user_entity; --",
    "new\nline\ttab\rreturn",
    "zero\u{200b}width 数据表 اختبار",
    "</script><script>alert(1)</script> %s %n {{x}}",
    "\\N",
    "",
];

const WORDS: &[&str] = &[
    "order",
    "customer",
    "invoice",
    "payment",
    "shipment",
    "product",
    "session",
    "event",
    "ledger",
    "account",
    "store",
    "region",
    "campaign",
    "click",
    "refund",
    "supplier",
    "contract",
    "sensor",
    "reading",
    "forecast",
    "budget",
    "employee",
    "ticket",
    "comment",
    "review",
    "price",
    "stock",
    "warehouse",
    "route",
    "driver",
    "claim",
    "policy",
    "member",
    "visit",
    "basket",
    "coupon",
];

impl World {
    /// How many rows a table gets. A few tables take most of the wanted size, as in life.
    pub fn count(&self, table: &str) -> u64 {
        // (share of the size in percent, bytes a row takes with its indexes, fewest rows)
        let by_size = |percent: u64, row_bytes: u64, least: u64| {
            (self.size / 100 * percent / row_bytes).max(least)
        };
        match table {
            "query_entity" => by_size(42, 3_400, 40),
            "table_entity" => by_size(25, 3_000, 40),
            "profiler_data_time_series" => by_size(18, 600, 60),
            "change_event" => by_size(5, 900, 40),
            "entity_extension" => by_size(4, 2_600, 20),
            "entity_relationship" => by_size(3, 500, 60),
            "entity_extension_time_series" => by_size(1, 500, 30),
            "data_quality_data_time_series" => by_size(1, 500, 30),
            "tag_usage" => by_size(1, 400, 40),
            "entity_usage" => by_size(1, 200, 40),
            "chart_entity" | "pipeline_entity" | "topic_entity" => by_size(1, 8_000, 12),
            "dashboard_entity" | "glossary_term_entity" | "tag" => by_size(1, 9_000, 16),
            "database_schema_entity" => 16,
            "user_entity" => by_size(1, 16_000, 25),
            "team_entity" => 9,
            "ingestion_pipeline_entity" => 8,
            "automations_workflow" | "kpi_entity" | "data_insight_chart" => 3,
            "installed_apps" | "bot_entity" | "role_entity" | "policy_entity" => 4,
            _ => 6,
        }
    }

    pub fn random(&self, table: &str, index: u64) -> Random {
        Random::of(self.seed, table, index)
    }

    /// The id of a row: the first thing its stream gives.
    pub fn id(&self, table: &str, index: u64) -> String {
        self.random(table, index).uuid()
    }

    /// The id of any row of a table.
    pub fn some_id(&self, table: &str, random: &mut Random) -> String {
        self.id(table, random.below(self.count(table)))
    }

    /// The name of a row. The first rows of a few tables have hostile ones.
    pub fn name(&self, table: &str, index: u64) -> String {
        let fixed: &[&str] = match table {
            "user_entity" => &["admin", "ingestion-bot", "profiler-bot", "olga.o'neill"],
            "bot_entity" => &[
                "ingestion-bot",
                "profiler-bot",
                "lineage-bot",
                "quality-bot",
            ],
            "role_entity" => &[
                "DataConsumer",
                "DataSteward",
                "IngestionBotRole",
                "ProfilerBotRole",
            ],
            "classification" => &["PII", "Tier", "PersonalData", "Certification"],
            "installed_apps" => &[
                "SearchIndexingApplication",
                "DataInsightsApplication",
                "AutoPilotApplication",
                "DataRetentionApplication",
            ],
            "table_entity" | "dashboard_entity" | "glossary_term_entity" | "tag" => HOSTILE_NAMES,
            _ => &[],
        };
        if let Some(name) = fixed.get(index as usize) {
            // The empty place in the list stands for a name as long as the column allows.
            return if name.is_empty() {
                "long_name_".repeat(25) + "123456"
            } else {
                (*name).to_owned()
            };
        }
        let mut random = self.random("names", index ^ (table.len() as u64) << 40);
        format!("{}_{}_{index}", random.pick(WORDS), random.pick(WORDS))
    }

    /// A sentence of so many words.
    pub fn text(&self, random: &mut Random, words: u64) -> String {
        let mut text = String::with_capacity(words as usize * 9);
        for at in 0..words {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(random.pick(WORDS));
            // Digits keep the text from compressing to nothing.
            if random.below(3) == 0 {
                text.push_str(&format!("_{:x}", random.below(1 << 24)));
            }
        }
        text
    }

    /// A moment in the two years before [`NOW_MS`].
    pub fn moment(&self, random: &mut Random) -> i64 {
        NOW_MS - random.below(2 * 365 * 86_400_000) as i64
    }
}

/// The hash OpenMetadata keeps beside a name: MD5 in hex.
pub fn name_hash(name: &str) -> String {
    Md5::digest(name.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The hash beside a fully qualified name: the hashes of its parts, joined by dots.
pub fn fqn_hash(parts: &[String]) -> String {
    let hashes: Vec<String> = parts.iter().map(|part| name_hash(part)).collect();
    hashes.join(".")
}

#[cfg(test)]
mod tests {
    use super::{HOSTILE_NAMES, World, fqn_hash};

    #[test]
    fn names_fit_their_column_and_are_fixed_by_the_seed() {
        let world = World {
            seed: 1,
            size: 3_000_000,
            longest_query: None,
        };
        for index in 0..20 {
            let name = world.name("table_entity", index);
            assert!(!name.is_empty() && name.chars().count() <= 256);
            assert_eq!(name, world.name("table_entity", index));
        }
        assert_eq!(
            world
                .name("table_entity", HOSTILE_NAMES.len() as u64 - 1)
                .len(),
            256
        );
    }

    #[test]
    fn size_steers_the_wide_tables() {
        let small = World {
            seed: 1,
            size: 3_000_000,
            longest_query: None,
        };
        let large = World {
            seed: 1,
            size: 700_000_000,
            longest_query: None,
        };
        assert!(large.count("query_entity") > 100 * small.count("query_entity"));
        assert_eq!(large.count("role_entity"), small.count("role_entity"));
    }

    #[test]
    fn a_qualified_name_hashes_part_by_part() {
        let hash = fqn_hash(&["a".into(), "b".into()]);
        assert_eq!(hash.split('.').count(), 2);
        assert!(hash.starts_with("0cc175b9c0f1b6a831c399e269772661."));
    }
}
