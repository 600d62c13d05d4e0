//! This host and the user that looks.

use std::path::Path;

use crate::domain::clean_text::CleanText;
use crate::domain::survey::HostFacts;

/// The login name of the user that runs this.
pub fn this_user() -> CleanText {
    name_of(rustix::process::getuid().as_raw(), Path::new("/etc/passwd"))
}

pub fn facts() -> HostFacts {
    let uid = rustix::process::getuid().as_raw();
    HostFacts {
        hostname: CleanText::from_bytes(rustix::system::uname().nodename().to_bytes()),
        user: this_user(),
        uid,
        boot_id: crate::process::boot_id().unwrap_or_default(),
    }
}

/// The login name of a user number; the number itself where `/etc/passwd` does not know it.
fn name_of(uid: u32, passwd: &Path) -> CleanText {
    let text = std::fs::read_to_string(passwd).unwrap_or_default();
    let found = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    });
    found.unwrap_or_else(|| format!("uid {uid}")).into()
}

#[cfg(test)]
mod tests {
    use super::{facts, name_of};

    #[test]
    fn a_user_is_named_by_the_table_or_by_the_number() {
        let folder = tempfile::tempdir().expect("folder");
        let table = folder.path().join("passwd");
        std::fs::write(
            &table,
            "root:x:0:0::/root:/bin/sh\nom:x:1001:7::/:/bin/sh\n",
        )
        .expect("file");
        assert_eq!(name_of(1001, &table).as_str(), "om");
        assert_eq!(name_of(7, &table).as_str(), "uid 7");
        assert!(!facts().boot_id.is_empty());
    }
}
