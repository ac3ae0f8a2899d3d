//! Forms as languages write them, and what else may be made of one.

use super::super::{form_dialects, form_values, form_writers, nested_forms};
use super::made::{Made, made, made_of, with_body};

const FORM: &str = "application/x-www-form-urlencoded";
const BROWSER: &str = "as browsers, URLSearchParams, Ruby and Java write it";
const PYTHON: &str = "as Python's urlencode and Go's Values.Encode write it";

/// A form with `count` pairs.
fn pairs(count: usize) -> String {
    (0..count).map(|at| format!("n{at}=1")).collect::<Vec<_>>().join("&")
}

#[test]
fn a_body_is_a_form_when_it_is_called_so_or_looks_like_one() {
    for (kind, body, expected) in [
        (FORM, "no pairs", true),
        ("application/json", "a=1&b=2", true),
        ("", "a=é", true),
        ("", "a=1 2", false),
        ("", "a=1\u{7f}", false),
        ("", "a&b", false),
        ("", "<a=1", false),
        ("", "{a=1", false),
        ("", "[a=1", false),
        ("", "\"a=1\"", false),
        (FORM, &pairs(1000), true),
        (FORM, &pairs(1001), false),
    ] {
        assert_eq!(with_body(kind, body.as_bytes(), form_writers::is_form), expected, "{kind} {}", body.len());
    }
}

#[test]
fn only_an_object_of_scalars_is_flat() {
    let members = |count: usize| (0..count).map(|at| format!("\"{at}\":1")).collect::<Vec<_>>().join(",");
    for (body, expected) in [
        (r#"{"a":1,"b":"x","c":null}"#.to_owned(), true),
        (r#"{"a":1,"b":[]}"#.to_owned(), false),
        (r#"{"a":{},"b":1}"#.to_owned(), false),
        ("[1]".to_owned(), false),
        ("1".to_owned(), false),
        ("no JSON".to_owned(), false),
        (format!("{{{}}}", members(1000)), true),
        (format!("{{{}}}", members(1001)), false),
    ] {
        assert_eq!(with_body("", body.as_bytes(), form_writers::is_flat), expected, "{body:.40}");
    }
}

#[test]
fn a_form_gets_other_escapes() {
    made_of(form_writers::escaped_quickly, FORM, "ab+c%c3%bcde=x%20y%2Ff").are(&[
        ("with %20 for each +", &["ab%20c%c3%bcde=x%20y%2Ff"]),
        ("with + for each %20", &["ab+c%c3%bcde=x+y%2Ff"]),
        ("with its escapes in lower case", &["ab+c%c3%bcde=x%20y%2ff"]),
        ("with its escapes in upper case", &["ab+c%C3%BCde=x%20y%2Ff"]),
        (BROWSER, &["ab+c%C3%BCde=x+y%2Ff"]),
        ("as PHP's PHP_QUERY_RFC3986, Node's qs and .NET write it, with %20 for spaces", &["ab%20c%C3%BCde=x%20y%2Ff"]),
    ]);
    let lower = |more: &str| format!("{BROWSER}, with escapes in lower case{more}");
    let (bare, dropped) = (", without `=` where there is no value", ", without the pairs that have no value");
    made_of(form_writers::escaped, FORM, "a=%C3%BC~&b&c=").are(&[
        (BROWSER, &["a=%C3%BC%7E&b=&c="]),
        (PYTHON, &["a=%C3%BC~&b=&c="]),
        (&lower(""), &["a=%c3%bc%7e&b=&c="]),
        (&format!("{BROWSER}{bare}"), &["a=%C3%BC%7E&b&c"]),
        (&format!("{BROWSER}{dropped}"), &["a=%C3%BC%7E"]),
        (&lower(dropped), &["a=%c3%bc%7e"]),
    ]);
    made_of(form_writers::escaped, FORM, "a=1&b=2")
        .lack(&[&format!("{BROWSER}{bare}"), &format!("{BROWSER}{dropped}")]);
}

#[test]
fn the_pairs_of_a_form_get_another_order() {
    made_of(form_writers::reordered, FORM, "a=2&b=3&a-b=1&b=0&B").are(&[
        ("with its pairs sorted by name", &["B&a=2&a-b=1&b=3&b=0"]),
        ("with its pairs sorted", &["B&a-b=1&a=2&b=0&b=3"]),
        ("with its pairs in reverse order", &["B&b=0&a-b=1&b=3&a=2"]),
    ]);
    let anew = made_of(form_writers::reordered_anew, FORM, "b=2&a=1&b=0");
    anew.are(&[(&format!("{BROWSER}, sorted by name"), &["a=1&b=2&b=0"])]);
    let mut orders = anew.texts("with its pairs in another order");
    orders.sort();
    let all = ["a=1&b=0&b=2", "a=1&b=2&b=0", "b=0&a=1&b=2", "b=0&b=2&a=1", "b=2&a=1&b=0", "b=2&b=0&a=1"];
    assert_eq!(orders, all);
    for (pairs, expected) in [("a&b&c&d&e", 120), ("a&b&c&d&e&f", 0)] {
        let orders = made_of(form_writers::reordered_anew, FORM, pairs).texts("with its pairs in another order");
        assert_eq!(orders.len(), expected, "{pairs}");
    }
}

#[test]
fn a_form_is_decoded_or_becomes_json() {
    made_of(form_writers::decoded, FORM, "b=x+y&a=%2B").are(&[
        ("with the form decoded", &["b=x y&a=+"]),
        ("with the form decoded, its plus signs kept", &["b=x+y&a=+"]),
        ("with the form decoded and sorted", &["a=+&b=x y"]),
        ("with the form's names and values side by side", &["bx ya+"]),
        ("with the form's names and values side by side, sorted", &["a+bx y"]),
        ("with the form's values side by side", &["x y+"]),
        ("with the form as JSON of JavaScript", &[r#"{"b":"x y","a":"+"}"#]),
        ("with the form as sorted JSON of Python", &[r#"{"a": "+", "b": "x y"}"#]),
        ("with the form as JSON with lists of PHP", &[r#"{"b":["x y"],"a":["+"]}"#]),
        ("with the form as the text of an object of Java", &["{b=x y, a=+}", "{a=+, b=x y}", "{b=[x y], a=[+]}"]),
    ]);
    made_of(form_writers::fields, FORM, "x=1&p=%7B%7D&q=[1]")
        .are(&[("that is in the form's field, decoded", &["{}", "[1]"])]);
}

#[test]
fn flat_json_becomes_a_form_of_its_members() {
    let made = made(form_writers::of_json, r#"{"b":"é x","a":true,"c":null,"d":false,"n":1.50}"#);
    let (plain, python, php) = ("a=true&c=null&d=false", "a=True&c=None&d=False", "a=1&c=&d=0");
    let sorted = |words: &str| words.replacen('&', "&b=é x&", 1) + "&n=1.50";
    let as_read = |words: &str| format!("b=é x&{words}&n=1.50");
    let all: Vec<String> = [plain, python, php].iter().flat_map(|words| [sorted(words), as_read(words)]).collect();
    assert_eq!(made.texts("as a form of its members, without escapes"), all);
    let escaped = |text: String| text.replace("é x", "%C3%A9+x");
    let how = format!("as a form of its members {BROWSER}");
    assert_eq!(made.texts(&how), [plain, python, php].map(|words| escaped(as_read(words))));
    assert_eq!(made.texts(&(how + ", sorted by name")), [plain, python, php].map(|words| escaped(sorted(words))));
}

#[track_caller]
fn joined(sent: &str, change: &str, expected: &str) {
    made_of(form_dialects::joined_otherwise, FORM, sent)
        .hold(&[(&format!("with the form decoded, `&` between its pairs{change}"), expected)]);
}

#[test]
fn the_pairs_of_a_form_are_changed_as_parsers_change_them() {
    let sent = "b=1&l%5B%5D=x&b=2&l%5B%5D=+y&c=3";
    for (change, expected) in [
        ("", "b=1&l[]=x&b=2&l[]= y&c=3"),
        (", with repeated names side by side", "b=1&b=2&l[]=x&l[]= y&c=3"),
        (", with brackets after repeated names", "b[]=1&l[]=x&b[]=2&l[]= y&c=3"),
        (", with the first value of repeated names", "b=1&l[]=x&c=3"),
        (", with the last value of repeated names", "b=2&l[]= y&c=3"),
        (", with repeated names joined by commas", "b=1,2&l[]=x, y&c=3"),
        (", its values trimmed", "b=1&l[]=x&b=2&l[]=y&c=3"),
        (", without its first pair", "l[]=x&b=2&l[]= y&c=3"),
        (", without its last pair", "b=1&l[]=x&b=2&l[]= y"),
        (", with numbers in the brackets of its lists", "b[0]=1&b[1]=2&l[0]=x&l[1]= y&c=3"),
        (", without the brackets of its lists", "b=1&l=x&b=2&l= y&c=3"),
        (", sorted by name", "b=1&b=2&c=3&l[]=x&l[]= y"),
        (", sorted", "b=1&b=2&c=3&l[]= y&l[]=x"),
        (", with the last value of repeated names, sorted by name", "b=2&c=3&l[]= y"),
    ] {
        joined(sent, change, expected);
    }
    // A list has empty brackets or a number; a name in them is no number.
    let listed = "l[0]=1&m[k]=2&l[1]=3&n[1a]=4&o[]=5";
    joined(listed, ", with empty brackets for its lists", "l[]=1&m[k]=2&l[]=3&n[1a]=4&o[]=5");
    joined(listed, ", without the brackets of its lists", "l=1&m[k]=2&l=3&n[1a]=4&o=5");
    joined(listed, ", with dots for the brackets of its names", "l.0=1&m.k=2&l.1=3&n.1a=4&o.=5");
    joined(listed, ", with repeated names side by side", "l[0]=1&l[1]=3&m[k]=2&n[1a]=4&o[]=5");
    joined("a=1%0D%0A2%0A3", ", with LF for the CR LF in its values", "a=1\n2\n3");
    joined("a=1%0D%0A2%0A3", ", with CR LF for the LF in its values", "a=1\r\n2\r\n3");
    // What changes nothing is not tried again.
    let plain = made_of(form_dialects::joined_otherwise, FORM, "a=1");
    plain.lack(&[
        "with the form decoded, `&` between its pairs, with repeated names side by side",
        "with the form's values alone, `|` between them, its values trimmed",
    ]);
}

#[test]
fn decoded_pairs_are_joined_otherwise() {
    made_of(form_dialects::joined_otherwise, FORM, "b=x+y&a=%C3%BC").hold(&[
        ("with the form decoded, with plus signs for its spaces", "b=x+y&a=ü"),
        ("with the form decoded, `\\n` between its pairs", "b=x y\na=ü"),
        ("with the form decoded, `\\n` between its pairs", "b: x y\na: ü"),
        ("with the form decoded, `|` between its pairs", "b|x y|a|ü"),
        ("with the form decoded, `` between its pairs", "bx yaü"),
        ("with the form decoded, `&` between its pairs, with a line feed after it", "b=x y&a=ü\n"),
        ("with the form's values alone, `|` between them", "x y|ü"),
        ("with the form's values alone, `` between them, sorted", "üx y"),
    ]);
    made_of(form_dialects::joined_otherwise, FORM, "l[0]=x+y").hold(&[(
        "with the form decoded, with plus signs for its spaces, with empty brackets for its lists",
        "l[]=x+y",
    )]);
}

#[test]
fn a_form_is_written_by_every_writer_and_its_lists_by_the_common_ones() {
    let written = made_of(form_dialects::written, FORM, "l[0]=%C3%BC&b=~&b=/");
    let how = |change: &str| format!("{BROWSER}{change}");
    written.hold(&[
        (&how(""), "l%5B0%5D=%C3%BC&b=%7E&b=%2F"),
        ("as jQuery writes it", "l%5B0%5D=%C3%BC&b=~&b=%2F"),
        ("as Go's url.PathEscape writes it", "l%5B0%5D=%C3%BC&b=~&b=%2F"),
        ("as PHP's http_build_query writes it in Latin-1", "l%5B0%5D=%FC&b=%7E&b=%2F"),
        (&how(", with empty brackets for its lists"), "l%5B%5D=%C3%BC&b=%7E&b=%2F"),
        (&how(", with brackets after repeated names"), "l%5B0%5D=%C3%BC&b%5B%5D=%7E&b%5B%5D=%2F"),
        (&how(", sorted by name"), "b=%7E&b=%2F&l%5B0%5D=%C3%BC"),
        (&how(", with escapes in lower case, with empty brackets for its lists"), "l%5b%5d=%c3%bc&b=%7e&b=%2f"),
        (&how(", without the brackets of its lists, with the last value of repeated names"), "l=%C3%BC&b=%2F"),
    ]);
    written.lack(&[
        &how(", with escapes in lower case"),
        "as jQuery writes it, without the brackets of its lists, with the last value of repeated names",
        &how(", its values trimmed"),
    ]);
    // The lists as they were sent come once.
    let of = |how: &str| written.texts(how).len();
    assert_eq!((of(&how("")), of(&how(", with empty brackets for its lists"))), (1, 2));
    let framed = made_of(form_dialects::framed, FORM, "b=x%20y&a=~");
    framed.hold(&[
        ("as it was sent with `&` after it", "b=x%20y&a=~&"),
        ("as it was sent with `?` before it", "?b=x%20y&a=~"),
        ("as it was sent with `;` between the pairs", "b=x%20y;a=~"),
        ("as it was sent with CR LF between the pairs", "b=x%20y\r\na=~"),
        (&how(" with a line feed after it"), "b=x+y&a=%7E\n"),
        (&how(", sorted by name with `|` between the pairs"), "a=%7E|b=x+y"),
    ]);
}

#[test]
fn one_field_of_a_form_is_signed_alone() {
    let sent = "p=%7B%22a%22%3A%221+2%22%7D&t=x%20&b&q={}&r=[0]";
    let made: Made = made_of(form_dialects::fields, FORM, sent);
    made.are(&[
        (
            "when only one pair of the form is signed, as it was sent",
            &["p=%7B%22a%22%3A%221+2%22%7D", "t=x%20", "b", "q={}", "r=[0]"],
        ),
        (
            "when only one value of the form is signed, as it was sent",
            &["%7B%22a%22%3A%221+2%22%7D", "x%20", "{}", "[0]"],
        ),
        ("when only the form's field `t` is signed, decoded", &["t=x ", "x ", "x \n", "x"]),
        (&format!("when only the form's field `t` is signed, {BROWSER}"), &["t=x+"]),
        // The JSON of two fields is written anew, and no text that holds none.
        ("that is in the form's field `r`, as Python's json.dumps writes it", &[]),
        ("that is in the form's field `t`, as Python's json.dumps writes it", &[]),
    ]);
    let anew = "written anew as Python's json.dumps writes it";
    made.hold(&[
        ("that is in the form's field `p`, as Python's json.dumps writes it", r#"{"a": "1 2"}"#),
        ("that is in the form's field `q`, as Python's json.dumps writes it", "{}"),
        (&format!("with its field `p` {anew}, alone, {PYTHON}"), "p=%7B%22a%22%3A+%221+2%22%7D"),
        (&format!("with its field `p` {anew}, {PYTHON}"), "p=%7B%22a%22%3A+%221+2%22%7D&t=x+&b=&q=%7B%7D&r=%5B0%5D"),
    ]);
    made.lack(&[&format!("with its field `r` {anew}, alone, {PYTHON}")]);
}

#[test]
fn the_fields_of_a_form_become_json_flat_and_nested() {
    let as_json = |what: &str| format!("with the form {what} of JavaScript's JSON.stringify");
    let pairs = r#"[["b","1"],["a","x"],["b","2"]]"#;
    made_of(form_values::as_json, FORM, "b=1&a=x&b=2").hold(&[
        (&as_json("as JSON"), r#"{"b":"2","a":"x"}"#),
        (&as_json("as JSON with the first values"), r#"{"b":"1","a":"x"}"#),
        (&as_json("as JSON with lists"), r#"{"b":["1","2"],"a":"x"}"#),
        (&as_json("as sorted JSON with lists"), r#"{"a":"x","b":["1","2"]}"#),
        (&as_json("as JSON with lists of values"), r#"{"b":["1","2"],"a":["x"]}"#),
        (&as_json("as sorted JSON with lists of values"), r#"{"a":["x"],"b":["1","2"]}"#),
        (&as_json("as a list of pairs"), pairs),
        (&format!("{}, with a line feed after it", as_json("as a list of pairs")), &format!("{pairs}\n")),
        ("with the form as JSON, as Java's toString() of the Map", "{b=2, a=x}"),
    ]);
    for (sent, expected) in [
        ("a[b][]=1&a[b][]=2&a[c]=3", r#"{"a":{"b":["1","2"],"c":"3"}}"#),
        ("l[0]=x&l[1]=y&s=1&s=2", r#"{"l":["x","y"],"s":"2"}"#),
        ("d[0][k]=v&d[0][w]=u&d[1][k]=z", r#"{"d":[{"k":"v","w":"u"},{"k":"z"}]}"#),
        ("d[][k]=v&e[x1]=2", r#"{"d":[{"k":"v"}],"e":{"x1":"2"}}"#),
        ("a[b][c][d][e][f]=1", r#"{"a":{"b":{"c":{"d":{"e":{"f":"1"}}}}}}"#),
        // A value that is already a text gets no members.
        ("a=1&a[b]=2", r#"{"a":"1"}"#),
    ] {
        made_of(form_values::as_json, FORM, sent).hold(&[(&as_json("as nested JSON"), expected)]);
    }
    made_of(form_values::as_json, FORM, "b[]=1&a=x").hold(&[
        (&as_json("as sorted, nested JSON"), r#"{"a":"x","b":["1"]}"#),
        ("with the form as PHP's serialize writes its array", r#"a:2:{s:1:"b";a:1:{i:0;s:1:"1";}s:1:"a";s:1:"x";}"#),
        (
            "with the form as PHP's print_r shows its array",
            "Array\n(\n    [b] => Array\n        (\n            [0] => 1\n        )\n\n    [a] => x\n)\n",
        ),
    ]);
}

/// Python's and Node's by the languages themselves; PHP's, Rack's, qs's and jQuery's by their manuals.
#[test]
fn nested_json_becomes_a_form_as_each_language_flattens_it() {
    let how = |who: &str| format!("as a form of its members as {who}, decoded");
    let body = r#"{"b":{"y":[1,2.50,true,null,{"z":false}],"x":"é "},"10":1,"2":null}"#;
    made(nested_forms::of_json, body).are(&[
        (&how("PHP's http_build_query writes it"), &["b[y][0]=1&b[y][1]=2.5&b[y][2]=1&b[y][4][z]=0&b[x]=é &10=1"]),
        (
            "as a form of its members as PHP's http_build_query writes it with PHP_QUERY_RFC3986",
            &["b%5By%5D%5B0%5D=1&b%5By%5D%5B1%5D=2.5&b%5By%5D%5B2%5D=1&b%5By%5D%5B4%5D%5Bz%5D=0&b%5Bx%5D=%C3%A9%20&10=1"],
        ),
        (
            &how("PHP's http_build_query writes it after ksort"),
            &["10=1&b[y][0]=1&b[y][1]=2.5&b[y][2]=1&b[y][4][z]=0&b[x]=é "],
        ),
        (
            &how("Rack's build_nested_query writes it"),
            &["b[y][]=1&b[y][]=2.5&b[y][]=true&b[y][]=&b[y][][z]=false&b[x]=é &10=1&2="],
        ),
        (
            &how("Node's qs writes it"),
            &["2=&10=1&b[y][0]=1&b[y][1]=2.5&b[y][2]=true&b[y][3]=&b[y][4][z]=false&b[x]=é "],
        ),
        (
            &how("jQuery's param writes it"),
            &["2=&10=1&b[y][]=1&b[y][]=2.5&b[y][]=true&b[y][]=&b[y][][z]=false&b[x]=é "],
        ),
        (&how("Node's querystring writes it"), &["2=&10=1&b="]),
        (&how("Python's urlencode writes it"), &["b={'y': [1, 2.5, True, None, {'z': False}], 'x': 'é '}&10=1&2=None"]),
        (&how("Python's urlencode writes it with doseq"), &["b=y&b=x&10=1&2=None"]),
    ]);
    made(nested_forms::of_json, r#"{"l":["x",[1],true,{"k":"v"},2.50],"o":{"p":1},"s":"t"}"#).are(&[
        ("as a form of its members as Node's querystring writes it", &["l=x&l=&l=true&l=&l=2.5&o=&s=t"]),
        (&how("Python's urlencode writes it"), &["l=['x', [1], True, {'k': 'v'}, 2.5]&o={'p': 1}&s=t"]),
        (&how("Python's urlencode writes it with doseq"), &["l=x&l=[1]&l=True&l={'k': 'v'}&l=2.5&o=p&s=t"]),
    ]);
    // What is empty is left out, an empty text and null are not; a list keeps its order.
    made(nested_forms::of_json, r#"{"s":"","a":{},"n":null,"l":[],"b":[{"z":1,"y":2}],"m":[3,1e21]}"#).are(&[
        (&how("Rails' to_query writes it"), &["b[][z]=1&b[][y]=2&m[]=3&m[]=1.0e+21&n=&s="]),
        (
            "as a form of its members as Rails' to_query writes it",
            &["b%5B%5D%5Bz%5D=1&b%5B%5D%5By%5D=2&m%5B%5D=3&m%5B%5D=1.0e%2B21&n=&s="],
        ),
    ]);
    made(nested_forms::of_json, r#"{"n":1e21}"#)
        .are(&[("as a form of its members as PHP's http_build_query writes it", &["n=1.0E%2B21"])]);
    // However long a list is, at most 1,000 pairs are made.
    let long = made(nested_forms::of_json, format!(r#"{{"l":[{}0]}}"#, "1,".repeat(1200)));
    for who in ["PHP's http_build_query", "Python's urlencode", "Rails' to_query"] {
        let text = long.texts(&how(&format!("{who} writes it"))).concat();
        assert!(text.matches('&').count() < 1000 && text.contains('1'), "{who}");
    }
    let names: Vec<String> = (0..1200).map(|at| format!("\"k{at}\":0")).collect();
    let lists = format!(r#"{{"l":[{}[]]}}"#, "[],".repeat(1200));
    for (who, body) in [
        ("Python's urlencode writes it with doseq", format!(r#"{{"l":{{{}}}}}"#, names.join(","))),
        ("Python's urlencode writes it with doseq", lists.clone()),
        ("Node's querystring writes it", lists),
    ] {
        let made = made(nested_forms::of_json, body);
        let written = [how(who), format!("as a form of its members as {who}")];
        let most = written.iter().flat_map(|how| made.texts(how)).map(|text| text.matches('&').count()).max();
        assert_eq!(most, Some(999), "{who}");
    }
}
