//! A request while it is being signed: values are placed where the scheme reads them, all else stays byte for byte.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use crate::http::multipart::Parts;
use crate::http::{Headers, form};
use crate::json::Pointer;
use crate::model::Timestamp;

use super::encoding::Encoding;
use super::filter::form_encode;
use super::member;
use super::missing::Missing;
use super::request::{Config, SignedRequest, UrlParts, View, multipart_boundary};
use super::scheme::Scheme;
use super::source::Source;

const FORM: &str = "application/x-www-form-urlencoded";
/// Most headers listed as signed when Creel chooses them.
const LISTED_HEADERS: usize = 8;

/// A request to sign.
#[derive(Debug, Clone, Copy)]
pub struct SignInput<'a> {
    /// The method, which some schemes sign.
    pub method: &'a str,
    /// The URL as the receiver knows it.
    pub url: &'a str,
    /// The header fields; an old signature among them is replaced.
    pub headers: &'a Headers,
    /// The body as it will be sent.
    pub body: &'a [u8],
    /// The time to sign.
    pub timestamp: Timestamp,
    /// The delivery's id, where the scheme signs one and the request has none; made up from the content when absent.
    pub id: Option<&'a str>,
    /// Second values that the scheme needs (`{config:app_key}`).
    pub config: Option<&'a Config>,
}

/// What signing changes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Fields to set: each takes the place of all fields of its name.
    pub headers: Vec<(String, String)>,
    /// The new URL, when the scheme puts something into the query.
    pub url: Option<String>,
    /// The new body, when the scheme puts something into the body.
    pub body: Option<Vec<u8>>,
}

impl Signed {
    /// The headers with the changes made.
    #[must_use]
    pub fn apply_to(&self, headers: &Headers) -> Headers {
        let is_set = |name: &[u8]| self.headers.iter().any(|(set, _)| name.eq_ignore_ascii_case(set.as_bytes()));
        let kept = headers.iter().filter(|field| !is_set(&field.name));
        let mut out: Headers = kept.map(|field| (field.name.clone(), field.value.clone())).collect();
        for (name, value) in &self.headers {
            out.push(name.clone(), value.clone());
        }
        out
    }
}

/// Why a request cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The secret's text is no key of the scheme. Signing by a public-key scheme needs the private key.
    #[error("The secret cannot be read as {wanted}.")]
    Undecodable {
        /// What is wanted, in words.
        wanted: String,
    },
    /// The scheme signs a part that the request lacks and that cannot be made up.
    #[error("{sentence}")]
    Missing {
        /// What is missing.
        missing: Missing,
        /// The same in words.
        sentence: String,
    },
    /// The signature or a value belongs in a part that the request does not have in that form.
    #[error("{0}")]
    Unplaceable(String),
}

pub(super) struct Draft<'a> {
    method: &'a str,
    url: Cow<'a, str>,
    headers: Headers,
    set: Vec<(String, String)>,
    body: Cow<'a, [u8]>,
    /// The item of a batch that values are put into.
    item: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(input: &SignInput<'a>) -> Self {
        Self {
            method: input.method,
            url: Cow::Borrowed(input.url),
            headers: input.headers.clone(),
            set: Vec::new(),
            body: Cow::Borrowed(input.body),
            item: 0,
        }
    }

    pub(super) const fn item(&self) -> usize {
        self.item
    }

    /// How many items a list of the body has.
    pub(super) fn items(&self, list: &Pointer) -> usize {
        member::items(list, &self.body).len().min(member::MAX_ITEMS)
    }

    /// Values of items are put into this one.
    pub(super) const fn look_at(&mut self, item: usize) {
        self.item = item;
    }

    pub(super) fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: self.method,
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
            received_at: Timestamp::default(),
        }
    }

    pub(super) fn into_signed(self) -> Signed {
        let changed = |text: Cow<'_, str>| match text {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text),
        };
        let body = match self.body {
            Cow::Borrowed(_) => None,
            Cow::Owned(body) => Some(body),
        };
        Signed { headers: self.set, url: changed(self.url), body }
    }

    pub(super) fn has(&self, source: &Source) -> bool {
        let request = self.request();
        let config = Config::new();
        let view = View::new(&request, &config);
        view.look_at(self.item);
        source.first(&view).is_some_and(|value| !value.is_empty())
    }

    /// Names for a list of signed headers: the content type and the sender's own, never the signature itself.
    pub(super) fn names_worth_signing(&self, scheme: &Scheme) -> Vec<String> {
        let is_signature = |name: &str| {
            scheme.from.iter().any(|source| matches!(source, Source::Header(own) if own.eq_ignore_ascii_case(name)))
        };
        let mut names: Vec<String> = Vec::new();
        for field in &self.headers {
            let name = String::from_utf8_lossy(&field.name).to_ascii_lowercase();
            if (name == "content-type" || name.starts_with("x-")) && !is_signature(&name) && !names.contains(&name) {
                names.push(name);
            }
        }
        names.truncate(LISTED_HEADERS);
        if names.is_empty() {
            names.extend(
                self.headers.iter().next().map(|field| String::from_utf8_lossy(&field.name).to_ascii_lowercase()),
            );
        }
        names
    }

    /// Puts a value where the scheme reads it; an old one there is replaced.
    pub(super) fn place(&mut self, source: &Source, value: &str) -> Result<(), SignError> {
        match source {
            Source::Header(name) => self.place_header(name, value),
            Source::HeaderPrefix(prefix) => self.place_header(&format!("{prefix}1"), value),
            Source::Query(name) => {
                self.url = Cow::Owned(with_query_pair(&self.url, name, value));
                Ok(())
            }
            Source::Form(name) => self.place_field(name, value),
            Source::FormJson(name, pointer) => {
                let field = Source::Form(name.clone());
                let old = {
                    let request = self.request();
                    let config = Config::new();
                    let view = View::new(&request, &config);
                    field.first(&view).map_or_else(|| b"{}".to_vec(), Cow::into_owned)
                };
                let json = with_member(&old, pointer, value)?;
                self.place(&field, &String::from_utf8_lossy(&json))
            }
            Source::Json(pointer) => {
                self.body = Cow::Owned(with_member(&self.body, pointer, value)?);
                Ok(())
            }
            Source::Each(list, rest) => {
                let pointer = Pointer::parse(&format!("{list}/{}{rest}", self.item)).unwrap_or_default();
                self.body = Cow::Owned(with_member(&self.body, &pointer, value)?);
                Ok(())
            }
            Source::HeaderJson(name, pointer) => {
                let old = {
                    let request = self.request();
                    let value = request.headers.get_str(name).and_then(|text| Encoding::Base64.decode(text));
                    value.map_or_else(|| b"{}".to_vec(), |bytes| bytes.to_vec())
                };
                let json = with_member(&old, pointer, value)?;
                self.place_header(name, &Encoding::Base64.encode(&json))
            }
            Source::Body => {
                self.body = Cow::Owned(value.as_bytes().to_vec());
                Ok(())
            }
            // `sign.rs` puts claims into the token that it makes.
            Source::Claim(..) => Err(SignError::Unplaceable(format!("The {source} is signed with the token."))),
        }
    }

    fn place_header(&mut self, name: &str, value: &str) -> Result<(), SignError> {
        // A line end would begin another field.
        if value.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(SignError::Unplaceable(format!(
                "The value for the header {name} has a control character in it."
            )));
        }
        self.set.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.set.push((name.to_owned(), value.to_owned()));
        let kept = self.headers.iter().filter(|field| !field.name.eq_ignore_ascii_case(name.as_bytes()));
        let mut headers: Headers = kept.map(|field| (field.name.clone(), field.value.clone())).collect();
        headers.push(name.to_owned(), value.to_owned());
        self.headers = headers;
        Ok(())
    }

    fn place_field(&mut self, name: &str, value: &str) -> Result<(), SignError> {
        if let Some(boundary) = multipart_boundary(&self.headers) {
            let part = Parts::new(&self.body, &boundary).find(|part| part.name.as_deref() == Some(name));
            let Some(part) = part else {
                return Err(SignError::Unplaceable(format!(
                    "The multipart body has no field {name} to put the value into."
                )));
            };
            let mut body = self.body.to_vec();
            body.splice(part.content, value.bytes());
            self.body = Cow::Owned(body);
            return Ok(());
        }
        let content_type = self.headers.get_str("content-type").map(str::to_ascii_lowercase);
        match content_type {
            Some(known) if known.starts_with(FORM) => {}
            Some(_) if !self.body.is_empty() => {
                return Err(SignError::Unplaceable(format!(
                    "The scheme puts {name} into a form, and the body is none."
                )));
            }
            Some(_) | None => self.place_header("Content-Type", FORM)?,
        }
        let mut body = without_pairs(&self.body, name);
        if !body.is_empty() {
            body.push(b'&');
        }
        body.extend_from_slice(format!("{}={}", form_encode(name), form_encode(value)).as_bytes());
        self.body = Cow::Owned(body);
        Ok(())
    }
}

/// The encoded pairs as they are, without those of this name.
fn without_pairs(encoded: &[u8], name: &str) -> Vec<u8> {
    let is_named = |pair: &&[u8]| form::pairs(pair).first().is_some_and(|(known, _)| known == name);
    let kept: Vec<&[u8]> =
        encoded.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty() && !is_named(pair)).collect();
    kept.join(&b'&')
}

fn with_query_pair(url: &str, name: &str, value: &str) -> String {
    let parts = UrlParts::of(url);
    let fragment = url.find('#').map_or("", |at| &url[at..]);
    let before_query = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let kept = String::from_utf8_lossy(&without_pairs(parts.query.as_bytes(), name)).into_owned();
    let between = if kept.is_empty() { "" } else { "&" };
    format!("{before_query}?{kept}{between}{}={}{fragment}", form_encode(name), form_encode(value))
}

/// The JSON with a member set. A member that is there is replaced in place, and nothing else changes.
fn with_member(json: &[u8], pointer: &Pointer, value: &str) -> Result<Vec<u8>, SignError> {
    let no_json = || SignError::Unplaceable(format!("The value for {pointer} belongs into JSON, and there is none."));
    let quoted = serde_json::to_string(value).map_err(|_| no_json())?;
    if let Some((place, old)) = member::locate(pointer, json) {
        let is_number = old.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        let fits_number = value.parse::<i64>().is_ok();
        let mut out = json.to_vec();
        out.splice(place, if is_number && fits_number { value } else { &quoted }.bytes());
        return Ok(out);
    }
    let mut document: Json = if json.trim_ascii().is_empty() {
        Json::Object(Map::new())
    } else {
        serde_json::from_slice(json).map_err(|_| no_json())?
    };
    let mut here = &mut document;
    for step in pointer.steps() {
        if here.is_null() {
            *here = if step.parse::<usize>().is_ok() { Json::Array(Vec::new()) } else { Json::Object(Map::new()) };
        }
        here = match here {
            Json::Object(members) => members.entry(step.as_str()).or_insert(Json::Null),
            Json::Array(items) => {
                let at: usize = step.parse().map_err(|_| no_json())?;
                if at == items.len() {
                    items.push(Json::Null);
                }
                items.get_mut(at).ok_or_else(no_json)?
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => return Err(no_json()),
        };
    }
    *here = Json::String(value.to_owned());
    serde_json::to_vec(&document).map_err(|_| no_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(json: &str, pointer: &str, value: &str) -> Option<String> {
        let Ok(Source::Json(pointer)) = Source::parse(&format!("json:{pointer}")) else { panic!("no pointer") };
        with_member(json.as_bytes(), &pointer, value).ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_member_is_replaced_in_place_or_added() {
        assert_eq!(member("{ \"a\" : 1.50, \"t\":12 }", "/t", "13").as_deref(), Some("{ \"a\" : 1.50, \"t\":13 }"));
        assert_eq!(member("{\"t\":\"12\"}", "/t", "13").as_deref(), Some("{\"t\":\"13\"}"));
        assert_eq!(member("", "/a/0/b", "x").as_deref(), Some("{\"a\":[{\"b\":\"x\"}]}"));
        assert_eq!(member("{\"a\":null}", "/a/b", "\"").as_deref(), Some("{\"a\":{\"b\":\"\\\"\"}}"));
        for refused in ["not json", "[1]", "\"text\"", "{\"a\":1}"] {
            assert_eq!(member(refused, "/a/b", "x"), None, "{refused}");
        }
    }

    #[test]
    fn a_field_is_put_into_a_form_and_into_nothing_else() {
        let placed = |content_type: Option<&str>, body: &str| {
            let headers: Headers = content_type.map(|value| ("Content-Type", value.to_owned())).into_iter().collect();
            let input = SignInput {
                method: "POST",
                url: "https://h/",
                headers: &headers,
                body: body.as_bytes(),
                timestamp: Timestamp::default(),
                id: None,
                config: None,
            };
            let mut draft = Draft::new(&input);
            draft.place(&Source::Form("s".to_owned()), "x y").map_err(|error| error.to_string())?;
            let signed = draft.into_signed();
            Ok((String::from_utf8(signed.body.unwrap()).unwrap(), signed.headers))
        };
        let is = |body: &str| Ok::<_, String>((body.to_owned(), Vec::new()));
        let form = || Ok::<_, String>(("s=x+y".to_owned(), vec![("Content-Type".to_owned(), FORM.to_owned())]));
        assert_eq!(placed(Some("Application/X-WWW-Form-Urlencoded; charset=utf-8"), "a=1&s=2"), is("a=1&s=x+y"));
        assert_eq!((placed(None, ""), placed(Some("text/plain"), "")), (form(), form()));
        let none = "The scheme puts s into a form, and the body is none.";
        assert_eq!(placed(Some("application/json"), "{}"), Err(none.to_owned()));
        let part = |name: &str, value: &str| {
            format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let multipart = Some("multipart/form-data; boundary=X");
        let body = |value: &str| format!("{}{}--X--\r\n", part("a", "1"), part("s", value));
        assert_eq!(placed(multipart, &body("old")), is(&body("x y")));
        let none = "The multipart body has no field s to put the value into.";
        assert_eq!(placed(multipart, &format!("{}--X--\r\n", part("a", "1"))), Err(none.to_owned()));
    }

    #[test]
    fn query_and_form_pairs_are_replaced_and_the_rest_stays() {
        assert_eq!(with_query_pair("https://h/p?a=%7e&s=1&b#f", "s", "x y"), "https://h/p?a=%7e&b&s=x+y#f");
        assert_eq!(with_query_pair("https://h/p", "s", "1"), "https://h/p?s=1");
        assert_eq!(without_pairs(b"a=1&&s=2&s&b=%20", "s"), b"a=1&b=%20");
    }
}
