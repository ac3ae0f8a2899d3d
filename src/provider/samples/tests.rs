use strum::VariantArray as _;

use super::*;
use crate::http::Headers;
use crate::provider::{EventInput, catalogue, facts, json_of};

fn story() -> Story {
    Story::new(7, "2026-05-28T12:34:56.789Z".parse::<Timestamp>().unwrap())
}

fn made(sender: &Sender, event: &str, story: &Story) -> Made {
    sender.make(event, story, &[]).unwrap()
}

fn json(made: &Made) -> Value {
    serde_json::from_slice(&made.body).unwrap()
}

fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).unwrap()
}

#[test]
fn every_sample_is_understood_as_the_event_that_it_simulates() {
    for sender in senders() {
        assert!(catalogue().iter().any(|known| known.id == sender.provider), "{}", sender.provider);
        for event in sender.events {
            for language in Language::VARIANTS {
                let story = Story { language: *language, ..story() };
                let made = made(sender, event.name, &story);
                let headers: Headers = made.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                let json = json_of(&headers, &made.body);
                let input = EventInput { headers: &headers, body: &made.body, json: &json, query: None };
                let facts = facts(Some(sender.provider), None, &input);
                assert_eq!(facts.name.as_deref(), Some(event.name), "{} {}", sender.provider, event.name);
                assert!(facts.notes.is_empty(), "{:?}", facts.notes);
                if matches!(sender.provider, "callaider" | "pathors") {
                    assert_eq!(facts.session, Some(story.session()));
                    assert!(facts.duplicate_key.is_some());
                }
            }
        }
    }
}

#[test]
fn what_a_provider_is_listed_with_can_be_sent() {
    for platform in simulated_platforms() {
        let listed = catalogue().into_iter().find(|known| known.id == platform.provider()).unwrap().events;
        let sent: Vec<String> = platform.events().into_iter().map(|event| event.name.into_owned()).collect();
        assert_eq!(listed, sent, "{}", platform.provider());
    }
}

#[test]
fn a_speed_that_never_ends_is_refused_and_stops_nothing() {
    for speed in [1e-300, 1e-6, 0.009] {
        callaider::SENDER.begin(&mut story(), Timestamp::default(), speed);
        let error = callaider::SENDER.steps(SESSION, &story(), speed, &[]).unwrap_err();
        assert_eq!((error.field.as_str(), error.sentence.contains("0.01")), ("speed", true));
    }
    for speed in [0.0, 0.01] {
        assert!(callaider::SENDER.steps(SESSION, &story(), speed, &[]).is_ok());
    }
}

#[test]
fn a_transcript_has_exactly_the_size_that_was_asked_for() {
    for sender in [&callaider::SENDER, &pathors::SENDER] {
        for language in Language::VARIANTS {
            for size in [20_000, 150_001] {
                let story = Story { language: *language, size: Some(size), ..story() };
                for event in sender.events {
                    let made = made(sender, event.name, &story);
                    let long = matches!(event.name, "session.ended" | "session.finalized");
                    assert_eq!(made.body.len() == size, long, "{} {language:?} {}", event.name, made.body.len());
                    json(&made);
                }
            }
        }
    }
    let largest = Story { size: Some(MAX_SIZE), ..story() };
    let body = made(&callaider::SENDER, "session.ended", &largest).body;
    assert_eq!(body.len(), MAX_SIZE);
    let small = Story { size: Some(10), ..story() };
    assert!(made(&callaider::SENDER, "session.ended", &small).body.len() > 1_000);
}

#[test]
fn a_callaider_session_is_one_whole_that_agrees_with_itself() {
    for (mode, call) in [(Mode::Voice, true), (Mode::Text, false)] {
        let story = Story { mode, ..story() };
        let (started, ended) = (
            json(&made(&callaider::SENDER, "session.started", &story)),
            json(&made(&callaider::SENDER, "session.ended", &story)),
        );
        assert_eq!(started["data"]["metadata"]["callId"].is_string(), call);
        assert_eq!(started["sessionId"], ended["sessionId"]);
        let moment = |event: &Value| event["timestamp"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let seconds = moment(&ended).since(moment(&started)).as_secs();
        assert_eq!(ended["data"]["durationSeconds"], seconds);
        let transcript = ended["data"]["transcript"].as_array().unwrap();
        let times: Vec<i64> = transcript.iter().map(|message| message["timestamp"].as_i64().unwrap()).collect();
        assert!(times.is_sorted() && times[0] >= moment(&started).as_millis());
        assert!(*times.last().unwrap() <= moment(&ended).as_millis());
        let roles: Vec<&str> = transcript.iter().map(|message| message["role"].as_str().unwrap()).collect();
        for role in ["system", "assistant", "user", "tool"] {
            assert!(roles.contains(&role));
        }
        let calls: Vec<&Value> = transcript.iter().filter_map(|message| message.get("toolCall")).collect();
        assert!(
            calls.iter().any(|call| call["error"].is_string()) && calls.iter().any(|call| call["result"].is_object())
        );
        assert!(
            transcript
                .iter()
                .any(|message| message["files"][0]["gcsUri"].as_str().is_some_and(|uri| uri.starts_with("gs://")))
        );
        let steps = callaider::SENDER.steps(SESSION, &story, 1.0, &[]).unwrap();
        assert_eq!((steps[0].after, steps[1].after.as_secs()), (Duration::ZERO, seconds));
        let quick = callaider::SENDER.steps(SESSION, &story, 10.0, &[]).unwrap();
        assert_eq!(quick[1].after.as_millis(), u128::from(seconds) * 100);
        assert_eq!(callaider::SENDER.steps(SESSION, &story, 0.0, &[]).unwrap()[1].after, Duration::ZERO);
    }
}

#[test]
fn a_pathors_text_session_has_no_call_and_a_calls_last_event_combines_the_others() {
    let text = Story { mode: Mode::Text, ..story() };
    let names = |story: &Story| -> Vec<String> {
        pathors::SENDER.steps(SESSION, story, 0.0, &[]).unwrap().into_iter().map(|step| step.event).collect()
    };
    assert_eq!(names(&text), ["session.ended", "session.finalized"]);
    assert_eq!(names(&story()), ["session.ended", "call.ended", "session.finalized", "recording.ready"]);
    let finalized = json(&made(&pathors::SENDER, "session.finalized", &text));
    assert!(finalized.get("callStatus").is_none() && finalized.get("callDuration").is_none());
    for event in ["call.ended", "recording.ready"] {
        assert_eq!(pathors::SENDER.steps(event, &text, 0.0, &[]).unwrap_err().field, "mode");
    }
    let of = |event: &str| json(&made(&pathors::SENDER, event, &story()));
    let (ended, call, whole) = (of("session.ended"), of("call.ended"), of("session.finalized"));
    for (part, fields) in [
        (&ended, &["sessionId", "currentNodeId", "messagesCount", "extractedVariables"][..]),
        (&call, &["sessionId", "projectId", "callStatus", "callDuration"]),
    ] {
        for field in fields {
            assert!(whole.get(field).is_some() && whole[field] == part[field], "{field}");
        }
    }
}

#[test]
fn faults_of_order_and_number_are_in_the_steps() {
    let steps = |event: &str, faults: &[Fault]| callaider::SENDER.steps(event, &story(), 1.0, faults);
    let names =
        |steps: Vec<Step>| -> Vec<(String, u8)> { steps.into_iter().map(|step| (step.event, step.times)).collect() };
    let named = |name: &str, times| (name.to_owned(), times);
    assert_eq!(
        names(steps(SESSION, &[Fault::OutOfOrder, Fault::Duplicate]).unwrap()),
        [named("session.ended", 2), named("session.started", 2)]
    );
    assert_eq!(names(steps("session.ended", &[Fault::UnknownEvent]).unwrap()), [named(UNKNOWN, 1)]);
    assert_eq!(steps(SESSION, &[Fault::UnknownEvent]).unwrap().len(), 3);
    assert_eq!(steps("session.ended", &[Fault::OutOfOrder]).unwrap_err().field, "faults");
    let error = steps("session.end", &[]).unwrap_err();
    assert!(error.sentence.contains("session.started, session.ended, or `session`"), "{error}");
    assert_eq!(stripe::SENDER.steps(SESSION, &story(), 1.0, &[]).unwrap_err().field, "event");
    let sized = Story { size: Some(5), ..story() };
    assert_eq!(stripe::SENDER.steps("invoice.payment_failed", &sized, 1.0, &[]).unwrap_err().field, "size");
    assert!(simulated_platform("nobody").unwrap_err().sentence.contains("callaider"));
    let unknown = made(&callaider::SENDER, UNKNOWN, &story());
    assert_eq!(json(&unknown)["event"], UNKNOWN);
    assert!(unknown.headers.contains(&("X-Callaider-Event".to_owned(), UNKNOWN.to_owned())));
}

#[test]
fn a_value_is_set_in_json_and_in_a_form() {
    let set = |sender: &Sender, event: &str, at: &str, value: &str| {
        sender.make(event, &story(), &[(pointer(at), value.to_owned())])
    };
    let made = set(&callaider::SENDER, "session.ended", "/data/reason", "\"timeout\"").unwrap();
    assert_eq!(json(&made)["data"]["reason"], "timeout");
    let made = set(&twilio::SENDER, "message.received", "/Body", "\"hé llo\"").unwrap();
    assert!(String::from_utf8(made.body).unwrap().contains("&Body=h%C3%A9+llo&"));
    assert_eq!(set(&twilio::SENDER, "message.received", "/a/b", "1").unwrap_err().field, "set./a/b");
    assert_eq!(set(&callaider::SENDER, "session.ended", "/x/y", "1").unwrap_err().field, "set./x/y");
}
