//! How much room a backup and its proof need on each file system. Pure arithmetic.

use super::clean_text::CleanText;

/// Stored bytes per byte of archive: measured 0.21 on OpenMetadata's rows; text that compresses
/// worse must not fill the disk.
pub const COMPRESSED_SHARE: f64 = 0.35;
/// Room that is asked for beyond the sum, in percent.
pub const SPARE: u64 = 20;

/// A file system as the arithmetic sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Device number: the same number is the same room.
    pub device: u64,
    /// Bytes that a normal user may still write.
    pub free: u64,
    /// A folder on it, for the words.
    pub at: CleanText,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Bytes of the database on the server's disk.
    pub database_bytes: u64,
    /// Bytes of the archive before compression per byte of the database.
    pub archive_share: f64,
    /// Where backups go.
    pub backups: Disk,
    /// Where the archive is unpacked.
    pub work: Disk,
    /// Where the server keeps its data, if it is known and on this host.
    pub server: Option<Disk>,
    /// A proof is made on the same server (a restore needs the same room).
    pub proof: bool,
}

/// What one file system needs and has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub disk: Disk,
    /// Bytes, spare room included.
    pub bytes: u64,
    /// The parts of the sum, in words.
    pub parts: Vec<CleanText>,
}

impl Need {
    pub fn fits(&self) -> bool {
        self.bytes <= self.disk.free
    }

    /// The arithmetic as one line.
    pub fn line(&self) -> CleanText {
        let parts: Vec<&str> = self.parts.iter().map(CleanText::as_str).collect();
        CleanText::from(format!(
            "{}: {} + {SPARE} % = {} needed, {} free",
            self.disk.at,
            parts.join(" + "),
            size(self.bytes),
            size(self.disk.free)
        ))
    }
}

/// The need of each file system; those on one device are added up.
pub fn needs(plan: &Plan) -> Vec<Need> {
    let archive = scaled(plan.database_bytes, plan.archive_share);
    let stored = scaled(archive, COMPRESSED_SHARE);
    let mut needs: Vec<(Need, u64)> = Vec::new();
    let mut add = |disk: &Disk, bytes: u64, words: &str| {
        let part = CleanText::from(format!("{words} {}", size(bytes)));
        match needs.iter_mut().find(|(n, _)| n.disk.device == disk.device) {
            Some((need, sum)) => {
                *sum = sum.saturating_add(bytes);
                need.parts.push(part);
            }
            None => needs.push((
                Need {
                    disk: disk.clone(),
                    bytes: 0,
                    parts: vec![part],
                },
                bytes,
            )),
        }
    };
    add(&plan.backups, stored, "backup");
    if plan.proof {
        add(&plan.work, archive, "unpacked archive");
        if let Some(server) = &plan.server {
            add(server, plan.database_bytes, "scratch copy");
        }
    }
    needs
        .into_iter()
        .map(|(mut need, sum)| {
            need.bytes = sum.saturating_add(sum / 100 * SPARE);
            need
        })
        .collect()
}

/// That share of some bytes, rounded up.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate; the cast saturates"
)]
pub fn scaled(bytes: u64, share: f64) -> u64 {
    (bytes as f64 * share).ceil() as u64
}

/// Bytes in the unit that a person would use, the same everywhere in this program. The units are those that databases
/// and OpenMetadata's guides write: kB, MB, GB, each 1024 of the one before. A decimal stands only where there is a rest.
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TB", 40), ("GB", 30), ("MB", 20), ("kB", 10)];
    for (unit, shift) in UNITS {
        let whole = bytes >> shift;
        if whole > 0 {
            let rest = bytes - (whole << shift);
            if rest == 0 {
                return format!("{whole} {unit}");
            }
            return format!("{whole}.{} {unit}", (rest * 10) >> shift);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::{Disk, Need, Plan, needs, size};

    #[test]
    fn a_size_reads_as_databases_write_it() {
        assert_eq!(size(900), "900 B");
        assert_eq!(size(256 << 10), "256 kB");
        assert_eq!(size(20 << 20), "20 MB");
        assert_eq!(size((20 << 20) + 1), "20.0 MB");
        assert_eq!(size(5 << 29), "2.5 GB");
    }

    fn disk(device: u64, free: u64) -> Disk {
        Disk {
            device,
            free,
            at: "/srv".into(),
        }
    }

    #[test]
    fn one_disk_pays_for_everything() {
        let plan = Plan {
            database_bytes: 1000,
            archive_share: 1.0,
            backups: disk(1, 2819),
            work: disk(1, 2819),
            server: Some(disk(1, 2819)),
            proof: true,
        };
        let found = needs(&plan);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bytes, 2350 + 23 * 20);
        assert!(found[0].fits());
        assert_eq!(
            found[0].line().as_str(),
            "/srv: backup 350 B + unpacked archive 1000 B + scratch copy 1000 B + 20 % = 2.7 kB needed, 2.7 kB free"
        );
    }

    #[test]
    fn each_disk_pays_its_own_part() {
        let plan = Plan {
            database_bytes: 10 << 30,
            archive_share: 0.9,
            backups: disk(1, 1 << 30),
            work: disk(2, 100 << 30),
            server: Some(disk(3, u64::MAX)),
            proof: true,
        };
        let found = needs(&plan);
        assert_eq!(
            found.iter().map(Need::fits).collect::<Vec<_>>(),
            [false, true, true]
        );
        let without = needs(&Plan {
            proof: false,
            ..plan
        });
        assert_eq!(without.len(), 1);
    }
}
