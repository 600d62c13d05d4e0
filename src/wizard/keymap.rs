//! The one table of keys: what a key means on a page, the hints, the help and the manual all read it,
//! so none of them can lie.

use super::action::Action;
use super::key::{Code, Key};
use super::page::Page;

/// The run that is open, as far as keys care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunNow {
    None,
    /// No runner works on it.
    Stands,
    Works,
}

/// Where a binding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Everywhere,
    /// Pages where something can be chosen.
    Lists,
    /// Pages where something is ticked or one of several is taken.
    Marks,
    /// Release notes and checks, of which some are folded away.
    Folded,
    /// Only the release notes.
    Notes,
    /// Only the checks.
    Checks,
    /// Only with a run open.
    Runs,
    /// Only while a runner works on it.
    Works,
    /// Log, journal and report, notes and checks.
    Searched,
    /// Checklist and clients, short lists where other hints matter more.
    Short,
    /// Only the log.
    Log,
}

/// One binding. `hint`: the words in the hint row, least important last in the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub keys: &'static [Key],
    /// How the keys are written.
    pub shown: &'static str,
    pub action: Action,
    pub scope: Scope,
    pub hint: &'static str,
    /// In the help, a full sentence.
    pub help: &'static str,
}

const fn plain(code: Code) -> Key {
    Key::plain(code)
}
const fn c(c: char) -> Key {
    Key::char(c)
}

macro_rules! binding {
    ($shown:literal, [$($key:expr),*], $action:ident, $scope:ident, $hint:literal, $help:literal) => {
        Binding { keys: &[$($key),*], shown: $shown, action: Action::$action, scope: Scope::$scope, hint: $hint, help: $help }
    };
}

/// In the order of importance: the hint row drops from the end, and never drops `?` and `q`.
pub const KEYMAP: &[Binding] = &[
    binding!(
        "?",
        [c('?'), plain(Code::F(1))],
        Help,
        Everywhere,
        "help",
        "help for this page: keys, words, what happens next"
    ),
    binding!(
        "q",
        [c('q')],
        Quit,
        Everywhere,
        "leave",
        "leave; work that runs goes on, and you are asked"
    ),
    binding!(
        "Enter",
        [plain(Code::Enter)],
        Open,
        Lists,
        "choose",
        "open or choose what is marked; never confirms danger by itself"
    ),
    binding!(
        "Space",
        [c(' ')],
        Toggle,
        Marks,
        "mark",
        "mark as read, tick, or change a choice"
    ),
    binding!(
        "w",
        [c('w')],
        Accept,
        Notes,
        "",
        "mark as read with the reason why you go on; it stands in the report"
    ),
    binding!(
        "w",
        [c('w')],
        Waive,
        Checks,
        "waive",
        "on a check that blocks: go on all the same, with a reason"
    ),
    binding!(
        "t",
        [c('t')],
        Tell,
        Checks,
        "tell",
        "tell what omup could not find out, such as a version: an answer, not a waiver"
    ),
    binding!(
        "a",
        [c('a')],
        All,
        Folded,
        "all",
        "show everything, or only what needs you"
    ),
    binding!(
        "F",
        [c('F')],
        Follow,
        Log,
        "follow",
        "follow the end of the log again"
    ),
    binding!(
        "/",
        [c('/')],
        Search,
        Searched,
        "search",
        "search words, or a pattern (Ctrl-R); n and N go on"
    ),
    binding!(
        "/",
        [c('/')],
        Search,
        Short,
        "",
        "search words, or a pattern (Ctrl-R); n and N go on"
    ),
    binding!(
        "e",
        [c('e')],
        NextTrouble,
        Log,
        "next error",
        "jump to the next warning or error"
    ),
    binding!(
        "Tab",
        [plain(Code::Tab)],
        NextLog,
        Log,
        "other log",
        "the next log of this run; every step has its own"
    ),
    binding!(
        "Shift-Tab",
        [plain(Code::BackTab)],
        PreviousLog,
        Log,
        "",
        "the log before it"
    ),
    binding!(
        "n",
        [c('n')],
        NextHit,
        Searched,
        "next",
        "next hit of the search"
    ),
    binding!("n", [c('n')], NextHit, Short, "", "next hit of the search"),
    binding!(
        "N",
        [c('N')],
        PreviousHit,
        Searched,
        "",
        "previous hit of the search"
    ),
    binding!(
        "N",
        [c('N')],
        PreviousHit,
        Short,
        "",
        "previous hit of the search"
    ),
    binding!(
        "&",
        [c('&')],
        Filter,
        Log,
        "filter",
        "show only lines that have these words, or a pattern (Ctrl-R); empty shows all"
    ),
    binding!(
        "W",
        [c('W')],
        Wrap,
        Log,
        "wrap",
        "wrap long lines, or cut them"
    ),
    binding!(
        "↑↓",
        [plain(Code::Up), c('k')],
        Up,
        Everywhere,
        "move",
        "up and down; also k and j"
    ),
    binding!(
        "↓",
        [plain(Code::Down), c('j')],
        Down,
        Everywhere,
        "",
        "down; also j"
    ),
    binding!(
        "d",
        [c('d')],
        Detach,
        Works,
        "detach",
        "leave the screen; the work goes on, come back with `omup`"
    ),
    binding!(
        "x",
        [c('x')],
        Stop,
        Works,
        "stop…",
        "stop safely: asks, then leads the run to a safe state"
    ),
    binding!(
        "R",
        [c('R')],
        Ways,
        Runs,
        "ways back",
        "the ways back from here, each with its price"
    ),
    binding!("L", [c('L')], Log, Runs, "log", "the whole log of the step"),
    binding!(
        "J",
        [c('J')],
        Journal,
        Runs,
        "journal",
        "everything that this run has written down"
    ),
    binding!(
        "T",
        [c('T')],
        TakeHelm,
        Works,
        "helm",
        "take the helm: steer a run that somebody else steers now (asks)"
    ),
    binding!(
        "i",
        [c('i')],
        Why,
        Everywhere,
        "why",
        "why this page, and what can go wrong"
    ),
    binding!(
        "c",
        [c('c')],
        Commands,
        Everywhere,
        "commands",
        "the exact commands, secrets masked"
    ),
    binding!(
        "y",
        [c('y')],
        Copy,
        Everywhere,
        "copy",
        "copy what is shown: through your terminal, and into a file"
    ),
    binding!(
        "Esc",
        [plain(Code::Esc)],
        Back,
        Everywhere,
        "back",
        "one level back; what you typed is kept"
    ),
    binding!("Tab", [plain(Code::Tab)], Down, Lists, "", "next field"),
    binding!(
        "Shift-Tab",
        [plain(Code::BackTab)],
        Up,
        Lists,
        "",
        "previous field"
    ),
    binding!(
        "PgUp",
        [plain(Code::PageUp), Key::ctrl('u')],
        PageUp,
        Everywhere,
        "",
        "a page up; also Ctrl-U"
    ),
    binding!(
        "PgDn",
        [plain(Code::PageDown), Key::ctrl('d')],
        PageDown,
        Everywhere,
        "",
        "a page down; also Ctrl-D"
    ),
    binding!(
        "g",
        [c('g'), plain(Code::Home)],
        Top,
        Everywhere,
        "",
        "to the beginning; also Home"
    ),
    binding!(
        "G",
        [c('G'), plain(Code::End)],
        Bottom,
        Everywhere,
        "",
        "to the end; also End"
    ),
    binding!(
        "Ctrl-L",
        [Key::ctrl('l')],
        Redraw,
        Everywhere,
        "",
        "draw the screen again"
    ),
    binding!(
        "Ctrl-R",
        [Key::ctrl('r')],
        Snapshot,
        Everywhere,
        "",
        "keep this screen for a bug report, secrets masked"
    ),
    binding!(
        "Ctrl-Z",
        [Key::ctrl('z')],
        Suspend,
        Everywhere,
        "",
        "suspend the screen, not the work"
    ),
    binding!(
        "Ctrl-C",
        [Key::ctrl('c')],
        Interrupt,
        Everywhere,
        "",
        "asks: stay, leave the screen, stop safely; twice leaves the screen"
    ),
];

fn counts(scope: Scope, page: Page, run: RunNow) -> bool {
    let text = matches!(page, Page::Log | Page::Journal | Page::Report);
    match scope {
        Scope::Everywhere => true,
        Scope::Lists => !text,
        Scope::Marks => matches!(
            page,
            Page::Notes | Page::Checklist | Page::BackupPlan | Page::Buffers
        ),
        Scope::Folded => matches!(page, Page::Notes | Page::Checks),
        Scope::Notes => page == Page::Notes,
        Scope::Checks => page == Page::Checks,
        Scope::Runs => run != RunNow::None,
        Scope::Works => run == RunNow::Works,
        Scope::Searched => text || matches!(page, Page::Notes | Page::Checks),
        Scope::Short => matches!(page, Page::Checklist | Page::Clients),
        Scope::Log => page == Page::Log,
    }
}

/// What a key means on this page.
pub fn action(key: Key, page: Page, run: RunNow) -> Option<Action> {
    bindings(page, run)
        .find(|binding| binding.keys.contains(&key))
        .map(|binding| binding.action)
}

/// All bindings that count on this page, the most important first.
pub fn bindings(page: Page, run: RunNow) -> impl Iterator<Item = &'static Binding> {
    KEYMAP
        .iter()
        .filter(move |binding| counts(binding.scope, page, run))
}

#[cfg(test)]
mod tests {
    use super::{KEYMAP, RunNow, bindings};
    use crate::wizard::page::Page;

    #[test]
    fn on_no_page_has_a_key_two_meanings() {
        for page in Page::ALL {
            for run in [RunNow::None, RunNow::Stands, RunNow::Works] {
                let mut seen = Vec::new();
                for binding in bindings(page, run) {
                    for key in binding.keys {
                        assert!(!seen.contains(key), "{key:?} twice on {page:?}");
                        seen.push(*key);
                    }
                }
            }
        }
    }

    #[test]
    fn where_no_runner_works_there_is_nothing_to_detach_from_or_to_stop() {
        let shown = |run| {
            bindings(Page::Stopped, run)
                .map(|binding| binding.shown)
                .filter(|shown| matches!(*shown, "d" | "x" | "T"))
                .count()
        };
        assert_eq!((shown(RunNow::Stands), shown(RunNow::Works)), (0, 3));
    }

    #[test]
    fn every_binding_is_explained() {
        assert!(
            KEYMAP
                .iter()
                .all(|b| !b.help.is_empty() && !b.keys.is_empty())
        );
    }
}
