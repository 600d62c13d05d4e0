//! A line that dies without a word: a proxy that stops carrying bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use omup::database::{DatabaseError, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::bench::{Bench, good};

/// Carries bytes to the server until `dead` says no more; connections stay open all the while.
async fn proxy(listener: TcpListener, server: u16, dead: Arc<AtomicBool>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else {
            return;
        };
        let (client_in, client_out) = client.into_split();
        let (server_in, server_out) = server.into_split();
        tokio::spawn(carry(client_in, server_out, dead.clone()));
        tokio::spawn(carry(server_in, client_out, dead.clone()));
    }
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    dead: Arc<AtomicBool>,
) {
    let mut block = vec![0; 1 << 16];
    while let Ok(read) = from.read(&mut block).await {
        while dead.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        if read == 0 || to.write_all(&block[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_dead_line_ends_a_digest_within_half_a_minute() {
    let Some(bench) = Bench::new("stall") else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.unwrap_or_else(|error| panic!("{error}"));
    let mut target = bench.target();
    target.facts.port = listener.local_addr().map_or(1, |address| address.port());
    let dead = Arc::new(AtomicBool::new(false));
    let carrying = tokio::spawn(proxy(listener, bench.server.port, dead.clone()));
    let database = good(connect(target).await);
    let mut snapshot = good(database.snapshot().await);
    let cut = dead.clone();
    let begun = Instant::now();
    let error = snapshot
        .content(&move |done, _, _| {
            if done == 3 {
                cut.store(true, Ordering::Relaxed);
            }
        })
        .await
        .err();
    assert!(
        matches!(error, Some(DatabaseError::Lost { .. })),
        "{error:?}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(31),
        "{:?}",
        begun.elapsed()
    );
    dead.store(false, Ordering::Relaxed);
    carrying.abort();
}
