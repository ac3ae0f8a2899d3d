//! How a bin's forward is shown.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{ForwardAnswer, ForwardSettings, Retries, Route, Timestamp};

/// How a bin forwards what it captures, and its progress.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forward)]
pub(crate) struct ForwardShape<'a> {
    /// The first matching route takes the request.
    pub routes: Vec<RouteShape<'a>>,
    /// Only requests that this filter finds.
    pub filter: Option<&'a str>,
    /// Who answers the sender: `own` (the bin) or `target`.
    #[schema(value_type = String)]
    pub answer: ForwardAnswer,
    /// Milliseconds after which a delivery is given up.
    pub timeout_ms: u64,
    /// How often a delivery that failed is made again.
    pub retries: RetriesShape,
    /// Requests that are on their way at once.
    pub parallel: usize,
    /// Whether the sender's `Host` is kept.
    pub keep_host: bool,
    /// Whether nothing is sent for now.
    pub paused: bool,
    /// Its progress.
    pub state: ForwardStateShape,
}

/// A route. What is `null` matches everything.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Route)]
pub(crate) struct RouteShape<'a> {
    /// The path below the bin.
    pub path: Option<&'a str>,
    /// A header.
    pub header: Option<&'a str>,
    /// The event's name.
    pub event: Option<&'a str>,
    /// Where it goes.
    pub to: &'a [String],
}

/// How often a delivery that failed is made again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Retries)]
pub(crate) struct RetriesShape {
    /// How often.
    pub count: u32,
    /// Milliseconds before the first; each further one waits twice as long.
    pub backoff_ms: u64,
}

/// The progress of a bin's forwarding.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ForwardState)]
pub(crate) struct ForwardStateShape {
    /// Every request up to this cursor is done.
    pub through: u64,
    /// Requests that wait.
    pub waiting: u64,
    /// Requests that were passed over because of a pause, without those that a catch-up has queued again.
    pub skipped_paused: u64,
    /// Requests that retention removed before they were forwarded.
    pub skipped_evicted: u64,
    /// Why it has paused automatically.
    pub paused_because: Option<String>,
    /// The targets to which something was sent since the start.
    pub targets: Vec<HealthShape>,
}

/// Whether a target can be reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TargetHealth)]
pub(crate) struct HealthShape {
    /// The target.
    pub target: String,
    /// Whether it accepts connections.
    pub reachable: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What to check, when it is down.
    pub sentence: Option<String>,
}

impl<'a> ForwardShape<'a> {
    /// The settings with their progress.
    #[must_use]
    pub(crate) fn new(forward: &'a ForwardSettings, state: ForwardStateShape) -> Self {
        let route = |route: &'a Route| RouteShape {
            path: route.path.as_deref(),
            header: route.header.as_deref(),
            event: route.event.as_deref(),
            to: &route.to,
        };
        let Retries { count, backoff_ms } = forward.retries;
        Self {
            routes: forward.routes.iter().map(route).collect(),
            filter: forward.filter.as_deref(),
            answer: forward.answer,
            timeout_ms: forward.timeout_ms,
            retries: RetriesShape { count, backoff_ms },
            parallel: forward.parallel,
            keep_host: forward.keep_host,
            paused: forward.paused,
            state,
        }
    }
}
