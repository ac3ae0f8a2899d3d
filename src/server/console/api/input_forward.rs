//! What clients write to have requests forwarded.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::schemas;
use crate::model::filter::Filter;
use crate::model::{ForwardAnswer, ForwardSettings, Retries, Route};
use crate::server::console::extract::only_objects;
use crate::server::console::problem::Problem;

/// Routes of a forward, and targets of a route.
const MAX_ROUTES: usize = 50;
const MAX_TARGETS: usize = 8;
/// Characters of a path, a header, an event, a filter.
const MAX_TEXT: usize = 2_048;
const MAX_TIMEOUT_MS: u64 = 60_000;
const MAX_RETRIES: u32 = 20;
const MAX_BACKOFF_MS: u64 = 60_000;
const MAX_PARALLEL: usize = 16;

/// How a bin forwards. Only `routes` is required; with PATCH what is absent stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ForwardInput)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(super) struct ForwardInput {
    /// The first matching route takes the request.
    #[schema(min_items = 1, max_items = 50)]
    routes: Option<Vec<RouteInput>>,
    /// Only requests that this filter finds; an empty one removes the filter.
    #[schema(max_length = 2048)]
    filter: Option<String>,
    /// Who answers the sender: `own` (default) or `target`.
    #[schema(schema_with = schemas::forward_answer)]
    answer: Option<ForwardAnswer>,
    /// Milliseconds after which a delivery is given up; default 3000.
    #[schema(minimum = 1, maximum = 60000)]
    timeout_ms: Option<u64>,
    /// How often a delivery that failed is made again.
    retries: Option<RetriesInput>,
    /// Concurrent requests; with 1 (default), the order is kept.
    #[schema(minimum = 1, maximum = 16)]
    parallel: Option<usize>,
    /// Keep the sender's `Host` in place of the target's.
    keep_host: Option<bool>,
    /// Send nothing for now.
    paused: Option<bool>,
}

/// A route. What is absent matches everything.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = RouteInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct RouteInput {
    /// The path below the bin; `*` at its end stands for anything.
    #[schema(max_length = 2048)]
    path: Option<String>,
    /// A header, `Name` or `Name=value`.
    #[schema(max_length = 2048)]
    header: Option<String>,
    /// The event's name.
    #[schema(max_length = 2048)]
    event: Option<String>,
    /// The target: a URL, or up to eight. The first gives the answer.
    #[schema(schema_with = schemas::targets)]
    to: Value,
}

/// How often a delivery that failed is made again.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = RetriesInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct RetriesInput {
    /// How often; default 3.
    #[schema(maximum = 20)]
    count: Option<u32>,
    /// Milliseconds before the first; each further one waits twice as long. Default 1000.
    #[schema(maximum = 60000)]
    backoff_ms: Option<u64>,
}

only_objects!(ForwardInput, RouteInput, RetriesInput);

/// The targets of a forward, with the fields that name them.
pub(super) fn targets(forward: &ForwardSettings) -> impl Iterator<Item = (&str, String)> {
    forward.routes.iter().enumerate().flat_map(|(route, to)| {
        let field = move |number| format!("routes[{route}].to[{number}]");
        to.to.iter().enumerate().map(move |(number, target)| (target.as_str(), field(number)))
    })
}

impl ForwardInput {
    /// Whether it sets `paused`.
    pub(super) fn says_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Checks every field, except whether the targets are allowed. `before` is the forward to change.
    pub(super) fn checked(self, before: Option<ForwardSettings>) -> Result<ForwardSettings, Problem> {
        let mut forward = match (&self.routes, before) {
            (None, None) => return Err(Problem::field("routes", "`routes` is missing.")),
            (Some(_), None) => ForwardSettings::default(),
            (_, Some(before)) => before,
        };
        if let Some(routes) = self.routes {
            if routes.is_empty() || routes.len() > MAX_ROUTES {
                return Err(Problem::field("routes", format!("A forward has 1 to {MAX_ROUTES} routes.")));
            }
            let checked = routes.into_iter().enumerate().map(|(index, route)| route.checked(index));
            forward.routes = checked.collect::<Result<_, _>>()?;
        }
        if let Some(filter) = self.filter {
            short(Some(&filter), "filter")?;
            let read = Filter::parse(&filter).map_err(|error| Problem::field("filter", error.message))?;
            forward.filter = (!read.is_empty()).then_some(filter);
        }
        if let Some(timeout) = self.timeout_ms {
            within(timeout, 1, MAX_TIMEOUT_MS, "timeout_ms")?;
            forward.timeout_ms = timeout;
        }
        if let Some(RetriesInput { count, backoff_ms }) = self.retries {
            let Retries { count: old_count, backoff_ms: old_backoff } = forward.retries;
            let retries = Retries { count: count.unwrap_or(old_count), backoff_ms: backoff_ms.unwrap_or(old_backoff) };
            within(retries.count.into(), 0, MAX_RETRIES.into(), "retries.count")?;
            within(retries.backoff_ms, 0, MAX_BACKOFF_MS, "retries.backoff_ms")?;
            forward.retries = retries;
        }
        if let Some(parallel) = self.parallel {
            within(parallel as u64, 1, MAX_PARALLEL as u64, "parallel")?;
            forward.parallel = parallel;
        }
        forward.answer = self.answer.unwrap_or(forward.answer);
        forward.keep_host = self.keep_host.unwrap_or(forward.keep_host);
        if let Some(paused) = self.paused {
            forward.set_paused(paused);
        }
        Ok(forward)
    }
}

impl RouteInput {
    fn checked(self, index: usize) -> Result<Route, Problem> {
        let field = |name: &str| format!("routes[{index}].{name}");
        short(self.path.as_deref(), &field("path"))?;
        short(self.header.as_deref(), &field("header"))?;
        short(self.event.as_deref(), &field("event"))?;
        if self.path.as_deref().is_some_and(|path| !path.starts_with(['/', '*'])) {
            return Err(Problem::field(field("path"), "A path starts with a slash, as in /a/*."));
        }
        let wrong = || Problem::field(field("to"), format!("Give a URL, or 1 to {MAX_TARGETS} of them."));
        let to = match self.to {
            Value::String(url) => vec![url],
            Value::Array(urls) if (1..=MAX_TARGETS).contains(&urls.len()) => {
                let text = |url: Value| if let Value::String(url) = url { Ok(url) } else { Err(wrong()) };
                urls.into_iter().map(text).collect::<Result<_, _>>()?
            }
            _ => return Err(wrong()),
        };
        Ok(Route { path: self.path, header: self.header, event: self.event, to })
    }
}

fn short(text: Option<&str>, field: &str) -> Result<(), Problem> {
    if text.is_some_and(|text| text.len() > MAX_TEXT || text.chars().any(char::is_control)) {
        let sentence = format!("This has at most {MAX_TEXT} bytes and no control characters.");
        return Err(Problem::field(field, sentence));
    }
    Ok(())
}

fn within(number: u64, from: u64, to: u64, field: &str) -> Result<(), Problem> {
    if (from..=to).contains(&number) {
        return Ok(());
    }
    Err(Problem::field(field, format!("This is a number from {from} to {to}.")))
}
