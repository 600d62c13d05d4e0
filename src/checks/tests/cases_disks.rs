//! Room on the disks.

use super::sample::disk_of;
use super::{Case, at};
use crate::domain::finding::Verdict::{Fail, Unknown, Warn};
use crate::domain::survey::{ServerLog, Survey};

const GIB: u64 = 1 << 30;

/// The server writes a log with this bound; `free` is what its own filesystem has free.
fn log(survey: &mut Survey, limit: Option<u64>, free: Option<u64>) {
    let folder = free.map(|_| "/var/lib/postgresql/wal".into());
    survey.database.log = Some(ServerLog { limit, folder });
    if let Some(free) = free {
        let mut disk = disk_of(survey, "database").clone();
        disk.role = "log".to_string();
        disk.path = "/var/lib/postgresql/wal".into();
        disk.device = 99;
        disk.free = free;
        survey.disks.push(disk);
    }
}

pub const CASES: &[Case] = &[
    // 10 GB database: (3.5 + 10) x 1.2 = 16.2 GB (cut to 16.1) at the backup, (10 + 2) x 1.2 = 14.4 GB at the server.
    Case {
        shows: "16.1 GB needed, 100 GB of 200 GB free",
        ..at("OM-DISK-001", "room enough")
    },
    Case {
        change: |s, _| disk_of(s, "backup").free = 16 * GIB,
        verdict: Fail,
        holds: true,
        shows: "TOO SMALL",
        ..at("OM-DISK-001", "the backup does not fit")
    },
    Case {
        change: |s, _| disk_of(s, "backup").free = 17 * GIB,
        ..at("OM-DISK-001", "the backup just fits")
    },
    Case {
        change: |s, _| disk_of(s, "database").free = 14 * GIB,
        verdict: Fail,
        holds: true,
        shows: "rebuild of the largest table table_entity 2 GB",
        ..at("OM-DISK-001", "the copy does not fit")
    },
    Case {
        change: |s, _| {
            disk_of(s, "database").device = 1;
            disk_of(s, "database").free = 30 * GIB;
            disk_of(s, "backup").free = 30 * GIB;
        },
        verdict: Fail,
        holds: true,
        shows: "/srv/backups, /var/lib/postgresql/15/main",
        ..at("OM-DISK-001", "one device pays for both (30.6 GB)")
    },
    Case {
        change: |s, _| disk_of(s, "backup").writable = false,
        verdict: Fail,
        holds: true,
        shows: "cannot be written",
        ..at("OM-DISK-001", "backup folder not writable")
    },
    Case {
        change: |s, _| disk_of(s, "database").writable = false,
        ..at("OM-DISK-001", "the server's folder need not be ours")
    },
    Case {
        change: |s, _| s.disks.retain(|disk| disk.role != "database"),
        verdict: Unknown,
        holds: true,
        shows: "database_free_gib",
        ..at("OM-DISK-001", "the server's folder is not visible")
    },
    Case {
        change: |s, _| {
            s.disks.retain(|disk| disk.role != "database");
            disk_of(s, "backup").free = 0;
        },
        verdict: Fail,
        holds: true,
        ..at("OM-DISK-001", "not visible, and the backup does not fit")
    },
    Case {
        change: |s, a| {
            s.disks.retain(|disk| disk.role != "database");
            a.known.database_free_gib = Some(500);
        },
        shows: "as the answers say",
        ..at("OM-DISK-001", "not visible, and a person says what is free")
    },
    Case {
        change: |s, a| {
            s.disks.retain(|disk| disk.role != "database");
            a.known.database_free_gib = Some(1);
        },
        verdict: Fail,
        holds: true,
        shows: "1 GB free, as the answers say",
        ..at(
            "OM-DISK-001",
            "not visible, and a person says too little is free",
        )
    },
    Case {
        change: |s, _| log(s, Some(GIB), None),
        shows: "write-ahead log 1 GB (estimate: more than this the server does not keep)",
        ..at("OM-DISK-001", "the server's log, with a bound")
    },
    Case {
        // (10 + 2 + 12) x 1.2 = 28.8 GB
        change: |s, _| {
            log(s, None, None);
            disk_of(s, "database").free = 28 * GIB;
        },
        verdict: Fail,
        holds: true,
        shows: "write-ahead log 12 GB (estimate: as much as copy and rebuild)",
        ..at("OM-DISK-001", "the server's log, without a bound")
    },
    Case {
        change: |s, _| {
            log(s, None, Some(12 * GIB));
            disk_of(s, "database").free = 15 * GIB;
        },
        verdict: Fail,
        holds: true,
        shows: "more on the filesystem of /var/lib/postgresql/wal",
        ..at("OM-DISK-001", "the log on a filesystem of its own")
    },
    Case {
        change: |s, _| s.disks.retain(|disk| disk.role != "backup"),
        verdict: Unknown,
        holds: true,
        ..at("OM-DISK-001", "backup folder not looked at")
    },
    Case {
        change: |s, _| s.database.bytes = u64::MAX,
        verdict: Fail,
        holds: true,
        ..at("OM-DISK-001", "figures beyond any disk")
    },
    at("OM-DISK-002", "room enough"),
    Case {
        change: |s, _| disk_of(s, "state").free = (64 << 20) - 1,
        verdict: Fail,
        holds: true,
        shows: "64 MB",
        ..at("OM-DISK-002", "one byte short")
    },
    Case {
        change: |s, _| disk_of(s, "state").free = 64 << 20,
        ..at("OM-DISK-002", "just enough")
    },
    Case {
        change: |s, _| disk_of(s, "state").writable = false,
        verdict: Fail,
        holds: true,
        ..at("OM-DISK-002", "not writable")
    },
    Case {
        change: |s, _| s.disks.clear(),
        verdict: Unknown,
        holds: true,
        ..at("OM-DISK-002", "not looked at")
    },
    at("OM-LEVEL-002", "no old file"),
    Case {
        change: |s, _| {
            s.data_only_files = vec!["/srv/backups/openmetadata_202301010000_backup.sql".into()];
        },
        verdict: Warn,
        shows: "metadata backup",
        ..at("OM-LEVEL-002", "an old file")
    },
];
