//! Which settings are secrets, and where a database password may durably come from.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::files;
use super::jdbc::JdbcUrl;
use crate::deployment::Result;
use crate::domain::secret::Secret;

/// True for names of variables and YAML keys whose value must not be shown.
pub fn is_secret_name(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let tail = |end: &str| plain.ends_with(end);
    if tail("path") || tail("file") || tail("manager") || tail("provider") || tail("type") {
        return false;
    }
    plain.contains("password")
        || plain.contains("passwd")
        || plain.contains("secret")
        || plain.contains("fernetkey")
        || plain.contains("privatekey")
        || tail("token")
        || tail("apikey")
        || tail("accesskey")
        || tail("accesskeyid")
        || tail("connectionstring")
}

/// True for values that hide nothing: masking them everywhere would eat ordinary words.
pub fn is_common_word(value: &str) -> bool {
    value.len() < 4
        || [
            "admin", "password", "none", "true", "false", "null", "default",
        ]
        .contains(&value.to_ascii_lowercase().as_str())
}

fn must_be_private(path: &Path) -> Result<()> {
    let meta = std::fs::metadata(path).map_err(|error| files::unreadable(path, error))?;
    let mode = meta.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(files::unreadable(
            path,
            format!("others may read it (mode {mode:04o}); run chmod 600 on it"),
        ));
    }
    Ok(())
}

/// The password that libpq would take from `PGPASSFILE` or `~/.pgpass`; a file that others may read
/// is left out, as libpq does (PostgreSQL manual, "The Password File").
pub fn password_from_pgpass(url: &JdbcUrl, user: &str) -> Option<Secret> {
    let path = match std::env::var_os("PGPASSFILE") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".pgpass"),
    };
    must_be_private(&path).ok()?;
    let text = files::read_text(&path, 1024 * 1024).ok()?;
    let wanted = [
        url.host.as_str(),
        &url.port.to_string(),
        &url.database,
        user,
    ];
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| password_in_line(line, &wanted))
        .map(Secret::new)
}

fn password_in_line(line: &str, wanted: &[&str; 4]) -> Option<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => fields.last_mut()?.extend(letters.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            other => fields.last_mut()?.push(other),
        }
    }
    let password = fields.get(4)?.clone();
    let matches = fields
        .iter()
        .zip(wanted)
        .all(|(field, wanted)| field == "*" || field == wanted);
    matches.then_some(password)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::{is_common_word, is_secret_name, must_be_private, password_in_line};

    #[test]
    fn names_of_secrets_are_told_from_their_neighbours() {
        for name in [
            "DB_USER_PASSWORD",
            "password",
            "FERNET_KEY",
            "fernetKey",
            "AWS_SECRET_ACCESS_KEY",
            "OM_TOKEN",
            "apiKey",
            "clientSecret",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "DB_USER",
            "SECRET_MANAGER",
            "secretsManager",
            "RSA_PRIVATE_KEY_FILE_PATH",
            "rsaprivateKeyFilePath",
            "JWT_KEY_ID",
            "OM_DATABASE",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
        assert!(is_common_word("admin") && !is_common_word("openmetadata_password"));
    }

    #[test]
    fn a_pgpass_line_is_matched_field_by_field() {
        let wanted = ["h", "5432", "d", "u"];
        let found = |line| password_in_line(line, &wanted);
        assert_eq!(
            found("h:5432:*:u:pa\\:ss:word"),
            Some("pa:ss:word".to_owned())
        );
        assert_eq!(found("h:5433:*:u:x"), None);
        assert_eq!(found("h:5432:d:u"), None);
    }

    #[test]
    fn a_file_that_others_may_read_is_left_out() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("pw");
        std::fs::write(&file, "h:5432:d:u:geheim\n").expect("file");
        let mode = |bits| std::fs::Permissions::from_mode(bits);
        std::fs::set_permissions(&file, mode(0o644)).expect("mode");
        let told = must_be_private(&file).expect_err("open to all");
        assert!(told.to_string().contains("chmod 600"), "{told}");
        std::fs::set_permissions(&file, mode(0o600)).expect("mode");
        assert!(must_be_private(&file).is_ok());
    }
}
