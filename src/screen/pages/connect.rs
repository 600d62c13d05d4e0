//! Connect: which deployment, what was found and from where, and what looking at it said.

use super::{button, field, pointer};
use crate::domain::clean_text::CleanText;
use crate::domain::survey::{Owner, Probe, Survey};
use crate::domain::version::OmVersion;
use crate::screen::rows::{Role, Row};
use crate::screen::theme;
use crate::screen::units;
use crate::wizard::State;
use crate::wizard::form::FieldId;
use crate::wizard::items::{Do, Item};
use crate::wizard::page::Page;

pub fn rows(state: &State) -> Vec<Row> {
    let mut rows = vec![Row::heading("Which OpenMetadata is to be upgraded?")];
    match &state.found {
        None => rows.push(Row::dim("  looking for installations on this host …")),
        Some(found) if found.is_empty() => {
            let filled = state.form.answers().is_ok();
            rows.push(Row::dim(match &state.lesson {
                Some(_) if filled => "  the practice deployment; everything is filled in",
                None if filled => "  as your answers file says; change what is wrong",
                Some(_) | None => "  none found on this host; write the folders below",
            }));
        }
        Some(found) => {
            for (index, candidate) in found.iter().enumerate() {
                let marked = state.item() == Some(Item::Candidate(index));
                let home = candidate.home.display().to_string();
                let taken = [FieldId::OldHome, FieldId::NewHome]
                    .into_iter()
                    .any(|id| state.form.field(id).value() == home);
                let sign = if taken { "[✔]" } else { "[ ]" };
                rows.push(
                    Row::text(format!(
                        "{}{sign} {}  ",
                        pointer(marked),
                        CleanText::new(&home)
                    ))
                    .and(format!("{}  ", candidate.version), Role::Accent)
                    .and(format!("found: {}", candidate.from), Role::Dim)
                    .hang(8)
                    .mark(marked),
                );
            }
        }
    }
    rows.push(Row::empty());
    for id in [
        FieldId::OldHome,
        FieldId::NewHome,
        FieldId::BackupDir,
        FieldId::Name,
        FieldId::PasswordFile,
    ] {
        rows.extend(field(state, id));
    }
    if state.lesson.is_none() {
        let marked = state.item() == Some(Item::Production);
        rows.push(
            Row::text(format!(
                "{}Is this production? {}",
                pointer(marked),
                if state.form.production {
                    "(•) Yes  ( ) No"
                } else {
                    "( ) Yes  (•) No"
                }
            ))
            .mark(marked),
        );
    }
    rows.push(Row::empty());
    rows.push(button(state, Do::LookNow));
    if state.looking {
        let turning = theme::running(state.boot_ms);
        rows.push(
            Row::new(format!("  {} ", turning.glyph), turning.role)
                .and(
                    "looking: configuration, server, database, history, disks, tools …",
                    Role::Plain,
                )
                .hang(4),
        );
    }
    if let Some(trouble) = &state.look_trouble {
        rows.push(Row::new(format!("  ✖ {}", trouble.message), Role::Bad).hang(4));
        rows.push(Row::dim("  Nothing was changed. Mend it, then look again."));
    }
    if let Some(looked) = &state.looked {
        rows.extend(facts(&looked.survey));
        rows.push(Row::empty());
        rows.push(button(state, Do::Continue(Page::Notes)));
    }
    rows
}

fn facts(survey: &Survey) -> Vec<Row> {
    let connection = &survey.deployment.connection;
    // A file of the installation is named from there: its folder stands above.
    let home = format!("{}/", survey.deployment.old_home.display());
    let from = |key: &str| {
        connection
            .origin
            .get(key)
            .map(|origin| {
                let origin = origin.as_str();
                format!("  ({})", origin.strip_prefix(&home).unwrap_or(origin))
            })
            .unwrap_or_default()
    };
    let version = |probe: &Probe<OmVersion>| match probe {
        Probe::Known(version) => version.to_string(),
        Probe::Unknown(why) => format!("could not look: {why}"),
    };
    let fact = |label: &str, text: String, from: String| {
        Row::new("  ✔ ", Role::Good)
            .and(format!("{label:<9} "), Role::Dim)
            .and(text, Role::Plain)
            .and(from, Role::Dim)
            .hang(14)
    };
    vec![
        fact(
            "database",
            format!(
                "{} {} on {}:{}",
                connection.engine.title(),
                connection.database,
                CleanText::new(&connection.host),
                connection.port
            ),
            from("database"),
        ),
        fact("user", connection.user.clone(), from("user")),
        fact(
            "version",
            format!(
                "database {}, server {}, files {} → {}",
                version(&survey.versions.database),
                version(&survey.versions.server),
                version(&survey.versions.files),
                version(&survey.versions.target)
            ),
            String::new(),
        ),
        fact("server", owner(&survey.deployment.owner), String::new()),
        fact("size", units::bytes(survey.database.bytes), String::new()),
    ]
}

/// Who starts and stops the server, in words.
pub fn owner(owner: &Owner) -> String {
    match owner {
        Owner::PidFile { pid, .. } => format!("started by its own script (process {pid})"),
        Owner::Systemd { unit, .. } => format!("systemd unit {unit}"),
        Owner::Runit { service, .. } => format!("runit service {}", service.display()),
        Owner::Supervisord { program, .. } => format!("supervisord program {program}"),
        Owner::Commands { .. } => "by the commands of the answers".to_string(),
        Owner::Unknown { pid, parent } => {
            format!("process {pid}, started by {parent}: omup cannot stop it through its owner")
        }
        Owner::NotRunning => "does not run".to_string(),
    }
}
