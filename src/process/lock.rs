//! The lock that a child carries: held exactly as long as the child or anything it started lives.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

/// How often a waiting caller looks; the lock of a foreign process raises no event.
const LOOK: Duration = Duration::from_millis(200);

/// Opens (creating it, 0600) and takes the lock; `WouldBlock` if somebody holds it.
pub(super) fn take(path: &Path) -> io::Result<OwnedFd> {
    let fd = rustix::fs::open(
        path,
        OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::from_raw_mode(0o600),
    )?;
    rustix::fs::fchmod(&fd, Mode::from_raw_mode(0o600))?;
    // Whoever looks at the lock holds it shared for an instant; that is no earlier child.
    for _ in 0..10 {
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => std::thread::sleep(Duration::from_millis(10)),
            other => return other.map(|()| fd).map_err(io::Error::from),
        }
    }
    Err(Errno::WOULDBLOCK.into())
}

/// True while a child (or a descendant of it) that was started with this lock file lives. A file
/// that does not exist is held by nobody.
pub fn lock_is_held(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A shared lock, so that two who look at once do not see each other.
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Waits until nobody holds the lock: the way to follow a child of a runner that is gone.
pub async fn wait_until_released(path: &Path) -> io::Result<()> {
    while lock_is_held(path)? {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
