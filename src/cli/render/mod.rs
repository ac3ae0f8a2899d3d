//! Output for people, as text. Pure, so that it can be tested without a terminal. Text from senders goes through
//! `view::plain` or [`lines`], so that none of its control characters reaches a terminal.

mod bins;
mod explained;
mod full;
mod json;
mod paint;
mod requests;
mod table;

use std::fmt::Write as _;

pub(super) use bins::{bin, bins};
pub(super) use explained::explained;
pub(super) use full::full;
pub(super) use json::inert;
pub(super) use paint::{Paint, Tone};
pub(super) use requests::{live_line, requests};
pub(super) use table::{Align, Cell, Column, Table};

use crate::model::Timestamp;
use crate::view::hidden;

#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) paint: Paint,
    /// Columns of the terminal; `None` when there is none, and nothing is cut.
    pub(super) width: Option<usize>,
}

/// Text of several lines: line feeds and tabs stay, every other unseen character is shown as `\u{202e}`.
pub(super) fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            // A line end as Windows writes it.
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' => out.push_str("\\r"),
            unseen if hidden(unseen).is_some() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(unseen));
            }
            seen => out.push(seen),
        }
    }
    out
}

/// How long ago something was: `now`, `8 s`, `12 min`, `3 h`, `9 days`.
pub(super) fn age(at: Option<Timestamp>, now: Timestamp) -> String {
    let Some(at) = at else { return "–".to_owned() };
    match now.since(at).as_secs() {
        0 => "now".to_owned(),
        seconds @ 1..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// `valid`, `no secret`: the API's word as people read it.
pub(super) fn words(name: &str) -> String {
    crate::view::plain(&name.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_of_a_stranger_is_printed() {
        assert_eq!(lines("a\r\nb\tc\u{1b}[2Jd\re\u{202e}f\u{9b}g"), "a\nb\tc\\u{1b}[2Jd\\re\\u{202e}f\\u{9b}g");
    }

    #[test]
    fn ages_are_short() {
        let now = Timestamp::from_secs(1_000_000);
        let shown = |seconds: i64| age(Some(Timestamp::from_secs(1_000_000 - seconds)), now);
        assert_eq!([0, 5, 125, 7_300, 200_000].map(shown), ["now", "5 s", "2 min", "2 h", "2 days"]);
        assert_eq!(shown(-60), "now", "the server's clock may be ahead");
    }
}
