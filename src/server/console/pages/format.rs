//! Formats sizes, durations, times, and text from senders for people.

use std::time::Duration;

use askama::filters::HtmlSafe;

use crate::model::Timestamp;
pub(super) use crate::model::size_text as size;
use crate::view::hidden;
pub(super) use crate::view::plain;

/// `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `180 µs`, `2.4 ms`, `1.5 s`.
pub(super) fn micros(micros: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let value = micros as f64;
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", value / 1e3),
        _ => format!("{:.1} s", value / 1e6),
    }
}

/// A duration with one digit after the point: `272.6 ms`.
pub(super) fn short(duration: Duration) -> String {
    micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

/// A duration that was measured: `272.6 ms`, `14.2 s`, `12 min`.
pub(super) fn took(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => short(duration),
        seconds => span(seconds),
    }
}

/// A size with its bytes, to tell similar sizes apart: `10.0 MiB (10,485,760 bytes)`.
pub(super) fn exact_size(bytes: u64) -> String {
    if bytes < 1_024 { size(bytes) } else { format!("{} ({} bytes)", size(bytes), count(bytes)) }
}

/// `1 request`, `2 requests`.
pub(super) fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A label as the beginning of a line.
pub(super) fn capital(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An age or a span in words: `8 s`, `12 min`, `3 h`, `9 days`.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A span that was chosen for people: `250 ms`, `10 s`, `5 min`, `1 h`, `7 days`.
pub(super) fn width(micros: u64) -> String {
    match micros {
        0..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..60_000_000 => format!("{} s", micros / 1_000_000),
        60_000_000..3_600_000_000 => format!("{} min", micros / 60_000_000),
        3_600_000_000..86_400_000_000 => format!("{} h", micros / 3_600_000_000),
        _ => plural(micros / 86_400_000_000, "day", "days"),
    }
}

/// The time of day in UTC with milliseconds; the browser writes its own zone's instead.
pub(super) fn clock_time(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(11..23).unwrap_or(&text).to_owned()
}

/// Day and time of day with the zone, which is UTC; the browser writes its own zone's instead.
pub(super) fn full_time(at: Timestamp) -> String {
    format!("{} UTC", row_time(at))
}

/// The same for lists: the page names the zone once.
pub(super) fn row_time(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {}", text.get(..10).unwrap_or_default(), clock_time(at))
}

/// How long ago that was.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", span(now.since(at).as_secs()))
}

/// Text from senders as HTML: escaped, with invisible characters as marked escapes. Line feeds and tabs stay.
///
/// The HTML is written here and not in a template: this is the escaper, and its marks stand between the characters that
/// it writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a>(pub &'a str);

impl std::fmt::Display for Seen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.0;
        let special = |c: char| matches!(c, '<' | '>' | '&' | '"' | '\'') || hidden(c).is_some();
        while let Some(at) = rest.find(special) {
            f.write_str(&rest[..at])?;
            let mut after = rest[at..].chars();
            match after.next() {
                Some('<') => f.write_str("&lt;")?,
                Some('>') => f.write_str("&gt;")?,
                Some('&') => f.write_str("&amp;")?,
                Some('"') => f.write_str("&quot;")?,
                Some('\'') => f.write_str("&#39;")?,
                // A Windows line break is not marked.
                Some('\r') if after.as_str().starts_with('\n') => {}
                Some('\r') => f.write_str("<span class=\"ctl\">\\r</span>")?,
                Some(unseen) => write!(f, "<span class=\"ctl\">\\u{{{:x}}}</span>", u32::from(unseen))?,
                None => {}
            }
            rest = after.as_str();
        }
        f.write_str(rest)
    }
}

// Display above escapes everything itself.
impl HtmlSafe for Seen<'_> {}

/// One of Creel's sentences as HTML, escaped like [`Seen`]: words in backticks are code. What a sender wrote may be
/// among it; backticks that do not stand around whole words stay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentence<'a>(pub &'a str);

impl std::fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let opens = |before: &str| before.chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
        let closes = |after: &str| after.chars().next().is_none_or(|c| c.is_whitespace() || ".,:;!?)".contains(c));
        let is_word = |code: &str| !code.is_empty() && code.trim() == code;
        let (mut rest, mut from) = (self.0, 0);
        while let Some(at) = rest[from..].find('`').map(|at| from + at) {
            let (before, after) = (&rest[..at], &rest[at + 1..]);
            match after.split_once('`').filter(|(code, after)| is_word(code) && opens(before) && closes(after)) {
                Some((code, after)) => {
                    write!(f, "{}<code>{}</code>", Seen(before), Seen(code))?;
                    (rest, from) = (after, 0);
                }
                None => from = at + 1,
            }
        }
        write!(f, "{}", Seen(rest))
    }
}

impl HtmlSafe for Sentence<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!((count(7).as_str(), count(1_234_567).as_str()), ("7", "1,234,567"));
        assert_eq!(micros(2_400), "2.4 ms");
        let at = Timestamp::from_micros(1_779_971_696_789_000);
        assert_eq!(clock_time(at), "12:34:56.789");
        assert_eq!(full_time(at), "2026-05-28 12:34:56.789 UTC");
        assert_eq!(row_time(at), "2026-05-28 12:34:56.789");
        assert_eq!(ago(at, Timestamp::from_secs(1_779_971_696 + 125)), "2 min ago");
    }

    #[test]
    fn text_of_strangers_stays_text() {
        assert_eq!(Seen("<b a='\"'>&").to_string(), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(
            Seen("a\u{202e}b\u{0}").to_string(),
            "a<span class=\"ctl\">\\u{202e}</span>b<span class=\"ctl\">\\u{0}</span>"
        );
        assert_eq!(Seen("a\r\nb\tc").to_string(), "a\nb\tc");
        for (sentence, html) in [
            ("`<a>`, (`b`) or `c d`.", "<code>&lt;a&gt;</code>, (<code>b</code>) or <code>c d</code>."),
            ("a`b` and `c", "a`b` and `c"),
            ("`` is missing", "`` is missing"),
            ("a ` and ` b", "a ` and ` b"),
            ("`", "`"),
        ] {
            assert_eq!(Sentence(sentence).to_string(), html);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_an_element(text: String) {
            let html = Seen(&text).to_string().replace("<span class=\"ctl\">", "").replace("</span>", "");
            proptest::prop_assert!(!html.contains('<') && !html.contains('"'));
        }
    }
}
