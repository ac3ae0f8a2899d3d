//! The request as it was sent: line, headers, query, body.

use askama::Template;

use super::{BodyBox, TabContext};
use crate::model::{CapturedRequest, FreshnessStatus, HeadSource, Rejection, RequestSummary, SignatureStatus};
use crate::server::console::pages::address::{TabId, tab_href};
use crate::server::console::pages::format::{self, Seen};
use crate::server::console::security::without_session;

/// A name with its value.
#[derive(Debug)]
pub(super) struct Pair {
    name: String,
    value: String,
}

/// Why a verdict is not good, with a link to more.
#[derive(Debug)]
struct VerdictBanner {
    class: &'static str,
    sentence: String,
    href: String,
    link: &'static str,
}

/// Line, headers, query, client, times, body.
#[derive(Debug, Template)]
#[template(path = "tabs/request.html")]
pub(crate) struct RequestTab {
    line: String,
    /// Problems of the request, in sentences.
    banners: Vec<String>,
    /// A hint about CORS, which a browser needs and this bin does not answer.
    browser: Option<&'static str>,
    settings_href: String,
    headers: Vec<Pair>,
    headers_sorted: bool,
    /// The signature's verdict, unless it is good.
    verdict: Option<VerdictBanner>,
    head_href: String,
    received_iso: String,
    received_full: String,
    sent_href: String,
    sorted_href: String,
    query: Vec<Pair>,
    trailers: Vec<Pair>,
    facts: Vec<(&'static str, String)>,
    body: BodyBox,
}

impl RequestTab {
    /// Everything about a request, in the place that `context` describes.
    pub(crate) fn new(request: &CapturedRequest, headers_sorted: bool, context: &TabContext, body: BodyBox) -> Self {
        let href = context.href.as_str();
        let summary = &request.summary;
        let mut headers: Vec<Pair> = request.head.headers().iter().map(pair).collect();
        if headers_sorted {
            headers.sort_by_key(|field| field.name.to_ascii_lowercase());
        }
        let query = request.head.target().query_pairs().into_iter().map(|(name, value)| Pair { name, value }).collect();
        let mut facts = vec![
            ("Body took", format::micros(u64::try_from(summary.body_took.as_micros()).unwrap_or(u64::MAX))),
            ("Size", sizes(request)),
        ];
        if let Some(client) = summary.client {
            facts.push(("Client", std::net::SocketAddr::new(client.ip, client.port).to_string()));
        }
        facts.push(("Response", response(request)));
        facts.push(("Cursor", format!("{}, its place among all changes on this server", summary.seq)));
        facts.push(("Id", summary.id.to_string()));
        Self {
            line: request_line(request),
            banners: banners(request, context),
            browser: browser(request, context.bin.bin.settings.response.cors),
            settings_href: format!("{}/settings", context.links.base),
            verdict: verdict(summary, context),
            head_href: format!("{}/head", context.api),
            received_iso: summary.received_at.to_string(),
            received_full: format::full_time(summary.received_at),
            headers,
            headers_sorted,
            sent_href: href.trim_end_matches(['?', '&']).to_owned(),
            sorted_href: format!("{href}headers=sorted"),
            query,
            trailers: trailers(&request.trailers),
            facts,
            body,
        }
    }
}

fn pair(field: &crate::http::Header) -> Pair {
    Pair {
        name: String::from_utf8_lossy(&field.name).into_owned(),
        value: without_session(
            field.value_str().map_or_else(|| field.value.escape_ascii().to_string(), ToOwned::to_owned),
        ),
    }
}

fn request_line(request: &CapturedRequest) -> String {
    let summary = &request.summary;
    let version =
        if summary.http_version.is_empty() { String::new() } else { format!(" HTTP/{}", summary.http_version) };
    format!("{} {}{version}", summary.method, summary.target)
}

fn trailers(raw: &[u8]) -> Vec<Pair> {
    raw.split(|&byte| byte == b'\n')
        .map(|line| String::from_utf8_lossy(line).trim().to_owned())
        .filter(|line| !line.is_empty())
        .map(|line| match line.split_once(':') {
            Some((name, value)) => Pair { name: name.to_owned(), value: value.trim().to_owned() },
            None => Pair { name: String::new(), value: line },
        })
        .collect()
}

fn sizes(request: &CapturedRequest) -> String {
    let summary = &request.summary;
    let head = format::size(request.head.raw().len() as u64);
    let exactly = format::plural(summary.body_size, "byte", "bytes");
    format!("body {} ({exactly}), head {head}", format::size(summary.body_size))
}

fn response(request: &CapturedRequest) -> String {
    let given = request.summary.response;
    let took = given.duration_us.map(|took| format!(" in {}", format::micros(took))).unwrap_or_default();
    given.status.map_or_else(|| "none".to_owned(), |status| format!("{status}{took}"))
}

/// The hint for a request of a browser's page that the bin, without CORS, does not let read the response.
fn browser(request: &CapturedRequest, cors: bool) -> Option<&'static str> {
    let headers = request.head.headers();
    if cors || !headers.contains("origin") {
        return None;
    }
    if request.summary.method == "OPTIONS" && headers.contains("access-control-request-method") {
        return Some(
            "This is a preflight: a browser asks whether a page of another origin may send. The bin gives no permission, so \
             the browser sends nothing more.",
        );
    }
    (headers.get_str("sec-fetch-mode") == Some("cors")).then_some(
        "A page in a browser sent this. The bin does not permit other origins, so the page cannot read the response.",
    )
}

/// The verdict in a sentence, if there is something to do about it.
fn verdict(summary: &RequestSummary, context: &TabContext) -> Option<VerdictBanner> {
    let verdict = &summary.derived.verdict;
    let reason = verdict.reason.as_deref().map(format::plain);
    let (class, sentence, link) = match (verdict.status, summary.derived.freshness.status) {
        (SignatureStatus::Invalid, _) => {
            ("bad", reason.unwrap_or_else(|| "The signature is not right.".to_owned()), "Why")
        }
        (SignatureStatus::UndecodableSecret, _) => {
            let sentence = reason.unwrap_or_else(|| "The secret cannot be read as this scheme wants it.".to_owned());
            ("bad", sentence, "What the scheme wants")
        }
        (SignatureStatus::Missing, _) => {
            ("", reason.unwrap_or_else(|| "The signature is missing.".to_owned()), "What is expected")
        }
        (SignatureStatus::NoSecret, _) => {
            let sentence = "There is a signature, and the bin has no secret to check it with.".to_owned();
            ("info", sentence, "Try a secret")
        }
        (SignatureStatus::Valid, FreshnessStatus::Stale) => {
            ("", "The signature is right, and its timestamp is too old.".to_owned(), "How old")
        }
        (SignatureStatus::Valid, FreshnessStatus::Future) => {
            ("", "The signature is right, and its timestamp is in the future.".to_owned(), "How far")
        }
        (SignatureStatus::Valid, FreshnessStatus::Fresh | FreshnessStatus::None)
        | (SignatureStatus::UnsignedScheme, _) => return None,
    };
    let href = tab_href(&context.page, &context.list, TabId::Signature);
    Some(VerdictBanner { class, sentence, href, link })
}

/// Why a body was rejected: its size, the limit, where that is set.
fn too_large(summary: &RequestSummary, context: &TabContext) -> String {
    let own = context.bin.bin.settings.limits.max_body_bytes;
    let limit = own.unwrap_or(context.state.defaults.max_body);
    let size = summary.declared_size.map_or_else(
        || "the body is over the limit".to_owned(),
        |size| format!("a body of {}", format::exact_size(size)),
    );
    let kept = match summary.body_size {
        0 => "The head is kept.".to_owned(),
        kept => format!("The head and the first {} of the body are kept.", format::size(kept)),
    };
    let set = if own.is_some() {
        "set for this bin: see Settings, Limits"
    } else {
        "the server's: raise it with --max-body, or for this bin in Settings, Limits"
    };
    format!("Rejected with 413: {size}, where {} are taken now ({set}). {kept}", format::exact_size(limit))
}

fn banners(request: &CapturedRequest, context: &TabContext) -> Vec<String> {
    let summary = &request.summary;
    let mut banners = Vec::new();
    if let Some(reason) = summary.rejected {
        let status = summary.response.status.map(|status| format!(" with {status}")).unwrap_or_default();
        banners.push(match reason.kind() {
            Rejection::BodyTooLarge => too_large(summary, context),
            _ => format!("Rejected{status}: {}.", reason.sentence()),
        });
    } else if !summary.complete {
        let received = format::plural(summary.body_size, "byte", "bytes");
        banners.push(match summary.declared_size {
            Some(declared) => format!("The sender left after {received} of {}.", format::count(declared)),
            None => format!("The sender left after {received}, before the end of the body."),
        });
    }
    match summary.head_source {
        HeadSource::Wire => {}
        HeadSource::Parsed => {
            let sentence =
                "The head was written anew from what the parser understood; it may differ from what was sent.";
            banners.push(sentence.to_owned());
        }
    }
    banners
}
