//! Rarely used settings of writers, and rare changes of bodies on the way.

use super::*;
use crate::json::print::{Style, print};
use crate::json::tree::parse;

const TIGHT: &str = "{\"b\":1.0,\"a\":\"Zoë/<x>&'\",\"c\":{\"z\":null,\"y\":[1,2]}}";

#[track_caller]
fn found(signed: &[u8], sent: &[u8], content_type: &str) -> Vec<Finding> {
    let all = Sent::new("github", b"right", signed).headers();
    let others = all.iter().filter(|field| field.name != "Content-Type");
    let mut headers: Headers = others.map(|field| (field.name.clone(), field.value.clone())).collect();
    headers.push("Content-Type", content_type.to_owned());
    Got { scheme: "github", secret: "right".into(), headers, url: URL, body: sent }.diagnose()
}

#[test]
fn json_as_few_settings_write_it() {
    for (signed, code) in [
        (r#"{"b":1,"a":"Zo\u00eb\/\u003Cx\u003E\u0026\u0027","c":{"z":null,"y":[1,2]}}"#, "body_json_php"),
        (r#"{"b":1,"a":"Zo\u00eb\/\u003Cx\u003E&'","c":{"z":null,"y":[1,2]}}"#, "body_json_php"),
        (r#"{"b":1,"a":"Zo\u00eb\/<x>&'","c":{"z":null,"y":{"0":1,"1":2}}}"#, "body_json_php"),
        (
            "{\n   \"b\": 1,\n   \"a\": \"Zoë/<x>&'\",\n   \"c\": {\n      \"z\": null,\n      \"y\": [\n         1,\n         2\n      ]\n   }\n}",
            "body_json_javascript",
        ),
        ("{\"a\":\"Zoë/<x>&'\",\"b\":1,\"c\":{\"z\":null,\"y\":[1,2]}}", "body_json_sorted"),
        ("{\"a\": \"Zo\\u00eb/<x>&'\", \"b\": 1.0, \"c\": {\"z\": null, \"y\": [1, 2]}}", "body_json_sorted"),
        ("{\"b\": 1.0,\"a\": \"Zo\\u00eb/<x>&'\",\"c\": {\"z\": null,\"y\": [1,2]}}", "body_json_python"),
        (r#"{"b":1.0,"a":"Zo\u00EB/<x>&'","c":{"z":null,"y":[1,2]}}"#, "body_json_escapes"),
        ("{\"b\":1,\"a\":\"Zoë\\u002F\\u003Cx\\u003E&'\",\"c\":{\"z\":null,\"y\":[1,2]}}", "body_json_javascript"),
        ("{\"b\":1,\"a\":\"Zoë/<x>&'\",\"c\":{\"z\":null,\"y\":[1,2]}}\r\n", "body_json_javascript"),
        ("{\"data\":{\"b\":1,\"a\":\"Zoë/<x>&'\",\"c\":{\"z\":null,\"y\":[1,2]}}}", "body_json_wrapped"),
        ("{ b: 1, a: \"Zoë/<x>&'\", c: { z: null, y: [ 1, 2 ] } }", "body_stringified"),
        ("b=1&a=Zo%C3%AB%2F%3Cx%3E%26%27&c%5By%5D%5B0%5D=1&c%5By%5D%5B1%5D=2", "body_json_as_form"),
    ] {
        names(&found(signed.as_bytes(), TIGHT.as_bytes(), "application/json"), code, signed);
    }
}

#[test]
fn bodies_that_changed_on_the_way() {
    let pretty = print(&parse(TIGHT.as_bytes()).unwrap(), Style::COMPACT.indented("  "), 0).unwrap();
    let utf16: Vec<u8> = TIGHT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (russian, japanese) = ("{\"text\":\"Привет\"}", "{\"text\":\"日本語\"}");
    let windows = encoding_rs::WINDOWS_1251.encode(russian).0.into_owned();
    let shift = encoding_rs::SHIFT_JIS.encode(japanese).0.into_owned();
    let part = format!("--x\r\nContent-Disposition: form-data; name=\"event\"\r\n\r\n{TIGHT}\r\n--x--\r\n");
    let cases: Vec<(Vec<u8>, Vec<u8>, &str, &str)> = vec![
        (TIGHT.into(), format!("\u{feff}{TIGHT}").into(), "application/json", "body_byte_order_mark"),
        (format!("{TIGHT}\n\n").into(), TIGHT.into(), "application/json", "body_newline_added"),
        (pretty.replace('\n', "\r").into(), pretty.clone().into(), "application/json", "body_white_space"),
        (utf16.clone(), TIGHT.into(), "application/json", "body_charset"),
        (TIGHT.into(), utf16, "application/json", "body_decompressed"),
        (windows.clone(), russian.into(), "application/json", "body_charset"),
        (russian.into(), windows, "application/json; charset=windows-1251", "body_charset"),
        (japanese.into(), shift, "application/json; charset=Shift_JIS", "body_charset"),
        (b"{\"text\":\"??\"}".into(), "{\"text\":\"😀\"}".into(), "application/json", "body_charset"),
        ("{\"text\":\"é\"}".into(), "{\"text\":\"Ã©\"}".into(), "application/json", "body_charset"),
        (TIGHT.into(), format!("{TIGHT}\n{{}}\n").into(), "application/x-ndjson", "body_part"),
        (TIGHT.into(), part.into(), "multipart/form-data; boundary=x", "body_part"),
        (
            TIGHT.into(),
            format!("{{\"isBase64Encoded\":true,\"body\":\"{}\"}}", STANDARD.encode(TIGHT)).into(),
            "application/json",
            "body_json_member",
        ),
    ];
    for (signed, sent, content_type, code) in cases {
        names(&found(&signed, &sent, content_type), code, code);
    }
}

#[test]
fn forms_as_few_write_them() {
    let sent =
        b"token=x&payload=%7B%22a%22%3A%22b+%2F%22%2C%22n%22%3A1.0%7D&list%5B%5D=1&list%5B%5D=2&url=a%3A%2F%2F%C3%BC";
    for (signed, code) in [
        (r#"{"a": "b /", "n": 1.0}"#, "body_form_field"),
        (r#"{"a":"b /","n":1}"#, "body_form_field"),
        ("payload=%7B%22a%22%3A%22b%20%2F%22%2C%22n%22%3A1.0%7D", "body_form_field"),
        (
            "token=x&payload=%7B%22a%22%3A%22b+%2F%22%2C%22n%22%3A1.0%7D&list%5B0%5D=1&list%5B1%5D=2&url=a%3A%2F%2F%C3%BC",
            "body_form_escapes",
        ),
        (
            "token=x;payload=%7B%22a%22%3A%22b+%2F%22%2C%22n%22%3A1.0%7D;list%5B%5D=1;list%5B%5D=2;url=a%3A%2F%2F%C3%BC",
            "body_form_escapes",
        ),
        (
            "token=x&payload=%7B%22a%22%3A%22b+%2F%22%2C%22n%22%3A1.0%7D&list%5B%5D=1&list%5B%5D=2&url=a%3A%2F%2F%FC",
            "body_form_escapes",
        ),
        ("token=x\npayload={\"a\":\"b /\",\"n\":1.0}\nlist[]=1\nlist[]=2\nurl=a://ü", "body_form_decoded"),
        (r#"{"token":"x","payload":"{\"a\":\"b /\",\"n\":1.0}","list":["1","2"],"url":"a://ü"}"#, "body_form_decoded"),
    ] {
        names(&found(signed.as_bytes(), sent, "application/x-www-form-urlencoded"), code, signed);
    }
}

#[test]
fn a_wrong_secret_never_verifies_whatever_is_tried() {
    let forms = ["a=1&b=%C3%BC&list[]=1&list[]=2", TIGHT, "\u{feff}{}", "{\"a\":\"b\"}\n{\"a\":\"c\"}\n"];
    for body in forms {
        let headers = Sent::new("github", b"another", b"something else").headers();
        let got = Got { scheme: "github", secret: "right".into(), headers, url: URL, body: body.as_bytes() };
        assert!(got.diagnose().iter().all(|finding| !finding.verifies), "{body}");
    }
}

/// As Go, Perl's `JSON::PP`, Jackson of a copied `HashMap`, Rails, PHP and Node write them.
#[test]
fn what_real_writers_made_of_small_bodies() {
    let order = r#"{"event":"order/create","items":[{"sku":"A-1","price":19.90},{"sku":"B/2","price":5.00}],"customer":{"name":"José","email":"jose@example.com","tags":[],"notes":null},"total":"24.90","uuid":"0b7"}"#;
    let invoice = r#"{"type":"invoice.paid","created":1795698000,"data":{"object":{"total":4999,"tax":399.0,"description":"Kaffee & Kuchen / groß","lines":[{"qty":2,"price":24.5}],"metadata":{},"discount":null}},"livemode":true}"#;
    let go = "{\n    \"created\": 1795698000,\n    \"data\": {\n        \"object\": {\n            \"description\": \"Kaffee \\u0026 Kuchen / groß\",\n            \"discount\": null,\n            \"lines\": [\n                {\n                    \"price\": 24.5,\n                    \"qty\": 2\n                }\n            ],\n            \"metadata\": {},\n            \"tax\": 399,\n            \"total\": 4999\n        }\n    },\n    \"livemode\": true,\n    \"type\": \"invoice.paid\"\n}";
    let perl = "{\n   \"created\" : 1795698000,\n   \"data\" : {\n      \"object\" : {\n         \"description\" : \"Kaffee & Kuchen / groß\",\n         \"discount\" : null,\n         \"lines\" : [\n            {\n               \"price\" : 24.5,\n               \"qty\" : 2\n            }\n         ],\n         \"metadata\" : {},\n         \"tax\" : 399,\n         \"total\" : 4999\n      }\n   },\n   \"livemode\" : true,\n   \"type\" : \"invoice.paid\"\n}\n";
    let java = r#"{"type":"invoice.paid","data":{"object":{"total":4999,"tax":399.0,"description":"Kaffee & Kuchen / groß","lines":[{"qty":2,"price":24.5}],"metadata":{},"discount":null}},"livemode":true,"created":1795698000}"#;
    let rails = "customer%5Bemail%5D=jose%40example.com&customer%5Bname%5D=Jos%C3%A9&customer%5Bnotes%5D=&event=order%2Fcreate&items%5B%5D%5Bsku%5D=A-1&items%5B%5D%5Bprice%5D=19.9&items%5B%5D%5Bsku%5D=B%2F2&items%5B%5D%5Bprice%5D=5.0&total=24.90&uuid=0b7";
    let nested_rails = "created=1795698000&data%5Bobject%5D%5Bdescription%5D=Kaffee+%26+Kuchen+%2F+gro%C3%9F&data%5Bobject%5D%5Bdiscount%5D=&data%5Bobject%5D%5Blines%5D%5B%5D%5Bqty%5D=2&data%5Bobject%5D%5Blines%5D%5B%5D%5Bprice%5D=24.5&data%5Bobject%5D%5Btax%5D=399.0&data%5Bobject%5D%5Btotal%5D=4999&livemode=true&type=invoice.paid";
    let php = r#"{"n":1e21,"score":0.30000000000000004}"#;
    let node = r#"{"id":"e","10":"ten","2":"two","list":[],"empty":{}}"#;
    for (sent, signed, code) in [
        (invoice, go, "body_json_sorted"),
        (invoice, perl, "body_json_sorted"),
        (invoice, java, "body_json_sorted"),
        // With either newline after it.
        (invoice, &format!("{java}\n"), "body_json_sorted"),
        (invoice, &format!("{java}\r\n"), "body_json_sorted"),
        (order, rails, "body_json_as_form"),
        (invoice, nested_rails, "body_json_as_form"),
        (php, "n=1.0E%2B21&score=0.3", "body_json_as_form"),
        (node, "2=two&10=ten&id=e&empty=", "body_json_as_form"),
    ] {
        names(&found(signed.as_bytes(), sent.as_bytes(), "application/json"), code, signed);
    }
}

#[test]
fn forms_with_other_names_of_their_lists() {
    let (numbered, bare) = ("a=b+c&list%5B0%5D=1&list%5B1%5D=2", "a=b+c&list%5B%5D=1&list%5B%5D=2");
    for (signed, sent) in [
        (bare, numbered),
        (numbered, bare),
        (r#"{"a":"b c","list[]":["1","2"]}"#, numbered),
        ("a=b+c;list%5B%5D=1;list%5B%5D=2", numbered),
        ("a=b+c&list%5b%5d=1&list%5b%5d=2", numbered),
        ("a=b+c&amp;list%5B0%5D=1&amp;list%5B1%5D=2", bare),
        ("a=b+c&list[]=1&list[]=2", numbered),
        (r#"a:2:{s:1:"a";s:3:"b c";s:4:"list";a:2:{i:0;s:1:"1";i:1;s:1:"2";}}"#, bare),
    ] {
        let found = found(signed.as_bytes(), sent.as_bytes(), "application/x-www-form-urlencoded");
        assert!(found[0].verifies && found[0].code.starts_with("body_"), "{signed}: {found:#?}");
    }
}
