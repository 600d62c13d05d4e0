//! Who starts and stops the server: found from the process that listens, never guessed.

use std::path::{Path, PathBuf};

use super::procfs::{Listener, Procfs};
use crate::domain::answers::ServerAnswers;
use crate::domain::survey::Owner;

/// Where to look.
pub struct Ground<'a> {
    pub proc: &'a Procfs,
    pub homes: &'a [&'a Path],
    pub answers: &'a ServerAnswers,
    /// `/run/systemd/system` exists: units can be asked at all.
    pub systemd_runs: bool,
}

/// Prefix of a unit that belongs to the user's own service manager.
pub const USER_UNIT: &str = "user:";

/// The owner of the process that listens on the API's port.
pub fn find(ground: &Ground<'_>, port: u16) -> Owner {
    let listener = ground.proc.listener(port);
    let pid = match listener {
        Listener::Nobody => return Owner::NotRunning,
        Listener::Process(pid) => Some(pid),
        Listener::Hidden { .. } => None,
    };
    if let (Some(stop), Some(start)) = (&ground.answers.stop, &ground.answers.start) {
        return Owner::Commands {
            stop: stop.clone(),
            start: start.clone(),
        };
    }
    let Some(pid) = pid else {
        let uid = match listener {
            Listener::Hidden { uid } => uid,
            Listener::Nobody | Listener::Process(_) => 0,
        };
        return Owner::Unknown {
            pid: 0,
            parent: format!("a process of user {uid} that we may not look into").into(),
        };
    };
    let line = std::iter::once(pid).chain(ground.proc.ancestors(pid));
    let line: Vec<u32> = line.collect();
    supervisord(ground, pid)
        .or_else(|| runit(ground, pid, &line))
        // A unit may call bin/openmetadata.sh, so both can match: the unit would start it again.
        .or_else(|| systemd(ground, pid))
        .or_else(|| pid_file(ground, pid, &line))
        .unwrap_or_else(|| Owner::Unknown {
            pid,
            parent: parent_shown(ground, pid).into(),
        })
}

fn supervisord(ground: &Ground<'_>, pid: u32) -> Option<Owner> {
    let environment = ground.proc.environment(pid)?;
    // supervisord's manual, "Subprocess Environment".
    environment.get("SUPERVISOR_ENABLED")?;
    let name = environment.get("SUPERVISOR_PROCESS_NAME")?;
    let program = match environment.get("SUPERVISOR_GROUP_NAME") {
        Some(group) if group != name => format!("{group}:{name}"),
        Some(_) | None => name.clone(),
    };
    Some(Owner::Supervisord { pid, program })
}

fn runit(ground: &Ground<'_>, pid: u32, line: &[u32]) -> Option<Owner> {
    let runsv = line
        .iter()
        .find(|at| ground.proc.name(**at).as_deref() == Some("runsv"))?;
    let argument = || {
        let path = PathBuf::from(ground.proc.arguments(*runsv).into_iter().nth(1)?);
        path.is_absolute().then_some(path)
    };
    // runsv(8) changes into its service directory.
    let service = ground
        .proc
        .folder(*runsv)
        .filter(|folder| folder.join("run").exists())
        .or_else(argument)?;
    Some(Owner::Runit { pid, service })
}

/// A pid file that names the listener or one of its parents.
fn pid_file(ground: &Ground<'_>, pid: u32, line: &[u32]) -> Option<Owner> {
    let file = ground
        .homes
        .iter()
        .flat_map(|home| pid_files(home))
        .find(|(_, named)| *named > 1 && line.contains(named))
        .map(|(file, _)| file)?;
    Some(Owner::PidFile { pid, file })
}

/// `logs/*.pid` of an installation with the number that each holds.
pub fn pid_files(home: &Path) -> Vec<(PathBuf, u32)> {
    let Ok(entries) = std::fs::read_dir(home.join("logs")) else {
        return Vec::new();
    };
    let mut found: Vec<(PathBuf, u32)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "pid"))
        .filter_map(|path| {
            let text = super::files::read_text(&path, 64).ok()?;
            Some((path, text.trim().parse().ok()?))
        })
        .collect();
    found.sort();
    found
}

fn systemd(ground: &Ground<'_>, pid: u32) -> Option<Owner> {
    if !ground.systemd_runs {
        return None;
    }
    let unit = unit_of(&ground.proc.control_groups(pid))?;
    // A server started by hand stays in the scope of the login that started it; the unit above
    // that (ssh.service, user@.service) starts logins, not servers.
    let ours = unit_of(&ground.proc.control_groups(std::process::id()));
    if ours.as_ref() == Some(&unit) {
        return None;
    }
    Some(Owner::Systemd { pid, unit })
}

/// Units that start whatever a person or a table tells them.
const STARTERS: &[&str] = &[
    "ssh.service",
    "sshd.service",
    "cron.service",
    "crond.service",
    "atd.service",
];

fn unit_of(groups: &[String]) -> Option<String> {
    groups.iter().find_map(|group| {
        let parts: Vec<&str> = group.split('/').filter(|part| !part.is_empty()).collect();
        // Only the innermost part counts: a session scope inside user@1000.service is no service.
        let last = *parts.last()?;
        let is_login = last.starts_with("user@") || STARTERS.contains(&last);
        if !last.ends_with(".service") || is_login {
            return None;
        }
        let of_user = parts.iter().any(|part| part.starts_with("user@"));
        Some(if of_user {
            format!("{USER_UNIT}{last}")
        } else {
            last.to_owned()
        })
    })
}

fn parent_shown(ground: &Ground<'_>, pid: u32) -> String {
    match ground.proc.parent(pid) {
        Some(parent) if parent > 0 => {
            let name = ground.proc.name(parent).unwrap_or_default();
            format!("{name} (process {parent})")
        }
        Some(_) | None => "no parent that we can see".to_owned(),
    }
}

/// The process of an owner, where there is one.
pub fn pid_of(owner: &Owner) -> Option<u32> {
    match owner {
        Owner::PidFile { pid, .. }
        | Owner::Systemd { pid, .. }
        | Owner::Runit { pid, .. }
        | Owner::Supervisord { pid, .. }
        | Owner::Unknown { pid, .. } => (*pid > 0).then_some(*pid),
        Owner::Commands { .. } | Owner::NotRunning => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Ground, Procfs, find, unit_of};
    use crate::domain::answers::ServerAnswers;
    use crate::domain::survey::Owner;

    /// A made-up `/proc` with one listener on port 8585 (hex 2189), process 30 below 20 below 1.
    fn world() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        let root = folder.path();
        std::fs::create_dir(root.join("net")).expect("net");
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   \
            uid  timeout inode\n   0: 0100007F:2189 00000000:0000 0A 00000000:00000000 \
            00:00000000 00000000  1000        0 777 1\n   1: 0100007F:2189 0100007F:9999 01 \
            00000000:00000000 00:00000000 00000000  1000        0 778 1\n";
        std::fs::write(root.join("net/tcp"), tcp).expect("tcp");
        for (pid, parent, name) in [(1, 0, "init"), (20, 1, "runsv"), (30, 20, "java (x)")] {
            let place = root.join(pid.to_string());
            std::fs::create_dir_all(place.join("fd")).expect("fd");
            let stat = format!("{pid} ({name}) S {parent} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 99");
            std::fs::write(place.join("stat"), stat).expect("stat");
            std::fs::write(place.join("comm"), format!("{name}\n")).expect("comm");
            std::fs::write(place.join("environ"), "A=b\0").expect("environ");
            std::fs::write(place.join("cgroup"), "0::/user.slice/session-3.scope\n").expect("cg");
        }
        std::os::unix::fs::symlink("socket:[777]", root.join("30/fd/5")).expect("fd");
        folder
    }

    fn owner(root: &Path, home: &Path, answers: &ServerAnswers, port: u16) -> Owner {
        let ground = Ground {
            proc: &Procfs::at(root),
            homes: &[home],
            answers,
            systemd_runs: true,
        };
        find(&ground, port)
    }

    #[test]
    fn each_owner_is_known_by_its_own_mark() {
        let world = world();
        let root = world.path();
        let home = tempfile::tempdir().expect("home");
        let none = ServerAnswers::default();
        assert_eq!(owner(root, home.path(), &none, 1), Owner::NotRunning);

        let service = home.path().join("service");
        std::fs::create_dir(&service).expect("service");
        std::fs::write(service.join("run"), "").expect("run");
        std::os::unix::fs::symlink(&service, root.join("20/cwd")).expect("cwd");
        let pid = 30;
        assert_eq!(
            owner(root, home.path(), &none, 8585),
            Owner::Runit { pid, service }
        );

        std::fs::write(root.join("20/comm"), "bash\n").expect("comm");
        assert_eq!(
            owner(root, home.path(), &none, 8585),
            Owner::Unknown {
                pid,
                parent: "bash (process 20)".into()
            }
        );

        std::fs::create_dir(home.path().join("logs")).expect("logs");
        let file = home.path().join("logs/openmetadata.pid");
        std::fs::write(&file, "20\n").expect("pid file");
        assert_eq!(
            owner(root, home.path(), &none, 8585),
            Owner::PidFile {
                pid,
                file: file.clone()
            }
        );

        std::fs::write(&file, "21\n").expect("stale pid file");
        let unit = "0::/system.slice/openmetadata.service\n";
        std::fs::write(root.join("30/cgroup"), unit).expect("cgroup");
        assert_eq!(
            owner(root, home.path(), &none, 8585),
            Owner::Systemd {
                pid,
                unit: "openmetadata.service".to_owned()
            }
        );

        let environ = "SUPERVISOR_ENABLED=1\0SUPERVISOR_PROCESS_NAME=om\0SUPERVISOR_GROUP_NAME=g\0";
        std::fs::write(root.join("30/environ"), environ).expect("environ");
        assert_eq!(
            owner(root, home.path(), &none, 8585),
            Owner::Supervisord {
                pid,
                program: "g:om".to_owned()
            }
        );

        let answers = ServerAnswers {
            stop: Some("down".to_owned()),
            start: Some("up".to_owned()),
            start_timeout: None,
        };
        assert!(matches!(
            owner(root, home.path(), &answers, 8585),
            Owner::Commands { .. }
        ));
    }

    #[test]
    fn a_listener_that_nobody_shows_is_unknown_and_not_absent() {
        let world = world();
        std::fs::remove_file(world.path().join("30/fd/5")).expect("fd");
        let home = PathBuf::from("/nonexistent");
        let found = owner(world.path(), &home, &ServerAnswers::default(), 8585);
        assert!(matches!(found, Owner::Unknown { pid: 0, .. }), "{found:?}");
    }

    #[test]
    fn only_the_innermost_group_can_be_a_unit() {
        let unit = |path: &str| unit_of(&[path.to_owned()]);
        assert_eq!(unit("/user.slice/user@1000.service/session.scope"), None);
        assert_eq!(unit("/system.slice/ssh.service"), None);
        assert_eq!(
            unit("/user.slice/user-1.slice/user@1.service/app.slice/om.service").as_deref(),
            Some("user:om.service")
        );
    }
}
