//! Diagnosis: why a signature is not right. Tries systematically what would have made it so, and names it with the fix.
//!
//! Families of variations (secrets, contents, bodies, URLs…) each have a file with a table, one line per cause.
//! `PHASES` says in which order they are tried; the first that verifies ends the search.
//! Work is bounded: see `search::Search`.

mod bodies;
mod captured;
mod contents;
mod digests;
mod json;
mod leftovers;
mod number;
mod pairs;
mod recode;
mod schemes;
mod search;
mod secrets;
mod spelling;
mod tokens;
mod urls;

use serde::Serialize;

use super::{Config, Scheme, SignedRequest};
use crate::model::{Headers, RequestId, Secret, SecretValue};
use search::Search;

/// One thing that was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A name for it that does not change: `secret_whitespace`, `body_json_python`, …
    pub code: &'static str,
    /// What is the case.
    pub sentence: String,
    /// What to do.
    pub fix: String,
    /// Whether the signature was seen to be right with it. Otherwise it is a guess.
    pub verifies: bool,
}

/// A request whose signature is not right, and what may explain it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The scheme in force.
    pub scheme: &'a Scheme,
    /// Second values of the scheme, from the bin's settings.
    pub config: &'a Config,
    /// The request.
    pub request: SignedRequest<'a>,
    /// The bin's secrets.
    pub secrets: &'a [Secret],
    /// Secrets of other bins. At most 64 are tried.
    pub other_secrets: &'a [OtherSecret<'a>],
    /// Other requests of the bin, newest first. At most 32 are compared.
    pub other_requests: &'a [OtherRequest<'a>],
    /// Other forms of the request's URL: by the capture listener, by the public URL. With path and query.
    pub urls: &'a [String],
    /// The path below the bin as sent: in the request's URL it follows the bin's public URL.
    pub below: &'a str,
    /// The query as sent. Without one the public URL's own counts.
    pub query: Option<&'a str>,
    /// Whether the body came whole.
    pub complete: bool,
    /// Whether the body was refused or cut because it was too large.
    pub over_limit: bool,
    /// `Content-Length`, if it was there.
    pub declared_size: Option<u64>,
}

/// A secret of another bin of this server.
#[derive(Debug, Clone, Copy)]
pub struct OtherSecret<'a> {
    /// Its label.
    pub label: &'a str,
    /// The bin's name or id.
    pub bin: &'a str,
    /// Its text.
    pub value: &'a SecretValue,
}

/// Another request of the same bin.
#[derive(Debug, Clone, Copy)]
pub struct OtherRequest<'a> {
    /// Its id.
    pub id: RequestId,
    /// The header fields.
    pub headers: &'a Headers,
    /// The body as sent.
    pub body: &'a [u8],
}

/// One step of the search.
type Phase = fn(&mut Search<'_>) -> Option<Finding>;

/// What is tried, likely things first.
const PHASES: &[Phase] = &[
    spelling::find,
    secrets::likely,
    secrets::of_other_bins,
    schemes::find,
    bodies::likely,
    urls::find,
    contents::find,
    captured::find,
    secrets::rare,
    bodies::rare,
    digests::find,
    pairs::secret_and_content,
    pairs::secret_and_body,
    pairs::secret_and_url,
    pairs::content_and_body,
];

/// Says why the signature is not right: what verifies first, else what is left, likeliest first.
/// Pure and bounded: about 50 ms for a body of 1 MiB, in proportion for larger ones.
#[must_use]
pub fn diagnose(case: &Case<'_>) -> Vec<Finding> {
    let mut search = Search::new(case);
    let found = PHASES.iter().find_map(|phase| if search.is_right { None } else { phase(&mut search) });
    let rest = if found.is_some() || search.is_right { Vec::new() } else { leftovers::guesses(&search) };
    found.into_iter().chain(leftovers::facts(case)).chain(rest).collect()
}

#[cfg(test)]
mod tests;
