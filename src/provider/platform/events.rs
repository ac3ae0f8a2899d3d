//! What a document states of each event, as data: its head, its body's fields, what holds between them.

use crate::provider::finding::Says;
use crate::provider::findings::Findings;

/// What a document says about a request of a platform.
pub(in crate::provider) struct Contract {
    /// About the head of every event.
    pub head: &'static [HeadRule],
    /// That the body is a JSON object.
    pub body: Says,
    /// The field that names the event.
    pub event: Says,
    /// About the body of each event.
    pub events: &'static [Event],
    /// That these are all events.
    pub others: Says,
}

/// The body of an event.
pub(in crate::provider) struct Event {
    pub name: &'static str,
    pub fields: &'static [Field],
    /// Whether there may be fields that the document does not name; else what it says.
    pub extra: Extra,
    /// What holds between fields.
    pub rules: &'static [Rule],
}

/// A rule between fields of a body.
pub(in crate::provider) type Rule = fn(json: &[u8], findings: &mut Findings);

/// What fields that the document does not name are.
#[derive(Clone, Copy)]
pub(in crate::provider) enum Extra {
    /// Reported as unknown, with the document's sentence.
    Told(Says),
    /// Ignored: the document allows other fields, or does not list the fields.
    Free,
}

/// Whether a field must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::provider) enum Need {
    /// Always.
    Always,
    /// Where it applies.
    Optional,
    /// Where it applies, and never `null`.
    AbsentNotNull,
    /// Unless this other field is there.
    Unless(&'static str),
}

pub(in crate::provider) struct Field {
    pub name: &'static str,
    pub need: Need,
    pub kind: Kind,
    pub says: Says,
}

/// A sentence of the document about the head.
pub(in crate::provider) enum HeadRule {
    /// The method is POST.
    Post(Says),
    /// The content type is that of JSON.
    Json(Says),
    /// This header names the event, the same as the body's. The second sentence says that nothing overrides it.
    Event(&'static str, Says, Says),
    /// This header carries the signature `sha256=<hex>` if there is a secret.
    HexSha256(&'static str, Says),
}

/// What the document says a value is.
pub(in crate::provider) enum Kind {
    /// Whatever it is.
    Any,
    /// A text, which may be empty.
    Text,
    /// A text that is not empty.
    Filled,
    /// A text that is not empty, or a whole number: the document does not say of which kind an id is.
    Id,
    /// ISO 8601, with date, time and zone.
    Time,
    /// In the sample a UUID.
    Uuid,
    /// A whole number.
    Whole,
    /// A number of things, from 0.
    Count,
    /// Seconds, from 0.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
    /// A URL; in the sample it begins with this.
    Url(&'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, "and so on".
    Usually(&'static [&'static str]),
    /// In the sample an object.
    SampleObject,
    /// An object with these fields.
    Object(&'static [Field], Extra),
    /// An array of such objects.
    List(&'static [Field], Extra),
    /// An object of whatever is in it.
    Map,
}
