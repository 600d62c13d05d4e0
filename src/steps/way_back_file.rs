//! `way-back.md`: the commands that lead back by hand, should omup itself be broken.

use super::context::Context;
use super::restore::serving_name;
use crate::deployment::Side;
use crate::domain::backup::Manifest;
use crate::domain::clean_text::CleanText;
use crate::domain::event::Event;
use crate::domain::plan::Goal;
use crate::domain::step::{Failure, StepId};
use crate::domain::survey::Owner;
use crate::exit_code::ExitCode;
use crate::process::private_file::write_atomically;

const SPOILED: &str = "way-back.md cannot be followed as it is written";

/// Writes it into the run's folder and beside the backup; must exist before the point of no return. Masking that
/// spoils one of its commands is an alarm: omup's own ways back do not need the page.
pub fn write(context: &Context<'_>, step: StepId, manifest: &Manifest) -> Result<(), Failure> {
    tell_if_spoiled(context, manifest)?;
    let page = context.secrets.redactor.redact(&text(context, manifest));
    let path = context.folder.join(crate::backup::WAY_BACK);
    context.effect(step, format!("write {}", path.display()))?;
    write_atomically(&path, page.as_bytes()).map_err(|error| {
        Failure::new(
            ExitCode::StateFolder,
            format!("write {}", path.display()),
            error.to_string(),
            "the database is as it was",
            "make room, then `omup resume`",
        )
    })?;
    // Also beside the backup: who has lost the run's folder has that one left. The run does not need it.
    let Some(beside) = context.view().facts.backup_dir else {
        return Ok(());
    };
    let path = beside.join(crate::backup::WAY_BACK);
    context.effect(step, format!("write {}", path.display()))?;
    match write_atomically(&path, page.as_bytes()) {
        Ok(()) => Ok(()),
        Err(error) => context.recorder.record(Event::Alarm {
            text: context.clean(&format!(
                "{} could not be written ({error}); the page stands only in the run's folder",
                path.display()
            )),
        }),
    }
}

/// Asked when the backup stands too: it is told before anybody is locked out.
pub fn tell_if_spoiled(context: &Context<'_>, manifest: &Manifest) -> Result<(), Failure> {
    let Some(why) = spoiled(context, manifest) else {
        return Ok(());
    };
    let text = context.clean(&why);
    // A later backup has another folder in the same command.
    let told = |alarm: &CleanText| alarm.as_str().starts_with(SPOILED);
    match context.view().alarms.iter().any(told) {
        true => Ok(()),
        false => context.recorder.record(Event::Alarm { text }),
    }
}

/// Why the page would be of no use: the first command in which a secret is masked.
fn spoiled(context: &Context<'_>, manifest: &Manifest) -> Option<String> {
    let page = text(context, manifest);
    let command = masked_command(&page, &context.secrets.redactor.redact(&page))?;
    Some(format!(
        "{SPOILED}: a password or token is part of a path or a name in a command of it, and masked there: {command}. Take another password, one that is no part of a path or a name, or put the words in by hand; `omup rollback` does not need the page"
    ))
}

/// The first line of a fenced block that masking has changed. The page holds no secret by itself.
fn masked_command(page: &str, masked: &str) -> Option<String> {
    let blocks = |text: &str| -> Vec<String> {
        let blocks = text.split("```").skip(1).step_by(2);
        blocks.flat_map(str::lines).map(str::to_owned).collect()
    };
    let (page, masked) = (blocks(page), blocks(masked));
    page.iter()
        .zip(&masked)
        .find_map(|(line, masked)| (line != masked).then(|| masked.clone()))
}

/// The whole page, nothing masked. Every fenced `sh` block can be pasted, in order, into `sh -eu`.
fn text(context: &Context<'_>, manifest: &Manifest) -> String {
    let view = context.view();
    let dir = view.facts.backup_dir.clone().unwrap_or_default();
    // A backup alone has stopped nothing: the server that is there when the page is needed may be of any version.
    let alone = view.goal == Some(Goal::BackUp);
    let (side, server, omup) = match alone {
        true => (Side::Old, "the server", String::new()),
        false => (
            Side::New,
            "the new server",
            format!(
                " `omup rollback {}` does the same and\ncompares the restored database with the backup.",
                context.run
            ),
        ),
    };
    let found = match &context.survey.deployment.owner {
        owner if alone => Some(owner.clone()),
        _ => view.facts.owner.clone(),
    };
    let owner = found.unwrap_or(Owner::NotRunning);
    let database = serving_name(context);
    let original = &context.survey.database.identity.database;
    let stop = context.deployment.stop_command(&owner, side).join("\n");
    let start = context
        .deployment
        .start_command(&owner, Side::Old)
        .join("\n");
    let restore = context
        .database
        .restore_by_hand(
            &dir.join(&manifest.dump.path),
            &database,
            &manifest.database,
        )
        .join("\n");
    let name = context.deployment.set_name_by_hand(Side::Old, &database);
    let version = |v: Option<&crate::domain::version::OmVersion>| {
        v.map_or("unknown".to_string(), ToString::to_string)
    };
    format!(
        "# The way back by hand\n\n\
         Run {run}, {deployment}: {from} -> {to}. This page needs no omup.{omup}\n\n\
         What it does: stops {server}, restores the backup into a **new** database `{database}`, points the old\n\
         version at it and starts it. The database `{original}` is kept. Writes made since the backup stay in it.\n\n\
         ## 1. Stop {server}\n\nIt is no error if it does not run. See that nobody else starts it again.\n\n```sh\n{stop}\n```\n\n\
         ## 2. See that the backup is whole\n\n```sh\ncd {dir}\nsha256sum -c SHA256SUMS\n```\n\n\
         ## 3. Restore it into a new database\n\nThis needs `zstd` and the database's client tools, which take the password from {password}.\n\n```sh\n{restore}\n```\n\n\
         ## 4. Point the old version at it\n\n```sh\n{name}\n```\n\n\
         ## 5. Start the old server\n\n```sh\n{start}\n```\n\n\
         Then open the catalogue, and rebuild the search index: it has the shape of the new version.\n",
        run = context.run,
        deployment = view.deployment,
        from = version(view.from.as_ref()),
        to = version(view.to.as_ref()),
        password = manifest.engine.password_home(),
        dir = shell_word(&dir.display().to_string()),
    )
}

fn shell_word(text: &str) -> String {
    if !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b))
    {
        text.to_string()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::masked_command;
    use crate::domain::secret::{Redactor, Secret};

    #[test]
    fn only_a_masked_command_spoils_the_page() {
        let page = "Run 1, open\n\n```sh\ncd /opt/om-1.11\nls\n```\n\nopen\n\n```sh\nrm x\n```\n";
        for (secret, masked) in [
            ("open", None),
            ("om-1", Some("cd /opt/********.11")),
            ("rm x", Some("********")),
        ] {
            let redactor = Redactor::new([&Secret::new(secret.to_string())]);
            let found = masked_command(page, &redactor.redact(page));
            assert_eq!(found.as_deref(), masked, "{secret}");
        }
    }
}
