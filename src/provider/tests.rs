use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> Headers {
    pairs.iter().copied().collect()
}

fn read(provider: Option<&str>, pairs: &[(&'static str, &'static str)], body: &str) -> EventFacts {
    let headers = headers(pairs);
    let json = json_of(&headers, body.as_bytes());
    facts(provider, None, &EventInput { headers: &headers, body: body.as_bytes(), json: &json, query: None })
}

const CALLAIDER_ENDED: &str = r#"{"event":"session.ended","timestamp":"2026-05-28T12:34:56.789Z","assistantId":123,
    "sessionId":"2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2","data":{"reason":"assistant_ended","durationSeconds":27,"transcript":[]}}"#;

#[test]
fn ids_and_marks_are_unique_and_lower_case() {
    let mut seen = std::collections::HashSet::new();
    for provider in PROVIDERS {
        assert!(seen.insert(provider.id), "{}", provider.id);
        for mark in provider.marks {
            assert!(seen.insert(*mark), "{mark}");
            assert_eq!(*mark, mark.to_ascii_lowercase());
        }
    }
    assert_eq!(catalogue().len(), PROVIDERS.len());
    assert_eq!(scheme_of("callaider").as_deref(), Some("callaider"));
    assert_eq!(scheme_of("pathors"), None);
}

#[test]
fn callaider_by_its_header_its_shape_and_the_bin() {
    let id = "2d7b8f7f-2de0-4db9-ae6f-9a1f8d98f6d2";
    for (provider, pairs) in
        [(None, &[("X-CALLAIDER-EVENT", "session.ended")][..]), (None, &[]), (Some("callaider"), &[])]
    {
        let facts = read(provider, pairs, CALLAIDER_ENDED);
        assert_eq!(facts.provider.as_deref(), Some("callaider"));
        assert_eq!(facts.name.as_deref(), Some("session.ended"));
        assert_eq!(facts.session.as_deref(), Some(id));
        assert_eq!(facts.duplicate_key, Some(format!("{id}:session.ended")));
        assert_eq!(facts.notes.is_empty(), !pairs.is_empty(), "{:?}", facts.notes);
    }
}

#[test]
fn callaider_header_that_disagrees_with_the_body_is_flagged() {
    let facts = read(None, &[("X-Callaider-Event", "session.started")], CALLAIDER_ENDED);
    assert_eq!(facts.name.as_deref(), Some("session.ended"));
    assert_eq!(facts.notes, ["The header X-Callaider-Event says “session.started”, the body says “session.ended”."]);
    let facts = read(None, &[("X-Callaider-Event", "session.ended")], r#"{"event":5}"#);
    assert_eq!(facts.notes, ["The body's event is no text, so that it cannot be the header's."]);
    let facts = read(None, &[("X-Callaider-Event", "")], r#"{"event":null}"#);
    assert_eq!(facts.name, None);
    assert_eq!(facts.notes, ["The header X-Callaider-Event is missing; CallAIder always sends it."]);
}

#[test]
fn a_field_that_is_always_sent_is_missed_and_a_wrong_one_is_named() {
    let notes = |provider: &'static str, body: &str| {
        read(Some(provider), &[("X-Callaider-Event", "session.ended")], body).notes
    };
    for (body, wanted) in [
        (
            r#"{"event":"session.ended","timestamp":"2026-05-28T12:34:56.789Z"}"#,
            &["The field sessionId is missing; CallAIder always sends it."][..],
        ),
        (
            r#"{"event":"session.ended","sessionId":"","timestamp":"yesterday"}"#,
            &["The field sessionId is no text: “”.", "The field timestamp is no time of RFC 3339: “yesterday”."],
        ),
        (
            r#"{"event":"session.ended","sessionId":7,"timestamp":null}"#,
            &["The field sessionId is no text.", "The field timestamp is missing; CallAIder always sends it."],
        ),
        (r#"{"event":"session.ended","sessionId":"s","timestamp":"2026-05-28T12:34:56+02:00"}"#, &[]),
    ] {
        assert_eq!(notes("callaider", body), wanted, "{body}");
    }
    assert_eq!(
        notes("pathors", r#"{"event":"call.ended"}"#),
        ["The field sessionId is missing; Pathors always sends it."]
    );
}

#[test]
fn callaider_with_a_broken_body_has_the_headers_name_and_no_duplicate_key() {
    let facts = read(None, &[("X-Callaider-Event", "session.ended")], &CALLAIDER_ENDED[..150]);
    assert_eq!(facts.name.as_deref(), Some("session.ended"));
    assert_eq!(facts.duplicate_key, None);
    assert_eq!(facts.notes, [NOT_JSON]);
    let facts = read(None, &[("X-Callaider-Event", "session.ended")], "");
    assert_eq!((facts.name.as_deref(), facts.session), (Some("session.ended"), None));
}

#[test]
fn callaider_details_are_what_a_list_shows() {
    let none = Headers::new();
    let input =
        EventInput { headers: &none, body: CALLAIDER_ENDED.as_bytes(), json: CALLAIDER_ENDED.as_bytes(), query: None };
    let shown: Vec<_> =
        details(Some("callaider"), None, &input).into_iter().map(|detail| (detail.label, detail.value)).collect();
    assert_eq!(
        shown,
        [("assistant", "123"), ("reason", "assistant_ended"), ("duration in seconds", "27")]
            .map(|(label, value)| (label, value.to_owned()))
    );
}

#[test]
fn pathors_events_are_known_by_their_shape() {
    for body in [
        r#"{"event":"session.ended","sessionId":"s","timestamp":"t","currentNodeId":"n","messagesCount":3,"extractedVariables":{},"reason":"session_ended"}"#,
        r#"{"event":"call.ended","sessionId":"s","timestamp":"t","projectId":"p","callStatus":"userHangup","callDuration":5}"#,
        r#"{"event":"session.finalized","sessionId":"s","timestamp":"t","projectId":"p","messagesCount":3,"extractedVariables":{}}"#,
        r#"{"event":"recording.ready","sessionId":"s","timestamp":"t","recordingUrl":"https://x"}"#,
    ] {
        let facts = read(None, &[("Content-Type", "application/json")], body);
        assert_eq!(facts.provider.as_deref(), Some("pathors"), "{body}");
        let name = facts.name.unwrap();
        assert_eq!(facts.duplicate_key, Some(format!("s:{name}")));
        assert!(facts.notes.is_empty());
    }
    for body in [
        r#"{"event":"session.ended","sessionId":"s","timestamp":"t"}"#,
        r#"{"event":"other","sessionId":"s","timestamp":"t","messagesCount":1}"#,
        r#"{"event":"session.ended","sessionId":7,"timestamp":"t","messagesCount":1}"#,
        r#"[{"event":"recording.ready","sessionId":"s","timestamp":"t"}]"#,
    ] {
        assert_eq!(read(None, &[], body), EventFacts::default(), "{body}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a line per provider")]
fn every_provider_by_its_headers() {
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str, [Option<&'static str>; 4]);
    let cases: &[Case] = &[
        (
            "github",
            &[("X-GitHub-Event", "push"), ("X-GitHub-Delivery", "d"), ("X-Hub-Signature-256", "x")],
            "{}",
            [Some("push"), None, Some("d"), Some("d")],
        ),
        (
            "gitea",
            &[
                ("X-GitHub-Event", "push"),
                ("X-GitHub-Delivery", "d"),
                ("X-Gitea-Event", "push"),
                ("X-Gitea-Delivery", "g"),
            ],
            "{}",
            [Some("push"), None, Some("g"), Some("g")],
        ),
        (
            "gitlab",
            &[("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Event-UUID", "u"), ("Idempotency-Key", "k")],
            r#"{"object_kind":"push"}"#,
            [Some("Push Hook"), None, Some("u"), Some("k")],
        ),
        (
            "stripe",
            &[("Stripe-Signature", "t=1")],
            r#"{"id":"evt_1","type":"invoice.paid"}"#,
            [Some("invoice.paid"), None, Some("evt_1"), Some("evt_1")],
        ),
        (
            "slack",
            &[("X-Slack-Signature", "v0=")],
            r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}"#,
            [Some("app_mention"), None, Some("Ev1"), Some("Ev1")],
        ),
        (
            "slack",
            &[("X-Slack-Signature", "v0="), FORM],
            "command=%2Fweather&trigger_id=1.2",
            [Some("/weather"), None, Some("1.2"), Some("1.2")],
        ),
        (
            "slack",
            &[("X-Slack-Signature", "v0="), FORM],
            "payload=%7B%22type%22%3A%22block_actions%22%7D",
            [Some("block_actions"), None, None, None],
        ),
        (
            "shopify",
            &[("X-Shopify-Topic", "orders/create"), ("X-Shopify-Webhook-Id", "w"), ("X-Shopify-Event-Id", "e")],
            "{}",
            [Some("orders/create"), None, Some("w"), Some("e:orders/create")],
        ),
        (
            "standard-webhooks",
            &[("webhook-id", "msg_1")],
            r#"{"type":"a.b"}"#,
            [Some("a.b"), None, Some("msg_1"), Some("msg_1")],
        ),
        (
            "standard-webhooks",
            &[("svix-id", "msg_1")],
            r#"{"type":"a.b"}"#,
            [Some("a.b"), None, Some("msg_1"), Some("msg_1")],
        ),
        (
            "twilio",
            &[("X-Twilio-Signature", "x"), FORM],
            "CallSid=CA1&CallStatus=completed",
            [Some("call.completed"), Some("CA1"), Some("CA1"), Some("CA1:call.completed")],
        ),
        (
            "sendgrid",
            &[("X-Twilio-Email-Event-Webhook-Signature", "x")],
            r#"[{"event":"open","sg_event_id":"e"}]"#,
            [Some("open"), None, Some("e"), Some("e")],
        ),
        (
            "sns",
            &[("x-amz-sns-message-type", "Notification"), ("Content-Type", "text/plain; charset=UTF-8")],
            r#"{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:eu:1:t","Message":"{\"notificationType\":\"Bounce\"}"}"#,
            [Some("Bounce"), None, Some("m"), Some("m")],
        ),
        (
            "sns",
            &[("x-amz-sns-message-type", "Notification")],
            r#"{"Type":"Notification","MessageId":"m","Message":"plain words"}"#,
            [Some("Notification"), None, Some("m"), Some("m")],
        ),
        (
            "sns",
            &[("x-amz-sns-message-type", "SubscriptionConfirmation")],
            r#"{"Type":"SubscriptionConfirmation","MessageId":"m","Token":"t","Message":"{\"type\":\"x\"}"}"#,
            [Some("SubscriptionConfirmation"), None, Some("m"), Some("m")],
        ),
        (
            "sns",
            &[
                ("x-amz-sns-message-type", "Notification"),
                ("x-amz-sns-message-id", "m"),
                ("x-amz-sns-rawdelivery", "true"),
            ],
            r#"{"Records":[{"eventName":"ObjectCreated:Put"}]}"#,
            [Some("ObjectCreated:Put"), None, Some("m"), Some("m")],
        ),
        (
            "linear",
            &[("Linear-Delivery", "d"), ("Linear-Event", "Issue")],
            r#"{"type":"Issue","action":"create"}"#,
            [Some("Issue"), None, Some("d"), Some("d")],
        ),
        (
            "paddle",
            &[("Paddle-Signature", "ts=1")],
            r#"{"event_type":"a.b","event_id":"evt_1","notification_id":"ntf_1"}"#,
            [Some("a.b"), None, Some("ntf_1"), Some("evt_1")],
        ),
        (
            "square",
            &[("x-square-hmacsha256-signature", "x")],
            r#"{"type":"a.b","event_id":"e"}"#,
            [Some("a.b"), None, Some("e"), Some("e")],
        ),
        (
            "pagerduty",
            &[("X-PagerDuty-Signature", "v1=")],
            r#"{"event":{"id":"e","event_type":"incident.triggered"}}"#,
            [Some("incident.triggered"), None, Some("e"), Some("e")],
        ),
        (
            "zoom",
            &[("x-zm-signature", "v0=")],
            r#"{"event":"meeting.ended","event_ts":7,"payload":{"object":{"uuid":"u=="}}}"#,
            [Some("meeting.ended"), Some("u=="), None, Some("meeting.ended:7:u==")],
        ),
        (
            "discord",
            &[("X-Signature-Ed25519", "x")],
            r#"{"type":2,"id":"9"}"#,
            [Some("APPLICATION_COMMAND"), None, Some("9"), Some("9")],
        ),
        (
            "telegram",
            &[("X-Telegram-Bot-Api-Secret-Token", "x")],
            r#"{"update_id":10,"message":{"chat":{"id":-5}}}"#,
            [Some("message"), Some("-5"), Some("10"), Some("10")],
        ),
        (
            "meta",
            &[("X-Hub-Signature-256", "x")],
            r#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[{"id":"wamid","from":"49"}]}}]}]}"#,
            [Some("whatsapp_business_account.messages"), Some("49"), Some("wamid"), Some("wamid")],
        ),
        (
            "cloudevents",
            &[("ce-specversion", "1.0"), ("ce-type", "t"), ("ce-id", "i"), ("ce-source", "s")],
            "",
            [Some("t"), None, Some("i"), Some("s:i")],
        ),
    ];
    for (provider, pairs, body, [name, session, delivery, duplicate]) in cases {
        let facts = read(None, pairs, body);
        assert_eq!(facts.provider.as_deref(), Some(*provider), "{pairs:?}");
        let got = (
            facts.name.as_deref(),
            facts.session.as_deref(),
            facts.delivery_id.as_deref(),
            facts.duplicate_key.as_deref(),
        );
        assert_eq!(got, (*name, *session, *delivery, *duplicate), "{provider}");
        assert!(facts.notes.is_empty(), "{provider}: {:?}", facts.notes);
    }
}

#[test]
fn headers_that_disagree_with_the_body_are_flagged_elsewhere_too() {
    assert_eq!(
        read(None, &[("Linear-Event", "Comment")], r#"{"type":"Issue"}"#).notes,
        ["The header Linear-Event says “Comment”, the body says “Issue”."]
    );
    assert_eq!(
        read(None, &[("X-Gitlab-Event", "Note Hook")], r#"{"object_kind":"push"}"#).notes,
        ["The header X-Gitlab-Event says “Note Hook”, the body says “push”."]
    );
}

#[test]
fn a_shared_header_without_the_shape_is_nobodys() {
    assert_eq!(read(None, &[("X-Hub-Signature-256", "x")], r#"{"a":1}"#), EventFacts::default());
}

#[test]
fn a_provider_without_a_file_keeps_its_id_and_is_read_from_the_usual_places() {
    let facts = read(Some("acme"), &[("X-Request-Id", "r")], r#"{"type":"a.b","session_id":"s"}"#);
    assert_eq!(facts.provider.as_deref(), Some("acme"));
    assert_eq!(
        (facts.name.as_deref(), facts.session.as_deref(), facts.delivery_id.as_deref()),
        (Some("a.b"), Some("s"), Some("r"))
    );
}

#[test]
fn facts_are_found_in_fields_of_forms_and_parts() {
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    const PARTS: (&str, &str) = ("Content-Type", "multipart/form-data; boundary=x");
    let zen = "payload=%7B%22zen%22%3A%22Keep+it+simple%22%2C%22hook_id%22%3A1%7D";
    let facts = read(None, &[("X-GitHub-Event", "ping"), ("X-GitHub-Delivery", "d"), FORM], zen);
    assert_eq!((facts.name.as_deref(), facts.notes), (Some("ping"), Vec::new()));
    let json = r#"{"event":"session.ended","sessionId":"s","timestamp":"t","messagesCount":3}"#;
    let as_part = format!("--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{json}\r\n--x--\r\n");
    for (field, body) in [(FORM, json), (PARTS, as_part.as_str()), (("Content-Type", "text/plain"), json)] {
        let facts = read(None, &[field], body);
        assert_eq!((facts.provider.as_deref(), facts.session.as_deref()), (Some("pathors"), Some("s")), "{body}");
    }
    let slack = "--x\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{\"type\":\"a\",\"trigger_id\":\"t\"}\r\n--x--\r\n";
    let facts = read(Some("slack"), &[PARTS], slack);
    assert_eq!((facts.name.as_deref(), facts.delivery_id.as_deref()), (Some("a"), Some("t")));
    let facts = read(Some("other"), &[FORM], "event=sent&event_id=e1&session_id=s");
    assert_eq!(
        (facts.name.as_deref(), facts.delivery_id.as_deref(), facts.session.as_deref()),
        (Some("sent"), Some("e1"), Some("s"))
    );
    let facts = read(Some("other"), &[FORM], r#"{"event":"sent","event_id":"e1"}"#);
    assert_eq!(
        (facts.name.as_deref(), facts.duplicate_key.as_deref()),
        (Some("sent"), Some("e1")),
        "as curl -d sends it"
    );
}

#[test]
fn the_scheme_names_the_provider_when_no_header_does() {
    let none = Headers::new();
    let body = br#"{"id":"evt_1","type":"invoice.paid"}"#;
    let input = EventInput { headers: &none, body, json: body, query: None };
    assert_eq!(facts(None, Some("stripe"), &input).provider.as_deref(), Some("stripe"));
    let generic = facts(None, Some("razorpay"), &input);
    assert_eq!((generic.provider, generic.name.as_deref()), (None, Some("invoice.paid")));
}

#[test]
fn a_scheme_that_many_use_does_not_make_a_provider() {
    let none = Headers::new();
    let input = EventInput { headers: &none, body: br#"{"type":"a"}"#, json: br#"{"type":"a"}"#, query: None };
    assert_eq!(facts(None, Some("github"), &input).provider, None);
    assert_eq!(facts(None, Some("standard-webhooks"), &input).provider.as_deref(), Some("standard-webhooks"));
}

#[test]
fn facts_are_short_however_long_the_values_are() {
    let long = "ä".repeat(100_000);
    let body = format!(r#"{{"event":"session.ended","sessionId":"{long}","assistantId":1}}"#);
    let facts = read(None, &[], &body);
    assert!(facts.session.unwrap().len() <= FACT_LIMIT);
    let duplicate = facts.duplicate_key.unwrap();
    assert!(duplicate.starts_with("sha256:") && duplicate.len() < 100);
}

proptest::proptest! {
    #[test]
    fn any_body_can_be_read_by_every_provider(body: Vec<u8>, form: bool) {
        let kind = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let headers = headers(&[("Content-Type", kind)]);
        let input = EventInput { headers: &headers, body: &body, json: &body, query: None };
        for provider in PROVIDERS {
            let _ = (facts(Some(provider.id), None, &input), details(Some(provider.id), None, &input));
        }
        let _ = facts(Some("unknown"), None, &input);
        let _ = facts(None, None, &input);
    }
}
