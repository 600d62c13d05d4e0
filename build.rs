//! Lists the knowledge files of `assets/`, so that a new release or area of failures is one file more
//! and no line of Rust.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut code = String::new();
    for (folder, name) in [("releases", "RELEASES"), ("failures", "FAILURES")] {
        let folder = format!("assets/{folder}");
        println!("cargo:rerun-if-changed={folder}");
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let file = entry?.file_name();
            let file = file.to_str().ok_or("a name that is not UTF-8")?.to_owned();
            if file.ends_with(".toml") {
                files.push(file);
            }
        }
        files.sort_by_key(|file| (numbers(file), file.clone()));
        writeln!(code, "pub const {name}: &[(&str, &str)] = &[")?;
        for file in files {
            writeln!(
                code,
                "    ({file:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{folder}/{file}\"))),"
            )?;
        }
        writeln!(code, "];")?;
    }
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    std::fs::write(Path::new(&out).join("knowledge_files.rs"), code)?;
    Ok(())
}

/// `1.10.toml` after `1.9.toml`.
fn numbers(file: &str) -> Vec<u64> {
    let parts = file.split('.');
    parts.filter_map(|part| part.parse().ok()).collect()
}
