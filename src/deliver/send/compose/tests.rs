use super::*;
use crate::http::Headers;
use crate::model::{Secret, SignatureStatus};
use crate::provider::samples::{SESSION, senders, simulated_platform};
use crate::signature::{Catalogue, SignedRequest, Verifier};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn now() -> Timestamp {
    "2026-05-28T12:34:56.789Z".parse().unwrap()
}

fn sending(provider: &str, event: &str, faults: &[Fault]) -> Sending {
    let sender = simulated_platform(provider).unwrap();
    let story = Story::new(3, now());
    let scheme = &*crate::provider::schemes_of(provider, true)[0];
    Sending {
        steps: sender.steps(event, &story, 0.0, faults).unwrap(),
        sample: Sample::Made { sender, story: story.into() },
        target: TargetUrl::parse("http://127.0.0.1:3000/hook").unwrap(),
        signed_url: None,
        to_self: false,
        headers: Vec::new(),
        signer: Some(Signer {
            scheme: Arc::clone(Catalogue::default().scheme(scheme).unwrap()),
            secret: SecretValue::new(SECRET.to_owned()),
        }),
        set: Vec::new(),
        body: None,
        faults: faults.to_vec(),
        timeout: Duration::from_secs(5),
    }
}

fn first(sending: &Sending) -> Parcel {
    sending.compose(&sending.steps[0], now()).unwrap()
}

fn headers(parcel: &Parcel) -> Headers {
    Head::new(parcel.head.clone()).headers()
}

fn status(provider: &str, parcel: &Parcel) -> SignatureStatus {
    let secret = Secret {
        id: 1,
        label: "live".to_owned(),
        value: SecretValue::new(SECRET.to_owned()),
        created_at: Timestamp::default(),
    };
    let scheme = &*crate::provider::schemes_of(provider, true)[0];
    let verifier = Verifier::new(&Catalogue::default(), Some(scheme), None, &[secret]).unwrap();
    let headers = headers(parcel);
    let request =
        SignedRequest { method: "POST", url: &parcel.url, headers: &headers, body: &parcel.body, received_at: now() };
    verifier.judge(&request).0.status
}

#[test]
fn every_platforms_events_are_signed_as_its_receivers_expect() {
    for sender in senders() {
        for event in sender.events {
            let parcel = first(&sending(sender.provider, event.name, &[]));
            assert_eq!(status(sender.provider, &parcel), SignatureStatus::Valid, "{} {}", sender.provider, event.name);
            for fault in [Fault::BadSignature, Fault::TamperedBody] {
                // A token covers no body.
                if sender.provider != "pathors" || fault == Fault::BadSignature {
                    let parcel = first(&sending(sender.provider, event.name, &[fault]));
                    let status = status(sender.provider, &parcel);
                    assert_eq!(status, SignatureStatus::Invalid, "{} {} {fault:?}", sender.provider, event.name);
                }
            }
        }
    }
}

#[test]
fn system_headers_win_over_the_users_own_each_of_them() {
    let name = |name: &str| (name.to_owned(), "own".to_owned());
    for sender in senders() {
        for signed in [true, false] {
            let mut wanted = sending(sender.provider, sender.events[0].name, &[]);
            if !signed {
                wanted.signer = None;
            }
            let plain = first(&wanted);
            wanted.headers = sender.system.iter().map(|system| name(&system.to_ascii_uppercase())).collect();
            wanted.headers.extend(["Host", "content-length", "Transfer-Encoding"].map(name));
            let count = wanted.headers.len();
            wanted.headers.push(name("X-Route"));
            let with = first(&wanted);
            assert_eq!(wanted.overridden().len(), count);
            let expected = headers(&plain);
            for field in &headers(&with) {
                let own = field.name.eq_ignore_ascii_case(b"x-route");
                assert_eq!(own, &field.value[..] == b"own", "{} {:?}", sender.provider, field.name);
                let system = String::from_utf8_lossy(&field.name).into_owned();
                assert!(own || expected.get(&system) == Some(&field.value), "{} {system}", sender.provider);
            }
            assert_eq!(headers(&with).len(), expected.len() + 1);
            if !signed {
                assert!(!headers(&with).contains("x-callaider-signature"));
            }
        }
    }
}

#[test]
fn custom_headers_are_sent_as_they_are_given_and_prove_pathors() {
    let mut wanted = sending("pathors", "session.ended", &[]);
    wanted.signer = None;
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    wanted.headers = vec![field("Authorization", "Basic 12345"), field("X-Tag", "a"), field("X-Tag", "b")];
    let headers = headers(&first(&wanted));
    assert_eq!(headers.get_str("authorization"), Some("Basic 12345"));
    assert_eq!(headers.all("X-Tag").count(), 2);
    assert_eq!(headers.get_str("Content-Type"), Some("application/json"));
}

#[test]
fn malformed_json_is_signed_rightly_and_cut_between_characters() {
    let mut wanted = sending("callaider", "session.ended", &[Fault::MalformedJson]);
    if let Sample::Made { story, .. } = &mut wanted.sample {
        story.language = crate::provider::samples::Language::Zh;
    }
    let parcel = first(&wanted);
    assert_eq!(status("callaider", &parcel), SignatureStatus::Valid);
    assert!(std::str::from_utf8(&parcel.body).is_ok());
    assert!(serde_json::from_slice::<serde_json::Value>(&parcel.body).is_err());
    for fault in [Fault::BadSignature, Fault::TamperedBody] {
        let mut unsigned = sending("callaider", SESSION, &[fault]);
        unsigned.signer = None;
        let error = unsigned.compose(&unsigned.steps[0], now()).unwrap_err();
        assert!(error.to_string().contains("give a secret"), "{error}");
    }
}

#[test]
fn a_tampered_body_is_still_json() {
    let parcel = first(&sending("callaider", "session.ended", &[Fault::TamperedBody]));
    assert!(serde_json::from_slice::<serde_json::Value>(&parcel.body).is_ok());
}

#[test]
fn a_request_of_ones_own_keeps_its_head_and_is_signed_again() {
    let raw = "PUT /old/bin?x=1 HTTP/1.1\r\nhOST: old\r\nX-Callaider-Event: session.ended\r\nX-Callaider-Signature: sha256=00\r\nTransfer-Encoding: chunked\r\n\r\n{\"a\": 1}";
    let mut wanted = sending("callaider", "session.ended", &[]);
    wanted.sample = own_sample(&Bytes::from(raw)).unwrap();
    wanted.set = vec![(Pointer::parse("/a").unwrap(), "2".to_owned())];
    let parcel = first(&wanted);
    let text = String::from_utf8(parcel.head.to_vec()).unwrap();
    assert!(
        text.starts_with("PUT /hook HTTP/1.1\r\nhOST: 127.0.0.1:3000\r\nX-Callaider-Event: session.ended\r\n"),
        "{text}"
    );
    assert!(text.contains("Content-Length: 8") && !text.contains("Transfer"), "{text}");
    assert_eq!(&parcel.body[..], b"{\"a\": 2}");
    assert_eq!(status("callaider", &parcel), SignatureStatus::Valid);
    assert!(own_sample(&Bytes::from_static(b"")).is_err());
}
