mod node;
mod orders;
mod php;
mod python;

use super::find::HitPart;
use super::*;

/// Tables are shorter with `~12;` for twelve letters x, and `@12@text@` for twelve times that text.
fn expanded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['~', '@']) {
        out.push_str(&rest[..at]);
        let is_letters = rest[at..].starts_with('~');
        let (count, after) = rest[at + 1..].split_once(if is_letters { ';' } else { '@' }).unwrap();
        let (what, after) = if is_letters { ("x", after) } else { after.split_once('@').unwrap() };
        out.push_str(&what.repeat(count.parse().unwrap()));
        rest = after;
    }
    out + rest
}

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
fn a_pointer_has_at_most_4_kib_however_its_keys_are_written() {
    let lengths = |key: String| {
        let text = format!("{{\"{key}\":1}}");
        let outline = scan(text.as_bytes());
        let of_child = outline.children(text.as_bytes(), 0, 0, 1).children[0].pointer.as_ref().map(String::len);
        assert_eq!(outline.pointer(text.as_bytes(), 1).map(|pointer| pointer.len()), of_child);
        of_child
    };
    assert_eq!((lengths("k".repeat(4_095)), lengths("k".repeat(4_096))), (Some(4_096), None));
    assert_eq!((lengths("\\u006b".repeat(4_095)), lengths("\\u006b".repeat(4_096))), (Some(4_096), None));
    let nested = format!("[{{\"{}\":[7]}}]", "k".repeat(4_091));
    let outline = scan(nested.as_bytes());
    assert_eq!(outline.pointer(nested.as_bytes(), 2).map(|pointer| pointer.len()), Some(4_094));
    assert_eq!(outline.pointer(nested.as_bytes(), 3).map(|pointer| pointer.len()), Some(4_096));
    let asked = outline.pointer_with(nested.as_bytes(), 3, |child, parent| child * 10 + parent);
    assert!(asked.is_none(), "one digit more");
    assert_eq!(
        scan(b"[[7]]").pointer_with(b"[[7]]", 2, |child, parent| child * 10 + parent).as_deref(),
        Some("/10/21")
    );
    assert_eq!(outline.pointer(nested.as_bytes(), 4), None);
}

#[test]
fn repeated_keys_are_told_among_ten_thousand() {
    let repeated = |members: u32| {
        let names = (1..members).map(|at| format!("\"{at}\":0,")).collect::<Vec<_>>().concat();
        let text = format!("{{{names}\"1\":0}}");
        let outline = scan(text.as_bytes());
        (outline.node(text.as_bytes(), 1).unwrap().repeated_key, outline.node(text.as_bytes(), 2).unwrap().repeated_key)
    };
    assert_eq!((repeated(10_000), repeated(10_001)), ((true, false), (false, false)));
}

#[test]
fn a_value_is_described_with_its_place_its_kind_and_its_size() {
    let text = br#"{"o":{"x":[true,false]},"n":null,"s":"a","d":-1.5}"#;
    let outline = scan(text);
    let shown: Vec<_> = (0..8)
        .map(|node| {
            let node = outline.node(text, node).unwrap();
            (node.kind, node.parent, node.depth, node.index, node.size, node.children)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (NodeKind::Object, None, 0, 0, 50, 4),
            (NodeKind::Object, Some(0), 1, 0, 18, 1),
            (NodeKind::Array, Some(1), 2, 0, 12, 2),
            (NodeKind::Bool, Some(2), 3, 0, 4, 0),
            (NodeKind::Bool, Some(2), 3, 1, 5, 0),
            (NodeKind::Null, Some(0), 1, 1, 4, 0),
            (NodeKind::String, Some(0), 1, 2, 3, 0),
            (NodeKind::Number, Some(0), 1, 3, 4, 0),
        ]
    );
    assert_eq!((outline.node(text, 8), outline.kind(text, 8), outline.raw(text, 8)), (None, None, &b""[..]));
    assert_eq!((outline.count(), outline.depth(4), outline.depth(8), outline.parent(8)), (8, 3, 0, None));
    assert_eq!(outline.node(text, 7).unwrap().pointer.as_deref(), Some("/d"));
    assert_eq!((outline.value_at(text, &Pointer::parse("/s").unwrap()), outline.child_count(9)), (Some("\"a\""), 0));
    let long = format!("{{\"{}\":1,\"{}\":2}}", "k".repeat(1_000), "l".repeat(1_001));
    let page = scan(long.as_bytes()).children(long.as_bytes(), 0, 0, 10);
    assert_eq!(page.children.iter().map(|node| node.truncated).collect::<Vec<_>>(), [false, true]);
    let outline = scan(b"[10,[20]]");
    let resolve = |pointer: &str| outline.resolve(b"[10,[20]]", &Pointer::parse(pointer).unwrap());
    assert_eq!((resolve("/0"), resolve("/1/0"), resolve("/1")), (Some(1), Some(3), Some(2)));
    assert_eq!((resolve("/00"), resolve("/01"), resolve("/+1"), resolve("/2")), (None, None, None, None));
}

#[test]
fn what_a_broken_text_leaves_open_goes_to_where_reading_ended() {
    let text = b"[1,{\"a\":[2,3";
    let outline = scan(text);
    assert!(outline.error.is_some());
    let node = |at| outline.node(text, at).map(|node| (node.kind, node.children, node.size)).unwrap();
    assert_eq!((node(0), node(2)), ((NodeKind::Array, 2, 12), (NodeKind::Object, 1, 9)));
    assert_eq!((node(3), outline.raw(text, 3)), ((NodeKind::Array, 2, 4), &b"[2,3"[..]));
}

#[test]
fn a_search_ends_at_its_limit_and_says_whether_there_is_more() {
    let text = b"[[1,2],[1],{\"1\":1,\"a\":[21]}]";
    let found = |limit| {
        let hits = scan(text).find(text, "1", limit);
        let places: Vec<_> =
            hits.hits.iter().map(|hit| (hit.node.pointer.clone().unwrap(), hit.node.index, hit.part)).collect();
        (places, hits.more)
    };
    let all = [
        ("/0/0".to_owned(), 0, HitPart::Value),
        ("/1/0".to_owned(), 0, HitPart::Value),
        ("/2/1".to_owned(), 0, HitPart::Both),
        ("/2/a/0".to_owned(), 0, HitPart::Value),
    ];
    assert_eq!(found(4), (all.to_vec(), false));
    assert_eq!(found(3), (all[..3].to_vec(), true));
    assert_eq!(scan(text).find(text, "2", 9).hits.iter().map(|hit| hit.node.index).collect::<Vec<_>>(), [1, 0]);
    let many = format!("[{}7]", "7,".repeat(1_000));
    let hits = scan(many.as_bytes()).find(many.as_bytes(), "7", 5_000);
    assert_eq!((hits.hits.len(), hits.more, hits.hits[999].node.index), (1_000, true, 999));
}

#[test]
fn the_first_rows_open_outer_values_first() {
    let shown = |text: &str, budget| {
        let rows = scan(text.as_bytes()).first_rows(text.as_bytes(), budget);
        rows.iter().map(|row| (row.node, row.shown)).collect::<Vec<_>>()
    };
    let text = r#"{"a":[1,2,3],"b":{"c":[4]}}"#;
    assert_eq!(shown(text, 1), [(0, 0)]);
    assert_eq!(shown(text, 2), [(0, 1), (1, 0)]);
    assert_eq!(shown(text, 4), [(0, 2), (1, 1), (2, 0), (5, 0)]);
    assert_eq!(shown(text, 7), [(0, 2), (1, 3), (2, 0), (3, 0), (4, 0), (5, 1), (6, 0)]);
    assert_eq!(shown(text, 8).len(), 8);
    let wide = format!("[{}0]", "0,".repeat(150));
    assert_eq!((shown(&wide, 500).len(), shown(&wide, 500)[0]), (101, (0, 100)));
    let deep = format!("{}{}", "[".repeat(30), "]".repeat(30));
    assert_eq!(shown(&deep, 500).len(), 25);
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
