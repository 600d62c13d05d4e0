//! Which rows are shown: the place that was asked for, as a row. Pure.
//!
//! An answer is *settled* when nothing that is still to be read can change it. From then on the reader stands there,
//! however much the log grows.

use super::marks::{Both, Marks};
use crate::domain::log_view::LogPlace;

/// What is known of a file that is (being) read.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Lines of the file.
    pub lines: u64,
    pub filter: Option<&'a Marks>,
    pub search: Option<&'a Marks>,
    pub trouble: &'a Marks,
    /// Everything that the file has now was read.
    pub whole: bool,
}

impl<'a> Known<'a> {
    /// Rows of the view.
    pub fn rows(&self) -> u64 {
        match self.filter {
            None => self.lines,
            Some(filter) => Both(filter, None).count_below(self.lines),
        }
    }

    /// The line that stands in a row.
    pub fn line_of(&self, row: u64) -> Option<u64> {
        let line = match self.filter {
            None => Some(row),
            Some(filter) => Both(filter, None).nth(row),
        };
        line.filter(|line| *line < self.lines)
    }

    /// The row in which a line of the view stands.
    fn row_of(&self, line: u64) -> u64 {
        match self.filter {
            None => line,
            Some(filter) => Both(filter, None).count_below(line),
        }
    }

    /// The lines of the view from a row on.
    pub fn lines_from(&self, row: u64) -> impl Iterator<Item = u64> {
        let next = move |line: u64| match self.filter {
            None => Some(line),
            Some(filter) => Both(filter, None).at_or_after(line),
        };
        let within = move |line: &u64| *line < self.lines;
        std::iter::successors(self.line_of(row), move |line| next(line + 1).filter(within))
    }

    /// The lines of the view that match the search.
    pub fn hits(&self) -> Option<Both<'a>> {
        self.search.map(|search| Both(search, self.filter))
    }
}

/// Where the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// The first row shown.
    pub top: u64,
    /// The row of the hit or trouble that was asked for.
    pub hit: Option<u64>,
    pub wrapped: bool,
    pub settled: bool,
}

/// `height` is rows of the window, `before` the row on top until now.
pub fn resolve(place: LogPlace, known: &Known<'_>, height: u64, before: Option<u64>) -> Stand {
    let (list, row, way) = match place {
        LogPlace::Row(row) => return at_row(row, known, height),
        LogPlace::End => {
            return Stand {
                top: known.rows().saturating_sub(height),
                hit: None,
                wrapped: false,
                settled: false,
            };
        }
        LogPlace::NextHit { from } => (known.hits(), from, Way::Forwards),
        LogPlace::PreviousHit { before } => (known.hits(), before, Way::Backwards),
        LogPlace::NextTrouble { from } => (Some(trouble(known)), from, Way::Forwards),
        LogPlace::PreviousTrouble { before } => (Some(trouble(known)), before, Way::Backwards),
    };
    let found = list.map_or(Jump::Nowhere, |list| jump(list, row, way, known));
    match found {
        Jump::To { line, wrapped } => {
            let hit = known.row_of(line);
            // A third of the window before the hit, so that what led to it is seen.
            Stand {
                hit: Some(hit),
                wrapped,
                ..at_row(hit.saturating_sub(height / 3), known, height)
            }
        }
        // The reader stays until it is found, and when there is none.
        Jump::NotYet => Stand {
            settled: false,
            ..at_row(before.unwrap_or(row), known, height)
        },
        Jump::Nowhere => at_row(before.unwrap_or(row), known, height),
    }
}

fn trouble<'a>(known: &Known<'a>) -> Both<'a> {
    Both(known.trouble, known.filter)
}

fn at_row(row: u64, known: &Known<'_>, height: u64) -> Stand {
    let last = known.rows().saturating_sub(height);
    Stand {
        top: row.min(last),
        hit: None,
        wrapped: false,
        settled: row <= last && known.rows() >= height || known.whole,
    }
}

#[derive(Clone, Copy)]
enum Way {
    Forwards,
    Backwards,
}

enum Jump {
    To { line: u64, wrapped: bool },
    NotYet,
    Nowhere,
}

fn jump(list: Both<'_>, row: u64, way: Way, known: &Known<'_>) -> Jump {
    let here = known.line_of(row);
    let direct = match (way, here) {
        (Way::Forwards, Some(here)) => list.at_or_after(here),
        // Lines beyond what is known: everything known stands before.
        (Way::Forwards, None) => None,
        (Way::Backwards, Some(here)) if here <= list.known() => list.before(here),
        (Way::Backwards, Some(_) | None) if known.whole => list.before(u64::MAX),
        (Way::Backwards, Some(_) | None) => return Jump::NotYet,
    };
    // Index and lists are read one after the other.
    let direct = direct.filter(|line| *line < known.lines);
    if let Some(line) = direct {
        return Jump::To {
            line,
            wrapped: false,
        };
    }
    if !known.whole {
        return Jump::NotYet;
    }
    let round = match way {
        Way::Forwards => list.at_or_after(0),
        Way::Backwards => list.before(u64::MAX),
    };
    match round {
        Some(line) => Jump::To {
            line,
            wrapped: true,
        },
        None => Jump::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, Marks, Stand, resolve};
    use crate::domain::log_view::LogPlace;

    /// A hundred lines of which those of `every` are marked.
    fn marks(every: u64, len: u64) -> Marks {
        let mut marks = Marks::default();
        for line in 0..len {
            marks.push(line % every == 0);
        }
        marks
    }

    fn stand(place: LogPlace, search: u64, whole: bool) -> Stand {
        let (filter, search, trouble) = (marks(2, 100), marks(10, search), marks(25, 100));
        let known = Known {
            lines: 100,
            filter: Some(&filter),
            search: Some(&search),
            trouble: &trouble,
            whole,
        };
        resolve(place, &known, 9, Some(7))
    }

    #[test]
    fn a_jump_goes_over_the_rows_of_the_view_and_round_the_end_once() {
        let hit = |place| {
            let stand = stand(place, 100, true);
            (stand.hit, stand.top, stand.wrapped)
        };
        // Hits are in the rows 0, 5, 10 ... 45 of fifty; the row one stands on counts.
        assert_eq!(hit(LogPlace::NextHit { from: 0 }), (Some(0), 0, false));
        assert_eq!(hit(LogPlace::NextHit { from: 6 }), (Some(10), 7, false));
        assert_eq!(hit(LogPlace::NextHit { from: 45 }), (Some(45), 41, false));
        assert_eq!(hit(LogPlace::NextHit { from: 46 }), (Some(0), 0, true));
        assert_eq!(hit(LogPlace::NextHit { from: 900 }), (Some(0), 0, true));
        assert_eq!(
            hit(LogPlace::PreviousHit { before: 5 }),
            (Some(0), 0, false)
        );
        assert_eq!(
            hit(LogPlace::PreviousHit { before: 0 }),
            (Some(45), 41, true)
        );
        assert_eq!(hit(LogPlace::PreviousHit { before: u64::MAX }).0, Some(45));
        // Lines 0, 25, 50, 75; the filter lets 0 and 50 through.
        assert_eq!(hit(LogPlace::NextTrouble { from: 0 }), (Some(0), 0, false));
        assert_eq!(
            hit(LogPlace::NextTrouble { from: 1 }),
            (Some(25), 22, false)
        );
        assert_eq!(
            hit(LogPlace::PreviousTrouble { before: 25 }),
            (Some(0), 0, false)
        );
    }

    #[test]
    fn the_reader_stays_until_what_is_asked_for_must_be_right() {
        // Only thirty lines are searched yet: fifteen rows with hits in 0, 5, 10.
        let place = LogPlace::NextHit { from: 6 };
        assert_eq!(stand(place, 30, false).hit, Some(10));
        for place in [
            LogPlace::NextHit { from: 11 },
            LogPlace::PreviousHit { before: 0 },
            LogPlace::PreviousHit { before: 40 },
        ] {
            let stand = stand(place, 30, false);
            assert_eq!((stand.hit, stand.top, stand.settled), (None, 7, false));
        }
        let place = LogPlace::PreviousHit { before: 12 };
        assert_eq!(stand(place, 30, false).hit, Some(10));
    }
}
