//! Entry point: parse, dispatch, turn the outcome into an exit code.

use clap::Parser as _;
use omup::app;
use omup::app::error::{CommandError, Result};
use omup::app::out;
use omup::cli::{ChecksCommand, Cli, Command, KnowledgeCommand, RunsCommand};
use omup::exit_code::ExitCode;
use omup::runner::folder::State;

fn main() -> std::process::ExitCode {
    if let Err(error) = color_eyre::install() {
        out::error(format!("omup: cannot install the panic report: {error}"));
    }
    // What the operator typed may hold control characters too; help goes out as clap writes it.
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            for line in error.to_string().lines() {
                out::error(line);
            }
            return ExitCode::Usage.into();
        }
        Err(help) => help.exit(),
    };
    if !matches!(cli.command, Some(Command::Practice(_)))
        && let Err(error) = omup::process::harden_process()
    {
        out::error(format!("omup: cannot forbid core dumps: {error}"));
    }
    // One thread: the runner's children are tied to the thread that starts them.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            out::error(format!("omup: cannot start: {error}"));
            return ExitCode::Internal.into();
        }
    };
    let local = tokio::task::LocalSet::new();
    let outcome = runtime.block_on(local.run_until(dispatch(cli)));
    // A blocked helper thread must not hold the end back.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code.into(),
        Err(error) => {
            out::error(format!("omup: {error}"));
            error.exit.into()
        }
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode> {
    app::terminal::ask_for(cli.color);
    let asked_for = cli.state_dir.clone();
    if let Some(folder) = &asked_for
        && std::env::var_os("OMUP_STATE_DIR").is_none()
    {
        out::state_folder(&std::path::absolute(folder).unwrap_or_else(|_| folder.clone()));
    }
    let root = State::locate(cli.state_dir);
    let looking = || State::look(root.clone());
    let Some(command) = cli.command else {
        return app::wizard::begin(looking()?, cli.answers.as_deref(), cli.plain).await;
    };
    let practises = matches!(command, Command::Sandbox { .. });
    if cli.answers.is_some() || (cli.plain && !practises) {
        return Err(CommandError::new(
            ExitCode::Usage,
            "--answers and --plain before a command are for the wizard; put them after the command",
        ));
    }
    match command {
        Command::Sandbox {
            unattended,
            scenario,
            keep,
            plain,
            pace,
        } => {
            app::sandbox::sandbox(app::sandbox::Asked {
                unattended,
                above: asked_for,
                scenario,
                keep,
                pace,
                plain: plain || cli.plain,
            })
            .await
        }
        Command::Check {
            from,
            only,
            except,
            full,
        } => {
            let wanted = app::check::Wanted { only, except };
            app::check::check(&looking()?, from.answers()?, from.json, &wanted, full).await
        }
        Command::Plan(from) => app::check::plan(&looking()?, from.answers()?, from.json).await,
        Command::Backup { from, detach } => {
            let wanted = app::run::Wanted::Backup;
            app::run::run(
                &State::open(root)?,
                from.answers()?,
                wanted,
                from.json,
                detach,
            )
            .await
        }
        Command::Run { from, detach } => {
            let wanted = app::run::Wanted::Upgrade;
            app::run::run(
                &State::open(root)?,
                from.answers()?,
                wanted,
                from.json,
                detach,
            )
            .await
        }
        Command::Resume { run, again, detach } => {
            app::run::resume(&State::open(root)?, &run.run, again, run.json, detach).await
        }
        Command::Status(run) => app::status::status(&looking()?.run(&run.run)?, run.json),
        Command::Attach {
            run,
            plain,
            read_only,
        } => {
            let folder = looking()?.run(&run.run)?;
            if plain || run.json || !app::terminal::can_draw() {
                app::attach::follow(&folder, app::attach::From::Start, run.json, None).await
            } else {
                app::wizard::attach(looking()?, folder.run.as_str(), read_only).await
            }
        }
        Command::Answer {
            run,
            answer,
            take_helm,
            json,
            detach,
        } => {
            let asked = app::answer::Asked {
                take_helm,
                json,
                detach,
            };
            app::answer::answer(&State::open(root)?, &run, &answer, asked).await
        }
        Command::Abort { run, take_helm } => app::answer::abort(&looking()?, &run, take_helm).await,
        Command::Rollback {
            run,
            way,
            confirm,
            answers,
            detach,
        } => {
            let asked = app::rollback::Asked {
                run: run.run,
                way,
                confirm,
                answers,
                json: run.json,
                detach,
            };
            app::rollback::rollback(&State::open(root)?, &asked).await
        }
        Command::Verify { dir, json } => app::verify::verify(&dir, json).await,
        Command::Report(run) => app::report::report(&looking()?.run(&run.run)?, run.json),
        Command::Runs(RunsCommand::List { json }) => Ok(app::runs::list(&looking()?, json)),
        Command::Runs(RunsCommand::Show(run)) => {
            app::runs::show(&looking()?.run(&run.run)?, run.json)
        }
        Command::Checks(ChecksCommand::List { json }) => Ok(app::check::list(json)),
        Command::Notes { from, to, json } => app::check::notes(&from, &to, json),
        Command::Clients(args) => app::clients::clients(&args),
        Command::Diagnose(args) => app::diagnose::diagnose(&args),
        Command::Knowledge(KnowledgeCommand::Check { dir }) => app::diagnose::check(dir.as_deref()),
        Command::ExitCodes => {
            for (_, number, meaning) in ExitCode::TABLE {
                out::line(format!("{number:>4}  {meaning}"));
            }
            Ok(ExitCode::Ok)
        }
        Command::Runner {
            run,
            retry,
            way,
            wait,
            answer,
            who,
            abort,
            backup,
        } => {
            let way = match way {
                Some(text) => {
                    Some(omup::domain::way_back::WayId::parse(&text).ok_or_else(|| {
                        CommandError::new(ExitCode::Usage, format!("'{text}' is no way back"))
                    })?)
                }
                None => None,
            };
            let answers = answer
                .iter()
                .filter_map(|pair| pair.split_once('='))
                .map(|(a, b)| (a.to_string(), b.to_string()))
                .collect();
            app::runner_process::main(
                root,
                app::runner_process::Errand {
                    run,
                    retry,
                    way,
                    wait,
                    answers,
                    who,
                    abort,
                    backup,
                },
            )
            .await
        }
        Command::Practice(command) => omup::practice::run(command)
            .await
            .map_err(|report| CommandError::new(ExitCode::Internal, format!("{report:#}"))),
    }
}
