//! What is told while a backup is taken, proven or restored. Never journalled, may be lost.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::clean_text::CleanText;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Dump,
    /// Reading the stored file back from the disk and through the database's own tool, and
    /// digesting the source at the same time.
    CheckAndDigest,
    Configuration,
    Verify,
    Unpack,
    Restore,
    Compare,
}

impl Phase {
    pub fn words(self) -> &'static str {
        match self {
            Phase::Dump => "dumping",
            Phase::CheckAndDigest => "reading back and digesting",
            Phase::Configuration => "copying the configuration",
            Phase::Verify => "verifying stored bytes",
            Phase::Unpack => "unpacking the archive",
            Phase::Restore => "restoring",
            Phase::Compare => "comparing",
        }
    }
}

/// One look at the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// Bytes of the dump before compression (when reading: decompressed so far).
    pub raw_bytes: u64,
    /// Bytes written to (when reading: read from) the disk.
    pub stored_bytes: u64,
    /// Raw bytes expected in all; an estimate before the dump has ended.
    pub estimated_total: Option<u64>,
    pub table: Option<CleanText>,
    pub tables_done: usize,
    pub tables_total: usize,
    /// Seconds since anything moved; 0 while it moves.
    pub waiting_seconds: u64,
}

/// Whoever is told. It is called about four times a second and must not block.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// How often is told and watched.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// Does some work and tells at each tick while it lasts.
pub(super) async fn told<T>(work: impl Future<Output = T>, tell: impl Fn()) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(TICK) => tell(),
        }
    }
}

/// The figures as the threads leave them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) raw: AtomicU64,
    pub(super) stored: AtomicU64,
    /// Bytes that move without being progress: what the list tool is fed.
    pub(super) fed: AtomicU64,
    /// Set by a stage that failed, so that the others are not waited for in vain.
    pub(super) failed: AtomicBool,
    waiting: AtomicU64,
    tables_done: AtomicUsize,
    tables_total: AtomicUsize,
    table: Mutex<Option<CleanText>>,
}

impl Counters {
    pub(super) fn at_table(&self, done: usize, total: usize, table: &str) {
        self.tables_done.store(done, Ordering::Relaxed);
        self.tables_total.store(total, Ordering::Relaxed);
        self.name_table(table);
    }

    pub(super) fn name_table(&self, table: &str) {
        let mut now = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        *now = Some(CleanText::limited(table, 200));
    }

    pub(super) fn look(&self, phase: Phase, estimated_total: Option<u64>) -> Progress {
        Progress {
            phase,
            raw_bytes: self.raw.load(Ordering::Relaxed),
            stored_bytes: self.stored.load(Ordering::Relaxed),
            estimated_total,
            table: self
                .table
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            tables_done: self.tables_done.load(Ordering::Relaxed),
            tables_total: self.tables_total.load(Ordering::Relaxed),
            waiting_seconds: self.waiting.load(Ordering::Relaxed),
        }
    }
}

/// Notices that nothing moves. Time is monotonic.
pub(super) struct Watchdog<'a> {
    counters: &'a Counters,
    seen: (u64, u64, u64),
    since: Instant,
}

impl<'a> Watchdog<'a> {
    pub(super) fn new(counters: &'a Counters) -> Self {
        Self {
            counters,
            seen: (0, 0, 0),
            since: Instant::now(),
        }
    }

    /// How long nothing has moved.
    pub(super) fn silence(&mut self) -> Duration {
        let now = (
            self.counters.raw.load(Ordering::Relaxed),
            self.counters.stored.load(Ordering::Relaxed),
            self.counters.fed.load(Ordering::Relaxed),
        );
        if now != self.seen {
            self.seen = now;
            self.since = Instant::now();
        }
        let silence = self.since.elapsed();
        self.counters
            .waiting
            .store(silence.as_secs(), Ordering::Relaxed);
        silence
    }
}
