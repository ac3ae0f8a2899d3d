use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

fn shown(body: &str, kind: Option<&str>) -> String {
    let mut bytes = body.as_bytes().to_vec();
    for range in find(body.as_bytes(), kind, &[], true).ranges {
        bytes[range].fill(b'*');
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_credential_is_hidden_in_whatever_form_it_comes() {
    let part = |name: &str, text: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n--b--\r\n")
    };
    let multipart = "multipart/form-data; boundary=b";
    let cases: Vec<(String, Option<&str>)> = vec![
        (part("token", "s3cr3t-1"), Some(multipart)),
        (part("data", r#"{"token":"s3cr3t-1"}"#), Some(multipart)),
        (part("data", "s=1&token=s3cr3t-1"), Some(multipart)),
        ("--b\r\nX-Api-Key: s3cr3t-1\r\n\r\nx\r\n--b--\r\n".to_owned(), Some(multipart)),
        ("token: s3cr3t-1".to_owned(), Some(multipart)),
        ("payload=%7B%22token%22%3A%22s3cr3t-1%22%7D&a=1".to_owned(), Some(FORM)),
        ("a=1&tok%65n=s3cr3t-1".to_owned(), Some(FORM)),
        (r#"{"token":"s3cr3t-1"}"#.to_owned(), Some(FORM)),
        (r#"{"a":"{\"token\":\"s3cr3t-1\"}"}"#.to_owned(), None),
        (r#"{"a":"{\"b\":\"{\\\"token\\\":\\\"s3cr3t-1\\\"}\"}"}"#.to_owned(), None),
        (r#"{"token":["x",{"y":"s3cr3t-1"}]}"#.to_owned(), None),
        (r#"{"tokens":{"a":"s3cr3t-1"}}"#.to_owned(), None),
        ("{\"a\":1}\n{\"token\":\"s3cr3t-1\"}\n".to_owned(), Some("application/x-ndjson")),
        (r#"{"a":1}{"token":"s3cr3t-1"}"#.to_owned(), None),
        (r#"{"Cookie":"s3cr3t-1"}"#.to_owned(), None),
        (r#"{"bearer":"s3cr3t-1"}"#.to_owned(), None),
        (r#"{"url":"https://h/x?token=s3cr3t-1&b=2"}"#.to_owned(), None),
        (r#"{"url":"https:\/\/h\/x?key=s3cr3t-1"}"#.to_owned(), None),
        (r#"{"url":"https://u:s3cr3t-1@h/"}"#.to_owned(), None),
        (r#"{"url":"/x?payload=%7B%22token%22%3A%22s3cr3t-1%22%7D"}"#.to_owned(), None),
        ("<a><token>s3cr3t-1</token></a>".to_owned(), Some("application/xml")),
        ("<a><w:password type=\"x\"><![CDATA[s3cr3t-1]]></w:password></a>".to_owned(), None),
        ("<a token=\"s3cr3t-1\"/>".to_owned(), None),
        ("see <token>s3cr3t-1".to_owned(), None),
        ("Authorization: Bearer s3cr3t-1".to_owned(), Some("text/plain")),
        ("curl -H 'X-Api-Key: s3cr3t-1' h".to_owned(), None),
        ("sent with Bearer s3cr3t-1, at noon".to_owned(), None),
        ("sent Authorization: Basic s3cr3t-1".to_owned(), None),
        (r#"{"name":"token","value":"s3cr3t-1"}"#.to_owned(), None),
        (r#"[{"value":{"s":"s3cr3t-1"},"key":"Authorization"}]"#.to_owned(), None),
        (r#"{"headers":[["Cookie","s3cr3t-1"]]}"#.to_owned(), None),
        (r#"{"rawHeaders":["Host","h","Cookie","s3cr3t-1"]}"#.to_owned(), None),
        (r#"{"log":"POST /x\r\nAuthorization: s3cr3t-1\r\n"}"#.to_owned(), None),
        (r#"{"a": 1, "token": "s3cr3t-1", "#.to_owned(), None),
        (r#"{"a": 1 "tokens": ["s3cr3t-1"]"#.to_owned(), None),
        (r#"oops {"a": "{\"token\": \"s3cr3t-1\"}"}"#.to_owned(), None),
        ("{'token': 's3cr3t-1'}".to_owned(), None),
        ("{token: 's3cr3t-1'}".to_owned(), None),
        ("a: 1\n- token: s3cr3t-1\n".to_owned(), None),
        ("DB_PASSWORD=s3cr3t-1\n".to_owned(), None),
        (r#"{"token" => "s3cr3t-1"}"#.to_owned(), None),
    ];
    for (body, kind) in cases {
        let text = shown(&body, kind);
        assert_eq!(text.len(), body.len());
        assert!(!text.contains("s3cr3t-1") && text.contains("********"), "{kind:?} {body}: {text}");
    }
    let basic = "it sent Basic dXNlcjpwYXNz to me";
    assert_eq!(shown(basic, None), "it sent Basic ************ to me");
}

#[test]
fn what_is_no_credential_stays() {
    for body in [
        r#"{"tokens": 5, "usage": {"tokens": {"in": 7}}, "session": "s-1", "key": "k"}"#,
        r#"{"error": "invalid token: expired", "a": "the bearer of news, a basic matter"}"#,
        r#"{"name": "colour", "value": "red", "list": ["token", "id"]}"#,
        r#"{"url": "https://h/x?a=1&b=2#c", "time": "12:30", "eq": "a == b"}"#,
        "<a><id>7</id><token/></a>",
        "a=1&b=%7B%22c%22%3A1%7D",
    ] {
        assert_eq!(shown(body, None), body);
    }
    assert_eq!(shown("a=1&b=%7B%22c%22%3A1%7D", Some(FORM)), "a=1&b=%7B%22c%22%3A1%7D");
}

#[test]
fn what_is_hidden_is_known_as_it_is_written_and_as_it_reads() {
    let values = |body: &str, kind| find(body.as_bytes(), kind, &[], true).values.into_iter().collect::<Vec<_>>();
    assert_eq!(values(r#"{"token":"a\"b"}"#, None), ["a\"b", "a\\\"b"]);
    assert_eq!(values("p=%7B%22token%22%3A%22a%2520b%22%7D", Some(FORM)), ["a%20b", "a%2520b"]);
    let many: String = (0..2 * MOST).flat_map(|n| ["token=value-".to_owned(), n.to_string(), "&".to_owned()]).collect();
    let found = find(many.as_bytes(), Some(FORM), &[], true);
    assert!(found.is_cut && found.values.len() == MOST && found.ranges.len() == 2 * MOST);
}

#[test]
fn places_of_a_scheme_are_hidden_also_when_names_are_not() {
    let hidden = |body: &str, kind, place: &str| {
        let place = Source::parse(place).unwrap();
        let found = find(body.as_bytes(), kind, &[place], false);
        found.ranges.into_iter().map(|range| body[range].to_owned()).collect::<Vec<_>>()
    };
    let part = "--b\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nabc\r\n--b--";
    assert_eq!(hidden(part, Some("multipart/form-data; boundary=b"), "form:k"), ["abc"]);
    assert_eq!(hidden("token=x&k=abc", Some(FORM), "form:k"), ["abc"]);
    assert_eq!(hidden(r#"{"l":[{"k":"a"},{"k":"b"}],"token":"x"}"#, None, "json:/l/*/k"), ["a", "b"]);
}

#[test]
fn hostile_text_is_looked_through_in_a_moment() {
    let began = std::time::Instant::now();
    for piece in [
        "<token>",
        "<token <",
        "token:[",
        "token={",
        "\"token\":\"\\",
        "bearer ",
        "/bearer",
        "basic.",
        "://token=",
        "%25",
        "{\n",
        "[\"",
        "'token: ",
    ] {
        shown(&piece.repeat((1 << 20) / piece.len()), None);
    }
    let distinct: String = (0..100_000).flat_map(|n| ["<token".to_owned(), n.to_string(), ">".to_owned()]).collect();
    shown(&distinct, None);
    assert!(began.elapsed() < std::time::Duration::from_mins(1), "{:?}", began.elapsed());
}

proptest::proptest! {
    #[test]
    fn places_are_within_any_text(text in "[%?&=;:/<>\\\\\"'{}\\[\\],. a25token\n\u{e9}-]{0,80}") {
        for kind in [None, Some(FORM), Some("multipart/mixed; boundary=a")] {
            for range in find(text.as_bytes(), kind, &[], true).ranges {
                proptest::prop_assert!(range.start <= range.end && range.end <= text.len());
            }
        }
    }
}
