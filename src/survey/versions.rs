//! The installed version from three sources, and the target's.

use crate::deployment::{Deployment, Side};
use crate::domain::migration::History;
use crate::domain::survey::{Probe, VersionFacts};

pub async fn of(deployment: &dyn Deployment, history: &Probe<History>) -> VersionFacts {
    VersionFacts {
        database: match history {
            Probe::Known(history) => match history.highest() {
                Some(version) => Probe::Known(version),
                None => Probe::Unknown(
                    "SERVER_CHANGE_LOG holds no finished migration of a release".into(),
                ),
            },
            Probe::Unknown(reason) => Probe::Unknown(reason.clone()),
        },
        server: Probe::from_result(deployment.version_by_server().await),
        files: Probe::from_result(deployment.version_by_files(Side::Old).await),
        target: Probe::from_result(deployment.version_by_files(Side::New).await),
    }
}
