//! What PHP wrote of the inputs of `tests/writers`.

use std::collections::BTreeMap;

use crate::json::php_forms::{exported, print_r, serialized};
use crate::json::tree::{Node, parse};

#[derive(serde::Deserialize)]
struct Table {
    inputs: BTreeMap<String, serde_json::Value>,
    outputs: BTreeMap<String, Vec<String>>,
}

#[test]
fn arrays_are_printed_as_php_prints_them() {
    let table: Table = serde_json::from_str(include_str!("../../../tests/writers/table.json")).unwrap();
    let inputs: Vec<String> = serde_json::from_value(table.inputs["json"].clone()).unwrap();
    let written = |write: &dyn Fn(&Node<'_>, &mut String)| {
        let one = |input: &String| {
            let mut out = String::new();
            write(&parse(input.as_bytes()).unwrap(), &mut out);
            out
        };
        inputs.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(written(&serialized), table.outputs["php-serialize"]);
    assert_eq!(written(&|node, out| print_r(node, 0, out)), table.outputs["php-print-r"]);
    assert_eq!(written(&|node, out| exported(node, 0, out)), table.outputs["php-var-export"]);
}

#[test]
fn a_name_is_a_number_where_php_has_it_so() {
    let mut out = String::new();
    let body =
        r#"{"0":0,"-5":0,"-0":0,"01":0,"":0,"-":0,"9223372036854775807":0,"9223372036854775808":0,"1.5":0,"+1":0}"#;
    serialized(&parse(body.as_bytes()).unwrap(), &mut out);
    // PHP 8: `serialize(json_decode($body, true))`; "-0" and what 64 bits cannot hold stay text.
    let names = r#"i:0; i:-5; s:2:"-0"; s:2:"01"; s:0:""; s:1:"-"; i:9223372036854775807; s:19:"9223372036854775808"; s:3:"1.5"; s:2:"+1";"#;
    assert_eq!(out, format!("a:10:{{{}}}", names.replace("; ", ";i:0;") + "i:0;"));
    let mut out = String::new();
    exported(&parse(r#"{"a'\\\u0000":[]}"#.as_bytes()).unwrap(), 0, &mut out);
    assert_eq!(out, "array (\n  'a\\'\\\\' . \"\\0\" . '' => \n  array (\n  ),\n)");
}
