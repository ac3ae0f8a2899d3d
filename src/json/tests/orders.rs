//! In which order each library writes the members of an object, and the habits that go with it.

use crate::json::print::{Order, Style, print};
use crate::json::text_forms::{TextForm, text_form};
use crate::json::tree::{Node, parse, sorted};

fn written(body: &str, style: Style) -> String {
    print(&parse(body.as_bytes()).unwrap(), style, 0).unwrap()
}

/// An object with these names.
fn named(names: &str) -> Node<'_> {
    Node::Object(names.split(' ').map(|name| (name.into(), Node::Literal("1"))).collect())
}

fn ordered(names: &str, order: Order) -> String {
    let text = print(&named(names), Style { order, ..Style::COMPACT }, 1 << 10).unwrap();
    text.trim_matches(['{', '}']).replace("\":1,\"", " ").replace("\":1", "").replace('"', "")
}

#[test]
fn a_hash_map_has_its_names_in_the_order_of_its_buckets() {
    // By Java 17: a `HashMap` filled one by one, and one that is a copy.
    for (names, grown, copied) in [
        ("id amount type", "amount id type", "amount id type"),
        ("id amount type data created", "amount data created id type", "amount id type data created"),
        ("zz id created_at y", "zz created_at y id", "zz created_at y id"),
        (
            "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11",
            "k0 k1 k2 k3 k4 k5 k11 k6 k10 k7 k8 k9",
            "k0 k1 k2 k3 k4 k5 k11 k6 k10 k7 k8 k9",
        ),
        (
            "customer_reference created_at amount currency livemode metadata description status é 日本語 id object payment_intent",
            "amount metadata livemode created_at description é customer_reference currency payment_intent id 日本語 status object",
            "amount metadata livemode created_at description é customer_reference currency payment_intent id 日本語 status object",
        ),
        (
            "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11 k12 k13 k14 k15 k16 k17 k18 k19 k20 k21 k22 k23",
            "k0 k1 k2 k3 k20 k4 k5 k11 k22 k6 k10 k21 k7 k13 k8 k12 k23 k9 k15 k14 k17 k16 k19 k18",
            "k11 k10 k13 k12 k15 k14 k17 k16 k19 k18 k0 k1 k2 k3 k20 k4 k5 k22 k6 k21 k7 k8 k23 k9",
        ),
        (
            "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11 k12 k13 k14 k15 k16 k17 k18 k19 k20 k21 k22 k23 k24",
            "k11 k10 k13 k12 k15 k14 k17 k16 k19 k18 k0 k1 k2 k3 k20 k4 k5 k22 k6 k21 k7 k24 k8 k23 k9",
            "k11 k10 k13 k12 k15 k14 k17 k16 k19 k18 k0 k1 k2 k3 k20 k4 k5 k22 k6 k21 k7 k24 k8 k23 k9",
        ),
    ] {
        assert_eq!(ordered(names, Order::Hashed), grown);
        assert_eq!(ordered(names, Order::HashedCopy), copied);
    }
}

#[test]
fn an_order_holds_for_all_objects_or_for_the_outermost_one() {
    let body = r#"{"b":{"z":1,"y":1,"10":1,"9":1},"aa":1,"10":1,"9":1}"#;
    for (order, outer, inner) in [
        (Order::AsRead, "b aa 10 9", "z y 10 9"),
        (Order::Sorted, "10 9 aa b", "10 9 y z"),
        (Order::SortedTop, "10 9 aa b", "z y 10 9"),
        (Order::SortedIndexesFirst, "9 10 aa b", "9 10 y z"),
        (Order::SortedTopIndexesFirst, "9 10 aa b", "9 10 z y"),
        (Order::IndexesFirst, "9 10 b aa", "9 10 z y"),
        (Order::ByLength, "9 b 10 aa", "9 y z 10"),
        (Order::Hashed, "aa b 9 10", "y 9 z 10"),
        (Order::HashedTop, "aa b 9 10", "z y 10 9"),
        (Order::HashedCopy, "aa 9 b 10", "z y 10 9"),
    ] {
        let inside = inner.split(' ').map(|name| format!("\"{name}\":1")).collect::<Vec<_>>().join(",");
        let member = |name| if name == "b" { format!("\"b\":{{{inside}}}") } else { format!("\"{name}\":1") };
        let expected = outer.split(' ').map(member).collect::<Vec<_>>().join(",");
        assert_eq!(written(body, Style { order, ..Style::COMPACT }), format!("{{{expected}}}"), "{order:?}");
    }
}

#[test]
fn a_tree_is_sorted_in_its_arrays_as_well_or_at_the_top_alone() {
    let body = br#"{"b":[{"d":1,"c":[{"f":1,"e":1}]}],"a":1}"#;
    let shown = |is_deep| print(&sorted(&parse(body).unwrap(), is_deep), Style::COMPACT, 0).unwrap();
    assert_eq!(shown(true), r#"{"a":1,"b":[{"c":[{"e":1,"f":1}],"d":1}]}"#);
    assert_eq!(shown(false), r#"{"a":1,"b":[{"d":1,"c":[{"f":1,"e":1}]}]}"#);
}

#[test]
fn arrays_that_are_forced_to_be_objects_are_indented_as_such() {
    let php = Style { array_objects: true, ..Style::COMPACT.indented("  ") };
    assert_eq!(
        written(r#"[7,[[]],{"a":[8]}]"#, php),
        "{\n  \"0\": 7,\n  \"1\": {\n    \"0\": {}\n  },\n  \"2\": {\n    \"a\": {\n      \"0\": 8\n    }\n  }\n}"
    );
}

#[test]
fn a_symbol_is_in_quotes_unless_it_is_a_word() {
    let body = r#"{"a_1":{"b":1},"_x":1,"1a":1,"a-b":1,"a b":1,"é":1,"":1}"#;
    let shown = |form| text_form(&parse(body.as_bytes()).unwrap(), form);
    assert_eq!(
        shown(TextForm::RubySymbols),
        r#"{:a_1=>{:b=>1}, :_x=>1, :"1a"=>1, :"a-b"=>1, :"a b"=>1, :é=>1, :""=>1}"#
    );
    assert_eq!(shown(TextForm::RubySymbolsSpaced), r#"{a_1: {b: 1}, _x: 1, "1a": 1, "a-b": 1, "a b": 1, é: 1, "": 1}"#);
    assert!(shown(TextForm::RubyOuterSymbols).starts_with(r#"{:a_1=>{"b"=>1}, "#));
    assert!(shown(TextForm::RubyOuterSymbolsSpaced).starts_with(r#"{a_1: {"b" => 1}, "#));
}
