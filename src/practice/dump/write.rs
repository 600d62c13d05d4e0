//! Writes a SQLite database as SQL, inside one read transaction.
//!
//! Tables first, then rows (generated columns left out), then indexes, triggers and views, so that
//! loading runs no trigger twice.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use super::{DumpArguments, DumpError, HEADER, TOOL_VERSION, TRAILER, identifier};
use crate::practice::faults::Faults;
use crate::practice::folder::PracticeFolder;
use crate::practice::starter;

/// Rows fetched at a time; the widest are some 60 KB.
const BATCH_ROWS: i64 = 500;

/// Dumps the database to standard output.
///
/// # Errors
/// When this is no practice database or it cannot be read. A fault may end the dump early, or
/// leave a table out, and call that success.
pub async fn dump(arguments: DumpArguments) -> Result<(), DumpError> {
    let out = std::io::stdout();
    let Some(database) = arguments.database.filter(|_| !arguments.tool_version) else {
        return writeln!(out.lock(), "{TOOL_VERSION}").map_err(DumpError::Write);
    };
    let folder = PracticeFolder::holding(&database)?;
    let faults = Faults::read(&folder)?;
    let mut sink = Sink {
        inner: std::io::BufWriter::with_capacity(1 << 16, out.lock()),
        left: faults.dump_ends_early_after_bytes,
        pace: faults.dump_bytes_per_second.map(Pace::of),
    };
    if let Some(bytes) = faults
        .disk_full_after_bytes
        .filter(|_| !arguments.schema_only)
    {
        starter::bound_files_of_runner(bytes).map_err(DumpError::Write)?;
    }
    let dropped = faults.dump_drops_table.as_deref();
    match write(&database, arguments.schema_only, dropped, &mut sink).await {
        Ok(()) | Err(Stop::Early) => sink.inner.flush().map_err(DumpError::Write),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why writing stopped before the end.
enum Stop {
    /// The fault wants it so.
    Early,
    Failed(DumpError),
}

/// Counts what is written and stops where the fault says.
struct Sink<W: Write> {
    inner: W,
    left: Option<u64>,
    pace: Option<Pace>,
}

/// Holds a dump back to so many bytes a second.
struct Pace {
    bytes_per_second: u64,
    begun: Instant,
    written: u64,
}

impl Pace {
    fn of(bytes_per_second: u64) -> Self {
        Self {
            bytes_per_second: bytes_per_second.max(1),
            begun: Instant::now(),
            written: 0,
        }
    }

    /// Waits until so many more bytes are due. Nothing else runs in this process meanwhile.
    fn hold(&mut self, bytes: usize) {
        self.written += bytes as u64;
        let due = Duration::from_secs_f64(self.written as f64 / self.bytes_per_second as f64);
        let ahead = due.saturating_sub(self.begun.elapsed());
        if ahead > Duration::from_millis(20) {
            std::thread::sleep(ahead);
        }
    }
}

impl<W: Write> Sink<W> {
    fn text(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let failed = |error| Stop::Failed(DumpError::Write(error));
        if let Some(pace) = &mut self.pace {
            pace.hold(bytes.len());
        }
        if let Some(left) = &mut self.left {
            let allowed = usize::try_from(*left).unwrap_or(usize::MAX);
            if bytes.len() > allowed {
                self.inner.write_all(&bytes[..allowed]).map_err(failed)?;
                return Err(Stop::Early);
            }
            *left -= bytes.len() as u64;
        }
        self.inner.write_all(bytes).map_err(failed)
    }

    fn line(&mut self, text: &str) -> Result<(), Stop> {
        self.text(text.as_bytes())?;
        self.text(b"\n")
    }
}

async fn write<W: Write>(
    database: &Path,
    schema_only: bool,
    dropped: Option<&str>,
    sink: &mut Sink<W>,
) -> Result<(), Stop> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(60))
        .disable_statement_logging();
    let mut link = options.connect().await.map_err(|reason| {
        Stop::Failed(DumpError::Open {
            path: database.to_owned(),
            reason,
        })
    })?;
    execute(&mut link, "BEGIN").await?;
    sink.line(HEADER)?;
    sink.line("PRAGMA foreign_keys = OFF;")?;
    let tables = objects(&mut link, "type = 'table'").await?;
    let kept = |name: &str| dropped != Some(name);
    for (_, sql) in tables.iter().filter(|(name, _)| kept(name)) {
        sink.line(&format!("{sql};"))?;
    }
    if !schema_only {
        for (name, _) in tables.iter().filter(|(name, _)| kept(name)) {
            rows(&mut link, name, sink).await?;
        }
        sequences(&mut link, sink).await?;
    }
    for kind in ["type = 'index'", "type = 'trigger'", "type = 'view'"] {
        for (_, sql) in objects(&mut link, kind).await? {
            // An index of a table that was left out would give the fault away.
            let of_dropped = dropped.is_some_and(|table| sql.contains(table));
            if !of_dropped {
                sink.line(&format!("{sql};"))?;
            }
        }
    }
    execute(&mut link, "COMMIT").await?;
    sink.line(TRAILER)?;
    // Reading is over; how the goodbye goes changes nothing.
    let _ = link.close().await;
    Ok(())
}

async fn execute(link: &mut SqliteConnection, sql: &'static str) -> Result<(), Stop> {
    let done = sqlx::raw_sql(sql).execute(link).await;
    done.map(|_| ()).map_err(|reason| reading(sql, reason))
}

fn reading(place: &str, reason: sqlx::Error) -> Stop {
    Stop::Failed(DumpError::Read {
        place: place.to_owned(),
        reason,
    })
}

/// Name and SQL of every object of a kind, in the order of creation; SQLite's own left out.
async fn objects(
    link: &mut SqliteConnection,
    condition: &'static str,
) -> Result<Vec<(String, String)>, Stop> {
    let sql = format!(
        "SELECT name, sql FROM sqlite_schema WHERE {condition} AND sql IS NOT NULL \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid"
    );
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(link).await;
    let rows = rows.map_err(|reason| reading("the schema", reason))?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<_, sqlx::Error>>()
        .map_err(|reason| reading("the schema", reason))
}

async fn rows<W: Write>(
    link: &mut SqliteConnection,
    table: &str,
    sink: &mut Sink<W>,
) -> Result<(), Stop> {
    let failed = |reason| reading(&format!("the rows of {table}"), reason);
    // hidden = 0 leaves generated columns out.
    let names = sqlx::query("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid")
        .bind(table.to_owned())
        .fetch_all(&mut *link)
        .await
        .map_err(failed)?;
    let columns: Vec<String> = names
        .iter()
        .map(|row| row.try_get::<String, _>(0))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let quoted: Vec<String> = columns.iter().map(|name| identifier(name)).collect();
    let start = format!(
        "INSERT INTO {} ({}) VALUES (",
        identifier(table),
        quoted.join(", ")
    );
    let values: Vec<String> = quoted.iter().map(|name| literal(name)).collect();
    let select = format!(
        "SELECT rowid, {} FROM {} WHERE rowid > ? ORDER BY rowid LIMIT {BATCH_ROWS}",
        values.join(", "),
        identifier(table)
    );
    let mut last = i64::MIN;
    loop {
        let batch = sqlx::query(AssertSqlSafe(select.clone()))
            .bind(last)
            .fetch_all(&mut *link)
            .await
            .map_err(failed)?;
        for row in &batch {
            last = row.try_get(0).map_err(failed)?;
            sink.text(start.as_bytes())?;
            for at in 0..columns.len() {
                if at > 0 {
                    sink.text(b", ")?;
                }
                let value: &[u8] = row.try_get_unchecked(at + 1).map_err(failed)?;
                sink.text(value)?;
            }
            sink.text(b");\n")?;
        }
        if (batch.len() as i64) < BATCH_ROWS {
            return Ok(());
        }
    }
}

/// An SQL expression that gives a column's value as a literal. `quote()` writes REALs with as many
/// digits as they need, but cuts text at a NUL and breaks on line-bound readers: text with control
/// characters travels in hex.
fn literal(column: &str) -> String {
    format!(
        "CASE WHEN typeof({column}) = 'text' AND ({column} GLOB '*[' || char(1) || '-' || char(31) \
         || ']*' OR instr({column}, char(0)) > 0) THEN 'CAST(X''' || hex({column}) || ''' AS TEXT)' \
         ELSE quote({column}) END"
    )
}

/// Where AUTOINCREMENT goes on counting.
async fn sequences<W: Write>(link: &mut SqliteConnection, sink: &mut Sink<W>) -> Result<(), Stop> {
    let failed = |reason| reading("the sequences", reason);
    let there = sqlx::query("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'")
        .fetch_optional(&mut *link)
        .await
        .map_err(failed)?;
    if there.is_none() {
        return Ok(());
    }
    sink.line("DELETE FROM sqlite_sequence;")?;
    let rows = sqlx::query("SELECT quote(name), quote(seq) FROM sqlite_sequence ORDER BY name")
        .fetch_all(link)
        .await
        .map_err(failed)?;
    for row in rows {
        let name: String = row.try_get(0).map_err(failed)?;
        let number: String = row.try_get(1).map_err(failed)?;
        sink.line(&format!(
            "INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {number});"
        ))?;
    }
    Ok(())
}

/// The dump of a database as bytes, faultless.
#[cfg(test)]
pub(super) async fn text_of(database: &Path) -> Vec<u8> {
    let mut sink = Sink {
        inner: Vec::new(),
        left: None,
        pace: None,
    };
    match write(database, false, None, &mut sink).await {
        Ok(()) => sink.inner,
        Err(Stop::Early) => panic!("no fault was set"),
        Err(Stop::Failed(error)) => panic!("{error}"),
    }
}
