//! Arguments and helpers that several commands share.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::output;
use super::render::Look;
use crate::client::{Client, bin_path, segment};
use crate::config::files;
use crate::model::{Clock, Seq, Timestamp};

/// An invalid argument; the text names it and says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

/// Output for people or for programs.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Print JSON: one object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Print no colours; the same as setting `NO_COLOR`
    #[arg(long)]
    pub(super) no_color: bool,
}

impl OutputArgs {
    /// How to print for people.
    pub(super) fn look(&self) -> Look {
        output::look(self.no_color)
    }

    /// Prints one object: as a line of JSON, or as people read it.
    pub(super) fn one(&self, value: &Value, text: impl FnOnce(Look) -> String) -> anyhow::Result<()> {
        if self.json {
            return Ok(output::json(&format!("{value}\n"))?);
        }
        Ok(output::data(&text(self.look()))?)
    }

    /// Prints many: each as a line of JSON, or all as people read them.
    pub(super) fn many(&self, values: &[Value], text: impl FnOnce(Look) -> String) -> anyhow::Result<()> {
        if self.json {
            let lines: String = values.iter().flat_map(|value| [value.to_string(), "\n".to_owned()]).collect();
            return Ok(output::json(&lines)?);
        }
        Ok(output::data(&text(self.look()))?)
    }
}

/// The present time.
pub(super) fn now() -> Timestamp {
    Clock::system().now()
}

/// Reads a time in Unix seconds. Rejects times beyond the calendar, which would be cut to a wrong one.
pub(super) fn moment(text: &str) -> Result<i64, String> {
    /// The years 1 to 9999.
    const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_207_200;
    let read = text.parse().ok().filter(|seconds| SECONDS.contains(seconds));
    read.ok_or_else(|| "give Unix seconds such as 1767225600, from the years 1 to 9999".to_owned())
}

/// Reads pairs such as `name=value`; `flag` is named when one is none.
pub(super) fn pairs(flag: &str, texts: &[String]) -> Result<Vec<(String, String)>, Usage> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Usage(format!("{flag} '{text}': give it as name=value"))),
    };
    texts.iter().map(pair).collect()
}

/// Reads header fields such as `Name: value`.
pub(super) fn header_fields(texts: &[String]) -> Result<Vec<(String, String)>, Usage> {
    let field = |text: &String| {
        let wrong = || Usage(format!("--header '{text}': give it as 'Name: value', without control characters"));
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let blank = [' ', '\t'];
        let (name, value) = (name.trim_matches(blank), value.trim_matches(blank));
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        // A line break would begin another field.
        let is_plain = !value.chars().any(|c| c.is_control() && c != '\t');
        if is_name && is_plain { Ok((name.to_owned(), value.to_owned())) } else { Err(wrong()) }
    };
    texts.iter().map(field).collect()
}

/// The largest file that a command reads into memory: the largest body. A larger file is refused, never cut.
const MAX_FILE: u64 = 1 << 30;

/// Reads a file, or the standard input for `-`.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let failed = |error: std::io::Error| Usage(format!("{}: {error}", path.display()));
    let bytes = if path.as_os_str() == "-" {
        files::read_all(std::io::stdin().lock(), MAX_FILE).map_err(failed)?
    } else {
        files::read(path, MAX_FILE).map_err(failed)?
    };
    Ok(bytes)
}

/// Reads a span of time: `500ms`, `30s`, `2m`, `1h`, plain seconds.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let refuse = || "give a time such as 500ms, 30s, 2m or 1h".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let factor = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(refuse()),
    };
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = number.parse::<f64>().ok().filter(|_| plain).map(|number| number * factor).ok_or_else(refuse)?;
    // A week: a longer span is a mistake.
    if seconds > 604_800.0 { Err("give at most a week".to_owned()) } else { Ok(Duration::from_secs_f64(seconds)) }
}

/// A span of time for people.
pub(super) fn span_text(span: Duration) -> String {
    if span.subsec_millis() == 0 { format!("{} s", span.as_secs()) } else { format!("{} ms", span.as_millis()) }
}

/// Which request of a bin: an id, a cursor, `latest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    /// As the API takes it.
    Id(String),
    /// The number at the beginning of a list's line.
    Seq(Seq),
}

impl std::str::FromStr for Which {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // An id has letters beside digits, and is longer than any cursor.
        match text.parse() {
            Ok(seq) if text.len() < 20 => Ok(Self::Seq(seq)),
            _ if text.is_empty() => Err("give an id, a number of the list, or latest".to_owned()),
            _ => Ok(Self::Id(text.to_owned())),
        }
    }
}

impl Which {
    /// The id as the API takes it.
    pub(super) async fn id(&self, client: &Client, bin: &str) -> anyhow::Result<String> {
        let seq = match self {
            Self::Id(id) => return Ok(id.clone()),
            Self::Seq(seq) => *seq,
        };
        let found = client.requests(bin, None, 1, Some(seq.saturating_sub(1)), true).await?;
        let id = found.first().filter(|request| request["seq"] == seq).and_then(|request| request["id"].as_str());
        Ok(id
            .map(str::to_owned)
            .ok_or_else(|| Usage(format!("'{bin}' has no request {seq}; `creel list {bin}` shows them")))?)
    }

    /// The path of something of that request.
    pub(super) async fn path(&self, client: &Client, bin: &str, rest: &str) -> anyhow::Result<String> {
        Ok(bin_path(bin, &format!("/requests/{}{rest}", segment(&self.id(client, bin).await?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, millis) in [("500ms", 500), ("30s", 30_000), ("2m", 120_000), ("1h", 3_600_000), ("1.5", 1_500)] {
            assert_eq!(span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "-1", "1d", "1e3", "nan", "99999999"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moment_is_one_that_a_calendar_has() {
        assert_eq!((moment("-5"), moment("253402207200")), (Ok(-5), Ok(253_402_207_200)));
        for bad in ["", "now", "1.5", "253402207201", "9223372036854775807", "99999999999999999999"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_header_field_cannot_bring_another_one() {
        let read = |text: &str| header_fields(&[text.to_owned()]).ok().map(|fields| fields[0].clone());
        assert_eq!(read("A-b:  c: d "), Some(("A-b".to_owned(), "c: d".to_owned())));
        for bad in ["", "a", ": b", "a b: c", "a: b\r\nC: d", "a\n: b"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_number_is_a_cursor_and_anything_else_an_id() {
        assert_eq!("42".parse(), Ok(Which::Seq(42)));
        assert_eq!("latest".parse(), Ok(Which::Id("latest".to_owned())));
        assert_eq!("01JX7Z7C2V0000000000000001".parse(), Ok(Which::Id("01JX7Z7C2V0000000000000001".to_owned())));
        assert!("".parse::<Which>().is_err());
    }
}
