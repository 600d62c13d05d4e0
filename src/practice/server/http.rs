//! HTTP/1.1 as far as a health check needs it: one request a connection, bounded in size and time.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const MOST_HEAD_BYTES: usize = 16 << 10;
const MOST_BODY_BYTES: usize = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(10);

/// A request as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub authorization: Option<String>,
    pub body: Vec<u8>,
}

/// An answer; the connection is closed after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

impl Response {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: body.to_string(),
        }
    }
}

/// Accepts connections for ever. One that cannot be accepted (no descriptors left) is waited out.
pub async fn serve<F, Answer>(listener: TcpListener, answer: F)
where
    F: Fn(Request) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Response> + Send,
{
    let answer = Arc::new(answer);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    // A client that goes away or dawdles is its own affair.
                    let _ = tokio::time::timeout(PATIENCE, exchange(stream, &*answer)).await;
                });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn exchange<Answer: Future<Output = Response>>(
    mut stream: TcpStream,
    answer: &impl Fn(Request) -> Answer,
) -> std::io::Result<()> {
    let mut received = Vec::new();
    let response = loop {
        match parse(&received) {
            Parsed::Whole(request) => break answer(request).await,
            Parsed::Refused(status) => {
                break Response::json(status, &serde_json::json!({"code": status}));
            }
            Parsed::Partial => {
                let mut piece = [0_u8; 4096];
                let count = stream.read(&mut piece).await?;
                if count == 0 {
                    return Ok(());
                }
                received.extend_from_slice(&piece[..count]);
            }
        }
    };
    let reason = match response.status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        _ => "Internal Server Error",
    };
    let text = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        response.status,
        response.content_type,
        response.body.len(),
        response.body
    );
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

enum Parsed {
    Partial,
    Whole(Request),
    Refused(u16),
}

fn parse(bytes: &[u8]) -> Parsed {
    let Some(head_end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if bytes.len() > MOST_HEAD_BYTES {
            Parsed::Refused(413)
        } else {
            Parsed::Partial
        };
    };
    let Ok(head) = std::str::from_utf8(&bytes[..head_end]) else {
        return Parsed::Refused(400);
    };
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or("").split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0")) =
        (words.next(), words.next(), words.next())
    else {
        return Parsed::Refused(400);
    };
    let mut authorization = None;
    let mut length = 0_usize;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            return Parsed::Refused(400);
        };
        if name.eq_ignore_ascii_case("authorization") {
            authorization = Some(value.trim().to_owned());
        } else if name.eq_ignore_ascii_case("content-length") {
            match value.trim().parse() {
                Ok(number) if number <= MOST_BODY_BYTES => length = number,
                Ok(_) => return Parsed::Refused(413),
                Err(_) => return Parsed::Refused(400),
            }
        }
    }
    let body = &bytes[head_end + 4..];
    if body.len() < length {
        return Parsed::Partial;
    }
    Parsed::Whole(Request {
        method: method.to_owned(),
        path: target.split('?').next().unwrap_or("").to_owned(),
        authorization,
        body: body[..length].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Parsed, parse};

    #[test]
    fn a_request_is_taken_when_it_is_whole() {
        let text =
            b"POST /api/x?y=1 HTTP/1.1\r\nAuthorization: Bearer t\r\ncontent-length: 2\r\n\r\n{}";
        assert!(matches!(parse(&text[..40]), Parsed::Partial));
        assert!(matches!(parse(&text[..text.len() - 1]), Parsed::Partial));
        let Parsed::Whole(request) = parse(text) else {
            panic!("not whole");
        };
        assert_eq!(request.path, "/api/x");
        assert_eq!(request.authorization.as_deref(), Some("Bearer t"));
        assert_eq!(request.body, b"{}");
    }

    #[test]
    fn nonsense_and_giants_are_refused() {
        assert!(matches!(parse(b"hello\r\n\r\n"), Parsed::Refused(400)));
        assert!(matches!(parse(&[b'a'; 20_000]), Parsed::Refused(413)));
        let giant = b"GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n";
        assert!(matches!(parse(giant), Parsed::Refused(413)));
        assert!(matches!(
            parse(b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
            Parsed::Refused(400)
        ));
    }
}
