//! Forwarding: a bin's targets, and each request's outcome.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::Timestamp;

/// How a bin forwards what it captures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForwardSettings {
    /// The first matching route takes the request.
    pub routes: Vec<Route>,
    /// Only what this filter finds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Who answers the sender.
    pub answer: ForwardAnswer,
    /// Milliseconds after which a delivery is given up.
    pub timeout_ms: u64,
    /// How often a delivery that failed is made again.
    pub retries: Retries,
    /// Concurrent requests; with 1, the order is kept.
    pub parallel: usize,
    /// Keep the sender's `Host`; else it is the target's.
    pub keep_host: bool,
    /// Send nothing for now.
    pub paused: bool,
    /// When it resumes automatically, after it paused because of a loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
}

impl Default for ForwardSettings {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            filter: None,
            answer: ForwardAnswer::Own,
            // The time that platforms allow a receiver.
            timeout_ms: 3_000,
            retries: Retries::default(),
            parallel: 1,
            keep_host: false,
            paused: false,
            paused_until: None,
        }
    }
}

impl ForwardSettings {
    /// Every target, in the order of the routes.
    pub fn targets(&self) -> impl Iterator<Item = &String> {
        self.routes.iter().flat_map(|route| &route.to)
    }

    /// Whether it was paused by hand, and so resumes only by hand.
    pub const fn is_paused_by_hand(&self) -> bool {
        self.paused && self.paused_until.is_none()
    }

    /// Pauses or resumes it by hand.
    pub const fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
        self.paused_until = None;
    }
}

/// A route. What is not set matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Route {
    /// The path below the bin; `*` at its end stands for anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A header, `Name` or `Name=value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The event's name, letter for letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The targets: the request goes to all of them. The first gives the answer.
    pub to: Vec<String>,
}

/// Who answers the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForwardAnswer {
    /// The bin, by its settings.
    #[default]
    Own,
    /// The target.
    Target,
}

/// How often a delivery that failed is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retries {
    /// How many times at most, after the first try.
    pub count: u32,
    /// Milliseconds before the first; each further one waits twice as long.
    pub backoff_ms: u64,
}

impl Default for Retries {
    fn default() -> Self {
        Self { count: 3, backoff_ms: 1_000 }
    }
}

/// The outcome of forwarding a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Forwarded {
    /// Every target answered with a 2xx.
    Delivered,
    /// A target answered otherwise.
    NotAccepted,
    /// A target did not answer.
    Failed,
    /// The filter does not find it.
    SkippedFiltered,
    /// No route matches.
    SkippedNoRoute,
    /// Two programs may read it in two ways.
    SkippedUnfit,
    /// Creel has sent it on too often already.
    SkippedLoop,
    /// It was imported, not sent now.
    SkippedImported,
    /// It was composed here and has its own target.
    SkippedComposed,
    /// Its signature is not valid, and the bin enforces signatures.
    SkippedSignature,
    /// It arrived or waited while the forward was paused.
    SkippedPaused,
}

impl Forwarded {
    /// The name that the API uses.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Why it was not sent on, in words; `None` when it was.
    pub const fn skipped_because(self) -> Option<&'static str> {
        match self {
            Self::Delivered | Self::NotAccepted | Self::Failed => None,
            Self::SkippedFiltered => Some("the forward's filter does not find it"),
            Self::SkippedNoRoute => Some("no route of the forward matches"),
            Self::SkippedUnfit => Some("it may be read in two ways"),
            Self::SkippedLoop => Some("it is in a delivery loop"),
            Self::SkippedImported => Some("it was imported"),
            Self::SkippedComposed => Some("it was composed here and sent by hand"),
            Self::SkippedSignature => Some("its signature is not valid, and the bin enforces signatures"),
            Self::SkippedPaused => Some("the forward was paused"),
        }
    }

    /// The worse of two targets' outcomes.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |end| match end {
            Self::Delivered => 0,
            Self::NotAccepted => 1,
            Self::Failed => 2,
            // A request has the same skip reason at all targets, except that a target's path may make it unfit.
            Self::SkippedFiltered
            | Self::SkippedNoRoute
            | Self::SkippedUnfit
            | Self::SkippedLoop
            | Self::SkippedImported
            | Self::SkippedComposed
            | Self::SkippedSignature
            | Self::SkippedPaused => 3,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

/// One target of a bin's forward, as the queue knows it: a digest of its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lane(pub i64);

/// Where a request is forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed {
    /// To no further target: this is its outcome.
    Over(Forwarded),
    /// To these targets, at least one.
    To(Vec<Lane>),
}

/// The progress of a bin's forwarding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForwardCursor {
    /// Every request up to this cursor was forwarded or skipped, or waits for its targets.
    pub through: u64,
    /// Requests that came while it was paused.
    pub paused: u64,
    /// Requests that retention removed before they were forwarded.
    pub evicted: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_on_says_why_and_what_was_says_nothing() {
        for (forwarded, name, is_skipped) in [
            (Forwarded::Delivered, "delivered", false),
            (Forwarded::NotAccepted, "not_accepted", false),
            (Forwarded::Failed, "failed", false),
            (Forwarded::SkippedNoRoute, "skipped_no_route", true),
            (Forwarded::SkippedSignature, "skipped_signature", true),
        ] {
            assert_eq!(forwarded.name(), name);
            assert_eq!(forwarded.skipped_because().is_some_and(|why| why.len() > 10), is_skipped, "{name}");
            assert_eq!(serde_json::to_value(forwarded).unwrap(), name);
        }
        // A request that was skipped for two reasons keeps the first.
        let order = [Forwarded::Delivered, Forwarded::NotAccepted, Forwarded::Failed, Forwarded::SkippedUnfit];
        for (at, better) in order.into_iter().enumerate() {
            for worse in &order[at..] {
                assert_eq!((better.worse(*worse), worse.worse(better)), (*worse, *worse));
            }
        }
        assert_eq!(Forwarded::SkippedUnfit.worse(Forwarded::SkippedLoop), Forwarded::SkippedUnfit);
        let route = |to: &[&str]| Route { to: to.iter().map(|&to| to.to_owned()).collect(), ..Route::default() };
        let settings =
            ForwardSettings { routes: vec![route(&["a", "b"]), route(&[]), route(&["c"])], ..Default::default() };
        assert_eq!(settings.targets().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
