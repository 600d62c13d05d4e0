//! OM-SEC-001, OM-SEC-002: no secret lives only in the memory of the server that will be stopped;
//! what the database keeps is encrypted with a key of its own.

use super::check::{Check, Cost, Item, Judgement};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
use crate::domain::setting;
use crate::domain::survey::Survey;
use crate::knowledge::Knowledge;

pub const CHECK: Check = Check {
    item: Item {
        id: "OM-SEC-001",
        title: "Every secret can be read again after a stop",
        blocks: Blocks::BeforeMigrate,
        cost: Cost::Host,
        of_release: false,
        condition: "no secret of the running server stands only in its process environment",
    },
    judge,
};

fn judge(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let fleeting = &survey.deployment.fleeting_secrets;
    if fleeting.is_empty() {
        return Judgement::pass("no secret was found that only the running server holds");
    }
    Judgement::fail(format!(
        "{} only in the environment of the running server and would be lost when it stops",
        count(fleeting.len(), "secret stands", "secrets stand")
    ))
    .seen_all(fleeting.iter().map(|name| format!("secret {name}")))
    .remedy("write each into the file that the server is started with (conf/openmetadata-env.sh or its unit's environment file, mode 0600), restart the old server from it, then check again; without the old FERNET_KEY, connections stored in the database cannot be decrypted")
}

pub const KEY: Check = Check {
    item: Item {
        id: "OM-SEC-002",
        title: "Stored passwords are encrypted with a key of your own",
        blocks: Blocks::No,
        cost: Cost::Host,
        of_release: false,
        condition: "the server's fernetKey is there and is not the public one of OpenMetadata's own openmetadata.yaml; the key itself is not kept",
    },
    judge: key,
};

fn key(survey: &Survey, _answers: &Answers, _knowledge: &Knowledge) -> Judgement {
    let later = "the upgrade works with it, and is no time to change it: keep it now, and give the server a key of your own afterwards, as a change of its own (OpenMetadata's documentation, Fernet key)";
    let kind = survey.deployment.settings.get(setting::FERNET);
    match kind.map(|kind| kind.as_str()) {
        Some(setting::FERNET_OWN) => Judgement::pass("the key is one of your own"),
        Some(setting::FERNET_PUBLIC) => Judgement::warn(
            "the key is the public one of OpenMetadata's files: whoever has a copy of the database, such as a backup, can read every stored password",
        )
        .remedy(later),
        Some(setting::FERNET_NONE) => {
            Judgement::warn("there is no key: passwords of services are stored as they are")
                .remedy(later)
        }
        Some(_) | None => Judgement::unknown("which key the server encrypts with could not be read")
            .remedy("look at fernetConfiguration.fernetKey in the old folder's conf/openmetadata.yaml: without that very key the new version cannot read what the database keeps"),
    }
}
