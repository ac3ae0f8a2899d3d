//! The original URL as proxies on the way report it, in the headers that they add.

use crate::http::{Headers, forwarded};
use crate::signature::SignedRequest;
use crate::signature::request::UrlParts;

/// A URL, the code of what differs, and the header that reports it.
pub(super) struct Told {
    pub(super) code: &'static str,
    pub(super) url: String,
    pub(super) header: &'static str,
}

const HOSTS: [&str; 6] = ["x-forwarded-host", "x-original-host", "x-forwarded-server", "x-real-host", "x-host", "host"];
const PROTOS: [&str; 5] =
    ["x-forwarded-proto", "x-forwarded-scheme", "x-forwarded-protocol", "x-url-scheme", "x-scheme"];
const PATHS: [&str; 9] = [
    "x-original-uri",
    "x-original-url",
    "x-forwarded-uri",
    "x-rewrite-url",
    "x-envoy-original-path",
    "x-replaced-path",
    "x-forwarded-path",
    "x-original-path",
    "x-request-uri",
];
const PREFIXES: [&str; 5] =
    ["x-forwarded-prefix", "x-script-name", "x-ingress-path", "x-forwarded-pathbase", "x-forwarded-context"];

/// The most URLs that are returned.
const MAX_TOLD: usize = 64;

/// The first value of a header to which each proxy adds one.
fn first<'h>(headers: &'h Headers, name: &'static str) -> Option<&'h str> {
    let value = headers.get_str(name)?.split(',').next()?.trim();
    Some(value).filter(|value| !value.is_empty() && !value.contains(char::is_whitespace))
}

/// `host` or `proto` of `Forwarded`, as the first proxy writes it.
fn of_first<'h>(headers: &'h Headers, wanted: &str) -> Option<&'h str> {
    forwarded::parameter(headers.get_str("forwarded")?.split(',').next()?, wanted)
}

fn named<'h>(headers: &'h Headers, forwarded_name: &str, names: &[&'static str]) -> Vec<(&'static str, &'h str)> {
    let of_forwarded = of_first(headers, forwarded_name).map(|value| ("forwarded", value));
    let others = names.iter().filter_map(|name| Some((*name, first(headers, name)?)));
    of_forwarded.into_iter().chain(others).collect()
}

/// The URLs that the headers report, likeliest first.
pub(super) fn told(request: &SignedRequest<'_>) -> Vec<Told> {
    let (headers, own) = (request.headers, UrlParts::of(request.url));
    let hosts = named(headers, "host", &HOSTS);
    let protos = named(headers, "proto", &PROTOS);
    let port = first(headers, "x-forwarded-port").filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let mut all: Vec<Told> = Vec::new();
    let mut add = |code: &'static str, header: &'static str, url: String| {
        if url != request.url && all.len() < MAX_TOLD && !all.iter().any(|known| known.url == url) {
            all.push(Told { code, url, header });
        }
    };
    let rest = own.after_authority;
    // The address of an IPv6 host contains colons too.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let portless =
        |host: &str| host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name).to_owned();
    let mut paths = vec![(None, "", rest.to_owned())];
    for header in PREFIXES {
        if let Some(prefix) = first(headers, header).map(|prefix| prefix.trim_end_matches('/')) {
            let prefix = if prefix.starts_with('/') { prefix.to_owned() } else { format!("/{prefix}") };
            paths.push((Some("url_path"), header, format!("{prefix}{rest}")));
        }
    }
    for header in PATHS {
        match first(headers, header) {
            Some(url) if url.contains("://") => add("url_path", header, url.to_owned()),
            Some(path) if path.starts_with('/') => {
                paths.push((Some("url_path"), header, path.to_owned()));
                if !path.contains('?') && !own.query.is_empty() {
                    paths.push((Some("url_path"), header, format!("{path}?{}", own.query)));
                }
            }
            _ => {}
        }
    }
    let mut authorities = vec![(None, "", own.authority.to_owned())];
    authorities.extend(hosts.iter().map(|(header, host)| (Some("url_host"), *header, (*host).to_owned())));
    if let Some(port) = port {
        let with_port = |(_, _, host): &(Option<&'static str>, &'static str, String)| {
            (Some("url_port"), "x-forwarded-port", format!("{}:{port}", portless(host)))
        };
        let ported: Vec<_> = authorities.iter().map(with_port).collect();
        authorities.extend(ported);
    }
    let mut schemes = vec![(None, "", own.scheme)];
    schemes.extend(protos.iter().map(|(header, proto)| (Some("url_scheme"), *header, *proto)));
    // URLs with the fewest differences come first.
    let mut combined = Vec::new();
    for (scheme_code, scheme_header, scheme) in &schemes {
        for (host_code, host_header, authority) in &authorities {
            for (path_code, path_header, path) in &paths {
                let codes = [*path_code, *host_code, *scheme_code];
                let headers = [*path_header, *host_header, *scheme_header];
                let count = codes.iter().flatten().count();
                let code = codes.into_iter().flatten().next().unwrap_or("url_host");
                let header = headers.into_iter().find(|header| !header.is_empty()).unwrap_or("host");
                combined.push((count, code, header, format!("{scheme}://{authority}{path}")));
            }
        }
    }
    combined.sort_by_key(|(count, ..)| *count);
    for (_, code, header, url) in combined {
        add(code, header, url);
    }
    all
}
