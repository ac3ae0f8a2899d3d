//! One mistake in a URL at a time: a prefix, a port, a parameter or an escape too many or too few.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::signature::request::UrlParts;

/// What JavaScript's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Prefixes that routers add to a path or remove from it.
const PREFIXES: [&str; 12] = [
    "/api",
    "/webhook",
    "/webhooks",
    "/hook",
    "/hooks",
    "/v1",
    "/v2",
    "/api/v1",
    "/api/webhooks",
    "/api/webhook",
    "/public",
    "/prod",
];

/// What is added to a path by servers that look for a file.
const FILES: [&str; 4] = ["/index.php", "/index.html", ".php", ".json"];

/// Ports that development servers use.
const PORTS: [&str; 6] = ["8443", "8080", "3000", "8000", "5000", "4443"];

/// The most parameters that are left out one at a time.
const MAX_DROPPED: usize = 8;

/// The URLs, with the codes of what differs.
pub(super) fn slips(url: &str) -> Vec<(&'static str, String)> {
    let parts = UrlParts::of(url);
    let (scheme, host, path, query) = (parts.scheme, parts.authority, parts.path, parts.query);
    let question = if query.is_empty() { String::new() } else { format!("?{query}") };
    let mut all: Vec<(&'static str, String)> = Vec::new();
    for (code, authority) in authorities(host) {
        all.push((code, format!("{scheme}://{authority}{}", parts.after_authority)));
    }
    for path in paths(path) {
        all.push(("url_path", format!("{scheme}://{host}{path}{question}")));
    }
    for (code, query) in queries(query) {
        let question = if query.is_empty() { "" } else { "?" };
        all.push((code, format!("{scheme}://{host}{path}{question}{query}")));
    }
    let bare = format!("{host}{path}{question}");
    all.extend([
        ("url_scheme", bare.clone()),
        ("url_scheme", format!("//{bare}")),
        ("url_scheme", format!("{}://{bare}", scheme.to_ascii_uppercase())),
        ("url_host", format!("{path}{question}")),
        ("url_fragment", format!("{scheme}://{bare}")),
        ("url_space", format!("{url} ")),
        ("url_space", format!("{url}\n")),
        ("url_space", format!(" {url}")),
        ("url_escapes", utf8_percent_encode(url, COMPONENT).to_string()),
        ("url_escapes", format!("\"{url}\"")),
    ]);
    all
}

fn authorities(host: &str) -> Vec<(&'static str, String)> {
    let bare = host.rsplit_once('@').map_or(host, |(_, bare)| bare);
    let (name, port) = match bare.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, format!(":{port}")),
        _ => (bare, String::new()),
    };
    let title = |label: &str| {
        let mut letters = label.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    let titled: Vec<String> = name.split('.').map(title).collect();
    let (unicode, ascii) = (idna::domain_to_unicode(name).0, idna::domain_to_ascii(name).unwrap_or_default());
    let mut all = vec![
        ("url_host", format!("{name}.{port}")),
        ("url_host", format!("{}{port}", name.trim_end_matches('.'))),
        ("url_host", format!("{}{port}", name.to_ascii_lowercase())),
        ("url_host", format!("{}{port}", titled.join("."))),
        ("url_host", format!("{}{port}", title(name))),
        (
            "url_host",
            match (titled.split_last(), name.rsplit_once('.')) {
                (Some((_, titled)), Some((_, last))) => format!("{}.{last}{port}", titled.join(".")),
                _ => format!("{name}{port}"),
            },
        ),
        ("url_host", format!("{}{port}", name.to_ascii_uppercase())),
        (
            "url_host",
            match name.strip_prefix("www.") {
                Some(bare) => format!("{bare}{port}"),
                None => format!("www.{name}{port}"),
            },
        ),
        ("url_host", format!("{unicode}{port}")),
        ("url_host", format!("localhost{port}")),
        ("url_host", format!("127.0.0.1{port}")),
        ("url_userinfo", bare.to_owned()),
    ];
    if !ascii.is_empty() {
        all.push(("url_host", format!("{ascii}{port}")));
    }
    all.extend(PORTS.map(|port| ("url_port", format!("{name}:{port}"))));
    all
}

fn paths(path: &str) -> Vec<String> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let mut all = vec![
        format!("/{path}"),
        format!("{path}//"),
        format!("/.{path}"),
        path.replace("/./", "/").replace("//", "/"),
        path.to_ascii_lowercase(),
        path.to_ascii_uppercase(),
        path.replace("%20", "+"),
        path.replace("%20", " "),
        path.replace('+', "%20"),
        path.replace('+', "%2B"),
        path.replace(' ', "%20"),
        path.replace('%', "%25"),
        path.replace("%2F", "/").replace("%2f", "/"),
        path.replace("%25", "%"),
        path.replace(':', "%3A"),
        path.replace('@', "%40"),
        path.replace('~', "%7E"),
    ];
    all.extend(FILES.map(|file| format!("{}{file}", path.trim_end_matches('/'))));
    for file in FILES {
        all.extend(path.strip_suffix(file).map(str::to_owned));
    }
    all.extend(PREFIXES.map(|prefix| format!("{prefix}{path}")));
    for dropped in 1..segments.len().min(4) {
        all.push(format!("/{}", segments[dropped..].join("/")));
        all.push(format!("/{}", segments[..segments.len() - dropped].join("/")));
    }
    all
}

fn queries(query: &str) -> Vec<(&'static str, String)> {
    if query.is_empty() {
        return Vec::new();
    }
    let pairs: Vec<&str> = query.split('&').collect();
    let mut all = Vec::new();
    for at in 0..pairs.len().min(MAX_DROPPED) {
        let others: Vec<&str> =
            pairs.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, pair)| *pair).collect();
        all.push(("url_query_missing", others.join("&")));
    }
    // Only the first ones: the rest may have been added on the way.
    for count in 1..pairs.len().min(MAX_DROPPED) {
        all.push(("url_query_missing", pairs[..count].join("&")));
    }
    let is_added = |pair: &&str| {
        ["utm_", "fbclid", "gclid", "mc_", "ref=", "_ga", "ngrok-"].iter().any(|start| pair.starts_with(start))
    };
    all.push(("url_query_missing", pairs.iter().filter(|pair| !is_added(pair)).copied().collect::<Vec<_>>().join("&")));
    let mut once: Vec<&str> = Vec::new();
    for pair in &pairs {
        if !once.contains(pair) {
            once.push(pair);
        }
    }
    let bare = |pair: &&str| pair.strip_suffix('=').unwrap_or(pair).to_owned();
    let valued = |pair: &&str| if pair.contains('=') { (*pair).to_owned() } else { format!("{pair}=") };
    all.extend([
        ("url_query_missing", once.join("&")),
        ("url_query", format!("{query}&")),
        ("url_query", query.trim_end_matches('&').to_owned()),
        ("url_query", query.replace("&&", "&")),
        ("url_query", format!("&{query}")),
        ("url_query", format!("?{query}")),
        ("url_query", pairs.iter().map(bare).collect::<Vec<_>>().join("&")),
        ("url_query", pairs.iter().map(valued).collect::<Vec<_>>().join("&")),
        ("url_query", query.replace('&', ";")),
        ("url_query", query.replace(';', "&")),
        ("url_query", query.replace("&amp;", "&")),
        ("url_escapes", query.replace('+', "%2B")),
        ("url_escapes", query.replace("%2B", "+").replace("%2b", "+")),
        ("url_escapes", query.replace("%20", " ")),
        ("url_escapes", query.replace('+', " ")),
        ("url_escapes", query.replace('%', "%25")),
        ("url_escapes", query.replace("%25", "%")),
        ("url_escapes", query.replace('~', "%7E")),
        ("url_escapes", query.replace('\'', "%27")),
        ("url_escapes", query.replace('[', "%5B").replace(']', "%5D")),
        ("url_escapes", query.replace('[', "%5b").replace(']', "%5d")),
        ("url_escapes", query.replace("%5B", "[").replace("%5D", "]")),
        ("url_escapes", query.replace(':', "%3A")),
        ("url_escapes", query.replace("%3A", ":").replace("%3a", ":")),
        ("url_escapes", query.replace('/', "%2F")),
        ("url_escapes", query.replace("%2F", "/").replace("%2f", "/")),
        ("url_escapes", query.replace(',', "%2C")),
        ("url_escapes", query.replace("%2C", ",").replace("%2c", ",")),
        ("url_escapes", query.replace('@', "%40")),
        ("url_escapes", query.replace("%40", "@")),
        ("url_escapes", query.replace('|', "%7C")),
        ("url_query", query.to_ascii_lowercase()),
    ]);
    all
}
