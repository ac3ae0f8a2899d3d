//! Diagnosis: why a signature is not right. Tries systematically what would make it right, and names that with the fix.
//!
//! Families of variations (secrets, contents, bodies, URLs…) each have a file with a table, one line per cause.
//! `PHASES` says in which order they are tried; the first that verifies ends the search.
//! Work is bounded: see `search::Search`.

mod bodies;
mod body;
mod combinations;
mod contents;
mod dialect;
mod digests;
mod dress;
mod elsewhere;
mod families;
mod form_dialects;
mod form_values;
mod form_writers;
mod guesses;
mod handed_over;
mod hashes;
mod irregular;
mod items;
mod json_dialects;
mod json_facts;
mod json_layouts;
mod json_writers;
mod jws;
mod nested_forms;
mod on_the_way;
mod other_requests;
mod parts;
mod php_dialects;
mod places;
mod proxies;
mod recode;
mod schemes;
mod search;
mod secret_clutter;
mod secret_encodings;
mod secret_forms;
mod secret_unset;
mod secret_variant;
mod secrets;
mod shapes;
mod signature_form;
mod signed_content;
mod text_forms;
mod time_units;
mod times;
mod token;
mod tokens;
mod tried;
mod unknown;
mod url_slips;
mod urls;
mod variation;
mod white_space;

use serde::Serialize;

use super::{Catalogue, Config, Scheme, SignedRequest};
use crate::http::Headers;
use crate::model::{RequestId, Secret, SecretValue};
use search::Search;
pub(crate) use unknown::diagnose_unknown;

/// One cause, fact or guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Its stable name: `secret_whitespace`, `body_json_python`, …
    pub code: &'static str,
    /// What was found.
    pub sentence: String,
    /// What to do.
    pub fix: String,
    /// Whether the signature was verified with it. Otherwise it is a guess.
    pub verifies: bool,
    /// A scheme record that reads the signature, for the bin's `custom_scheme`. With it, and with the rest of the fix
    /// done, the signature is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_scheme: Option<serde_json::Value>,
}

/// A request whose signature is not right, and what may explain it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    /// The schemes that are known here.
    pub catalogue: &'a Catalogue,
    /// The scheme in force.
    pub scheme: &'a Scheme,
    /// Further values that the scheme needs, from the bin's settings.
    pub config: &'a Config,
    pub request: SignedRequest<'a>,
    /// The bin's secrets.
    pub secrets: &'a [Secret],
    /// Secrets of other bins, likely ones first. At most 512 are tried.
    pub other_secrets: &'a [OtherSecret<'a>],
    /// Other requests of the bin, newest first. At most 32 are compared.
    pub other_requests: &'a [OtherRequest<'a>],
    /// Other forms of the request's URL, with path and query: based on the capture listener, on the public URL.
    pub urls: &'a [String],
    /// The path below the bin as sent: in the request's URL it follows the bin's public URL.
    pub below: &'a str,
    /// The query as sent. Without one the public URL's own is used.
    pub query: Option<&'a str>,
    /// Whether the body arrived completely.
    pub complete: bool,
    /// Whether the request was rejected because its body was too large.
    pub over_limit: bool,
    /// `Content-Length`, if it was sent.
    pub declared_size: Option<u64>,
}

/// A secret of another bin of this server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OtherSecret<'a> {
    pub label: &'a str,
    /// The bin's name or id.
    pub bin: &'a str,
    pub value: &'a SecretValue,
}

/// Another request of the same bin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OtherRequest<'a> {
    pub id: RequestId,
    /// The header fields.
    pub headers: &'a Headers,
    /// The body as sent.
    pub body: &'a [u8],
}

/// One step of the search.
type Phase = fn(&mut Search<'_>) -> Option<Finding>;

/// The steps, likely ones first. The commonest forms of the body come before the many forms of secrets, so that they
/// are tried for large bodies too.
const PHASES: &[Phase] = &[
    signature_form::find,
    bodies::common,
    secrets::likely,
    secrets::of_other_bins,
    schemes::find,
    bodies::likely,
    urls::find,
    signed_content::find,
    other_requests::find,
    secrets::rare,
    bodies::rare,
    digests::find,
    bodies::seldom,
    hashes::find,
    secrets::rarest,
    secret_unset::rarest,
    signed_content::rarest,
    times::rarest,
    times::of_fractions,
    combinations::secret_and_content,
    combinations::secret_and_body,
    combinations::secret_and_url,
    combinations::content_and_body,
];

/// Says why the signature is not right: the first variation that verifies, or else guesses, likeliest first.
/// Pure and bounded: about 50 ms for a body of up to 1 MiB, 100 ms for each MiB of larger ones.
#[cfg(test)]
pub(crate) fn diagnose(case: &Case<'_>) -> Vec<Finding> {
    diagnosed(case, 1).findings
}

/// The result for one scheme.
struct Diagnosed {
    findings: Vec<Finding>,
    /// The signature is right, as it is or with the first finding: nothing else needs to be tried.
    is_settled: bool,
}

/// Diagnoses with the budget divided by `share`.
fn diagnosed(case: &Case<'_>, share: usize) -> Diagnosed {
    if let Some(finding) = signature_form::repeated(case) {
        return Diagnosed { findings: vec![finding], is_settled: true };
    }
    if case.scheme.algorithm.is_token() {
        return jws::diagnosed(case, share);
    }
    if let Some(of_item) = items::diagnosed_item(case, share) {
        return of_item;
    }
    let mut search = Search::new(case, share);
    let found = PHASES.iter().find_map(|phase| if search.is_right { None } else { phase(&mut search) });
    let found = found.or_else(|| if search.is_right { signature_form::timestamp(case) } else { None });
    let is_settled = found.is_some() || search.is_right;
    let rest = if is_settled { Vec::new() } else { guesses::guesses(&search) };
    Diagnosed { findings: found.into_iter().chain(guesses::facts(case)).chain(rest).collect(), is_settled }
}

/// The most candidates that are diagnosed after the first. The largest family that shares a header has eight schemes.
const MAX_CANDIDATES: usize = 7;

/// For a request whose scheme was detected, not chosen: `others` are the schemes that fit it as well as the case's,
/// likeliest first. The findings of the first scheme that explains the signature are taken, or else those of the case's
/// own. The others together take as long as one more diagnosis.
#[must_use]
pub(crate) fn diagnose_detected(case: &Case<'_>, others: &[&Scheme]) -> Vec<Finding> {
    let own = diagnosed(case, 1);
    if own.is_settled || others.is_empty() {
        return own.findings;
    }
    let others = distinct(case.scheme, others);
    let explained = others.iter().find_map(|scheme| {
        let other = diagnosed(&Case { scheme, ..*case }, others.len());
        let is_explained = other.findings.first().is_some_and(|first| first.verifies);
        is_explained.then(|| by_other_scheme(scheme, other.findings))
    });
    explained.unwrap_or(own.findings)
}

/// The first few schemes that differ in what they sign, how and where: the same search again would find nothing new.
fn distinct<'s>(first: &'s Scheme, others: &[&'s Scheme]) -> Vec<&'s Scheme> {
    let is_same = |a: &Scheme, b: &Scheme| {
        (a.algorithm, a.encoding) == (b.algorithm, b.encoding)
            && (&a.secret, &a.signed, &a.from, &a.items) == (&b.secret, &b.signed, &b.from, &b.items)
            && (&a.group, &a.split, &a.vars, &a.require) == (&b.group, &b.split, &b.vars, &b.require)
    };
    let mut kept = vec![first];
    for &other in others {
        if kept.len() <= MAX_CANDIDATES && !kept.iter().any(|known| is_same(known, other)) {
            kept.push(other);
        }
    }
    kept.split_off(1)
}

/// Adds to the findings the scheme for which they are true.
fn by_other_scheme(scheme: &Scheme, mut findings: Vec<Finding>) -> Vec<Finding> {
    if let Some(first) = findings.first_mut() {
        first.sentence =
            format!("{} It was checked by the scheme {}, which fits the request too.", first.sentence, scheme.name);
        first.fix = format!("{} Set the bin's scheme to `{}`.", first.fix, scheme.id);
    }
    findings
}

#[cfg(test)]
mod tests;
