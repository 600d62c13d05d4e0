//! The ops tool's command line, as picocli reads it. Knows nothing of what the commands do.

/// A parsed command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Migrate { force: bool },
    Info,
    Validate,
    Repair,
    CheckConnection,
    Changelog,
    Reindex,
    DeployPipelines,
    Help,
    Version,
    Missing,
}

pub const USAGE: &str = "\
Usage: OpenMetadataSetup [-dhV] [-c=<configFilePath>] [COMMAND]
Creates or Migrates Database/Search Indexes. ReIndex the existing data into
Elastic Search or OpenSearch. Re-Deploys the service pipelines.
  -c, --config=<configFilePath>
  -d, --debug
  -h, --help      Show this help message and exit.
  -V, --version   Print version information and exit.
Commands:
  info              Shows the list of migrations applied and the pending
                      migration waiting to be applied on the target database
  validate          Checks if the all the migrations haven been applied on the
                      target database.
  repair            Repairs the DATABASE_CHANGE_LOG table, which is used to
                      track all the migrations on the target database.
  check-connection  Checks if a connection can be successfully obtained for the
                      target database
  changelog         Prints the change log of database migration
  migrate           Migrates the OpenMetadata database schema and search index
                      mappings.
  reindex           Re Indexes data into search engine from command line.
  deploy-pipelines  Deploy all the service pipelines.";

/// Reads the words; global options come before the command, as picocli wants it.
///
/// # Errors
/// A sentence in picocli's words.
pub fn parse(words: &[String]) -> Result<Command, String> {
    let mut words = words.iter().map(String::as_str).enumerate();
    let unmatched = |at: usize, word: &str| format!("Unmatched argument at index {at}: '{word}'");
    let command = loop {
        match words.next() {
            None => return Ok(Command::Missing),
            Some((_, "-h" | "--help")) => return Ok(Command::Help),
            Some((_, "-V" | "--version")) => return Ok(Command::Version),
            Some((_, "-d" | "--debug")) => {}
            Some((_, "-c" | "--config")) => {
                words
                    .next()
                    .ok_or("Missing required parameter for option '--config'")?;
            }
            Some((_, "migrate")) => break Command::Migrate { force: false },
            Some((_, "info")) => break Command::Info,
            Some((_, "validate")) => break Command::Validate,
            Some((_, "repair")) => break Command::Repair,
            Some((_, "check-connection")) => break Command::CheckConnection,
            Some((_, "changelog")) => break Command::Changelog,
            // Its many options change nothing here.
            Some((_, "reindex")) => return Ok(Command::Reindex),
            Some((_, "deploy-pipelines")) => break Command::DeployPipelines,
            Some((at, other)) => return Err(unmatched(at, other)),
        }
    };
    match (command, words.next()) {
        (command, None) => Ok(command),
        (Command::Migrate { force: false }, Some((_, "--force" | "--force=true"))) => {
            match words.next() {
                None => Ok(Command::Migrate { force: true }),
                Some((at, other)) => Err(unmatched(at, other)),
            }
        }
        (_, Some((at, other))) => Err(unmatched(at, other)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, parse};

    fn parsed(line: &str) -> Result<Command, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&words)
    }

    #[test]
    fn global_options_come_before_the_command() {
        assert_eq!(
            parsed("-c conf/openmetadata.yaml -d migrate --force"),
            Ok(Command::Migrate { force: true })
        );
        assert_eq!(parsed("-c x"), Ok(Command::Missing));
        assert_eq!(
            parsed("reindex --recreate-indexes true"),
            Ok(Command::Reindex)
        );
        assert_eq!(
            parsed("migrate -d"),
            Err("Unmatched argument at index 1: '-d'".to_owned())
        );
        assert!(parsed("upgrade").is_err());
    }
}
