//! Where the ops tool writes: the bare message on standard output, the same with time, thread and
//! level in `logs/openmetadata-operation.log` (patterns of OpenMetadata's logback.xml). With
//! `LOG_FORMAT=json` in the environment, standard output gets one JSON object a message.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// How grave a line is; shown only in the log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        }
    }
}

/// Standard output and the operation log.
pub struct Console {
    form: Form,
    log: Option<File>,
}

/// What standard output gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bare,
    Json,
    #[cfg(test)]
    Nothing,
}

const LOGGER: &str = "org.openmetadata.service.util.OpenMetadataOperations";

impl Console {
    /// Opens `home/logs/openmetadata-operation.log` for appending. As in the real tool, a log
    /// file that cannot be opened stops nothing.
    pub fn open(home: &Path) -> Self {
        let folder = home.join("logs");
        let log = std::fs::create_dir_all(&folder).and_then(|()| {
            File::options()
                .create(true)
                .append(true)
                .open(folder.join("openmetadata-operation.log"))
        });
        let form = match std::env::var("LOG_FORMAT").as_deref() {
            Ok("json") => Form::Json,
            Ok(_) | Err(_) => Form::Bare,
        };
        Self {
            form,
            log: log.ok(),
        }
    }

    /// Writes to the operation log only.
    #[cfg(test)]
    pub fn silent(home: &Path) -> Self {
        Self {
            form: Form::Nothing,
            ..Self::open(home)
        }
    }

    pub fn info(&mut self, text: &str) {
        self.line(Level::Info, text);
    }

    /// Writes one message and flushes it. Like a JVM's System.out, a closed pipe is no reason to
    /// stop.
    pub fn line(&mut self, level: Level, text: &str) {
        let now = jiff::Zoned::now();
        let shown = match self.form {
            Form::Bare => Some(text.to_owned()),
            Form::Json => Some(
                serde_json::json!({
                    "timestamp": now.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
                    "level": level.word(),
                    "thread": "main",
                    "logger": LOGGER,
                    "message": text,
                    "context": "default",
                })
                .to_string(),
            ),
            #[cfg(test)]
            Form::Nothing => None,
        };
        if let Some(shown) = shown {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{shown}").and_then(|()| out.flush());
        }
        if let Some(log) = &mut self.log {
            let time = now.strftime("%H:%M:%S%.3f").to_string();
            let level = level.word();
            let _ = writeln!(
                log,
                "{time} [main] {level:<5} o.o.service.util.OpenMetadataOperations - {text}"
            );
        }
    }

    /// The configuration with its password, as a tool prints it whose log level is DEBUG; standard
    /// output only.
    pub fn configuration(&self, database: &crate::practice::config::Database) {
        let (url, user, password) = (&database.url, &database.user, &database.password);
        let separator = if url.contains('?') { '&' } else { '?' };
        let mut out = std::io::stdout().lock();
        // Like a JVM's System.out, a closed pipe is no reason to stop.
        let _ = writeln!(
            out,
            "DEBUG DataSourceFactory [url={url}{separator}user={user}&password={password}]"
        );
        let _ = writeln!(out, "DEBUG DB_USER_PASSWORD={password}");
    }

    /// What a terminal would obey, were it shown as it is; standard output only.
    pub fn hostile(&self) {
        let mut out = std::io::stdout().lock();
        let lines: [&[u8]; 5] = [
            b"ERROR \x1b[2J\x1b[31mred\x1b]0;title\x07 Exception\n",
            "ERROR \u{9b}31m \u{202e}gnp.exe \u{7f}\u{200b}Exception\n".as_bytes(),
            b"ERROR \x9b31m \xff\xfe \r\x08\x08 Exception\n",
            b"ERROR \x1bP$qm\x1b\\ \x1b[6n Exception\n",
            &[&vec![b'x'; 10 * 1024 * 1024][..], b"\n"].concat(),
        ];
        for line in lines {
            let _ = out.write_all(line);
        }
        let _ = out.flush();
    }

    /// A message with a stack trace below it, as a logged Java exception looks.
    pub fn exception(&mut self, message: &str, exception: &str, frames: &[&str]) {
        let mut text = format!("{message}\n{exception}");
        for frame in frames {
            text.push_str("\n\tat ");
            text.push_str(frame);
        }
        self.line(Level::Error, &text);
    }
}
