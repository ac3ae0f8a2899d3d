use serde_json::{Value, json};

use super::*;
use crate::provider::finding::{Finding, MISSING, Place};

fn learnt(bodies: &[Value]) -> Shape {
    let mut shape = Shape::default();
    for body in bodies {
        assert!(shape.learn(body.to_string().as_bytes()));
    }
    shape
}

fn orders() -> Vec<Value> {
    (0..12)
        .map(|number| {
            let mut order = json!({
                "id": number, "state": if number % 2 == 0 { "paid" } else { "open" },
                "items": [{"sku": format!("a-{number}"), "price": 1.5}, {"sku": "b", "price": 2}],
            });
            if number < 6 {
                order["note"] = "gift".into();
            }
            order
        })
        .collect()
}

/// Place and code of each finding.
fn told(findings: &[Finding]) -> Vec<(String, &'static str)> {
    let place = |place: &Place| match place {
        Place::Body(pointer) => pointer.clone(),
        Place::Line | Place::Header(_) => String::new(),
    };
    findings.iter().map(|finding| (place(&finding.place), finding.code)).collect()
}

#[test]
fn a_shape_has_every_place_with_its_types_and_values() {
    let fields = learnt(&orders()).fields();
    let told: Vec<_> = fields
        .iter()
        .map(|field| {
            let kinds: Vec<&str> = field.kinds.iter().map(|kind| kind.name()).collect();
            (field.pointer.as_str(), kinds.join("|"), field.present, field.of)
        })
        .collect();
    let expected = [
        ("", "object", 12, 12),
        ("/id", "integer", 12, 12),
        ("/items", "array", 12, 12),
        ("/items/*", "object", 24, 24),
        ("/items/*/price", "integer|number", 24, 24),
        ("/items/*/sku", "string", 24, 24),
        ("/note", "string", 6, 12),
        ("/state", "string", 12, 12),
    ];
    assert_eq!(told, expected.map(|(pointer, kinds, present, of)| (pointer, kinds.to_owned(), present, of)));
    let seen: Vec<_> = fields.iter().map(|field| (field.first, field.last)).collect();
    assert_eq!((seen[0], seen[6], seen[7]), ((0, 11), (0, 5), (0, 11)), "the note is gone since");
    let state = fields.last().unwrap();
    assert_eq!(state.values, [("open".to_owned(), 6), ("paid".to_owned(), 6)]);
}

#[test]
fn a_shape_is_written_as_typescript_and_as_json_schema() {
    let shape = learnt(&orders());
    let expected = "export type OrderPaid = {\n  id: number;\n  items: {\n    price: number;\n    sku: string;\n  }[];\n  \
                    note?: string;\n  state: \"open\" | \"paid\";\n};\n";
    assert_eq!(typescript("order.paid", &shape), expected);
    let schema = json_schema("order.paid", &shape);
    assert_eq!(schema["required"], json!(["id", "items", "state"]));
    assert_eq!(schema["properties"]["items"]["items"]["properties"]["price"]["type"], "number");
    assert_eq!(
        typescript("7", &learnt(&[json!([1, "a", null, {}])])),
        "export type Event7 = (Record<string, unknown> | string | number | null)[];\n"
    );
}

#[test]
fn what_is_new_missing_of_another_type_or_never_seen_is_drift() {
    let shape = learnt(&orders());
    let usual = orders().remove(0);
    assert_eq!(told(&drift(&shape, usual.to_string().as_bytes())), []);
    let changed = |change: fn(&mut Value)| {
        let mut body = usual.clone();
        change(&mut body);
        told(&drift(&shape, body.to_string().as_bytes()))
    };
    let at = |pointer: &str, code: &'static str| vec![(pointer.to_owned(), code)];
    assert_eq!(changed(|body| body["id"] = "7".into()), at("/id", "retyped"));
    assert_eq!(changed(|body| body["id"] = 7.5.into()), []);
    assert_eq!(changed(|body| body["state"] = "lost".into()), at("/state", "new_value"));
    assert_eq!(changed(|body| body["a/b"] = 1.into()), at("/a~1b", "new_field"));
    assert_eq!(changed(|body| drop(body.as_object_mut().unwrap().remove("id"))), at("/id", "missing"));
    assert_eq!(changed(|body| drop(body.as_object_mut().unwrap().remove("note"))), []);
    assert_eq!(changed(|body| body["items"][0]["price"] = Value::Null), at("/items/*/price", "retyped"));
    // Of two bodies nothing is usual yet.
    assert_eq!(told(&drift(&learnt(&orders()[..2]), b"{}")), []);
}

#[test]
fn what_differs_from_the_last_one_is_told_by_one_body_and_never_by_its_values() {
    let last = learnt(&[json!({"a": 1, "b": {"c": "x"}, "d": null})]);
    let told_of = |body: Value| told(&differences(&last, body.to_string().as_bytes()));
    assert_eq!(told_of(json!({"a": 2, "b": {"c": "y"}, "d": null})), []);
    let expected = [("/d", "missing"), ("/e", "new_field"), ("/a", "retyped"), ("/b/c", "missing")];
    assert_eq!(told_of(json!({"a": "2", "b": {}, "e": 1})), expected.map(|(pointer, code)| (pointer.to_owned(), code)),);
    assert_eq!(told(&differences(&Shape::default(), b"{}")), []);
}

#[test]
fn a_body_with_a_hundred_thousand_names_is_learnt_within_bounds() {
    let many: serde_json::Map<String, Value> =
        (0..100_000).map(|number| (format!("n{number}"), json!(number))).collect();
    let mut shape = Shape::default();
    assert!(shape.learn(Value::Object(many).to_string().as_bytes()));
    assert!(shape.fields().len() <= MAX_VALUES + 1);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_learnt_without_panic(body: Vec<u8>, text in "[{}\\[\\]\",:a-z0-9null]{0,60}") {
        let mut shape = Shape::default();
        for bytes in [&body[..], text.as_bytes()] {
            shape.learn(bytes);
            let _ = (drift(&shape, bytes), typescript("x", &shape), json_schema("x", &shape), shape.fields());
        }
    }
}

#[test]
fn what_is_there_whenever_its_parent_is_is_not_always_there() {
    let fields = learnt(&[
        json!({"id": 1, "data": {"reason": "a", "call": {"id": 1}}, "items": [{"sku": "a"}]}),
        json!({"id": 2, "data": {"reason": "b"}, "items": []}),
        json!({"id": 3}),
        json!({"id": 4, "data": null}),
    ])
    .fields();
    let presence = |pointer: &str| fields.iter().find(|field| field.pointer == pointer).unwrap().presence;
    for (pointer, expected) in [
        ("", Presence::Always),
        ("/id", Presence::Always),
        ("/data", Presence::Sometimes),
        ("/data/reason", Presence::WithParent),
        ("/data/call", Presence::Sometimes),
        ("/data/call/id", Presence::WithParent),
        ("/items", Presence::Sometimes),
        ("/items/*", Presence::WithParent),
        ("/items/*/sku", Presence::WithParent),
    ] {
        assert_eq!(presence(pointer), expected, "{pointer}");
    }
    // A missing object is one finding.
    let shape = learnt(&(0..4).map(|id| json!({"id": id, "data": {"reason": "a"}})).collect::<Vec<_>>());
    assert_eq!(told(&drift(&shape, br#"{"id": 1}"#)), [("/data".to_owned(), MISSING)]);
}
