//! What a search may cost, and what of a value matters to how it is printed.

use super::super::bodies::{each_likely, json_of};
use super::super::json_facts::Facts;
use super::super::search::{Cut, key_cost};
use super::super::{body::Tier, json_layouts, json_writers, schemes};
use super::made::searched;
use super::*;
use crate::json::print::{Escapes, Numbers, Order, Style, print};
use crate::json::tree::parse;
use crate::signature::key::Key;
use crate::signature::template::Template;
use crate::signature::tests::RSA_PUBLIC;

const MIB: usize = 1 << 20;

/// The most that can be spent in one step.
fn most(search: &mut Search<'_>) -> usize {
    let mut spent = 0;
    for bit in (0..40).rev() {
        if search.spend(1 << bit) {
            spent += 1 << bit;
        }
    }
    spent
}

fn github<T>(length: usize, take: impl FnOnce(&mut Search<'_>) -> T) -> T {
    with_body(&vec![b'x'; length], take)
}

fn with_body<T>(body: &[u8], take: impl FnOnce(&mut Search<'_>) -> T) -> T {
    let headers: Headers = [("X-Hub-Signature-256", format!("sha256={}", "0".repeat(64)))].into_iter().collect();
    let got = Got { scheme: "github", secret: "key".into(), headers, url: URL, body };
    searched(scheme("github"), &got, take)
}

#[test]
fn json_is_read_up_to_16_mib() {
    for (length, is_read) in [(2, true), (16 * MIB, true), (16 * MIB + 1, false), (17 * MIB, false)] {
        let body = format!("\"{}\"", "x".repeat(length - 2));
        with_body(body.as_bytes(), |search| assert_eq!(json_of(search).is_some(), is_read, "{length}"));
    }
    with_body(b"{", |search| assert!(json_of(search).is_none()));
}

#[test]
fn the_budget_of_a_search_grows_with_the_body_up_to_a_bound() {
    for (length, budget, overdraft) in [
        (0, 80 * MIB, 0),
        (16 << 10, 80 * MIB, 32 * (16 << 10)),
        ((16 << 10) + 1, 32 * MIB, 32 * ((16 << 10) + 1)),
        (MIB, 32 * MIB, 32 * MIB),
        (MIB + 1, 160 * (MIB + 1), 32 * (MIB + 1)),
        // Not more than a GiB for any body, and nothing beyond that for the largest.
        (7 * MIB, 1 << 30, 32 * 7 * MIB),
        (8 * MIB, 1 << 30, 32 * 8 * MIB),
        (8 * MIB + 1, 1 << 30, 0),
    ] {
        github(length, |search| {
            assert_eq!(most(search), budget, "{length}");
            assert_eq!(search.cut, Cut::Rare, "{length}");
            assert_eq!(most(search), 0, "{length}");
            search.is_common = true;
            assert_eq!(most(search), overdraft, "{length}");
            assert_eq!(search.cut, Cut::Common, "{length}");
        });
    }
}

#[test]
fn half_of_what_is_left_can_be_set_aside() {
    github(1, |search| {
        assert!(search.spend(10 * MIB) && search.is_small());
        let aside = search.set_aside();
        assert_eq!((aside, most(search)), (35 * MIB, 35 * MIB));
        search.give_back(aside);
        assert_eq!(most(search), 35 * MIB);
    });
    assert!(github((16 << 10) + 1, |search| !search.is_small()));
    // Schemes that fit as well share one budget.
    let got = Got { scheme: "github", secret: "key".into(), headers: Headers::new(), url: URL, body: b"{}" };
    searched(scheme("github"), &got, |search| {
        let mut fourth = Search::new(search.case, 4);
        assert_eq!(most(&mut fourth), 20 * MIB);
        fourth.is_common = true;
        assert_eq!(most(&mut fourth), 32 * got.body.len() / 4);
    });
}

/// What is taken from the budget of a small body.
fn spent(of: &str, got: &Got<'_>, act: impl FnOnce(&mut Search<'_>)) -> usize {
    searched(scheme(of), got, |search| {
        act(search);
        80 * MIB - most(search)
    })
}

#[test]
fn a_try_costs_as_much_as_the_body_is_passed_over() {
    let body = [b'x'; 1000];
    let cost = |of: &str, field: (&'static str, String), secret: &str, signed: &str| {
        let got =
            Got { scheme: "", secret: secret.into(), headers: [field].into_iter().collect(), url: URL, body: &body };
        let template = Template::parse(signed).unwrap();
        spent(of, &got, |search| {
            let (request, algorithm) = (search.case.request, search.scheme.algorithm);
            let key = search.key(secret).unwrap();
            assert_eq!(search.hit_with(algorithm, std::slice::from_ref(&template), &request, &key), None);
        })
    };
    let hmac =
        |signed: &str| cost("github", ("X-Hub-Signature-256", format!("sha256={}", "0".repeat(64))), "key", signed);
    // Filters hash or write the body before it is hashed; a form is read, sorted and joined.
    let once = Algorithm::HmacSha256.hash_cost() * body.len();
    for (signed, passes) in [
        ("{url}", 0),
        ("{body}", 1),
        ("{url}{body}{body}", 2),
        ("{body|hex}", 2),
        ("{body|sha256|hex}", 3),
        ("{form|sort_concat}", 4),
        ("{form|sort_concat|sha256|hex}", 6),
    ] {
        assert_eq!(hmac(signed) - hmac("{url}"), passes * once, "{signed}");
    }
    // For a public key the message is built first.
    let rsa = |signed: &str| cost("wise", ("X-Signature-SHA256", STANDARD.encode([1; 256])), RSA_PUBLIC, signed);
    let passes = Algorithm::RsaSha256.hash_cost() + 1;
    assert_eq!(rsa("{body}") - rsa("{url}"), passes * body.len());
    let key = |algorithm, bytes: &[u8]| key_cost(&Key::new(algorithm, bytes).unwrap());
    let seed = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    // Each key of a set may be the right one.
    let one = |kid: &str| {
        format!(
            "{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"{kid}\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}"
        )
    };
    let two = format!("{{\"keys\":[{},{}]}}", one("a"), one("b"));
    for algorithm in [Algorithm::Ed25519, Algorithm::Jws] {
        assert_eq!(key(algorithm, two.as_bytes()), 2 * key(algorithm, one("a").as_bytes()), "{algorithm:?}");
    }
    let (slow, quick) = (rsa("{url}"), key(Algorithm::Ed25519, seed.as_bytes()));
    assert!(hmac("{url}") < quick && quick < slow, "{} {quick} {slow}", hmac("{url}"));
}

#[test]
fn another_scheme_costs_a_pass_for_each_secret() {
    let headers: Headers = [("X-Hub-Signature-256", format!("sha256={}", "0".repeat(64)))].into_iter().collect();
    let got = Got { scheme: "slack", secret: "key".into(), headers, url: URL, body: &[b'x'; 1000] };
    let cost = |count: usize| {
        let secrets: Vec<Secret> = (0..count).map(|at| secret("live", &format!("key {at}"))).collect();
        searched(scheme("slack"), &got, |search| {
            let case = Case { secrets: &secrets, ..*search.case };
            let mut search = Search::new(&case, 1);
            assert_eq!(schemes::find(&mut search), None);
            80 * MIB - most(&mut search)
        })
    };
    assert!(cost(1) >= got.body.len());
    assert_eq!([cost(2), cost(3)], [2, 3].map(|count| count * cost(1)));
}

#[test]
fn other_bodies_are_tried_only_where_one_can_be_right() {
    let tried = |of: &str, name: &'static str, value: &str| {
        let headers: Headers = [(name, value.to_owned())].into_iter().collect();
        let got = Got { scheme: "", secret: "key".into(), headers, url: URL, body: br#"{"b": 1, "a": [1.0, "x"]}"# };
        let mut count = 0;
        searched(scheme(of), &got, |search| {
            each_likely(search, |_, _| -> Option<()> {
                count += 1;
                None
            })
        });
        count
    };
    let signature = format!("sha256={}", "0".repeat(64));
    assert!(tried("github", "X-Hub-Signature-256", &signature) > 4);
    // Without a signature, and by a scheme that signs the URL alone.
    assert_eq!(tried("github", "X-Hub-Signature-256", ""), 0);
    assert_eq!(tried("plivo-v2", "X-Plivo-Signature-V2", &STANDARD.encode([1; 32])), 0);
}

#[test]
fn styles_that_differ_in_nothing_that_a_value_holds_are_one() {
    let (compact, javascript) = (Style::COMPACT, Style::JAVASCRIPT);
    let escapes = |escapes: Escapes| Style { escapes, ..compact };
    let order = |order: Order| Style { order, ..compact };
    let slash = escapes(Escapes { slash: true, ..Escapes::LEAST });
    let html = escapes(Escapes::HTML);
    let ascii = escapes(Escapes { ascii: "", ..Escapes::ASCII });
    let long = escapes(Escapes { short: false, ..Escapes::LEAST });
    let nulls = Style { without_nulls: true, ..compact };
    let arrays = Style { php_arrays: true, ..compact };
    let objects = Style { array_objects: true, ..compact };
    let (sorted, top) = (compact.sorted(), order(Order::SortedTop));
    let (indexes, sorted_indexes) = (order(Order::IndexesFirst), order(Order::SortedIndexesFirst));
    for (value, style, is_one) in [
        // Whole numbers of up to fifteen digits are printed alike by all.
        ("0", javascript, true),
        ("-5", javascript, true),
        ("999999999999999", javascript, true),
        ("1000000000000000", javascript, false),
        ("-0", javascript, false),
        ("1.0", javascript, false),
        ("1e3", javascript, false),
        ("[1,2]", Style { numbers: Some(Numbers::PHP), ..compact }, true),
        ("[1.5,2.5]", Style { numbers: Some(Numbers::PHP), ..compact }, false),
        ("\"ab\"", slash, true),
        ("\"a/b/\"", slash, false),
        ("{\"/\":\"/\"}", slash, false),
        ("\"ab\"", html, true),
        ("\"<<\"", html, false),
        ("\"ab\"", ascii, true),
        ("\"éé\"", ascii, false),
        ("\"ab\"", long, true),
        ("\"\\b\\b\"", long, false),
        ("\"\\f\"", long, false),
        ("\"\\n\"", long, true),
        ("[null]", nulls, true),
        ("{\"a\":null,\"b\":null}", nulls, false),
        ("{\"a\":1,\"b\":[]}", arrays, true),
        ("[{},{}]", arrays, false),
        ("{\"0\":1,\"1\":2}", arrays, false),
        ("{\"a\":1}", objects, true),
        ("[[]]", objects, false),
        ("{\"a\":1,\"b\":2}", sorted, true),
        ("{\"a\":1,\"a\":2}", sorted, true),
        ("{\"c\":1,\"b\":2,\"a\":3}", sorted, false),
        ("[{\"b\":1}]", sorted, true),
        ("{\"a\":{\"c\":1,\"b\":2},\"d\":{\"f\":1,\"e\":2}}", sorted, false),
        ("{\"b\":1,\"a\":2}", top, false),
        ("{\"b\":1,\"a\":2}", indexes, true),
        ("{\"b\":1,\"2\":2,\"1\":0}", indexes, false),
        ("{\"1\":1}", indexes, true),
        ("{\"10\":1,\"9\":2}", sorted_indexes, false),
    ] {
        let facts = Facts::of(&parse(value.as_bytes()).unwrap());
        let (one, other) = (facts.normal(compact), facts.normal(style));
        assert_eq!(one == other, is_one, "{value}: {one:?} {other:?}");
    }
    // The sorted order with indexes first differs from the other one only if there are indexes.
    let facts = |value: &str| Facts::of(&parse(value.as_bytes()).unwrap());
    let unsorted = facts("{\"b\":1,\"a\":2}");
    assert_eq!(unsorted.normal(sorted).order, unsorted.normal(sorted_indexes).order);
    let top_indexes = order(Order::SortedTopIndexesFirst);
    assert_eq!(unsorted.normal(top).order, unsorted.normal(top_indexes).order);
    // The case of escapes' digits matters only if there are escapes.
    for (value, is_one) in [("\"a\"", true), ("\"é\"", false), ("\"\\u0001\"", false), ("\"\\u001f\"", false)] {
        let lower = escapes(Escapes { ascii: "", ..Escapes::ASCII });
        let upper = escapes(Escapes { upper: crate::json::print::Upper::All, ascii: "", ..Escapes::ASCII });
        assert_eq!(facts(value).normal(lower) == facts(value).normal(upper), is_one, "{value}");
    }
}

/// PHP itself wrote the table.
#[test]
fn what_a_writer_is_called_is_what_it_writes() {
    let table: serde_json::Value = serde_json::from_str(include_str!("../../../../tests/writers/table.json")).unwrap();
    let texts = |value: &serde_json::Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let inputs = texts(&table["inputs"]["json"]);
    let mut compared = 0;
    for writer in json_writers::writers(Tier::Rare).into_iter().filter(|writer| writer.code == "body_json_php") {
        let Some(how) = writer.how.strip_prefix("as PHP's json_encode writes it with ") else { continue };
        let (flags, is_array) =
            how.strip_suffix(" after json_decode into arrays").map_or((how, false), |how| (how, true));
        let mut name = "php".to_owned();
        for (flag, part) in [
            ("JSON_PRETTY_PRINT", "-pretty"),
            ("JSON_PRESERVE_ZERO_FRACTION", "-fraction"),
            ("JSON_HEX_TAG", "-hex"),
            ("JSON_UNESCAPED_UNICODE", "-unicode"),
            ("JSON_UNESCAPED_SLASHES", "-slashes"),
        ] {
            if flags.contains(flag) {
                name.push_str(part);
            }
        }
        if is_array {
            name.push_str("-arrays");
        }
        let Some(outputs) = table["outputs"].get(&name) else { continue };
        compared += 1;
        for (input, expected) in inputs.iter().zip(texts(outputs)) {
            let node = parse(input.as_bytes()).unwrap();
            assert_eq!(print(&node, writer.style, input.len()), Some(expected), "{name} {how}");
        }
    }
    assert!(compared > 14, "{compared}");
    // The likeliest flags come first; those for HTML go with no indentation.
    let hows: Vec<String> =
        json_writers::writers(Tier::Rare).into_iter().map(|writer| writer.how.into_owned()).collect();
    let place = |how: &str| hows.iter().position(|known| known.ends_with(how)).unwrap_or(usize::MAX);
    assert!(place("with JSON_UNESCAPED_UNICODE") < place("with JSON_PRETTY_PRINT"), "{hows:#?}");
    assert!(
        hows.iter().all(|how| !how.contains("JSON_HEX") || !how.contains("PRETTY") && !how.contains("ZERO_FRACTION"))
    );
    let tiers = [Tier::Common, Tier::Likely].map(json_writers::writers);
    assert!(
        tiers
            .iter()
            .flatten()
            .all(|writer| !writer.how.contains("JSON_HEX_TAG") && !writer.how.contains("JSON_PRESERVE"))
    );
    for (tier, writers) in [Tier::Common, Tier::Likely].into_iter().zip(tiers) {
        assert!(!writers.is_empty() && writers.iter().all(|writer| writer.tier == tier));
    }
}

#[test]
fn dialects_that_write_a_value_alike_are_tried_as_one() {
    let texts = |value: &str| -> Vec<(String, String)> {
        let node = parse(value.as_bytes()).unwrap();
        let writers = json_layouts::writers(&node, value.len());
        writers.into_iter().map(|one| (one.how.into_owned(), print(&node, one.style, value.len()).unwrap())).collect()
    };
    let of = |all: &[(String, String)], text: &str| -> Vec<String> {
        all.iter().filter(|(_, written)| written == text).map(|(how, _)| how.clone()).collect()
    };
    // All write a list of small numbers alike: each layout comes once for each order.
    let plain = texts("[1,2]");
    let hows: std::collections::HashSet<&str> = plain.iter().map(|(how, _)| how.as_str()).collect();
    assert_eq!(hows.len(), plain.len(), "{plain:#?}");
    for (text, layout) in [
        ("[1,2]", "writes it"),
        ("[1, 2]", "with a space after each comma"),
        ("[\n  1,\n  2\n]", "indented by two spaces"),
        ("[\n        1,\n        2\n]", "indented by eight spaces"),
        ("[\r\n    1,\r\n    2\r\n]", "indented by four spaces with CR LF newlines"),
    ] {
        let hows = of(&plain, text);
        assert!(hows.iter().any(|how| how.ends_with(layout)), "{layout}: {hows:?}");
    }
    // If several write the same text, the commonest one is named.
    let comma = " writes it with a space after each comma";
    assert_eq!(of(&plain, "[1,2]").first().map(String::as_str), Some("as JavaScript's JSON.stringify writes it"));
    let spaced: Vec<String> = of(&plain, "[1, 2]").into_iter().filter(|how| how.ends_with(comma)).collect();
    assert_eq!(spaced, [format!("as Python's json.dumps{comma}")]);
    // A rare layout goes with a common dialect only.
    let letters = texts("[\"é\"]");
    for (value, indent, is_tried) in
        [("\"é\"", "        ", true), ("\"\\u00E9\"", "        ", false), ("\"\\u00E9\"", "  ", true)]
    {
        let hows = of(&letters, &format!("[\n{indent}{value}\n]"));
        assert_eq!(!hows.is_empty(), is_tried, "{value}: {hows:?}");
    }
    // Orders of whole numbers among names are only for values that have such names.
    let words = ", whole numbers among its names first";
    assert!(texts("{\"b\":1,\"a\":2}").iter().all(|(how, _)| !how.ends_with(words)));
    let indexed = texts("{\"b\":1,\"2\":2,\"1\":3}");
    assert!(indexed.iter().any(|(how, _)| how.ends_with(words)), "{indexed:#?}");
    // Java's orders are only for Java's writers, and orders by length only for those of databases.
    let java = indexed.iter().filter(|(how, _)| how.contains("HashMap"));
    assert!(
        java.clone().count() > 0
            && java.clone().all(|(how, _)| ["Jackson", "Gson", "Java"].iter().any(|who| how.contains(who))),
        "{:#?}",
        java.collect::<Vec<_>>()
    );
}
