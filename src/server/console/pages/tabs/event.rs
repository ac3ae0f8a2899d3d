//! What the request means to the platform that sent it, and its place in its session.

use askama::Template;

use super::super::format::Seen;

/// Another request of the same session.
#[derive(Debug)]
pub struct Neighbour {
    /// Where it is.
    pub href: String,
    /// Its event's name.
    pub name: String,
    /// When it came.
    pub time_iso: String,
    /// Seconds from the request before it, in words.
    pub gap: String,
    /// Whether it repeats an earlier one.
    pub duplicate: bool,
    /// Whether it is the open one.
    pub current: bool,
}

/// Provider facts, oddities, the session.
#[derive(Debug, Template)]
#[template(path = "tabs/event.html")]
pub struct EventTab {
    /// Names and values of what the provider's events say.
    pub facts: Vec<(String, String)>,
    /// What is odd.
    pub notes: Vec<String>,
    /// The first delivery of the same event, with the comparison.
    pub duplicate_href: Option<String>,
    /// Comparing with it.
    pub compare_href: Option<String>,
    /// A handshake that was answered.
    pub handshake: Option<String>,
    /// The requests of the session in order.
    pub session: Vec<Neighbour>,
}
