//! Connection attributes for a MySQL session, which sqlx does not send: a local port that forwards
//! one session to the server and adds them to the client's first packet.
//!
//! Connector/J sends them, and they are how a session is told from others
//! (`performance_schema.session_connect_attrs`). Only for sessions without TLS: the packet must be
//! readable. Source of the layout: MySQL internals, "Protocol::HandshakeResponse41".

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// `CLIENT_CONNECT_ATTRS` and `CLIENT_SSL` of the capability flags.
const CONNECT_ATTRS: u32 = 1 << 20;
const SSL: u32 = 1 << 11;

/// Connects to the server and gives the local port on which exactly one client may speak to it.
///
/// # Errors
/// When the server cannot be reached or there is no local port.
pub async fn forward(
    host: &str,
    port: u16,
    attributes: &[(String, String)],
) -> std::io::Result<u16> {
    let mut server = TcpStream::connect((host, port)).await?;
    server.set_nodelay(true)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let local = listener.local_addr()?.port();
    let attributes = encoded(attributes);
    tokio::spawn(async move {
        // Either side may go away at any time; the other then sees the end.
        if let Ok((mut client, _)) = listener.accept().await {
            drop(listener);
            let _ = client.set_nodelay(true);
            if handshake(&mut client, &mut server, &attributes)
                .await
                .is_ok()
            {
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        }
    });
    Ok(local)
}

/// Passes the server's greeting on and the client's answer to it, with the attributes.
async fn handshake(
    client: &mut TcpStream,
    server: &mut TcpStream,
    attributes: &[u8],
) -> std::io::Result<()> {
    let (sequence, greeting) = packet(server).await?;
    client.write_all(&framed(sequence, &greeting)).await?;
    let (sequence, mut answer) = packet(client).await?;
    add(&mut answer, attributes);
    server.write_all(&framed(sequence, &answer)).await
}

/// Sets the flag and appends the attributes, which are the last field of the packet.
fn add(answer: &mut Vec<u8>, attributes: &[u8]) {
    let Some(flags) = answer.first_chunk_mut::<4>() else {
        return;
    };
    let given = u32::from_le_bytes(*flags);
    if given & (SSL | CONNECT_ATTRS) == 0 {
        *flags = (given | CONNECT_ATTRS).to_le_bytes();
        answer.extend_from_slice(attributes);
    }
}

async fn packet(from: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0_u8; 4];
    from.read_exact(&mut head).await?;
    let [low, middle, high, sequence] = head;
    let mut body = vec![0; u32::from_le_bytes([low, middle, high, 0]) as usize];
    from.read_exact(&mut body).await?;
    Ok((sequence, body))
}

fn framed(sequence: u8, body: &[u8]) -> Vec<u8> {
    let [low, middle, high, _] = (body.len() as u32).to_le_bytes();
    let mut packet = vec![low, middle, high, sequence];
    packet.extend_from_slice(body);
    packet
}

fn encoded(attributes: &[(String, String)]) -> Vec<u8> {
    let mut pairs = Vec::new();
    for text in attributes.iter().flat_map(|(name, value)| [name, value]) {
        write_length(&mut pairs, text.len());
        pairs.extend_from_slice(text.as_bytes());
    }
    let mut all = Vec::new();
    write_length(&mut all, pairs.len());
    all.extend(pairs);
    all
}

/// A length-encoded integer; two bytes are enough for 64 KB of attributes, the most that a server
/// takes.
fn write_length(bytes: &mut Vec<u8>, length: usize) {
    match u16::try_from(length).unwrap_or(u16::MAX) {
        short @ 0..=250 => bytes.push(short as u8),
        long => {
            bytes.push(0xfc);
            bytes.extend(long.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CONNECT_ATTRS, SSL, add, encoded};

    #[test]
    fn attributes_are_appended_and_their_flag_is_set() {
        let attributes = encoded(&[("program_name".into(), "x".repeat(300))]);
        assert_eq!(attributes[..3], [0xfc, 0x3c, 0x01]);
        assert_eq!(attributes[3..7], [12, b'p', b'r', b'o']);
        let mut answer = vec![0, 0, 0, 0, 7];
        add(&mut answer, &attributes);
        assert_eq!(answer[..4], CONNECT_ATTRS.to_le_bytes());
        assert!(answer.ends_with(&attributes));
    }

    #[test]
    fn a_request_for_tls_passes_as_it_is() {
        let mut request = SSL.to_le_bytes().to_vec();
        add(&mut request, &[0]);
        assert_eq!(request, SSL.to_le_bytes());
    }
}
