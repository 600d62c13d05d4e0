//! Why each page is there, what can go wrong on it and what comes next: for somebody who does this for
//! the first time.

use super::rows::{Role, Row};
use crate::wizard::page::Page;

struct Words {
    why: &'static [&'static str],
    wrong: &'static [&'static str],
    next: &'static str,
}

fn words(page: Page) -> Words {
    match page {
        Page::First => Words {
            why: &[
                "One look at the whole before the parts. Nothing is changed on this page, nor on any page before the plan is approved.",
            ],
            wrong: &[
                "to begin at 3 a.m. without knowing where the two typed words come: first before users are locked out, then before the new version touches the data",
            ],
            next: "Connect: say which deployment. To practise without any: `omup sandbox`.",
        },
        Page::Connect => Words {
            why: &[
                "Everything later depends on being sure which system this is. Looking is read-only.",
            ],
            wrong: &[
                "a folder of another installation points at another database: compare the database line",
                "the password is nowhere on this host: name a 0600 file with it",
                "the new release is not unpacked yet, or over the old one",
            ],
            next: "Release notes of every version between the two.",
        },
        Page::Notes => Words {
            why: &[
                "Some changes cannot be undone by a restart: read before, not after.",
                "Your mark is written down with your name, and kept if this terminal is lost.",
            ],
            wrong: &[
                "a client or a plug-in outside of this host is not visible from here: ask the team that runs it",
            ],
            next: "Checks of this deployment.",
        },
        Page::Checks => Words {
            why: &[
                "Each check is a fact of this deployment, judged. FAIL and UNKNOWN hold back what they guard.",
                "UNKNOWN: omup could not look. It is never taken for a pass.",
                "Waiver: go on all the same, with a reason; it stands in the report.",
            ],
            wrong: &[
                "waiving what one does not understand",
                "a check that passed an hour ago: the runner looks again before it begins",
            ],
            next: "What only a person can know.",
        },
        Page::Checklist => Words {
            why: &[
                "No program can see whether people were told. These are the points that upgrades fail by in practice.",
            ],
            wrong: &[
                "an alert or a second host starts the old server in the middle of the migration",
            ],
            next: "Where the backup goes.",
        },
        Page::BackupPlan => Words {
            why: &[
                "The migration changes the data in place. The backup is the way back.",
                "Proof: a copy is restored beside production and every table is compared, row counts and digests. A digest is a fingerprint of all rows of a table.",
            ],
            wrong: &[
                "the disk fills: the partial file is refused and production is not touched",
                "a backup that was never restored: nobody knows whether it can be",
            ],
            next: "Sort memory for the migration.",
        },
        Page::Buffers => Words {
            why: &["OpenMetadata's guides ask for 20 MB of sort memory during the migration."],
            wrong: &[
                "a value that many sessions use at once takes that much memory each; in the migration's own connection it is one",
            ],
            next: "Client versions.",
        },
        Page::Clients => Words {
            why: &[
                "A client of another version is refused by the server, or writes what it does not understand.",
            ],
            wrong: &[
                "an Airflow host that nobody remembers runs its pipeline in the morning with the old client",
            ],
            next: "The whole plan, to approve or not.",
        },
        Page::Plan => Words {
            why: &[
                "Data before action: the very steps and commands, before anything is done. The runner refuses to begin with another plan than the approved one.",
            ],
            wrong: &[
                "nothing yet: approving begins with the backup, which reads the database and writes only into the backup folder",
            ],
            next: "The backup begins. You are asked before users are locked out, and again before the new version touches the data.",
        },
        Page::Backup => Words {
            why: &[
                "Written, compressed, hashed and read back in one pass, from one consistent snapshot.",
                "A backup counts only when every part ended well and the archive was read to its end.",
            ],
            wrong: &[
                "the disk fills, or the dump ends early: it is refused, whatever its exit code",
                "the connection is lost: this screen may go, the dump goes on",
                "the rate falls to nothing: another session holds a lock",
            ],
            next: "The proof by restore.",
        },
        Page::Proof => Words {
            why: &[
                "The copy is restored into a database of its own and compared table by table. It also measures how long going back would take.",
            ],
            wrong: &[
                "no room for the copy: stopped, nothing changed",
                "a difference: the backup is refused, with the table's name",
            ],
            next: "The first typed word: start of downtime.",
        },
        Page::Downtime => Words {
            why: &[
                "Up to here nobody has noticed anything. After the typed word the server is stopped.",
            ],
            wrong: &[
                "the window has not begun: choose to wait; how long the run waits stands on the page",
            ],
            next: "Stop through the owner, prove that nobody writes, compare with the backup once more.",
        },
        Page::Gate => Words {
            why: &[
                "With the writers stopped, the source is compared with the backup. Only if they are equal does the backup hold everything.",
                "The server is stopped through whoever owns it, so that it does not come back by itself.",
            ],
            wrong: &[
                "another host or a client still writes: the run stops and starts the old server again",
                "rows were written since the backup: a final backup is taken, and its time is shown",
            ],
            next: "The second typed word: point of no return.",
        },
        Page::Point => Words {
            why: &["The last place from which going back is only a start of the old server."],
            wrong: &[
                "going on because one is tired: waiting costs nothing but downtime, and stopping here costs a start of the old server",
            ],
            next: "The new version's configuration, the migration, the start of the new server.",
        },
        Page::Migrate => Words {
            why: &[
                "Success is judged by the rows that the migration has to leave, never by its printed word or exit code.",
            ],
            wrong: &[
                "a statement fails half way: the database is between two versions; leave the server down and look at the ways back",
                "the terminal is lost: the migration goes on",
                "the old server comes back: an alarm is raised",
            ],
            next: "Validation, search index, pipelines.",
        },
        Page::Validate => Words {
            why: &[
                "A server that answers is not yet a server that works: version, health, counts, search, pipelines.",
            ],
            wrong: &[
                "search is incomplete until the reindex has ended",
                "single pipelines fail although the tool ends well",
            ],
            next: "Settings are put back, the report is written.",
        },
        Page::WayBack => Words {
            why: &[
                "The backup is restored into a new database and compared; then the old version is pointed at it. The upgraded database is kept.",
            ],
            wrong: &["the restore fails: both databases are kept, the way can be tried again"],
            next: "The old version serves; then look what went wrong, in peace.",
        },
        Page::Stopped => Words {
            why: &[
                "It says what failed, why as far as known, what is still safe and what to do. Nothing is guessed.",
            ],
            wrong: &[
                "starting the old server by hand on a half migrated database: it may write what the new version cannot read",
            ],
            next: "Mend the cause and go on, or take a way back. Both are in the list.",
        },
        Page::Finish => Words {
            why: &["Done means proven by state. What is left is for people."],
            wrong: &["ingestion that was paused by hand stays paused"],
            next: "Tell the people; keep the backup for a while.",
        },
        Page::Ways => Words {
            why: &[
                "Each way with what it loses and how long it takes, from the measured restore. Times are of this machine.",
            ],
            wrong: &[
                "going back loses what users wrote since the backup; the upgraded database is kept, so nothing is gone for good",
            ],
            next: "Enter on a way asks for the database's name.",
        },
        Page::Runs => Words {
            why: &[
                "Every run keeps its folder: answers, journal, logs, report. Opening one changes nothing.",
            ],
            wrong: &[
                "an unfinished run of the same database: a second one is refused until it has ended",
            ],
            next: "Enter opens the marked run where it stands.",
        },
        Page::Journal => Words {
            why: &[
                "The journal is written before anything is done; what stands in it happened or was about to.",
            ],
            wrong: &[
                "a step without an end: the runner was killed in it, and going on looks first",
            ],
            next: "Esc leads back.",
        },
        Page::Log => Words {
            why: &[
                "Each program of a run writes into a file of its own, whole and as it came. Tab shows the log of another step.",
            ],
            wrong: &[
                "the first error is the cause, those after it mostly follow from it: e jumps to them in their order",
                "text is shown without its control characters; the raw file is on disk, named in the last line",
            ],
            next: "Esc leads back.",
        },
        Page::Report => Words {
            why: &[
                "The report is for the ticket: what was done, how it ended, how long it took. It lies beside the journal as Markdown and as JSON.",
            ],
            wrong: &["sent on without a look: it names hosts, databases and folders, no secret"],
            next: "y copies it; Esc leads back.",
        },
    }
}

/// The context pane.
pub fn context(page: Page) -> Vec<Row> {
    let words = words(page);
    let mut rows = vec![Row::heading("Why")];
    rows.extend(
        words
            .why
            .iter()
            .map(|text| Row::text(format!("  {text}")).hang(2)),
    );
    rows.push(Row::empty());
    rows.push(Row::heading("What could go wrong"));
    rows.extend(
        words
            .wrong
            .iter()
            .map(|text| Row::text(format!("  · {text}")).hang(4)),
    );
    rows.push(Row::empty());
    rows.push(Row::heading("What comes next"));
    rows.push(Row::text(format!("  {}", words.next)).hang(2));
    rows
}

/// Words of this program, explained.
pub const GLOSSARY: &[(&str, &str)] = &[
    (
        "waiver",
        "go on although a check says no, with a reason and a name",
    ),
    ("UNKNOWN", "could not look; never taken for a pass"),
    ("digest", "a fingerprint of all rows of a table"),
    ("proof", "a copy was restored and is equal"),
    ("helm", "who steers a run: answers, stops; others watch"),
    ("point of no return", "after it, going back means a restore"),
    (
        "✔ ! ✖ – ⊘ ?",
        "done, done with a warning, failed, skipped, cannot run yet, not known how it ended",
    ),
    (
        "runner",
        "the process that does the work; this screen may go away",
    ),
];

pub fn glossary() -> Vec<Row> {
    let mut rows = vec![Row::empty(), Row::heading("Words")];
    rows.extend(GLOSSARY.iter().map(|(word, meaning)| {
        Row::new(format!("  {word}  "), Role::Strong)
            .and(*meaning, Role::Plain)
            .hang(4)
    }));
    rows
}
