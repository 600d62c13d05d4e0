//! How a command is written for a person who wants to read or copy it. Knows no processes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{EnvValue, ToolCommand};
use crate::domain::clean_text::CleanText;
use crate::domain::secret::MASK;

pub(super) fn line(tool: &ToolCommand) -> CleanText {
    let mut words = Vec::new();
    for (name, value) in &tool.env {
        words.push(match value {
            EnvValue::Plain(value) => format!("{name}={}", quoted(OsStr::new(value))),
            EnvValue::Secret(_) => format!("{name}={MASK}"),
        });
    }
    words.push(quoted(&tool.program));
    words.extend(tool.args.iter().map(|arg| quoted(arg)));
    if let Some(file) = &tool.stdin {
        words.extend(["<".to_string(), quoted(file.as_os_str())]);
    }
    let line = words.join(" ");
    match &tool.folder {
        Some(folder) => CleanText::from(format!("(cd {} && {line})", quoted(folder.as_os_str()))),
        None => CleanText::from(line),
    }
}

/// One word of a shell line. Plain words stay as they are; what holds control bytes or is not
/// UTF-8 is written as `$'...'`, so that cleaning the text for the terminal cannot change it.
fn quoted(word: &OsStr) -> String {
    let bytes = word.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(b);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match word.to_str() {
        Some(text) if CleanText::limited(text, text.len()).as_str() == text => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        Some(_) | None => {
            let mut out = String::from("$'");
            for &byte in bytes {
                match byte {
                    b'\'' | b'\\' => out.extend(['\\', byte as char]),
                    b' '..=b'~' => out.push(byte as char),
                    other => out.push_str(&format!("\\x{other:02x}")),
                }
            }
            out.push('\'');
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;
    use crate::domain::secret::Secret;

    #[test]
    fn a_command_can_be_copied_and_shows_no_secret() {
        let tool = ToolCommand::new("pg_dump")
            .env("PGHOST", "db host")
            .secret_env("PGPASSWORD", Secret::new("hunter2".into()))
            .args(["-d", "om's; db", "$HOME", ""])
            .folder("/tmp/a b");
        assert_eq!(
            tool.shown().as_str(),
            r"(cd '/tmp/a b' && PGHOST='db host' PGPASSWORD=******** pg_dump -d 'om'\''s; db' '$HOME' '')"
        );
    }

    #[test]
    fn hostile_words_survive_a_shell() {
        let hostile: Vec<Vec<u8>> = vec![
            b"a\nb".to_vec(),
            b"\x1b[31m`id`$(id)".to_vec(),
            b"caf\xff'\\".to_vec(),
            "evil\u{202e}txt  two  ".into(),
            "caf\u{e9} 'x'".into(),
        ];
        for word in hostile {
            let tool =
                ToolCommand::new("printf").args([OsStr::new("%s"), OsStr::from_bytes(&word)]);
            let said = std::process::Command::new("bash")
                .args(["-c", tool.shown().as_str()])
                .output()
                .expect("bash is there");
            assert_eq!(said.stdout, word, "{}", tool.shown());
        }
    }
}
