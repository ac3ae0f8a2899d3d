//! What is said when nothing verifies; and signatures that are hashes of others, cut off, or the secret itself.

use super::*;

const SECRET: &str = "Zk9-pQ2_r7T";
const BODY: &[u8] = br#"{"id":"evt_9"}"#;

/// A scheme with its signature in a header, made by this algorithm.
fn by(algorithm: &str, encoding: &str) -> &'static Scheme {
    let record = serde_json::json!({"header": "X-Own-Sig", "algorithm": algorithm, "encoding": encoding});
    Box::leak(Box::new(Scheme::from_json(&record).unwrap()))
}

fn own(scheme: &'static Scheme, sent: &str, body: &[u8]) -> Vec<Finding> {
    let headers: Headers = [("X-Own-Sig", sent.to_owned())].into_iter().collect();
    let got = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body };
    got.diagnose_with(|case| case.scheme = scheme)
}

fn of(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    compute(algorithm, SECRET.as_bytes(), message).unwrap()
}

#[test]
fn the_hash_of_a_right_signature_is_named_for_every_hash() {
    for (name, hmac, digest) in [
        ("hmac-md5", Algorithm::HmacMd5, Algorithm::DigestMd5),
        ("hmac-sha1", Algorithm::HmacSha1, Algorithm::DigestSha1),
        ("hmac-sha256", Algorithm::HmacSha256, Algorithm::DigestSha256),
        ("hmac-sha384", Algorithm::HmacSha384, Algorithm::DigestSha384),
        ("hmac-sha512", Algorithm::HmacSha512, Algorithm::DigestSha512),
    ] {
        let right = of(hmac, BODY);
        let (hex, base64) = (hex::encode(&right), STANDARD.encode(&right));
        for (message, what) in [(&right[..], "bytes"), (hex.as_bytes(), "hex text"), (base64.as_bytes(), "base64 text")]
        {
            for (made, code, start) in [
                (of(digest, message), "digest_of_hmac", "a plain hash of"),
                (of(hmac, message), "signed_content", "the HMAC of"),
            ] {
                let found = own(by(name, "hex"), &hex::encode(made), BODY);
                let sentence = format!("The signature is {start} the right signature's {what}.");
                assert_eq!((found[0].code, &found[0].sentence), (code, &sentence), "{name}: {found:#?}");
            }
        }
    }
}

#[test]
fn a_longer_hash_cut_to_the_length_of_a_shorter_one_is_named() {
    let sha512 = of(Algorithm::HmacSha512, BODY);
    let sha256 = of(Algorithm::HmacSha256, BODY);
    for (name, made, how) in [
        ("hmac-sha256", &sha512[..32], "hmac-sha512, cut to 32 bytes"),
        ("hmac-sha256", &sha512[32..], "the end of hmac-sha512, 32 bytes"),
        ("hmac-sha1", &sha256[..20], "hmac-sha256, cut to 20 bytes"),
        ("hmac-sha1", &sha256[12..], "the end of hmac-sha256, 20 bytes"),
        ("hmac-md5", &sha512[..16], "hmac-sha512, cut to 16 bytes"),
    ] {
        let found = own(by(name, "hex"), &hex::encode(made), BODY);
        let sentence = format!("The signature was made with {how}, not with {name}.");
        assert_eq!((found[0].code, &found[0].sentence), ("signature_algorithm", &sentence), "{found:#?}");
    }
}

#[test]
fn hashes_of_hashes_are_looked_for_in_bodies_of_up_to_64_kib() {
    for (length, is_found) in [(64 << 10, true), ((64 << 10) + 1, false)] {
        let body = vec![b'x'; length];
        let twice = of(Algorithm::HmacSha256, &of(Algorithm::HmacSha256, &body));
        let found = own(by("hmac-sha256", "hex"), &hex::encode(twice), &body);
        assert_eq!(found[0].verifies, is_found, "{length}: {found:#?}");
    }
}

#[test]
fn key_and_message_that_changed_places_are_named() {
    for (name, algorithm) in [("hmac-sha256", Algorithm::HmacSha256), ("hmac-sha1", Algorithm::HmacSha1)] {
        let swapped = compute(algorithm, BODY, SECRET.as_bytes()).unwrap();
        names(&own(by(name, "hex"), &hex::encode(swapped), BODY), "key_message_swapped", name);
    }
    // The scheme wants a plain hash; it was keyed.
    let hmac = hex::encode(of(Algorithm::HmacSha1, BODY));
    let record = serde_json::json!({
        "signature": {"from": "header:X-Own-Sig"}, "algorithm": "digest-sha1", "signed": "{body}{secret}",
    });
    let plain: &'static Scheme = Box::leak(Box::new(Scheme::from_json(&record).unwrap()));
    names(&own(plain, &hmac, BODY), "hmac_for_digest", "a plain hash is wanted");
    // A hash of the hash is no HMAC.
    let once = hex::encode(of(Algorithm::DigestSha1, &[BODY, SECRET.as_bytes()].concat()));
    let twice = own(plain, &hex::encode(of(Algorithm::DigestSha1, once.as_bytes())), BODY);
    assert!(twice.iter().all(|finding| !finding.sentence.contains("HMAC")), "{twice:#?}");
}

#[test]
fn a_signature_that_lost_characters_is_told_from_another_one() {
    let (hex, base64) =
        (hex::encode(of(Algorithm::HmacSha256, BODY)), STANDARD.encode(of(Algorithm::HmacSha256, BODY)));
    let (in_hex, in_base64) = (by("hmac-sha256", "hex"), by("hmac-sha256", "base64"));
    for (scheme, sent, code) in [
        (in_hex, hex[..12].to_owned(), "signature_truncated"),
        (in_hex, hex[..63].to_uppercase(), "signature_truncated"),
        (in_hex, hex[52..].to_owned(), "signature_truncated"),
        (in_hex, hex[52..].to_uppercase(), "signature_truncated"),
        (in_base64, base64[..20].to_owned(), "signature_truncated"),
        (in_base64, base64[..42].to_owned(), "signature_truncated"),
        (in_base64, base64[20..].to_owned(), "signature_truncated"),
        (in_base64, base64.to_uppercase(), "signature_case"),
        // Its padding may be lost too.
        (in_base64, base64.trim_end_matches('=').to_lowercase(), "signature_case"),
        (in_base64, format!("{}==", &base64[..30]), "signature_truncated"),
        (in_base64, base64[20..43].to_owned(), "signature_truncated"),
    ] {
        let found = own(scheme, &sent, BODY);
        names(&found, code, &sent);
        if code == "signature_truncated" {
            let whole = if scheme.encoding == crate::signature::Encoding::Hex { 64 } else { 43 };
            let counted = format!(": {} of {whole} characters.", sent.trim_end_matches('=').len());
            assert!(found[0].sentence.ends_with(&counted), "{}", found[0].sentence);
            let is_end = hex.ends_with(&sent.to_lowercase())
                || base64.trim_end_matches('=').ends_with(sent.trim_end_matches('='));
            assert_eq!(found[0].sentence.contains("without its beginning"), is_end, "{}", found[0].sentence);
        }
    }
    for (scheme, sent) in [
        // Eleven characters may be alike by chance.
        (in_hex, hex[..11].to_owned()),
        (in_hex, hex[53..].to_owned()),
        // Padding is nothing that may be alike.
        (in_base64, format!("{}==", &base64[..11])),
        // In the end of base64 the case of letters counts.
        (in_base64, base64[20..].to_lowercase()),
    ] {
        let found = own(scheme, &sent, BODY);
        assert!(found.iter().all(|finding| !finding.verifies), "{sent}: {found:#?}");
    }
    // Base64 without its padding is the same signature, and so is hex in another case.
    for (scheme, sent) in
        [(in_base64, base64.trim_end_matches('=').to_owned()), (in_hex, hex.to_uppercase()), (in_hex, hex)]
    {
        assert_eq!(own(scheme, &sent, BODY), [], "{sent}");
    }
    names(&own(in_hex, &format!(" {SECRET} "), BODY), "signature_is_secret", "with blanks");
    let empty = own(in_hex, " ", BODY);
    assert!(empty.iter().all(|finding| !finding.verifies), "{empty:#?}");
}

/// It would tell how much of the secret is right.
#[test]
fn a_part_of_the_secret_is_not_told_from_another_text() {
    let secret = "Zk9-pQ2_r7T-Xv5";
    for sent in [&secret[..12], &secret[3..], "another text"] {
        let headers: Headers = [("X-Gitlab-Token", sent.to_owned())].into_iter().collect();
        let found = Got { scheme: "gitlab", secret: secret.into(), headers, url: URL, body: BODY }.diagnose();
        let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        assert!(found.iter().all(|finding| !finding.verifies), "{sent}: {found:#?}");
        assert!(!codes.contains(&"signature_truncated"), "{sent}: {found:#?}");
    }
}

#[test]
fn a_finding_says_how_the_signature_was_sent_too() {
    let mac = of(Algorithm::HmacSha256, BODY);
    let hex = hex::encode(&mac);
    let prefixed = Scheme::from_json(&serde_json::json!({"header": "X-Own-Sig", "prefix": "sha256="})).unwrap();
    let prefixed: &'static Scheme = Box::leak(Box::new(prefixed));
    for (scheme, sent, sentence, fix) in [
        (
            prefixed,
            hex.clone(),
            "The signature itself is right, but the signature is bare in the header X-Own-Sig, not as `sha256=…`.",
            "Write the signature as `sha256=…`.",
        ),
        (
            prefixed,
            format!("v1={hex}"),
            "The signature itself is right, but the signature comes after `v1=` in the header X-Own-Sig, not as `sha256=…`.",
            "Write the signature as `sha256=…`.",
        ),
        (
            by("hmac-sha256", "hex"),
            format!("v1={hex}"),
            "The signature itself is right, but `v1=` comes before the signature in the header X-Own-Sig.",
            "Write the signature without `v1=`.",
        ),
        (
            by("hmac-sha256", "hex"),
            format!("{hex};"),
            "The signature itself is right, but `;` comes after the signature in the header X-Own-Sig.",
            "Write the signature without `;`.",
        ),
        (
            by("hmac-sha256", "hex"),
            format!("\"{hex}\""),
            "The signature itself is right, but `\"` is around the signature in the header X-Own-Sig.",
            "Write the signature without `\"`.",
        ),
        (
            by("hmac-sha256", "hex"),
            format!("\"v1={hex}\""),
            "The signature itself is right, but `\"v1=` and `\"` are around the signature in the header X-Own-Sig.",
            "Write the signature without `\"v1=` and `\"`.",
        ),
        (
            by("hmac-sha256", "hex"),
            STANDARD.encode(&mac),
            "The signature itself is right, but it is written in base64, not in hex.",
            "Write the signature in hex.",
        ),
        (
            by("hmac-sha1", "hex"),
            hex.clone(),
            "The signature itself is right, but it was made with hmac-sha256, not with hmac-sha1.",
            "Use hmac-sha1 on the sender's side.",
        ),
        (
            by("equal", "utf8"),
            format!("\"{SECRET}\""),
            "The token itself is right, but `\"` is around the token in the header X-Own-Sig.",
            "Write the token without `\"`.",
        ),
    ] {
        let found = own(scheme, &sent, BODY);
        assert_eq!((found[0].sentence.as_str(), found[0].fix.ends_with(fix)), (sentence, true), "{found:#?}");
        // What is wrong besides is said after it.
        let ended = [BODY, b"\n"].concat();
        if scheme.algorithm == Algorithm::HmacSha256 {
            let besides = own(scheme, &sent, &ended);
            names(&besides, "body_newline_removed", &sent);
            let more = sentence.strip_prefix("The signature itself is right, but ").unwrap();
            assert!(besides[0].sentence.ends_with(&format!(" Besides, {more}")), "{}", besides[0].sentence);
            assert!(besides[0].fix.ends_with(&format!(" {fix}")), "{}", besides[0].fix);
        }
    }
}

#[test]
fn what_a_secret_lacks_to_be_a_key_is_said() {
    let hex_key = serde_json::json!({"signature": {"from": "header:X-Own-Sig"}, "signed": "{body}", "secret": "hex"});
    let hex_key: &'static Scheme = Box::leak(Box::new(Scheme::from_json(&hex_key).unwrap()));
    let says = |scheme: &'static Scheme, header: &'static str, secrets: &[&str]| {
        let headers: Headers =
            [(header, "AAAA"), ("X-Signature-Timestamp", TIME), ("telnyx-timestamp", TIME)].into_iter().collect();
        let secrets: Vec<Secret> = secrets.iter().map(|text| super::secret("live", text)).collect();
        let got = Got { scheme: "github", secret: String::new(), headers, url: URL, body: BODY };
        let found = got.diagnose_with(|case| {
            case.scheme = scheme;
            case.secrets = Box::leak(secrets.into_boxed_slice());
        });
        found.into_iter().find(|finding| finding.code == "undecodable_secret").map(|finding| finding.sentence)
    };
    let (discord, telnyx) = (scheme("discord"), scheme("telnyx"));
    let name = &hex_key.name;
    for (scheme, header, secrets, sentence) in [
        (hex_key, "X-Own-Sig", &["abc"][..], format!("The bin's secret is no key of {name}: an even number of hex digits is wanted, the 3 hex digits here cannot be read.")),
        (hex_key, "X-Own-Sig", &["  "], format!("The bin's secret is no key of {name}: an even number of hex digits is wanted, this is empty.")),
        (hex_key, "X-Own-Sig", &[" abcd\n"], format!("The bin's secret is no key of {name}: an even number of hex digits is wanted, this has white space around it.")),
        (hex_key, "X-Own-Sig", &["abcg"], format!("The bin's secret is no key of {name}: an even number of hex digits is wanted, this has a character that is none of the hex digits.")),
        (hex_key, "X-Own-Sig", &["xyz!"], format!("The bin's secret is no key of {name}: an even number of hex digits is wanted, this has 4 characters that are no hex digits.")),
        (hex_key, "X-Own-Sig", &["abc", "g"], format!("None of the bin's secrets is a key of {name}: an even number of hex digits is wanted. Of the first one: the 3 hex digits here cannot be read.")),
        (discord, "X-Signature-Ed25519", &["-----BEGIN PRIVATE KEY-----"], "The bin's secret is no public key of Discord: 64 hex digits are wanted, this is another kind of PEM text.".to_owned()),
        (telnyx, "telnyx-signature-ed25519", &["abc*"], "The bin's secret is no public key of Telnyx v2: 44 characters of base64 are wanted, this has a character that is none of the characters of base64.".to_owned()),
        (telnyx, "telnyx-signature-ed25519", &["abc-_+/="], "The bin's secret is no public key of Telnyx v2: 44 characters of base64 are wanted, this has 8.".to_owned()),
    ] {
        assert_eq!(says(scheme, header, secrets), Some(sentence), "{secrets:?}");
    }
    // One key among them is enough.
    assert_eq!(says(hex_key, "X-Own-Sig", &["abc", "abcd"]), None);
}

#[test]
fn facts_and_guesses_say_what_is_the_case() {
    let wrong = "0".repeat(64);
    let found = |body: &'static [u8], change: &dyn Fn(&mut Case<'_>)| {
        let headers: Headers = [("X-Own-Sig", wrong.clone())].into_iter().collect();
        Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body }.diagnose_with(|case| {
            case.scheme = by("hmac-sha256", "hex");
            change(case);
        })
    };
    let first = |body: &'static [u8], change: &dyn Fn(&mut Case<'_>)| found(body, change)[0].sentence.clone();
    assert_eq!(
        first(b"x", &|case| case.over_limit = true),
        "The body is larger than the bin takes: 1 byte of it came, so no signature can fit."
    );
    assert_eq!(
        first(b"xy", &|case| case.complete = false),
        "The body did not arrive completely: 2 bytes arrived, so no signature can fit."
    );
    let some = |case: &mut Case<'_>| {
        case.complete = false;
        case.declared_size = Some(9);
    };
    assert_eq!(
        first(b"xy", &some),
        "The body did not arrive completely: 2 of 9 bytes arrived, so no signature can fit."
    );
    let codes = |body: &'static [u8]| found(body, &|_| {}).into_iter().map(|one| one.code).collect::<Vec<_>>();
    for (body, is_test) in [
        (&br#"{"livemode":false}"#[..], true),
        (br#"{"livemode":true}"#, false),
        (br#"{"live_mode":"False"}"#, true),
        (br#"{"test":true}"#, true),
        (br#"{"test":false}"#, false),
        (br#"{"testmode":true}"#, true),
        (br#"{"environment":"Sandbox"}"#, true),
        (br#"{"environment":"test"}"#, true),
        (br#"{"environment":"live"}"#, false),
    ] {
        assert_eq!(codes(body).contains(&"test_mode_secret"), is_test, "{}", String::from_utf8_lossy(body));
    }
    // A proxy is mentioned only if the request has a header of one.
    for (name, via) in [("Via", true), ("CF-Ray", true), ("X-Forwarded-For", true), ("X-Other", false)] {
        let headers: Headers = [("X-Own-Sig", wrong.clone()), (name, "1.1 x".to_owned())].into_iter().collect();
        let got = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY };
        let found = got.diagnose_with(|case| case.scheme = by("hmac-sha256", "hex"));
        let changed = found.iter().find(|one| one.code == "body_changed").unwrap();
        assert_eq!(changed.sentence.contains("came through a proxy"), via, "{name}");
    }
    let plain = found(BODY, &|_| {});
    let wrong_secret = plain.iter().find(|one| one.code == "wrong_secret").unwrap();
    assert_eq!(wrong_secret.sentence, "Nothing that was tried matches: most likely the sender has another secret.");
    assert!(plain.iter().all(|one| one.code != "url_unknown" && one.code != "not_all_tried"), "{plain:#?}");
    // A token is compared, and no body is signed.
    let headers: Headers = [("X-Own-Sig", "another token")].into_iter().collect();
    let got = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY };
    let token = got.diagnose_with(|case| case.scheme = by("equal", "utf8"));
    let sentences: Vec<&str> = token.iter().map(|one| one.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "Nothing that was tried matches: most likely the sender has another token.",
            "Or the sender proves itself in another way than by this token.",
        ]
    );
}

#[test]
fn the_number_of_urls_that_were_tried_is_the_true_one() {
    let headers: Headers = [("x-square-hmacsha256-signature", STANDARD.encode([0; 32]))].into_iter().collect();
    let got = Got { scheme: "square", secret: SECRET.into(), headers, url: URL, body: BODY };
    let counted = super::made::searched(scheme("square"), &got, |search| super::super::urls::forms(search).len());
    let found = got.diagnose();
    let unknown = found.iter().find(|one| one.code == "url_unknown").unwrap();
    assert!(unknown.sentence.contains(&format!(" Tried {} forms: {URL}, ", counted + 1)), "{}", unknown.sentence);
    let below = got.diagnose_with(|case| case.below = "/sub");
    let unknown = below.iter().find(|one| one.code == "url_unknown").unwrap();
    assert!(unknown.fix.ends_with("without the `/sub` that the request has after it."), "{}", unknown.fix);
}

#[test]
fn a_signature_that_cannot_be_one_is_described() {
    for (sent, size) in
        [("abcd", "it has 2 bytes in hex."), ("ab", "it has 1 byte in hex."), ("!!", "it can be read in no encoding.")]
    {
        let found = own(by("hmac-sha256", "hex"), sent, BODY);
        let malformed = found.iter().find(|one| one.code == "signature_malformed").unwrap();
        let start = "The signature in the header X-Own-Sig cannot be one of hmac-sha256: ";
        assert_eq!(malformed.sentence, format!("{start}{size}"), "{sent}");
    }
}

#[test]
fn what_was_left_out_comes_before_guesses_only_where_it_may_be_the_commonest_cause() {
    use super::super::guesses::guesses;
    use super::super::search::Cut;
    let headers: Headers = [("X-Own-Sig", "0".repeat(64))].into_iter().collect();
    let got = Got { scheme: "github", secret: SECRET.into(), headers, url: URL, body: BODY };
    for (cut, expected, sentence) in [
        (
            Cut::Nothing,
            &["wrong_secret", "body_changed", "wrong_scheme"][..],
            "most likely the sender has another secret.",
        ),
        (
            Cut::Rare,
            &["wrong_secret", "body_changed", "not_all_tried", "wrong_scheme"],
            "the sender may have another secret.",
        ),
        (
            Cut::Common,
            &["not_all_tried", "wrong_secret", "body_changed", "wrong_scheme"],
            "the sender may have another secret.",
        ),
    ] {
        let found = super::made::searched(by("hmac-sha256", "hex"), &got, |search| {
            search.cut = cut;
            guesses(search)
        });
        assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), expected);
        let wrong = found.iter().find(|one| one.code == "wrong_secret").unwrap();
        assert_eq!(wrong.sentence, format!("Nothing that was tried matches: {sentence}"));
        for one in found.iter().filter(|one| one.code == "not_all_tried") {
            let why = "The body is 14 bytes long, so rarer variations and pairs of them were not tried.";
            assert_eq!((one.sentence.as_str(), one.fix.starts_with("Send a small body")), (why, true));
        }
    }
}
