use super::find::HitPart;
use super::*;

const TEXT: &[u8] =
    br#" {"a":[10,20,{"x/y~":null}],"n":1234567890123456789012345678901234567890,"a":"d\u00fcp","t":true}"#;

fn keys(nodes: &[JsonNode]) -> Vec<(&str, u32)> {
    nodes.iter().map(|node| (node.key.as_deref().unwrap_or(""), node.node)).collect()
}

#[test]
fn order_repeated_keys_and_big_numbers_stay_as_written() {
    let outline = scan(TEXT);
    let page = outline.children(TEXT, 0, 0, 10);
    assert_eq!(keys(&page.children), [("a", 1), ("n", 6), ("a", 7), ("t", 8)]);
    assert_eq!(page.children.iter().map(|node| node.repeated_key).collect::<Vec<_>>(), [true, false, true, false]);
    assert_eq!(page.children[1].value.as_deref(), Some("1234567890123456789012345678901234567890"));
    assert_eq!(page.children[2].value.as_deref(), Some(r#""d\u00fcp""#));
    assert_eq!(page.children[2].unescaped.as_deref(), Some("düp"));
}

#[test]
fn children_come_in_pages() {
    let text = format!("[{}]", (0..1_000).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let outline = scan(text.as_bytes());
    let page = outline.children(text.as_bytes(), 0, 990, 100);
    assert_eq!((page.total, page.next, page.children.len()), (1_000, None, 10));
    assert_eq!(page.children[9].pointer.as_deref(), Some("/999"));
    assert_eq!(outline.children(text.as_bytes(), 0, 0, 100).next, Some(100));
    assert_eq!(outline.children(text.as_bytes(), 0, 5_000, 100).next, None);
    assert_eq!(outline.children(text.as_bytes(), 77, 0, 100).total, 0);
    assert_eq!(outline.children(text.as_bytes(), u32::MAX, 0, 100).total, 0);
}

#[test]
fn pointers_name_values_and_are_resolved_to_them() {
    let outline = scan(TEXT);
    assert_eq!(outline.pointer(TEXT, 5).as_deref(), Some("/a/2/x~1y~0"));
    let resolve = |pointer: &str| Pointer::parse(pointer).and_then(|pointer| outline.resolve(TEXT, &pointer));
    assert_eq!(resolve("/n"), Some(6));
    // The last of two equal keys counts, as it does for most parsers.
    assert_eq!(resolve("/a"), Some(7));
    assert_eq!(resolve(""), Some(0));
    for wrong in ["a", "/b", "/a/0", "/t/0", "/a/+1"] {
        assert_eq!(resolve(wrong), None, "{wrong}");
    }
}

#[test]
fn the_search_looks_into_keys_and_values_and_through_escapes() {
    let outline = scan(TEXT);
    let hits = |text: &str| {
        outline
            .find(TEXT, text, 10)
            .hits
            .into_iter()
            .map(|hit| (hit.node.pointer.unwrap(), hit.part))
            .collect::<Vec<_>>()
    };
    assert_eq!(hits("düP"), [("/a".to_owned(), HitPart::Value)]);
    assert_eq!(hits("X/Y"), [("/a/2/x~1y~0".to_owned(), HitPart::Key)]);
    assert_eq!(hits("20"), [("/a/1".to_owned(), HitPart::Value)]);
    assert_eq!(hits("nothing"), []);
    assert_eq!(hits(""), []);
    assert!(outline.find(TEXT, "0", 1).more);
}

#[test]
fn the_first_rows_show_the_shape_within_their_budget() {
    let text =
        format!(r#"{{"wide":[{}0],"deep":{}1{},"end":true}}"#, "0,".repeat(5_000), "[".repeat(500), "]".repeat(500));
    let outline = scan(text.as_bytes());
    let rows = outline.first_rows(text.as_bytes(), 60);
    assert!(rows.len() <= 60);
    let top: Vec<_> =
        rows.iter().filter(|row| row.depth == 1).map(|row| (row.key.as_deref().unwrap(), row.children)).collect();
    assert_eq!(top, [("wide", 5_001), ("deep", 1), ("end", 0)]);
    let wide = rows.iter().position(|row| row.key.as_deref() == Some("wide")).unwrap();
    let shown = rows[wide].shown as usize;
    assert!(shown > 0 && rows[wide + 1..=wide + shown].iter().all(|row| row.parent == Some(rows[wide].node)));
    assert_eq!(outline.first_rows(text.as_bytes(), 0).len(), 1);
}

#[test]
fn depth_and_length_never_make_a_long_answer() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let outline = scan(deep.as_bytes());
    assert!(outline.first_rows(deep.as_bytes(), 500).len() <= 25);
    assert_eq!(outline.pointer(deep.as_bytes(), 100_000), None);
    assert_eq!(outline.find(deep.as_bytes(), "1", 10).hits[0].node.pointer, None);
    let long = format!("[\"{}\"]", "é".repeat(1_000_000));
    let page = scan(long.as_bytes()).children(long.as_bytes(), 0, 0, 1);
    assert!(page.children[0].truncated && page.children[0].value.as_ref().unwrap().chars().count() == 1_000);
}

proptest::proptest! {
    #[test]
    fn every_question_about_any_text_has_an_answer(text in "[\\[\\]{},:\"a1 \\\\\u{e9}]{0,40}", node: u32, other: Vec<u8>) {
        let outline = scan(text.as_bytes());
        for bytes in [text.as_bytes(), &other] {
            for node in [0, 1, 2, node] {
                let _ = (outline.children(bytes, node, 0, 5), outline.node(bytes, node), outline.pointer(bytes, node));
            }
            let _ = (outline.first_rows(bytes, 10), outline.find(bytes, "a", 5), Pointer::parse("/a/0").and_then(|pointer| outline.resolve(bytes, &pointer)));
        }
    }
}
