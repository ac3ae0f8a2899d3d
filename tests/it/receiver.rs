//! A receiver as the CallAIder guide describes it, beside Creel's own signing and judging.

use creel::inside::{Catalogue, SignInput, SignedRequest, Verifier, sign};
use creel::inside::{Headers, Secret, SecretValue, SignatureStatus, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use subtle::ConstantTimeEq as _;

use crate::seeds::{EVENTS, parts};

const SECRET: &str = "whsec-from-the-assistant-settings";

/// The guide's handler: `sha256=` and the hex of the HMAC over the raw body, compared in constant time with the
/// header's text.
fn receiver_accepts(signature: Option<&str>, raw_body: &[u8]) -> bool {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(raw_body);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let signature = signature.unwrap_or_default();
    signature.len() == expected.len() && bool::from(signature.as_bytes().ct_eq(expected.as_bytes()))
}

fn creel_accepts(headers: &Headers, body: &[u8]) -> bool {
    let secret = Secret {
        id: 1,
        label: "live".to_owned(),
        value: SecretValue::new(SECRET.to_owned()),
        created_at: Timestamp::default(),
    };
    let verifier = Verifier::new(&Catalogue::default(), Some("callaider"), None, &[secret]).unwrap();
    let request = SignedRequest {
        method: "POST",
        url: "https://hook.example/assistant-webhook",
        headers,
        body,
        received_at: Timestamp::default(),
    };
    verifier.judge(&request).0.status == SignatureStatus::Valid
}

fn signed(secret: &str, body: &[u8]) -> Headers {
    let input = SignInput {
        method: "POST",
        url: "https://hook.example/assistant-webhook",
        headers: &Headers::new(),
        body,
        timestamp: Timestamp::from_secs(1_779_971_696),
        id: None,
        config: None,
    };
    let signed = sign(Catalogue::default().scheme("callaider").unwrap(), secret, &input).unwrap();
    signed.apply_to(&Headers::new())
}

#[test]
fn the_guides_receiver_accepts_what_creel_signs_and_refuses_what_creel_refuses() {
    let bodies: Vec<&[u8]> = EVENTS.iter().map(|event| parts(event.1).1).chain([&b""[..], b"\xff\x00\r\n"]).collect();
    for body in bodies {
        let right = signed(SECRET, body);
        assert!(receiver_accepts(right.get_str("X-Callaider-Signature"), body));
        assert!(creel_accepts(&right, body));

        let text = right.get_str("X-Callaider-Signature").unwrap().to_owned();
        let mut flipped = text.clone().into_bytes();
        *flipped.last_mut().unwrap() ^= 1;
        let flipped = String::from_utf8(flipped).unwrap();
        let wrong: Vec<(Option<String>, Vec<u8>)> = vec![
            (None, body.to_vec()),
            (Some(String::new()), body.to_vec()),
            (Some(flipped), body.to_vec()),
            (Some(text["sha256=".len()..].to_owned()), body.to_vec()),
            (Some(format!("sha1={}", &text["sha256=".len()..])), body.to_vec()),
            (Some(text[..text.len() - 2].to_owned()), body.to_vec()),
            (Some(text.clone()), [body, b"\n"].concat()),
            (signed("another", body).get_str("X-Callaider-Signature").map(str::to_owned), body.to_vec()),
        ];
        for (signature, body) in wrong {
            let headers: Headers = signature.iter().map(|text| ("X-Callaider-Signature", text.clone())).collect();
            assert!(!creel_accepts(&headers, &body), "{signature:?}");
            assert!(!receiver_accepts(signature.as_deref(), &body), "{signature:?}");
        }
    }
}
