use proptest::prelude::*;

use super::super::Input;
use super::Decoder;
use crate::wizard::key::{Code, Key};

fn all(bytes: &[u8]) -> Vec<Input> {
    Decoder::default().feed(bytes)
}

#[test]
fn every_key_is_known_as_terminals_send_it() {
    let plain = |code| Key::plain(code);
    let alt = |key| Key { alt: true, ..key };
    let cases: &[(&[u8], Key)] = &[
        (b"a", Key::char('a')),
        (b"G", Key::char('G')),
        ("ä".as_bytes(), Key::char('ä')),
        ("日".as_bytes(), Key::char('日')),
        (b"\r", plain(Code::Enter)),
        (b"\x1bOM", plain(Code::Enter)),
        (b"\t", plain(Code::Tab)),
        (b"\x1b[Z", plain(Code::BackTab)),
        (b"\x7f", plain(Code::Backspace)),
        (b"\x08", plain(Code::Backspace)),
        (b"\x03", Key::ctrl('c')),
        (b"\x1a", Key::ctrl('z')),
        (b"\x0c", Key::ctrl('l')),
        (b"\x0a", Key::ctrl('j')),
        (b"\x00", Key::ctrl(' ')),
        (b"\x1bx", alt(Key::char('x'))),
        (b"\x1b[A", plain(Code::Up)),
        (b"\x1bOA", plain(Code::Up)),
        (
            b"\x1b[1;5D",
            Key {
                ctrl: true,
                ..plain(Code::Left)
            },
        ),
        (b"\x1b[1;3C", alt(plain(Code::Right))),
        (b"\x1b[1;2B", plain(Code::Down)),
        (b"\x1b[H", plain(Code::Home)),
        (b"\x1b[1~", plain(Code::Home)),
        (b"\x1b[7~", plain(Code::Home)),
        (b"\x1bOF", plain(Code::End)),
        (b"\x1b[4~", plain(Code::End)),
        (b"\x1b[3~", plain(Code::Delete)),
        (b"\x1b[5~", plain(Code::PageUp)),
        (
            b"\x1b[6;5~",
            Key {
                ctrl: true,
                ..plain(Code::PageDown)
            },
        ),
        (b"\x1bOP", plain(Code::F(1))),
        (b"\x1b[[A", plain(Code::F(1))),
        (b"\x1b[11~", plain(Code::F(1))),
        (b"\x1b[15~", plain(Code::F(5))),
        (b"\x1b[17~", plain(Code::F(6))),
        (b"\x1b[21~", plain(Code::F(10))),
        (b"\x1b[23~", plain(Code::F(11))),
        (b"\x1b[24~", plain(Code::F(12))),
    ];
    for (bytes, key) in cases {
        assert_eq!(
            all(bytes),
            [Input::Key(*key)],
            "{:?}",
            bytes.escape_ascii().to_string()
        );
    }
}

#[test]
fn what_is_no_key_is_passed_over() {
    for noise in [
        &b"\x1b[I"[..],
        b"\x1b[?62;22c",
        b"\x1b[<0;5;5M",
        b"\x1b[M ab",
        b"\x1b]11;rgb:0/0/0\x07",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b[2~",
        b"\x1b[1;0A",
        b"\x1b[999999999999~",
        b"\x1b[",
        b"\xff\xfe",
        "\u{85}".as_bytes(),
    ] {
        let mut bytes = noise.to_vec();
        bytes.extend(b"\x1b[A");
        let inputs = all(&bytes);
        let shown = noise.escape_ascii().to_string();
        assert_eq!(inputs, [Input::Key(Key::plain(Code::Up))], "{shown:?}");
    }
}

#[test]
fn a_lone_escape_is_a_key_when_nothing_follows() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b"), []);
    assert!(decoder.undecided());
    assert_eq!(decoder.quiet(), Some(Input::Key(Key::plain(Code::Esc))));
    assert_eq!(decoder.quiet(), None);
    // Twice pressed, and then an arrow.
    assert_eq!(
        decoder.feed(b"\x1b\x1b\x1b[B"),
        [Code::Esc, Code::Esc, Code::Down].map(|code| Input::Key(Key::plain(code)))
    );
    // In a sequence it is not one.
    assert_eq!(decoder.feed(b"\x1b["), []);
    assert_eq!(decoder.quiet(), None);
    assert_eq!(decoder.feed(b"B"), [Input::Key(Key::plain(Code::Down))]);
}

#[test]
fn a_paste_is_one_input_whatever_stands_in_it() {
    let inputs = all(b"a\x1b[200~q\r\x1b[A\x03\x1b[20\xff\x1b[201~b");
    assert_eq!(
        inputs,
        [
            Input::Key(Key::char('a')),
            Input::Paste("q\r\x1b[A\x03\x1b[20\u{fffd}".to_string()),
            Input::Key(Key::char('b')),
        ]
    );
}

#[test]
fn a_paste_without_an_end_is_kept_small() {
    let mut decoder = Decoder::default();
    decoder.feed(b"\x1b[200~");
    for _ in 0..40 {
        assert_eq!(decoder.feed(&[b'x'; 65_536]), []);
    }
    let inputs = decoder.feed(b"\x1b[201~");
    let [Input::Paste(text)] = inputs.as_slice() else {
        panic!("{inputs:?}")
    };
    assert_eq!(text.len(), super::LONGEST_PASTE);
}

/// Bytes with many of those that begin something.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        prop::sample::select(vec![
            &b"\x1b"[..],
            b"\x1b[",
            b"\x1b[200~",
            b"\x1b[201~",
            b"\x1b[201",
            b"\x1b]",
            b"\x1b[1;5",
            b"\xe6\x97",
            b"\x1b[M",
            b"abc",
            &[b'1'; 50],
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn it_does_not_matter_in_which_pieces_the_bytes_come(
        bytes in hostile(),
        cut in prop::collection::vec(1usize..5, 0..40),
    ) {
        let whole = all(&bytes);
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        let mut rest = bytes.as_slice();
        for length in cut {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            inputs.extend(decoder.feed(piece));
            rest = after;
        }
        inputs.extend(decoder.feed(rest));
        prop_assert_eq!(inputs, whole);
    }

    #[test]
    fn what_is_held_back_stays_short(bytes in hostile()) {
        let mut decoder = Decoder::default();
        decoder.feed(&bytes);
        prop_assert!(decoder.held.len() <= super::LONGEST + 2, "{:?}", decoder.held);
    }
}
