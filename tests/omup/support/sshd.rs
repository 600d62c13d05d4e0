//! A real sshd on a free loopback port with a throw-away key, and its client in a terminal.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::folder::Folder;
use super::tty::{Start, Tty};
use super::{port, skip, wait};

pub struct Sshd {
    server: Child,
    port: u16,
    key: std::path::PathBuf,
    user: String,
}

impl Sshd {
    /// `None`, with the skip recorded, where there is no sshd.
    #[track_caller]
    pub fn start(folder: &Folder) -> Option<Sshd> {
        let sshd = Path::new("/usr/sbin/sshd");
        let keygen = Command::new("ssh-keygen")
            .arg("-?")
            .stderr(Stdio::null())
            .status();
        if !sshd.exists() || keygen.is_err() {
            skip::skip("no sshd and ssh here (package openssh-server, openssh-client)");
            return None;
        }
        let key = folder.join("key");
        for name in ["key", "host"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.join(name))
                .status();
            assert!(made.is_ok_and(|status| status.success()), "ssh-keygen");
        }
        let port = port::free();
        let config = folder.write(
            "sshd_config",
            format!(
                "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nUsePAM no\nStrictModes no\nPidFile none\nAcceptEnv TMPDIR LANG TERM OMUP_*\n",
                folder.join("host").display(),
                folder.join("key.pub").display()
            ),
        );
        let _ = std::fs::create_dir_all("/run/sshd");
        let server = Command::new(sshd)
            .arg("-D")
            .arg("-f")
            .arg(&config)
            .arg("-E")
            .arg(folder.join("sshd.log"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start sshd: {error}"));
        wait::until("sshd to listen", Duration::from_secs(20), || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        let user = Command::new("id")
            .arg("-un")
            .output()
            .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_string())
            .unwrap_or_else(|_| "root".to_string());
        Some(Sshd {
            server,
            port,
            key,
            user,
        })
    }

    /// A login with a terminal that runs this command.
    #[track_caller]
    pub fn login(&self, command: &str) -> Tty {
        Start::new("ssh")
            .args(["-F", "none", "-tt"])
            .args(["-p", &self.port.to_string()])
            .args(["-i", &self.key.display().to_string()])
            .args(["-o", "StrictHostKeyChecking=no"])
            .args(["-o", "UserKnownHostsFile=/dev/null"])
            .args(["-o", "LogLevel=ERROR"])
            .args([&format!("{}@127.0.0.1", self.user), command])
            .start()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
