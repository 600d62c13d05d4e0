//! Any file, appended to in any pieces and read with a tiny buffer, tells the same as the whole of it read at once.

use std::io::Write as _;

use proptest::prelude::*;

use crate::domain::log_view::LogLevel;
use crate::domain::sought::Sought;
use crate::logs::found::Found;
use crate::logs::index::Index;
use crate::logs::lines::{last_text, level};
use crate::logs::marks::Both;
use crate::logs::needle::Needle;
use crate::logs::scan::Scan;

/// Where lines begin, which hold the needle, errors and warnings.
type Told = (Vec<u64>, Vec<bool>, (u64, u64));

fn simply(content: &[u8], needle: &Needle) -> Told {
    let mut told: Told = (Vec::new(), Vec::new(), (0, 0));
    let mut start = 0;
    let ends = content.iter().enumerate().filter(|(_, b)| **b == b'\n');
    let ends = ends.map(|(at, _)| at).chain([content.len()]);
    for end in ends {
        // After the last newline there is a line only if there are bytes.
        if end < content.len() || start < end {
            let line = &content[start..end];
            told.0.push(start as u64);
            told.1.push(needle.is_in(line));
            match level(last_text(line)) {
                LogLevel::Error => told.2.0 += 1,
                LogLevel::Warn => told.2.1 += 1,
                LogLevel::Info | LogLevel::Debug | LogLevel::Other => {}
            }
        }
        start = end + 1;
    }
    told
}

proptest! {
    #[test]
    fn pieces_tell_the_same_as_the_whole(
        pieces in proptest::collection::vec("(a|b|\r|\n|ERROR|WARN| ){0,25}", 0..8),
        buffer in 1usize..40,
        budget in 1u64..60,
        pattern in any::<bool>(),
    ) {
        let sought = if pattern { Sought::Pattern("^a|b  ?a|RR?$".into()) } else { Sought::Words("ab a".into()) };
        let needle = Needle::new(Some(&sought)).expect("words");
        let mut file = tempfile::tempfile().expect("a file");
        let mut content = Vec::new();
        let (mut scan, mut index) = (Scan::default(), Index::default());
        let mut found = Found::new(needle.clone());
        let mut buffer = vec![0; buffer];
        for piece in pieces {
            file.write_all(piece.as_bytes()).expect("written");
            content.extend_from_slice(piece.as_bytes());
            let length = content.len() as u64;
            while scan.advance(&file, length, budget, &mut buffer, &mut index).expect("read") {}
            while found.scan.advance(&file, length, budget, &mut buffer, &mut found.lines).expect("read") {}
            let marks = &found.lines.marks;
            let told: Told = (
                (0..index.lines()).filter_map(|line| index.start(line)).collect(),
                (0..Both(marks, None).known()).filter_map(|line| marks.get(line)).collect(),
                index.counts(),
            );
            prop_assert_eq!(told, simply(&content, &needle));
            let trouble = Both(index.trouble(), None).count();
            prop_assert_eq!(trouble, index.counts().0 + index.counts().1);
            prop_assert_eq!(scan.told(), length);
        }
    }
}
