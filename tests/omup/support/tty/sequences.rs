//! What a program may write to a terminal: a list of what is allowed, everything else is a fault.
//!
//! An emulator forgives what some real terminal will not, and shows nothing of a sequence that came from foreign text.

use std::collections::BTreeMap;

/// The private modes that are known, as DECSET numbers (xterm's control sequences, "CSI ? Pm h").
const CURSOR: u16 = 25;
const ALTERNATE: u16 = 1049;
const PASTE: u16 = 2004;
const SYNCHRONIZED: u16 = 2026;
const KNOWN: [u16; 4] = [CURSOR, ALTERNATE, PASTE, SYNCHRONIZED];

/// Which private modes are on after the last byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modes {
    on: BTreeMap<u16, bool>,
    /// Frames that were wrapped in synchronized updates.
    pub frames: usize,
    /// Colours were named: SGR 30-49, 90-107.
    pub colours: bool,
    /// Window titles that were put aside and not taken back.
    pub titles_aside: usize,
}

impl Modes {
    fn is(&self, mode: u16) -> Option<bool> {
        self.on.get(&mode).copied()
    }

    /// The modes that a program must turn off again and has not.
    pub fn left_on(&self) -> Vec<u16> {
        self.on
            .iter()
            .filter(|(mode, on)| **on && **mode != CURSOR)
            .map(|(mode, _)| *mode)
            .collect()
    }

    pub fn cursor_shown(&self) -> bool {
        self.is(CURSOR).unwrap_or(true)
    }

    fn full_screen(&self) -> bool {
        self.is(ALTERNATE).unwrap_or(false)
    }
}

/// Reads all that a program has written.
///
/// # Errors
/// The first thing that is not allowed, with what stands around it.
pub fn check(bytes: &[u8]) -> Result<Modes, String> {
    let mut modes = Modes::default();
    let mut at = 0;
    while at < bytes.len() {
        let length = piece(&bytes[at..], &mut modes).map_err(|wrong| {
            let around = &bytes[at.saturating_sub(40)..bytes.len().min(at + 40)];
            format!(
                "{wrong} at byte {at}: {:?}",
                String::from_utf8_lossy(around)
            )
        })?;
        at += length;
    }
    Ok(modes)
}

/// One sequence or character at the beginning of `bytes`; gives its length.
fn piece(bytes: &[u8], modes: &mut Modes) -> Result<usize, String> {
    match bytes[0] {
        0x1b => match bytes.get(1) {
            Some(b'[') => control_sequence(bytes, modes),
            Some(b']') => system_command(bytes),
            other => Err(format!("an escape that is not on the list ({other:?})")),
        },
        // The bell is heard, and moves nothing.
        0x07 => Ok(1),
        // Lines are for the time before and after the full screen.
        b'\r' | b'\n' if !modes.full_screen() => Ok(1),
        control @ (..0x20 | 0x7f) => Err(format!("a bare control character {control:#04x}")),
        _ => character(bytes),
    }
}

fn character(bytes: &[u8]) -> Result<usize, String> {
    let longest = &bytes[..bytes.len().min(4)];
    let text = match std::str::from_utf8(longest) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            std::str::from_utf8(&longest[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return Err("bytes that are not UTF-8".to_owned()),
    };
    let first = text.chars().next().ok_or("no character")?;
    // C1 controls are sequences in disguise; bidirectional controls reorder what is read (CVE-2021-42574).
    match first {
        '\u{80}'..='\u{9f}' => Err(format!("a C1 control {:#x}", u32::from(first))),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Err(format!("a bidirectional control {:#x}", u32::from(first)))
        }
        _ => Ok(first.len_utf8()),
    }
}

fn control_sequence(bytes: &[u8], modes: &mut Modes) -> Result<usize, String> {
    let end = bytes
        .iter()
        .skip(2)
        .position(|byte| (0x40..=0x7e).contains(byte))
        .map(|position| position + 2)
        .ok_or("a control sequence without an end")?;
    let parameters = std::str::from_utf8(&bytes[2..end]).map_err(|_| "not ASCII")?;
    match (parameters.strip_prefix('?'), bytes[end]) {
        (Some(mode), letter @ (b'h' | b'l')) => private_mode(mode, letter == b'h', modes)?,
        (None, b'm') => graphics(parameters, modes)?,
        (None, b'H') => {
            let whole = parameters
                .split(';')
                .all(|number| number.parse::<u16>().is_ok_and(|number| number > 0));
            if !whole {
                return Err(format!("a cursor position {parameters:?}"));
            }
        }
        (None, b't') => match parameters {
            "22;0" => modes.titles_aside += 1,
            "23;0" => {
                let left = modes.titles_aside.checked_sub(1);
                modes.titles_aside = left.ok_or("a title taken back that was not put aside")?;
            }
            _ => return Err(format!("a window command {parameters:?}")),
        },
        (None, b'J') if ["2", "3", "0", ""].contains(&parameters) => {}
        (None, b'K') if parameters.is_empty() => {}
        (_, letter) => {
            return Err(format!(
                "CSI {parameters} {:?} is not on the list",
                char::from(letter)
            ));
        }
    }
    Ok(end + 1)
}

fn private_mode(mode: &str, on: bool, modes: &mut Modes) -> Result<(), String> {
    let number: u16 = mode.parse().map_err(|_| format!("a mode {mode:?}"))?;
    if !KNOWN.contains(&number) {
        return Err(format!("the mode {number} is not on the list"));
    }
    let before = modes.on.insert(number, on);
    if number == SYNCHRONIZED && on {
        if before == Some(true) {
            return Err("a frame within a frame".to_owned());
        }
        modes.frames += 1;
    }
    Ok(())
}

/// Colours and attributes: the sixteen colours that a person's theme decides, never a colour of our own.
fn graphics(parameters: &str, modes: &mut Modes) -> Result<(), String> {
    let numbers: Vec<u16> = parameters
        .split(';')
        .map(|number| match number {
            "" => Ok(0),
            number => number
                .parse()
                .map_err(|_| format!("an attribute {parameters:?}")),
        })
        .collect::<Result<_, _>>()?;
    let mut rest = numbers.as_slice();
    loop {
        rest = match rest {
            [] => return Ok(()),
            [38 | 48, 5, 0..=15, rest @ ..] => {
                modes.colours = true;
                rest
            }
            [30..=37 | 40..=47 | 90..=97 | 100..=107, rest @ ..] => {
                modes.colours = true;
                rest
            }
            [0..=9 | 21..=29 | 39 | 49 | 59, rest @ ..] => rest,
            _ => return Err(format!("an attribute {parameters:?}")),
        };
    }
}

/// Titles and the clipboard, ended by a bell or by ST; nothing that asks the terminal for an answer.
fn system_command(bytes: &[u8]) -> Result<usize, String> {
    let bell = bytes.iter().position(|byte| *byte == 0x07);
    let st = bytes.windows(2).position(|two| two == b"\x1b\\");
    let (end, length) = match (bell, st) {
        (Some(bell), Some(st)) if st < bell => (st, 2),
        (Some(bell), _) => (bell, 1),
        (None, Some(st)) => (st, 2),
        (None, None) => return Err("a system command without an end".to_owned()),
    };
    let text = std::str::from_utf8(&bytes[2..end]).map_err(|_| "a title that is not UTF-8")?;
    if text.chars().any(char::is_control) {
        return Err(format!("a control character in {text:?}"));
    }
    match text.split_once(';') {
        Some(("0" | "2", _)) => Ok(end + length),
        Some(("52", what)) if what.starts_with("c;") && what != "c;?" => Ok(end + length),
        Some(_) | None => Err(format!("the system command {text:?} is not on the list")),
    }
}

#[test]
fn what_is_allowed_and_what_is_not() {
    let fine = "\x1b[?1049h\x1b[?25l\x1b[?2026h\x1b[1;1H\x1b[1;38;5;4mäb日\x1b[0m\x1b[?2026l\x1b]2;t\x07\x1b[?1049l\x1b[?25h\r\n";
    let modes = check(fine.as_bytes()).expect("allowed");
    assert_eq!((modes.frames, modes.colours), (1, true));
    assert_eq!(modes.left_on(), Vec::<u16>::new());
    assert!(modes.cursor_shown());
    let aside = check(b"\x1b[22;0t").expect("allowed").titles_aside;
    let back = check(b"\x1b[22;0t\x1b[23;0t")
        .expect("allowed")
        .titles_aside;
    assert_eq!((aside, back), (1, 0));
    let left = check(b"\x1b[?2004h\x1b[?25l").expect("allowed");
    assert_eq!(left.left_on(), vec![PASTE]);
    assert!(!left.cursor_shown());
    for wrong in [
        "\x1b[?1000h",
        "\x1b[21t",
        "\x1b[23;0t",
        "\x1b[6n",
        "\x1bc",
        "\x1b]52;c;?\x07",
        "\x1b]11;?\x07",
        "\x1b[38;2;1;2;3m",
        "\x1b[0;1H",
        "\x1b[?1049ha\nb",
        "\u{9b}2J",
        "\u{202e}x",
        "\x08",
        "\x1b[?2026h\x1b[?2026h",
        "\x1b[",
        "\x1b]2;never ends",
    ] {
        assert!(check(wrong.as_bytes()).is_err(), "{wrong:?}");
    }
    assert!(check(b"\xff").is_err());
}
