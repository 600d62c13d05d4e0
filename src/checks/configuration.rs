//! OM-CONF-001: both versions are configured for one database, and the files say what the running
//! server does.

use super::check::{Check, Cost, Item, Judgement};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::setting;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-CONF-001",
        title: "Both versions are configured for one database",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Host,
        of_release: false,
        condition: "address, name and user of the database in both configurations, the new one as it will be after the carry-over; the running server uses what its files say",
    },
    judge,
};

/// Variables that decide which data the server touches and how it reads them.
fn decides(name: &str) -> bool {
    name.starts_with("DB_") || name == "OM_DATABASE" || name == "FERNET_KEY"
}

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let settings = &survey.deployment.settings;
    if let Some(reason) = settings.get(setting::NEW_UNREADABLE) {
        return Judgement::fail("the new version's configuration cannot be read")
            .seen(reason.clone())
            .remedy("mend that file; it is read here as the new server would read it");
    }
    let (Some(old), Some(new)) = (
        settings.get(setting::OLD_DATABASE),
        settings.get(setting::NEW_DATABASE),
    ) else {
        return Judgement::unknown("the configured databases could not be read").remedy(
            "look at conf/openmetadata.yaml and conf/openmetadata-env.sh of both folders, then check again",
        );
    };
    if old != new {
        return Judgement::fail("the new version would use another database than the old one")
            .seen(format!("old: {old}"))
            .seen(format!("new: {new}"))
            .remedy("give the new folder's conf/openmetadata-env.sh the same DB_HOST, DB_PORT, OM_DATABASE and DB_USER, or leave it as delivered: then the old one's are carried over");
    }
    let after = |prefix: &str| -> Vec<(String, &str)> {
        settings
            .iter()
            .filter_map(|(key, value)| {
                Some((key.strip_prefix(prefix)?.to_string(), value.as_str()))
            })
            .collect()
    };
    let differing = after(setting::DIFFERS);
    let unclear = after(setting::NOT_UNDERSTOOD);
    let lines = differing
        .iter()
        .map(|(name, told)| format!("{name}: {told}"))
        .chain(
            unclear
                .iter()
                .map(|(place, why)| format!("{place} is not understood: {why}")),
        );
    let decisive: Vec<&str> = differing
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| decides(name))
        .collect();
    if !decisive.is_empty() {
        return Judgement::fail(format!(
            "the running server was started with another {} than its files say now",
            decisive.join(", ")
        ))
        .seen_all(lines)
        .remedy("settle which one is right, write it into the old folder's conf/openmetadata-env.sh and restart the old server from it, then check again");
    }
    let odd = differing.len() + unclear.len();
    if odd > 0 {
        return Judgement::warn(format!(
            "both use {old}; {} of the old configuration could not be taken at its word",
            count(odd, "line", "lines")
        ))
        .seen_all(lines)
        .remedy("a line that needs a shell is carried over as it stands, and until then its value is taken from the running server: write plain values where you can");
    }
    Judgement::pass(format!("both use {old}"))
}
