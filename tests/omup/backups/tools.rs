//! Fake client tools that stand first on PATH: shell scripts around the real ones.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::story::stage::Stage;
use crate::support::process::Process;
use crate::support::wait;

/// A folder with one fake tool; give it to [`crate::support::omup::Omup::path_first`].
pub struct Fake {
    pub folder: PathBuf,
    tool: String,
}

impl Fake {
    /// `tool` is replaced by a script: `{real}` stands for the real program. Calls without `word` among their
    /// arguments go straight to the real one.
    pub fn new(stage: &Stage, tool: &str, word: &str, script: &str) -> Fake {
        let real = stage.real(tool);
        let script = script.replace("{real}", &real.display().to_string());
        let text = format!(
            "#!/bin/sh\ncase \" $* \" in *\" {word} \"*) ;; *) exec '{}' \"$@\" ;; esac\n{script}\n",
            real.display()
        );
        let path = stage.folder.write(&format!("fake/{tool}"), text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .expect("made executable");
        Fake {
            folder: path.parent().expect("a folder").to_path_buf(),
            tool: tool.to_string(),
        }
    }

    /// As [`Fake::new`]; after `before` (which may take of standard input or write) the tool says its process id and
    /// waits to be killed, or to be let go by [`Fake::go_on`].
    pub fn waiting(stage: &Stage, tool: &str, word: &str, before: &str) -> Fake {
        let said = stage.folder.join("fake/pid");
        let script = format!(
            "{before}\necho $$ > '{said}.new'\nmv '{said}.new' '{said}'\nexec sleep 120",
            said = said.display()
        );
        Fake::new(stage, tool, word, &script)
    }

    /// The waiting tool's process.
    pub fn process(&self) -> Process {
        let said = self.folder.join("pid");
        let pid = wait::until(
            &format!("the waiting {}", self.tool),
            Duration::from_secs(60),
            || std::fs::read_to_string(&said).ok()?.trim().parse().ok(),
        );
        Process::of(pid).expect("it waits")
    }

    pub fn remove(&self) {
        std::fs::remove_dir_all(&self.folder).expect("removed");
    }
}
