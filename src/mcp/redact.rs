//! Hides credentials in captured requests, and everything that a token scheme sends, from agents.

use std::sync::OnceLock;

use serde_json::Value;

use super::answer::Failure;
use super::in_body::{self, is_member};
use crate::client::{Client, bin_path};
use crate::export::{self, REDACTED};
use crate::signature::{Catalogue, Scheme, Source};

/// Shorter values are hidden only in their own place: elsewhere, they would match unrelated text.
const LONG: usize = 8;
/// The values hidden in answers about some requests: tokens always, values named like a credential unless credentials
/// are shown.
#[derive(Debug, Default)]
pub(super) struct Redaction {
    on: bool,
    values: Vec<String>,
    /// Whether there are more values than are remembered.
    is_cut: bool,
}

impl Redaction {
    /// Nothing yet; `show` means that names hide nothing.
    pub(super) const fn new(show: bool) -> Self {
        Self { on: !show, values: Vec::new(), is_cut: false }
    }

    /// Hides the credentials in a request's headers and query, and remembers their values.
    pub(super) fn request(&mut self, request: &mut Value, places: &[Source]) {
        for value in request["target"].as_str().map(|target| placed_in(target, places)).unwrap_or_default() {
            self.remember(&value);
        }
        for field in request.get_mut("headers").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = field["name"].as_str().unwrap_or_default().to_owned();
            let named = self.on && is_credential(&name);
            if !(named || places.iter().any(|place| is_header(place, &name))) {
                let open = |value: &str| {
                    let open = export::open_value(name.as_bytes(), value.as_bytes());
                    String::from_utf8_lossy(&open).into_owned()
                };
                if let Some(open) = field["value"].as_str().filter(|_| self.on).map(open) {
                    field["value"] = open.into();
                }
                continue;
            }
            if let Some(value) = field["value"].as_str() {
                self.remember_header(value);
            }
            *field = serde_json::json!({"name": name, "value": REDACTED});
        }
        for pair in request.get_mut("query").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = pair["name"].as_str().unwrap_or_default().to_owned();
            let named = self.on && export::is_credential(name.as_bytes());
            if !(named || places.iter().any(|place| is_parameter(place, &name))) {
                continue;
            }
            if let Some(value) = pair["value"].as_str() {
                self.remember(value);
            }
            pair["value"] = REDACTED.into();
        }
        self.summary(request, places);
    }

    /// Hides the credentials in a request's target.
    pub(super) fn summary(&self, request: &mut Value, places: &[Source]) {
        if let Some(target) = request.get_mut("target") {
            self.target(target, places);
        }
    }

    /// Hides the credentials in the query of a target.
    pub(super) fn target(&self, target: &mut Value, places: &[Source]) {
        let Some(text) = target.as_str() else { return };
        let covered = covered_query(text, places);
        *target = if self.on {
            String::from_utf8_lossy(&export::open_target(covered.as_bytes())).into()
        } else {
            covered.into()
        };
    }

    /// A body with its credentials masked letter for letter, so that positions stay the same.
    pub(super) fn body(&mut self, body: &[u8], content_type: Option<&str>, places: &[Source]) -> Vec<u8> {
        let mut shown = body.to_vec();
        let found = in_body::find(body, content_type, places, self.on);
        for range in found.ranges {
            if let Some(covered) = shown.get_mut(range) {
                covered.fill(b'*');
            }
        }
        self.is_cut |= found.is_cut;
        for value in &found.values {
            self.remember(value);
        }
        shown
    }

    /// A head (of an attempt) without its credentials.
    pub(super) fn head(&self, head: &mut Value, places: &[Source]) {
        let Some(text) = head.as_str() else { return };
        let covered = covered_head(text, places, self.on);
        *head = if self.on {
            String::from_utf8_lossy(&export::open_head(covered.as_bytes())).into()
        } else {
            covered.into()
        };
    }

    /// Remembers a secret that the agent gave: an endpoint may echo it.
    pub(super) fn given(&mut self, secret: Option<&Value>) {
        if let Some(value) = secret.and_then(|secret| secret["value"].as_str()) {
            self.remember_header(value);
        }
    }

    /// Remembers the credentials of a head that is sent; answers with its target and fields, without them.
    pub(super) fn remember_head(&mut self, head: &Value, places: &[Source]) -> Value {
        let mut lines = head.as_str().unwrap_or_default().lines();
        let target = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let fields: Vec<Value> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| serde_json::json!({"name": name, "value": value.trim()}))
            .collect();
        let mut request = serde_json::json!({"target": target, "headers": fields});
        self.request(&mut request, places);
        request
    }

    /// Removes a quoted value from a sentence if it is an object and values are hidden: inside a truncated value, a
    /// hidden one would not be found.
    pub(super) fn cut_values(&self, sentence: &mut Value) {
        if let Some(text) = sentence.as_str()
            && !self.values.is_empty()
            && let Some(at) = text.find('{')
        {
            *sentence = format!("{}…", &text[..at]).into();
        }
        self.quotes(sentence);
    }

    /// Hides remembered values of any length also in a sentence that quotes them as a word.
    pub(super) fn quotes(&self, sentence: &mut Value) {
        if let Value::String(text) = sentence {
            if self.is_cut {
                REDACTED.clone_into(text);
            }
            for hidden in &self.values {
                *text = without_word(text, hidden);
            }
        }
    }

    /// Signed text without the credentials of the body that it contains; `None` if some may be left: a scheme may sign
    /// parts in another form.
    pub(super) fn signed(&self, text: &str, body: &[u8], covered: &[u8]) -> Option<String> {
        let (body, covered) = (std::str::from_utf8(body).ok()?, std::str::from_utf8(covered).ok()?);
        let rest = |part: &str| !self.is_cut && !self.values.iter().any(|hidden| part.contains(hidden.as_str()));
        let parts: Vec<&str> = if body.is_empty() { vec![text] } else { text.split(body).collect() };
        parts.iter().all(|part| rest(part)).then(|| parts.join(covered))
    }

    /// Hides the remembered values everywhere.
    pub(super) fn everywhere(&self, value: &mut Value) {
        if self.values.is_empty() {
            return;
        }
        match value {
            Value::String(text) => {
                for hidden in &self.values {
                    if hidden.len() >= LONG && text.contains(hidden.as_str()) {
                        *text = text.replace(hidden.as_str(), REDACTED);
                    } else if text == hidden {
                        REDACTED.clone_into(text);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.everywhere(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.everywhere(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn remember_header(&mut self, value: &str) {
        self.remember(value);
        // `Bearer x`, `a=x; b=y`: the parts are also hidden where they occur alone.
        for part in value.split([' ', ';', '=']).filter(|part| part.len() >= LONG) {
            self.remember(part);
        }
    }

    fn remember(&mut self, value: &str) {
        if !value.is_empty() && !self.values.iter().any(|known| known == value) {
            self.values.push(value.to_owned());
            // A long value first: it may hold a shorter one.
            self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        }
    }
}

/// Whether the value of a field of this name is a credential.
fn is_credential(name: &str) -> bool {
    export::is_credential(name.as_bytes()) || is_member(name)
}

/// Hides a value in a text where it is a word: without a letter or digit next to it.
fn without_word(text: &str, hidden: &str) -> String {
    let goes_on = |beside: Option<char>, end: Option<char>| {
        beside.is_some_and(char::is_alphanumeric) && end.is_some_and(char::is_alphanumeric)
    };
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(hidden).filter(|_| !hidden.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + hidden.len()..]);
        let begins_inside = goes_on(before.chars().next_back().or(out.chars().next_back()), hidden.chars().next());
        let ends_inside = goes_on(after.chars().next(), hidden.chars().next_back());
        out.push_str(before);
        out.push_str(if begins_inside || ends_inside { hidden } else { REDACTED });
        rest = after;
    }
    out + rest
}

fn is_header(place: &Source, name: &str) -> bool {
    match place {
        Source::Header(header) | Source::HeaderJson(header, _) => header.eq_ignore_ascii_case(name),
        Source::HeaderPrefix(prefix) => name.to_ascii_lowercase().starts_with(&prefix.to_ascii_lowercase()),
        Source::Claim(place, _) => is_header(place, name),
        Source::Query(_)
        | Source::Form(_)
        | Source::FormJson(..)
        | Source::Json(_)
        | Source::Each(..)
        | Source::Body => false,
    }
}

fn is_parameter(place: &Source, name: &str) -> bool {
    match place {
        Source::Query(query) => query == name,
        Source::Claim(place, _) => is_parameter(place, name),
        _ => false,
    }
}

/// Whether a parameter as written, `name=value`, is one of the places; with its parts.
fn placed<'p>(pair: &'p str, places: &[Source]) -> Option<(&'p str, &'p str)> {
    let (name, value) = pair.split_once('=')?;
    let (decoded, _) = form_urlencoded::parse(name.as_bytes()).next()?;
    places.iter().any(|place| is_parameter(place, &decoded)).then_some((name, value))
}

/// The values in the given places of a target's query, as written.
fn placed_in(target: &str, places: &[Source]) -> Vec<String> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query.split(['&', ';']).filter_map(|pair| placed(pair, places)).map(|(_, value)| value.to_owned()).collect()
}

/// A target without the values in the given places of its query.
fn covered_query(target: &str, places: &[Source]) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let pairs = query.split_inclusive(['&', ';']).map(|pair| {
        let end = pair.len() - usize::from(pair.ends_with(['&', ';']));
        match placed(&pair[..end], places) {
            Some((name, _)) => format!("{name}={REDACTED}{}", &pair[end..]),
            None => pair.to_owned(),
        }
    });
    format!("{path}?{}", pairs.collect::<String>())
}

/// A head without the values in the given places and in fields named like credentials.
fn covered_head(head: &str, places: &[Source], by_name: bool) -> String {
    let lines = head.split_inclusive('\n').enumerate().map(|(number, line)| {
        let parts: Vec<&str> = line.splitn(3, ' ').collect();
        match (parts.as_slice(), line.split_once(':')) {
            ([method, target, version], _) if number == 0 => {
                format!("{method} {} {version}", covered_query(target, places))
            }
            (_, Some((name, _)))
                if number > 0
                    && ((by_name && is_credential(name))
                        || places.iter().any(|place| is_header(place, name.trim()))) =>
            {
                format!("{name}: {REDACTED}\r\n")
            }
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

/// What a request's scheme sends.
pub(super) enum Handed {
    /// A computed signature: it is shown.
    Signature,
    /// The secret itself, or a token, in these places.
    Token(Vec<Source>),
    /// The scheme is no longer known.
    Unknown,
}

impl Handed {
    /// The places that are hidden.
    pub(super) fn places(&self) -> &[Source] {
        match self {
            Self::Token(places) => places,
            Self::Signature | Self::Unknown => &[],
        }
    }

    /// Whether something is handed over in the body.
    pub(super) fn is_in_body(&self) -> bool {
        let is_in_head = |place: &Source| {
            let mut place = place;
            while let Source::Claim(inner, _) = place {
                place = inner;
            }
            matches!(place, Source::Header(_) | Source::HeaderPrefix(_) | Source::HeaderJson(..) | Source::Query(_))
        };
        !self.places().iter().all(is_in_head)
    }

    /// What a custom scheme sends; `None` if the record is invalid.
    pub(super) fn by_record(record: &Value) -> Option<Self> {
        Scheme::from_json(record).ok().map(|scheme| Self::of(&scheme))
    }

    fn of(scheme: &Scheme) -> Self {
        if scheme.hands_over() { Self::Token(scheme.places().to_vec()) } else { Self::Signature }
    }

    /// What a request's scheme sends.
    pub(super) async fn by(client: &Client, bin: &str, request: &Value) -> Result<Self, Failure> {
        /// The schemes that come with Creel.
        static KNOWN: OnceLock<Catalogue> = OnceLock::new();
        let id = request.pointer("/signature/scheme").or_else(|| request.get("scheme")).and_then(Value::as_str);
        let Some(id) = id else { return Ok(Self::Signature) };
        if let Some(scheme) = KNOWN.get_or_init(Catalogue::default).scheme(id) {
            return Ok(Self::of(scheme));
        }
        let bin = client.get(&bin_path(bin, ""), &[]).await?;
        if let Some(handed) = bin.get("custom_scheme").and_then(Self::by_record) {
            return Ok(handed);
        }
        let all = client.get("/api/v1/schemes", &[]).await?;
        let record = all["schemes"].as_array().into_iter().flatten().find(|scheme| scheme["id"] == id);
        Ok(record.and_then(|scheme| Self::by_record(&scheme["record"])).unwrap_or(Self::Unknown))
    }
}

/// The value of a request's first field of that name.
pub(super) fn header(request: &Value, name: &str) -> Option<String> {
    let is_it = |field: &&Value| field["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name));
    request["headers"].as_array()?.iter().find(is_it)?["value"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn credentials_are_hidden_and_signatures_are_not() {
        let mut request = json!({
            "target": "/b?access_token=abcdefgh1&x=1",
            "query": [{"name": "access_token", "value": "abcdefgh1"}, {"name": "x", "value": "1"}],
            "headers": [
                {"name": "Authorization", "value": "Bearer letmein-please"},
                {"name": "Cookie", "value": "a=1"},
                {"name": "X-Hub-Signature-256", "value": "sha256=aa"},
                {"name": "X-Gitlab-Token", "value": "glsecret"},
                {"name": "Referer", "value": "https://u:p@h/?token=abcdefgh2"},
            ],
        });
        let mut redaction = Redaction::new(false);
        redaction.request(&mut request, &[]);
        assert_eq!(request["target"], "/b?access_token=REDACTED&x=1");
        let values: Vec<&str> =
            request["headers"].as_array().unwrap().iter().map(|field| field["value"].as_str().unwrap()).collect();
        assert_eq!(values, ["REDACTED", "REDACTED", "sha256=aa", "REDACTED", "https://REDACTED@h/?token=REDACTED"]);
        let mut said = json!({"sentence": "the token letmein-please is odd, and a=1 is fine", "b": "a=1"});
        redaction.everywhere(&mut said);
        assert_eq!(said, json!({"sentence": "the token REDACTED is odd, and a=1 is fine", "b": "REDACTED"}));
    }

    #[test]
    fn what_a_token_scheme_hands_over_is_hidden_in_every_place_also_when_credentials_are_shown() {
        let places = ["query:k", "header:X-Check", "json:/check"].map(|place| Source::parse(place).unwrap());
        for show in [false, true] {
            let mut redaction = Redaction::new(show);
            let mut target = json!("/b?x=1&%6B=s%33cret-value&k=short;k=2");
            redaction.target(&mut target, &places);
            assert_eq!(target, "/b?x=1&%6B=REDACTED&k=REDACTED;k=REDACTED");
            let mut head = json!("POST /b?k=abc HTTP/1.1\r\nHost: h\r\nx-check: abc\r\n\r\n");
            redaction.head(&mut head, &places);
            assert_eq!(head, "POST /b?k=REDACTED HTTP/1.1\r\nHost: h\r\nx-check: REDACTED\r\n\r\n");
            assert_eq!(redaction.body(br#"{"check":"abc"}"#, None, &places), br#"{"check":"***"}"#);
            let mut request =
                json!({"target": "/b?k=s%33cret-value", "headers": [{"name": "X-Check", "value": "abc"}]});
            redaction.request(&mut request, &places);
            assert_eq!(request["headers"][0]["value"], "REDACTED");
            let mut said = json!("it was s%33cret-value");
            redaction.everywhere(&mut said);
            assert_eq!(said, "it was REDACTED");
        }
    }

    #[test]
    fn short_credentials_are_hidden_where_a_sentence_or_signed_text_holds_them() {
        let mut redaction = Redaction::new(false);
        let body = br#"{"token":"T\u006Fk","n":1}"#;
        let covered = redaction.body(body, None, &[]);
        let mut said = json!("'Tok' became \"T\\u006Fk\", Token did not");
        redaction.quotes(&mut said);
        assert_eq!(said, "'REDACTED' became \"REDACTED\", Token did not");
        let text = |start: &str| format!("{start}.{}", std::str::from_utf8(body).unwrap());
        assert_eq!(redaction.signed(&text("17"), body, &covered).as_deref(), Some(r#"17.{"token":"********","n":1}"#));
        assert_eq!(redaction.signed(&text("17.Tok"), body, &covered), None);
        assert_eq!(redaction.signed("https://h/tokenTokn1", b"", b""), None, "parts of it in another form");
        let mut form = Redaction::new(false);
        form.body(b"token=a%2Fb+c", Some("application/x-www-form-urlencoded"), &[]);
        assert_eq!(form.signed("https://h/tokena/b c", b"token=a%2Fb+c", b"token=*******"), None);
    }

    #[test]
    fn a_body_keeps_its_places_when_its_tokens_are_covered() {
        let mut redaction = Redaction::new(false);
        let body = br#"{"a": {"verificationToken": "x\"yz"}, "tokens": 5, "session": "s-1"}"#;
        let shown = redaction.body(body, Some("application/json"), &[]);
        assert_eq!(shown.len(), body.len());
        assert_eq!(
            String::from_utf8(shown).unwrap(),
            r#"{"a": {"verificationToken": "*****"}, "tokens": 5, "session": "s-1"}"#
        );
        let shown = redaction.body(b"a=1&pass%77ord=xyz&b", Some("application/x-www-form-urlencoded"), &[]);
        assert_eq!(String::from_utf8(shown).unwrap(), "a=1&pass%77ord=***&b");
        let place = Source::parse("json:/check").unwrap();
        assert_eq!(redaction.body(br#"{"check":"abc"}"#, None, &[place]), br#"{"check":"***"}"#);
        assert_eq!(Redaction::new(true).body(b"{\"token\":\"x\"}", None, &[]), b"{\"token\":\"x\"}");
    }
}
