//! Every algorithm by another implementation's signatures, and how much of a token or a key set is read.

use super::*;
use crate::signature::key::public_keys;

#[test]
fn every_algorithm_of_a_shared_secret_is_the_one_of_its_name() {
    // Python's `hmac` with the secret `secret`.
    for text in [
        "eyJhbGciOiJIUzI1NiJ9.e30.XmNK3GpH3Ys_7wsYBfq4C3M6goz71I7dTgUkuIa5lyQ",
        "eyJhbGciOiJIUzM4NCJ9.e30.NiHzbLtCILGVuQuB6OAWY_lIAsa1ryzjXgmlXNBffdge11DNdD-aoxgo5ZOwtJza",
        "eyJhbGciOiJIUzUxMiJ9.e30.P_BilX5OMTZKsBDTFb9h2C5aNxDSLeVYdFVlW-kFPt8qhmCbCCSc59tt4AGdEHRhjIdKjE-Q-d0Se3XEk0_EuQ",
    ] {
        assert_eq!(verdict(Algorithm::JwsHmac, "secret", text, None), Ok(()), "{text}");
        assert!(verdict(Algorithm::JwsHmac, "Secret", text, None).is_err(), "{text}");
        let (message, signature) = text.rsplit_once('.').unwrap();
        let alg = Token::parse(text).unwrap().alg;
        let made = sign(Alg::named(&alg).unwrap(), b"secret", message.as_bytes()).unwrap();
        assert_eq!(crate::signature::Encoding::Base64url.encode(&made), signature);
    }
}

#[test]
fn every_algorithm_of_an_rsa_key_is_the_one_of_its_name() {
    // `openssl dgst -sha256 -sign …`, of the PS ones with `-sigopt rsa_pss_saltlen:digest`.
    let texts = [
        "eyJhbGciOiJSUzI1NiJ9.e30.Xrw_mGajJjAIe2bao48SWONDw55ArObjkxPuH2XiRe1q9WIBkRsewwli3M4Hp5AhLrQ6_HAAsZHqY1qWWuaIG98u9toMjRkl87M16CTOkNp6j3_7MdCaId26a72SbZjOvPhoYX6fZojXGlITFR6KzTJbVIqcmYLJw-DuF6MSh4v4vZhp7EFFSNg7C2mzpzuFAdSJpaOtCiQOLYt8GTDTfcHB3QQqHqF5A2UNLf6AeHs1gU02Bx8ZUQbEhHcvWqtIGCLY9fWg3R_cQ1pbOVZ9YTGqpQ7jJvhrGedR1iM9oGIqFq_Lo4v0GEurACc8B9M3lg1mwc6sgPjiXhILL6wadw",
        "eyJhbGciOiJSUzM4NCJ9.e30.f3sz5HWij9EpRt8OIwjUDCi3fppXb1o-NI5Vvy0pTul3FlWCe-ppB_pYJ3WmyWQy-FCYQpfI1m_9jLRsNh7faYf9gH_5Q5qIMk9xn_q9yt82ZcwZeNy0E7bq-PNgDYb2rUr8aNnVJzvxOt3P1jDw320e8eRPhXrby3SM0MeET571EZdeP0jrw9QDODv1qGlqDwb6705nbkGxBvX4djWcK6Np2hixBSRWZYPUN-a33eaoQSxxSfBWORmeSZ0IKNC7Cz6O0GeU5Bo-anNnyBJsW_UDcYZmUEuE4nYKkq7skitG1O1pi1FAEVNZs0iDQpNs745UqPKlOC5syxBKTw7J7g",
        "eyJhbGciOiJSUzUxMiJ9.e30.gtHcrgICWF_Sbrw3h1pxxdQDa1N-z8dY5EKKFTFaLilhdjt3Kch_y8e2de4H7DnUXRLmihKPnFhotBT1UQbwaz4MkgurGovo-ULdJvXEYz5eDVH3jEEDWP7B7-5OVt4SGKEdxcqX00CZoQac1loE_BBDphyrFNrohSC55aOyCWZRDAF73AyPPSLDWTsOBIyH7iUQe8waG6A2nHWN8mvOr7VU1zGv4917aMQGafUqXcfXtDc78Fw-nbgQqxJ7BvNtBIkbBOkLJQucnsU-lAcZ73iZ5PmRwAAfyh2RmbBNxYxDuNgyzlSY9ioo8XGtLTBCu9rp9b0FU_A9IjJXD5U7FA",
        "eyJhbGciOiJQUzI1NiJ9.e30.W2d2XnHQaZLh2RaArLjPwJh7-h_VcbknN1A1RJs66JphjYZh4xtDXqJ0iw9oDy1oQtWh1A0PGkx7aim7n92Tgub33gVkiIQOrYr89u6WG3Ja176BQqTbX__1nSxlfitsLJ_T4FwzEsNUmKyfrRjsDAMeWq0Y4yHyf-yw4h2p5QFBjA64JK_D_w8-aflKA-gBNQo79k2mXzAnh-Q9CHOD68b_vrJIJ_kRmqeTKsIFRaPKJlAc5z9_vbCnodXf5dqz6MX1hajzll2fTtb3coHD2GNZhNMWbF2nRHNn-s6TBeb9sZ5OdI133du1DoCtWhOKwOJeAW37PLouF-ckN1r7ZA",
        "eyJhbGciOiJQUzM4NCJ9.e30.irCWBD2pqsI0blzfBHgNqW3uGMrDA45YABneqFraWlYUtzoYlvwDTfF88fZXTcWbB1awGmLd82BAg7TVcmc1xC83pz_2Gj3THecyCJ1FDuPDbhGm5CeWaMitf2-6HE4Rsxj5i_kx-wE6hRsMP3Bn88GAjphyYS3mnRvlgSQ00lq4jH-GngqqjJNYbyRtiNx0yKxla-Zn1_Xfd-Me4k1-6DpEY_6R82IuMaLy9WkSMw0MXJgFFAlnvYKClY5_GecxK2rLinvhs9yDTgCXq3_h2YpwI--LFMLTSXIvHDAqjtnJj1bH4urdgA2mhkgF0hKxg7pCeCx_4_b8OzlEOnmdfw",
        "eyJhbGciOiJQUzUxMiJ9.e30.GiXB7SoOUKRMHtsqkFZL4eZnhpr0sCkyF8DrDhy5Y6SwlcPZYsa4A6bVBq46sROh-mD7E_HIaKXnG-TyvdqCcpFxy3iyNUjWmuDMSD7FjoQ5lEGl_J_3J2ipVYAXNbBMRKRsHlar4jmYqsHImDg-8YNhKe1KG0a_O5JWrkx7B2EHa45Z6SXr-0DiTv7NcmQ_tfe458IokrMvF6Z2LmXME8PZ_E29uEBQ9kbuE86hi9fjfY-gVnMvY-81_a2TTp9ETkWLqpdc1gN5zQjXKPs4PDkqARZUdRLE-O6hUWHDe4X_yIJG-NSU2VbJo2tt6Fgzzw7K7xYEJSTNj2G4od6Mkw",
    ];
    for text in texts {
        assert_eq!(verdict(Algorithm::Jws, RSA_PUBLIC, text, None), Ok(()), "{text}");
        assert!(verdict(Algorithm::Jws, RSA, text, None).is_err(), "{text}");
        // No signature is one of another algorithm.
        let token = Token::parse(text).unwrap();
        let message = token.message(None);
        let key = Key::new(Algorithm::Jws, RSA_PUBLIC.as_bytes()).unwrap();
        for alg in Alg::PUBLIC.into_iter().chain(Alg::HMAC) {
            assert_eq!(key.verifies_token(alg, &token, &message).is_ok(), alg.name() == token.alg, "{}", alg.name());
        }
    }
}

#[test]
fn a_text_of_a_token_is_shown_up_to_60_characters_without_control_characters() {
    for (text, expected) in [
        ("é".repeat(60), "é".repeat(60)),
        ("é".repeat(61), format!("{}…", "é".repeat(60))),
        ("a\nb".to_owned(), "a\u{fffd}b".to_owned()),
        (String::new(), String::new()),
    ] {
        assert_eq!(shown(&text), expected);
    }
}

#[test]
fn of_two_reasons_the_one_that_says_more_is_told_and_of_equal_ones_the_first() {
    let unknown = |kid: &str| Wrong::UnknownKey { kid: kid.to_owned(), known: Vec::new() };
    let order = [
        Wrong::KeyKind { alg: "RS256", has: "a P-256 key".to_owned() },
        unknown("a"),
        Wrong::Mismatch { kid: None },
        Wrong::Algorithm { alg: "x".to_owned(), wanted: "RS256".to_owned() },
        Wrong::Unsigned,
    ];
    for (at, less) in order.iter().enumerate() {
        assert_eq!(less.clone().or(None), *less);
        for more in &order[at..] {
            assert_eq!(less.clone().or(Some(more.clone())), *more);
            assert_eq!(more.clone().or(Some(less.clone())), *more);
        }
    }
    assert_eq!(unknown("later").or(Some(unknown("first"))), unknown("first"));
}

#[test]
fn the_bytes_of_an_ed25519_key_may_be_a_text_all_the_same() {
    let is_key = |letter: u8| ed25519_dalek::VerifyingKey::from_bytes(&[letter; 32]).is_ok();
    assert!((b'a'..=b'z').any(is_key));
    for letter in b'a'..=b'z' {
        let found = |length: usize| public_keys(Algorithm::Ed25519, &vec![letter; length]).len();
        let is_pair = usize::from(is_key(letter));
        assert_eq!([31, 32, 33, 63, 64, 65].map(found), [0, is_pair, 0, 0, is_pair, 0], "{letter}");
    }
}

#[test]
fn a_token_is_read_up_to_its_bounds() {
    // The header in 16 KiB of base64url, the token in 4 MiB.
    let header = |bytes: usize| {
        crate::signature::Encoding::Base64url.encode(format!("{:<bytes$}", r#"{"alg":"RS256"}"#).as_bytes())
    };
    assert_eq!(header(12_288).len(), 16 << 10);
    assert!(Token::parse(&format!("{}.e30.AA", header(12_288))).is_ok());
    assert!(Token::parse(&format!("{}.e30.AA", header(12_289))).is_err());
    let token = |length: usize| {
        let header = header(15);
        let payload = "A".repeat(length - header.len() - 4);
        Token::parse(&format!("{header}.{payload}.AA")).map(|_| ())
    };
    assert_eq!(token(4 << 20), Ok(()));
    assert_eq!(token((4 << 20) + 1), Err("The token has 4194305 characters; 4194304 are read.".to_owned()));
}

#[test]
fn claims_are_read_from_a_mebibyte_of_payload_and_from_no_more() {
    let read = |bytes: usize| {
        let payload = format!(r#"{{"exp":7,"a":"{}"}}"#, "x".repeat(bytes - r#"{"exp":7,"a":""}"#.len()));
        assert_eq!(payload.len(), bytes);
        let text = token(r#"{"alg":"HS256"}"#, &payload, |_| vec![1]);
        let pointer = crate::json::Pointer::parse("/exp").unwrap();
        (Token::parse(&text).unwrap().bounds().0, claim(&text, &pointer))
    };
    // As many whole groups of three bytes as fit.
    assert_eq!(read((1 << 20) - 1), (Some(7), Some("7".to_owned())));
    assert_eq!(read(1 << 20), (None, None));
}

#[test]
fn when_a_token_ends_and_begins_is_read_from_whole_and_broken_seconds() {
    let bounds = |payload: &str| {
        let text = token(r#"{"alg":"HS256"}"#, payload, |_| vec![1]);
        Token::parse(&text).unwrap().bounds()
    };
    for (payload, wanted) in [
        (r#"{"exp":20,"nbf":10}"#, (Some(20), Some(10))),
        (r#"{"exp":20.9,"nbf":-1.5}"#, (Some(20), Some(-1))),
        (r#"{"exp":1e300}"#, (Some(i64::MAX), None)),
        (r#"{"exp":"20","nbf":null}"#, (None, None)),
        ("[]", (None, None)),
        ("no JSON", (None, None)),
    ] {
        assert_eq!(bounds(payload), wanted, "{payload}");
    }
}

#[test]
fn a_key_set_is_read_up_to_its_bounds() {
    let set = |count: usize| format!("[{}]", vec![EC; count].join(","));
    assert_eq!(KeySet::parse(&set(32)).unwrap().len(), 32);
    assert_eq!(KeySet::parse(&set(33)).unwrap_err(), "The key set has 33 keys; 32 are taken.");
    let padded = |length: usize| {
        let text = format!("{{\"keys\":[{EC}]{}}}", " ".repeat(length - EC.len() - r#"{"keys":[]}"#.len()));
        assert_eq!(text.len(), length);
        KeySet::parse(&text).map(|set| set.len())
    };
    assert_eq!(padded(256 << 10), Ok(1));
    assert_eq!(padded((256 << 10) + 1), Err("A key set has at most 262144 characters.".to_owned()));
    // White space around it is none of it.
    assert_eq!(KeySet::parse(&format!("{EC}{}", " ".repeat(300 << 10))).unwrap().len(), 1);
    let pem = RSA_PUBLIC.repeat(33);
    assert_eq!(KeySet::parse(&pem).unwrap().len(), 32);
    let named = |length: usize| {
        let jwk = EC.replacen('{', &format!("{{\"kid\":\"{}\",", "k".repeat(length)), 1);
        verdict(Algorithm::Jws, &jwk, "eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.AA", None).unwrap_err()
    };
    assert!(named(2_048).starts_with("The token names the key `x`"), "{}", named(2_048));
    // A longer value is none, and a key without a name may be any.
    assert_eq!(named(2_049), "The token's signature does not fit the bin's key.");
}

#[test]
fn a_point_of_another_length_is_no_key() {
    let point =
        |x: &str, y: &str| KeySet::parse(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)).is_ok();
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    assert!(point(x, y) && point(&format!("{x}="), y));
    assert!(
        !point(y, x) && !point("", y) && !point(x, "") && !point(&format!("{x}AA"), y) && !point(x, &format!("{y}AA"))
    );
}

#[test]
fn a_shared_secret_is_a_jwk_of_its_own_kind() {
    for (text, secret) in [
        (r#"{"kty":"oct","k":"AQID"}"#, Some(&[1, 2, 3][..])),
        (r#" {"kty":"oct","k":"AQID"} "#, Some(&[1, 2, 3])),
        (r#"{"kty":"RSA","k":"AQID"}"#, None),
        (r#"{"k":"AQID"}"#, None),
        (r#"{"kty":"oct","k":""}"#, None),
        (r#"{"kty":"oct","k":"AQID="}"#, None),
        (r#"{"kty":"oct"}"#, None),
    ] {
        assert_eq!(symmetric(text).as_deref(), secret, "{text}");
    }
}

#[test]
fn a_public_key_in_any_form_is_no_shared_secret_for_tokens() {
    let key = |text: &str| Key::new(Algorithm::JwsHmac, text.as_bytes()).is_some();
    let bare: String = RSA_PUBLIC.lines().filter(|line| !line.starts_with('-')).collect();
    for (text, is_secret) in [
        (RSA_PUBLIC, false),
        (RSA_CERTIFICATE, false),
        (&*bare, false),
        (RSA, false),
        (EC, false),
        (OCT, true),
        ("a secret", true),
        (&bare[1..], true),
    ] {
        assert_eq!(key(text), is_secret, "{text}");
    }
    assert!(Key::new(Algorithm::JwsHmac, b"\xff\x00").is_some());
}

#[test]
fn the_bytes_of_a_key_may_be_text() {
    let text =
        (0..100).map(|at| format!("{at:032}")).find(|text| PublicKey::ed25519(text.as_bytes()).is_some()).unwrap();
    assert_eq!(public_keys(Algorithm::Ed25519, text.as_bytes()).len(), 1, "{text}");
}
