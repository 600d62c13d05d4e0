//! Names of the entries in a survey's `deployment.settings` that checks read.

/// Database of the new installation as it will be after the carry-over: `host:port/name as user`.
pub const NEW_DATABASE: &str = "new.database";
/// Database of the old installation in the same form.
pub const OLD_DATABASE: &str = "old.database";
/// Why the configuration of the new installation cannot be read.
pub const NEW_UNREADABLE: &str = "new.unreadable";
/// Migration folders of the two installations, separated by blanks.
pub const OLD_MIGRATIONS: &str = "old.migrations";
pub const NEW_MIGRATIONS: &str = "new.migrations";
/// Prefix of lines that need a shell and were not understood; then `file:line`.
pub const NOT_UNDERSTOOD: &str = "not-understood.";
/// Prefix of variables whose value in the running server is not the one in the files.
pub const DIFFERS: &str = "running-differs.";
/// How the server's owner comes to a version: one of the `ROUTE_...` words, then the path.
pub const START_ROUTE: &str = "start.route";
/// Through a symbolic link that is turned.
pub const ROUTE_LINK: &str = "link ";
/// It names this installation itself.
pub const ROUTE_HOME: &str = "home ";
/// By the installation's own script, or by a command with `{home}` in it.
pub const ROUTE_FREE: &str = "free";
/// Nothing of it is to be seen.
pub const ROUTE_UNSEEN: &str = "unseen";
/// With which key the server encrypts what it stores: one of the `FERNET_...` words.
pub const FERNET: &str = "fernet";
/// One of the operator's own.
pub const FERNET_OWN: &str = "own";
/// The one that OpenMetadata's files bring, which everybody can read.
pub const FERNET_PUBLIC: &str = "public";
/// None at all.
pub const FERNET_NONE: &str = "none";
