//! Waiting until somebody writes to a file, without looking at it again and again.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::fs::statfs;
use tokio::io::unix::AsyncFd;

/// File systems on which another host may write without our kernel being told: NFS, SMB, CIFS, SMB2, 9P, Ceph, FUSE
/// (statfs(2), `linux/magic.h`).
const ELSEWHERE: [u32; 7] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x0102_1997,
    0x00c3_6400,
    0x6573_5546,
];

/// The writes to one file, from now on.
pub struct Writes(AsyncFd<OwnedFd>);

impl Writes {
    /// `None` where the kernel cannot tell of all of them.
    pub fn to(file: &Path) -> Option<Self> {
        let kind = statfs(file).ok()?.f_type;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "32 bits"
        )]
        let kind = kind as u32;
        if ELSEWHERE.contains(&kind) {
            return None;
        }
        let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        inotify::add_watch(&watch, file, WatchFlags::MODIFY).ok()?;
        #[expect(
            deprecated,
            reason = "the new way is `unsafe`; the descriptor is owned by it alone, so its number stays"
        )]
        let told = AsyncFd::new(watch);
        told.ok().map(Self)
    }

    /// Comes back when there was a write since the last call; at once when there was one already.
    pub async fn next(&self) {
        let Ok(mut ready) = self.0.readable().await else {
            // The runtime ends, and this process with it.
            return std::future::pending().await;
        };
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut told = Reader::new(&self.0, &mut buffer);
        while told.next().is_ok() {}
        ready.clear_ready();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use super::Writes;

    #[tokio::test]
    async fn a_write_is_told_once_also_one_of_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let mut file = std::fs::File::create(&path).expect("a file");
        let Some(writes) = Writes::to(&path) else {
            // The temporary folder is on a file system of another host.
            return;
        };
        file.write_all(b"before").expect("written");
        writes.next().await;
        let quiet = tokio::time::timeout(Duration::from_millis(50), writes.next()).await;
        assert!(quiet.is_err(), "told twice");
        let (_, ()) = tokio::join!(writes.next(), async {
            file.write_all(b"after").expect("written");
        });
        assert!(Writes::to(&folder.path().join("absent")).is_none());
    }
}
