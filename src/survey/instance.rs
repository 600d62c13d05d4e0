//! What this deployment has and uses, as far as somebody asks: rows, keys, platform, clients, code.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Result, clients, code, rows};
use crate::database::Database;
use crate::deployment::Deployment;
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::code_mark::CodeMark;
use crate::domain::instance::{InstanceFacts, Used};
use crate::domain::row_question::{Patience, RowQuestion};
use crate::domain::survey::{DeploymentFacts, Probe};
use crate::process::{Place, ToolCommand, output};

/// What is to be found out beyond what every survey tells.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// Question id to the rows that are meant.
    pub rows: Vec<(String, RowQuestion)>,
    /// Change id and its marks in the operators' files.
    pub marks: Vec<(String, CodeMark)>,
    /// Also what reads whole tables.
    pub full: bool,
}

const PATIENCE: Duration = Duration::from_secs(20);

pub async fn of(
    deployment: &dyn Deployment,
    database: &dyn Database,
    facts: &DeploymentFacts,
    answers: &Answers,
    questions: &Questions,
) -> Result<InstanceFacts> {
    let (budget, patience) = match questions.full {
        true => (None, Patience::Scan),
        false => (Some(rows::BUDGET), Patience::Look),
    };
    let rows = rows::answers(&questions.rows, budget, |question| {
        database.rows_matching(question, patience)
    })
    .await?;
    let uses = deployment.uses().await;
    let mut platform = uses.platform;
    platform.insert("java".to_string(), java(facts).await);
    let clients = clients::of(&answers.clients);
    let mut facts = InstanceFacts {
        rows,
        keys: uses.keys,
        target_keys: uses.target_keys,
        file_keys: uses.file_keys,
        carried_keys: uses.carried_keys,
        unasked_variables: uses.unasked_variables,
        platform,
        said: BTreeMap::new(),
        clients: clients.found,
        clients_unseen: clients.unseen,
        code: code::of(answers.clients.code.as_deref(), &questions.marks),
    };
    facts.take(&answers.known);
    Ok(facts)
}

/// The Java that the server's start script takes: that of `JAVA_HOME`, else the first on the path.
async fn java(facts: &DeploymentFacts) -> Used {
    let program = match facts.settings.get("JAVA_HOME") {
        Some(home) if !home.as_str().is_empty() => format!("{home}/bin/java"),
        Some(_) | None => "java".to_string(),
    };
    // Without this Java leaves a file in /tmp, and a look writes nothing.
    let tool = ToolCommand::new(&program)
        .arg("-XX:-UsePerfData")
        .arg("-version");
    match output(&tool, Place::Local, PATIENCE)
        .await
        .and_then(|said| said.success(&tool))
    {
        // `openjdk version "21.0.4" 2024-07-16`, on the error stream.
        Ok(said) => {
            let text = String::from_utf8_lossy(&said.stderr).into_owned();
            match text.split('"').nth(1) {
                // Java 8 calls itself 1.8.
                Some(version) => {
                    let version = version.strip_prefix("1.").unwrap_or(version);
                    Probe::Known(Some(CleanText::limited(version, 40)))
                }
                None => Probe::Unknown(format!("{program} told no version").into()),
            }
        }
        Err(error) => Probe::Unknown(error.to_string().into()),
    }
}
