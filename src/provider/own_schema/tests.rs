use serde_json::json;

use super::*;

/// Place and code of each finding.
fn told_of(schema: &Value, body: &Value) -> Vec<(String, &'static str)> {
    check(schema).unwrap();
    let report = examine(schema, body.to_string().as_bytes()).unwrap();
    let place = |finding: &Finding| match &finding.place {
        Place::Body(pointer) => pointer.clone(),
        Place::Line | Place::Header(_) => String::new(),
    };
    report.findings.iter().map(|finding| (place(finding), finding.code)).collect()
}

fn order() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "state"],
        "additionalProperties": false,
        "properties": {
            "id": {"type": "string", "pattern": "^o-[0-9]+$"},
            "state": {"enum": ["open", "paid"]},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        },
        "$defs": {"line": {"type": "object", "required": ["a/b"], "properties": {"price": {"type": "number", "minimum": 0}}}},
    })
}

#[test]
fn what_a_body_has_otherwise_than_the_schema_is_told_at_its_place() {
    let right = json!({"id": "o-1", "state": "open", "lines": [{"a/b": 1, "price": 2}]});
    assert_eq!(told_of(&order(), &right), []);
    let wrong = json!({"id": "x", "lines": [{"a/b": 1}, {"price": -1}, 5], "extra~": true});
    let mut told = told_of(&order(), &wrong);
    told.sort();
    let expected = [
        ("/extra~0", "unknown_field"),
        ("/id", "schema"),
        ("/lines/1/a~1b", "missing"),
        ("/lines/1/price", "schema"),
        ("/lines/2", "wrong_type"),
        ("/state", "missing"),
    ];
    assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    let report = examine(&order(), br#"{"id": "a-secret-token", "state": "lost"}"#).unwrap();
    let sentences: Vec<&str> = report.findings.iter().map(|finding| finding.sentence.as_str()).collect();
    assert!(sentences.iter().all(|sentence| !sentence.contains("a-secret-token")), "{sentences:?}");
    assert_eq!(examine(&order(), b"{\"id\"").unwrap().findings[0].code, "not_json");
    let many: Vec<Value> = (0..200).map(|_| json!(1)).collect();
    let report =
        examine(&order(), json!({"id": "o-1", "state": "open", "lines": many}).to_string().as_bytes()).unwrap();
    assert_eq!((report.findings.len(), report.more), (MAX_FINDINGS, 150));
}

#[test]
fn a_schema_that_cannot_be_used_is_refused_at_its_place() {
    let deep = (0..100).fold(json!({}), |inner, _| json!({"not": inner}));
    let patterns: Vec<Value> = (0..60).map(|_| json!({"pattern": "a"})).collect();
    let references: Vec<Value> = (0..300).map(|_| json!({"$ref": "#/$defs/a"})).collect();
    for (schema, pointer, words) in [
        (json!(true), "", "a JSON object"),
        (json!({"title": "x".repeat(MAX_BYTES)}), "", "bytes"),
        (
            json!({"properties": {"a/b": {"$ref": "https://example.com/x"}}}),
            "/properties/a~1b/$ref",
            "nothing is fetched",
        ),
        (json!({"$ref": "file:///etc/passwd"}), "/$ref", "nothing is fetched"),
        (json!({"$ref": "other.json"}), "/$ref", "nothing is fetched"),
        (json!({"$ref": "#/$defs/none"}), "/$ref", "#/$defs/name"),
        (json!({"$dynamicRef": "#x"}), "/$dynamicRef", "$ref"),
        (json!({"items": {"$id": "http://example.com/a"}}), "/items/$id", "top"),
        (json!({"type": "objekt"}), "/type", ""),
        (json!({"pattern": "(?=a)b"}), "/pattern", ""),
        (json!({"pattern": "((a{1000}){1000}){1000}"}), "/pattern", ""),
        (json!({"allOf": patterns}), "/allOf/50", "50 patterns"),
        (json!({"allOf": references, "$defs": {"a": {}}}), "/allOf/200", "200 references"),
    ] {
        let error = check(&schema).expect_err(&schema.to_string().chars().take(80).collect::<String>());
        assert_eq!(error.pointer, pointer, "{error}");
        assert!(error.sentence.contains(words) && error.sentence.len() < 400, "{error}");
    }
    assert!(check(&deep).unwrap_err().sentence.contains("levels"));
    // A field may be called like a keyword.
    check(&json!({"properties": {"$id": {"type": "string"}, "$ref": {"type": "string"}, "id": {}}})).unwrap();
    check(&json!({"$id": "https://example.com/order", "id": "also"})).unwrap();
}

#[test]
fn a_schema_that_would_try_for_years_is_not_tried() {
    let body = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({"a": inner})).to_string();
    let twice = |reference: &str| json!([{"$ref": reference}, {"$ref": reference}]);
    // Each level refers to the next one twice.
    let mut definitions = serde_json::Map::new();
    for level in 0..60 {
        definitions.insert(format!("d{level}"), json!({"allOf": twice(&format!("#/$defs/d{}", level + 1))}));
    }
    definitions.insert("d60".to_owned(), json!({"type": "object"}));
    let branching = json!({"$ref": "#/$defs/d0", "$defs": definitions});
    // Each level of the body doubles.
    let doubling = json!({"properties": {"a": {"allOf": twice("#")}}});
    let (itself, mutual) = (
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
    );
    for schema in [&branching, &doubling, &itself, &mutual] {
        assert!(check(schema).is_ok());
        assert!(examine(schema, body(100).as_bytes()).unwrap_err().contains("too much work"), "{schema}");
    }
    assert!(examine(&doubling, body(5).as_bytes()).is_ok());
    // A tree that refers to itself is no such thing.
    let tree = json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "additionalProperties": false});
    assert_eq!(examine(&tree, body(90).as_bytes()).unwrap().findings, []);
    let wide: Vec<Value> = (0..200_000).map(|number| json!({"a": number})).collect();
    let of_items = json!({"items": {"properties": {"a": {"type": "integer"}}}});
    assert!(examine(&of_items, Value::from(wide.clone()).to_string().as_bytes()).is_err());
    assert!(examine(&of_items, Value::from(wide[..50_000].to_vec()).to_string().as_bytes()).is_ok());
    assert!(examine(&of_items, &vec![b' '; MAX_BODY + 1]).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_checked_against_a_schema_without_panic(body: Vec<u8>, text in "[{}\\[\\]\",:a-z0-9null]{0,60}") {
        for bytes in [&body[..], text.as_bytes()] {
            let _ = examine(&order(), bytes);
        }
    }
}
