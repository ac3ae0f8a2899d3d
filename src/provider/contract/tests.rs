use serde_json::{Value, json};

use super::*;
use crate::provider::finding::Place;
use crate::provider::findings::MAX_ALIKE;

fn checked(provider: &str, headers: &Headers, (method, has_secret): (&str, bool), json: &[u8]) -> Report {
    let outline = crate::json::scan(json);
    check(provider, &Examined { method, headers, json, outline: &outline, has_secret }).unwrap()
}

fn report(provider: &str, fields: &[(&'static str, &'static str)], body: &Value) -> Report {
    let headers: Headers = fields.iter().copied().collect();
    let json = body.to_string();
    checked(provider, &headers, ("POST", false), json.as_bytes())
}

/// Place, severity and code of each finding.
fn told(report: &Report) -> Vec<(String, Severity, &'static str)> {
    let place = |place: &Place| match place {
        Place::Line => "line".to_owned(),
        Place::Header(name) => name.clone().into_owned(),
        Place::Body(pointer) => pointer.clone(),
    };
    report.findings.iter().map(|finding| (place(&finding.place), finding.severity, finding.code)).collect()
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn callaider(event: &str, data: Value) -> (Vec<(&'static str, &'static str)>, Value) {
    let named = if event == "session.started" { "session.started" } else { "session.ended" };
    let mut body = json!({
        "event": event, "timestamp": "2026-05-28T12:34:56.789Z", "assistantId": 123,
        "sessionId": "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2",
    });
    body["data"] = data;
    (vec![JSON, ("X-Callaider-Event", named)], body)
}

fn of_callaider(event: &str, data: Value) -> Report {
    let (fields, body) = callaider(event, data);
    report("callaider", &fields, &body)
}

/// As the guide writes it: the sample, and the item's format with everything that is optional.
fn sample() -> Value {
    json!({
        "reason": "assistant_ended", "durationSeconds": 27,
        "transcript": [
            {"role": "assistant", "content": "Hello, how can I help you?", "timestamp": 1_779_954_672_417_u64},
            {"role": "tool", "content": "text", "timestamp": 1_716_900_000_000_u64,
             "toolCall": {"name": "optional", "arguments": {}, "result": {}, "error": "optional"},
             "files": [{"gcsUri": "gs://...", "mimeType": "application/pdf", "filename": "document.pdf"}]},
        ],
    })
}

#[test]
fn a_result_is_null_only_beside_an_error() {
    let of = |call: &Value| {
        let data = json!({"reason": "timeout", "transcript": [
            {"role": "tool", "content": "", "timestamp": 1_716_900_000_000_u64, "toolCall": call}]});
        told(&of_callaider("session.ended", data))
    };
    let at = "/data/transcript/0/toolCall/result".to_owned();
    let beside = json!({"name": "n", "arguments": {}, "result": null, "error": "timeout"});
    assert_eq!(of(&beside), [(at.clone(), Severity::Drift, "null")]);
    assert_eq!(of(&json!({"name": "n", "arguments": {}, "result": null})), [(at, Severity::Breaks, "null")]);
}

#[test]
fn what_creel_sends_itself_is_without_finding() {
    use crate::provider::samples::{Language, Mode, Story, senders};
    use strum::VariantArray as _;
    for sender in senders().filter(|sender| matches!(sender.provider, "callaider" | "pathors")) {
        let stories = Language::VARIANTS.iter().flat_map(|language| {
            [Mode::Voice, Mode::Text].map(|mode| Story {
                language: *language,
                mode,
                ..Story::new(7, "2026-05-28T12:34:56.789Z".parse().unwrap())
            })
        });
        for (event, story) in stories.flat_map(|story| sender.events.iter().map(move |event| (event, story.clone()))) {
            let Ok(made) = sender.make(event.name, &story, &[]) else { continue };
            let headers: Headers = made.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            let report = checked(sender.provider, &headers, ("POST", false), &made.body);
            assert_eq!(told(&report), [], "{} {} {:?}", sender.provider, event.name, story.language);
        }
    }
}

#[test]
fn what_the_guide_writes_is_without_finding() {
    let metadata =
        json!({"metadata": {"userAgent": "Mozilla/5.0 ...", "sessionMode": "text", "tenant": {"of": "ours"}}});
    assert_eq!(told(&of_callaider("session.started", metadata)), []);
    assert_eq!(told(&of_callaider("session.started", json!({"metadata": {}}))), []);
    assert_eq!(told(&of_callaider("session.ended", sample())), []);
    let brief = json!({"reason": "timeout", "transcript": [
        {"role": "tool", "content": "", "timestamp": 1_716_900_000_000_u64, "toolCall": {"arguments": {}, "error": "no"}},
    ]});
    assert_eq!(told(&of_callaider("session.ended", brief)), [], "what is optional may be left out");
}

#[test]
fn each_change_of_a_sample_is_named_at_its_place() {
    use Severity::{Breaks, Drift, Unknown};
    type Case = (&'static str, Option<Value>, &'static str, Severity, &'static str);
    let cases: Vec<Case> = vec![
        ("/reason", None, "/data/reason", Breaks, "missing"),
        ("/reason", Some(json!(7)), "/data/reason", Breaks, "wrong_type"),
        ("/reason", Some(json!("bored")), "/data/reason", Unknown, "unknown_value"),
        ("/durationSeconds", Some(json!("27")), "/data/durationSeconds", Breaks, "wrong_type"),
        ("/durationSeconds", Some(json!(-1)), "/data/durationSeconds", Breaks, "out_of_range"),
        ("/durationSeconds", Some(Value::Null), "/data/durationSeconds", Drift, "null"),
        ("/transcript", None, "/data/transcript", Breaks, "missing"),
        ("/transcript", Some(json!({})), "/data/transcript", Breaks, "wrong_type"),
        ("/transcript/0", Some(json!("hello")), "/data/transcript/0", Breaks, "wrong_type"),
        ("/transcript/0/role", Some(json!("bot")), "/data/transcript/0/role", Breaks, "unknown_value"),
        ("/transcript/0/content", None, "/data/transcript/0/content", Breaks, "missing"),
        ("/transcript/0/content", Some(Value::Null), "/data/transcript/0/content", Breaks, "null"),
        (
            "/transcript/0/timestamp",
            Some(json!(1_779_954_672)),
            "/data/transcript/0/timestamp",
            Breaks,
            "not_milliseconds",
        ),
        ("/transcript/1/toolCall/result", Some(json!([])), "/data/transcript/1/toolCall/result", Drift, "other_type"),
        ("/transcript/1/toolCall/arguments", None, "/data/transcript/1/toolCall/arguments", Breaks, "missing"),
        ("/transcript/1/toolCall/id", Some(json!(1)), "/data/transcript/1/toolCall/id", Unknown, "unknown_field"),
        (
            "/transcript/1/files/0/gcsUri",
            Some(json!("https://x")),
            "/data/transcript/1/files/0/gcsUri",
            Drift,
            "other_url",
        ),
        ("/transcript/1/files/0/filename", None, "/data/transcript/1/files/0/filename", Breaks, "missing"),
        ("/a~1b", Some(json!(1)), "/data/a~1b", Unknown, "unknown_field"),
    ];
    for (pointer, value, place, severity, code) in cases {
        let mut data = sample();
        let (above, name) = pointer.rsplit_once('/').unwrap();
        let above = data.pointer_mut(above).unwrap();
        match (value.clone(), name.parse::<usize>()) {
            (Some(value), Ok(index)) => above[index] = value,
            (Some(value), Err(_)) => above[name.replace("~1", "/")] = value,
            (None, _) => drop(above.as_object_mut().unwrap().remove(name)),
        }
        let report = of_callaider("session.ended", data);
        assert_eq!(told(&report), [(place.to_owned(), severity, code)], "{pointer}: {value:?}");
        assert!(!report.findings[0].says.text.is_empty() && report.findings[0].sentence.ends_with('.'));
    }
}

#[test]
fn the_envelope_and_the_event_are_looked_at_too() {
    use Severity::{Breaks, Drift, Unknown};
    let broken = |pointer: &str, value: Value| {
        let (fields, mut body) = callaider("session.ended", sample());
        body[pointer] = value;
        told(&report("callaider", &fields, &body))
    };
    assert_eq!(broken("timestamp", json!("yesterday")), [("/timestamp".to_owned(), Breaks, "not_a_time")]);
    assert_eq!(broken("assistantId", json!("123")), [("/assistantId".to_owned(), Breaks, "wrong_type")]);
    assert_eq!(broken("assistantId", json!(1.5)), [("/assistantId".to_owned(), Breaks, "wrong_type")]);
    assert_eq!(broken("sessionId", json!("s-1")), [("/sessionId".to_owned(), Drift, "not_a_uuid")]);
    assert_eq!(broken("sessionId", json!("")), [("/sessionId".to_owned(), Breaks, "empty")]);
    assert_eq!(broken("data", json!([])), [("/data".to_owned(), Breaks, "wrong_type")]);
    assert_eq!(broken("version", json!(2)), [("/version".to_owned(), Unknown, "unknown_field")]);
    let other = of_callaider("session.paused", json!({}));
    assert_eq!(other.event, None);
    let expected =
        [("X-Callaider-Event".to_owned(), Breaks, "other_event"), ("/event".to_owned(), Unknown, "unknown_event")];
    assert_eq!(told(&other), expected);
}

#[test]
fn the_head_is_part_of_the_contract() {
    let (_, body) = callaider("session.ended", sample());
    let json = body.to_string();
    let head = |method: &str, fields: &[(&'static str, &'static str)], has_secret: bool| {
        let headers: Headers = fields.iter().copied().collect();
        let report = checked("callaider", &headers, (method, has_secret), json.as_bytes());
        told(&report).into_iter().map(|(place, _, code)| (place, code)).collect::<Vec<_>>()
    };
    let named = ("X-Callaider-Event", "session.ended");
    let place = |place: &str, code: &'static str| vec![(place.to_owned(), code)];
    let signed = "sha256=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
    assert_eq!(head("POST", &[("content-type", "Application/JSON; charset=utf-8"), named], false), []);
    assert_eq!(head("POST", &[JSON, named, ("X-Callaider-Signature", signed)], true), []);
    assert_eq!(head("PUT", &[JSON, named], false), place("line", "method"));
    assert_eq!(head("POST", &[named], false), place("Content-Type", "missing"));
    assert_eq!(head("POST", &[("Content-Type", "text/plain"), named], false), place("Content-Type", "content_type"));
    assert_eq!(head("POST", &[JSON], false), place("X-Callaider-Event", "missing"));
    assert_eq!(
        head("POST", &[JSON, ("X-Callaider-Event", "session.started")], false),
        place("X-Callaider-Event", "other_event")
    );
    // The user's own header that was not overridden.
    assert_eq!(
        head("POST", &[JSON, named, ("x-callaider-event", "mine")], false),
        place("X-Callaider-Event", "repeated_header")
    );
    assert_eq!(head("POST", &[JSON, named], true), place("X-Callaider-Signature", "missing"));
    assert_eq!(
        head("POST", &[JSON, named, ("X-Callaider-Signature", "0f1e")], false),
        place("X-Callaider-Signature", "signature_form")
    );
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let headers: Headers = [JSON, ("X-Callaider-Event", "session.ended")].into_iter().collect();
    for (body, code, sentence) in [
        (&b"{\"event\":"[..], "not_json", "The body is not valid JSON: the text ends too early (line 1, column 10)."),
        (b"", "not_json", "The body is not valid JSON: "),
        (b"[1]", "wrong_type", "The body is JSON, but no object."),
        (b"{\"event\":1}", "missing", "The field `event` is missing, or no text."),
    ] {
        let report = checked("callaider", &headers, ("POST", false), body);
        assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
        assert_eq!(report.findings[0].code, code);
        assert!(report.findings[0].sentence.starts_with(sentence), "{:?}", report.findings);
    }
}

fn pathors(event: &str, more: Value) -> Vec<(String, Severity, &'static str)> {
    let mut body = json!({"event": event, "sessionId": "sess_01", "timestamp": "2026-05-28T12:40:00.000Z"});
    let Value::Object(more) = more else { panic!("an object") };
    body.as_object_mut().unwrap().extend(more);
    told(&report("pathors", &[JSON], &body))
}

#[test]
fn the_four_events_of_pathors_as_its_pages_write_them() {
    let talk = json!({"currentNodeId": "end", "messagesCount": 4, "extractedVariables": {"name": "Ada"}});
    let mut ended = talk.clone();
    assert_eq!(pathors("session.ended", ended.clone()), []);
    ended["reason"] = "session_ended".into();
    assert_eq!(pathors("session.ended", ended.clone()), []);
    // Status and duration may be there or not, whatever they are.
    for early in [json!(null), json!("userHangup"), json!(0)] {
        ended["callStatus"] = early.clone();
        ended["callDuration"] = early;
        assert_eq!(pathors("session.ended", ended.clone()), []);
    }
    let call = json!({"projectId": "p", "callStatus": "busy", "callDuration": 0});
    assert_eq!(pathors("call.ended", call.clone()), []);
    let mut text = talk;
    text["projectId"] = 9.into();
    assert_eq!(pathors("session.finalized", text.clone()), [], "of a text session");
    let mut spoken = text;
    spoken.as_object_mut().unwrap().extend(call.as_object().unwrap().clone());
    assert_eq!(pathors("session.finalized", spoken), [], "of a call");
    assert_eq!(pathors("recording.ready", json!({"recordingUrl": "https://x", "size": 5})), []);
    assert_eq!(pathors("recording.ready", json!({"status": "failed"})), []);
}

#[test]
fn what_pathors_says_of_calls_and_texts_is_held() {
    use Severity::{Breaks, Drift};
    let base = json!({"projectId": "p", "currentNodeId": "n", "messagesCount": 1, "extractedVariables": {}});
    let finalized = |status: Value, duration: Value| {
        let mut body = base.clone();
        for (name, value) in [("callStatus", status), ("callDuration", duration)] {
            if value != json!("absent") {
                body[name] = value;
            }
        }
        pathors("session.finalized", body)
    };
    let at = |pointer: &str, code: &'static str| (pointer.to_owned(), Breaks, code);
    assert_eq!(finalized(Value::Null, Value::Null), [at("/callStatus", "null"), at("/callDuration", "null")]);
    assert_eq!(finalized(json!("error"), json!("absent")), [at("/callDuration", "missing")]);
    assert_eq!(finalized(json!("absent"), json!(3)), [at("/callStatus", "missing")]);
    assert_eq!(finalized(json!("hungUp"), json!(3)), [at("/callStatus", "unknown_value")]);
    assert_eq!(finalized(json!("userNoAnswer"), json!(3)), [at("/callDuration", "contradiction")]);
    assert_eq!(
        pathors("call.ended", json!({"projectId": "p"})),
        [at("/callStatus", "missing"), at("/callDuration", "missing")]
    );
    let mut ended = base;
    ended["reason"] = "user_left".into();
    assert_eq!(pathors("session.ended", ended), [("/reason".to_owned(), Drift, "unknown_value")]);
}

#[test]
fn a_thousand_findings_of_a_kind_are_told_by_the_first_and_counted() {
    let items: Vec<Value> = (0..1_000)
        .map(|_| json!({"role": "bot", "content": "x", "timestamp": 1_716_900_000_000_u64, "a": 1}))
        .collect();
    let report = of_callaider("session.ended", json!({"reason": "timeout", "transcript": items}));
    assert_eq!(report.findings.len(), 2 * MAX_ALIKE as usize);
    assert_eq!(report.more, 2_000 - 2 * u64::from(MAX_ALIKE));
    assert_eq!(report.weights(), Weights { breaks: 10, unknown: 10, drift: 0 });
}

proptest::proptest! {
    #[test]
    fn any_body_is_checked_against_a_contract_without_panic(body: Vec<u8>, text in "[{}\\[\\]\",:a-z0-9null]{0,60}") {
        let headers = Headers::new();
        for json in [&body[..], text.as_bytes()] {
            for provider in ["callaider", "pathors"] {
                let report = checked(provider, &headers, ("GET", true), json);
                proptest::prop_assert!(!report.findings.is_empty());
            }
        }
    }
}
