//! Sort memory for the migration, and putting back whatever was changed.

use async_trait::async_trait;

use super::context::Context;
use super::{Preview, Step, look};
use crate::domain::answers::{Answers, MemoryWay};
use crate::domain::event::Fact;
use crate::domain::memory::{SortSetting, sort_setting};
use crate::domain::plan::Intent;
use crate::domain::run_view::{Phase, RunView};
use crate::domain::step::{Failure, Outcome, StepId};
use crate::exit_code::ExitCode;

pub struct TuneMemory;

fn mib(bytes: u64) -> String {
    format!("{}MB", bytes / (1024 * 1024))
}

fn setting_of(context: &Context<'_>) -> SortSetting {
    sort_setting(context.survey.database.identity.engine)
}

/// How the migration gets its sort memory and how much, in bytes: what somebody chose after a failure
/// goes before the answers, and by the connection where the answers would leave it.
pub fn sort_memory_of(view: &RunView, answers: &Answers) -> (MemoryWay, u64) {
    let asked = answers.memory.bytes();
    match (answers.memory.way, view.facts.memory_raised) {
        (way, None) => (way, asked),
        (MemoryWay::Leave, Some(raised)) => (MemoryWay::Connection, raised),
        (way, Some(raised)) => (way, raised.max(asked)),
    }
}

/// `DB_PARAMS` for the migration's own connection: named, and with the memory where it goes that way.
pub fn migration_params(context: &Context<'_>) -> String {
    let (way, bytes) = sort_memory_of(&context.view(), context.answers);
    let memory = (way == MemoryWay::Connection).then_some(bytes);
    context.database.migration_params(
        &context.survey.deployment.connection.params,
        &context.migration_application(),
        memory,
    )
}

#[async_trait(?Send)]
impl Step for TuneMemory {
    fn id(&self) -> StepId {
        StepId::TuneMemory
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        let wanted = preview.answers.memory.bytes();
        let setting = sort_setting(preview.survey.database.identity.engine);
        if preview.survey.database.sort_memory.is_none() {
            return vec![look(
                "nothing: this database has no setting for sort memory",
            )];
        }
        match preview.answers.memory.way {
            MemoryWay::Connection => vec![
                Intent::File {
                    path: "DB_PARAMS of the migration's process".into(),
                    change: setting.parameter(wanted).into(),
                },
                look("the value that a new connection with these parameters sees"),
            ],
            MemoryWay::Role => vec![Intent::Sql {
                statement: setting.standing(Some(wanted)).into(),
            }],
            MemoryWay::Leave => vec![look("sort memory stays as it is")],
        }
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (way, wanted) = sort_memory_of(&context.view(), context.answers);
        let too_small = |seen: Option<u64>, way: &str| {
            let seen = seen.map_or("unknown".to_string(), mib);
            Outcome::Warning {
                message: format!(
                    "{way}: a new connection sees {seen}, {} was wanted; {}",
                    mib(wanted),
                    setting_of(context).too_little
                )
                .into(),
            }
        };
        match way {
            MemoryWay::Leave => Ok(Outcome::Skipped {
                reason: "the answers leave the sort memory as it is".into(),
            }),
            MemoryWay::Connection => {
                let params = migration_params(context);
                match context.database.sort_memory_with(Some(&params)).await {
                    Ok(Some(seen)) if seen >= wanted => {
                        context.fact(
                            StepId::TuneMemory,
                            Fact::MemoryProven {
                                bytes: seen,
                                way: "connection parameter".into(),
                            },
                        )?;
                        Ok(Outcome::Success {
                            message: format!(
                                "the migration's own connection sees {}; nothing to put back",
                                mib(seen)
                            )
                            .into(),
                        })
                    }
                    Ok(None) => Ok(Outcome::Skipped {
                        reason: "this engine has no sort memory setting".into(),
                    }),
                    Ok(seen) => {
                        by_role(context, wanted, too_small(seen, "connection parameter")).await
                    }
                    Err(error) => {
                        let why = context.clean(&format!("connection parameter refused: {error}"));
                        by_role(context, wanted, Outcome::Warning { message: why }).await
                    }
                }
            }
            MemoryWay::Role => {
                let scope = setting_of(context).scope;
                by_role(context, wanted, too_small(None, scope)).await
            }
        }
        .and_then(|outcome| enough(context, outcome))
    }
}

/// What was proven before still is: a setting of the whole server is gone when that has been restarted since.
///
/// # Errors
/// As the step's own.
pub async fn still_enough(context: &Context<'_>) -> Result<(), Failure> {
    let (_, wanted) = sort_memory_of(&context.view(), context.answers);
    if context.view().facts.memory.is_none() {
        return Ok(());
    }
    let params = migration_params(context);
    match context.database.sort_memory_with(Some(&params)).await {
        Ok(Some(seen)) if seen < wanted => TuneMemory.run(context).await.map(|_| ()),
        // One that does not answer now fails in what follows, with its own words.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A warning is a failure where the engine fails with too little: better now than in the migration.
fn enough(context: &Context<'_>, outcome: Outcome) -> Result<Outcome, Failure> {
    let setting = setting_of(context);
    match outcome {
        Outcome::Warning { message } if setting.fails => Err(Failure::new(
            ExitCode::Tuning,
            "give the migration enough memory for sorting",
            message.as_str(),
            match context.view().phase() {
                Phase::BeforeDowntime | Phase::Down
                    if !context.view().facts.changed_settings.is_empty() =>
                {
                    "the database's rows; the setting that was changed is put back"
                }
                Phase::BeforeDowntime | Phase::Down => {
                    "nothing was changed; the server runs as before"
                }
                Phase::AfterPoint | Phase::Upgraded | Phase::RolledBack => {
                    "the migration was not started again; the backup and the old installation"
                }
            },
            "let an administrator run `SET GLOBAL sort_buffer_size = 20971520` (or put `sort_buffer_size = 20M` below [mysqld] in my.cnf or my.ini, or into the parameter group of a managed server, and start the server again), then `omup resume --again`; it can be put back after the upgrade",
        )),
        other => Ok(other),
    }
}

/// Sets it for the role in this database. Never a blocker: `otherwise` is the outcome where it does not work.
async fn by_role(
    context: &Context<'_>,
    wanted: u64,
    otherwise: Outcome,
) -> Result<Outcome, Failure> {
    let Ok(old) = context.admin.standing_sort_memory().await else {
        return Ok(otherwise);
    };
    let setting = setting_of(context);
    let new = setting.written(wanted);
    // It stands so already: what somebody else has set is not ours to put back.
    if old.as_deref() != Some(new.as_str()) {
        context.fact(
            StepId::TuneMemory,
            Fact::SettingChanging {
                scope: setting.scope.into(),
                name: setting.name.to_string(),
                old: old.clone(),
                new: new.clone(),
            },
        )?;
    }
    crate::process::effect::hit("set role memory");
    if context
        .admin
        .set_standing_sort_memory(Some(&new))
        .await
        .is_err()
    {
        // The server may have done it and the answer was lost; an earlier value of ours may stand still. Both are put
        // back at the end, and so is what nobody can read now.
        let now = context.admin.standing_sort_memory().await;
        let stands = context.view().facts.changed_settings.iter().any(|changed| {
            let is_ours =
                |now: &Option<String>| now.as_deref().is_some_and(|now| changed.is_ours(now));
            changed.name == setting.name && now.as_ref().map_or(true, is_ours)
        });
        if !stands {
            context.fact(
                StepId::TuneMemory,
                Fact::SettingPutBack {
                    scope: setting.scope.into(),
                    name: setting.name.to_string(),
                },
            )?;
        }
        return Ok(otherwise);
    }
    crate::process::effect::hit("role memory set");
    match context.database.sort_memory_with(None).await {
        Ok(Some(seen)) if seen >= wanted => {
            context.fact(
                StepId::TuneMemory,
                Fact::MemoryProven {
                    bytes: seen,
                    way: setting.scope.into(),
                },
            )?;
            Ok(Outcome::Success {
                message: format!(
                    "new connections ({}) see {}; put back at the end",
                    setting.scope,
                    mib(seen)
                )
                .into(),
            })
        }
        Ok(_) | Err(_) => Ok(otherwise),
    }
}

pub struct PutSettingsBack;

#[async_trait(?Send)]
impl Step for PutSettingsBack {
    fn id(&self) -> StepId {
        StepId::PutSettingsBack
    }

    fn preview(&self, preview: &Preview<'_>) -> Vec<Intent> {
        match preview.answers.memory.way {
            MemoryWay::Role => vec![Intent::Sql {
                statement: sort_setting(preview.survey.database.identity.engine)
                    .standing(None)
                    .into(),
            }],
            MemoryWay::Connection | MemoryWay::Leave => {
                vec![look("settings that this run changed")]
            }
        }
    }

    async fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        put_settings_back(context).await
    }
}

/// Puts every changed setting back; what somebody else changed meanwhile is left alone and told.
pub async fn put_settings_back(context: &Context<'_>) -> Result<Outcome, Failure> {
    let changed = context.view().facts.changed_settings;
    if changed.is_empty() {
        return Ok(Outcome::Success {
            message: "nothing was changed in the database's settings".into(),
        });
    }
    let mut foreign = Vec::new();
    for setting in &changed {
        let now = context
            .admin
            .standing_sort_memory()
            .await
            .map_err(|e| failed(&e.to_string()))?;
        if now.as_deref().is_some_and(|now| setting.is_ours(now)) {
            context.effect(
                StepId::PutSettingsBack,
                format!(
                    "put {} for the {} back to {}",
                    setting.name,
                    setting.scope,
                    setting.old.as_deref().unwrap_or("its default")
                ),
            )?;
            context
                .admin
                .set_standing_sort_memory(setting.old.as_deref())
                .await
                .map_err(|e| failed(&e.to_string()))?;
            crate::process::effect::hit("role memory put back");
        } else if now != setting.old {
            foreign.push(format!(
                "{} is now {} (set by somebody else, left alone)",
                setting.name,
                now.as_deref().unwrap_or("default")
            ));
        }
        context.fact(
            StepId::PutSettingsBack,
            Fact::SettingPutBack {
                scope: setting.scope.clone(),
                name: setting.name.clone(),
            },
        )?;
    }
    if foreign.is_empty() {
        Ok(Outcome::Success {
            message: format!("{} put back", changed.len()).into(),
        })
    } else {
        Ok(Outcome::Warning {
            message: foreign.join("; ").into(),
        })
    }
}

fn failed(why: &str) -> Failure {
    Failure::new(
        ExitCode::Tuning,
        "put the sort memory back",
        why,
        "everything else is as the report says",
        "put it back by hand as the report shows it, or `omup resume --again`",
    )
}
