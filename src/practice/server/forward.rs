//! Lets the server's sessions come from another loopback address, so that one machine can play two
//! hosts. Knows nothing of what it forwards.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};

/// Starts forwarding and gives the local port to connect to.
///
/// # Errors
/// When no local port can be had.
pub async fn start(from: IpAddr, host: String, port: u16) -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let local = listener.local_addr()?.port();
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((mut inside, _)) => {
                    let host = host.clone();
                    tokio::spawn(async move {
                        // Either side may go away at any time; the other then sees the end.
                        if let Ok(mut outside) = connect(from, &host, port).await {
                            let _ = copy_bidirectional(&mut inside, &mut outside).await;
                        }
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
    Ok(local)
}

async fn connect(from: IpAddr, host: &str, port: u16) -> std::io::Result<TcpStream> {
    let target = lookup_host((host, port))
        .await?
        .find(|address| address.is_ipv4() == from.is_ipv4())
        .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::AddrNotAvailable))?;
    let socket = if from.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(target).await
}
