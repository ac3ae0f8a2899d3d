//! The URL in other forms: scheme, host, port, trailing slash, query; and the other URLs of the bin.

use std::collections::HashSet;

use super::form_writers::{self, STYLES};
use super::proxies::{self, Told};
use super::search::Search;
use super::url_slips;
use super::variation::with_url;
use super::{Case, Finding};
use crate::http::form;
use crate::signature::request::UrlParts;

/// A URL under which the provider may know the bin.
pub(super) struct Form {
    pub(super) code: &'static str,
    pub(super) url: String,
    /// How many things are different.
    changes: usize,
    /// The header that names this URL, if a proxy added one.
    told_by: Option<&'static str>,
}

/// The most URLs that are tried.
const MAX_URLS: usize = 256;
/// The same for small bodies.
const MAX_URLS_SMALL: usize = 640;
/// The most URLs from proxies' headers of which variations are tried as well.
const MAX_TOLD_BASES: usize = 6;

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    if !search.signs_url() {
        return None;
    }
    let keys = search.keys();
    for form in forms(search) {
        search.tried_urls.push(form.url.clone());
        let request = with_url(&search.case.request, &form.url);
        for (secret, key) in &keys {
            if let Some(hit) = search.hit(&request, key) {
                let label = search.label(secret);
                return Some(finding(search, &form, hit, &label));
            }
        }
    }
    None
}

pub(super) fn finding(search: &Search<'_>, form: &Form, hit: super::search::Hit, label: &str) -> Finding {
    let with = if label.is_empty() { String::new() } else { format!(" and the secret{label}") };
    let told = form.told_by.map(|header| format!(" (as the header {header} says)")).unwrap_or_default();
    let sentence = format!(
        "The signature is right for the URL {}{told}{with}; here it was checked with {}.",
        visible(&form.url),
        super::variation::shown(search.case.request.url)
    );
    let fix = match public_url(search.case, &form.url) {
        Ok(url) => format!("Set the bin's public URL to `{url}`."),
        Err(why) => format!(
            "No setting of the bin can help: {why}. The sender, or a proxy on the way, must send the URL exactly as it is configured at the provider."
        ),
    };
    search.found(hit, form.code, &sentence, &fix)
}

/// A URL in readable form: one with white space or control characters is escaped and in quotes.
fn visible(url: &str) -> String {
    let shown = super::variation::shown(url);
    let is_plain = !shown.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    if is_plain { shown.into_owned() } else { format!("\"{}\"", shown.escape_debug()) }
}

/// The public URL that makes the request's URL the wanted one, or why there is none. A request's URL is its bin's
/// public URL, the path below the bin as sent, and the query as sent or, without one, the public URL's own.
fn public_url(case: &Case<'_>, wanted: &str) -> Result<String, String> {
    if wanted.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '#') {
        return Err("the signed URL has characters that no public URL may have".to_owned());
    }
    let signed = UrlParts::of(wanted);
    if signed.scheme.is_empty() || signed.authority.is_empty() {
        return Err("the signed URL has no scheme or no host, and a public URL has both".to_owned());
    }
    let (path, query) = wanted.split_once('?').map_or((wanted, None), |(path, query)| (path, Some(query)));
    let own_query = match (case.query, query) {
        (None, query) => query,
        (Some(sent), Some(query)) if sent == query => None,
        (Some(_), _) => return Err("the query arrived in another form than the signed one".to_owned()),
    };
    let no_base =
        || format!("the request arrived below the bin with the path `{}`", super::variation::shown(case.below));
    let mut url = path.strip_suffix(case.below).ok_or_else(no_base)?.to_owned();
    if UrlParts::of(&url).authority.is_empty() {
        return Err(no_base());
    }
    if url.ends_with('/') && case.below.starts_with('/') {
        // Where the two are joined, one of two slashes is left out, so one is added here.
        url.push('/');
    }
    if let Some(query) = own_query {
        url.push('?');
        url.push_str(query);
    }
    Ok(url)
}

/// The forms, those with the fewest changes first.
pub(super) fn forms(search: &Search<'_>) -> Vec<Form> {
    let request = &search.case.request;
    let mut bases = vec![(None, request.url.to_owned())];
    bases.extend(search.case.urls.iter().map(|url| (Some("url_other_form"), url.clone())));
    let told = proxies::told(request);
    bases.extend(told.iter().take(MAX_TOLD_BASES).map(|told| (Some(told.code), told.url.clone())));
    let mut known: HashSet<String> = HashSet::from([request.url.to_owned()]);
    let mut forms: Vec<Form> = Vec::new();
    let mut add = |form: Form| {
        if known.insert(form.url.clone()) {
            forms.push(form);
        }
    };
    // A proxy's header names the cause, so these URLs come first.
    for Told { code, url, header } in told {
        add(Form { code, url, changes: 1, told_by: Some(header) });
    }
    for (code, base) in &bases {
        variations(*code, base).into_iter().for_each(&mut add);
    }
    for (code, url) in url_slips::slips(request.url) {
        add(Form { code, url, changes: 1, told_by: None });
    }
    let most = if search.is_small() { MAX_URLS_SMALL } else { MAX_URLS };
    forms.sort_by_key(|form| form.changes);
    forms.truncate(most);
    forms
}

/// Every combination of the small changes of one URL.
fn variations(base_code: Option<&'static str>, base: &str) -> Vec<Form> {
    let parts = UrlParts::of(base);
    let other_scheme = if parts.scheme.eq_ignore_ascii_case("https") { "http" } else { "https" };
    let host = parts.authority;
    let portless = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let authorities = [
        (None, host.to_owned()),
        (Some("url_port"), portless.to_owned()),
        (Some("url_port"), format!("{portless}:443")),
        (Some("url_port"), format!("{portless}:80")),
        (Some("url_host"), host.to_ascii_lowercase()),
    ];
    let slashed = if parts.path.ends_with('/') {
        parts.path.trim_end_matches('/').to_owned()
    } else {
        format!("{}/", parts.path)
    };
    let paths = [
        (None, parts.path.to_owned()),
        (Some("url_trailing_slash"), slashed),
        (Some("url_escapes"), unescaped(parts.path)),
        (Some("url_path"), parts.path.replace("//", "/")),
        (Some("url_path"), "/".to_owned()),
        (Some("url_path"), String::new()),
    ];
    let queries = queries(parts.query);
    let mut forms = Vec::new();
    for (scheme_code, scheme) in [(None, parts.scheme), (Some("url_scheme"), other_scheme)] {
        for (authority_code, authority) in &authorities {
            for (path_code, path) in &paths {
                for (query_code, query) in &queries {
                    let codes = [base_code, scheme_code, *authority_code, *path_code, *query_code];
                    // `%3Fa=1`: the question mark was escaped together with the rest.
                    let question = if query.is_empty() || query.starts_with("%3") || query == "?" { "" } else { "?" };
                    forms.push(Form {
                        code: codes.iter().flatten().next().copied().unwrap_or("url_other_form"),
                        url: format!("{scheme}://{authority}{path}{question}{query}"),
                        changes: codes.iter().flatten().count(),
                        told_by: None,
                    });
                }
            }
        }
    }
    forms.sort_by_key(|form| form.changes);
    forms.truncate(MAX_URLS);
    forms
}

/// The query in other forms, likely ones first.
fn queries(query: &str) -> Vec<(Option<&'static str>, String)> {
    let mut all = vec![(None, query.to_owned())];
    if query.is_empty() {
        all.push((Some("url_query"), "?".to_owned()));
        return all;
    }
    let pairs = form::pairs(query.as_bytes());
    let mut by_name = pairs.clone();
    by_name.sort();
    let mut reversed: Vec<&str> = query.split('&').collect();
    reversed.reverse();
    all.extend([
        (Some("url_query_missing"), String::new()),
        (Some("url_query_order"), sorted(query)),
        (Some("url_escapes"), query.replace('+', "%20")),
        (Some("url_escapes"), query.replace("%20", "+")),
        (Some("url_escapes"), unescaped(query)),
        (Some("url_escapes"), unescaped(&query.replace('+', " "))),
        (Some("url_escapes"), format!("%3F{query}")),
        (Some("url_escapes"), format!("%3f{query}")),
        (Some("url_escapes"), query.replace('&', "&amp;")),
        (Some("url_escapes"), recased(query, u8::to_ascii_lowercase)),
        (Some("url_escapes"), recased(query, u8::to_ascii_uppercase)),
        (Some("url_query_order"), reversed.join("&")),
    ]);
    // Parsed and written again, by each language's writer; decoded only in part, as HubSpot and Twilio ask for.
    for (_, style) in STYLES {
        all.push((Some("url_escapes"), form::write(&pairs, *style)));
    }
    for (_, style) in STYLES {
        all.push((Some("url_query_order"), form::write(&by_name, *style)));
    }
    for safe in ["-._~", "-._~!'()*", ":?/\\@!$'()*,;", "'", "/:", "-._~:/?#[]@!$'()*,;"] {
        all.push((Some("url_escapes"), partly_unescaped(query, safe)));
    }
    let orders = form_writers::orders(&query.split('&').collect::<Vec<_>>());
    all.extend(orders.into_iter().map(|pairs| (Some("url_query_order"), pairs.join("&"))));
    let mut seen = Vec::new();
    all.retain(|(_, text)| {
        let is_new = !seen.contains(text);
        if is_new {
            seen.push(text.clone());
        }
        is_new
    });
    all
}

/// Only the escapes of these characters, and of letters and digits, resolved.
fn partly_unescaped(text: &str, safe: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let byte = rest.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte
            .map(char::from)
            .filter(|letter| letter.is_ascii_alphanumeric() || letter.is_ascii() && safe.contains(*letter))
        {
            Some(letter) => {
                out.push(letter);
                rest = &rest[3..];
            }
            None => {
                out.push('%');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

fn recased(text: &str, change: fn(&u8) -> u8) -> String {
    String::from_utf8_lossy(&form_writers::recased(text.as_bytes(), change)).into_owned()
}

fn sorted(query: &str) -> String {
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn unescaped(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}
