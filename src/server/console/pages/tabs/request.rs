//! The request as it was sent: line, headers, query, body.

use askama::Template;

use super::{BodyBox, TabContext};
use crate::model::{CapturedRequest, HeadSource, Rejection};
use crate::server::console::pages::format::{self, Seen};
use crate::server::console::security::without_session;

/// A name with its value.
#[derive(Debug)]
pub(super) struct Pair {
    name: String,
    value: String,
}

/// Line, headers, query, client, times, body.
#[derive(Debug, Template)]
#[template(path = "tabs/request.html")]
pub struct RequestTab {
    line: String,
    /// What is not as it should be, in sentences.
    banners: Vec<String>,
    /// What a browser needs that this bin does not give.
    browser: Option<&'static str>,
    settings_href: String,
    headers: Vec<Pair>,
    headers_sorted: bool,
    sent_href: String,
    sorted_href: String,
    query: Vec<Pair>,
    trailers: Vec<Pair>,
    facts: Vec<(&'static str, String)>,
    body: BodyBox,
}

impl RequestTab {
    /// Everything about a request, in the place that `context` describes.
    pub fn new(request: &CapturedRequest, headers_sorted: bool, context: &TabContext, body: BodyBox) -> Self {
        let href = context.href.as_str();
        let summary = &request.summary;
        let mut headers: Vec<Pair> = request.head.headers().iter().map(pair).collect();
        if headers_sorted {
            headers.sort_by_key(|field| field.name.to_ascii_lowercase());
        }
        let query = request.head.target().query_pairs().into_iter().map(|(name, value)| Pair { name, value }).collect();
        let mut facts = vec![
            ("Received", summary.received_at.to_string()),
            ("Body took", format::micros(u64::try_from(summary.body_took.as_micros()).unwrap_or(u64::MAX))),
            ("Size", sizes(request)),
        ];
        if let Some(client) = summary.client {
            facts.push(("Client", std::net::SocketAddr::new(client.ip, client.port).to_string()));
        }
        facts.push(("Response", response(request)));
        facts.push(("Cursor", format!("{} (seq)", summary.seq)));
        facts.push(("Id", summary.id.to_string()));
        Self {
            line: request_line(request),
            banners: banners(request),
            browser: browser(request, context.bin.bin.settings.response.cors),
            settings_href: format!("{}/settings", context.links.base),
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

fn banners(request: &CapturedRequest) -> Vec<String> {
    let summary = &request.summary;
    let mut banners = Vec::new();
    if let Some(reason) = summary.rejected {
        let status = summary.response.status.map(|status| format!(" with {status}")).unwrap_or_default();
        let kept = if reason.kind() == Rejection::BodyTooLarge { " The head is kept." } else { "" };
        banners.push(format!("Rejected{status}: {}.{kept}", reason.sentence()));
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
