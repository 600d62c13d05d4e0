//! The command line: what can be typed, and nothing about how it is done.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::app::error::CommandError;
use crate::app::terminal::Colour;
use crate::exit_code::ExitCode;
use crate::knowledge::{FailureEngine, FailurePhase};
use crate::practice::PracticeCommand;

/// Upgrade OpenMetadata from one terminal, with a proven way back.
#[derive(Debug, Parser)]
#[command(
    name = "omup",
    version,
    propagate_version = true,
    after_help = "Without a command: the full-screen wizard (`omup --plain`: the same as plain questions).\nPractise first: `omup sandbox`, a whole upgrade and its way back on a practice deployment, no server needed.\nExit codes: `omup exit-codes`."
)]
pub struct Cli {
    /// Where runs are kept [default: /var/lib/omup for root, else the user's state folder]
    #[arg(long, global = true, env = "OMUP_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Fill the wizard from an answers file
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Plain numbered questions instead of the full screen (also without a terminal, and for screen readers)
    #[arg(long)]
    pub plain: bool,
    /// Colours of the full screen [default: auto, as NO_COLOR, CLICOLOR_FORCE and CLICOLOR say]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_default_value = true
    )]
    pub color: Colour,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Where the answers are, and how to print.
#[derive(Debug, Args)]
pub struct FromAnswers {
    /// The operator's decisions, TOML (see README)
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// One JSON document instead of sentences
    #[arg(long)]
    pub json: bool,
}

impl FromAnswers {
    /// # Errors
    /// Without an answers file; it tells the smallest one.
    pub fn answers(&self) -> Result<&Path, CommandError> {
        self.answers.as_deref().ok_or_else(|| {
            CommandError::new(
                ExitCode::Usage,
                "which deployment? `--answers FILE` names it: [deployment] with kind, old_home and new_home, and [backup] with dir (README shows the smallest such file). Nothing was done. `omup` without a command looks for the deployment on this host and asks the rest",
            )
        })
    }
}

/// Which run, and how to print.
#[derive(Debug, Args)]
pub struct OneRun {
    /// Its id, or `last`
    #[arg(default_value = "last")]
    pub run: String,
    /// JSON instead of sentences
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Practise: a whole upgrade and its way back on a small deployment made for it
    Sandbox {
        /// Go through without asking
        #[arg(long)]
        unattended: bool,
        /// Let something fail: see `--scenario list`
        #[arg(long, value_name = "NAME")]
        scenario: Option<String>,
        /// Keep the practice folder instead of removing it at the end
        #[arg(long)]
        keep: bool,
        /// Ask plain questions instead of drawing the full screen
        #[arg(long)]
        plain: bool,
        /// How fast dump and migration go [default: slow, so that they can be seen; fast with --unattended]
        #[arg(long, value_enum)]
        pace: Option<crate::app::sandbox::Pace>,
    },
    /// Look at a deployment and judge it; changes nothing
    Check {
        #[command(flatten)]
        from: FromAnswers,
        /// Show these checks only, by id (`omup checks list`); a run always asks all of them
        #[arg(long, value_name = "ID", value_delimiter = ',')]
        only: Vec<String>,
        /// Leave these checks out
        #[arg(
            long,
            value_name = "ID",
            value_delimiter = ',',
            conflicts_with = "only"
        )]
        except: Vec<String>,
        /// Ask also what reads whole tables of the database (cost `scan`)
        #[arg(long)]
        full: bool,
    },
    /// Show what a run would do, step by step; changes nothing
    Plan(FromAnswers),
    /// Take a backup and prove it, and nothing else: the server goes on, the database is only read
    Backup {
        #[command(flatten)]
        from: FromAnswers,
        /// Start it, print its id and come back at once
        #[arg(long)]
        detach: bool,
    },
    /// Upgrade: survey, checks, backup, proof, downtime, migration, validation, report
    Run {
        #[command(flatten)]
        from: FromAnswers,
        /// Start it, print its id and come back at once
        #[arg(long)]
        detach: bool,
    },
    /// Go on with a run that was interrupted or has stopped
    Resume {
        #[command(flatten)]
        run: OneRun,
        /// Let the step that failed after the point of no return run again
        #[arg(long)]
        again: bool,
        #[arg(long)]
        detach: bool,
    },
    /// Where a run stands
    Status(OneRun),
    /// Watch a run
    Attach {
        #[command(flatten)]
        run: OneRun,
        /// Plain lines instead of the full screen
        #[arg(long)]
        plain: bool,
        /// Only watch: do not take the helm, even when nobody has it
        #[arg(long)]
        read_only: bool,
    },
    /// Answer the question that a run asks
    Answer {
        run: String,
        /// Such as `start-of-downtime=openmetadata_db`
        #[arg(value_name = "ID=VALUE")]
        answer: String,
        /// Take the helm over first, from whoever has it
        #[arg(long)]
        take_helm: bool,
        #[arg(long)]
        json: bool,
        #[arg(long)]
        detach: bool,
    },
    /// Lead a run to a safe state
    Abort {
        #[arg(default_value = "last")]
        run: String,
        /// Take the helm over first, from whoever has it
        #[arg(long)]
        take_helm: bool,
    },
    /// The ways back with their price; with --way and --confirm, the way itself
    Rollback {
        #[command(flatten)]
        run: OneRun,
        #[arg(long, value_name = "WAY")]
        way: Option<String>,
        /// The database's name, typed
        #[arg(long, value_name = "NAME")]
        confirm: Option<String>,
        /// Take way and confirmation from an answers file
        #[arg(long, value_name = "FILE")]
        answers: Option<PathBuf>,
        #[arg(long)]
        detach: bool,
    },
    /// Is this backup still what it was? Needs no server
    Verify {
        dir: PathBuf,
        #[arg(long)]
        json: bool,
    },
    /// The report of a run
    Report(OneRun),
    /// The history of runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// The catalogue of checks
    #[command(subcommand)]
    Checks(ChecksCommand),
    /// What changed between two versions, from the copy inside omup
    Notes {
        from: String,
        to: String,
        #[arg(long)]
        json: bool,
    },
    /// The Python packages beside OpenMetadata: what is installed here, what the target takes, and the
    /// command that tells the same of another host
    Clients(ClientsArgs),
    /// What a log's errors mean and what to do: `omup diagnose < migrate.log`
    Diagnose(DiagnoseArgs),
    /// The knowledge inside omup
    #[command(subcommand)]
    Knowledge(KnowledgeCommand),
    /// The exit codes and what they mean
    ExitCodes,
    /// The runner of a run; started by omup itself
    #[command(hide = true)]
    Runner {
        run: String,
        #[arg(long)]
        retry: bool,
        #[arg(long)]
        way: Option<String>,
        #[arg(long)]
        wait: Option<u32>,
        #[arg(long)]
        answer: Vec<String>,
        #[arg(long)]
        who: Vec<String>,
        #[arg(long)]
        abort: Option<String>,
        #[arg(long)]
        backup: bool,
    },
    /// The parts of a practice deployment (they refuse to run outside one)
    #[command(subcommand, hide = true)]
    Practice(PracticeCommand),
}

#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// One line a run, oldest first
    List {
        #[arg(long)]
        json: bool,
    },
    /// The whole story of one run
    Show(OneRun),
}

#[derive(Debug, Subcommand)]
pub enum ChecksCommand {
    /// Ids, what they block, cost; runs nothing
    List {
        #[arg(long)]
        json: bool,
    },
}

/// Which clients and files are looked at, for which target.
#[derive(Debug, Args)]
pub struct ClientsArgs {
    /// The version that the server is to run
    pub to: String,
    /// A folder to look for environments in, beside the usual ones
    #[arg(long = "in", value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// A file with what the printed command said on another host
    #[arg(long = "report", value_name = "FILE")]
    pub reports: Vec<PathBuf>,
    /// A folder with DAGs, workflows, scripts: what the releases break in it is named by line
    #[arg(long = "code", value_name = "DIR", requires = "from")]
    pub code: Vec<PathBuf>,
    /// The version that these files were written for
    #[arg(long, value_name = "VERSION")]
    pub from: Option<String>,
    /// JSON instead of sentences
    #[arg(long)]
    pub json: bool,
}

/// What is known of the log, and how to print.
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// The version that the database came from
    #[arg(long, value_name = "VERSION")]
    pub from: Option<String>,
    /// The version that it was to reach
    #[arg(long, value_name = "VERSION")]
    pub to: Option<String>,
    /// What wrote the log; failures of that part come first
    #[arg(long)]
    pub phase: Option<FailurePhase>,
    /// Leaves out what the other engine says
    #[arg(long)]
    pub engine: Option<FailureEngine>,
    /// JSON instead of sentences
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum KnowledgeCommand {
    /// Read files of known failures and of releases, and name every mistake by file and line
    Check {
        /// A folder of TOML files [default: what is inside omup]
        dir: Option<PathBuf>,
    },
}
