//! Texts that look like signatures: how they are read, and where they are found.

use super::super::dress::undressed;
use super::super::families::algorithms as family;
use super::super::places::{algorithms, is_named, is_told, places};
use super::super::token::{Fault, Reading, malformed, token};
use super::made::searched;
use super::*;
use crate::signature::Encoding;

/// Sixteen bytes that no other reading fits.
const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
const SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

#[test]
fn a_text_is_read_in_each_way_that_fits_it() {
    let bytes: Vec<u8> = (200..220).collect();
    let (hex, base64) = (hex::encode(&bytes), STANDARD.encode(&bytes));
    let latin: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let pairs = |between: &str| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between);
    let base32 = data_encoding::BASE32_NOPAD.encode(&bytes[..16]);
    for (text, reading) in [
        (hex.clone(), Reading::Hex),
        (hex.to_uppercase(), Reading::Hex),
        (base64.clone(), Reading::Base64),
        (STANDARD.encode(&hex), Reading::Base64OfHex),
        (STANDARD.encode(format!("{hex}\n")), Reading::Base64OfHex),
        (hex::encode(&base64), Reading::HexOfBase64),
        (pairs("-"), Reading::SpacedHex),
        (pairs(":"), Reading::SpacedHex),
        (pairs(" "), Reading::SpacedHex),
        (STANDARD.encode(&base64), Reading::Base64Twice),
        (STANDARD.encode(&latin), Reading::Base64OfUtf8),
        (base64.replace('/', "%2F").replace('=', "%3D"), Reading::EscapedBase64),
        (format!("{} {}", &base64[..8], &base64[8..]), Reading::WrappedBase64),
        (data_encoding::BASE32.encode(&bytes), Reading::Base32),
        (data_encoding::BASE32.encode(&bytes).to_lowercase(), Reading::Base32),
    ] {
        let read = token(&text, Vec::new(), None).readings;
        assert!(read.iter().any(|(way, read)| *way == reading && read[..] == bytes), "{text} {reading:?}: {read:?}");
        assert!(read.iter().any(|(way, read)| *way == Reading::Text && read[..] == *text.as_bytes()), "{text}");
    }
    // Of 16 bytes base32 has 26 characters at least.
    let ways = |text: &str| token(text, Vec::new(), None).readings.into_iter().map(|(way, _)| way).collect::<Vec<_>>();
    assert_eq!(base32.len(), 26);
    assert!(ways(&base32).contains(&Reading::Base32) && !ways(&base32[..24]).contains(&Reading::Base32));
    // The digits of a hash in hex are no base64, nor is hex in base64 read as base64 in it.
    assert_eq!(ways(&hex), [Reading::Hex, Reading::Text]);
    assert!(!ways(&STANDARD.encode(&hex)).contains(&Reading::Base64Twice));
    assert!(!ways(&pairs("-")[1..]).contains(&Reading::SpacedHex));
    // Plus signs that became spaces.
    let plus = STANDARD.encode([0xfb, 0xef, 0xbe].repeat(6));
    assert!(plus.contains('+'));
    assert!(ways(&plus.replace('+', " ")).contains(&Reading::EscapedBase64));
    assert!(!ways(&plus).contains(&Reading::EscapedBase64) && !ways(&plus).contains(&Reading::WrappedBase64));
    assert_eq!((ways(&"x".repeat(512)).is_empty(), ways(&"x".repeat(513)).is_empty()), (false, true));
}

#[test]
fn a_text_that_is_not_in_the_form_of_the_scheme_is_taken_apart() {
    let (digits, short) = ("ab".repeat(16), "ab".repeat(15) + "a");
    let (near, far) = (format!("{}=x", "a".repeat(16)), format!("{}=x", "a".repeat(17)));
    for (text, value, prefix) in [
        ("sha256=abc", "abc", "sha256="),
        ("v1:abc", "abc", "v1:"),
        ("abcd==", "abcd==", ""),
        ("sig=\"abc\"", "abc", "sig="),
        (&*format!("0x{digits}"), &*digits, "0x"),
        (&format!("0X{digits}"), &digits, "0X"),
        (&format!("0x{short}"), &format!("0x{short}"), ""),
        (&format!("0x{}g", &digits[1..]), &format!("0x{}g", &digits[1..]), ""),
        (&near, "x", &near[..17]),
        (&far, &far, ""),
    ] {
        let found = malformed(text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((&*found[0].text, &found[0].fault), (value, &Some(Fault::Form(prefix.to_owned()))), "{text}");
    }
    // A number that is short enough is taken for the time of the signature.
    for (number, is_time) in [("1700000000", true), ("18446744073709551615", true), ("000000000000000000001", false)] {
        let found = malformed(format!("t={number}, v1=abc;").as_bytes());
        let of_abc = found.iter().find(|one| one.text == "abc").unwrap();
        let expected: Vec<(String, String)> =
            [("timestamp".to_owned(), number.to_owned())].into_iter().filter(|_| is_time).collect();
        assert_eq!((&of_abc.vars, found.len()), (&expected, if is_time { 1 } else { 2 }), "{number}");
    }
    assert_eq!((malformed(&[b'x'; 2048]).len(), malformed(&[b'x'; 2049]).len()), (1, 0));
    assert!(malformed(b"\xff").is_empty() && malformed(b" ,;").is_empty());
}

#[test]
fn eight_signatures_are_read_each_as_it_is_and_without_what_is_around_it() {
    let texts = |count: usize, end: &str| -> Vec<(String, Option<Fault>)> {
        let all = (0..count).map(|at| format!(",v1={}{at}{end}", &SHA1[1..])).collect::<Vec<_>>().concat();
        let headers: Headers = [("Stripe-Signature", format!("t={TIME}{all}"))].into_iter().collect();
        let got = Got { scheme: "stripe", secret: "key".into(), headers, url: URL, body: b"{}" };
        searched(scheme("stripe"), &got, |search| {
            search.tokens.iter().map(|token| (token.text.clone(), token.fault.clone())).collect()
        })
    };
    let plain = |at: usize| format!("{}{at}", &SHA1[1..]);
    // One that can be right is not undressed.
    let text = format!("t=1%37,v1={}", "ab".repeat(32));
    let headers: Headers = [("Stripe-Signature", text)].into_iter().collect();
    let got = Got { scheme: "stripe", secret: "key".into(), headers, url: URL, body: b"{}" };
    searched(scheme("stripe"), &got, |search| assert_eq!(search.tokens.len(), 1, "{:?}", search.tokens));
    // One of the right encoding but of another length is.
    let text = format!("t=1,v1=abcd,x%2Cv1%3D{}", "ab".repeat(32));
    let headers: Headers = [("Stripe-Signature", text)].into_iter().collect();
    let got = Got { scheme: "stripe", secret: "key".into(), headers, url: URL, body: b"{}" };
    searched(scheme("stripe"), &got, |search| {
        let last = search.tokens.last().unwrap();
        assert_eq!((&*last.text, search.tokens.len()), (&*"ab".repeat(32), 2), "{:?}", search.tokens);
    });
    // Around a plain one there is nothing.
    assert_eq!(texts(1, ""), [(plain(0), None)]);
    for count in [1, 7, 8, 9] {
        let found = texts(count, ";");
        let bared: Vec<String> =
            found.iter().filter(|(text, _)| !text.ends_with(';')).map(|one| one.0.clone()).collect();
        assert_eq!(bared[..count.min(8)], (0..count.min(8)).map(plain).collect::<Vec<_>>(), "{found:?}");
        let whole = found.iter().filter(|(text, fault)| text.ends_with(';') && fault.is_none());
        assert_eq!(whole.count(), count.min(8), "{found:?}");
    }
}

#[test]
fn a_signature_is_tried_as_it_is_and_without_what_is_around_it() {
    let (sum, header) = ("ab".repeat(32), "X-Own-Sig");
    let tried = |record: serde_json::Value, fields: &[(&str, String)]| -> Vec<(String, Option<Fault>)> {
        let own = Scheme::from_json(&record).unwrap();
        let headers: Headers = fields.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
        let got = Got { scheme: "github", secret: "key".into(), headers, url: URL, body: b"{}" };
        searched(&own, &got, |search| {
            search.tokens.iter().map(|token| (token.text.clone(), token.fault.clone())).collect()
        })
    };
    let bare = serde_json::json!({"header": header});
    let around = |before: &str, after: &str| Some(Fault::Around(before.to_owned(), after.to_owned()));
    for (text, less) in [
        (sum.clone(), None),
        (format!("\"{sum}\""), around("\"", "\"")),
        (format!("{sum};"), around("", ";")),
        (format!("HMAC-SHA256 {sum}"), around("HMAC-SHA256 ", "")),
        // Nothing is left of these.
        ("\"".to_owned(), None),
        ("\"\"".to_owned(), None),
    ] {
        let mut expected = vec![(text.clone(), None)];
        expected.extend(less.map(|fault| (sum.clone(), Some(fault))));
        let all = tried(bare.clone(), &[(header, text.clone())]);
        let of_form: Vec<_> = all.into_iter().filter(|(_, fault)| !matches!(fault, Some(Fault::Dressed(_)))).collect();
        assert_eq!(of_form, expected, "{text}");
    }
    // What can be the signature as it is is not undressed.
    let (base64, inner) = (serde_json::json!({"header": header, "encoding": "base64"}), "k".repeat(32));
    let usable = STANDARD.encode(&inner);
    assert_eq!(tried(base64.clone(), &[(header, usable.clone())]), [(usable, None)]);
    let twice = STANDARD.encode(STANDARD.encode(&inner));
    let dressed = tried(base64, &[(header, twice)]);
    assert!(
        dressed.contains(&(STANDARD.encode(&inner), Some(Fault::Dressed("encoded in base64 as a whole")))),
        "{dressed:#?}"
    );
    // No more than 24 are tried in all.
    let many = serde_json::json!({"signature": {"from": "header:X-Own-*", "items": ["v1={signature}"]}});
    let names: Vec<String> = (0..9).map(|at| format!("X-Own-{at}")).collect();
    let fields: Vec<(&str, String)> = names.iter().map(|name| (name.as_str(), [sum.as_str(); 4].join(" "))).collect();
    assert_eq!(tried(many, &fields).len(), 24);
}

#[test]
fn a_signature_in_no_known_place_is_taken_for_one_with_the_time_beside_it() {
    for (time, over) in [(None, "{body}"), (Some(TIME), "{timestamp}.{body}")] {
        let signed = time.map_or("{}".to_owned(), |time| format!("{time}.{{}}"));
        let mac = hex::encode(compute(Algorithm::HmacSha256, b"key", signed.as_bytes()).unwrap());
        let value = time.map_or_else(|| format!("v1={mac}"), |time| format!("t={time},v1={mac}"));
        let headers: Headers = [("X-Own-Sig", value)].into_iter().collect();
        let request = SignedRequest {
            method: "POST",
            url: URL,
            headers: &headers,
            body: b"{}",
            received_at: Timestamp::from_secs(1_700_000_001),
        };
        let found = diagnose_unknown(catalogue(), &request, &[secret("live", " key ")]);
        names(&found, "secret_whitespace", over);
        assert!(found[0].sentence.starts_with("Taken for a signature in "), "{found:#?}");
        let record = found[0].custom_scheme.as_ref().unwrap();
        assert_eq!(record.get("signed").and_then(serde_json::Value::as_str).unwrap_or("{body}"), over);
    }
}

#[test]
fn what_is_there_twice_is_all_that_is_said() {
    let sent = Sent::new("slack", b"key", b"{}");
    for (name, value) in [("X-Slack-Signature", "v0=00"), ("x-slack-request-timestamp", TIME)] {
        let mut headers = sent.headers();
        headers.push(name, value);
        let found = Got { scheme: "slack", secret: "key".into(), headers, url: URL, body: b"{}" }.diagnose();
        let [only] = &found[..] else { panic!("{found:#?}") };
        assert_eq!((only.code, only.verifies), ("signature_repeated", true));
        assert!(only.sentence.contains("is there twice"), "{}", only.sentence);
        let fix = "once; look for a proxy or a middleware that adds a second one, or for a forged one.";
        assert!(only.fix.starts_with("Send the header X-Slack-") && only.fix.ends_with(fix), "{}", only.fix);
    }
}

#[test]
fn a_dressed_up_text_is_undressed() {
    let (github, stripe) = (scheme("github"), scheme("stripe"));
    for (of, text, how, inner) in [
        (github, "\"a=b\";", "in quotes", "a=b"),
        (github, "a%3Db", "with percent escapes", "a=b"),
        (github, "a&#x3D;b&#43;c&quot;", "with HTML entities", "a=b+c"),
        (github, "a\\u003db\\x2fc", "with backslash escapes", "a=b/c"),
        (github, "a=b'c'", "as Python shows bytes (`b'…'`)", "a=c"),
        (github, "['a=b']", "as a list of one", "a=b"),
        (github, "YT1i", "encoded in base64 as a whole", "a=b"),
        (github, "YSBi", "encoded in base64 as a whole", "a b"),
        (github, "a =\tb", "with white space in it", "a=b"),
        (github, "X-Sig-1: a=b", "with the header's name before it", "a=b"),
        (github, "<a=b>", "in brackets", "a=b"),
        (github, r#"{"a":"b","n":1,"z":null}"#, "as JSON", "a=b,n=1"),
        (github, r#"{"a":"b","n":1}"#, "as JSON", "n=1"),
        (github, r#"{"a":"b","n":1}"#, "as JSON", "b"),
        (github, r#"["a=b",2]"#, "as JSON", "2"),
        (github, r#""a\u003db""#, "as JSON", "a=b"),
        (github, "a=b, c=d", "joined with another one by a comma", "c=d"),
        (stripe, r#"{"t":"1","v1":"b"}"#, "as JSON", "t=1,v1=b"),
    ] {
        let found = undressed(text, of);
        assert!(found.iter().any(|one| *one == (how, inner.to_owned())), "{text} {how}: {found:?}");
    }
    for (of, text, how) in [
        (github, "YQFi", "encoded in base64 as a whole"),
        (github, "not a name: b", "with the header's name before it"),
        (github, "a=b", "joined with another one by a comma"),
        // It splits at commas itself.
        (stripe, "t=1,v1=b", "joined with another one by a comma"),
    ] {
        let found = undressed(text, of);
        assert!(found.iter().all(|one| one.0 != how), "{text} {how}: {found:?}");
    }
    // The text itself, nothing, and what is known already are left out.
    let found = undressed("''", github);
    assert!(found.iter().all(|(_, inner)| !inner.is_empty() && inner != "''"), "{found:?}");
    let found = undressed("\"a\"", github);
    assert_eq!(found.iter().filter(|(_, inner)| inner == "a").count(), 1, "{found:?}");
    let joined = (0..6).map(|at| format!("p{at}")).collect::<Vec<_>>().join(",");
    assert_eq!(undressed(&joined, github).iter().filter(|(how, _)| how.starts_with("joined")).count(), 4);
    // Of a large object only the first members.
    let members = (0..12).map(|at| format!("\"n{at}\":\"v{at}\"")).collect::<Vec<_>>().join(",");
    let found = undressed(&format!("{{{members}}}"), github);
    let has = |value: &str| found.iter().any(|(_, inner)| inner == value);
    assert_eq!([has("v0"), has("v7"), has("v8")], [true, true, false], "{found:?}");
    let long = |count: usize| format!("\"{}\"", "x".repeat(count - 2));
    assert_eq!((undressed(&long(2048), github).is_empty(), undressed(&long(2049), github).is_empty()), (false, true));
}

#[test]
fn the_algorithm_of_a_digest_is_known_by_its_length() {
    for (length, expected) in [
        (16, Some(Algorithm::HmacMd5)),
        (20, Some(Algorithm::HmacSha1)),
        (28, Some(Algorithm::HmacSha224)),
        (32, Some(Algorithm::HmacSha256)),
        (48, Some(Algorithm::HmacSha384)),
        (64, Some(Algorithm::HmacSha512)),
        (15, None),
        (33, None),
    ] {
        assert_eq!(algorithms(length).first().copied(), expected, "{length}");
    }
    // By mistake another algorithm of the family is used, as far as a token has its length; the own one comes first.
    let tokens =
        |lengths: &[usize]| lengths.iter().map(|&n| token(&"ab".repeat(n), Vec::new(), None)).collect::<Vec<_>>();
    let (sha256, equal) = (scheme("github"), scheme("gitlab"));
    assert_eq!(family(sha256, &tokens(&[20, 32])), [Algorithm::HmacSha256, Algorithm::HmacSha1]);
    assert_eq!(family(sha256, &tokens(&[64])), [Algorithm::HmacSha512]);
    assert_eq!(family(sha256, &[token(&"é".repeat(16), Vec::new(), None)]), []);
    assert_eq!(family(equal, &[token("any text", Vec::new(), None)]), [Algorithm::Equal]);
}

#[test]
fn a_secret_is_told_where_it_is_long_or_the_place_is_called_so() {
    for (secret, name, expected) in [
        ("12345678", "X-Note", true),
        ("1234567", "X-Note", false),
        ("1234567", "X-Auth", true),
        ("1234567", "X-Webhook", true),
        ("1234567", "X-My-Signature", true),
    ] {
        assert_eq!(is_told(secret, name), expected, "{secret} {name}");
    }
    assert!(is_named("X-HMAC") && is_named("Content-Digest") && !is_named("X-Note"));
}

type Place<'t> = (&'t str, &'t str, &'t str, Option<&'t str>, Option<&'t str>, char);

/// What is found in a header, if anything: source, text, prefix, item, the time's item, separator.
fn in_header(name: &str, value: &str, check: impl FnOnce(Option<Place<'_>>)) {
    let headers: Headers = [(name.to_owned(), value.to_owned())].into_iter().collect();
    let request =
        SignedRequest { method: "POST", url: URL, headers: &headers, body: b"", received_at: Timestamp::default() };
    let found = places(&request);
    check(found.first().map(|one| {
        let (item, time) = (one.item.as_deref(), one.time_item.as_deref());
        (&*one.source, &*one.text, &*one.prefix, item, time, one.separator)
    }));
}

#[test]
fn a_signature_is_found_in_a_header_by_its_form() {
    let base64 = STANDARD.encode(hex::decode(SHA1).unwrap());
    let long_prefix = |length: usize| format!("{}={SHA1}", "p".repeat(length - 1));
    for (name, value, expected) in [
        ("X-Any", SHA1.to_owned(), Some((SHA1, "", None, None))),
        ("X-Any", base64.clone(), Some((&*base64, "", None, None))),
        // Sixteen bytes may be an id, unless their place's name suggests a signature.
        ("X-Any", MD5.to_owned(), None),
        ("X-Any-Sig", MD5.to_owned(), Some((MD5, "", None, None))),
        ("X-Any-Sig", MD5[2..].to_owned(), None),
        ("X-Any", format!("{SHA1}00"), None),
        ("X-Any", format!("sha1={SHA1}"), Some((SHA1, "sha1=", None, None))),
        ("X-Any", format!("HMAC {SHA1}"), Some((SHA1, "HMAC ", None, None))),
        ("X-Any", long_prefix(24), Some((SHA1, &"p".repeat(23), None, None))),
        ("X-Any", long_prefix(25), None),
        ("X-Any", format!("{{}}={SHA1}"), None),
        ("X-Any", format!("t=1000000001,v1={SHA1}"), Some((SHA1, "", Some("v1"), Some("t")))),
        ("X-Any", format!("t=1000000000,v1={SHA1}"), Some((SHA1, "", Some("v1"), None))),
        ("X-Any", format!("t=1700000000; v1={SHA1}"), Some((SHA1, "", Some("v1"), Some("t")))),
        ("X-Any", format!("v1={SHA1}&t=1700000000"), Some((SHA1, "", Some("v1"), Some("t")))),
        ("X-Any", format!("t=1700000000,{{v}}={SHA1}"), None),
        ("X-Any", format!("{{t}}=1700000000,v1={SHA1}"), Some((SHA1, "", Some("v1"), None))),
        ("X-Any", "t=1700000000,v1=none".to_owned(), None),
        ("ETag", SHA1.to_owned(), None),
        ("X-Request-Id", SHA1.to_owned(), None),
        ("X:Any", SHA1.to_owned(), None),
        (&"x".repeat(100), SHA1.to_owned(), Some((SHA1, "", None, None))),
        (&"x".repeat(101), SHA1.to_owned(), None),
    ] {
        let with_prefix = |prefix: &str| if prefix.starts_with('p') { format!("{prefix}=") } else { prefix.to_owned() };
        in_header(name, &value, |found| {
            let got = found.map(|(_, text, prefix, item, time, _)| (text, prefix.to_owned(), item, time));
            let expected = expected.map(|(text, prefix, item, time)| (text, with_prefix(prefix), item, time));
            assert_eq!(got, expected, "{name}: {value}");
            assert!(found.is_none_or(|(source, ..)| source == format!("header:{name}")));
        });
    }
    for separator in [',', ';', '&', ' '] {
        let value = format!("t=1700000000{separator}v1={SHA1}");
        in_header("X-Any", &value, |found| assert_eq!(found.map(|found| found.5), Some(separator), "{value}"));
    }
    // A longer text is none.
    for (blanks, is_found) in [(512 - 44, true), (513 - 44, false)] {
        let value = format!("a=b,{}v={}", " ".repeat(blanks - 2), SHA1);
        in_header("X-Any", &value, |found| assert_eq!(found.is_some(), is_found, "{}", value.len()));
    }
}

#[test]
fn signatures_are_found_in_the_query_in_forms_and_in_members_those_that_are_called_so_first() {
    let sources = |url: &str, kind: &str, body: &[u8]| -> Vec<String> {
        let headers: Headers = [("Content-Type", kind.to_owned()), ("X-Any", SHA1.to_owned())].into_iter().collect();
        let request = SignedRequest { method: "POST", url, headers: &headers, body, received_at: Timestamp::default() };
        places(&request).into_iter().map(|found| found.source).collect()
    };
    let form = "application/x-www-form-urlencoded";
    let (query, signed) = (format!("https://h/?a=b&hmac={SHA1}"), format!("a=b&sig={SHA1}"));
    assert_eq!(sources(&query, "", b""), ["query:hmac", "header:X-Any"]);
    assert_eq!(sources("https://h/", form, signed.as_bytes()), ["form:sig", "header:X-Any"]);
    assert_eq!(sources("https://h/", "text/plain", signed.as_bytes()), ["header:X-Any"]);
    let member = |path: &str| format!(r#" {{"any":"{SHA1}","b":{path}}}"#);
    let deep = |depth: usize| {
        let open = r#"{"k~/":"#.repeat(depth);
        member(&format!(r#"{open}{{"sign":"{SHA1}"}}{}"#, "}".repeat(depth)))
    };
    assert_eq!(sources("https://h/", "", deep(0).as_bytes()), ["json:/b/sign", "header:X-Any"]);
    assert_eq!(sources("https://h/", "", deep(1).as_bytes()), ["json:/b/k~0~1/sign", "header:X-Any"]);
    assert_eq!(sources("https://h/", "", deep(2).as_bytes()).len(), 2);
    assert_eq!(sources("https://h/", "", deep(3).as_bytes()).len(), 1);
    // Of many members only the first ones are examined.
    let many = |before: usize| {
        format!(r#"{{{}"sign":"{SHA1}"}}"#, (0..before).map(|at| format!("\"m{at}\":1,")).collect::<Vec<_>>().concat())
    };
    assert_eq!(sources("https://h/", "", many(199).as_bytes()).len(), 2);
    assert_eq!(sources("https://h/", "", many(200).as_bytes()).len(), 1);
    // Larger bodies are not searched.
    for (length, count) in [(64 << 10, 2), ((64 << 10) + 1, 1)] {
        let json = format!(r#"{{"sign":"{SHA1}"}}"#);
        let json = format!("{}{json}", " ".repeat(length - json.len()));
        assert_eq!(sources("https://h/", "", json.as_bytes()).len(), count, "{length}");
        let form_body = format!("{signed}&{}", "x".repeat(length - signed.len() - 1));
        assert_eq!(sources("https://h/", form, form_body.as_bytes()).len(), count, "{length}");
    }
}

#[test]
fn how_digests_are_written_and_how_long_they_are_is_told_of_each_place() {
    let headers: Headers = [("X-Sig", SHA1.to_owned()), ("X-Mac", STANDARD.encode([7; 32]))].into_iter().collect();
    let request =
        SignedRequest { method: "POST", url: URL, headers: &headers, body: b"", received_at: Timestamp::default() };
    let found: Vec<(Encoding, usize)> = places(&request).iter().map(|one| (one.encoding, one.length)).collect();
    assert_eq!(found, [(Encoding::Hex, 20), (Encoding::Base64, 32)]);
}
