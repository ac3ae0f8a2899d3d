//! Examples of the standards, and reasons to refuse hostile tokens.

mod bounds;

use proptest::prelude::*;

use super::*;
use crate::signature::algorithm::Algorithm;
use crate::signature::key::Key;
use crate::signature::public_key::PublicKey;
use crate::signature::tests::{RSA_CERTIFICATE, RSA_PRIVATE, RSA_PUBLIC};
use crate::signature::{pasted, pem};

const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
/// RFC 7515, appendix A.1.
const OCT: &str =
    r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
/// Appendix A.2.
const RSA: &str = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#;
/// Appendix A.3.
const EC: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// RFC 8037, appendix A.
const OKP: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn verdict(algorithm: Algorithm, key: &str, text: &str, content: Option<&[u8]>) -> Result<(), String> {
    let token = Token::parse(text)?;
    let alg = super::algorithm(&token, algorithm == Algorithm::JwsHmac, &[]).map_err(|wrong| wrong.sentence())?;
    let key = Key::new(algorithm, key.as_bytes()).ok_or("no key")?;
    key.verifies_token(alg, &token, &token.message(content)).map_err(|wrong| wrong.sentence())
}

#[test]
fn the_examples_of_the_standards_are_right_and_others_are_not() {
    let rs = format!(
        "eyJhbGciOiJSUzI1NiJ9.{CLAIMS}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    let hs = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let es = format!(
        "eyJhbGciOiJFUzI1NiJ9.{CLAIMS}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    let ed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg".to_owned();
    let set = format!("{{\"keys\":[{RSA},{EC},{OKP}]}}");
    for (algorithm, key, text) in [
        (Algorithm::JwsHmac, OCT, &hs),
        (Algorithm::Jws, RSA, &rs),
        (Algorithm::Jws, EC, &es),
        (Algorithm::Jws, OKP, &ed),
        (Algorithm::Jws, &set, &rs),
        (Algorithm::Jws, &set, &es),
        (Algorithm::Jws, &set, &ed),
    ] {
        assert_eq!(verdict(algorithm, key, text, None), Ok(()), "{text}");
        // One letter of the payload, and the last of the signature's bits that are not padding.
        let changed = text.replacen(".eyJpc3MiOiJqb2Ui", ".eyJpc3MiOiJqb2Yi", 1).replacen(".RXhh", ".RXhi", 1);
        assert_ne!(changed, *text);
        assert!(verdict(algorithm, key, &changed, None).is_err());
        assert!(verdict(algorithm, key, &format!("{text}="), None).is_err());
    }
}

#[test]
fn a_token_is_read_without_the_word_for_bearers_and_no_other() {
    for (value, expected) in [
        ("a.b.c", "a.b.c"),
        ("Bearer a.b.c", "a.b.c"),
        (" bEARER \t a.b.c\t", "a.b.c"),
        ("Bearer a b", "a b"),
        ("Basic a.b.c", "Basic a.b.c"),
        ("Token a.b.c", "Token a.b.c"),
        ("Bearera.b.c d", "Bearera.b.c d"),
        ("Bearer ", "Bearer"),
        ("", ""),
    ] {
        assert_eq!(token::bare(value), expected, "{value:?}");
    }
}

#[test]
fn only_three_parts_that_begin_with_an_object_look_like_a_token() {
    for (text, expected) in [
        ("eyJ.a.b", true),
        ("eyJhbGciOiJIUzI1NiJ9..", true),
        ("eyJ.a", false),
        ("eyJ.a.b.c", false),
        ("eyJ", false),
        (" eyJ.a.b", false),
        ("eyj.a.b", false),
        ("a.b.c", false),
        ("", false),
    ] {
        assert_eq!(looks_like(text), expected, "{text:?}");
    }
}

#[test]
fn an_unencoded_detached_payload_is_signed_as_it_is() {
    // RFC 7797, section 4.2.
    let text = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
    assert_eq!(verdict(Algorithm::JwsHmac, OCT, text, Some(b"$.02")), Ok(()));
    assert!(verdict(Algorithm::JwsHmac, OCT, text, Some(b"$.03")).is_err());
    assert!(Token::parse(text).unwrap().is_detached());
}

fn token(header: &str, payload: &str, sign: impl FnOnce(&str) -> Vec<u8>) -> String {
    let encode = |bytes: &[u8]| crate::signature::Encoding::Base64url.encode(bytes);
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
    let signature = encode(&sign(&signed));
    format!("{signed}.{signature}")
}

#[test]
fn a_public_key_is_never_a_shared_secret() {
    // A forgery: HMAC with the text or the bytes of the public key.
    let der = pem::first_block(RSA_PUBLIC).unwrap();
    for (secret, pasted) in [(RSA_PUBLIC.as_bytes(), RSA_PUBLIC), (&der, RSA_PUBLIC), (RSA.as_bytes(), RSA)] {
        let forged = token(r#"{"alg":"HS256"}"#, "{}", |message| sign(Alg::Hs256, secret, message.as_bytes()).unwrap());
        let refused = verdict(Algorithm::Jws, pasted, &forged, None).unwrap_err();
        assert!(refused.starts_with("The token is signed with HS256; the scheme takes RS256"), "{refused}");
        assert_eq!(verdict(Algorithm::JwsHmac, pasted, &forged, None), Err("no key".to_owned()));
        assert_eq!(verdict(Algorithm::JwsHmac, pasted.trim(), &forged, None), Err("no key".to_owned()));
    }
    // Its bytes, as a scheme gets them that takes a secret in base64.
    let pair = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    let spki = [&crate::signature::public_key::ED25519_SPKI_PREFIX[..], pair.as_bytes()].concat();
    let base64 = crate::signature::Encoding::Base64.encode(&der);
    for key in
        [&der[..], &spki, base64.as_bytes(), RSA_PRIVATE.as_bytes(), &RSA_PUBLIC.as_bytes()[..200], OKP.as_bytes()]
    {
        assert!(Key::new(Algorithm::JwsHmac, key).is_none(), "{}", String::from_utf8_lossy(key));
    }
    for secret in [&[0xff, 0x30][..], b"0\x82", b"a secret", OCT.as_bytes()] {
        assert!(Key::new(Algorithm::JwsHmac, secret).is_some(), "{secret:?}");
    }
    let certificate = verdict(Algorithm::JwsHmac, RSA_CERTIFICATE, "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", None);
    assert_eq!(certificate, Err("no key".to_owned()));
}

#[test]
fn what_a_token_says_of_itself_is_not_believed() {
    for (header, why) in [
        (r#"{"alg":"none"}"#, "The token is not signed: its algorithm is `none`, which is never taken."),
        (r#"{"alg":"NONE"}"#, "The token is not signed: its algorithm is `none`, which is never taken."),
        (r#"{"alg":"rs256"}"#, "The token is signed with rs256; the scheme takes RS256"),
        (r#"{"alg":"ES512"}"#, "The token is signed with ES512; the scheme takes RS256"),
        (r#"{"alg":5}"#, "The token's header has no `alg`."),
        ("[]", "The token's header is no JSON object in base64url."),
        (r#"{"alg":"RS256","crit":["exp"]}"#, "The token asks for an extension that is not known: `exp`."),
        (r#"{"alg":"RS256","crit":[]}"#, "The token's `crit` is no list of names."),
        (r#"{"alg":"RS256","b64":false}"#, "The token has `b64` without naming it in `crit`."),
        // A stated location of the key is ignored.
        (
            r#"{"alg":"RS256","kid":"http://127.0.0.1:9/","jku":"http://127.0.0.1:9/","x5u":"http://127.0.0.1:9/"}"#,
            "The token's signature does not fit the bin's key.",
        ),
    ] {
        let text = token(header, "{}", |_| vec![1; 256]);
        let refused = verdict(Algorithm::Jws, RSA_PUBLIC, &text, None).unwrap_err();
        assert!(refused.starts_with(why), "{header}: {refused}");
    }
    // A key inside the token is not used.
    let own = format!(r#"{{"alg":"RS256","jwk":{RSA}}}"#);
    let text = token(&own, "{}", |message| sign(Alg::Rs256, RSA_PRIVATE.as_bytes(), message.as_bytes()).unwrap());
    assert!(verdict(Algorithm::Jws, RSA, &text, None).is_err());
    assert_eq!(verdict(Algorithm::Jws, RSA_PUBLIC, &text, None), Ok(()));
    for (text, why) in [
        ("a.b", "The token has 2 parts between dots; a signed one has three."),
        ("a.b.c.d.e", "The token has 5 parts between dots; a signed one has three."),
        ("eyJhbGciOiJSUzI1NiJ9.e30.!", "The token's signature is not in base64url without padding."),
    ] {
        assert_eq!(verdict(Algorithm::Jws, RSA_PUBLIC, text, None), Err(why.to_owned()));
    }
}

#[test]
fn of_a_key_set_the_named_key_counts() {
    let named = |kid: &str| RSA.replacen('{', &format!("{{\"kid\":\"{kid}\","), 1);
    let own = KeySet::parse(RSA_PUBLIC).unwrap();
    assert_eq!(own.into_keys().len(), 1);
    let set = format!("{{\"keys\":[{},{}]}}", named("2026-a"), EC.replacen('{', "{\"kid\":\"2026-b\",", 1));
    let text = |kid: &str| token(&format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#), "{}", |_| vec![1; 256]);
    assert_eq!(
        verdict(Algorithm::Jws, &set, &text("2025"), None).unwrap_err(),
        "The token names the key `2025`, which is not among the bin's keys (`2026-a`)."
    );
    assert_eq!(
        verdict(Algorithm::Jws, &set, &text("2026-a"), None).unwrap_err(),
        "The token's signature does not fit the bin's key `2026-a`."
    );
    assert_eq!(
        verdict(Algorithm::Jws, EC, &text("x"), None).unwrap_err(),
        "The token is signed with RS256, and the bin has a P-256 key."
    );
    // What Plaid's endpoint answers, and a key for another algorithm or use.
    assert!(KeySet::parse(&format!(r#"{{"key":{EC},"request_id":"x"}}"#)).is_ok());
    let for_ps = RSA.replacen('{', r#"{"alg":"PS256","#, 1);
    assert!(
        verdict(Algorithm::Jws, &for_ps, &text("x"), None)
            .unwrap_err()
            .starts_with("The token is signed with RS256, and")
    );
    let encryption = RSA.replacen('{', r#"{"use":"enc","#, 1);
    assert!(KeySet::parse(&encryption).unwrap_err().contains("a key for `enc`"));
}

#[test]
fn a_text_that_is_no_key_is_told_what_it_is() {
    let private_jwk = RSA.replacen('{', r#"{"kid":"k","d":"AQ","#, 1);
    let pkcs8 = pem::first_block(RSA_PRIVATE).map(|der| crate::signature::Encoding::Base64.encode(&der)).unwrap();
    for (text, why) in [
        (RSA_PRIVATE, "This is a private key (PEM, “PRIVATE KEY”)."),
        (&format!("{RSA_PUBLIC}{RSA_PRIVATE}"), "This is a private key (PEM, “PRIVATE KEY”)."),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
            "This is a private key (PEM, “OPENSSH PRIVATE KEY”).",
        ),
        (&RSA_PRIVATE.replace("PRIVATE KEY", "PUBLIC KEY"), "This is a private key (under the label “PUBLIC KEY”)."),
        (&pkcs8, "This is a private key (base64 of PKCS #8 or PKCS #1)."),
        (&private_jwk, "The JWK `k` is a private key: it has the member `d`."),
        (&RSA_PUBLIC[..RSA_PUBLIC.len() / 2], "The PEM text of the PUBLIC KEY is damaged: paste it whole"),
        (&RSA_PUBLIC.replace("MII", "MIJ"), "The PUBLIC KEY holds no key that can be used"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            "The PEM text is a “CERTIFICATE REQUEST”",
        ),
        (r#"{"keys":[]}"#, "The key set has no key that can be used"),
        (
            r#"{"keys":[{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}]}"#,
            "The key set has no key that can be used (RSA (1,024 to 8,192 bits), P-256 or Ed25519 is wanted): it has EC P-521.",
        ),
        (r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, "The JWK is damaged"),
        ("ssh-rsa AAAAB3NzaC1yc2E me@host", "This is a key in OpenSSH's form."),
    ] {
        let refused = pasted::check(text).unwrap_err();
        assert!(refused.starts_with(why), "{text}: {refused}");
    }
    let one_line = RSA_PUBLIC.trim().replace('\n', "\\n");
    let in_a_row = RSA_PUBLIC.replace('\n', " ");
    for text in [
        RSA_PUBLIC,
        RSA_CERTIFICATE,
        &one_line,
        &in_a_row,
        RSA,
        OCT,
        "any secret",
        "{\"a\":1}",
        "whsec_AAAA",
        "",
        &"long".repeat(30),
    ] {
        assert_eq!(pasted::check(text), Ok(()), "{text}");
    }
    assert!(PublicKey::from_der(&pem::first_block(&one_line).unwrap()).is_some());
    let many = format!("{{\"keys\":[{}]}}", vec![EC; 33].join(","));
    assert_eq!(KeySet::parse(&many).unwrap_err(), "The key set has 33 keys; 32 are taken.");
    assert!(KeySet::parse(&" ".repeat(1 << 20)).is_err() && KeySet::parse(&"{".repeat(300 << 10)).is_err());
}

#[test]
fn a_certificate_and_its_key_are_one() {
    let text = token(r#"{"alg":"PS256"}"#, "{}", |message| {
        sign(Alg::Ps256, RSA_PRIVATE.as_bytes(), message.as_bytes()).unwrap()
    });
    for key in [RSA_PUBLIC, RSA_CERTIFICATE] {
        assert_eq!(verdict(Algorithm::Jws, key, &text, None), Ok(()));
    }
    for alg in ["RS512", "PS512", "RS384", "PS384"] {
        // The same signature under another name is wrong.
        let other = text.replacen(
            &text[..text.find('.').unwrap()],
            &crate::signature::Encoding::Base64url.encode(format!(r#"{{"alg":"{alg}"}}"#).as_bytes()),
            1,
        );
        assert!(verdict(Algorithm::Jws, RSA_PUBLIC, &other, None).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_is_a_token_a_key_or_a_panic(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..2_000, byte in any::<u8>()) {
        let _ = Token::parse(&text);
        let _ = KeySet::parse(&text);
        let _ = KeySet::parse(&format!("{{\"keys\":[{text}]}}"));
        let _ = pasted::check(&text);
        let _ = pasted::check(&format!("-----BEGIN {text}-----END"));
        prop_assert!(PublicKey::from_der(&bytes).is_none());
        let quoted = serde_json::to_string(&text).unwrap();
        let _ = KeySet::parse(&format!(r#"{{"kty":{quoted},"crv":{quoted},"n":{quoted},"e":{quoted},"x":{quoted}}}"#));
        let pointer = crate::json::Pointer::parse("/iat").unwrap();
        let _ = claim(&text, &pointer);
        // A certificate and a token with one byte changed: no panic, and no token that is still right.
        let mut der = pem::first_block(RSA_CERTIFICATE).unwrap();
        let place = at % der.len();
        der[place] = byte;
        let _ = PublicKey::from_der(&der);
        let right = token(r#"{"alg":"HS256"}"#, "{}", |message| sign(Alg::Hs256, b"secret", message.as_bytes()).unwrap());
        let mut changed = right.clone().into_bytes();
        let place = at % changed.len();
        changed[place] = byte & 0x7f;
        if let Ok(changed) = String::from_utf8(changed) && changed != right {
            prop_assert!(verdict(Algorithm::JwsHmac, "secret", &changed, None).is_err(), "{changed}");
        }
    }
}

#[test]
fn a_hostile_token_or_key_set_is_refused_soon() {
    let started = std::time::Instant::now();
    let dots = ".".repeat(8 << 20);
    let long = format!("{}.{}.{}", "eyJ".repeat(2 << 20), "a".repeat(1 << 20), "b".repeat(1 << 20));
    for text in [&dots, &long] {
        assert!(Token::parse(text).is_err());
    }
    let deep = crate::signature::Encoding::Base64url.encode("[".repeat(10_000).as_bytes());
    assert!(Token::parse(&format!("{deep}.e30.AA")).is_err());
    let pem = "-----BEGIN PUBLIC KEY-----".repeat(10_000);
    assert!(pasted::check(&pem).is_err());
    assert!(KeySet::parse(&format!("{{\"keys\":{}", "[".repeat(100_000))).is_err());
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
