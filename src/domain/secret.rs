//! A secret: it can be used, but not shown, written or compared by accident.

use std::fmt;
use std::io::{Read, Write};

use zeroize::Zeroizing;

/// A password or token. Wiped when dropped; `Debug` shows a mask; not serialisable on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

/// What stands in the place of a secret wherever a command or a text is shown.
pub const MASK: &str = "********";

impl Secret {
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Masks every known secret in a text before it is shown or written.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    needles: Vec<Secret>,
}

impl Redactor {
    /// Secrets shorter than four bytes are left out: masking them would eat ordinary words.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut needles = Vec::new();
        for secret in secrets {
            if secret.reveal().len() < 4 {
                continue;
            }
            needles.push(secret.clone());
            needles.extend(other_forms(secret.reveal()).into_iter().map(Secret::new));
        }
        needles.sort_by(|a, b| (b.reveal().len(), b.reveal()).cmp(&(a.reveal().len(), a.reveal())));
        needles.dedup();
        Self { needles }
    }

    /// Copies a stream with each secret replaced by the mask, however long it is; gives how many.
    ///
    /// # Errors
    /// Reading or writing failed.
    pub fn stream(&self, mut from: impl Read, mut to: impl Write) -> std::io::Result<u64> {
        let longest = self
            .needles
            .iter()
            .map(|needle| needle.reveal().len())
            .max()
            .unwrap_or(0);
        let (mut window, mut chunk, mut masked) = (Vec::new(), vec![0; 64 * 1024], 0);
        loop {
            let read = from.read(&mut chunk)?;
            window.extend_from_slice(&chunk[..read]);
            // A secret may begin in the last bytes and end in the next chunk.
            let safe = if read == 0 {
                window.len()
            } else {
                window.len().saturating_sub(longest)
            };
            let (mut at, mut kept) = (0, 0);
            while at < safe {
                let here = &window[at..];
                match self
                    .needles
                    .iter()
                    .find(|needle| here.starts_with(needle.reveal().as_bytes()))
                {
                    Some(needle) => {
                        to.write_all(&window[kept..at])?;
                        to.write_all(MASK.as_bytes())?;
                        at += needle.reveal().len();
                        kept = at;
                        masked += 1;
                    }
                    None => at += 1,
                }
            }
            to.write_all(&window[kept..at])?;
            window.drain(..at);
            if read == 0 {
                return Ok(masked);
            }
        }
    }

    /// What is masked, for handing it on to another process of ours.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.needles.iter()
    }

    /// The text with each secret, plain, percent-encoded, base64, hexadecimal or as it stands in a
    /// JSON string, replaced by the mask.
    pub fn redact(&self, text: &str) -> String {
        let mut out = text.to_string();
        for needle in &self.needles {
            if out.contains(needle.reveal()) {
                out = out.replace(needle.reveal(), MASK);
            }
        }
        out
    }
}

/// How a secret looks where a program has encoded it. Base64 depends on what stands before: of the
/// three alignments, the characters that the secret alone decides.
fn other_forms(text: &str) -> Vec<String> {
    use base64::Engine as _;
    let mut forms = vec![
        percent_encode(text),
        percent_encode(text).replace("%20", "+"),
    ];
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.extend([hex.to_uppercase(), hex]);
    let lower = percent_encode(text)
        .split('%')
        .enumerate()
        .map(|(n, part)| {
            if n == 0 {
                part.to_string()
            } else {
                part[..2].to_lowercase() + &part[2..]
            }
        })
        .collect::<Vec<_>>()
        .join("%");
    forms.push(lower);
    if let Ok(quoted) = serde_json::to_string(text) {
        forms.push(quoted.trim_matches('"').to_string());
    }
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(text.as_bytes());
        let first = (before * 8).div_ceil(6);
        let whole = bytes.len() * 8 / 6;
        for engine in [
            base64::engine::general_purpose::STANDARD_NO_PAD,
            base64::engine::general_purpose::URL_SAFE_NO_PAD,
        ] {
            let encoded = engine.encode(&bytes);
            forms.extend(encoded.get(first..whole).map(String::from));
        }
    }
    forms.retain(|form| form.len() >= 4 && form != text);
    forms
}

fn percent_encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Redactor, Secret};

    #[test]
    fn a_secret_is_masked_plain_and_encoded() {
        let secret = Secret::new("p@ss/word".to_string());
        let redactor = Redactor::new([&secret]);
        let shown = redactor.redact("url=jdbc:x?password=p%40ss%2Fword and p@ss/word");
        assert!(!shown.contains("word and"), "{shown}");
        assert!(!shown.contains("p@ss"), "{shown}");
        assert_eq!(format!("{secret:?}"), "********");
    }

    #[test]
    fn a_secret_is_masked_however_it_was_encoded() {
        use base64::Engine as _;
        let secret = Secret::new("p@ss \"wörd\"/1".to_string());
        let redactor = Redactor::new([&secret]);
        let base64 = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
        let text = secret.reveal();
        let forms = [
            format!("a {text} b"),
            serde_json::json!({ "a": text }).to_string(),
            base64(format!("user:{text}")),
            base64(format!("a:{text}@host")),
            base64(text.to_string()),
            text.bytes().map(|b| format!("{b:02x}")).collect(),
            "p%40ss%20%22w%C3%B6rd%22%2F1".to_string(),
            "p%40ss%20%22w%c3%b6rd%22%2f1".to_string(),
        ];
        for form in forms {
            assert!(redactor.redact(&form).contains(super::MASK), "{form}");
        }
    }

    #[test]
    fn a_stream_is_masked_across_its_chunks() {
        let secret = Secret::new("hunter2-hunter2".to_string());
        let redactor = Redactor::new([&secret]);
        for before in [
            0,
            1,
            64 * 1024 - 15,
            64 * 1024 - 14,
            64 * 1024 - 1,
            64 * 1024,
            200_000,
        ] {
            let text = format!("{}{}end", "x".repeat(before), secret.reveal());
            let mut out = Vec::new();
            assert_eq!(
                redactor.stream(text.as_bytes(), &mut out).expect("copied"),
                1,
                "{before}"
            );
            assert_eq!(
                String::from_utf8(out).expect("text"),
                format!("{}{}end", "x".repeat(before), super::MASK)
            );
        }
    }
}
