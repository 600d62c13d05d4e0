//! Copying over ssh: the terminal may take it or not, and does not say. A file always has it.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;

use super::Terminal;
use crate::process::private_file::write_atomically;

/// Longest text for OSC 52 in base64, in bytes: what common terminals take at most.
const LONGEST: usize = 74_994;

/// Copies a text; gives what was done, in words that do not claim more.
///
/// # Errors
/// The file cannot be written and the terminal is gone.
pub fn copy(terminal: &mut Terminal, text: &str, file: &Path) -> io::Result<String> {
    let kept = write_atomically(file, text.as_bytes());
    let coded = base64::engine::general_purpose::STANDARD.encode(text);
    let mut words = Vec::new();
    if coded.len() <= LONGEST {
        if std::env::var_os("TMUX").is_some() && into_tmux(text) {
            words.push("given to tmux and, if it allows, your terminal's clipboard".to_string());
        } else {
            terminal.send(format!("\x1b]52;c;{coded}\x07").as_bytes())?;
            words.push("sent to your terminal's clipboard (if it allows OSC 52)".to_string());
        }
    } else {
        words.push("too long for a terminal's clipboard".to_string());
    }
    match kept {
        Ok(()) => words.push(format!("also in {}", file.display())),
        Err(error) => words.push(format!("not in a file: {error}")),
    }
    Ok(words.join("; "))
}

/// `load-buffer -w` sends it on to the outer terminal (tmux 3.2 and later).
fn into_tmux(text: &str) -> bool {
    let child = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written = child
        .stdin
        .take()
        .is_some_and(|mut pipe| io::Write::write_all(&mut pipe, text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}
