//! Chooses a request's response: the default, the bin's, the method's, the script's or the path's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;

use super::outgoing::{Answered, Outgoing};
use super::template::{MAX_HEADER, MAX_TEXT, TemplateValues, is_template, render};
use crate::model::{PassedAnswer, PassedHead, Response, ResponseHeader, ResponseSettings};
use crate::store::StoreError;

/// A bin's responses, prepared once per change of its settings.
#[derive(Debug)]
pub(super) struct Responses {
    settings: ResponseSettings,
    /// The only response, ready to be cloned, if it does not depend on the request; most bins have one.
    constant: Option<Constant>,
    /// How many responses the script has given.
    step: AtomicUsize,
}

/// A response that does not depend on the request.
#[derive(Debug)]
struct Constant {
    status: u16,
    headers: Arc<Vec<(String, String)>>,
    body: Bytes,
    delay: Duration,
}

const DEFAULT_BODY: &str = "ok";
/// Stops a custom HTML response from running scripts in the capture origin.
const SANDBOX: (&str, &str) = ("Content-Security-Policy", "sandbox");

impl Responses {
    /// If the settings equal `before`'s, the script continues at its step.
    pub(super) fn new(settings: &ResponseSettings, before: Option<&Self>) -> Self {
        let step = before
            .filter(|before| before.settings == *settings)
            .map_or(0, |before| before.step.load(Ordering::Relaxed));
        let mut responses = Self { settings: settings.clone(), constant: None, step: AtomicUsize::new(step) };
        let fixed = |response: &Response| {
            response.fault.is_none()
                && !response.body.as_deref().is_some_and(is_template)
                && !response.headers.iter().flatten().any(|header| is_template(&header.value))
        };
        let one = settings.script.is_empty() && settings.methods.is_empty() && settings.hold.is_none();
        if one && !settings.cors && fixed(&settings.response) {
            let Outgoing { status, headers, body, delay, .. } = responses.build(&settings.response, None, None);
            responses.constant = Some(Constant { status, headers, body, delay });
        }
        responses
    }

    /// A target's response for the sender. Made harmless in a browser, unless the target or the bin's owner says
    /// otherwise.
    pub(super) fn passed_on(&self, PassedAnswer { status, head, body }: PassedAnswer) -> Answered {
        let sandbox =
            (!head.has(SANDBOX.0) && !self.settings.no_sandbox).then(|| (SANDBOX.0.to_owned(), SANDBOX.1.to_owned()));
        let response = Outgoing::with(status, sandbox.into_iter().collect(), body);
        Answered { response, head: Some(Box::new(head)) }
    }

    /// The response for a request. Advances the script by one step.
    pub(super) fn choose(&self, method: &str, status_by_path: Option<u16>) -> Chosen {
        if let Some(constant) = &self.constant {
            return Chosen::Ready(Outgoing {
                status: status_by_path.unwrap_or(constant.status),
                headers: Arc::clone(&constant.headers),
                body: constant.body.clone(),
                delay: constant.delay,
                fault: None,
                stored: None,
                instead: None,
            });
        }
        let mut response = self.settings.response.clone();
        if let Some(special) = self.settings.methods.iter().find(|(name, _)| name.eq_ignore_ascii_case(method)) {
            merge(&mut response, special.1);
        }
        if let Some(step) = self.step() {
            merge(&mut response, step);
        }
        if let Some(hold) = &self.settings.hold {
            merge(&mut response, &hold.otherwise);
        }
        response.status = status_by_path.or(response.status);
        response.fault = response.fault.filter(|fault| rand::random::<f64>() < fault.probability);
        Chosen::Template(Box::new(response))
    }

    /// Called when the bin did not answer: the next sender gets the script's step that was taken.
    pub(super) fn give_back(&self) {
        if !self.settings.script.is_empty() {
            self.step.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn step(&self) -> Option<&Response> {
        let script = &self.settings.script;
        if script.is_empty() {
            return None;
        }
        let step = self.step.fetch_add(1, Ordering::Relaxed);
        if self.settings.script_cycles { script.get(step % script.len()) } else { script.get(step).or(script.last()) }
    }

    fn build(&self, response: &Response, values: Option<&TemplateValues<'_>>, origin: Option<&str>) -> Outgoing {
        let fill = |text: &str, limit: usize| {
            values.map_or_else(|| text.to_owned(), |values| render(text, values, limit).into_owned())
        };
        let body: Bytes = match (&response.body, &response.body_base64) {
            (_, Some(encoded)) => base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default().into(),
            (Some(text), None) => fill(text, MAX_TEXT).into(),
            (None, None) => Bytes::from_static(DEFAULT_BODY.as_bytes()),
        };
        let mut headers: Vec<(String, String)> = response
            .headers
            .iter()
            .flatten()
            .map(|ResponseHeader { name, value }| (name.clone(), header_safe(&fill(value, MAX_HEADER))))
            .collect();
        let has = |headers: &[(String, String)], wanted: &str| {
            headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        if !has(&headers, "Content-Type") {
            headers.push(("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned()));
        }
        if !self.settings.no_sandbox {
            headers.push((SANDBOX.0.to_owned(), SANDBOX.1.to_owned()));
        }
        if let Some(origin) = origin.filter(|_| self.settings.cors) {
            headers.push(("Access-Control-Allow-Origin".to_owned(), header_safe(origin)));
            headers.push(("Vary".to_owned(), "Origin".to_owned()));
        }
        Outgoing {
            status: response.status.unwrap_or(200),
            headers: Arc::new(headers),
            body,
            delay: Duration::from_millis(response.delay_ms.unwrap_or(0)),
            fault: response.fault.map(Box::new),
            stored: None,
            instead: None,
        }
    }

    /// A response given by hand. Unset parts come from the bin's response, except its delay and fault. Under a lease it
    /// is a target's response, passed on with only its own fields.
    pub(super) fn by_hand(&self, response: &Response, leased: bool) -> Answered {
        let mut whole = Response { fault: None, delay_ms: None, ..self.settings.response.clone() };
        merge(&mut whole, response);
        let built = self.build(&whole, None, None);
        let Some(headers) = response.headers.as_ref().filter(|_| leased) else {
            return Answered { response: built, head: None };
        };
        let field = |header: &ResponseHeader| (header.name.clone().into(), header.value.clone().into());
        let head = PassedHead { fields: headers.iter().map(field).collect(), ..PassedHead::default() };
        let Outgoing { status, body, delay, fault, .. } = built;
        let Answered { response, head } = self.passed_on(PassedAnswer { status, head, body });
        Answered { response: Outgoing { delay, fault, ..response }, head }
    }

    /// How long senders are held for an answer by hand; `None` if they are not.
    pub(super) fn hold(&self) -> Option<Duration> {
        self.settings.hold.as_ref().map(|hold| Duration::from_millis(hold.timeout_ms))
    }

    /// Whether this bin answers CORS preflights.
    pub(super) const fn cors(&self) -> bool {
        self.settings.cors
    }
}

/// A chosen response: finished, or to be filled in when the request has its id.
pub(super) enum Chosen {
    Ready(Outgoing),
    Template(Box<Response>),
}

impl Chosen {
    /// The status that the sender will get, if it gets any.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Ready(response) => Some(response.status),
            Self::Template(response) if response.fault.is_some() => None,
            Self::Template(response) => Some(response.status.unwrap_or(200)),
        }
    }

    /// Whether filling it in needs the request.
    pub(super) const fn needs_request(&self) -> bool {
        matches!(self, Self::Template(..))
    }

    /// The finished response, of the bin's `responses`.
    pub(super) fn finish(self, responses: &Responses, values: Option<&TemplateValues<'_>>) -> Outgoing {
        match self {
            Self::Ready(response) => response,
            Self::Template(response) => {
                let headers = values.map(|values| values.head.headers());
                let origin = headers.as_ref().and_then(|headers| headers.get_str("Origin"));
                responses.build(&response, values, origin)
            }
        }
    }
}

/// The response when a request could not be stored: never a success.
pub(super) fn not_stored(error: &StoreError) -> Outgoing {
    match error {
        StoreError::Busy => Outgoing::retry(503, "too much is waiting to be stored; try again"),
        StoreError::Closed => Outgoing::retry(503, "shutting down"),
        StoreError::DiskFull => Outgoing::error(507, "not stored: the disk is full"),
        StoreError::Unavailable(_) => Outgoing::retry(503, "not stored: the database cannot be written"),
        StoreError::Corrupt(_) => Outgoing::error(503, "not stored: the database is damaged"),
        StoreError::TooLarge => Outgoing::error(413, "not stored: the request is larger than the database can store"),
        StoreError::NotFound(_) => Outgoing::error(404, "the bin was deleted"),
        StoreError::NameTaken(_) | StoreError::Full(_) | StoreError::CursorGone | StoreError::Failed(_) => {
            Outgoing::error(503, "not stored")
        }
    }
}

/// The response to a CORS preflight.
pub(super) fn preflight(headers: &crate::http::Headers) -> Outgoing {
    let asked = |name: &str| header_safe(headers.get_str(name).unwrap_or("*"));
    Outgoing::with(
        204,
        vec![
            ("Access-Control-Allow-Origin".to_owned(), asked("Origin")),
            ("Access-Control-Allow-Methods".to_owned(), asked("Access-Control-Request-Method")),
            ("Access-Control-Allow-Headers".to_owned(), asked("Access-Control-Request-Headers")),
            ("Access-Control-Max-Age".to_owned(), "600".to_owned()),
            ("Vary".to_owned(), "Origin".to_owned()),
        ],
        "",
    )
}

/// Overrides `base` with what `over` sets. A body also replaces one of the other kind.
fn merge(base: &mut Response, over: &Response) {
    base.status = over.status.or(base.status);
    base.delay_ms = over.delay_ms.or(base.delay_ms);
    base.fault = over.fault.or(base.fault);
    if over.headers.is_some() {
        base.headers.clone_from(&over.headers);
    }
    if over.body.is_some() || over.body_base64.is_some() {
        base.body.clone_from(&over.body);
        base.body_base64.clone_from(&over.body_base64);
    }
}

/// A value filled in by a template, without characters that could end the header line.
fn header_safe(value: &str) -> String {
    value.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Head;
    use crate::model::{FaultKind, Timestamp};

    fn settings(json: &str) -> ResponseSettings {
        serde_json::from_str(json).unwrap()
    }

    fn respond(responses: &Responses, method: &str, path_status: Option<u16>) -> Outgoing {
        let head = Head::new("POST /b HTTP/1.1\r\nOrigin: http://o\r\n\r\n".into());
        let values =
            TemplateValues { head: &head, body: b"{\"a\":\"x\\r\\ny\"}", id: None, received_at: Timestamp::default() };
        responses.choose(method, path_status).finish(responses, Some(&values))
    }

    #[test]
    fn the_default_is_200_ok_and_the_path_may_set_the_status() {
        let responses = Responses::new(&ResponseSettings::default(), None);
        let plain = respond(&responses, "POST", None);
        assert_eq!((plain.status, &plain.body[..]), (200, &b"ok"[..]));
        assert!(plain.headers.contains(&("Content-Security-Policy".into(), "sandbox".into())));
        assert_eq!(respond(&responses, "POST", Some(418)).status, 418);
    }

    #[test]
    fn only_what_depends_on_the_request_is_made_anew_for_each() {
        let cors = [("Access-Control-Allow-Origin", "http://o"), ("Vary", "Origin")];
        for (set, needs_request, body, fields) in [
            ("{}", false, "ok", &[][..]),
            (r#"{"body":"plain","headers":[{"name":"X-A","value":"b"}]}"#, false, "plain", &[("X-A", "b")]),
            (r#"{"cors":true}"#, true, "ok", &cors),
            (r#"{"body":"{{request.method}}"}"#, true, "POST", &[]),
            (r#"{"headers":[{"name":"X-A","value":"{{request.method}}"}]}"#, true, "ok", &[("X-A", "POST")]),
        ] {
            let responses = Responses::new(&settings(set), None);
            assert_eq!(responses.choose("POST", None).needs_request(), needs_request, "{set}");
            let response = respond(&responses, "POST", None);
            assert_eq!(response.body, body, "{set}");
            let has = |name: &str, value: &str| response.headers.contains(&(name.to_owned(), value.to_owned()));
            assert!(fields.iter().all(|(name, value)| has(name, value)), "{set}: {:?}", response.headers);
            assert_eq!(has(cors[0].0, cors[0].1), set.contains("cors"), "{set}");
        }
    }

    #[test]
    fn a_script_is_used_in_turn_and_repeats_its_last_response_or_cycles() {
        let script = r#""script":[{"status":500},{"status":500,"body":"later"},{"status":200}]"#;
        let once = Responses::new(&settings(&format!("{{{script}}}")), None);
        let statuses: Vec<u16> = (0..5).map(|_| respond(&once, "POST", None).status).collect();
        assert_eq!(statuses, [500, 500, 200, 200, 200]);
        let cycle = Responses::new(&settings(&format!(r#"{{{script},"script_cycles":true}}"#)), None);
        let statuses: Vec<u16> = (0..5).map(|_| respond(&cycle, "POST", None).status).collect();
        assert_eq!(statuses, [500, 500, 200, 500, 500]);
    }

    #[test]
    fn a_step_that_nobody_got_is_the_next_senders() {
        let script = Responses::new(&settings(r#"{"script":[{"status":500},{"status":200}]}"#), None);
        let statuses: Vec<u16> = [true, true, false, false]
            .into_iter()
            .map(|gives_back| {
                let status = respond(&script, "POST", None).status;
                if gives_back {
                    script.give_back();
                }
                status
            })
            .collect();
        assert_eq!(statuses, [500, 500, 500, 200]);
        // Without a script there is no step.
        let none = Responses::new(&settings(r#"{"status":202}"#), None);
        none.give_back();
        assert_eq!(none.step.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn senders_are_held_as_long_as_it_is_set_and_where_it_is_set() {
        for (set, expected) in
            [("{}", None), (r#"{"hold":{"timeout_ms":1500,"otherwise":{}}}"#, Some(Duration::from_millis(1_500)))]
        {
            assert_eq!(Responses::new(&settings(set), None).hold(), expected, "{set}");
        }
    }

    #[test]
    fn a_script_goes_on_when_other_settings_change() {
        let settings = settings(r#"{"script":[{"status":500},{"status":200}]}"#);
        let first = Responses::new(&settings, None);
        assert_eq!(respond(&first, "POST", None).status, 500);
        assert_eq!(respond(&Responses::new(&settings, Some(&first)), "POST", None).status, 200);
    }

    #[test]
    fn a_method_has_its_own_response_over_the_bins() {
        let responses =
            Responses::new(&settings(r#"{"status":202,"body":"all","methods":{"GET":{"body":"get"}}}"#), None);
        let get = respond(&responses, "GET", None);
        assert_eq!((get.status, &get.body[..]), (202, &b"get"[..]));
        assert_eq!(&respond(&responses, "POST", None).body[..], b"all");
    }

    #[test]
    fn a_template_cannot_break_out_of_a_header() {
        let responses =
            Responses::new(&settings(r#"{"headers":[{"name":"X-Echo","value":"{{request.json./a}}"}]}"#), None);
        assert!(respond(&responses, "POST", None).headers.contains(&("X-Echo".into(), "xy".into())));
    }

    #[test]
    fn a_fault_happens_with_its_probability() {
        let never = Responses::new(&settings(r#"{"fault":{"kind":"reset","probability":0}}"#), None);
        assert!(respond(&never, "POST", None).fault.is_none());
        let always = Responses::new(&settings(r#"{"fault":{"kind":"reset"}}"#), None);
        assert_eq!(respond(&always, "POST", None).fault.map(|fault| fault.kind), Some(FaultKind::Reset));
        assert_eq!(always.choose("POST", None).status(), None);
    }
}
