//! What a document states of sessions, as data: their events, the order, what is not sent again.

use crate::provider::finding::Says;

/// The rules of a platform's sessions.
pub(in crate::provider) struct Lifecycle {
    /// The events that a user need not choose.
    pub subscribed: &'static [&'static str],
    /// What the document says of these, and that others are chosen by the user.
    pub chosen: Says,
    /// The event before all others, if there is one.
    pub first: Option<Rule>,
    /// The event that ends a session: events that have not come by then are missing.
    pub end: Rule,
    /// Events that may come after it.
    pub after_end: &'static [&'static str],
    /// Whether any other event after it is against the document; else only out of order.
    pub end_is_last: bool,
    /// Events of calls only.
    pub calls_only: &'static [Rule],
    /// Pointers to values that only a call has: a finalized session without them was no call.
    pub call_values: &'static [&'static str],
    /// Events that come once.
    pub once: &'static [Rule],
    /// What the document says of repeated events.
    pub again: Says,
    /// Values of the ending event that are those of the earlier ones.
    pub combined: Option<Combined>,
    /// A duration that can be compared with the timestamps of two events.
    pub duration: Option<Measured>,
    /// What becomes of an event that was not answered 2xx.
    pub not_accepted: Consequence,
}

/// An event, and what the document says of it.
#[derive(Clone, Copy)]
pub(in crate::provider) struct Rule {
    pub event: &'static str,
    pub says: Says,
}

/// A consequence in words, and what the document says of it.
#[derive(Clone, Copy)]
pub(in crate::provider) struct Consequence {
    pub sentence: &'static str,
    pub says: Says,
}

/// Values of the ending event that are those of the earlier ones.
pub(in crate::provider) struct Combined {
    pub values: &'static [&'static str],
    /// Of these, those that are seconds.
    pub seconds: &'static [&'static str],
    pub says: Says,
}

/// A duration that an event states, and the two events that it lies between.
pub(in crate::provider) struct Measured {
    pub from: &'static str,
    pub to: &'static str,
    /// The value of `to`, in seconds.
    pub pointer: &'static str,
    pub says: Says,
}
