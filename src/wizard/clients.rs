//! The clients of the deployment as the wizard knows them: those that the survey found and those
//! that were pasted, each with what it needs for the target.

use super::State;
use super::event::Effect;
use super::guards;
use crate::domain::client_report;
use crate::knowledge::ClientAdvice;

/// Every client that is known, in the order in which they are shown.
pub fn known(state: &State) -> Vec<ClientAdvice> {
    let Some(looked) = &state.looked else {
        return Vec::new();
    };
    let Some(target) = &looked.plan.to else {
        return Vec::new();
    };
    let mut clients = looked.survey.instance.clients.clone();
    // Pasted a moment ago: the survey has not seen them yet.
    for pasted in client_report::read(&state.form.pasted.join("\n"), None) {
        if !clients.contains(&pasted) {
            clients.push(pasted);
        }
    }
    clients
        .iter()
        .map(|client| state.knowledge.advise(client, target))
        .collect()
}

/// Takes in what the command printed on other hosts.
pub fn pasted(state: &mut State, text: &str) -> Vec<Effect> {
    let lines = client_report::lines(text);
    if lines.is_empty() {
        state.say(
            "this is not what the command prints: its line begins with omup-client",
            true,
        );
        return Vec::new();
    }
    let before = state.form.pasted.len();
    for line in lines {
        if !state.form.pasted.contains(&line) {
            state.form.pasted.push(line);
        }
    }
    let new = state.form.pasted.len() - before;
    if new == 0 {
        state.say("that client is here already", false);
        return Vec::new();
    }
    // The notes that ask about clients are judged anew.
    let effects = guards::look(state);
    let words = if new == 1 { "client" } else { "clients" };
    state.say(format!("{new} {words} read"), false);
    effects
}

/// What to type for the marked client, or for all of them.
pub fn lines(state: &State) -> Vec<String> {
    let known = known(state);
    match state.item() {
        Some(super::items::Item::Client(index)) => known
            .into_iter()
            .skip(index)
            .take(1)
            .map(|one| one.line)
            .collect(),
        _ if known.is_empty() => client_lines(state),
        _ => known.into_iter().map(|one| one.line).collect(),
    }
}

/// The lines to type where ingestion runs, for the target version.
pub fn client_lines(state: &State) -> Vec<String> {
    let target = state.looked.as_ref().and_then(|l| l.plan.to.clone());
    let Some(target) = target else {
        return Vec::new();
    };
    let (major, minor, patch) = target.triple();
    let version = format!("{major}.{minor}.{patch}");
    vec![
        "python3 -c 'import importlib.metadata as m; print(m.version(\"openmetadata-ingestion\"))'"
            .to_string(),
        format!("pip install 'openmetadata-ingestion[YOUR,EXTRAS]~={version}.0'"),
        format!("pip install 'openmetadata-managed-apis~={version}.0'  # beside Airflow"),
    ]
}
