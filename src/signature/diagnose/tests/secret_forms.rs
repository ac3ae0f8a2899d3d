//! What a secret may have become on its way into a setting: each form is what its words say.

use super::super::secret_variant::{Made, Variant};
use super::super::{secret_clutter, secret_forms};

/// What the forms of that code make of a secret: the words, and the key's bytes.
fn made(code: &str, secret: &str) -> Vec<(String, Vec<u8>)> {
    let forms = secret_forms::FORMS.iter().chain(secret_clutter::FORMS).filter(|form| form.code == code);
    let key = |made: Made| match made {
        Made::Text(text) => text.into_bytes(),
        Made::Bytes(bytes) => bytes,
    };
    let parts = |Variant { how, key: made }: Variant| (how, key(made));
    forms.flat_map(|form| (form.make)(secret)).map(parts).collect()
}

/// Each of these words has exactly this key, or none.
#[track_caller]
fn are(code: &str, rows: &[(&str, &str, Option<&str>)]) {
    for (secret, how, expected) in rows {
        let all = made(code, secret);
        let mut keys: Vec<String> = all
            .iter()
            .filter(|(words, _)| words == how)
            .map(|(_, key)| String::from_utf8(key.clone()).unwrap_or_else(|_| hex::encode(key)))
            .collect();
        // Some are tried as a text and as the key itself.
        keys.dedup();
        let words: Vec<&str> = all.iter().map(|(words, _)| words.as_str()).collect();
        let expected: Vec<&str> = expected.iter().copied().collect();
        assert_eq!(keys, expected, "{secret:?} {how}, of: {}", words.join(" | "));
    }
}

/// One of the keys with these words is this one.
#[track_caller]
fn hold(code: &str, rows: &[(&str, &str, &str)]) {
    for (secret, how, expected) in rows {
        let all = made(code, secret);
        let is_it = |(words, key): &(String, Vec<u8>)| words == how && *key == expected.as_bytes();
        assert!(all.iter().any(is_it), "{secret:?} {how}: {:?}", all.iter().map(|(how, _)| how).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_around_a_secret_is_taken_away() {
    are(
        "secret_whitespace",
        &[
            ("\u{feff} a b\u{ad}\n", "without the white space around it", Some("a b")),
            (" a b\u{ad}c\n", "without the white space in it", Some("abc")),
        ],
    );
    are(
        "secret_quotes",
        &[
            (" “x” ", "without the quotes around it", Some("x")),
            ("'x'", "in double quotes", Some("\"x\"")),
            ("x", "with a double quote after it", Some("x\"")),
            ("&quot;x&#39;", "with its HTML entities decoded", Some("\"x'")),
            ("&lt;x&amp;y&gt;", "without the marks around it", Some("x&y")),
            ("(_x_)", "without the marks around it", Some("_x_")),
            ("(_x_)", "without the marks and underscores around it", Some("x")),
        ],
    );
    are("secret_newline", &[("x\r\n", "and a newline before it", Some("\nx"))]);
    hold("secret_newline", &[("x\r\n", "and a trailing newline", "x\n"), ("x\r\n", "and a trailing newline", "x\r\n")]);
    are("secret_space", &[(" x ", "and spaces around it", Some(" x ")), ("x", "and a tab after it", Some("x\t"))]);
    are(
        "secret_auth_scheme",
        &[
            ("bearer tok", "without `bearer` before it", Some("tok")),
            ("Basic dTpw", "without `Basic` before it", Some("dTpw")),
            ("Basic dTpw", "decoded from its Basic credentials", Some("u:p")),
            ("Other dTpw", "without `Other` before it", None),
            ("Other dTpw", "decoded from its Basic credentials", None),
            ("u:p", "as Basic credentials", Some("Basic dTpw")),
            ("tok", "and `Token` before it", Some("Token tok")),
        ],
    );
}

#[test]
fn the_name_before_a_secret_is_taken_away() {
    hold(
        "secret_assignment",
        &[
            ("export NAME=\"v1\";", "without `export NAME=` before it", "v1"),
            ("- name: value", "without `- name: ` before it", "value"),
            ("KEY=v # mine", "without `KEY=` before it", "v # mine"),
            ("KEY=v # mine", "without `KEY=` before it", "v"),
            ("KEY='v' # mine", "without `KEY=` before it", "v"),
            ("$env:KEY = v", "without `$env:KEY = ` before it", "v"),
            ("KEY=a=b", "without `KEY=` before it", "a=b"),
            ("KEY: =b", "without `KEY: ` before it", "=b"),
            ("export KEY = \"v\"", "without `export KEY = ` before it", "v"),
            ("x", "and `SECRET = ` before it", "SECRET = x"),
            (r#"{"a":["one",{"b":"two"}],"n":1}"#, "as a value of the JSON that it is in", "one"),
            (r#"{"a":["one",{"b":"two"}],"n":1}"#, "as a value of the JSON that it is in", "two"),
            ("https://u:p@x.example/h/last/?a=1&b=x%20y#z", "as a parameter of the URL that it is in", "x y#z"),
            ("https://x.example/#k=v", "as a parameter of the URL that it is in", "v"),
            ("https://u:p@x.example/h/last/?a=1", "as the last part of the URL that it is in", "last"),
            ("https://u:p@x.example/h", "as the password of the URL that it is in", "p"),
        ],
    );
    are(
        "secret_assignment",
        &[
            ("a b c d e", "without `a b c ` before it", Some("d e")),
            ("a b c d e", "without `a b c d ` before it", None),
            ("9x=1", "without `9x=` before it", None),
            ("=value", "without `=` before it", None),
            ("plain", "as the last part of the URL that it is in", None),
            ("https://u@x.example/h", "as the password of the URL that it is in", None),
            ("\"x\" # mine", "without the comment after it", Some("x")),
            ("x // mine", "without the comment after it", Some("x")),
        ],
    );
    let many = |count: usize| {
        let json = serde_json::to_string(&(0..count).map(|at| format!("v{at}")).collect::<Vec<_>>()).unwrap();
        made("secret_assignment", &json).into_iter().filter(|(how, _)| how.contains("of the JSON")).count()
    };
    assert_eq!((many(7), many(8), many(9)), (7, 8, 8));
}

#[test]
fn a_secret_is_cut_as_settings_files_cut_it() {
    let sent = "ab c#d $e&f;g\"h\ni #j";
    are(
        "secret_cut",
        &[
            (sent, "up to its first `#`", Some("ab c")),
            (sent, "up to its first ` #`", Some("ab c#d $e&f;g\"h\ni")),
            (sent, "up to its first `$`", Some("ab c#d")),
            (sent, "up to its first space", Some("ab")),
            (sent, "up to its first `&`", Some("ab c#d $e")),
            (sent, "up to its first `;`", Some("ab c#d $e&f")),
            (sent, "up to its first quote", Some("ab c#d $e&f;g")),
            (sent, "up to its first newline", Some("ab c#d $e&f;g\"h")),
            ("#abc", "up to its first `#`", None),
            ("abc", "up to its first `#`", None),
            ("p$na_1-x", "with its `$` taken for a variable", Some("p-x")),
            ("p${na_1}x", "with its `$` taken for a variable", Some("px")),
            ("p$-x", "with its `$` taken for a variable", Some("p-x")),
            ("a$$b", "with `$$` for its `$`", Some("a$$$$b")),
            ("a$$b", "with one `$` for `$$`", Some("a$b")),
            ("abc", "without its last character", Some("ab")),
            ("abc", "without its first character", Some("bc")),
            ("x", "without its last character", None),
            ("x", "without its first character", None),
            ("", "without its last character", None),
            ("a=b=c", "up to its first `=`", Some("a")),
            ("a=b=c", "up to its last `=`", Some("a=b")),
            ("ab==", "without the `=` at its end", Some("ab")),
            ("ab", "with a `=` at its end", Some("ab=")),
            ("ab", "with `==` at its end", Some("ab==")),
            (&"x".repeat(16), "when only its first 16 characters are taken", None),
            (&"x".repeat(17), "when only its first 16 characters are taken", Some(&"x".repeat(16))),
            (&"x".repeat(130), "when only its first 128 characters are taken", Some(&"x".repeat(128))),
        ],
    );
    are(
        "secret_part",
        &[
            ("abcd,xyz", "when only a part of it is taken", Some("abcd")),
            ("a|b|c|d|e|f|g|eight", "when only a part of it is taken", Some("eight")),
            ("a|b|c|d|e|f|g|h|nine", "when only a part of it is taken", None),
            ("abcdef", "when only a part of it is taken", None),
        ],
    );
}

#[test]
fn a_prefix_is_taken_away_or_put_before_a_secret() {
    let (near, far) = (format!("{}_x", "a".repeat(15)), format!("{}_x", "a".repeat(16)));
    are(
        "secret_prefix",
        &[
            ("sk_live_ab_cd_ef", "without `sk_` before it", Some("live_ab_cd_ef")),
            ("sk_live_ab_cd_ef", "without `sk_live_` before it", Some("ab_cd_ef")),
            ("sk_live_ab_cd_ef", "without `sk_live_ab_` before it", Some("cd_ef")),
            ("sk_live_ab_cd_ef", "without `sk_live_ab_cd_` before it", None),
            (&near, &format!("without `{}` before it", &near[..16]), Some("x")),
            (&far, &format!("without `{}` before it", &far[..17]), None),
            ("x", "and `whsec_` before it", Some("whsec_x")),
            ("x", "and `sk_live_` before it", Some("sk_live_x")),
        ],
    );
    are(
        "secret_as_text",
        &[
            (" whsec_ab_c ", "taken as plain text", Some("whsec_ab_c")),
            ("whsec_ab_c", "taken as plain text without its prefix", Some("ab_c")),
            ("v1,whsec_ab", "taken as plain text without its prefix", Some("ab")),
            ("sk_live_ab", "taken as plain text without its prefix", Some("ab")),
            (&near, "taken as plain text without its prefix", Some("x")),
            (&far, "taken as plain text without its prefix", None),
            ("ab", "taken as plain text without its prefix", None),
        ],
    );
}

#[test]
fn a_secret_is_decoded_once_or_twice() {
    let trimmed = "decoded from base64, without the white space around it";
    are(
        "secret_as_base64",
        &[
            ("ICBhYgo=", "decoded from base64", Some("  ab\n")),
            ("ICBhYgo=", trimmed, Some("ab")),
            ("YWI=", trimmed, None),
            ("whsec_YWI=", "decoded from base64 without its prefix", Some("ab")),
            ("WVdJPQo=", "decoded from base64 twice", Some("ab")),
            ("YWI=", "decoded from base64 twice", Some("i")),
            ("NjE2Mg==", "decoded from base64 and then from hex", Some("ab")),
            ("", "decoded from base64", None),
        ],
    );
    are(
        "secret_as_hex",
        &[
            ("0x6162", "decoded from hex", Some("ab")),
            ("sk_6162", "decoded from hex without its prefix", Some("ab")),
            ("616", "decoded from hex", None),
        ],
    );
    are("secret_case", &[("aBc", "in lower case", Some("abc")), ("aBc", "in upper case", Some("ABC"))]);
    are(
        "secret_escaped",
        &[
            ("a%20b", "with its percent escapes decoded", Some("a b")),
            ("a\\tb\\u0021", "with its backslash escapes decoded", Some("a\tb!")),
            ("a\\q", "with its backslash escapes decoded", None),
            ("a\\b", "without its backslashes", Some("ab")),
            ("x", "and a backslash and an n after it", Some("x\\n")),
        ],
    );
    are(
        "secret_unicode",
        &[
            ("e\u{301}", "in composed Unicode form", Some("é")),
            ("é", "in decomposed Unicode form", Some("e\u{301}")),
            ("\u{fb01}", "in compatible Unicode form", Some("fi")),
            ("é", "in Latin-1", Some("e9")),
            ("Ж", "in Latin-1", None),
        ],
    );
}

#[test]
fn a_secret_is_written_with_other_characters() {
    let uuid = "0F3A9C5E-7B1D-2F4A-6C8E-001122334455";
    let plain = "0F3A9C5E7B1D2F4A6C8E001122334455";
    let (dashed, braced) = (uuid.to_lowercase(), format!("{{{}}}", uuid.to_lowercase()));
    are(
        "secret_characters",
        &[
            (uuid, "without its dashes", Some(plain)),
            (uuid, "without its dashes, decoded from hex", Some(&plain.to_lowercase())),
            (plain, "written as a UUID with dashes", Some(&dashed)),
            (plain, "written as a UUID in braces", Some(&braced)),
            (&plain[1..], "written as a UUID with dashes", None),
            (&plain.replace('F', "G"), "written as a UUID with dashes", None),
            ("a-b_c", "with `-` for `_`", Some("a-b-c")),
            ("a-b_c", "with `_` for `-`", Some("a_b_c")),
            ("a+b", "with spaces for `+`", Some("a b")),
            ("a-b", "with `–` for `-`", Some("a–b")),
            ("a--b", "with `—` for `--`", Some("a—b")),
            ("a–b—c", "with `-` for `–` or `—`", Some("a-b-c")),
            ("a_b", "with spaces for `_`", Some("a b")),
            ("a...", "with `…` for `...`", Some("a…")),
            ("a-b!é", "without what is no letter or digit", Some("ab")),
            ("abc", "backwards", Some("cba")),
            ("x", "and a `-` before it", Some("- x")),
        ],
    );
    are(
        "secret_doubled",
        &[
            ("abab", "once: it is there twice", Some("ab")),
            ("abac", "once: it is there twice", None),
            ("", "once: it is there twice", None),
        ],
    );
    hold(
        "secret_doubled",
        &[("ab", "twice, one after the other", "abab"), ("ab", "twice, one after the other", "ab,ab")],
    );
}

/// By Python's `base64` and `hashlib`.
#[test]
fn a_secret_is_encoded_or_hashed() {
    are(
        "secret_encoded",
        &[
            ("a?>~é", "encoded in base64", Some("YT8+fsOp")),
            ("a?>~é", "encoded in base64url", Some("YT8-fsOp")),
            ("ab", "encoded in base64 without padding", Some("YWI")),
            ("ab", "encoded in base64url with padding", Some("YWI=")),
            ("ab", "encoded in base64url", Some("YWI")),
            ("ab\n", "and a trailing newline, encoded in base64", Some("YWIK")),
            ("aJ", "encoded in hex", Some("614a")),
            ("aJ", "encoded in upper-case hex", Some("614A")),
            ("a b/", "with percent escapes", Some("a%20b%2F")),
            ("a\"", "as a JSON string", Some("\"a\\\"\"")),
            ("ab", "and a zero byte after it", Some("ab\0")),
            ("whsec_YWI=", "decoded from base64 and encoded in hex", Some("6162")),
            ("v1,whsec_YWI=", "decoded from base64 and encoded in hex", Some("6162")),
            ("v1,whsec_", "decoded from base64 and encoded in hex", None),
            ("whsec_ab", "encoded in base64 without its prefix", Some("YWI=")),
            ("ab", "in UTF-16", Some("a\0b\0")),
            ("ab", "in UTF-16, high bytes first", Some("\0a\0b")),
            ("ab", "in UTF-16 with a byte order mark", Some("fffe61006200")),
            ("ab", "in UTF-16, high bytes first, with a byte order mark", Some("feff00610062")),
            ("ab", "encoded in base64, and a newline after that", Some("YWI=\n")),
            ("ab", "and a newline, encoded in base64, and a newline after that", Some("YWIK\n")),
            ("ab", "encoded in base64 twice", Some("WVdJPQ==")),
            ("ab", "encoded in hex with `0x` before it", Some("0x6162")),
            ("ab", "and a newline, encoded in hex", Some("61620a")),
            ("ab", "encoded in hex, in base64", Some("NjE2Mg==")),
        ],
    );
    are(
        "secret_hashed",
        &[
            (
                "s3cret",
                "hashed with SHA-256, in hex",
                Some("1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"),
            ),
            ("s3cret", "hashed with SHA-1, in hex", Some("fef341f85d87439e7d91a2d465b9871ef66b5e98")),
            ("s3cret", "hashed with MD5, in hex", Some("33e1b232a4e6fa0028a6670753749a17")),
            (
                "s3cret",
                "hashed with SHA-512, in hex",
                Some(
                    "95c89addde506357ec5efd0ee41ac241efd6fb1009a7680c1501ea8170342b8cbf0f2d938b56295490f19f1fc5fa28d09b1584eaa09c9a6b2f777623299cd521",
                ),
            ),
            (
                "s3cret",
                "hashed with SHA-384, in hex",
                Some(
                    "2609e3542fc8f4bb07410e21eeb3e6dc87ef50741976c0c4563bd53bb3c36cf0c8cf6fefe698e756a1c98b950a6fb392",
                ),
            ),
            ("s3cret", "hashed with SHA-256", Some("1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0")),
            ("s3cret", "hashed with SHA-1", Some("fef341f85d87439e7d91a2d465b9871ef66b5e98")),
            ("s3cret", "hashed with MD5", Some("33e1b232a4e6fa0028a6670753749a17")),
            (
                "s3cret",
                "hashed with SHA-512",
                Some(
                    "95c89addde506357ec5efd0ee41ac241efd6fb1009a7680c1501ea8170342b8cbf0f2d938b56295490f19f1fc5fa28d09b1584eaa09c9a6b2f777623299cd521",
                ),
            ),
            (
                "s3cret",
                "hashed with SHA-256, in upper-case hex",
                Some("1EC1C26B50D5D3C58D9583181AF8076655FE00756BF7285940BA3670F99FCBA0"),
            ),
            ("s3cret", "hashed with SHA-1, in upper-case hex", Some("FEF341F85D87439E7D91A2D465B9871EF66B5E98")),
            ("s3cret", "hashed with MD5, in upper-case hex", Some("33E1B232A4E6FA0028A6670753749A17")),
            (
                "s3cret",
                "hashed with SHA-512, in upper-case hex",
                Some(
                    "95C89ADDDE506357EC5EFD0EE41AC241EFD6FB1009A7680C1501EA8170342B8CBF0F2D938B56295490F19F1FC5FA28D09B1584EAA09C9A6B2F777623299CD521",
                ),
            ),
            ("s3cret", "hashed with SHA-256, in base64", Some("HsHCa1DV08WNlYMYGvgHZlX+AHVr9yhZQLo2cPmfy6A=")),
            ("s3cret", "hashed with SHA-1, in base64", Some("/vNB+F2HQ559kaLUZbmHHvZrXpg=")),
            ("s3cret", "hashed with MD5, in base64", Some("M+GyMqTm+gAopmcHU3SaFw==")),
            (
                "s3cret",
                "hashed with SHA-512, in base64",
                Some("lcia3d5QY1fsXv0O5BrCQe/W+xAJp2gMFQHqgXA0K4y/Dy2Ti1YpVJDxnx/F+ijQmxWE6qCcmmsvd3YjKZzVIQ=="),
            ),
            (
                "s3cret",
                "and a newline, hashed with SHA-256, in hex",
                Some("82ba9d712d21dc7585dd6a1f29790679985547f009baee10ea2e3edd41ce957d"),
            ),
            ("s3cret", "and a newline, hashed with SHA-1, in hex", Some("0ac54306d30bd5d6f7e72458969c2166d84c4a15")),
            ("s3cret", "and a newline, hashed with MD5, in hex", Some("17a924fe236ecfe992493fc857c5e85d")),
        ],
    );
}

#[test]
fn of_what_a_pasted_text_holds_the_first_eight_values_are_tried() {
    let listed = |secret: &str, how: &str| {
        let mut keys: Vec<Vec<u8>> = made("secret_assignment", secret)
            .into_iter()
            .filter(|(words, _)| words == how)
            .map(|(_, key)| key)
            .collect();
        keys.dedup();
        keys
    };
    let eight: Vec<Vec<u8>> = (0..8).map(|number| format!("v{number}").into_bytes()).collect();
    let json = r#"[["v0","v1"],{"a":["v2"],"b":"v3"},["v4","v5","v6","v7","v8"],"v9"]"#;
    assert_eq!(listed(json, "as a value of the JSON that it is in"), eight);
    let query: Vec<String> = (0..10).map(|number| format!("k{number}=v{number}")).collect();
    let url = format!("https://x.example/?{}", query.join("&"));
    assert_eq!(listed(&url, "as a parameter of the URL that it is in"), eight);
}
