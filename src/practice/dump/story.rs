//! Dump, load, dump again: the same text; and the ways in which a dump is refused.

use std::path::Path;

use super::DumpError;
use super::load::load_into;
use super::read::check;
use super::write::text_of;
use crate::practice::make::{Engine, MakeOptions, Owner, make};

async fn database(folder: &Path) -> std::path::PathBuf {
    let made = make(MakeOptions {
        folder: folder.to_owned(),
        engine: Engine::Sqlite,
        seed: 3,
        size: 100_000,
        longest_query: None,
        server_port: 1,
        admin_port: 2,
        owner: Owner::PidFile,
        binary: "/usr/bin/omup".into(),
    })
    .await;
    made.expect("made").database_file.expect("a file")
}

#[tokio::test]
async fn a_loaded_dump_dumps_the_same_and_the_seed_fixes_every_row() {
    let folder = tempfile::tempdir().expect("folder");
    let first = text_of(&database(&folder.path().join("a")).await).await;
    let second = text_of(&database(&folder.path().join("b")).await).await;
    assert!(first == second, "the same seed gives the same rows");
    check(first.as_slice()).expect("whole");
    let copy = folder.path().join("copy.db");
    load_into(&copy, first.as_slice()).await.expect("loaded");
    assert!(text_of(&copy).await == first, "what went in comes out");
}

#[tokio::test]
async fn a_dump_without_its_ends_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let text = text_of(&database(&folder.path().join("a")).await).await;
    let target = folder.path().join("copy.db");
    let headless = load_into(&target, b"SELECT 1;\n".as_slice()).await;
    assert!(matches!(headless, Err(DumpError::NoHeader)));
    for length in [text.len() - 1, text.len() / 2, 200] {
        let _ = std::fs::remove_file(&target);
        assert!(check(&text[..length]).is_err());
        let cut = load_into(&target, &text[..length]).await;
        assert!(
            matches!(cut, Err(DumpError::NoTrailer)),
            "{length}: {cut:?}"
        );
    }
    let _ = std::fs::remove_file(&target);
    let more = [text.as_slice(), b"DROP TABLE tag;\n"].concat();
    assert!(matches!(
        load_into(&target, more.as_slice()).await,
        Err(DumpError::NoTrailer)
    ));
}
