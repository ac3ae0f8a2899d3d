//! White space, the text of JSON, and its parts and wrappings: each form is what its words say.

use super::super::{parts, shapes, text_forms, white_space};
use super::made::made;

#[test]
fn white_space_around_and_within_a_body_changes() {
    made(white_space::around, " x \n").are(&[
        ("with two line feeds after it", &[" x \n\n\n"]),
        ("with a zero byte after it", &[" x \n\0"]),
        ("with a space before it", &["  x \n"]),
        ("with a line feed before and after it", &["\n x \n\n"]),
        ("without the white space before it", &["x \n"]),
        ("without the white space after it", &[" x"]),
        ("without some of what is after it", &[" x ", " x"]),
        ("with one line feed for what is after it", &[" x\n"]),
        ("with one newline (CR LF) for what is after it", &[" x\r\n"]),
        ("in quotes", &["\" x \n\""]),
        ("in single quotes", &["' x \n'"]),
    ]);
    made(white_space::around, "x\0\t\r").are(&[("without some of what is after it", &["x\0\t", "x\0", "x"])]);
    made(white_space::within, " a\r\n\n\tb  c \rd\\n\u{a0}").are(&[
        ("with CR newlines", &[" a\r\r\tb  c \rd\\n\u{a0}"]),
        ("with LF newlines for its lone CR", &[" a\n\n\tb  c \nd\\n\u{a0}"]),
        ("with a space for each newline", &[" a  \tb  c \rd\\n\u{a0}"]),
        ("with two line feeds for each", &[" a\n\n\n\n\tb  c \rd\\n\u{a0}"]),
        ("with CR CR LF newlines", &[" a\r\r\n\r\r\n\tb  c \rd\\n\u{a0}"]),
        ("without the white space at the end of its lines", &[" a\n\n\tb  c \rd\\n"]),
        ("without the white space at the start of its lines", &["a\n\nb  c \rd\\n\u{a0}"]),
        ("with its lines trimmed and joined", &["ab  c \rd\\n"]),
        ("with its lines trimmed and joined by spaces", &["a  b  c \rd\\n"]),
        ("without its empty lines", &[" a\n\tb  c \rd\\n\u{a0}"]),
        ("with one space for each run of white space", &["a b c d\\n"]),
        ("without its spaces", &["a\r\n\n\tbc\rd\\n\u{a0}"]),
        ("with two spaces for each tab", &[" a\r\n\n  b  c \rd\\n\u{a0}"]),
        ("with a tab for each two spaces", &[" a\r\n\n\tb\tc \rd\\n\u{a0}"]),
        ("with spaces for its no-break spaces", &[" a\r\n\n\tb  c \rd\\n "]),
        ("with backslash-n for each newline", &[" a\\n\\n\tb  c \rd\\n\u{a0}"]),
        ("with newlines for each backslash-n", &[" a\r\n\n\tb  c \rd\n\u{a0}"]),
    ]);
}

#[test]
fn the_text_of_json_changes_without_being_read() {
    let small = r#"{"a b":"c\\","d":"\" / \/ é 😀<\u00Ae>","e":[1,2]}"#;
    let sent = "{ \"a b\" :\t\"c\\\\\",\r\n\"d\": \"\\\" / \\/ é 😀<\\u00Ae>\", \"e\": [1, 2] }\n";
    made(white_space::json_text, sent).are(&[
        ("as Go's json.Compact and PostgreSQL's json keep it, without white space", &[small]),
        ("after Go's json.HTMLEscape", &[&sent.replace('<', "\\u003c").replace('>', "\\u003e")]),
        ("as Go's json.Marshal writes a json.RawMessage", &[&small.replace('<', "\\u003c").replace('>', "\\u003e")]),
        (
            "as Go's json.Encoder writes a json.RawMessage",
            &[&(small.replace('<', "\\u003c").replace('>', "\\u003e") + "\n")],
        ),
        ("without white space, with a line feed after it", &[&format!("{small}\n")]),
        ("with its slashes escaped", &[&sent.replace(" / ", " \\/ ")]),
        ("without white space and with its slashes escaped", &[&small.replace(" / ", " \\/ ")]),
        ("without its escaped slashes", &[&sent.replace("\\/", "/")]),
        ("without white space and its escaped slashes", &[&small.replace("\\/", "/")]),
        ("with everything beyond ASCII escaped", &[&sent.replace('é', "\\u00e9").replace('😀', "\\ud83d\\ude00")]),
        (
            "without white space and with everything beyond ASCII escaped",
            &[&small.replace('é', "\\u00e9").replace('😀', "\\ud83d\\ude00")],
        ),
        ("with its escapes in upper case", &[&sent.replace("\\u00Ae", "\\u00AE")]),
        ("with its escapes in lower case", &[&sent.replace("\\u00Ae", "\\u00ae")]),
    ]);
    made(white_space::json_text, "[\"\\u00ae\\u00AFabcd\"]").are(&[
        ("with its escapes in upper case", &["[\"\\u00AE\\u00AFabcd\"]"]),
        ("with its escapes in lower case", &["[\"\\u00ae\\u00afabcd\"]"]),
    ]);
}

/// The reprs are Python's own.
#[test]
fn a_body_becomes_the_text_of_an_object() {
    for (sent, repr) in [
        ("it's", "b\"it's\""),
        ("it's \"x\"", "b'it\\'s \"x\"'"),
        ("\"x\"", "b'\"x\"'"),
        ("\\ \n\r\t\0~\u{7f}é", "b'\\\\ \\n\\r\\t\\x00~\\x7f\\xc3\\xa9'"),
    ] {
        made(text_forms::stringified, sent).are(&[("as Python's repr of its bytes", &[repr])]);
    }
    made(text_forms::stringified, r#"{"a": "é/"}"#).are(&[
        ("as Python's str() of the object", &["{'a': 'é/'}"]),
        ("as a JSON string of its text", &[r#""{\"a\": \"é/\"}""#]),
        ("as a JSON string of its text, escaped as Python does", &[r#""{\"a\": \"\u00e9/\"}""#]),
        ("as a JSON string of JavaScript's JSON, escaped as PHP does", &[r#""{\"a\":\"\u00e9\/\"}""#]),
        ("as Python's repr of the bytes that JavaScript's JSON.stringify writes", &[r#"b'{"a":"\xc3\xa9/"}'"#]),
        ("without the JSON string around it", &[]),
    ]);
    made(text_forms::stringified, r#""{\"a\": 1}""#).are(&[
        ("without the JSON string around it", &["{\"a\": 1}"]),
        ("without the JSON string around it, as JavaScript's JSON.stringify writes it", &["{\"a\":1}"]),
    ]);
    made(text_forms::printed, r#"{"b":1,"a":{"d":true,"c":null}}"#).are(&[
        (
            "as Node's util.inspect shows the object",
            &["{ b: 1, a: { d: true, c: null } }\n", "{ b: 1, a: { d: true, c: null } }"],
        ),
        (
            "as PHP's serialize of the array",
            &[
                "a:2:{s:1:\"b\";i:1;s:1:\"a\";a:2:{s:1:\"d\";b:1;s:1:\"c\";N;}}\n",
                "a:2:{s:1:\"b\";i:1;s:1:\"a\";a:2:{s:1:\"d\";b:1;s:1:\"c\";N;}}",
            ],
        ),
        (
            "as Python's str() of the object",
            &[
                "{'b': 1, 'a': {'d': True, 'c': None}}\n",
                "{'b': 1, 'a': {'d': True, 'c': None}}",
                "{'a': {'d': True, 'c': None}, 'b': 1}\n",
                "{'a': {'d': True, 'c': None}, 'b': 1}",
                "{'a': {'c': None, 'd': True}, 'b': 1}\n",
                "{'a': {'c': None, 'd': True}, 'b': 1}",
            ],
        ),
        (
            "as Python's list of its items",
            &["[('b', 1), ('a', {'d': True, 'c': None})]\n", "[('b', 1), ('a', {'d': True, 'c': None})]"],
        ),
        (
            "as Python's list of its sorted items",
            &["[('a', {'d': True, 'c': None}), ('b', 1)]\n", "[('a', {'d': True, 'c': None}), ('b', 1)]"],
        ),
        (
            "as Rails' inspect of the parameters",
            &[
                "#<ActionController::Parameters {\"b\"=>1, \"a\"=>{\"d\"=>true, \"c\"=>nil}} permitted: false>\n",
                "#<ActionController::Parameters {\"b\"=>1, \"a\"=>{\"d\"=>true, \"c\"=>nil}} permitted: false>",
            ],
        ),
    ]);
}

#[test]
fn a_member_is_signed_alone() {
    let deep = r#"{"a":{"b":{"c":{"d":{"e":1}}}},"t":"ab","u":"x","l":[[0],[1],[2],[3],[4]]}"#;
    let compact = |name: &str| format!("when only `{name}` is signed, as compact JSON writes it");
    let member = made(parts::member, deep);
    member.are(&[
        ("when only `a` is signed, as it is written", &[r#"{"b":{"c":{"d":{"e":1}}}}"#]),
        ("when only `t` is signed, as it is written", &["\"ab\""]),
        (&compact("a"), &[r#"{"b":{"c":{"d":{"e":1}}}}"#]),
        (&compact("a.b"), &[r#"{"c":{"d":{"e":1}}}"#]),
        (&compact("a.b.c"), &[]),
        (&compact("l.3"), &["[3]"]),
        (&compact("l.4"), &[]),
        ("when only the text of `t` is signed", &["ab"]),
        ("when only the text of `u` is signed", &[]),
    ]);
    let anew = made(parts::member_anew, deep);
    anew.are(&[
        (&compact("a"), &[r#"{"b":{"c":{"d":{"e":1}}}}"#]),
        (&compact("a.b.c"), &[r#"{"d":{"e":1}}"#]),
        (&compact("a.b.c.d"), &[]),
        (
            "when only `a.b.c` is signed, as Python's json.dumps writes it with a line feed after it",
            &["{\"d\": {\"e\": 1}}\n"],
        ),
        ("when only `t` is signed, as it is written, with a line feed after it", &["\"ab\"\n"]),
        (
            "without the member `t`, as compact JSON writes it",
            &[r#"{"a":{"b":{"c":{"d":{"e":1}}}},"u":"x","l":[[0],[1],[2],[3],[4]]}"#],
        ),
    ]);
    // Longer texts may hold base64 or JSON.
    let texts = made(parts::member_anew, r#"{"s":"YWJjZGU","t":"YWJjZGVm","j":"{\"k\": 1}","w":"plain text"}"#);
    texts.hold(&[("when only the text of `j` is signed, as JavaScript's JSON.stringify writes it", "{\"k\":1}")]);
    texts.are(&[
        ("when only the text of `s` is signed, with a line feed after it", &[]),
        ("when only the text of `t` is signed, with a line feed after it", &["YWJjZGVm\n"]),
        ("when only the text of `t` is signed, decoded from base64", &["abcdef"]),
        ("when only the text of `w` is signed, as JavaScript's JSON.stringify writes it", &[]),
        ("when only the text of `w` is signed, with a line feed after it", &["plain text\n"]),
    ]);
}

#[test]
fn the_first_two_dozen_members_are_tried_alone() {
    for (value, how) in [
        ("{}", "when only `NAME` is signed, as compact JSON writes it"),
        ("\"eight ch\"", "when only the text of `NAME` is signed"),
    ] {
        let body = format!("{{{}}}", (0..25).map(|at| format!("\"m{at}\":{value}")).collect::<Vec<_>>().join(","));
        for (make, after) in [
            (parts::member as super::made::Make, ""),
            (parts::member_anew, if value == "{}" { "" } else { ", with a line feed after it" }),
        ] {
            let made = made(make, &body);
            for (name, count) in [("m0", 1), ("m23", 1), ("m24", 0)] {
                assert_eq!(made.of(&(how.replace("NAME", name) + after)).len(), count, "{value} {name}");
            }
        }
    }
}

#[test]
fn the_member_with_the_signature_is_left_out() {
    for (name, is_one) in [("signature", true), ("HMAC", true), ("Sign", true), ("designed", false)] {
        let made = made(parts::without_signature, format!(r#"{{"a":1,"{name}":"x","b":[2]}}"#));
        let how = format!("without the member `{name}`, as Python's json.dumps writes it");
        assert_eq!(made.texts(&how), [r#"{"a": 1, "b": [2]}"#].repeat(usize::from(is_one)), "{name}");
    }
    let long = "n".repeat(200);
    made(parts::member, format!("{{\"{long}\":[]}}"))
        .are(&[(&format!("when only `{}…` is signed, as compact JSON writes it", &long[..120]), &["[]"])]);
}

#[test]
fn json_is_put_into_a_member_or_an_event() {
    made(shapes::wrapped, r#"{ "a":"<" }"#).are(&[
        (r#"inside `{"data":…}`"#, &[r#"{"data":{ "a":"<" }}"#]),
        (r#"inside `{"data": …}`"#, &[r#"{"data": { "a":"<" }}"#]),
        (r#"inside `{"data":…}`, as Go writes a json.RawMessage"#, &[r#"{"data":{"a":"\u003c"}}"#]),
        (r#"inside `{"payload":…}`, as Python's json.dumps writes it"#, &[r#"{"payload": {"a": "<"}}"#]),
        (
            r#"as the text of `{"body":"…"}`, as JavaScript's JSON.stringify writes it"#,
            &[r#"{"body":"{ \"a\":\"<\" }"}"#],
        ),
        ("inside a list", &[r#"[{ "a":"<" }]"#]),
        ("inside a list, as Python's json.dumps writes it", &[r#"[{"a": "<"}]"#]),
        (
            "as the event of an API gateway",
            &[
                r#"{"body":"eyAiYSI6IjwiIH0=","isBase64Encoded":true}"#,
                r#"{"body": "eyAiYSI6IjwiIH0=", "isBase64Encoded": true}"#,
                r#"{"isBase64Encoded":true,"body":"eyAiYSI6IjwiIH0="}"#,
                r#"{"isBase64Encoded": true, "body": "eyAiYSI6IjwiIH0="}"#,
                r#"{"body":"{ \"a\":\"<\" }","isBase64Encoded":false}"#,
                r#"{"body": "{ \"a\":\"<\" }", "isBase64Encoded": false}"#,
                r#"{"isBase64Encoded":false,"body":"{ \"a\":\"<\" }"}"#,
                r#"{"isBase64Encoded": false, "body": "{ \"a\":\"<\" }"}"#,
            ],
        ),
    ]);
}

#[test]
fn json_changes_its_values() {
    let body = r#"{"b":{"n":1.50,"e":"","t":"2","z":null,"w":"x"},"a":null,"l":[7,"",null,{"e":"","k":2}]}"#;
    let compact = |how: &str| format!("{how}, as compact JSON writes it");
    made(shapes::changed, body).are(&[
        (
            &compact("without the outermost members that are null"),
            &[r#"{"b":{"n":1.50,"e":"","t":"2","z":null,"w":"x"},"l":[7,"",null,{"e":"","k":2}]}"#],
        ),
        (
            &compact("without the members that are empty texts"),
            &[r#"{"b":{"n":1.50,"t":"2","z":null,"w":"x"},"a":null,"l":[7,"",null,{"k":2}]}"#],
        ),
        (
            &compact("without the members that are null or empty"),
            &[r#"{"b":{"n":1.50,"t":"2","w":"x"},"l":[7,"",null,{"k":2}]}"#],
        ),
        (
            &compact("with its numbers as texts"),
            &[r#"{"b":{"n":"1.50","e":"","t":"2","z":null,"w":"x"},"a":null,"l":["7","",null,{"e":"","k":"2"}]}"#],
        ),
        (
            &compact("with its numbers as JavaScript's texts"),
            &[r#"{"b":{"n":"1.5","e":"","t":"2","z":null,"w":"x"},"a":null,"l":["7","",null,{"e":"","k":"2"}]}"#],
        ),
        (
            &compact("with its fractions as texts"),
            &[r#"{"b":{"n":"1.50","e":"","t":"2","z":null,"w":"x"},"a":null,"l":[7,"",null,{"e":"","k":2}]}"#],
        ),
        (
            &compact("with its texts that are numbers as numbers (JSON_NUMERIC_CHECK)"),
            &[r#"{"b":{"n":1.50,"e":"","t":2,"z":null,"w":"x"},"a":null,"l":[7,"",null,{"e":"","k":2}]}"#],
        ),
        (
            &compact("with null for its empty texts"),
            &[r#"{"b":{"n":1.50,"e":null,"t":"2","z":null,"w":"x"},"a":null,"l":[7,null,null,{"e":null,"k":2}]}"#],
        ),
        (
            &compact("with empty texts for null"),
            &[r#"{"b":{"n":1.50,"e":"","t":"2","z":"","w":"x"},"a":"","l":[7,"","",{"e":"","k":2}]}"#],
        ),
        ("as JSON.stringify writes it with the list of its names", &[r#"{"b":{},"a":null,"l":[7,"",null,{}]}"#]),
        ("as JSON.stringify writes it with the sorted list of its names", &[r#"{"a":null,"b":{},"l":[7,"",null,{}]}"#]),
    ]);
    // What changes nothing is left out.
    made(shapes::changed, r#"{"a":1}"#).lack(&[
        &compact("without the outermost members that are null"),
        &compact("with null for its empty texts"),
        &compact("with its fractions as texts"),
    ]);
}
