//! What each owner is told: the commands of a stop and of a start, and the text of a service's
//! definition. Data before it is action; runs nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::files;
use super::owner::USER_UNIT;
use crate::domain::secret::Secret;
use crate::domain::shell;
use crate::domain::survey::Owner;

/// One command of an owner: program and arguments, and the folder it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub words: Vec<OsString>,
    pub folder: PathBuf,
    /// Its failure does not matter (a guard that may not be available).
    pub optional: bool,
    /// Given to the command beside a small base environment.
    pub environment: Vec<(String, Secret)>,
}

impl Order {
    pub fn new<W: Into<OsString>>(folder: &Path, words: impl IntoIterator<Item = W>) -> Self {
        Self {
            words: words.into_iter().map(Into::into).collect(),
            folder: folder.to_owned(),
            optional: false,
            environment: Vec::new(),
        }
    }

    fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// As a person would type it.
    pub fn shown(&self) -> String {
        let words: Vec<String> = self
            .words
            .iter()
            .map(|word| shell::quoted(&word.to_string_lossy()))
            .collect();
        format!(
            "cd {} && {}",
            shell::quoted(&self.folder.to_string_lossy()),
            words.join(" ")
        )
    }
}

/// What stopping takes, in order.
pub fn stop_orders(owner: &Owner, home: &Path) -> Vec<Order> {
    let order = |words: &[&str]| Order::new(home, words);
    match owner {
        Owner::PidFile { .. } => vec![order(&["bin/openmetadata.sh", "stop"])],
        Owner::Systemd { unit, .. } => {
            let (flags, unit) = unit_words(unit);
            let systemctl = |rest: &[&str]| {
                Order::new(
                    home,
                    ["systemctl"].iter().chain(&flags).chain(rest).copied(),
                )
            };
            vec![
                // Masked first: between a stop and a mask something could start it again.
                systemctl(&["mask", "--runtime", unit]).optional(),
                systemctl(&["stop", unit]),
            ]
        }
        Owner::Runit { service, .. } => vec![
            order(&["touch", &service.join("down").to_string_lossy()]),
            order(&["sv", "down", &service.to_string_lossy()]),
        ],
        Owner::Supervisord { program, .. } => vec![order(&["supervisorctl", "stop", program])],
        Owner::Commands { stop, .. } => vec![order(&["/bin/sh", "-c", &for_home(stop, home)])],
        Owner::Unknown { .. } | Owner::NotRunning => Vec::new(),
    }
}

/// What undoes that part of [`stop_orders`] which keeps others from starting the server.
pub fn allow_orders(owner: &Owner, home: &Path) -> Vec<Order> {
    match owner {
        Owner::Systemd { unit, .. } => {
            let (flags, unit) = unit_words(unit);
            let rest = ["unmask", "--runtime", unit];
            let words = ["systemctl"].iter().chain(&flags).chain(&rest).copied();
            vec![Order::new(home, words).optional()]
        }
        Owner::Runit { service, .. } => {
            let down = service.join("down");
            vec![Order::new(home, ["rm", "-f", &down.to_string_lossy()])]
        }
        Owner::PidFile { .. }
        | Owner::Supervisord { .. }
        | Owner::Commands { .. }
        | Owner::Unknown { .. }
        | Owner::NotRunning => Vec::new(),
    }
}

/// What starting takes, in order, without the turn of a link.
pub fn start_orders(owner: &Owner, home: &Path) -> Vec<Order> {
    let order = |words: &[&str]| Order::new(home, words);
    match owner {
        Owner::PidFile { .. } | Owner::NotRunning => vec![order(&["bin/openmetadata.sh", "start"])],
        Owner::Systemd { unit, .. } => {
            let (flags, unit) = unit_words(unit);
            let rest = ["start", unit];
            let words = ["systemctl"].iter().chain(&flags).chain(&rest).copied();
            let start = Order::new(home, words);
            [allow_orders(owner, home), vec![start]].concat()
        }
        Owner::Runit { service, .. } => {
            let up = order(&["sv", "up", &service.to_string_lossy()]);
            [allow_orders(owner, home), vec![up]].concat()
        }
        Owner::Supervisord { program, .. } => vec![order(&["supervisorctl", "start", program])],
        Owner::Commands { start, .. } => vec![order(&["/bin/sh", "-c", &for_home(start, home)])],
        Owner::Unknown { .. } => Vec::new(),
    }
}

fn unit_words(unit: &str) -> (Vec<&str>, &str) {
    match unit.strip_prefix(USER_UNIT) {
        Some(unit) => (vec!["--user"], unit),
        None => (Vec::new(), unit),
    }
}

/// The word in an operator's command that stands for the installation.
pub const HOME: &str = "{home}";

/// `{home}` in an operator's command stands for the installation that is meant.
fn for_home(command: &str, home: &Path) -> String {
    command.replace(HOME, &shell::quoted(&home.to_string_lossy()))
}

/// The service's definition, where it decides which version runs.
pub fn definition(owner: &Owner) -> Option<String> {
    match owner {
        Owner::Runit { service, .. } => {
            files::read_text(&service.join("run"), files::CONFIG_LIMIT).ok()
        }
        Owner::Systemd { unit, .. } => unit_text(unit.trim_start_matches(USER_UNIT)),
        Owner::Supervisord { program, .. } => supervisord_text(program),
        Owner::Commands { start, .. } => Some(start.clone()),
        Owner::PidFile { .. } | Owner::NotRunning | Owner::Unknown { .. } => None,
    }
}

fn unit_text(unit: &str) -> Option<String> {
    [
        "/etc/systemd/system",
        "/run/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ]
    .into_iter()
    .find_map(|folder| files::read_text(&Path::new(folder).join(unit), files::CONFIG_LIMIT).ok())
}

fn supervisord_text(program: &str) -> Option<String> {
    let name = program.rsplit(':').next().unwrap_or(program);
    let head = format!("[program:{name}]");
    [
        "/etc/supervisor/conf.d",
        "/etc/supervisord.d",
        "/etc/supervisor",
    ]
    .into_iter()
    .filter_map(|folder| std::fs::read_dir(folder).ok())
    .flatten()
    .flatten()
    .filter_map(|entry| files::read_text(&entry.path(), files::CONFIG_LIMIT).ok())
    .find_map(|text| {
        let (_, section) = text.split_once(&head)?;
        Some(section.split("\n[").next().unwrap_or(section).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Order, definition, start_orders, stop_orders};
    use crate::domain::survey::Owner;

    fn lines(orders: Vec<Order>) -> Vec<String> {
        orders.iter().map(Order::shown).collect()
    }

    #[test]
    fn each_owner_is_told_in_its_own_words() {
        let home = Path::new("/opt/om 1");
        let both = |owner: &Owner| {
            (
                lines(stop_orders(owner, home)),
                lines(start_orders(owner, home)),
            )
        };
        let at = |rest: &str| format!("cd '/opt/om 1' && {rest}");
        let unit = "user:om.service".to_owned();
        let (stop, start) = both(&Owner::Systemd { pid: 1, unit });
        assert_eq!(
            stop,
            [
                at("systemctl --user mask --runtime om.service"),
                at("systemctl --user stop om.service")
            ]
        );
        assert_eq!(start[1], at("systemctl --user start om.service"));
        let service = "/etc/sv/om".into();
        let (stop, start) = both(&Owner::Runit { pid: 1, service });
        assert_eq!(
            stop,
            [at("touch /etc/sv/om/down"), at("sv down /etc/sv/om")]
        );
        assert_eq!(start, [at("rm -f /etc/sv/om/down"), at("sv up /etc/sv/om")]);
        let program = "g:om".to_owned();
        let (stop, _) = both(&Owner::Supervisord { pid: 1, program });
        assert_eq!(stop, [at("supervisorctl stop g:om")]);
        let (stop, start) = both(&Owner::Commands {
            stop: "kill -9 $(cat {home}/p)".to_owned(),
            start: "{home}/up".to_owned(),
        });
        assert_eq!(
            stop,
            [at("/bin/sh -c 'kill -9 $(cat '\\''/opt/om 1'\\''/p)'")]
        );
        assert_eq!(start, [at("/bin/sh -c ''\\''/opt/om 1'\\''/up'")]);
        let parent = "bash".into();
        let (stop, start) = both(&Owner::Unknown { pid: 1, parent });
        assert!(
            stop.is_empty() && start.is_empty(),
            "nobody is told anything"
        );
    }

    #[test]
    fn a_runit_service_is_defined_by_its_run_file() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join("run"), "exec x").expect("run");
        let service = folder.path().to_owned();
        let owner = Owner::Runit { pid: 1, service };
        assert_eq!(definition(&owner).as_deref(), Some("exec x"));
        assert_eq!(definition(&Owner::NotRunning), None);
    }
}
