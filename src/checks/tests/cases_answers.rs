//! What the answers decide: memory, level, waivers.

use super::sample::{make_practice, v, waiver};
use super::{Case, at};
use crate::domain::answers::MemoryWay;
use crate::domain::backup::Level;
use crate::domain::finding::Verdict::{Info, Skip, Unknown, Warn};

pub const CASES: &[Case] = &[
    Case {
        shows: "own connection will get 20 MB",
        ..at("OM-MEM-001", "by the connection")
    },
    Case {
        change: |s, _| s.database.sort_memory = Some(20 << 20),
        shows: "at least",
        ..at("OM-MEM-001", "there is enough")
    },
    Case {
        change: |_, a| a.memory.way = MemoryWay::Role,
        shows: "put back",
        ..at("OM-MEM-001", "by the role")
    },
    Case {
        change: |_, a| a.memory.way = MemoryWay::Leave,
        verdict: Warn,
        shows: "4 MB",
        ..at("OM-MEM-001", "left too small")
    },
    Case {
        change: |s, _| s.database.sort_memory = None,
        verdict: Unknown,
        holds: true,
        ..at("OM-MEM-001", "not readable")
    },
    Case {
        change: |s, _| make_practice(s),
        verdict: Skip,
        ..at("OM-MEM-001", "practice")
    },
    at("OM-LEVEL-001", "the best level"),
    Case {
        change: |_, a| a.backup.level = Level::Restorable,
        verdict: Warn,
        shows: "restorable",
        ..at("OM-LEVEL-001", "a lower level")
    },
    at("OM-WAIVE-001", "no waivers"),
    Case {
        change: |_, a| {
            a.backup.level = Level::Written;
            a.waive = vec![waiver("OM-LEVEL-001", super::TODAY)];
        },
        verdict: Info,
        shows: "by Ada: seen and understood",
        ..at("OM-WAIVE-001", "in force on its last day")
    },
    Case {
        change: |_, a| a.waive = vec![waiver("OM-LEVEL-001", "2027-01-01")],
        verdict: Info,
        shows: "nothing to waive",
        ..at("OM-WAIVE-001", "not needed")
    },
    Case {
        change: |_, a| a.waive = vec![waiver("OM-LEVEL-001", "2026-11-20")],
        verdict: Warn,
        shows: "ended on 2026-11-20",
        ..at("OM-WAIVE-001", "over since yesterday")
    },
    Case {
        change: |_, a| a.waive = vec![waiver("OM-DB-999", "2027-01-01")],
        verdict: Warn,
        shows: "OM-DB-999",
        ..at("OM-WAIVE-001", "no such check")
    },
    Case {
        change: |_, a| a.waive = vec![waiver("OM-LEVEL-001", "next year")],
        verdict: Warn,
        shows: "is not a date",
        ..at("OM-WAIVE-001", "no date")
    },
    Case {
        change: |_, a| {
            let mut nobody = waiver("OM-LEVEL-001", "2027-01-01");
            nobody.who = " ".to_string();
            a.waive = vec![nobody];
        },
        verdict: Warn,
        shows: "no person",
        ..at("OM-WAIVE-001", "nobody's waiver")
    },
    Case {
        change: |_, a| a.waive = vec![waiver("OM-WAIVE-001", "2027-01-01")],
        verdict: Warn,
        ..at("OM-WAIVE-001", "a waiver of waivers")
    },
    Case {
        change: |_, a| {
            a.backup.level = Level::Written;
            a.waive = vec![
                waiver("OM-LEVEL-001", "2027-01-01"),
                waiver("OM-LEVEL-001", "2027-01-01"),
            ];
        },
        verdict: Warn,
        shows: "earlier waiver",
        ..at("OM-WAIVE-001", "twice")
    },
    Case {
        change: |s, a| {
            s.versions.target = v(1, 9, 0);
            a.waive = vec![waiver("OM-VER-002", "2027-01-01")];
        },
        verdict: Warn,
        shows: "cannot be waived",
        ..at("OM-WAIVE-001", "what is never waived")
    },
];
