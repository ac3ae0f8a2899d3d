//! Which route a request takes. Pure.

use crate::http::Head;
use crate::model::{RequestSummary, Route};

/// The first route that matches.
pub(crate) fn route<'r>(routes: &'r [Route], summary: &RequestSummary, head: &Head) -> Option<&'r Route> {
    routes.iter().find(|route| {
        route.path.as_deref().is_none_or(|path| path_matches(path, &summary.path))
            && route.event.as_deref().is_none_or(|event| summary.derived.event.name.as_deref() == Some(event))
            && route.header.as_deref().is_none_or(|header| header_matches(header, head))
    })
}

/// `/a/*` matches `/a/` and everything below; without a star, only the path itself. The bin itself is `/`.
fn path_matches(wanted: &str, path: &str) -> bool {
    let path = if path.is_empty() { "/" } else { path };
    match wanted.strip_suffix('*') {
        Some(start) => path.starts_with(start) || start.strip_suffix('/') == Some(path),
        None => path == wanted,
    }
}

fn header_matches(wanted: &str, head: &Head) -> bool {
    let (name, value) = wanted.split_once('=').map_or((wanted, None), |(name, value)| (name, Some(value)));
    head.scan().fields().any(|(found, text)| {
        found.eq_ignore_ascii_case(name.trim().as_bytes()) && value.is_none_or(|value| text == value.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_star_has_all_below_it() {
        for (wanted, path, matches) in [
            ("/a/*", "/a/b", true),
            ("/a/*", "/a/", true),
            ("/a/*", "/a", true),
            ("/a/*", "/ab", false),
            ("/a*", "/ab", true),
            ("/a", "/a", true),
            ("/a", "/a/", false),
            ("/", "", true),
            ("/*", "", true),
            ("*", "/x", true),
            ("/A", "/a", false),
        ] {
            assert_eq!(path_matches(wanted, path), matches, "{wanted} {path}");
        }
    }

    #[test]
    fn a_header_matches_by_name_and_by_its_whole_value() {
        let head = Head::new(bytes::Bytes::from_static(b"GET / HTTP/1.1\r\nX-Route: a=b\r\nx-route: c\r\n\r\n"));
        for (wanted, matches) in
            [("x-route", true), ("X-Route=a=b", true), ("X-Route=c", true), ("X-Route=a", false), ("X-Rout", false)]
        {
            assert_eq!(header_matches(wanted, &head), matches, "{wanted}");
        }
    }
}
