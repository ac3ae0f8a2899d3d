//! A JSON text is judged as serde_json judges it, and its outline holds the values that serde_json reads.
#![no_main]

use creel::inside::{NodeKind, Outline, Pointer, scan, unescape};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &[u8]| {
    let outline = scan(text);
    in_order(&outline, text);
    // A byte order mark is skipped, which serde_json does not do.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let outline = scan(text);
    if text.starts_with(b"\xef\xbb\xbf") {
        return;
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    let raw = <&serde_json::value::RawValue as serde::Deserialize>::deserialize(&mut reader);
    assert_eq!(outline.error.is_none(), raw.is_ok() && reader.end().is_ok(), "{:?} {raw:?}", outline.error);
    // A value of its own cannot hold any depth, any number, half a surrogate pair.
    if let Ok(value) = serde_json::from_slice::<Value>(text) {
        same(&outline, text, 0, &value);
    }
});

fn id(number: usize) -> u32 {
    u32::try_from(number).expect("an input is short")
}

/// The values stand one after the other or in each other, whether or not the text is JSON.
fn in_order(outline: &Outline, text: &[u8]) {
    for node in 0..id(outline.count()) {
        let children: Vec<u32> = outline.child_ids(node).collect();
        assert_eq!(children.len(), outline.child_count(node) as usize);
        for child in children {
            assert_eq!((outline.parent(child), outline.depth(child)), (Some(node), outline.depth(node) + 1));
        }
        assert!(outline.kind(text, node).is_some() && !outline.raw(text, node).is_empty());
        let _ = outline.node(text, node);
    }
    let _ = outline.first_rows(text, 50);
}

/// The value at `node` is that value. Of repeated keys serde_json keeps the last, so members are compared by their
/// pointers.
fn same(outline: &Outline, text: &[u8], node: u32, value: &Value) {
    let written = outline.raw(text, node);
    let kind = outline.kind(text, node).expect("it is there");
    match value {
        Value::Null => assert_eq!(written, b"null"),
        Value::Bool(true) => assert_eq!(written, b"true"),
        Value::Bool(false) => assert_eq!(written, b"false"),
        Value::Number(_) => assert_eq!(serde_json::from_slice::<Value>(written).ok().as_ref(), Some(value)),
        Value::String(string) => assert_eq!(&unescape(written), string),
        Value::Array(items) => {
            assert_eq!((kind, outline.child_count(node) as usize), (NodeKind::Array, items.len()));
            for (child, item) in outline.child_ids(node).zip(items) {
                same(outline, text, child, item);
            }
        }
        Value::Object(members) => {
            assert_eq!(kind, NodeKind::Object);
            assert!(outline.child_count(node) as usize >= members.len());
            let Some(here) = outline.pointer(text, node) else { return };
            for (name, member) in members {
                let pointer = format!("{here}/{}", name.replace('~', "~0").replace('/', "~1"));
                let pointer = Pointer::parse(&pointer).expect("it starts with a slash");
                // The way there may go through a repeated key as well: then it leads to the last of those.
                if let Some(child) = outline.resolve(text, &pointer)
                    && outline.parent(child) == Some(node)
                {
                    same(outline, text, child, member);
                } else {
                    let last = outline.child_ids(node).filter(|&child| key(outline, text, child) == *name).last();
                    same(outline, text, last.expect("a member of that name"), member);
                }
            }
        }
    }
}

fn key(outline: &Outline, text: &[u8], node: u32) -> String {
    outline.raw_key(text, node).map(unescape).unwrap_or_default()
}
