//! OM-SEC-001: no secret lives only in the memory of the server that will be stopped.

use super::check::{Check, Cost, Item, Judgement};
use super::words::count;
use crate::domain::answers::Answers;
use crate::domain::finding::Blocks;
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
