//! Going from page to page: what a page asks for when it is shown, and where its mark stands.

use super::State;
use super::event::Effect;
use super::items;
use super::message::About;
use super::page::Page;

impl State {
    /// Goes to a page; `Esc` leads back.
    pub(super) fn go(&mut self, page: Page) -> Vec<Effect> {
        if self.page != page {
            self.trail.retain(|p| *p != page);
            self.trail.push(self.page);
            // It told of the page that is left.
            self.message
                .take_if(|message| !message.bad || matches!(message.about, About::Guard(_)));
        }
        self.arrive(page)
    }

    /// Is on a page from now on.
    pub(super) fn arrive(&mut self, page: Page) -> Vec<Effect> {
        let left = self.page;
        self.page = page;
        self.with_run = self
            .run
            .as_ref()
            .is_some_and(|run| !run.preparing && run.page() == page);
        let first_time = !self.cursor.contains_key(&page);
        if first_time {
            let at = self.first_mark();
            self.cursor.insert(page, at);
        }
        if first_time || self.cursor() == 0 {
            // A page is read from its top. The journal's newest lines are its last.
            if page == Page::Journal {
                self.scroll.remove(&page);
            } else {
                self.scroll.insert(page, 0);
            }
        } else {
            self.scroll.remove(&page);
        }
        let mut effects = Vec::new();
        let read = self.log.query.is_some();
        if (left == Page::Log) != (page == Page::Log) {
            self.log.query = None;
            self.log.window = None;
            self.log.chosen = None;
        }
        match page {
            Page::Ways => {
                self.ways = None;
                self.ways_asked = true;
                effects.extend([Effect::WaysBack, Effect::ReadWayBack]);
            }
            Page::Runs | Page::First => effects.push(Effect::ListRuns),
            Page::Report => effects.push(Effect::ReadReport),
            Page::Log | Page::Backup | Page::Migrate | Page::WayBack | Page::Stopped => {
                let asked = self.ask_log();
                if asked.is_empty() && read {
                    effects.push(self.no_log());
                }
                effects.extend(asked);
            }
            Page::Connect
            | Page::Notes
            | Page::Checks
            | Page::Checklist
            | Page::BackupPlan
            | Page::Buffers
            | Page::Clients
            | Page::Plan
            | Page::Proof
            | Page::Downtime
            | Page::Gate
            | Page::Point
            | Page::Validate
            | Page::Finish
            | Page::Journal => {
                if read {
                    effects.push(self.no_log());
                }
            }
        }
        effects
    }

    /// Where the mark stands on a page that is seen for the first time: never in a text field, where keys are letters.
    pub(super) fn first_mark(&self) -> usize {
        use items::{Do, Item};
        let items = items::of(self);
        let wanted = match self.page {
            // Everything is filled in: what is left to do is to look.
            Page::Connect if self.form.answers().is_ok() => Some(Item::Do(Do::LookNow)),
            Page::BackupPlan => Some(Item::Level(self.form.level())),
            Page::Buffers => Some(Item::Memory(self.form.memory)),
            // Nothing has to be done here: the lines are there to be read.
            Page::Clients => items.last().cloned(),
            _ => None,
        };
        let at = wanted.and_then(|wanted| items.iter().position(|item| *item == wanted));
        let outside = || items.iter().position(|i| !matches!(i, Item::Field(_)));
        at.or_else(outside).unwrap_or(0)
    }
}
