//! The conditions of a filter, and their evaluation.

use super::{Named, Needle, Pattern};
use crate::http::{HeadScan, coding, form};
use crate::json::pick::Picked;
use crate::model::document;
use crate::model::{
    FreshnessStatus, LastAttempt, Origin, Outcome, RequestId, RequestSummary, SignatureStatus, Timestamp,
};

/// A condition on one request.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// A text in path, query, header lines or body.
    Text(Needle),
    /// The method.
    Method(Pattern),
    /// The path below the bin.
    Path(Pattern),
    /// The response's status, from and to; `None` for requests that got no response.
    Status(Option<(u16, u16)>),
    /// The event's name.
    Event(Pattern),
    /// The conversation's id.
    Session(Named),
    /// The provider's id.
    Provider(Pattern),
    /// The verdict.
    Signature(SignatureStatus),
    /// The freshness.
    Fresh(FreshnessStatus),
    /// A header of that name, with that value if one is given.
    Header {
        /// The name; ASCII case does not matter.
        name: String,
        /// The value; `None` for any.
        value: Option<Pattern>,
    },
    /// A parameter of the query, with that value if one is given.
    Query {
        /// The name, decoded.
        name: String,
        /// The value, decoded.
        value: Option<Pattern>,
    },
    /// A value in the body's JSON, wherever that is, by its pointer (RFC 6901).
    Json {
        /// The pointer; it begins with `/`.
        pointer: String,
        /// The value as text; none for any value but `null`.
        value: Option<Pattern>,
    },
    /// Bytes of the body, from and to.
    Size(u64, u64),
    /// Received at that moment or later.
    After(Timestamp),
    /// Received before that moment.
    Before(Timestamp),
    /// A flag of the request.
    Is(Flag),
    /// Something that the request has or lacks.
    Has(Thing),
    /// The sender's address.
    Ip(Pattern),
    /// One of the tags.
    Tag(Pattern),
    /// The request itself, or the start of its id.
    Id(Pattern),
    /// A text in the note.
    Note(Pattern),
    /// The newest attempt to send it.
    Attempt(AttemptTest),
    /// Its origin.
    Origin(Origin),
}

/// What `attempt:` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptTest {
    /// Nothing was sent.
    None,
    /// Something was sent.
    Any,
    /// A 2xx came back.
    Delivered,
    /// Another response came back.
    NotAccepted,
    /// No whole response came back.
    Failed,
    /// It ended in this way.
    Outcome(Outcome),
    /// The response's status, from and to.
    Status(u16, u16),
    /// Microseconds that it took, from and to.
    Took(u64, u64),
}

/// What `is:` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// An earlier request has the same duplicate key or, without a known platform, equals this one.
    Duplicate,
    /// Not read by the owner.
    Unread,
    /// Looked at.
    Read,
    /// Kept for ever.
    Pinned,
    /// The body is incomplete.
    Incomplete,
    /// The listener rejected it.
    Rejected,
    /// A provider's handshake.
    Handshake,
    /// Its sender waits for an answer.
    Held,
}

/// What `has:` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A note.
    Note,
    /// A tag.
    Tag,
    /// A body of a byte at least.
    Body,
    /// A query.
    Query,
    /// An event's name.
    Event,
    /// A conversation's id.
    Session,
}

/// The part of a request that a condition needs. Ordered by cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// What lists show.
    Summary,
    /// Head or body.
    Content,
}

impl Leaf {
    /// The part of the request that it needs.
    #[must_use]
    pub const fn needs(&self) -> Needs {
        match self {
            Self::Text(_) | Self::Header { .. } | Self::Json { .. } => Needs::Content,
            Self::Method(_)
            | Self::Path(_)
            | Self::Status(_)
            | Self::Event(_)
            | Self::Session(_)
            | Self::Provider(_)
            | Self::Signature(_)
            | Self::Fresh(_)
            | Self::Query { .. }
            | Self::Size(..)
            | Self::After(_)
            | Self::Before(_)
            | Self::Is(_)
            | Self::Has(_)
            | Self::Ip(_)
            | Self::Tag(_)
            | Self::Id(_)
            | Self::Note(_)
            | Self::Attempt(_)
            | Self::Origin(_) => Needs::Summary,
        }
    }

    /// Evaluates it on the summary; `None` when it needs head or body.
    #[must_use]
    pub fn decide(&self, summary: &RequestSummary) -> Option<bool> {
        let event = &summary.derived.event;
        let like = |pattern: &Pattern, text: Option<&str>| text.is_some_and(|text| pattern.matches(text.as_bytes()));
        Some(match self {
            Self::Text(_) | Self::Header { .. } | Self::Json { .. } => return None,
            Self::Method(pattern) => pattern.matches(summary.method.as_bytes()),
            Self::Path(_) | Self::Query { .. } => self.target(&summary.target),
            Self::Status(None) => summary.response.status.is_none(),
            Self::Status(Some((from, to))) => {
                summary.response.status.is_some_and(|status| (*from..=*to).contains(&status))
            }
            Self::Event(pattern) => like(pattern, event.name.as_deref()),
            Self::Session(named) => event.session.as_deref().is_some_and(|id| named.is(id)),
            Self::Provider(pattern) => like(pattern, event.provider.as_deref()),
            Self::Signature(status) => summary.derived.verdict.status == *status,
            Self::Fresh(status) => summary.derived.freshness.status == *status,
            Self::Size(from, to) => (*from..=*to).contains(&summary.body_size),
            Self::After(moment) => summary.received_at >= *moment,
            Self::Before(moment) => summary.received_at < *moment,
            Self::Is(flag) => flag.decide(summary),
            Self::Has(thing) => thing.decide(summary),
            Self::Ip(pattern) => summary.client.is_some_and(|client| pattern.matches(client.ip.to_string().as_bytes())),
            Self::Tag(pattern) => summary.marks.tags.iter().any(|tag| pattern.matches(tag.as_bytes())),
            Self::Id(pattern) => Self::id(pattern, summary.id),
            Self::Note(pattern) => like(pattern, summary.marks.note.as_deref()),
            Self::Attempt(test) => test.decide(summary.last_attempt),
            Self::Origin(origin) => summary.origin == *origin,
        })
    }

    /// Evaluates a condition on one text; the store calls this where SQL cannot express it.
    #[must_use]
    pub fn text(&self, text: &str) -> bool {
        match self {
            Self::Method(pattern)
            | Self::Event(pattern)
            | Self::Provider(pattern)
            | Self::Ip(pattern)
            | Self::Tag(pattern)
            | Self::Id(pattern)
            | Self::Note(pattern) => pattern.matches(text.as_bytes()),
            Self::Session(named) => named.is(text),
            Self::Path(_) | Self::Query { .. } => self.target(text),
            Self::Text(_)
            | Self::Header { .. }
            | Self::Json { .. }
            | Self::Status(_)
            | Self::Signature(_)
            | Self::Fresh(_)
            | Self::Size(..)
            | Self::After(_)
            | Self::Before(_)
            | Self::Is(_)
            | Self::Has(_)
            | Self::Attempt(_)
            | Self::Origin(_) => false,
        }
    }

    /// Evaluates a condition on path or query.
    fn target(&self, target: &str) -> bool {
        let (path, query) = below_bin(target.as_bytes());
        match self {
            Self::Path(pattern) => pattern.matches(path),
            Self::Query { name, value } => query.is_some_and(|query| {
                form::pairs(query).iter().any(|(found, text)| {
                    found.eq_ignore_ascii_case(name)
                        && value.as_ref().is_none_or(|value| value.matches(text.as_bytes()))
                })
            }),
            _ => false,
        }
    }

    /// Evaluates a condition on head and body.
    #[must_use]
    pub fn content(&self, head: &[u8], body: &[u8]) -> bool {
        let scan = HeadScan::new(head);
        let read = || {
            let coding = scan.fields().find(|(name, _)| name.eq_ignore_ascii_case(b"content-encoding"));
            coding::plain(coding.and_then(|(_, value)| std::str::from_utf8(value).ok()), body)
        };
        match self {
            Self::Text(needle) => {
                let (path, query) = below_bin(scan.request_line().target);
                needle.is_in(path)
                    || query.is_some_and(|query| needle.is_in(query))
                    || needle.is_in(scan.field_section())
                    || needle.is_in(&read())
            }
            Self::Header { name, value } => scan.fields().any(|(found, text)| {
                found.eq_ignore_ascii_case(name.as_bytes()) && value.as_ref().is_none_or(|value| value.matches(text))
            }),
            Self::Json { pointer, value } => {
                let declared = scan.field("content-type").and_then(|field| std::str::from_utf8(field).ok());
                match (document::value_in(declared, &read(), pointer), value) {
                    (None, _) | (Some(Picked::Null), None) => false,
                    (Some(_), None) => true,
                    (Some(Picked::Null), Some(value)) => value.matches(b"null"),
                    (Some(found), Some(value)) => found.scalar().is_some_and(|text| value.matches(text.as_bytes())),
                }
            }
            _ => false,
        }
    }

    fn id(pattern: &Pattern, id: RequestId) -> bool {
        pattern.matches(id.to_string().as_bytes())
    }
}

impl AttemptTest {
    fn decide(self, last: Option<LastAttempt>) -> bool {
        let Some(last) = last else { return self == Self::None };
        match self {
            Self::None => false,
            Self::Any => true,
            Self::Delivered => last.is_delivered(),
            Self::NotAccepted => last.status.is_some() && !last.is_delivered(),
            Self::Failed => last.outcome != Outcome::Answered,
            Self::Outcome(outcome) => last.outcome == outcome,
            Self::Status(from, to) => last.status.is_some_and(|status| (from..=to).contains(&status)),
            Self::Took(from, to) => (from..=to).contains(&last.total_us),
        }
    }
}

impl Flag {
    fn decide(self, summary: &RequestSummary) -> bool {
        match self {
            Self::Duplicate => summary.derived.event.is_repeat(),
            Self::Unread => !summary.marks.read,
            Self::Read => summary.marks.read,
            Self::Pinned => summary.marks.pinned,
            Self::Incomplete => !summary.complete,
            Self::Rejected => summary.rejected.is_some(),
            Self::Handshake => summary.derived.event.handshake.is_some(),
            Self::Held => summary.held_until.is_some(),
        }
    }
}

impl Thing {
    fn decide(self, summary: &RequestSummary) -> bool {
        match self {
            Self::Note => summary.marks.note.is_some(),
            Self::Tag => !summary.marks.tags.is_empty(),
            Self::Body => summary.body_size > 0,
            Self::Query => summary.target.contains('?'),
            Self::Event => summary.derived.event.name.is_some(),
            Self::Session => summary.derived.event.session.is_some(),
        }
    }
}

/// The path below the bin and the query of a target, as sent.
fn below_bin(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let origin = if target.first() == Some(&b'/') {
        target
    } else {
        match memchr::memmem::find(target, b"://") {
            Some(at) => {
                let rest = &target[at + 3..];
                memchr::memchr2(b'/', b'?', rest).map_or(&rest[..0], |start| &rest[start..])
            }
            None => target,
        }
    };
    let (path, query) = match memchr::memchr(b'?', origin) {
        Some(mark) => (&origin[..mark], Some(&origin[mark + 1..])),
        None => (origin, None),
    };
    let inner = path.strip_prefix(b"/").unwrap_or(path);
    (memchr::memchr(b'/', inner).map_or(&inner[..0], |slash| &inner[slash..]), query)
}
