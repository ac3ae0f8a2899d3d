//! A whole transcript as text, Markdown, or the JSON as it was sent.

use std::fmt::Write as _;

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::messages;
use super::transcript::Reader;
use crate::json::{NodeId, scan};

/// What a transcript is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum TranscriptForm {
    Text,
    Md,
    Json,
}

impl TranscriptForm {
    /// The name in addresses.
    pub fn id(self) -> &'static str {
        self.into()
    }

    /// The name on a link.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Md => "Markdown",
            Self::Json => "JSON",
        }
    }

    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Md => "md",
            Self::Json => "json",
        }
    }

    /// The media type of a response that holds it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Md => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// Milliseconds.
const WEEK: u64 = 7 * 24 * 3_600 * 1_000;

/// The transcript of an event of that platform; `None` when it has none.
pub(crate) fn export(provider: &str, json: &[u8], form: TranscriptForm) -> Option<Vec<u8>> {
    let outline = scan(json);
    let (node, written) = messages(provider, &outline, json)?;
    if form == TranscriptForm::Json {
        return Some(written.to_vec());
    }
    let reader = Reader { outline: &outline, json };
    let mut out = String::with_capacity(written.len());
    let ids: Vec<NodeId> = outline.child_ids(node).collect();
    let start = ids.first().and_then(|first| reader.millis(*first));
    for id in ids {
        let offset = reader.millis(id).zip(start).map(|(at, start)| at.saturating_sub(start));
        // No session lasts that long: these are no times.
        let offset = offset.filter(|offset| offset.unsigned_abs() < WEEK);
        message(&mut out, &reader, id, (form, offset));
    }
    Some(out.into_bytes())
}

fn message(out: &mut String, reader: &Reader<'_>, id: NodeId, (form, offset): (TranscriptForm, Option<i64>)) {
    let role = reader.text(id, "role").unwrap_or_default();
    let content = reader.text(id, "content").unwrap_or_default();
    let time = offset.map(clock).unwrap_or_default();
    let markdown = form == TranscriptForm::Md;
    // Writing to a text cannot fail.
    let _ = if markdown {
        write!(out, "**{}** {time}\n\n{}\n", markdown_line(&role), quoted(&content))
    } else {
        writeln!(out, "[{time}] {}: {}", one_entry(&role), one_entry(&content))
    };
    if let Some(call) = reader.member(id, "toolCall") {
        let name = reader.text(call, "name").unwrap_or_else(|| "tool".to_owned());
        let _ = if markdown {
            write!(out, "\n- call of `{}`\n", code(&name))
        } else {
            writeln!(out, "    call of {}", one_entry(&name))
        };
        for what in ["arguments", "result", "error"] {
            if let Some(value) = reader.text(call, what) {
                let _ = if markdown {
                    writeln!(out, "- {what}: `{}`", code(&value))
                } else {
                    writeln!(out, "    {what}: {}", one_entry(&value))
                };
            }
        }
    }
    for file in reader.member(id, "files").into_iter().flat_map(|files| reader.outline.child_ids(files)) {
        let (name, uri) =
            (reader.text(file, "filename").unwrap_or_default(), reader.text(file, "gcsUri").unwrap_or_default());
        let _ = if markdown {
            writeln!(out, "- file `{}` `{}`", code(&name), code(&uri))
        } else {
            writeln!(out, "    file {} {}", one_entry(&name), one_entry(&uri))
        };
    }
    if markdown {
        out.push('\n');
    }
}

/// A foreign text as one entry: further lines are indented, so that none looks like an entry, and control characters
/// are replaced.
fn one_entry(text: &str) -> String {
    let shown = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { char::REPLACEMENT_CHARACTER } else { c };
    let lines: Vec<String> = text.lines().map(|line| line.chars().map(shown).collect()).collect();
    lines.join("\n    ")
}

/// `01:07`, `1:02:03`; before the start with a minus sign.
pub(super) fn clock(millis: i64) -> String {
    let seconds = millis.unsigned_abs() / 1_000;
    let sign = if millis < 0 { "-" } else { "" };
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{sign}{minutes:02}:{seconds:02}")
    }
}

/// A foreign text as a quotation: every line is quoted, and its markup does not affect the document.
fn quoted(text: &str) -> String {
    text.lines().flat_map(|line| ["> ".to_owned(), markdown_line(line), "\n".to_owned()]).collect()
}

/// A line with its markup escaped.
fn markdown_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '~') {
            out.push('\\');
        }
        out.push(if character == '\n' || character == '\r' { ' ' } else { character });
    }
    out
}

/// A text between backticks.
fn code(text: &str) -> String {
    text.replace('`', "'").replace(['\n', '\r'], " ")
}
