//! The request as schemes see it. Query and form are parsed once, at their first use.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::ops::Range;

use crate::http::multipart::Parts;
use crate::http::text::lossy;
use crate::http::{ContentType, Headers, form};
use crate::json::{Outline, Pointer, scan};
use crate::model::Timestamp;

use super::member::{self, MAX_JSON};

/// A request to judge. All parts are borrowed and exactly as sent.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The URL as the provider knows it: public URL, path below the bin, query as sent.
    pub url: &'a str,
    /// The header fields in wire order.
    pub headers: &'a Headers,
    /// The body as sent, not decoded.
    pub body: &'a [u8],
    /// When the head was complete.
    pub received_at: Timestamp,
}

/// Second values that some schemes need (`{config:app_key}`), by name.
pub type Config = BTreeMap<String, String>;

/// A decoded name and its value.
pub(crate) type Pair = (String, String);

/// More fields than any webhook's form has. A body with more is not read as a form, so that `&&&…` cannot fill memory.
const MAX_PAIRS: usize = 10_000;

/// A longer body is not read as a form: its fields would be copied.
const MAX_FORM: usize = 16 << 20;

/// The parts of a URL, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UrlParts<'a> {
    pub(crate) scheme: &'a str,
    /// With credentials and port.
    pub(crate) authority: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// From the path on, with query and fragment.
    pub(crate) after_authority: &'a str,
}

impl<'a> UrlParts<'a> {
    pub(crate) fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let path_at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, after_authority) = rest.split_at(path_at);
        let before_fragment = after_authority.split('#').next().unwrap_or_default();
        let (path, query) = before_fragment.split_once('?').unwrap_or((before_fragment, ""));
        Self { scheme, authority, path, query, after_authority }
    }

    /// Where the port begins in the authority, with its colon. The colons of an IPv6 address are in brackets.
    fn port_at(&self) -> Option<usize> {
        let host_at = self.authority.rfind(['@', ']']).unwrap_or(0);
        self.authority[host_at..].find(':').map(|at| host_at + at)
    }

    /// The URL with the port left out.
    pub(crate) fn without_port(&self) -> String {
        let authority = &self.authority[..self.port_at().unwrap_or(self.authority.len())];
        format!("{}://{authority}{}", self.scheme, self.after_authority)
    }

    /// The URL with its scheme's port added; as it is when it has one.
    pub(crate) fn with_port(&self, url: &str) -> String {
        if self.port_at().is_some() {
            return url.to_owned();
        }
        let port = if self.scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        format!("{}://{}:{port}{}", self.scheme, self.authority, self.after_authority)
    }
}

/// A request with what was parsed of it so far.
pub(crate) struct View<'a> {
    pub(crate) request: &'a SignedRequest<'a>,
    pub(crate) config: &'a Config,
    query: OnceCell<Vec<Pair>>,
    form: OnceCell<Vec<Pair>>,
    json: OnceCell<Option<Outline>>,
    /// The items of the list that a batch scheme reads, and the current item.
    items: OnceCell<(Pointer, Vec<Range<usize>>)>,
    item: Cell<usize>,
}

impl<'a> View<'a> {
    pub(crate) const fn new(request: &'a SignedRequest<'a>, config: &'a Config) -> Self {
        Self {
            request,
            config,
            query: OnceCell::new(),
            form: OnceCell::new(),
            json: OnceCell::new(),
            items: OnceCell::new(),
            item: Cell::new(0),
        }
    }

    /// The places of the items of a list in the body. A scheme reads one list, so one is remembered.
    pub(crate) fn items(&self, list: &Pointer) -> Cow<'_, [Range<usize>]> {
        let (known, items) = self.items.get_or_init(|| (list.clone(), member::items(list, self.request.body)));
        if known == list { Cow::Borrowed(items) } else { Cow::Owned(member::items(list, self.request.body)) }
    }

    /// The item that sources of items read.
    pub(crate) const fn item(&self) -> usize {
        self.item.get()
    }

    /// Sets the item that sources of items read.
    pub(crate) fn look_at(&self, item: usize) {
        self.item.set(item);
    }

    pub(crate) fn url(&self) -> UrlParts<'a> {
        UrlParts::of(self.request.url)
    }

    pub(crate) fn query(&self) -> &[Pair] {
        self.query.get_or_init(|| pairs(self.url().query.as_bytes()))
    }

    /// The value in the JSON body that a pointer names, as written. The body is read once for all pointers.
    pub(crate) fn json(&self, pointer: &Pointer) -> Option<&'a str> {
        let body = self.request.body;
        let outline = self.json.get_or_init(|| (body.len() <= MAX_JSON).then(|| scan(body)));
        outline.as_ref()?.value_at(body, pointer)
    }

    /// The form fields of the body: multipart when the content type says so, else URL-encoded whatever it says.
    pub(crate) fn form(&self) -> &[Pair] {
        if self.request.body.len() > MAX_FORM {
            return &[];
        }
        self.form.get_or_init(|| match multipart_boundary(self.request.headers) {
            Some(boundary) => Parts::new(self.request.body, &boundary)
                .take(MAX_PAIRS)
                .filter_map(|part| Some((part.name?, lossy(&self.request.body[part.content]).into_owned())))
                .collect(),
            None => pairs(self.request.body),
        })
    }
}

fn pairs(encoded: &[u8]) -> Vec<Pair> {
    if memchr::memchr_iter(b'&', encoded).take(MAX_PAIRS).count() == MAX_PAIRS {
        return Vec::new();
    }
    form::pairs(encoded)
}

/// The boundary, when the body is `multipart/form-data`.
pub(crate) fn multipart_boundary(headers: &Headers) -> Option<String> {
    let content_type = ContentType::parse(headers.get_str("content-type")?);
    if content_type.essence == "multipart/form-data" { content_type.boundary().map(str::to_owned) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_and_go() {
        for (url, without, with) in [
            ("https://h.example:1/p?q#f", "https://h.example/p?q#f", "https://h.example:1/p?q#f"),
            ("https://h.example/p", "https://h.example/p", "https://h.example:443/p"),
            ("http://u:p@h?q", "http://u:p@h?q", "http://u:p@h:80?q"),
            ("http://u:p@h:8/", "http://u:p@h/", "http://u:p@h:8/"),
            ("http://[::1]:8/", "http://[::1]/", "http://[::1]:8/"),
            ("http://[::1]/", "http://[::1]/", "http://[::1]:80/"),
            ("http://u:p@[::1]:8/", "http://u:p@[::1]/", "http://u:p@[::1]:8/"),
            ("http://u:p@[::1]", "http://u:p@[::1]", "http://u:p@[::1]:80"),
            ("http://u:]@h:8", "http://u:]@h", "http://u:]@h:8"),
            ("http://a@b:c@h/", "http://a@b:c@h/", "http://a@b:c@h:80/"),
            ("HTTPS://h?q", "HTTPS://h?q", "HTTPS://h:443?q"),
        ] {
            let parts = UrlParts::of(url);
            assert_eq!(parts.without_port(), without);
            assert_eq!(parts.with_port(url), with);
        }
    }

    #[test]
    fn url_parts_are_those_of_the_text() {
        let parts = UrlParts::of("https://h:1/a/b?c=d?e#f?g");
        assert_eq!((parts.scheme, parts.authority, parts.path, parts.query), ("https", "h:1", "/a/b", "c=d?e"));
        let odd = UrlParts::of("no url");
        assert_eq!((odd.scheme, odd.authority, odd.path, odd.query), ("", "no url", "", ""));
    }

    #[test]
    fn multipart_fields_are_read_by_their_own_name() {
        let body = b"--X\r\nContent-Disposition: form-data; filename=\"f\"; name=\"json\"\r\n\r\n{\"a\":1}\r\n--X\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--X--\r\n";
        let headers: Headers = [("Content-Type", "multipart/form-data; boundary=\"X\"")].into_iter().collect();
        let request = SignedRequest {
            method: "POST",
            url: "https://h/",
            headers: &headers,
            body,
            received_at: Timestamp::default(),
        };
        let config = Config::new();
        let view = View::new(&request, &config);
        let expected = [("json", "{\"a\":1}"), ("b", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(view.form(), expected);
    }

    #[test]
    fn a_flood_of_fields_is_no_form() {
        assert!(pairs("&".repeat(20_000).as_bytes()).is_empty());
        assert_eq!(pairs("a=b&".repeat(9_999).as_bytes()).len(), 9_999);
        assert!(pairs("a=b&".repeat(10_000).as_bytes()).is_empty());
    }

    /// What a look at a request with this body gives.
    fn seen<T>(content_type: &str, body: &[u8], look: impl FnOnce(&View<'_>) -> T) -> T {
        let headers: Headers = [("Content-Type", content_type.to_owned())].into_iter().collect();
        let received_at = Timestamp::default();
        let request = SignedRequest { method: "POST", url: "https://h/", headers: &headers, body, received_at };
        look(&View::new(&request, &Config::new()))
    }

    #[test]
    fn of_two_lists_each_has_its_own_items() {
        let body = br#"{"a":[1,2],"b":[345]}"#;
        let (one, other) = (Pointer::parse("/a").unwrap(), Pointer::parse("/b").unwrap());
        seen("application/json", body, |view| {
            for _ in 0..2 {
                assert_eq!(*view.items(&one), [6..7, 8..9]);
                let other = view.items(&other);
                assert_eq!((other.len(), other.first()), (1, Some(&(16..19))));
            }
        });
    }

    #[test]
    fn a_body_is_searched_up_to_its_bound() {
        let json = |length: usize| {
            let body = r#"{"a":[7]}"#.to_owned() + &" ".repeat(length - 9);
            let (list, item) = (Pointer::parse("/a").unwrap(), Pointer::parse("/a/0").unwrap());
            seen("application/json", body.as_bytes(), |view| (view.json(&item).is_some(), view.items(&list).len()))
        };
        assert_eq!((json(MAX_JSON), json(MAX_JSON + 1)), ((true, 1), (false, 0)));
        let form = |length: usize| {
            let body = "a=1&b=".to_owned() + &"x".repeat(length - 6);
            seen("application/x-www-form-urlencoded", body.as_bytes(), |view| view.form().len())
        };
        assert_eq!((form(MAX_FORM), form(MAX_FORM + 1)), (2, 0));
        let parts = |count: usize| {
            let body = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n".repeat(count) + "--X--\r\n";
            seen("multipart/form-data; boundary=X", body.as_bytes(), |view| view.form().len())
        };
        assert_eq!((parts(3), parts(MAX_PAIRS + 1)), (3, MAX_PAIRS));
    }
}
