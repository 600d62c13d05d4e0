//! Stands before a server as the network does: passes bytes on, and on demand breaks one connection or leads
//! all of them to another server. Knows of PostgreSQL and MySQL only how a client names its program.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// Longest start of a connection in which the application is looked for, in bytes.
const START: usize = 4096;

/// What befalls the connections of one application.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// The application's name begins so (PostgreSQL) or is this (MySQL).
    pub application: &'static str,
    /// It comes when so many bytes have come from the server.
    pub after: u64,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Both sides get a reset.
    Reset,
    /// Nothing moves any more, and nobody is told.
    Stall,
}

/// Listens on a port of its own until it is dropped.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
    end: Option<tokio::sync::oneshot::Sender<()>>,
}

struct Shared {
    from: Ipv4Addr,
    target: AtomicU16,
    trouble: Mutex<Option<Trouble>>,
    struck: AtomicU32,
    /// A change ends every connection that is open.
    cut: watch::Sender<()>,
}

impl Proxy {
    /// In front of the server on this port of 127.0.0.1.
    pub fn before(target: u16) -> Proxy {
        Self::coming_from(Ipv4Addr::LOCALHOST, target)
    }

    /// The same; the server sees its clients come from this address of the loopback network.
    pub fn coming_from(from: Ipv4Addr, target: u16) -> Proxy {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))
            .unwrap_or_else(|error| panic!("no port for a proxy: {error}"));
        listener
            .set_nonblocking(true)
            .unwrap_or_else(|error| panic!("proxy: {error}"));
        let port = listener
            .local_addr()
            .unwrap_or_else(|error| panic!("proxy: {error}"))
            .port();
        let (cut, _) = watch::channel(());
        let shared = Arc::new(Shared {
            from,
            target: AtomicU16::new(target),
            trouble: Mutex::new(None),
            struck: AtomicU32::new(0),
            cut,
        });
        let (end, ended) = tokio::sync::oneshot::channel();
        let serving = shared.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.unwrap_or_else(|error| panic!("cannot start a proxy: {error}"));
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = ended => {}
                }
            });
        });
        Proxy {
            port,
            shared,
            end: Some(end),
        }
    }

    /// From now on there is another server behind this port; what is open is cut.
    pub fn point_at(&self, target: u16) {
        self.shared.target.store(target, Ordering::SeqCst);
        self.shared.cut.send_replace(());
    }

    pub fn trouble(&self, trouble: Option<Trouble>) {
        *self
            .shared
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// How often trouble came.
    pub fn struck(&self) -> u32 {
        self.shared.struck.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            // Its thread may have ended already.
            let _ = end.send(());
        }
    }
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).unwrap_or_else(|error| panic!("proxy: {error}"));
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(link(client, shared.clone()));
    }
}

impl Shared {
    fn trouble_for(&self, start: &[u8], passed: u64) -> Option<What> {
        let trouble = self
            .trouble
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()?;
        (passed >= trouble.after && is_of(start, trouble.application)).then(|| {
            self.struck.fetch_add(1, Ordering::SeqCst);
            trouble.what
        })
    }
}

/// Whether a connection that begins so is of this application: a parameter of PostgreSQL's start, or a
/// connection attribute of MySQL, both in clear text (MySQL's only without TLS).
fn is_of(start: &[u8], application: &str) -> bool {
    let name = application.as_bytes();
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    [
        [b"application_name\0", name].concat(),
        [b"program_name", &[length][..], name].concat(),
    ]
    .iter()
    .any(|wanted| start.windows(wanted.len()).any(|part| part == wanted))
}

async fn connect(shared: &Shared) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((shared.from, 0)))?;
    let target = shared.target.load(Ordering::SeqCst);
    socket
        .connect(SocketAddr::from((Ipv4Addr::LOCALHOST, target)))
        .await
}

/// One connection, to its end.
async fn link(mut client: TcpStream, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    let Ok(mut server) = connect(&shared).await else {
        return;
    };
    let (mut up, mut down) = (vec![0; 16384], vec![0; 16384]);
    let (mut start, mut passed) = (Vec::new(), 0_u64);
    loop {
        tokio::select! {
            read = client.read(&mut up) => match read {
                Ok(count) if count > 0 => {
                    if start.len() < START {
                        start.extend_from_slice(&up[..count]);
                    }
                    if server.write_all(&up[..count]).await.is_err() {
                        return;
                    }
                }
                Ok(_) | Err(_) => return,
            },
            read = server.read(&mut down) => match read {
                Ok(count) if count > 0 => {
                    passed += count as u64;
                    match shared.trouble_for(&start, passed) {
                        None => {}
                        Some(What::Reset) => {
                            let gone = Some(Duration::ZERO);
                            // One that is closed already needs no reset.
                            let _ = rustix::net::sockopt::set_socket_linger(&client, gone);
                            let _ = rustix::net::sockopt::set_socket_linger(&server, gone);
                            return;
                        }
                        Some(What::Stall) => {
                            // Both sockets stay open; nobody reads or writes them.
                            let _ = cut.changed().await;
                            return;
                        }
                    }
                    if client.write_all(&down[..count]).await.is_err() {
                        return;
                    }
                }
                Ok(_) | Err(_) => return,
            },
            _ = cut.changed() => return,
        }
    }
}
