//! The pages: their order, the eight names of the rail, and their words.

use serde::{Deserialize, Serialize};

use crate::domain::step::StepId;

/// Where one can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    First,
    Connect,
    Notes,
    Checks,
    Checklist,
    BackupPlan,
    Buffers,
    Clients,
    Plan,
    Backup,
    Proof,
    Downtime,
    Gate,
    Point,
    Migrate,
    Validate,
    WayBack,
    Stopped,
    Finish,
    Ways,
    Runs,
    Journal,
    Log,
    Report,
}

/// The eight names of the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rail {
    Connect,
    Notes,
    Backup,
    Buffers,
    Clients,
    Migrate,
    Validate,
    Finish,
}

impl Rail {
    pub const ALL: [Rail; 8] = [
        Rail::Connect,
        Rail::Notes,
        Rail::Backup,
        Rail::Buffers,
        Rail::Clients,
        Rail::Migrate,
        Rail::Validate,
        Rail::Finish,
    ];

    /// Counted from 1.
    pub fn number(self) -> usize {
        Self::ALL
            .iter()
            .position(|r| *r == self)
            .map_or(1, |i| i + 1)
    }

    pub fn short(self) -> &'static str {
        match self {
            Rail::Connect => "Connect",
            Rail::Notes => "Notes",
            Rail::Backup => "Backup",
            Rail::Buffers => "Buffers",
            Rail::Clients => "Clients",
            Rail::Migrate => "Migrate",
            Rail::Validate => "Validate",
            Rail::Finish => "Finish",
        }
    }

    pub fn long(self) -> &'static str {
        match self {
            Rail::Connect => "Connect",
            Rail::Notes => "Release notes",
            Rail::Backup => "Backup",
            Rail::Buffers => "Buffer tuning",
            Rail::Clients => "Client versions",
            Rail::Migrate => "Migrate",
            Rail::Validate => "Validate",
            Rail::Finish => "Finish",
        }
    }

    /// The steps of an upgrade that belong to this name.
    pub fn steps(self) -> &'static [StepId] {
        match self {
            Rail::Connect | Rail::Clients => &[],
            Rail::Notes => &[StepId::Checks],
            Rail::Backup => &[StepId::BackUp, StepId::Prove],
            Rail::Buffers => &[StepId::TuneMemory],
            Rail::Migrate => &[
                StepId::StartDowntime,
                StepId::StopServer,
                StepId::ProveQuiet,
                StepId::DigestGate,
                StepId::PointOfNoReturn,
                StepId::SwitchVersion,
                StepId::Migrate,
                StepId::StartServer,
            ],
            Rail::Validate => &[StepId::Validate, StepId::Reindex, StepId::DeployPipelines],
            Rail::Finish => &[StepId::PutSettingsBack, StepId::Report],
        }
    }
}

impl Page {
    pub const ALL: [Page; 24] = [
        Page::First,
        Page::Connect,
        Page::Notes,
        Page::Checks,
        Page::Checklist,
        Page::BackupPlan,
        Page::Buffers,
        Page::Clients,
        Page::Plan,
        Page::Backup,
        Page::Proof,
        Page::Downtime,
        Page::Gate,
        Page::Point,
        Page::Migrate,
        Page::Validate,
        Page::WayBack,
        Page::Stopped,
        Page::Finish,
        Page::Ways,
        Page::Runs,
        Page::Journal,
        Page::Log,
        Page::Report,
    ];

    /// The pages of the preparation, in their order.
    pub const PREPARATION: [Page; 8] = [
        Page::Connect,
        Page::Notes,
        Page::Checks,
        Page::Checklist,
        Page::BackupPlan,
        Page::Buffers,
        Page::Clients,
        Page::Plan,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Page::First => "What is going to happen",
            Page::Connect => "Connect",
            Page::Notes => "Release notes",
            Page::Checks => "Checks",
            Page::Checklist => "Checklist",
            Page::BackupPlan => "Backup: where to, and how sure",
            Page::Buffers => "Buffer tuning",
            Page::Clients => "Client versions",
            Page::Plan => "The whole plan",
            Page::Backup => "Backup",
            Page::Proof => "Proof of the backup",
            Page::Downtime => "Start of downtime",
            Page::Gate => "Stop, prove quiet, compare",
            Page::Point => "Point of no return",
            Page::Migrate => "Migrate",
            Page::Validate => "Validate",
            Page::WayBack => "Going back",
            Page::Stopped => "Stopped, here is why",
            Page::Finish => "Finish",
            Page::Ways => "Ways back",
            Page::Runs => "Runs",
            Page::Journal => "Journal of this run, in UTC",
            Page::Log => "Log",
            Page::Report => "Report",
        }
    }

    /// The name of the rail that it belongs to; pages beside the way have none.
    pub fn rail(self) -> Option<Rail> {
        match self {
            Page::Connect => Some(Rail::Connect),
            Page::Notes | Page::Checks | Page::Checklist => Some(Rail::Notes),
            Page::BackupPlan | Page::Backup | Page::Proof => Some(Rail::Backup),
            Page::Buffers => Some(Rail::Buffers),
            Page::Clients => Some(Rail::Clients),
            Page::Plan | Page::Downtime | Page::Gate | Page::Point | Page::Migrate => {
                Some(Rail::Migrate)
            }
            Page::Validate => Some(Rail::Validate),
            Page::Finish => Some(Rail::Finish),
            Page::First
            | Page::WayBack
            | Page::Stopped
            | Page::Ways
            | Page::Runs
            | Page::Journal
            | Page::Log
            | Page::Report => None,
        }
    }

    /// It shows where a run stands, and one of them alone does at a time.
    pub fn is_of_run(self) -> bool {
        match self {
            Page::Backup
            | Page::Proof
            | Page::Downtime
            | Page::Gate
            | Page::Point
            | Page::Migrate
            | Page::Validate
            | Page::WayBack
            | Page::Stopped
            | Page::Finish => true,
            Page::First
            | Page::Connect
            | Page::Notes
            | Page::Checks
            | Page::Checklist
            | Page::BackupPlan
            | Page::Buffers
            | Page::Clients
            | Page::Plan
            | Page::Ways
            | Page::Runs
            | Page::Journal
            | Page::Log
            | Page::Report => false,
        }
    }

    /// The page of a run that shows this step.
    pub fn of_step(step: StepId) -> Page {
        match step {
            StepId::Checks | StepId::BackUp => Page::Backup,
            StepId::Prove | StepId::TuneMemory => Page::Proof,
            StepId::StartDowntime => Page::Downtime,
            StepId::StopServer | StepId::ProveQuiet | StepId::DigestGate => Page::Gate,
            StepId::PointOfNoReturn => Page::Point,
            StepId::SwitchVersion | StepId::Migrate | StepId::StartServer => Page::Migrate,
            StepId::Validate | StepId::Reindex | StepId::DeployPipelines => Page::Validate,
            StepId::PutSettingsBack | StepId::Report => Page::Finish,
            StepId::StopNewServer
            | StepId::RestoreBackup
            | StepId::CompareRestored
            | StepId::SwitchBack
            | StepId::StartOldServer
            | StepId::ValidateOld
            | StepId::ReindexOld => Page::WayBack,
        }
    }
}
