//! The server's log lines: `%level [%d{ISO8601,UTC}] [%t] %logger{5} - %msg`, on standard output
//! and in `logs/openmetadata.log`.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::practice::ops::commands::CommandError;

/// Standard output and the log file.
pub struct ServerLog {
    file: Option<File>,
}

impl ServerLog {
    /// Opens the log for appending; without it, only standard output is written to.
    pub fn open(home: &Path) -> Self {
        let folder = home.join("logs");
        let file = std::fs::create_dir_all(&folder).and_then(|()| {
            File::options()
                .create(true)
                .append(true)
                .open(folder.join("openmetadata.log"))
        });
        Self { file: file.ok() }
    }

    pub fn info(&mut self, text: &str) {
        self.line("INFO ", text);
    }

    pub fn warn(&mut self, text: &str) {
        self.line("WARN ", text);
    }

    /// Logs why the server does not start.
    pub fn failure(&mut self, error: &CommandError) {
        let class = match error {
            CommandError::State(_) => "java.lang.IllegalStateException",
            CommandError::Sql(_)
            | CommandError::Workflow(_)
            | CommandError::Files(_)
            | CommandError::Search(_) => "java.lang.RuntimeException",
        };
        self.line(
            "ERROR",
            &format!(
                "Failed to start the application\n{class}: {error}\n\tat \
                 org.openmetadata.service.OpenMetadataApplication.validateMigrations(OpenMetadataApplication.java)\n\tat \
                 org.openmetadata.service.OpenMetadataApplication.run(OpenMetadataApplication.java)"
            ),
        );
    }

    fn line(&mut self, level: &str, text: &str) {
        let time = jiff::Timestamp::now()
            .strftime("%Y-%m-%d %H:%M:%S,%3f")
            .to_string();
        let line = format!("{level} [{time}] [main] o.o.s.OpenMetadataApplication - {text}\n");
        let mut out = std::io::stdout().lock();
        // A log that cannot be written is no reason to stop serving.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        if let Some(file) = &mut self.file {
            let _ = file.write_all(line.as_bytes());
        }
    }
}
