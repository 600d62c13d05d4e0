//! Entry point: parse, dispatch, turn the outcome into an exit code.

use clap::Parser as _;
use omup::cli::{Cli, Command};

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("omup: cannot start: {error}");
            return omup::exit_code::ExitCode::Internal.into();
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Practice(command) => omup::practice::run(command).await,
        }
    });
    match outcome {
        Ok(code) => code.into(),
        Err(report) => {
            eprintln!("omup: {report:#}");
            omup::exit_code::ExitCode::Internal.into()
        }
    }
}
