use super::*;
use proptest::prelude::*;

fn message(text: &str) -> (usize, String) {
    let error = Filter::parse(text).unwrap_err();
    (error.at, error.message)
}

#[test]
fn every_example_of_the_table_is_read() {
    for field in FIELDS {
        assert!(Filter::parse(field.example).is_ok(), "{}", field.example);
        assert!(field.example.starts_with(field.name), "{}", field.example);
        assert!(field.meaning.ends_with('.'), "{}", field.name);
    }
}

#[test]
fn nothing_but_blanks_matches_everything() {
    assert!(Filter::parse("").unwrap().is_empty());
    assert!(Filter::parse("  \t").unwrap().is_empty());
}

#[test]
fn or_binds_weaker_than_standing_side_by_side() {
    let tree = |text: &str| Filter::parse(text).unwrap();
    assert_eq!(tree("a b OR c"), tree("(a b) OR c"));
    assert_ne!(tree("a b OR c"), tree("a (b OR c)"));
    assert_eq!(tree("-a b"), tree("(-a) b"));
    assert_eq!(tree("\"OR\""), tree("text:OR"));
    // In lower case, an operator needs conditions on both sides; otherwise, and in quotes, it is a word.
    assert_eq!(tree("a or b"), tree("a OR b"));
    assert_eq!(tree("(sig:invalid) Or -b"), tree("sig:invalid OR -b"));
    assert_eq!(tree("a and b"), tree("a b"));
    assert_eq!(tree("a AND NOT b"), tree("a -b"));
    assert_eq!(tree("NOT (a b)"), tree("-(a b)"));
    assert_eq!(tree("a \"or\" b"), tree("a text:or b"));
    assert_eq!(tree("a or"), tree("a text:or"));
    assert_eq!(tree("or a"), tree("text:or a"));
    assert_eq!(tree("not found"), tree("text:not found"));
    assert_eq!(tree("error NOT"), tree("error text:NOT"));
    assert_eq!(tree("\"-a\""), tree("text:-a"));
    assert_eq!(tree("12:30"), tree("text:12:30"));
}

#[test]
fn mistakes_are_named_with_their_place() {
    assert_eq!(message("a metod:POST"), (2, "There is no field 'metod': did you mean 'method:'?".to_owned()));
    assert_eq!(
        message("https://x"),
        (0, "There is no field 'https': put it in quotes to look for it as text".to_owned())
    );
    assert_eq!(message("a \"b"), (2, "The quote is not closed: add a \" at its end.".to_owned()));
    assert_eq!(message("(a"), (0, "This parenthesis is not closed.".to_owned()));
    assert_eq!(message("a)"), (1, "This ')' closes nothing.".to_owned()));
    assert_eq!(message("a OR"), (4, "Something to look for is missing here.".to_owned()));
    assert_eq!(message("()"), (1, "Something to look for is missing here.".to_owned()));
    assert_eq!(message("sig:wrong").0, 4);
    assert_eq!(message("method:").1, "A value is missing after the colon.");
    assert!(message("size:big").1.starts_with("A size is written"));
    assert!(message("after:noon").1.starts_with("A moment is written"));
    assert!(message("json:a=1").1.starts_with("A place in JSON"));
    assert!(Filter::parse(&"(".repeat(1_000)).is_err());
    assert!(Filter::parse(&"-".repeat(4_000)).is_err());
    assert!(Filter::parse(&"a ".repeat(65)).is_err());
    assert!(Filter::parse(&"a".repeat(5_000)).is_err());
}

#[test]
fn ranges_mean_what_they_say() {
    let leaf = |text: &str| match Filter::parse(text).unwrap().root().unwrap() {
        Node::Leaf(leaf) => leaf.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(leaf("size:>10k"), Leaf::Size(10_241, u64::MAX));
    assert_eq!(leaf("size:<=1MiB"), Leaf::Size(0, 1 << 20));
    assert_eq!(leaf("size:<0"), Leaf::Size(1, 0));
    assert_eq!(leaf("status:4xx"), Leaf::Status(Some((400, 499))));
    assert_eq!(leaf("status:>=500"), Leaf::Status(Some((500, u16::MAX))));
    assert_eq!(leaf("status:none"), Leaf::Status(None));
    assert_eq!(leaf("after:2026-05-28"), leaf("after:2026-05-28T00:00Z"));
}

#[test]
fn a_filter_has_at_most_64_conditions_32_levels_and_4096_bytes() {
    let words = |count: usize| "a ".repeat(count);
    assert!(Filter::parse(&words(64)).is_ok());
    assert_eq!(message(&words(65)), (128, "A filter has at most 64 conditions.".to_owned()));
    let nested = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(Filter::parse(&nested(31)).is_ok());
    assert_eq!(message(&nested(32)), (32, "At most 32 parentheses and '-' can be inside each other.".to_owned()));
    assert!(Filter::parse(&format!("{}a", "-".repeat(31))).is_ok());
    assert_eq!(message(&format!("{}a", "-".repeat(32))).0, 32);
    assert!(Filter::parse(&"a".repeat(4_096)).is_ok());
    assert_eq!(message(&"a".repeat(4_097)), (4_096, "A filter has at most 4096 bytes.".to_owned()));
}

#[test]
fn quotes_escapes_and_signs_are_words_where_they_stand_as_such() {
    let text = |filter: &str| match Filter::parse(filter).unwrap().root() {
        Some(Node::Leaf(Leaf::Text(needle))) => needle.text().to_owned(),
        other => panic!("{filter}: {other:?}"),
    };
    assert_eq!(text(r#""a\"b\\c\d (x)""#), r#"a"b\c\d (x)"#);
    assert_eq!(
        (text(r"a\b"), text("a-b"), text("-"), text(":x")),
        (r"a\b".into(), "a-b".into(), "-".into(), ":x".into())
    );
    assert_eq!(
        (text("a1:x"), text("\"method\":x"), text("a\"b c\"d")),
        ("a1:x".into(), "method:x".into(), "ab cd".into())
    );
    let tree = |text: &str| Filter::parse(text).unwrap();
    assert_eq!(tree("- a"), tree("\"-\" a"));
    assert_eq!(tree("(a -)"), tree("a \"-\""));
    assert_eq!(tree("a(b)c"), tree("a b c"));
    assert_ne!(tree("path:\"*\""), tree("path:*"));
    assert_ne!(tree("event:a\"*\"*"), tree("event:a**"));
    assert_eq!(tree("header:\"a=b\"=c"), tree("header:\"a=b\"=\"c\""));
    assert_ne!(tree("header:\"a=b\""), tree("header:a=b"));
    assert_eq!(message("a\0b"), (1, "A filter cannot hold a NUL byte.".to_owned()));
    assert_eq!((message("x-y:z").0, message("a_b:z").0, message("é (x_y:z").0), (0, 0, 4));
    assert_eq!(message("header:=x"), (7, "A name is missing after the colon.".to_owned()));
    assert_eq!((message("a OR OR b").0, message("(a OR )").0), (5, 6));
}

fn request(head: &'static str, body: &'static [u8]) -> CapturedRequest {
    use crate::model::{Derived, HeadSource, Marks, RequestId, SentResponse, Timestamp};
    let head = crate::http::Head::new(head.as_bytes().into());
    let at = Timestamp::from_secs(1_779_971_696);
    CapturedRequest {
        summary: RequestSummary {
            seq: 1,
            id: RequestId::new(at, 0, 1),
            bin: "0123456789abcdef".parse().unwrap(),
            received_at: at,
            body_took: std::time::Duration::ZERO,
            method: head.method().into_owned(),
            target: head.target().to_text().into_owned(),
            path: String::from_utf8_lossy(head.target().path_below_bin()).into_owned(),
            http_version: head.version().into_owned(),
            content_type: head.headers().get_str("content-type").map(str::to_owned),
            head_source: HeadSource::Wire,
            body_size: body.len() as u64,
            declared_size: None,
            complete: true,
            client: None,
            rejected: None,
            derived: Derived::default(),
            response: SentResponse { status: None, duration_us: None },
            marks: Marks { read: true, ..Marks::default() },
            origin: crate::model::Origin::Wire,
            hops: 0,
            last_attempt: None,
            forwarded: None,
            held_until: None,
        },
        head,
        body: body.into(),
        trailers: bytes::Bytes::new(),
    }
}

/// A request with every fact set.
fn rich() -> CapturedRequest {
    use crate::model::{Client, FreshnessStatus, LastAttempt, Origin, Outcome, Rejection, SignatureStatus, Timestamp};
    let mut rich = request(
        "POST /b/orders/7?a=1&b=%20 HTTP/1.1\r\nHost: h\r\nX-Foo: bar\r\nContent-Type: application/json\r\n\r\n",
        br#"{"a":{"b":"c"},"n":null,"t":true}"#,
    );
    let summary = &mut rich.summary;
    summary.response.status = Some(204);
    let event = &mut summary.derived.event;
    event.name = Some("session.ended".to_owned());
    event.session = Some("2d7b-x".to_owned());
    event.provider = Some("github".to_owned());
    event.duplicate_of = Some(summary.id);
    event.handshake = Some("slack".to_owned());
    summary.derived.verdict.status = SignatureStatus::Invalid;
    summary.derived.freshness.status = FreshnessStatus::Stale;
    summary.marks.read = false;
    summary.marks.pinned = true;
    summary.marks.note = Some("todo: Look".to_owned());
    summary.marks.tags = vec!["live".to_owned(), "demo".to_owned()];
    summary.complete = false;
    summary.rejected = Some(Rejection::Timeout);
    summary.held_until = Some(Timestamp::default());
    summary.client = Some(Client { ip: [10, 0, 0, 7].into(), port: 1 });
    summary.origin = Origin::Replayed;
    summary.last_attempt = Some(LastAttempt {
        outcome: Outcome::Answered,
        status: Some(404),
        at: Timestamp::default(),
        total_us: 2_000_000,
    });
    rich
}

const RICH: [bool; 2] = [true, false];
const BARE: [bool; 2] = [false, true];
const NONE: [bool; 2] = [false, false];
const BOTH: [bool; 2] = [true, true];

/// Whether each filter finds the request with every fact set, and the bare one.
const CONDITIONS: &[(&str, [bool; 2])] = &[
    ("method:post", RICH),
    ("method:get", BARE),
    ("path:/Orders", RICH),
    ("path:/", BARE),
    ("path:rders", RICH),
    ("path:/b*", NONE),
    ("path:*7", RICH),
    ("status:2xx", RICH),
    ("status:204", RICH),
    ("status:200-203", NONE),
    ("status:none", BARE),
    ("event:session.*", RICH),
    ("session:2d7b-x", RICH),
    ("session:2D7*", RICH),
    ("session:2d7", NONE),
    ("session:2D7b-x", NONE),
    ("session:7b", NONE),
    ("provider:GitHub", RICH),
    ("sig:invalid", RICH),
    ("sig:unsigned", BARE),
    ("fresh:stale", RICH),
    ("fresh:none", BARE),
    ("size:33", RICH),
    ("size:0", BARE),
    ("size:1-32", NONE),
    ("after:2026-05-28T12:34:56Z", BOTH),
    ("after:2026-05-28T12:34:57Z", NONE),
    ("before:2026-05-28T12:34:56Z", NONE),
    ("before:2026-05-28T12:34:57Z", BOTH),
    ("is:duplicate", RICH),
    ("is:unread", RICH),
    ("is:read", BARE),
    ("is:pinned", RICH),
    ("is:incomplete", RICH),
    ("is:rejected", RICH),
    ("is:handshake", RICH),
    ("is:held", RICH),
    ("has:note", RICH),
    ("has:tag", RICH),
    ("has:body", RICH),
    ("has:query", RICH),
    ("has:event", RICH),
    ("has:session", RICH),
    ("ip:10.0.*", RICH),
    ("ip:10.0.1.*", NONE),
    ("tag:DEMO", RICH),
    ("tag:dem", NONE),
    ("note:look", RICH),
    ("note:x", NONE),
    ("origin:replayed", RICH),
    ("origin:wire", BARE),
    ("attempt:none", BARE),
    ("attempt:any", RICH),
    ("attempt:not_accepted", RICH),
    ("attempt:delivered", NONE),
    ("attempt:failed", NONE),
    ("attempt:answered", RICH),
    ("attempt:4xx", RICH),
    ("attempt:405-500", NONE),
    ("attempt:2s", RICH),
    ("attempt:>2s", NONE),
    ("attempt:<2000ms", NONE),
    ("header:x-FOO", RICH),
    ("header:x-foo=BAR", RICH),
    ("header:x-foo=ba", NONE),
    ("header:bar", NONE),
    ("query:A", RICH),
    ("query:a=1", RICH),
    ("query:a=2", NONE),
    ("query:b=\" \"", RICH),
    ("query:c", NONE),
    ("json:/a/b", RICH),
    ("json:/a/b=C", RICH),
    ("json:/a/b=x", NONE),
    ("json:/a", RICH),
    ("json:/a=x", NONE),
    ("json:/n", NONE),
    ("json:/n=null", RICH),
    ("json:/t=true", RICH),
    ("orders", RICH),
    ("\"a=1\"", RICH),
    ("x-foo", RICH),
    ("\"\\\"c\\\"\"", RICH),
    ("POST", NONE),
    ("\"/b\"", NONE),
    ("", BOTH),
    ("method:post orders", RICH),
    ("method:get orders", NONE),
    ("method:get OR orders", BOTH),
    ("-orders", BARE),
    ("-(method:get OR orders)", NONE),
    ("-(method:get orders)", BOTH),
];

#[test]
fn every_condition_finds_what_it_says_and_nothing_else() {
    use crate::model::{LastAttempt, Outcome, Timestamp};
    let (rich, bare) = (rich(), request("GET /b HTTP/1.0\r\n\r\n", b""));
    let id = rich.summary.id.to_string();
    let mut failed = request("GET /b HTTP/1.0\r\n\r\n", b"");
    failed.summary.last_attempt =
        Some(LastAttempt { outcome: Outcome::Timeout, status: None, at: Timestamp::default(), total_us: 3_000_001 });
    let mut delivered = failed.clone();
    delivered.summary.last_attempt =
        failed.summary.last_attempt.map(|last| LastAttempt { outcome: Outcome::Answered, status: Some(200), ..last });
    let ids = [(format!("id:{}", &id[..8]), BOTH), (format!("id:{}", &id[1..8]), NONE)];
    let ids = ids.iter().map(|(filter, expected)| (filter.as_str(), *expected));
    for (filter, expected) in CONDITIONS.iter().copied().chain(ids) {
        let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        for (request, expected) in [&rich, &bare].into_iter().zip(expected) {
            assert_eq!(filter.matches(request), expected, "{filter:?} {}", request.summary.method);
            if let Some(decided) = filter.matches_summary(&request.summary) {
                assert_eq!(decided, expected, "{filter:?}");
            } else {
                assert_eq!(filter.root().unwrap().needs(), Needs::Content);
            }
        }
    }
    let found = |filter: &str| {
        let filter = Filter::parse(filter).unwrap();
        (filter.matches(&failed), filter.matches(&delivered))
    };
    assert_eq!((found("attempt:failed"), found("attempt:timeout")), ((true, false), (true, false)));
    assert_eq!((found("attempt:delivered"), found("attempt:not_accepted")), ((false, true), (false, false)));
}

#[test]
fn a_summary_decides_what_it_can_and_leaves_the_rest_open() {
    let rich = rich();
    for (filter, expected, needs) in [
        ("method:post", Some(true), Needs::Summary),
        ("orders", None, Needs::Content),
        ("method:get orders", Some(false), Needs::Content),
        ("method:post orders", None, Needs::Content),
        ("method:post OR orders", Some(true), Needs::Content),
        ("method:get OR orders", None, Needs::Content),
        ("-orders", None, Needs::Content),
        ("-method:get", Some(true), Needs::Summary),
        ("header:a", None, Needs::Content),
        ("json:/a", None, Needs::Content),
        ("query:a", Some(true), Needs::Summary),
    ] {
        let filter = Filter::parse(filter).unwrap();
        assert_eq!(filter.matches_summary(&rich.summary), expected, "{filter:?}");
        assert_eq!(filter.root().unwrap().needs(), needs, "{filter:?}");
    }
    let filter = |text: &str| Filter::parse(text).unwrap();
    assert_eq!(filter("").and(filter("a")), filter("a"));
    assert_eq!(filter("a").and(filter("")), filter("a"));
    assert_eq!(filter("a").and(filter("b")), filter("a b"));
    assert!(filter("").and(filter("")).is_empty() && !filter("a").is_empty());
}

#[test]
fn a_condition_on_one_text_is_decided_by_it_alone() {
    for (filter, text, expected) in [
        ("method:post", "POST", true),
        ("method:post", "GET", false),
        ("event:a*", "abc", true),
        ("path:/a", "/b/a", true),
        ("path:/a", "/a", false),
        ("path:/a", "http://h/b/a?x", true),
        ("path:/", "http://h", true),
        ("path:/", "*", true),
        ("query:x=1", "http://h/b?x=1", true),
        ("query:x=1", "http://h?x=1", true),
        ("query:x", "/b", false),
        ("size:4", "4", false),
        ("x", "x", false),
    ] {
        let filter = Filter::parse(filter).unwrap();
        let Some(Node::Leaf(leaf)) = filter.root() else { panic!("{filter:?}") };
        assert_eq!(leaf.text(text), expected, "{filter:?} {text}");
    }
    let text = Filter::parse("method:post").unwrap();
    let Some(Node::Leaf(leaf)) = text.root() else { panic!("{text:?}") };
    assert!(!leaf.content(b"POST /b HTTP/1.1\r\n\r\n", b"POST"));
}

#[test]
fn a_compressed_body_and_one_in_a_form_are_looked_into() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(br#"{"a":"hello"}"#).unwrap();
    let body = encoder.finish().unwrap().leak();
    let packed = request("POST /b HTTP/1.1\r\nX: y\r\nCONTENT-encoding: gzip\r\n\r\n", body);
    let form = request(
        "POST /b HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
        b"payload=%7B%22a%22%3A%22hello%22%7D",
    );
    let found = |text: &str, request| Filter::parse(text).unwrap().matches(request);
    assert!(found("hello", &packed) && found("json:/a=hello", &packed) && !found("json:/b", &packed));
    assert!(found("json:/a=hello", &form) && found("json:/payload/a", &form));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_place(text in "[ ()a-c:=*/\"\\\\<>0-9äOR-]{0,40}|.{0,40}") {
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(error.at <= text.len());
        }
    }
}
