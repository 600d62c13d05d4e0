//! What `y` copies, and the summary for a ticket or a channel.

use super::State;
use super::items::{Do, Item};
use super::page::Page;
use crate::domain::duration::{clock, whole};

/// What `y` copies: the command or text that the page is about.
pub fn copy_of(state: &State) -> String {
    match state.item() {
        Some(Item::Check(index)) => {
            let finding = state.looked.as_ref().and_then(|l| l.findings.get(index));
            if let Some(finding) = finding {
                let command = finding.command.as_ref().map(ToString::to_string);
                return command.unwrap_or_else(|| {
                    let remedy = finding.remedy.as_ref().map(ToString::to_string);
                    format!(
                        "{} {}: {}\n{}",
                        finding.verdict.word(),
                        finding.id,
                        finding.message,
                        remedy.unwrap_or_default()
                    )
                });
            }
        }
        Some(Item::Note(index)) => {
            if let Some(note) = state.notes.get(index) {
                let users = note.users();
                let users = users.map_or_else(String::new, |text| format!("Users: {text}\n"));
                return format!("{}\n{users}{}", note.line(), note.change.source);
            }
        }
        _ => {}
    }
    match state.page {
        Page::Log => state
            .log
            .window
            .iter()
            .flat_map(|w| &w.lines)
            .map(|l| format!("{}\n", l.text))
            .collect(),
        Page::Report => match &state.report {
            Some(Ok(text)) => text.clone(),
            Some(Err(_)) | None => String::new(),
        },
        Page::Notes => users_notice(state),
        Page::Clients if state.item() == Some(Item::Do(Do::CopyClientCommand)) => {
            crate::domain::client_report::COMMAND.to_string()
        }
        Page::Clients => super::clients::lines(state).join("\n"),
        _ => summary(state),
    }
}

/// What to tell the people who use this deployment.
fn users_notice(state: &State) -> String {
    let lines = crate::knowledge::users_notice(state.notes.iter());
    if lines.is_empty() {
        return "By the notes, users will notice nothing of the new version.".to_string();
    }
    let target = state.looked.as_ref().and_then(|l| l.plan.to.as_ref());
    let target = target.map_or_else(String::new, |target| format!(" {target}"));
    let list: String = lines.iter().map(|line| format!("\n- {line}")).collect();
    format!("What you will notice of OpenMetadata{target}:{list}")
}

/// A few lines for a ticket or a channel, no secret in them.
pub fn summary(state: &State) -> String {
    let Some(run) = &state.run else {
        return "OpenMetadata upgrade: nothing was started yet".to_string();
    };
    let view = &run.view;
    let version = |v: &Option<crate::domain::version::OmVersion>| {
        v.as_ref().map_or("?".to_string(), ToString::to_string)
    };
    if run.preparing {
        return format!(
            "OpenMetadata upgrade of {}: being prepared, nothing was started (run {})",
            view.deployment, run.id
        );
    }
    let mut lines = vec![format!(
        "{}OpenMetadata upgrade of {}: {} -> {} (run {})",
        if view.practice { "PRACTICE " } else { "" },
        view.deployment,
        version(&view.from),
        version(&view.to),
        run.id
    )];
    match (&view.ended, view.failure()) {
        (Some((exit, message)), _) if !run.alive => {
            lines.push(format!("ended (exit code {}): {message}", exit.number()));
        }
        (_, Some((step, failure))) => {
            lines.push(format!("stopped at '{}': {failure}", step.title()));
        }
        (_, None) => {
            let now = run
                .current()
                .map_or("between two steps", |step| step.title());
            lines.push(format!("now: {now}"));
        }
    }
    if let Some(level) = view.facts.level {
        lines.push(format!("backup: {}", level.words()));
    }
    if !run.lockouts.is_empty() {
        let seconds: f64 = run.lockouts.iter().sum();
        lines.push(format!(
            "users were locked out for {}",
            clock(whole(seconds))
        ));
    }
    if let Some(question) = &view.question {
        lines.push(format!("it asks: {}", question.text));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{State, copy_of};
    use crate::domain::version::OmVersion;
    use crate::wizard::Look;
    use crate::wizard::items;
    use crate::wizard::page::Page;

    #[test]
    fn below_the_notes_what_users_will_notice_is_copied() {
        let mut state = State::new(Look::default(), "mara".into());
        state.page = Page::Notes;
        assert!(copy_of(&state).contains("nothing"), "{}", copy_of(&state));
        let (from, to) = (OmVersion::new(1, 4, 0), OmVersion::new(2, 0, 0));
        state.notes = state.knowledge.notes(&from, &to);
        let last = items::of(&state).len() - 1;
        state.cursor.insert(Page::Notes, last);
        let copied = copy_of(&state);
        let (explore, order) = (
            copied.find("- The Explore page is a tree."),
            copied.find("- Search shows its results in another order."),
        );
        assert!(explore.is_some() && explore < order, "{copied}");
        let told = state.notes.iter().filter(|note| note.users().is_some());
        assert_eq!(copied.lines().count(), told.count() + 1);
    }
}
