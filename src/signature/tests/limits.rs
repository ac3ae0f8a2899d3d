//! How much of one request is looked at, exactly.

use serde_json::json;

use super::*;
use crate::model::SignatureStatus;

fn read(record: &serde_json::Value) -> Arc<Scheme> {
    Arc::new(Scheme::from_json(record).unwrap())
}

fn judged(scheme: &Arc<Scheme>, secret: &str, signature: &str, body: Vec<u8>) -> (SignatureStatus, String) {
    let request =
        Owned { method: "POST".into(), url: "https://h/".into(), headers: headers(&[("X", signature)]), body };
    let verdict = Verifier::of(Arc::clone(scheme), &secrets(&[secret])).judge(&request.request()).0;
    (verdict.status, verdict.reason.unwrap_or_default())
}

#[test]
fn a_public_key_is_tried_on_so_many_signatures_and_no_more() {
    let scheme =
        read(&json!({"signature": {"from": "header:X", "split": " "}, "algorithm": "ed25519", "secret": "hex"}));
    let pair = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).to_keypair_bytes();
    let right = hex::encode(compute(Algorithm::Ed25519, &pair, b"body").unwrap());
    let judge = |before: usize| {
        let text = format!("{} ", "00".repeat(64)).repeat(before) + &right;
        judged(&scheme, &hex::encode(&pair[32..]), &text, b"body".to_vec()).0
    };
    assert_eq!((judge(63), judge(64)), (SignatureStatus::Valid, SignatureStatus::Invalid));
}

#[test]
fn a_long_body_is_hashed_for_so_many_groups_and_no_more() {
    let record = json!({
        "signature": {"from": "header:X", "group": " ", "split": ",", "items": ["t={timestamp}", "v1={signature}"]},
        "signed": "{timestamp}.{body}",
    });
    let scheme = read(&record);
    // What is no hex is not hashed for, and counts all the same: the ninth group is the right one.
    let wrong = "t=0,v1=no t=1,v1=no t=2,v1=no t=3,v1=no t=4,v1=no t=5,v1=no t=6,v1=no t=7,v1=no ";
    for (bytes, status) in [(16 << 20, SignatureStatus::Valid), ((16 << 20) + 1, SignatureStatus::Invalid)] {
        let body = vec![b'x'; bytes];
        let signed = [b"9.", &body[..]].concat();
        let right = hex::encode(compute(Algorithm::HmacSha256, b"s", &signed).unwrap());
        assert_eq!(judged(&scheme, "s", &format!("{wrong}t=9,v1={right}"), body).0, status, "{bytes}");
    }
}

#[test]
fn a_batch_is_judged_up_to_its_bound_and_an_unsigned_item_among_signed_ones_is_wrong() {
    let record = json!({
        "signature": {"from": "json:/l/*/s"},
        "vars": {"n": "json:/l/*/n"},
        "signed": "{n}",
    });
    let scheme = read(&record);
    let sum = hex::encode(compute(Algorithm::HmacSha256, b"s", b"1").unwrap());
    let right = format!(r#"{{"n":"1","s":"{sum}"}}"#);
    let judge = |items: &[&str]| judged(&scheme, "s", "", format!(r#"{{"l":[{}]}}"#, items.join(",")).into_bytes());
    assert_eq!(judge(&[&*right; 64]).0, SignatureStatus::Valid);
    assert_eq!(
        judge(&[&*right; 65]),
        (SignatureStatus::Invalid, "/l has more than 64 items, which are not all looked at.".to_owned())
    );
    // One that has a signature and lacks what it is over.
    let bare = format!(r#"{{"s":"{sum}"}}"#);
    let sentence = "The JSON member /n of each item of /l of the body is missing.";
    assert_eq!(judge(&[&*bare]), (SignatureStatus::Missing, sentence.to_owned()));
    let none = "The JSON member /s of each item of /l of the body is missing.";
    assert_eq!(judge(&["{}"]), (SignatureStatus::Missing, none.to_owned()));
    assert_eq!(judge(&["{}", "{}"]), (SignatureStatus::Missing, format!("Item 1 of 2 (/l/0): {none}")));
    for (items, wrong) in [(["{}", &right], 0), ([&right, "{}"], 1)] {
        let reason = format!("Item {} of 2 (/l/{wrong}): {none}", wrong + 1);
        assert_eq!(judge(&items), (SignatureStatus::Invalid, reason));
    }
}
