//! Waivers: applying those of the answers, and OM-WAIVE-001, which says what the others are worth.

use super::check::{Cost, Item, Judgement};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::{Blocks, Finding, Verdict, Waiver};

pub const ITEM: Item = Item {
    id: "OM-WAIVE-001",
    title: "Every waiver counts",
    blocks: Blocks::No,
    cost: Cost::Free,
    of_release: false,
    condition: "each [[waive]] of the answers names a known check, a reason, a person and a day that is not over",
};

/// What became of one waiver.
enum Use {
    InForce,
    /// It would count, and there is nothing to waive.
    NotNeeded,
    /// Why it is worth nothing.
    Worthless(String),
}

/// Marks the findings that are waived and judges all waivers.
pub fn apply(findings: &mut [Finding], answers: &Answers, today: &str) -> Judgement {
    let mut in_force = Vec::new();
    let mut not_needed = Vec::new();
    let mut worthless = Vec::new();
    for waiver in &answers.waive {
        match apply_one(findings, waiver, today) {
            Use::InForce => in_force.push(format!(
                "{} is waived until the end of {} (UTC) by {}: {}",
                waiver.check, waiver.expires, waiver.who, waiver.reason
            )),
            Use::NotNeeded => not_needed.push(format!(
                "{} is waived, and there is nothing to waive",
                waiver.check
            )),
            Use::Worthless(why) => worthless.push(format!("{}: {why}", waiver.check)),
        }
    }
    let said = if !worthless.is_empty() {
        Judgement::warn(format!(
            "{} worth nothing",
            count(worthless.len(), "waiver is", "waivers are")
        ))
        .seen_all(worthless)
        .remedy("correct or remove them in the answers ([[waive]] with check, reason, who and expires = \"YYYY-MM-DD\")")
    } else if !in_force.is_empty() || !not_needed.is_empty() {
        Judgement::info(format!(
            "{} in force, {} not needed",
            count(in_force.len(), "waiver is", "waivers are"),
            not_needed.len()
        ))
    } else {
        Judgement::pass("nothing is waived")
    };
    said.seen_all(in_force).seen_all(not_needed)
}

fn apply_one(findings: &mut [Finding], waiver: &Waiver, today: &str) -> Use {
    if waiver.reason.trim().is_empty() || waiver.who.trim().is_empty() {
        return Use::Worthless("it names no reason or no person".to_string());
    }
    if !is_date(&waiver.expires) {
        return Use::Worthless(format!(
            "'{}' is not a date (expected YYYY-MM-DD)",
            waiver.expires
        ));
    }
    if !is_date(today) {
        return Use::Worthless("today's date is not known".to_string());
    }
    if waiver.check == ITEM.id {
        return Use::Worthless("the check about waivers cannot be waived".to_string());
    }
    let Some(finding) = findings.iter_mut().find(|f| f.id == waiver.check) else {
        return Use::Worthless("there is no check of this id (see `omup checks list`)".to_string());
    };
    // Dates of this form sort as text.
    if waiver.expires.as_str() < today {
        return Use::Worthless(format!("it ended on {} (UTC)", waiver.expires));
    }
    match finding.verdict {
        Verdict::Pass | Verdict::Info | Verdict::Skip => Use::NotNeeded,
        Verdict::Warn | Verdict::Unknown | Verdict::Fail if finding.blocks == Blocks::Always => {
            Use::Worthless("this finding cannot be waived".to_string())
        }
        Verdict::Warn | Verdict::Unknown | Verdict::Fail if finding.waived.is_some() => {
            Use::Worthless("an earlier waiver speaks of the same check".to_string())
        }
        Verdict::Warn | Verdict::Unknown | Verdict::Fail => {
            finding.waived = Some(waiver.clone());
            Use::InForce
        }
    }
}

/// The waivers without which these findings would hold back the migration, and whose day is over: a
/// run may wait for days after they were judged.
pub fn ended<'a>(findings: &'a [Finding], today: &str) -> Vec<&'a Waiver> {
    let over = |waiver: &&Waiver| !is_date(today) || waiver.expires.as_str() < today;
    findings
        .iter()
        .filter(|finding| {
            let mut bare = (*finding).clone();
            bare.waived = None;
            bare.holds(Blocks::BeforeMigrate)
        })
        .filter_map(|finding| finding.waived.as_ref())
        .filter(over)
        .collect()
}

/// A day of the calendar, written `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shape {
        return false;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn days_of_the_calendar() {
        for day in ["2026-12-31", "2028-02-29", "2000-02-29"] {
            assert!(is_date(day), "{day}");
        }
        for text in [
            "",
            "2026-2-3",
            "2026-13-01",
            "2026-04-31",
            "2026-02-29",
            "1900-02-29",
            "2026-01-00",
            "tomorrow!!",
            "2026-12-31 ",
        ] {
            assert!(!is_date(text), "{text:?}");
        }
    }
}
