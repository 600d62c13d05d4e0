//! Bytes from a terminal as keys and pastes. Pure: what is not whole yet is kept for the next call.
//!
//! crossterm 0.29 reads at most 1024 bytes of what waits and sleeps on the rest, and blocks, or spins
//! where the terminal is gone, in the middle of a sequence (crossterm-rs/crossterm#793). So the reading
//! is ours. The sequences are those of xterm, tmux, screen, rxvt and the Linux console (xterm's
//! ctlseqs.txt, "PC-Style Function Keys"); what is not among them is passed over in silence.

use super::Input;
use crate::wizard::key::{Code, Key};

/// Longest sequence that is waited for, in bytes; longer ones are noise.
const LONGEST: usize = 64;

/// Most of one paste that is kept, in bytes.
const LONGEST_PASTE: usize = 1 << 20;

const PASTE_END: &[u8] = b"\x1b[201~";

#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of something.
    held: Vec<u8>,
    /// The paste that is coming in.
    paste: Option<Vec<u8>>,
}

/// What the beginning of the bytes is.
enum Found {
    /// Not whole yet.
    Part,
    /// So many bytes, and perhaps a key.
    Key(usize, Option<Key>),
    /// A paste begins after so many bytes.
    Paste(usize),
}

impl Decoder {
    /// Takes bytes in and gives what they complete, in order.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.held.extend_from_slice(bytes);
        let mut inputs = Vec::new();
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_slice();
        while !rest.is_empty() {
            if self.paste.is_some() {
                let Some(after) = self.pasted(rest, &mut inputs) else {
                    return inputs;
                };
                rest = after;
                continue;
            }
            match first(rest) {
                Found::Part => break,
                Found::Key(length, key) => {
                    inputs.extend(key.map(Input::Key));
                    rest = &rest[length..];
                }
                Found::Paste(length) => {
                    self.paste = Some(Vec::new());
                    rest = &rest[length..];
                }
            }
        }
        self.held = rest.to_vec();
        inputs
    }

    /// A lone escape is held: the Escape key, or the first byte of more.
    pub fn undecided(&self) -> bool {
        self.paste.is_none() && self.held == [0x1b]
    }

    /// Nothing came after it for a while, so it was the key.
    pub fn quiet(&mut self) -> Option<Input> {
        if !self.undecided() {
            return None;
        }
        self.held.clear();
        Some(Input::Key(Key::plain(Code::Esc)))
    }

    /// Takes what belongs to the paste; gives what comes after it, or `None` while it goes on.
    fn pasted<'a>(&mut self, bytes: &'a [u8], inputs: &mut Vec<Input>) -> Option<&'a [u8]> {
        let end = bytes
            .windows(PASTE_END.len())
            .position(|window| window == PASTE_END);
        // The end may have come in part: those bytes are looked at again.
        let text = end.unwrap_or_else(|| bytes.len() - part_of_end(bytes));
        let paste = self.paste.get_or_insert_default();
        let room = LONGEST_PASTE.saturating_sub(paste.len());
        paste.extend_from_slice(&bytes[..text.min(room)]);
        if end.is_none() {
            self.held = bytes[text..].to_vec();
            return None;
        }
        let paste = self.paste.take().unwrap_or_default();
        inputs.push(Input::Paste(String::from_utf8_lossy(&paste).into_owned()));
        Some(&bytes[text + PASTE_END.len()..])
    }
}

/// How many bytes at the end may be the beginning of the end of a paste.
fn part_of_end(bytes: &[u8]) -> usize {
    (1..PASTE_END.len())
        .rev()
        .find(|length| bytes.ends_with(&PASTE_END[..*length]))
        .unwrap_or(0)
}

fn first(bytes: &[u8]) -> Found {
    let Some(byte) = bytes.first() else {
        return Found::Part;
    };
    let key = match byte {
        0x1b => return escape(bytes),
        0x00 => ctrl(' '),
        b'\t' => Key::plain(Code::Tab),
        b'\r' => Key::plain(Code::Enter),
        // Terminals differ in which of the two Backspace sends.
        0x08 | 0x7f => Key::plain(Code::Backspace),
        0x01..=0x1a => ctrl(char::from(byte - 1 + b'a')),
        0x1c..=0x1f => ctrl(char::from(byte - 0x1c + b'4')),
        b' '..=b'~' => Key::char(char::from(*byte)),
        0x80.. => return character(bytes),
    };
    Found::Key(1, Some(key))
}

const fn ctrl(c: char) -> Key {
    Key::ctrl(c)
}

/// A character of several bytes; one that is broken is passed over.
fn character(bytes: &[u8]) -> Found {
    let longest = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(longest) {
        Ok(text) => text,
        Err(error) => match (error.valid_up_to(), error.error_len()) {
            (0, None) => return Found::Part,
            (0, Some(length)) => return Found::Key(length, None),
            (whole, _) => std::str::from_utf8(&longest[..whole]).unwrap_or_default(),
        },
    };
    match valid.chars().next() {
        // U+0080 to U+009F are controls.
        Some(c) => Found::Key(c.len_utf8(), (!c.is_control()).then(|| Key::char(c))),
        None => Found::Part,
    }
}

fn escape(bytes: &[u8]) -> Found {
    match bytes.get(1) {
        None => Found::Part,
        // The key, and then something else.
        Some(0x1b) => Found::Key(1, Some(Key::plain(Code::Esc))),
        Some(b'[') => control_sequence(bytes),
        Some(b'O') => match bytes.get(2) {
            None => Found::Part,
            // Enter on the keypad.
            Some(b'M') => Found::Key(3, Some(Key::plain(Code::Enter))),
            Some(letter) => Found::Key(3, lettered(*letter).map(Key::plain)),
        },
        // Answers to questions that others have asked the terminal: to their end, BEL or ST.
        Some(b']' | b'P' | b'_' | b'^' | b'X') => answer(bytes),
        Some(_) => match first(&bytes[1..]) {
            Found::Key(length, key) => {
                Found::Key(length + 1, key.map(|key| Key { alt: true, ..key }))
            }
            Found::Part | Found::Paste(_) => Found::Part,
        },
    }
}

fn answer(bytes: &[u8]) -> Found {
    let near = &bytes[..bytes.len().min(LONGEST)];
    let bell = near.iter().position(|byte| *byte == 0x07);
    let end = near.windows(2).position(|two| two == b"\x1b\\");
    match (bell, end) {
        (Some(bell), Some(end)) if end < bell => Found::Key(end + 2, None),
        (Some(bell), _) => Found::Key(bell + 1, None),
        (None, Some(end)) => Found::Key(end + 2, None),
        (None, None) if near.len() < LONGEST => Found::Part,
        // No answer at all, but Alt with that letter.
        (None, None) => Found::Key(2, None),
    }
}

/// `ESC [ parameters letter`.
fn control_sequence(bytes: &[u8]) -> Found {
    // The Linux console: F1 to F5 are `ESC [ [ A` to `ESC [ [ E`.
    if bytes.get(2) == Some(&b'[') {
        return match bytes.get(3) {
            None => Found::Part,
            Some(letter @ b'A'..=b'E') => {
                Found::Key(4, Some(Key::plain(Code::F(letter - b'A' + 1))))
            }
            Some(_) => Found::Key(4, None),
        };
    }
    let mut end = 2;
    loop {
        match bytes.get(end) {
            _ if end >= LONGEST => return Found::Key(end, None),
            None => return Found::Part,
            Some(0x20..=0x3f) => end += 1,
            Some(0x40..=0x7e) => break,
            // Broken off: what comes now is something else.
            Some(_) => return Found::Key(end, None),
        }
    }
    let (parameters, letter) = (&bytes[2..end], bytes[end]);
    if letter == b'M' && parameters.is_empty() {
        // The old mouse report has three more bytes.
        return if bytes.len() < 6 {
            Found::Part
        } else {
            Found::Key(6, None)
        };
    }
    if letter == b'~' && parameters == b"200" {
        return Found::Paste(end + 1);
    }
    Found::Key(end + 1, key_of(parameters, letter))
}

fn key_of(parameters: &[u8], letter: u8) -> Option<Key> {
    let text = std::str::from_utf8(parameters).ok()?;
    // Others begin with a mark of their own, such as `<` in a mouse report.
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b';')
    {
        return None;
    }
    let mut numbers = text.split(';').map(|number| number.parse::<u8>().ok());
    let number = numbers.next().flatten();
    // One more than a sum of 1 Shift, 2 Alt, 4 Ctrl.
    let held = match numbers.next() {
        Some(held) => held?.checked_sub(1)?,
        None => 0,
    };
    let code = match letter {
        b'~' => tilde(number?)?,
        b'Z' => Code::BackTab,
        letter => lettered(letter)?,
    };
    Some(Key {
        code,
        ctrl: held & 4 != 0,
        alt: held & 2 != 0,
    })
}

const fn lettered(letter: u8) -> Option<Code> {
    Some(match letter {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'F' => Code::End,
        b'H' => Code::Home,
        b'P' => Code::F(1),
        b'Q' => Code::F(2),
        b'R' => Code::F(3),
        b'S' => Code::F(4),
        _ => return None,
    })
}

const fn tilde(number: u8) -> Option<Code> {
    Some(match number {
        1 | 7 => Code::Home,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => Code::F(number - 10),
        17..=21 => Code::F(number - 11),
        23 | 24 => Code::F(number - 12),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
