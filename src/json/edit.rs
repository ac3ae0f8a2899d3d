//! Changes one value of a JSON text; every other byte stays as written.

use super::{NodeKind, Pointer, scan};

/// The text with `value` (JSON as it is to be written) in the place of the value that the pointer names; a member that
/// is not there is added at the end of its object, an item of the next index (or `-`) at the end of its array.
///
/// # Errors
/// A sentence that says why the value cannot be set.
pub(crate) fn set(text: &[u8], pointer: &Pointer, value: &str) -> Result<Vec<u8>, String> {
    let outline = scan(text);
    if outline.error.is_some() {
        return Err("The body is not JSON.".to_owned());
    }
    let place = |raw: &[u8]| {
        let start = raw.as_ptr().addr() - text.as_ptr().addr();
        start..start + raw.len()
    };
    let mut out = text.to_vec();
    if let Some(node) = outline.resolve(text, pointer) {
        out.splice(place(outline.raw(text, node)), value.bytes());
        return Ok(out);
    }
    let Some((last, parents)) = pointer.steps().split_last() else { return Err("The body is not JSON.".to_owned()) };
    let parent = Pointer::of(parents);
    let Some(node) = outline.resolve(text, &parent) else { return Err(format!("There is nothing at {parent}.")) };
    let children = outline.child_count(node);
    let member = match outline.kind(text, node) {
        Some(NodeKind::Object) => {
            let key = serde_json::to_string(last).map_err(|error| error.to_string())?;
            format!("{key}:{value}")
        }
        Some(NodeKind::Array) if last == "-" || *last == children.to_string() => value.to_owned(),
        Some(NodeKind::Array) => return Err(format!("The array at {parent} has {children} items; `-` adds one.")),
        _ => return Err(format!("What is at {parent} is no object and no array.")),
    };
    // After the last child, before any white space.
    let inside = place(outline.raw(text, node));
    let close = inside.end - 1;
    let end = inside.start + text[inside.start..close].trim_ascii_end().len();
    let comma = if children == 0 { "" } else { "," };
    out.splice(end..end, format!("{comma}{member}").bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn changed(text: &str, pointer: &str, value: &str) -> Result<String, String> {
        set(text.as_bytes(), &Pointer::parse(pointer).unwrap(), value).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_value_is_replaced_in_its_place_and_all_else_stays() {
        let text = "{ \"a\" : 1.50, \"b\":[ 1,\n {\"c\": null} ] , \"a/b\": \"x\" }";
        assert_eq!(changed(text, "/a", "2").unwrap(), text.replace("1.50", "2"));
        assert_eq!(changed(text, "/b/1/c", "{\"d\":1}").unwrap(), text.replace("null", "{\"d\":1}"));
        assert_eq!(changed(text, "/a~1b", "true").unwrap(), text.replace("\"x\"", "true"));
        assert_eq!(changed(text, "", "[]").unwrap(), "[]");
    }

    #[test]
    fn what_is_not_there_is_added_at_the_end_and_only_where_it_can_be() {
        assert_eq!(changed("{ }", "/a", "1").unwrap(), "{\"a\":1 }");
        assert_eq!(changed("{\"a\":{\"b\":1 } }", "/a/é\"", "2").unwrap(), "{\"a\":{\"b\":1,\"é\\\"\":2 } }");
        assert_eq!(changed("[1]", "/-", "2").unwrap(), "[1,2]");
        assert_eq!(changed("[1]", "/1", "2").unwrap(), "[1,2]");
        for (text, pointer) in [
            ("[1]", "/5"),
            ("{}", "/a/b"),
            ("{\"a\":1}", "/a/b"),
            ("nonsense", "/a"),
            ("", "/a"),
            ("[1]", "/x"),
            ("[1]", "/+1"),
            ("[1]", "/01"),
        ] {
            assert!(changed(text, pointer, "0").is_err(), "{text} {pointer}");
        }
        for (pointer, why) in [
            ("/a/5", "The array at /a has 1 items; `-` adds one."),
            ("/a/0/b", "What is at /a/0 is no object and no array."),
            ("/b/c", "There is nothing at /b."),
        ] {
            assert_eq!(changed("{\"a\":[1]}", pointer, "0"), Err(why.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn the_changed_text_is_the_changed_value(keys in prop::collection::hash_map("[a-c]{1,2}", -5_i64..5, 0..5), key in "[a-d]{1,2}") {
            let mut value = serde_json::to_value(&keys).unwrap();
            let text = serde_json::to_string_pretty(&value).unwrap();
            let out = set(text.as_bytes(), &Pointer::parse(&format!("/{key}")).unwrap(), "[7]").unwrap();
            value[&key] = serde_json::json!([7]);
            prop_assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), value);
        }
    }
}
