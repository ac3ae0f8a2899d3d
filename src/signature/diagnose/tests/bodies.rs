//! The signed body and the sent one differ.

use super::*;

#[test]
fn the_body_written_anew() {
    let spaced = br#"{"b": 1.0, "a": "Zo\u00eb/<"}"#;
    let tight = "{\"b\":1.0,\"a\":\"Zoë/<\"}".as_bytes();
    for (scheme, secret, key) in schemes_to_try() {
        if scheme == "twilio-form" {
            continue;
        }
        for (signed, sent, code) in [
            (&b"{\"b\":1,\"a\":\"Zo\xc3\xab/<\"}"[..], &spaced[..], "body_json_javascript"),
            (&spaced[..], tight, "body_json_python"),
            (&br#"{"b":1.0,"a":"Zo\u00eb/<"}"#[..], tight, "body_json_python"),
            (br#"{"b":1.0,"a":"Zo\u00eb\/<"}"#, tight, "body_json_php"),
            ("{\"a\":\"Zoë/<\",\"b\":1.0}".as_bytes(), tight, "body_json_sorted"),
            (br#"{"a": "Zo\u00eb/<", "b": 1.0}"#, tight, "body_json_sorted"),
            ("{\"b\":1.0,\"a\":\"Zoë/<\"}".as_bytes(), spaced, "body_json_compact"),
            ("{\"a\":\"Zoë/\\u003c\",\"b\":1}".as_bytes(), tight, "body_json_go"),
            (br#"{"b":1.0,"a":"Zo\u00EB/\u003C"}"#, tight, "body_json_dotnet"),
            ("{\n  \"b\": 1,\n  \"a\": \"Zoë/<\"\n}".as_bytes(), tight, "body_json_pretty"),
            (br#"{"b": 1.0, "a": "x"}"#, br#"{"b":1.0,"a":"x"}"#, "body_json_python"),
            ("{\"b\": 1.0, \"a\": \"Zoë/<\"}".as_bytes(), tight, "body_json_python"),
        ] {
            let headers = Sent::new(scheme, &key, signed).headers();
            let got = Got { scheme, secret: secret.clone(), headers, url: URL, body: sent };
            names(&got.diagnose(), code, &format!("{scheme} {}", String::from_utf8_lossy(signed)));
        }
    }
}

#[test]
fn the_body_written_anew_with_a_line_feed_after_it() {
    let spaced = br#"{"b": 1.0, "a": "Zo\u00eb/<"}"#;
    let tight = "{\"b\":1.0,\"a\":\"Zoë/<\"}".as_bytes();
    for (signed, sent, code) in [
        ("{\"a\":\"Zoë/\\u003c\",\"b\":1}\n".as_bytes(), tight, "body_json_go"),
        (b"{\"b\": 1.0, \"a\": \"Zo\\u00eb/<\"}\n", tight, "body_json_python"),
        ("{\"b\":1.0,\"a\":\"Zoë/<\"}\n".as_bytes(), spaced, "body_json_compact"),
        ("{\"b\":1,\"a\":\"Zoë/<\"}\n".as_bytes(), spaced, "body_json_javascript"),
        ("{\n  \"b\": 1,\n  \"a\": \"Zoë/<\"\n}\n".as_bytes(), tight, "body_json_pretty"),
    ] {
        for (scheme, secret, key) in schemes_to_try().into_iter().filter(|(scheme, ..)| *scheme != "twilio-form") {
            let headers = Sent::new(scheme, &key, signed).headers();
            let found = Got { scheme, secret, headers, url: URL, body: sent }.diagnose();
            names(&found, code, &format!("{scheme} {}", String::from_utf8_lossy(signed)));
            assert!(found[0].sentence.contains("with a line feed after it"), "{}", found[0].sentence);
        }
    }
}

#[test]
fn sorted_names_as_python_writes_them_otherwise() {
    let tight = "{\"b\":1.0,\"a\":\"Zoë/<\"}".as_bytes();
    for signed in [
        "{\"a\": \"Zoë/<\", \"b\": 1.0}",
        "{\n  \"a\": \"Zo\\u00eb/<\",\n  \"b\": 1.0\n}",
        "{\n    \"a\": \"Zo\\u00eb/<\",\n    \"b\": 1.0\n}\n",
    ] {
        let headers = Sent::new("github", b"right", signed.as_bytes()).headers();
        let got = Got { scheme: "github", secret: "right".into(), headers, url: URL, body: tight };
        names(&got.diagnose(), "body_json_sorted", signed);
    }
}

#[test]
fn the_body_changed_otherwise() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(JSON.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let text = "{\"a\":\n\"é\"}";
    let cases: Vec<(Vec<u8>, Vec<u8>, &str)> = vec![
        (JSON.into(), format!("{JSON}\n").into(), "body_newline_removed"),
        (format!("{JSON}\n").into(), JSON.into(), "body_newline_added"),
        (format!("{JSON}\r\n").into(), JSON.into(), "body_newline_added"),
        (JSON.into(), gzip, "body_decompressed"),
        (text.replace('\n', "\r\n").into(), text.into(), "body_line_ends"),
        (text.into(), text.replace('\n', "\r\n").into(), "body_line_ends"),
        (format!("\u{feff}{text}").into(), text.into(), "body_byte_order_mark"),
        (b"{\"a\":\n\"\xe9\"}".to_vec(), text.into(), "body_charset"),
        (text.into(), b"{\"a\":\n\"\xe9\"}".to_vec(), "body_charset"),
        (Vec::new(), JSON.into(), "body_empty"),
        (b"[object Object]".to_vec(), JSON.into(), "body_stringified"),
    ];
    for (scheme, secret, key) in schemes_to_try() {
        if scheme == "twilio-form" {
            continue;
        }
        for (signed, sent, code) in &cases {
            let headers = Sent::new(scheme, &key, signed).headers();
            let got = Got { scheme, secret: secret.clone(), headers, url: URL, body: sent };
            names(&got.diagnose(), code, &format!("{scheme} {code}"));
        }
    }
}

#[test]
fn a_form_signed_by_its_field_or_decoded() {
    for (signed, code) in [(r#"{"a":"ü"}"#, "body_form_field"), ("payload={\"a\":\"ü\"}&x=1 2", "body_form_decoded")]
    {
        for (scheme, secret) in textual().into_iter().filter(|(scheme, _)| *scheme != "twilio-form") {
            let mut headers = Sent::new(scheme, secret.as_bytes(), signed.as_bytes()).headers();
            headers = headers
                .iter()
                .filter(|field| field.name != "Content-Type")
                .map(|field| (field.name.clone(), field.value.clone()))
                .collect();
            headers.push("Content-Type", "application/x-www-form-urlencoded");
            let body = b"payload=%7B%22a%22%3A%22%C3%BC%22%7D&x=1+2";
            names(&Got { scheme, secret, headers, url: URL, body }.diagnose(), code, scheme);
        }
    }
}

#[test]
fn bodies_swapped_and_signatures_used_again() {
    for (scheme, secret, key) in schemes_to_try() {
        let (body, other) =
            if scheme == "twilio-form" { (&b"a=1"[..], &b"a=2"[..]) } else { (&b"{\"a\":1}"[..], &b"{\"a\":2}"[..]) };
        let headers = Sent::new(scheme, &key, other).headers();
        let swapped = Sent::new(scheme, &key, body).headers();
        for (others_headers, code) in [(&swapped, "body_of_other_request"), (&headers, "signature_of_other_request")] {
            let id = RequestId::from_bytes([1; 16]);
            let found = Got { scheme, secret: secret.clone(), headers: headers.clone(), url: URL, body }.diagnose_with(
                |case| {
                    let others =
                        [OtherRequest { id, headers: Box::leak(Box::new(others_headers.clone())), body: other }];
                    case.other_requests = Box::leak(Box::new(others));
                },
            );
            names(&found, code, scheme);
            assert!(found[0].sentence.contains(&id.to_string()));
        }
    }
}

#[test]
fn a_large_body_is_searched_within_the_budget_and_says_what_was_left_out() {
    let body = format!(r#"{{"transcript": [{}"x"]}}"#, r#"{"role": "user", "content": "héllo"}, "#.repeat(12_000));
    let headers = Sent::new("callaider", b"right", body.as_bytes()).headers();
    let got = Got { scheme: "callaider", secret: "wrong-secret".into(), headers, url: URL, body: body.as_bytes() };
    let found = got.diagnose();
    assert!(found.iter().all(|finding| !finding.verifies));
    assert!(found.iter().any(|finding| finding.code == "not_all_tried"), "{found:#?}");
    // The commonest causes were tried, so another secret is the likeliest one left, though it is not certain.
    let place = |code: &str| found.iter().position(|finding| finding.code == code).unwrap();
    assert!(place("wrong_secret") < place("not_all_tried"), "{found:#?}");
    assert!(found[place("wrong_secret")].sentence.contains("may have"), "{found:#?}");
    // What is likely is still found.
    let compact = number_of_compact(&body);
    let headers = Sent::new("callaider", b"right", compact.as_bytes()).headers();
    let got = Got { scheme: "callaider", secret: "right".into(), headers, url: URL, body: body.as_bytes() };
    names(&got.diagnose(), "body_json_javascript", "large");
}

#[test]
fn the_commonest_causes_are_found_in_large_bodies_too() {
    let item = r#"{"id": 1, "text": "some words of a transcript"}"#;
    for items in [20_000, 46_000] {
        let spaced = format!("[{}]", vec![item; items].join(", "));
        let compact = spaced.replace(": ", ":").replace(", ", ",");
        assert!(compact.len() > 850_000, "{}", compact.len());
        let indented = compact.replace("},{", "\n  },\n  {\n    ").replace(",\"", ",\n    \"");
        let indented = indented.replace("[{", "[\n  {\n    ").replace("}]", "\n  }\n]").replace("\":", "\": ");
        for (signed, sent, code) in [
            (spaced.clone(), &compact, "body_json_python"),
            (format!("{spaced}\n"), &compact, "body_json_python"),
            (compact.clone(), &spaced, "body_json_javascript"),
            (format!("{compact}\n"), &compact, "body_newline_added"),
            (indented, &compact, "body_json_pretty"),
        ] {
            let headers = Sent::new("github", b"right", signed.as_bytes()).headers();
            let got = Got { scheme: "github", secret: "right".into(), headers, url: URL, body: sent.as_bytes() };
            names(&got.diagnose_with(|case| case.secrets = many_secrets()), code, &format!("{items} items"));
        }
    }
}

/// The right one is last.
fn many_secrets() -> &'static [Secret] {
    Box::leak(["a wrong one", "another", "right"].map(|text| secret(text, text)).into())
}

fn number_of_compact(body: &str) -> String {
    serde_json::from_str::<serde_json::Value>(body).unwrap().to_string()
}
