//! How the runner outlives the login that started it: a pure decision, and nothing else.
//!
//! systemd-logind ends what a user left behind only where `KillUserProcesses=yes`
//! (logind.conf(5)); a scope of its own is then needed, and for a user also lingering
//! (loginctl(1)).

/// What is known of the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    pub root: bool,
    /// systemd runs this machine (`/run/systemd/system` exists) and `systemd-run` is there.
    pub systemd: bool,
    /// `KillUserProcesses=yes`.
    pub kills_user_processes: bool,
    /// The user lingers.
    pub lingers: bool,
}

/// How to start the runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A session of its own is enough.
    Setsid,
    /// In a system scope.
    SystemScope,
    /// In a scope of the user's lingering manager.
    UserScope,
    /// It would be ended with the login: `loginctl enable-linger` first.
    WouldDie,
}

/// Decides.
pub fn way(login: Login) -> Way {
    match login {
        Login { systemd: false, .. } => Way::Setsid,
        Login { root: true, .. } => Way::SystemScope,
        Login {
            kills_user_processes: false,
            ..
        } => Way::Setsid,
        Login { lingers: true, .. } => Way::UserScope,
        Login { lingers: false, .. } => Way::WouldDie,
    }
}

impl Way {
    pub fn words(self) -> &'static str {
        match self {
            Way::Setsid => "own session; outlives this login",
            Way::SystemScope => "own systemd scope; outlives this login",
            Way::UserScope => "scope of the lingering user manager; outlives this login",
            Way::WouldDie => "ends with this login (KillUserProcesses=yes and no lingering)",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Login, Way, way};

    #[test]
    fn every_login_has_its_way() {
        let table = [
            (false, false, false, false, Way::Setsid),
            (true, false, true, false, Way::Setsid),
            (true, true, false, false, Way::SystemScope),
            (true, true, true, false, Way::SystemScope),
            (false, true, false, false, Way::Setsid),
            (false, true, true, true, Way::UserScope),
            (false, true, true, false, Way::WouldDie),
        ];
        for (root, systemd, kills_user_processes, lingers, expected) in table {
            let login = Login {
                root,
                systemd,
                kills_user_processes,
                lingers,
            };
            assert_eq!(way(login), expected, "{login:?}");
        }
    }
}
