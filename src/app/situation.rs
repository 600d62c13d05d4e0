//! What the world says now about a run, for the ways back. Only looks.

use super::error::{CommandError, Result};
use super::json_file::read_json;
use super::open::{self, Opened};
use super::private_folder::PrivateFolder;
use super::run::view_of;
use crate::backup::{self, BackupError, compare, read_recorded, verify};
use crate::database::{self, Database};
use crate::domain::answers::Answers;
use crate::domain::clean_text::CleanText;
use crate::domain::run_view::{RunView, StepState};
use crate::domain::step::StepId;
use crate::domain::survey::Survey;
use crate::domain::way_back::{MoreMemory, Situation};
use crate::exit_code::ExitCode;
use crate::runner::folder::RunFolder;
use crate::steps::migrate_verdict::{Judged, verdict};

/// Gathers it. What cannot be looked at is said to be unknown, never assumed.
pub async fn gather(folder: &RunFolder) -> Result<(RunView, Situation)> {
    let view = view_of(folder)?;
    let answers = open::answers(&folder.answers())?;
    let Some(survey) = read_json::<Survey>(&folder.survey())? else {
        return Ok((view, Situation::default()));
    };
    let mut opened: Opened = open::deployment(&answers).await?;
    opened.connection = survey.deployment.connection.clone();
    let private = PrivateFolder::new()?;
    let database =
        database::connect(open::target(&opened, "omup ways back", &private.path)).await?;
    let mut now = Situation {
        migration_alive: crate::process::lock_is_held(&folder.children().join("migrate.lock"))
            .unwrap_or(true),
        ..Situation::default()
    };
    if let Ok(sessions) = database.sessions().await {
        now.migration_alive |= sessions
            .iter()
            .any(|s| s.application.as_str().starts_with("omup migrate"));
    }
    let history = database.history().await.map_err(CommandError::from)?;
    if let Some(planned) = survey.pending.known() {
        let pending = opened.deployment.pending(database.engine(), &history).await;
        // As the step itself judges it: every statement's row, not the versions' alone.
        now.migration_complete = pending.ok().map(|pending| {
            let judged = verdict(&history, &pending, Some(planned), survey.history.known());
            matches!(judged, Judged::Complete { .. })
        });
    }
    let same_history = survey.history.known() == Some(&history);
    now.history_changed = !same_history && survey.history.known().is_some();
    now.more_memory = more_memory(&view, &survey, &answers, database.as_ref()).await;
    let Some(dir) = &view.facts.backup_dir else {
        return Ok((view, now));
    };
    let recorded = read_recorded(
        dir,
        view.facts.manifest_sha256.as_deref().unwrap_or_default(),
    );
    (now.backup_good, now.backup_trouble) = match &recorded {
        Ok(_) => judged(&verify(dir, None, &|_| {}).await),
        Err(_) => judged(&recorded),
    };
    if let Ok(read) = recorded {
        if let Some(taken) = read.manifest.taken_ms {
            now.writes_since_backup = database.writes_since(taken).await.ok();
        }
        now.source_unchanged = if same_history {
            compare(&read.manifest, database.as_ref(), &|_, _, _| {})
                .await
                .ok()
                .flatten()
                .map(|d| d.is_empty())
        } else {
            Some(false)
        };
    }
    Ok((view, now))
}

/// Whether a migration that failed for too little sort memory may go on with more. `None`: it did not.
pub async fn more_memory(
    view: &RunView,
    survey: &Survey,
    answers: &Answers,
    database: &dyn Database,
) -> Option<MoreMemory> {
    match view.step(StepId::Migrate)? {
        StepState::Failed { .. } => {
            crate::steps::more_memory::examine(view, survey, answers, database).await
        }
        StepState::ToDo | StepState::Running { .. } | StepState::Ended { .. } => None,
    }
}

/// Whether a backup is good, and what is wrong with it in words.
fn judged<T>(looked: &backup::Result<T>) -> (Option<bool>, Option<CleanText>) {
    match looked {
        Ok(_) => (Some(true), None),
        Err(error @ BackupError::Damaged { .. }) => (Some(false), Some(error.to_string().into())),
        Err(error) => (None, Some(error.to_string().into())),
    }
}

/// The folder of a run that nobody works on right now.
pub fn idle(folder: &RunFolder) -> Result<()> {
    if super::attach::alive(folder) {
        return Err(CommandError::new(
            ExitCode::Locked,
            format!(
                "a runner works on run {} now; watch it with `omup attach {} --plain`, or lead it to a safe state with `omup abort {}`",
                folder.run, folder.run, folder.run
            ),
        ));
    }
    Ok(())
}
