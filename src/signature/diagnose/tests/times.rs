//! Times that are signed in another form than they are sent, and the rarest contents.

use super::super::time_units::{converted, unit};
use super::super::times::{fractions, moments};
use super::*;

const SECRET: &str = "Zk9-pQ2_r7T";
const BODY: &[u8] = br#"{"id":"evt_9","amount":10,"livemode":true}"#;

fn hmac(message: &[u8]) -> String {
    hex::encode(compute(Algorithm::HmacSha256, SECRET.as_bytes(), message).unwrap())
}

/// A time is sent, and another text is signed in its place.
fn stripe(sent: &str, signed: &str, body: &[u8]) -> Vec<Finding> {
    let mac = hmac(&[signed.as_bytes(), b".", body].concat());
    let headers: Headers = [("Stripe-Signature", format!("t={sent},v1={mac}"))].into_iter().collect();
    Got { scheme: "stripe", secret: SECRET.into(), headers, url: URL, body }.diagnose()
}

#[test]
fn a_time_is_in_the_unit_that_its_digits_say() {
    for (time, expected) in [
        ("1700000000.5", "in seconds with a fraction"),
        ("2023.11.14", "as a date"),
        ("", "as a date"),
        ("2023-11-14T22:13:20Z", "as a date"),
        ("-1700000000", "as a date"),
        ("28333333", "in minutes"),
        ("170000000", "in seconds"),
        ("1700000000", "in seconds"),
        ("170000000000", "in seconds"),
        ("1700000000000", "in milliseconds"),
        ("170000000000000", "in milliseconds"),
        ("1700000000000000", "in microseconds"),
        ("170000000000000000", "in microseconds"),
        ("1700000000000000000", "in nanoseconds"),
    ] {
        assert_eq!(unit(time), expected, "{time}");
    }
}

#[test]
fn a_time_is_converted_to_every_other_unit() {
    let date = "2023-11-14T22:13:20";
    for (time, expected) in [
        ("1700000000", vec!["1700000000000".to_owned(), format!("{date}Z"), format!("{date}.000Z")]),
        ("1700000000123", vec!["1700000000".to_owned(), format!("{date}Z"), format!("{date}.123Z")]),
        ("2023-11-14T22:13:20Z", vec!["1700000000".into(), "1700000000000".into(), format!("{date}.000Z")]),
        (
            "Tue, 14 Nov 2023 22:13:20 GMT",
            vec!["1700000000".into(), "1700000000000".into(), format!("{date}Z"), format!("{date}.000Z")],
        ),
        ("yesterday", vec![]),
    ] {
        assert_eq!(converted(time), expected, "{time}");
    }
}

#[test]
fn moments_around_a_time_are_up_to_a_minute_and_a_half_some_minutes_or_whole_hours_away() {
    for (time, step) in [(99_999_999_999_i64, 1), (100_000_000_000, 1000), (1_700_000_000_123, 1000)] {
        let all = moments(&time.to_string());
        for (off, is_tried) in [
            (5, true),
            (6, true),
            (90, true),
            (91, false),
            (120, true),
            (300, true),
            (1800, true),
            (1801, false),
            (3600, true),
            (7200, true),
            (14 * 3600, true),
            (15 * 3600, false),
        ] {
            for moment in [time - off * step, time + off * step] {
                assert_eq!(all.contains(&moment.to_string()), is_tried, "{time} {off}");
            }
        }
        assert_eq!(all[..2], [time - 5 * step, time + 5 * step].map(|moment| moment.to_string()), "nearest first");
    }
    assert!(moments("2023-11-14T22:13:20Z").is_empty());
}

#[test]
fn a_whole_second_had_any_millisecond_or_was_rounded_up() {
    let all = fractions("1700000000");
    for (time, is_tried) in [
        ("1700000000000", true),
        ("1700000000009", true),
        ("1700000000999", true),
        ("1700000000.000", true),
        ("1700000000.999", true),
        ("1699999999500", true),
        ("1699999999999", true),
        ("1699999999499", false),
        ("1700000001000", false),
    ] {
        assert_eq!(all.contains(&time.to_owned()), is_tried, "{time}");
    }
    for (time, count) in
        [("999999999", 0), ("1000000000", 2500), ("99999999999", 2500), ("100000000000", 0), ("soon", 0)]
    {
        assert_eq!(fractions(time).len(), count, "{time}");
    }
}

#[test]
fn another_time_than_the_one_that_was_sent_is_named() {
    for (sent, signed, code) in [
        (TIME, "472222", "timestamp_unit"),
        (TIME, "2023-11-14T22:13:20.000+00:00", "timestamp_unit"),
        (TIME, "2023-11-14T22:13:20.000000Z", "timestamp_unit"),
        (TIME, "2023-11-14T22:13:20", "timestamp_unit"),
        (TIME, "2023-11-14 22:13:20", "timestamp_unit"),
        (TIME, "2023-11-14 22:13:20 UTC", "timestamp_unit"),
        (TIME, "1700000000.000", "timestamp_unit"),
        (TIME, "\"1700000000\"", "timestamp_unit"),
        (TIME, " 1700000000", "timestamp_unit"),
        (TIME, "1700000000999", "timestamp_unit"),
        (TIME, "1700000000.999", "timestamp_unit"),
        // Rounded when it was sent.
        (TIME, "1699999999500", "timestamp_unit"),
        ("1700000000123", "1700000000.123", "timestamp_unit"),
        // Off by up to a minute and a half, by some minutes, by whole hours.
        (TIME, "1700000004", "timestamp_other"),
        (TIME, "1700000090", "timestamp_other"),
        (TIME, "1699999910", "timestamp_other"),
        (TIME, "1700000120", "timestamp_other"),
        (TIME, "1699998200", "timestamp_other"),
        (TIME, "1700050400", "timestamp_other"),
        (TIME, "1699949600", "timestamp_other"),
        // From twelve digits on it is a time in milliseconds.
        ("1700000000123", "1700000001123", "timestamp_other"),
        ("1700000000123", "1699999990123", "timestamp_other"),
        ("1700000000123", "1700000000000", "timestamp_other"),
        ("100000000000", "100000001000", "timestamp_other"),
        ("100000000000", "100000005000", "timestamp_other"),
        ("99999999999", "100000000000", "timestamp_other"),
        ("99999999999", "100000000004", "timestamp_other"),
    ] {
        names(&stripe(sent, signed, BODY), code, &format!("{sent} {signed}"));
    }
    for signed in ["1700000091", "1699999909", "1699999999499", "1700001860"] {
        let found = stripe(TIME, signed, BODY);
        assert!(found.iter().all(|finding| !finding.verifies), "{signed}: {found:#?}");
    }
}

#[test]
fn what_is_said_of_a_time_is_what_happened() {
    let fix_of = |code| match code {
        "timestamp_other" => "Take the time once: sign the very text that is sent.",
        "timestamp_unset" => "Look for a variable that has no value yet when the signature is made.",
        _ => "Sign the very text that is in the header.",
    };
    for (sent, signed, sentence) in [
        (TIME, "1700000001", "The sender signed another time than it sent: 1700000001 is signed, 1700000000 was sent."),
        (TIME, "None", "The sender signed the word `None` in place of the time; 1700000000 was sent."),
        (TIME, "28333333", "The sender signed the time in minutes (28333333) but sent it in seconds."),
    ] {
        let found = stripe(sent, signed, BODY);
        assert_eq!(
            (found[0].sentence.as_str(), found[0].fix.as_str()),
            (sentence, fix_of(found[0].code)),
            "{found:#?}"
        );
    }
}

#[test]
fn two_forms_of_one_unit_are_told_apart_by_the_time_itself() {
    let record = serde_json::json!({
        "signature": {"from": "header:X-Own-Sig"}, "vars": {"timestamp": "header:X-Own-At"}, "signed": "{timestamp}.{body}",
    });
    let own: &'static Scheme = Box::leak(Box::new(Scheme::from_json(&record).unwrap()));
    let mac = hmac(&[b"2023-11-14 22:13:20.", BODY].concat());
    let headers: Headers = [("X-Own-Sig", mac), ("X-Own-At", "2023-11-14T22:13:20Z".to_owned())].into_iter().collect();
    let got = Got { scheme: "stripe", secret: SECRET.into(), headers, url: URL, body: BODY };
    let found = got.diagnose_with(|case| case.scheme = own);
    assert_eq!(
        (found[0].code, found[0].sentence.as_str()),
        ("timestamp_unit", "The sender signed the time as 2023-11-14 22:13:20 but sent it as 2023-11-14T22:13:20Z.")
    );
}

#[test]
fn a_time_that_is_empty_is_called_nothing() {
    let mac = hmac(&[b"v0::", BODY].concat());
    let headers: Headers = [("X-Slack-Request-Timestamp", TIME.to_owned()), ("X-Slack-Signature", format!("v0={mac}"))]
        .into_iter()
        .collect();
    let found = Got { scheme: "slack", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose();
    names(&found, "timestamp_unset", "slack");
    assert_eq!(found[0].sentence, "The sender signed nothing in place of the time; 1700000000 was sent.");
}

#[test]
fn a_time_at_the_end_of_all_numbers_is_diagnosed_too() {
    for time in [i64::MAX, i64::MAX - 1, i64::MIN, 0].map(|time| time.to_string()) {
        let found = stripe(&time, "something else", BODY);
        assert!(!found.is_empty() && found.iter().all(|finding| !finding.verifies), "{time}: {found:#?}");
    }
}

#[test]
fn fractions_of_a_second_are_tried_for_no_public_key() {
    let (scheme, secret, seed) = schemes_to_try().into_iter().find(|(scheme, ..)| *scheme == "discord").unwrap();
    for (signed, is_found) in [("1700000000000", true), ("1700000000001", false)] {
        let sent = Sent { time: signed, ..Sent::new(scheme, &seed, BODY) };
        let headers = Sent::new(scheme, &seed, BODY).headers_with(&sent.mac(&sent.message()));
        let found = Got { scheme, secret: secret.clone(), headers, url: URL, body: BODY }.diagnose();
        assert_eq!(found[0].verifies, is_found, "{signed}: {found:#?}");
    }
}

#[test]
fn what_is_rarest_is_tried_for_small_bodies_alone() {
    const SMALL: usize = 16 << 10;
    let of_key = |key: &str, body: &[u8]| {
        let mac = hex::encode(compute(Algorithm::HmacSha256, key.as_bytes(), body).unwrap());
        let headers: Headers = [("X-Hub-Signature-256", format!("sha256={mac}"))].into_iter().collect();
        Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body }.diagnose()
    };
    for (length, is_found) in [(SMALL, true), (SMALL + 1, false)] {
        let body = vec![b'x'; length];
        let content = [&b"."[..], &body].concat();
        let signed =
            hex::encode(compute(Algorithm::DigestSha256, b"", &[SECRET.as_bytes(), b"|", &body].concat()).unwrap());
        let headers: Headers = [("X-Hub-Signature-256", format!("sha256={signed}"))].into_iter().collect();
        for (code, found) in [
            ("timestamp_unit", stripe(TIME, "28333333", &body)),
            ("secret_unset", of_key("hunter2", &body)),
            ("secret_quotes", of_key(&format!("«{SECRET}»"), &body)),
            ("signed_content", {
                let headers: Headers =
                    [("X-Hub-Signature-256", format!("sha256={}", hmac(&content)))].into_iter().collect();
                Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: &body }.diagnose()
            }),
            ("digest_with_secret", {
                Got { scheme: "github", secret: SECRET.into(), headers: headers.clone(), url: URL, body: &body }
                    .diagnose()
            }),
        ] {
            assert_eq!(found[0].verifies && found[0].code == code, is_found, "{length} {code}: {found:#?}");
        }
    }
    // Every fraction of the second is tried for the smallest.
    for (length, is_found) in [(2 << 10, true), ((2 << 10) + 1, false)] {
        let found = stripe(TIME, "1700000000.577", &vec![b'x'; length]);
        assert_eq!(found[0].verifies, is_found, "{length}: {found:#?}");
    }
}

#[test]
fn times_and_ids_are_found_by_the_names_of_their_headers() {
    let body = String::from_utf8_lossy(BODY);
    let found = |name: &'static str, value: &str, signed: &str| {
        let headers: Headers =
            [("X-Hub-Signature-256", format!("sha256={}", hmac(signed.as_bytes()))), (name, value.to_owned())]
                .into_iter()
                .collect();
        Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose()
    };
    let (longest, too_long) = ("9".repeat(100), "9".repeat(101));
    for (name, value, is_found) in [
        ("X-Timestamp-Ms", "1600000000", true),
        ("X-Request-Time", "1600000000", true),
        ("X-My-Ts", "1600000000", true),
        ("Date", "Sun, 13 Sep 2020 12:26:40 GMT", true),
        ("X-Times", "1600000000", false),
        ("X-Update", "1600000000", false),
        ("X-Event-Id", "evt-1", true),
        ("X-GitHub-Delivery", "evt-1", true),
        ("X-Nonce", "evt-1", true),
        ("Idempotency-Key", "evt-1", true),
        ("X-Key", "evt-1", false),
        ("X-Event-Id", &longest, true),
        ("X-Event-Id", &too_long, false),
        ("X-Event-Id", "{body}", false),
    ] {
        let found = found(name, value, &format!("{value}.{body}"));
        let is_named = found[0].verifies && found[0].code == "signed_content";
        assert_eq!(is_named, is_found, "{name} {value}: {found:#?}");
    }
    // The sentence says what is signed and, of a time that is not the scheme's, which one.
    let dated = found("X-Timestamp", "1600000000", &format!("1600000000.{body}"));
    let sentence = "The sender signed `{timestamp}.{body} (with the timestamp as 1600000000)` with the secret; the scheme GitHub (sha256) signs `{body}`.";
    assert_eq!(dated[0].sentence, sentence);
    let named = found("X-Event-Id", "evt-1", &format!("evt-1.{body}"));
    assert_eq!(
        named[0].sentence,
        "The sender signed `{id}.{body}` with the secret; the scheme GitHub (sha256) signs `{body}`."
    );
    // In another unit than the header has it.
    let seconds = found("X-Timestamp", "1600000000", &format!("1600000000000.{body}"));
    assert!(seconds[0].sentence.contains("(with the timestamp as 1600000000000)"), "{seconds:#?}");
}

#[test]
fn a_value_that_is_there_twice_is_one_of_the_few_that_are_tried() {
    let found = |fields: &[(&'static str, &'static str)], signed: &str| {
        let mut headers: Headers = fields.iter().copied().collect();
        let signed = [signed.as_bytes(), b".", BODY].concat();
        headers.push("X-Hub-Signature-256", format!("sha256={}", hmac(&signed)));
        let found = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose();
        found[0].verifies && found[0].code == "signed_content"
    };
    let ids = [("X-A-Id", "evt-1"), ("X-B-Id", "evt-1"), ("X-C-Delivery", "evt-2"), ("X-D-Nonce", "evt-3")];
    assert_eq!(["evt-1", "evt-2", "evt-3"].map(|signed| found(&ids, signed)), [true, true, false]);
    let times = [
        ("X-Timestamp", "1600000000"),
        ("X-Sent-Time", "1600000000"),
        ("X-Ts-Ts", "1500000000"),
        ("Date", "Sun, 13 Sep 2020 12:26:50 GMT"),
        ("X-Late-Time", "1400000000"),
    ];
    let signed = ["1600000000", "1500000000", "Sun, 13 Sep 2020 12:26:50 GMT", "1400000000"];
    assert_eq!(signed.map(|signed| found(&times, signed)), [true, true, true, false]);
}

#[test]
fn the_times_and_ids_of_the_scheme_itself_need_no_telling() {
    let body = String::from_utf8_lossy(BODY);
    let stripe = |signed: &str| {
        let headers: Headers = [
            ("Stripe-Signature", format!("t={TIME},v1={}", hmac(signed.as_bytes()))),
            ("X-Timestamp", "1600000000".to_owned()),
        ]
        .into_iter()
        .collect();
        Got { scheme: "stripe", secret: SECRET.into(), headers, url: URL, body: BODY }.diagnose()
    };
    let signs = "with the secret; the scheme Stripe signs `{timestamp}.{body}`.";
    let own = stripe(&format!("{TIME}:{body}"));
    assert_eq!(own[0].sentence, format!("The sender signed `{{timestamp}}:{{body}}` {signs}"));
    let other = stripe(&format!("1600000000:{body}"));
    let words = "`{timestamp}:{body} (with the timestamp as 1600000000)`";
    assert_eq!(other[0].sentence, format!("The sender signed {words} {signs}"));
    // What the scheme signs, with the time of another header.
    let moment = stripe(&format!("1600000000.{body}"));
    names(&moment, "timestamp_other", "another header's time");
    let times = format!("1600000000 is signed, {TIME} was sent.");
    assert_eq!(moment[0].sentence, format!("The sender signed another time than it sent: {times}"));
    // The same when the secret has white space around it.
    let headers: Headers = [
        ("Stripe-Signature", format!("t={TIME},v1={}", hmac(format!("1600000000.{body}").as_bytes()))),
        ("X-Timestamp", "1600000000".to_owned()),
    ]
    .into_iter()
    .collect();
    let found = Got { scheme: "stripe", secret: format!(" {SECRET}"), headers, url: URL, body: BODY }.diagnose();
    names(&found, "signed_content", "another header's time, and white space");
    let mac = hmac(format!("msg_1:{TIME}:{body}").as_bytes());
    let headers: Headers = [
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", TIME.to_owned()),
        ("webhook-signature", format!("v1,{}", STANDARD.encode(hex::decode(mac).unwrap()))),
    ]
    .into_iter()
    .collect();
    let secret = STANDARD.encode(SECRET);
    let found = Got { scheme: "standard-webhooks", secret, headers, url: URL, body: BODY }.diagnose();
    assert!(
        found[0].sentence.starts_with("The sender signed `{id}:{timestamp}:{body}` with the secret;"),
        "{found:#?}"
    );
}

#[test]
fn only_what_may_be_a_form_is_signed_as_one() {
    let found = |kind: &str, body: &str, signed: &str| {
        let headers: Headers =
            [("X-Hub-Signature-256", format!("sha256={}", hmac(signed.as_bytes()))), ("Content-Type", kind.to_owned())]
                .into_iter()
                .collect();
        let found =
            Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: body.as_bytes() }.diagnose();
        found[0].sentence.split_once('`').map(|(_, rest)| rest.split('`').next().unwrap_or_default().to_owned())
    };
    let form = "application/x-www-form-urlencoded";
    let (sorted, sent) = (Some("{url}{form|sort_concat}".to_owned()), Some("{url}{form|concat}".to_owned()));
    assert_eq!(found(form, "b=2&a=1", &format!("{URL}a1b2")), sorted);
    assert_eq!(found(form, "b=2&a=1", &format!("{URL}b2a1")), sent);
    assert_eq!(found(form, "{b=2&a=1", &format!("{URL}a1{{b2")), sorted);
    assert_eq!(found("text/plain", "{b=2&a=1", &format!("{URL}a1{{b2")), None);
}
