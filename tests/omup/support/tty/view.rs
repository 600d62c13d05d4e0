//! A screen as something to read, compare or print: text, text with styles, ANSI, SVG.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Rows without the blanks at their ends.
pub fn text(screen: &Screen) -> String {
    let columns = screen.size().1.get();
    screen
        .rows(0, columns)
        .map(|row| row.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Rows with the styles spelled out, for instance `{inverse bold}Begin{}`: what a text snapshot cannot show.
pub fn styled(screen: &Screen) -> String {
    drawn(screen, |style| {
        let mut words = Vec::new();
        for (name, colour) in [("fg", style.fg), ("bg", style.bg)] {
            match colour {
                Color::Default => {}
                Color::Idx(index) => words.push(format!("{name}={index}")),
                Color::Rgb(r, g, b) => words.push(format!("{name}=#{r:02x}{g:02x}{b:02x}")),
            }
        }
        words.extend(style.words().map(str::to_owned));
        format!("{{{}}}", words.join(" "))
    })
}

/// The screen as a picture. Needs no font, browser or network; the same screen gives the same text.
pub fn svg(screen: &Screen) -> String {
    picture(&ansi(screen))
}

/// The same from lines with colour sequences.
pub fn picture(ansi: &str) -> String {
    let picture = anstyle_svg::Term::new()
        .palette(anstyle_svg::WIN10_CONSOLE)
        .render_svg(ansi);
    // That palette's blue can hardly be read on its black; its bright blue can.
    picture.replace("#0037DA", "#3B78FF")
}

/// The screen as lines with colour sequences, as one could `cat` it.
pub fn ansi(screen: &Screen) -> String {
    drawn(screen, |style| {
        let mut sequence = String::from("\x1b[0");
        for (base, colour) in [(30, style.fg), (40, style.bg)] {
            // Writing to a string cannot fail.
            let _ = match colour {
                Color::Default => Ok(()),
                Color::Idx(index @ 0..8) => write!(sequence, ";{}", base + u16::from(index)),
                Color::Idx(index @ 8..16) => write!(sequence, ";{}", base + 52 + u16::from(index)),
                Color::Idx(index) => write!(sequence, ";{};5;{index}", base + 8),
                Color::Rgb(r, g, b) => write!(sequence, ";{};2;{r};{g};{b}", base + 8),
            };
        }
        for (on, code) in style.modifiers().into_iter().zip([1, 2, 3, 4, 7]) {
            if on {
                let _ = write!(sequence, ";{code}");
            }
        }
        sequence + "m"
    })
}

/// A cell that is seen as chosen although it may have no colour.
pub fn is_marked(cell: &Cell) -> bool {
    cell.inverse() && cell.has_contents()
}

/// A cell with any colour but the terminal's own.
pub fn has_colour(cell: &Cell) -> bool {
    cell.fgcolor() != Color::Default || cell.bgcolor() != Color::Default
}

/// Every cell of the screen with its row and column.
pub fn cells(screen: &Screen) -> impl Iterator<Item = ((u16, u16), &Cell)> {
    let (rows, columns) = screen.size();
    (0..rows.get())
        .flat_map(move |row| (0..columns.get()).map(move |column| (row, column)))
        .filter_map(|(row, column)| Some(((row, column), screen.cell(row, column)?)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Style {
    fg: Color,
    bg: Color,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    inverse: bool,
}

impl Style {
    const PLAIN: Style = Style {
        fg: Color::Default,
        bg: Color::Default,
        bold: false,
        dim: false,
        italic: false,
        underline: false,
        inverse: false,
    };

    fn of(cell: &Cell) -> Style {
        Style {
            fg: cell.fgcolor(),
            bg: cell.bgcolor(),
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underline: cell.underline(),
            inverse: cell.inverse(),
        }
    }

    fn modifiers(self) -> [bool; 5] {
        [
            self.bold,
            self.dim,
            self.italic,
            self.underline,
            self.inverse,
        ]
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        self.modifiers()
            .into_iter()
            .zip(["bold", "dim", "italic", "underline", "inverse"])
            .filter_map(|(on, word)| on.then_some(word))
    }
}

/// Row by row, with `mark` wherever the style changes.
fn drawn(screen: &Screen, mark: impl Fn(Style) -> String) -> String {
    let mut out = String::new();
    let mut now = Style::PLAIN;
    let mut row = 0;
    for ((at, _), cell) in cells(screen) {
        if at != row {
            row = at;
            if now != Style::PLAIN {
                now = Style::PLAIN;
                out.push_str(&mark(now));
            }
            out.push('\n');
        }
        if cell.is_wide_continuation() {
            continue;
        }
        let style = Style::of(cell);
        if style != now {
            now = style;
            out.push_str(&mark(now));
        }
        out.push_str(if cell.has_contents() {
            cell.contents()
        } else {
            " "
        });
    }
    if now != Style::PLAIN {
        out.push_str(&mark(Style::PLAIN));
    }
    out
}
