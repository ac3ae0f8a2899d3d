//! The table of fields: what the parser reads, what help and errors show.

use super::leaf::{AttemptTest, Flag, Leaf, Thing};
use super::lexer::Word;
use super::{FilterError, Named, Needle, Pattern};
use crate::model::{FreshnessStatus, Origin, Outcome, SignatureStatus, Timestamp, kept_name, nearest, parse_size};
use strum::VariantArray as _;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// The word before the colon.
    pub name: &'static str,
    /// One use.
    pub example: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// The possible values, if there are few.
    pub values: &'static [&'static str],
    read: fn(&Word) -> Result<Leaf, FilterError>,
}

/// Every field, in the order in which help shows them.
pub(crate) const FIELDS: &[Field] = &[
    Field {
        name: "text",
        example: "text:\"call ended\"",
        meaning: "The text is in path, query, headers or body. A word without a field means the same.",
        values: &[],
        read: |value| text(value).map(Leaf::Text),
    },
    Field {
        name: "method",
        example: "method:POST",
        meaning: "The request's method.",
        values: &["GET", "POST", "PUT", "PATCH", "DELETE"],
        read: |value| Ok(Leaf::Method(pattern(value)?)),
    },
    Field {
        name: "path",
        example: "path:/a*",
        meaning: "The path below the bin: /orders and what is below it; /orders* what begins so; orders anywhere in it.",
        values: &[],
        read: |value| {
            let path = pattern(value)?;
            Ok(Leaf::Path(match value.text.chars().next() {
                Some('/') if value.stars().is_empty() => path.and_below(),
                Some('/' | '*') => path,
                Some(_) | None => path.anywhere(),
            }))
        },
    },
    Field {
        name: "status",
        example: "status:4xx",
        meaning: "The status we answered with: 401, 4xx, 400-404, >=500, or none.",
        values: &["2xx", "3xx", "4xx", "5xx", "none"],
        read: status,
    },
    Field {
        name: "event",
        example: "event:session.ended",
        meaning: "The event's name.",
        values: &[],
        read: |value| event(value).map(Leaf::Event),
    },
    Field {
        name: "session",
        example: "session:2d7b*",
        meaning: "The conversation's id, letter for letter; with a star all that begin so.",
        values: &[],
        read: |value| given(value).map(|()| Leaf::Session(Named::new(&value.text, &value.stars()))),
    },
    Field {
        name: "provider",
        example: "provider:github",
        meaning: "The provider's id.",
        values: &[],
        read: |value| Ok(Leaf::Provider(pattern(value)?)),
    },
    Field {
        name: "sig",
        example: "sig:invalid",
        meaning: "The signature's verdict: valid, invalid, missing, no_secret, unsigned_scheme, undecodable_secret.",
        values: &["valid", "invalid", "missing", "no_secret", "unsigned_scheme", "undecodable_secret"],
        read: |value| choose(value, SIGNATURES).map(Leaf::Signature),
    },
    Field {
        name: "fresh",
        example: "fresh:stale",
        meaning: "The signed timestamp's age: fresh, stale, future, none.",
        values: &["fresh", "stale", "future", "none"],
        read: |value| choose(value, FRESHNESS).map(Leaf::Fresh),
    },
    Field {
        name: "header",
        example: "header:x-foo=bar",
        meaning: "A header of that name, with that value if one is given.",
        values: &[],
        read: |value| named(value).map(|(name, value)| Leaf::Header { name, value }),
    },
    Field {
        name: "query",
        example: "query:a=1",
        meaning: "A query parameter of that name, with that value if one is given.",
        values: &[],
        read: |value| named(value).map(|(name, value)| Leaf::Query { name, value }),
    },
    Field {
        name: "json",
        example: "json:/data/reason=user_ended",
        meaning: "The value at that place of the body's JSON, also in a form, a part or a text; without a value: that there is one.",
        values: &[],
        read: json,
    },
    Field {
        name: "size",
        example: "size:>10k",
        meaning: "Bytes of the body: 512, >10k, <=1m, 100-200; k and m are 1024-fold.",
        values: &[],
        read: size,
    },
    Field {
        name: "after",
        example: "after:2026-05-28T12:00:00Z",
        meaning: "Received at that moment or later; a date means its first second in UTC.",
        values: &[],
        read: |value| moment(value).map(Leaf::After),
    },
    Field {
        name: "before",
        example: "before:2026-05-29",
        meaning: "Received before that moment; a date means its first second in UTC.",
        values: &[],
        read: |value| moment(value).map(Leaf::Before),
    },
    Field {
        name: "is",
        example: "is:duplicate",
        meaning: "One of duplicate, unread, read, pinned, incomplete, rejected, handshake, held.",
        values: &["duplicate", "unread", "read", "pinned", "incomplete", "rejected", "handshake", "held"],
        read: |value| choose(value, FLAGS).map(Leaf::Is),
    },
    Field {
        name: "has",
        example: "has:note",
        meaning: "One of note, tag, body, query, event, session.",
        values: &["note", "tag", "body", "query", "event", "session"],
        read: |value| choose(value, THINGS).map(Leaf::Has),
    },
    Field {
        name: "attempt",
        example: "attempt:failed",
        meaning: "The outcome of the newest attempt to send it: delivered (2xx), not_accepted, failed, any, none, a status (4xx), a time (>3000ms), or an outcome such as timeout.",
        values: &["delivered", "not_accepted", "failed", "any", "none"],
        read: attempt,
    },
    Field {
        name: "origin",
        example: "origin:wire",
        meaning: "Where it comes from: wire, simulated, replayed, forwarded, imported, composed.",
        values: &["wire", "simulated", "replayed", "forwarded", "imported", "composed"],
        read: |value| {
            let origins: Vec<_> = Origin::VARIANTS.iter().map(|origin| (origin.name(), *origin)).collect();
            choose(value, &origins).map(Leaf::Origin)
        },
    },
    Field {
        name: "ip",
        example: "ip:10.0.*",
        meaning: "The sender's address.",
        values: &[],
        read: |value| Ok(Leaf::Ip(pattern(value)?)),
    },
    Field {
        name: "tag",
        example: "tag:demo",
        meaning: "One of the request's tags.",
        values: &[],
        read: |value| Ok(Leaf::Tag(pattern(value)?)),
    },
    Field {
        name: "note",
        example: "note:todo",
        meaning: "The text is in the note.",
        values: &[],
        read: |value| Ok(Leaf::Note(pattern(value)?.anywhere())),
    },
    Field {
        name: "id",
        example: "id:01JW",
        meaning: "The request's id, or the start of it.",
        values: &[],
        read: |value| Ok(Leaf::Id(pattern(value)?.prefix())),
    },
];

const SIGNATURES: &[(&str, SignatureStatus)] = &[
    ("valid", SignatureStatus::Valid),
    ("invalid", SignatureStatus::Invalid),
    ("missing", SignatureStatus::Missing),
    ("no_secret", SignatureStatus::NoSecret),
    ("unsigned_scheme", SignatureStatus::UnsignedScheme),
    ("unsigned", SignatureStatus::UnsignedScheme),
    ("undecodable_secret", SignatureStatus::UndecodableSecret),
];

const FRESHNESS: &[(&str, FreshnessStatus)] = &[
    ("fresh", FreshnessStatus::Fresh),
    ("stale", FreshnessStatus::Stale),
    ("future", FreshnessStatus::Future),
    ("none", FreshnessStatus::None),
];

const FLAGS: &[(&str, Flag)] = &[
    ("duplicate", Flag::Duplicate),
    ("unread", Flag::Unread),
    ("read", Flag::Read),
    ("pinned", Flag::Pinned),
    ("incomplete", Flag::Incomplete),
    ("rejected", Flag::Rejected),
    ("handshake", Flag::Handshake),
    ("held", Flag::Held),
];

const THINGS: &[(&str, Thing)] = &[
    ("note", Thing::Note),
    ("tag", Thing::Tag),
    ("body", Thing::Body),
    ("query", Thing::Query),
    ("event", Thing::Event),
    ("session", Thing::Session),
];

/// Reads a field with its value. An unknown name gets the nearest known one as a hint.
pub(super) fn read(name: &Word, value: &Word) -> Result<Leaf, FilterError> {
    if let Some(field) = FIELDS.iter().find(|field| field.name.eq_ignore_ascii_case(&name.text)) {
        return (field.read)(value);
    }
    let hint = match nearest(&name.text, FIELDS.iter().map(|field| field.name)) {
        Some(near) => format!("did you mean '{near}:'?"),
        None => "put it in quotes to look for it as text".to_owned(),
    };
    Err(FilterError { at: name.at, message: format!("There is no field '{}': {hint}", name.text) })
}

fn pattern(value: &Word) -> Result<Pattern, FilterError> {
    given(value)?;
    Ok(Pattern::new(&value.text, &value.stars()))
}

fn given(value: &Word) -> Result<(), FilterError> {
    if value.text.is_empty() && !value.with_quotes {
        return Err(error(value, "A value is missing after the colon."));
    }
    Ok(())
}

/// The name of an event, as it is stored.
fn event(value: &Word) -> Result<Pattern, FilterError> {
    given(value)?;
    let stars = value.stars();
    let name = if stars.is_empty() { kept_name(&value.text) } else { value.text.as_str().into() };
    Ok(Pattern::new(&name, &stars))
}

fn error(value: &Word, message: impl Into<String>) -> FilterError {
    FilterError { at: value.at, message: message.into() }
}

/// A text to search for; an empty one is an error.
pub(super) fn text(word: &Word) -> Result<Needle, FilterError> {
    if word.text.is_empty() {
        return Err(FilterError { at: word.at, message: "The text to look for is empty.".to_owned() });
    }
    Ok(Needle::new(&word.text))
}

fn choose<T: Copy>(value: &Word, choices: &[(&str, T)]) -> Result<T, FilterError> {
    choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&value.text)).map(|(_, choice)| *choice).ok_or_else(
        || {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            error(value, format!("'{}' is none of {}.", value.text, names.join(", ")))
        },
    )
}

fn named(value: &Word) -> Result<(String, Option<Pattern>), FilterError> {
    let (name, value_part) = match value.split('=') {
        Some((name, rest)) => {
            let stars = rest.stars();
            (name, Some(Pattern::new(&rest.text, &stars)))
        }
        None => (value.clone(), None),
    };
    if name.text.is_empty() {
        return Err(error(value, "A name is missing after the colon."));
    }
    Ok((name.text, value_part))
}

fn json(value: &Word) -> Result<Leaf, FilterError> {
    let (pointer, value_part) = named(value)?;
    if !pointer.starts_with('/') {
        return Err(error(value, "A place in JSON starts with a slash, as in json:/data/reason=user_ended."));
    }
    Ok(Leaf::Json { pointer, value: value_part })
}

fn moment(value: &Word) -> Result<Timestamp, FilterError> {
    let text = &value.text;
    [text.clone(), format!("{text}T00:00:00Z"), format!("{text}Z"), format!("{text}:00Z")]
        .iter()
        .find_map(|form| form.parse().ok())
        .ok_or_else(|| error(value, "A moment is written as 2026-05-28 or 2026-05-28T12:34:56Z."))
}

fn attempt(value: &Word) -> Result<Leaf, FilterError> {
    let words = [
        ("none", AttemptTest::None),
        ("any", AttemptTest::Any),
        ("delivered", AttemptTest::Delivered),
        ("not_accepted", AttemptTest::NotAccepted),
        ("failed", AttemptTest::Failed),
    ];
    let outcomes = Outcome::VARIANTS.iter().map(|outcome| (outcome.name(), AttemptTest::Outcome(*outcome)));
    let word = words.into_iter().chain(outcomes).find(|(name, _)| name.eq_ignore_ascii_case(&value.text));
    if let Some((_, test)) = word {
        return Ok(Leaf::Attempt(test));
    }
    if let Some((from, to)) = range(&value.text, millis) {
        return Ok(Leaf::Attempt(AttemptTest::Took(from, to)));
    }
    match status(value) {
        Ok(Leaf::Status(Some((from, to)))) => Ok(Leaf::Attempt(AttemptTest::Status(from, to))),
        _ => Err(error(
            value,
            "An attempt is delivered, not_accepted, failed, any, none, an outcome such as timeout, a status such as 4xx, or a time such as >3000ms.",
        )),
    }
}

/// Microseconds of `3000ms` or `3s`.
fn millis(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1_000),
        None => (text.strip_suffix('s')?, 1_000_000),
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn status(value: &Word) -> Result<Leaf, FilterError> {
    let text = value.text.to_ascii_lowercase();
    if text == "none" {
        return Ok(Leaf::Status(None));
    }
    if let Some(class) = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok())
        && (1..=5).contains(&class)
    {
        return Ok(Leaf::Status(Some((class * 100, class * 100 + 99))));
    }
    let number = |text: &str| text.parse::<u16>().ok().map(u64::from);
    match range(&text, number) {
        Some((from, to)) => {
            let narrow = |bound: u64| u16::try_from(bound).unwrap_or(u16::MAX);
            Ok(Leaf::Status(Some((narrow(from), narrow(to)))))
        }
        None => Err(error(value, "A status is written as 401, 4xx, 400-404, >=500, or none.")),
    }
}

fn size(value: &Word) -> Result<Leaf, FilterError> {
    match range(&value.text, parse_size) {
        Some((from, to)) => Ok(Leaf::Size(from, to)),
        None => Err(error(value, "A size is written as 512, >10k, <=1m, or 100-200.")),
    }
}

/// `5`, `>5`, `>=5`, `<5`, `<=5`, `5-7`. An empty range is no error.
fn range(text: &str, number: impl Fn(&str) -> Option<u64>) -> Option<(u64, u64)> {
    const EMPTY: (u64, u64) = (1, 0);
    if let Some(rest) = text.strip_prefix(">=") {
        return Some((number(rest)?, u64::MAX));
    }
    if let Some(rest) = text.strip_prefix("<=") {
        return Some((0, number(rest)?));
    }
    if let Some(rest) = text.strip_prefix('>') {
        return Some(number(rest)?.checked_add(1).map_or(EMPTY, |from| (from, u64::MAX)));
    }
    if let Some(rest) = text.strip_prefix('<') {
        return Some(number(rest)?.checked_sub(1).map_or(EMPTY, |to| (0, to)));
    }
    if let Some((from, to)) = text.split_once('-') {
        return Some((number(from)?, number(to)?));
    }
    let exact = number(text)?;
    Some((exact, exact))
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use crate::model::filter::{AttemptTest, FIELDS, Filter, Leaf, Node};
    use crate::model::{Origin, Outcome, Timestamp};

    #[test]
    fn every_flag_and_every_origin_is_offered() {
        let offered = |name: &str| {
            FIELDS.iter().find(|field| field.name == name).map(|field| (field.values, field.meaning)).unwrap()
        };
        let (values, meaning) = offered("is");
        for (flag, _) in super::FLAGS {
            assert!(values.contains(flag) && meaning.contains(flag), "{flag}");
        }
        let (values, meaning) = offered("origin");
        for origin in Origin::VARIANTS {
            assert!(values.contains(&origin.name()) && meaning.contains(origin.name()), "{origin:?}");
        }
    }

    #[test]
    fn a_field_is_read_by_what_its_value_looks_like() {
        let leaf = |text: &str| match Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).root() {
            Some(Node::Leaf(leaf)) => leaf.clone(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(leaf("attempt:timeout"), Leaf::Attempt(AttemptTest::Outcome(Outcome::Timeout)));
        assert_eq!(leaf("attempt:5xx"), Leaf::Attempt(AttemptTest::Status(500, 599)));
        assert_eq!(leaf("attempt:>=3s"), Leaf::Attempt(AttemptTest::Took(3_000_000, u64::MAX)));
        assert_eq!(leaf("attempt:10MS-20ms"), Leaf::Attempt(AttemptTest::Took(10_000, 20_000)));
        assert_eq!(
            (leaf("status:1xx"), leaf("status:5XX")),
            (Leaf::Status(Some((100, 199))), Leaf::Status(Some((500, 599))))
        );
        assert_eq!(leaf("status:400-404"), Leaf::Status(Some((400, 404))));
        assert_eq!((leaf("size:<5"), leaf("size:>18446744073709551615")), (Leaf::Size(0, 4), Leaf::Size(1, 0)));
        assert_eq!(leaf("size:7"), Leaf::Size(7, 7));
        for moment in ["2026-05-28T12:34:00Z", "2026-05-28T12:34:00", "2026-05-28T12:34", "2026-05-28T14:34:00+02:00"] {
            assert_eq!(leaf(&format!("after:{moment}")), Leaf::After(Timestamp::from_secs(1_779_971_640)), "{moment}");
        }
        for wrong in [
            "status:0xx",
            "status:6xx",
            "status:xx",
            "attempt:status",
            "attempt:none-any",
            "attempt:",
            "size:-",
            "header:=x",
            "is:",
            "text:",
            "text:\"\"",
        ] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Filter::parse("event:\"\"").is_ok(), "an empty value can be meant");
    }

    #[test]
    fn the_nearest_field_is_named_when_it_is_near() {
        let hint = |text: &str| Filter::parse(text).unwrap_err().message;
        for (text, near) in
            [("pth:x", "path"), ("sess:x", "session"), ("SESSIONS:x", "session"), ("hedaer:x", "header"), ("i:x", "id")]
        {
            assert!(hint(text).ends_with(&format!("did you mean '{near}:'?")), "{}", hint(text));
        }
        for text in ["zzzz:x", "metodology:x"] {
            assert!(hint(text).ends_with("put it in quotes to look for it as text"), "{}", hint(text));
        }
    }

    #[test]
    fn every_value_that_is_offered_can_be_read() {
        for field in FIELDS {
            for value in field.values {
                let text = format!("{}:{value}", field.name);
                assert!(Filter::parse(&text).is_ok(), "{text}");
            }
            assert!(Filter::parse(field.example).is_ok(), "{}", field.example);
            assert!(field.example.starts_with(&format!("{}:", field.name)), "{}", field.example);
        }
    }
}
