//! The disk of the state folder is full: the journal's last words still fit, by its reserve; and where even they do
//! not, the run stops and says so by its exit code.

use std::path::{Path, PathBuf};

use super::full_disk::{Small, WAIVED};
use super::scene::{WAITS, assert_honest, assert_resumes, complete, journal, quiet, run, tree};
use super::tools::Fake;
use crate::story::stage::{RUN, Stage};
use crate::support::digest::difference;
use crate::support::engine::Engine;
use crate::support::omup::Running;

const STATE: u64 = 4 << 20;

/// Takes every byte that is left.
fn fill(folder: &Path, name: &str) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join(name)).expect("a file");
    let block = [0_u8; 4096];
    while file.write_all(&block).is_ok() {}
}

#[test]
fn the_reserve_lets_a_run_on_a_full_disk_tell_its_end_on_postgres() {
    reserve(Engine::Postgres);
}

#[test]
fn the_reserve_lets_a_run_on_a_full_disk_tell_its_end_on_mysql() {
    reserve(Engine::Mysql);
}

fn reserve(engine: Engine) {
    let Some(stage) = Stage::of(engine, "full-state", &quiet()) else {
        return;
    };
    full_in_the_dump(&stage, false);
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_run_on_postgres() {
    no_journal(Engine::Postgres);
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_run_on_mysql() {
    no_journal(Engine::Mysql);
}

fn no_journal(engine: Engine) {
    let Some(stage) = Stage::of(engine, "no-journal", &quiet()) else {
        return;
    };
    full_in_the_dump(&stage, true);
}

/// The unit in which a tmpfs gives room to a file.
const BLOCK: u64 = 4096;

/// A run that waits in the dump tool with a journal whose last block has hardly any room: its next
/// lines need a new one, which a full disk has not. The waiver's reason, which the journal holds, is
/// made longer until it is so.
fn at_the_gate(stage: &Stage, fake: &Fake, gate: &Path) -> (Running, PathBuf) {
    let runs = stage.folder.join("state/runs");
    let mut more = String::new();
    for _ in 0..8 {
        stage.answer(
            &WAIVED.replace("full disk", &format!("full disk {more}")),
            false,
        );
        let running = run(stage).path_first(&fake.folder).start();
        let waits = gate.with_extension("at");
        crate::support::wait::until("the dump tool", RUN, || waits.exists().then_some(()));
        let folder = std::fs::read_dir(&runs)
            .expect("runs")
            .flatten()
            .next()
            .expect("a run")
            .path();
        let text = std::fs::read_to_string(folder.join("journal.jsonl")).expect("a journal");
        let room = (BLOCK - text.len() as u64 % BLOCK) % BLOCK;
        if room < 300 {
            return (running, folder);
        }
        std::fs::write(gate, "").expect("written");
        running.end(RUN).expect(WAITS);
        for left in [gate, &waits] {
            std::fs::remove_file(left).expect("removed");
        }
        std::fs::remove_dir_all(&folder).expect("removed");
        // It stands in the journal several times; a little less than all of the room is enough.
        let times = text.matches("wants a full disk").count() as u64;
        more.push_str(&"x".repeat(((room - 150) / times).max(1) as usize));
    }
    panic!("no length of the waiver's reason fills the journal's last block");
}

/// While the dump tool waits, the disk is filled; with `wholly`, what the reserve would give back too.
fn full_in_the_dump(stage: &Stage, wholly: bool) {
    let state = stage.folder.join("state");
    let Some(_small) = Small::mount(&state, STATE) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let gate = stage.folder.join("fake/go");
    let script = format!(
        "touch '{gate}.at'\nwhile [ ! -e '{gate}' ]; do sleep 0.05; done\nexec '{{real}}' \"$@\"",
        gate = gate.display()
    );
    let tool = stage.database().engine().dump_tool();
    let fake = Fake::new(stage, tool.program, tool.word, &script);
    let (running, folder) = at_the_gate(stage, &fake, &gate);
    fill(&state, "filler");
    if wholly {
        std::fs::remove_file(folder.join("reserve")).expect("the reserve");
        fill(&state, "filler-2");
    }
    std::fs::write(&gate, "").expect("written");
    let ended = running.end(RUN);
    let said = format!("{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(
        difference(&before, &stage.contents(&stage.database_name())),
        Vec::<String>::new(),
        "{said}"
    );
    assert_eq!(
        stage.serving().as_deref(),
        stage.made["old_version"].as_str(),
        "{said}"
    );
    assert!(
        !folder.join("reserve").exists(),
        "the reserve was given back: {said}"
    );
    if wholly {
        assert_eq!(ended.code, 4, "{said}");
        assert!(
            said.contains("journal"),
            "it says what cannot be written: {said}"
        );
    } else {
        // Other files than the journal have no reserve: without room for one, the proof fails in a sentence.
        assert!(
            ended.code == WAITS || ended.code == 21 && said.contains("No space left"),
            "{said}"
        );
        assert!(
            journal(stage)
                .last()
                .is_some_and(|line| line["kind"] == "run-ended"),
            "{said}"
        );
    }
    assert_honest(stage, &[], "on a full disk");
    std::fs::remove_file(state.join("filler")).expect("room again");
    let _ = std::fs::remove_file(state.join("filler-2"));
    // The proof that could not be made is made now, and gives the same backup another certificate.
    let mut older = tree(&stage.backups());
    older.retain(|file, _| !file.ends_with("certificate.json"));
    assert_resumes(stage, &older, "with room again");
    assert!(
        folder.join("reserve").exists(),
        "the reserve is filled again"
    );
}

/// From too little for anything to enough: it works, or it says that the state folder cannot be used.
#[test]
fn a_small_state_folder_is_told_whatever_its_size() {
    let Some(stage) = Stage::postgres("small-state", &quiet()) else {
        return;
    };
    stage.answer(WAIVED, false);
    let state = stage.folder.join("state");
    let Some(small) = Small::mount(&state, 4096) else {
        return;
    };
    let before = stage.contents(&stage.database_name());
    let mut worked = 0;
    for kib in [4, 16, 64, 256, 280, 300, 320, 360, 420, 600, 2048] {
        small.resize(kib * 1024);
        let ended = run(&stage).run(RUN);
        let said = format!(
            "{kib} KiB: {}\n{}\n{}",
            ended.code, ended.stdout, ended.stderr
        );
        assert!(ended.code == 4 || ended.code == WAITS, "{said}");
        assert!(
            ended.code == WAITS || said.contains("space"),
            "it says why: {said}"
        );
        worked += usize::from(ended.code == WAITS);
        assert_eq!(
            difference(&before, &stage.contents(&stage.database_name())),
            Vec::<String>::new(),
            "{said}"
        );
        assert_eq!(stage.databases(), vec![stage.database_name()], "{said}");
        for path in complete(&stage) {
            super::scene::verify(&stage, &path).0.expect(0);
        }
        for entry in std::fs::read_dir(&state).expect("listed").flatten() {
            std::fs::remove_dir_all(entry.path()).expect("room for the next size");
        }
        println!("{kib} KiB: exit code {}", ended.code);
    }
    assert!(
        (1..11).contains(&worked),
        "some sizes are enough and some are not: {worked} worked"
    );
}
