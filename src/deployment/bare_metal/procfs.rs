//! Processes and listeners as `/proc` shows them. Looks only; the folder is a parameter so that
//! tests can give their own. Source: proc(5).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A view of a `/proc` folder.
#[derive(Debug, Clone)]
pub struct Procfs {
    root: PathBuf,
}

impl Default for Procfs {
    fn default() -> Self {
        Self {
            root: PathBuf::from("/proc"),
        }
    }
}

/// Who listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listener {
    Nobody,
    Process(u32),
    /// A socket is there, and no process that we may look into holds it.
    Hidden {
        /// The user that the socket belongs to.
        uid: u32,
    },
}

/// A socket in the state LISTEN.
struct Socket {
    inode: u64,
    uid: u32,
}

impl Procfs {
    #[cfg(test)]
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    fn file(&self, pid: u32, name: &str) -> PathBuf {
        self.root.join(pid.to_string()).join(name)
    }

    /// Every process number.
    pub fn pids(&self) -> Vec<u32> {
        let Ok(entries) = std::fs::read_dir(&self.root) else {
            return Vec::new();
        };
        let mut pids: Vec<u32> = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        pids.sort_unstable();
        pids
    }

    /// Who listens on this TCP port, over IPv4 or IPv6.
    pub fn listener(&self, port: u16) -> Listener {
        let sockets: Vec<Socket> = ["net/tcp", "net/tcp6"]
            .into_iter()
            .filter_map(|name| std::fs::read_to_string(self.root.join(name)).ok())
            .flat_map(|table| listening(&table, port))
            .collect();
        let Some(uid) = sockets.first().map(|socket| socket.uid) else {
            return Listener::Nobody;
        };
        let wanted: BTreeSet<String> = sockets
            .iter()
            .map(|socket| format!("socket:[{}]", socket.inode))
            .collect();
        let holders: BTreeSet<u32> = self
            .pids()
            .into_iter()
            .filter(|pid| self.holds_any(*pid, &wanted))
            .collect();
        // A fork shares its parent's socket: the one whose parent does not hold it is the server.
        let first = holders.iter().find(|pid| {
            self.parent(**pid)
                .is_none_or(|parent| !holders.contains(&parent))
        });
        match first {
            Some(pid) => Listener::Process(*pid),
            None => Listener::Hidden { uid },
        }
    }

    fn holds_any(&self, pid: u32, wanted: &BTreeSet<String>) -> bool {
        let Ok(entries) = std::fs::read_dir(self.file(pid, "fd")) else {
            return false;
        };
        entries.flatten().any(|entry| {
            std::fs::read_link(entry.path()).is_ok_and(|target| {
                target
                    .to_str()
                    .is_some_and(|target| wanted.contains(target))
            })
        })
    }

    /// Fields of `stat` after the command's name: state, parent, ...
    fn stat(&self, pid: u32) -> Option<Vec<String>> {
        let text = std::fs::read_to_string(self.file(pid, "stat")).ok()?;
        // The name stands in parentheses and may hold anything, a parenthesis included.
        let after = &text[text.rfind(')')? + 1..];
        Some(after.split_whitespace().map(str::to_owned).collect())
    }

    pub fn parent(&self, pid: u32) -> Option<u32> {
        self.stat(pid)?.get(1)?.parse().ok()
    }

    /// Start time in clock ticks since boot: with the pid, the identity of a process.
    pub fn started(&self, pid: u32) -> Option<u64> {
        self.stat(pid)?.get(19)?.parse().ok()
    }

    /// True while this very process is there and not a zombie.
    pub fn lives(&self, pid: u32, started: u64) -> bool {
        self.stat(pid).is_some_and(|fields| {
            let gone = matches!(fields.first().map(String::as_str), Some("Z" | "X"));
            !gone && fields.get(19).and_then(|text| text.parse().ok()) == Some(started)
        })
    }

    /// Parents from the nearest to the first, the process itself left out.
    pub fn ancestors(&self, pid: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut at = pid;
        while let Some(parent) = self.parent(at).filter(|parent| *parent > 0) {
            if found.contains(&parent) || found.len() > 64 {
                break;
            }
            found.push(parent);
            at = parent;
        }
        found
    }

    /// The short name of the program.
    pub fn name(&self, pid: u32) -> Option<String> {
        let text = std::fs::read_to_string(self.file(pid, "comm")).ok()?;
        Some(text.trim_end().to_owned())
    }

    pub fn arguments(&self, pid: u32) -> Vec<String> {
        strings(&self.file(pid, "cmdline"))
    }

    /// The environment that the process was started with; `None` where we may not look.
    pub fn environment(&self, pid: u32) -> Option<BTreeMap<String, String>> {
        let path = self.file(pid, "environ");
        std::fs::File::open(&path).ok()?;
        let pairs = strings(&path).into_iter().filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        Some(pairs.collect())
    }

    pub fn folder(&self, pid: u32) -> Option<PathBuf> {
        std::fs::read_link(self.file(pid, "cwd")).ok()
    }

    /// Paths of the control groups of a process.
    pub fn control_groups(&self, pid: u32) -> Vec<String> {
        let text = std::fs::read_to_string(self.file(pid, "cgroup")).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.splitn(3, ':').nth(2))
            .map(str::to_owned)
            .collect()
    }
}

fn strings(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes
        .split(|byte| *byte == 0)
        .filter(|part| !part.is_empty())
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect()
}

/// The sockets of a table of `/proc/net/tcp` that listen on a port.
fn listening(table: &str, port: u16) -> Vec<Socket> {
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let local = fields.get(1)?.rsplit_once(':')?.1;
            let listens = *fields.get(3)? == "0A";
            let matches = u16::from_str_radix(local, 16) == Ok(port);
            (listens && matches).then_some(())?;
            Some(Socket {
                uid: fields.get(7)?.parse().ok()?,
                inode: fields.get(9)?.parse().ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Listener, Procfs};

    #[test]
    fn our_own_listener_is_found_and_gone_when_closed() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = listener.local_addr().expect("address").port();
        let proc = Procfs::default();
        assert_eq!(proc.listener(port), Listener::Process(std::process::id()));
        drop(listener);
        assert_eq!(proc.listener(port), Listener::Nobody);
    }

    #[test]
    fn a_process_is_itself_only_with_its_start_time() {
        let proc = Procfs::default();
        let pid = std::process::id();
        let started = proc.started(pid).expect("start time");
        assert!(proc.lives(pid, started));
        assert!(!proc.lives(pid, started + 1));
        assert!(proc.ancestors(pid).contains(&1) || pid == 1);
        assert!(proc.environment(pid).is_some_and(|env| !env.is_empty()));
        assert!(proc.folder(pid).is_some());
    }
}
