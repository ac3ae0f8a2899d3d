//! The capture half over a store, without a listener: what is kept, what is answered, what is learnt.

mod explained;
mod others;

use std::sync::Arc;

use super::*;
use crate::model::{
    BinSettings, CapturedRequest, Change, ChangeKind, Origin, ResponseSettings, Secret, SecretValue, filter::Filter,
};
use crate::signature::Algorithm;
use crate::signature::key::compute;
use crate::store::{CommitListener, StoreOptions};

/// Wants everything, keeps everything.
#[derive(Default)]
struct Recorded(Mutex<Vec<Change>>);

impl CommitListener for Recorded {
    fn wants(&self, _: BinId) -> bool {
        true
    }
    fn committed(&self, changes: Vec<Change>) {
        self.0.lock().extend(changes);
    }
}

pub(super) struct Fixture {
    pub(super) capture: Capture,
    pub(super) store: Store,
    pub(super) clock: Clock,
    log: Arc<Recorded>,
    _folder: tempfile::TempDir,
}

pub(super) fn start() -> Timestamp {
    Timestamp::from_secs(1_779_971_696)
}

pub(super) const PEER: &str = "203.0.113.7:4000";

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with(CaptureOptions { base_url: "http://creel.test".into(), max_body: 100, ..CaptureOptions::default() })
    }

    pub(super) fn with(options: CaptureOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (log, clock) = (Arc::new(Recorded::default()), Clock::fixed(start()));
        let at = StoreOptions::unlimited(&folder.path().join("creel.db"));
        let store = Store::open(at, clock.clone(), Arc::clone(&log) as Arc<dyn CommitListener>).unwrap();
        let capture = Capture::new(store.clone(), clock.clone(), options);
        Self { capture, store, clock, log, _folder: folder }
    }

    pub(super) async fn bin(&self, settings: BinSettings, secret: Option<&str>) -> Arc<BinState> {
        let secret = secret.map(|text| ("live".to_owned(), SecretValue::new(text.to_owned())));
        self.store.create_bin(settings, secret.into_iter().collect()).await.unwrap()
    }

    async fn receive(&self, bin: &Arc<BinState>, arrived: Arrived) -> Outgoing {
        let open = self.capture.open(self.store.bin(bin.bin.id.as_str()).unwrap());
        self.capture.receive(&open, arrived).await
    }

    async fn kept(&self, bin: &BinState) -> Vec<CapturedRequest> {
        self.store.requests_after(bin.bin.id, 0, &Filter::default(), 1_000, usize::MAX).await.unwrap()
    }
}

/// A request to a bin with these header fields.
pub(super) fn arrived(method: &str, fields: &str, body: &str) -> Arrived {
    Arrived {
        head: Head::new(format!("{method} /b HTTP/1.1\r\nHost: h\r\n{fields}\r\n").into()),
        head_source: HeadSource::Wire,
        received_at: start(),
        body: vec![Bytes::copy_from_slice(body.as_bytes())],
        body_took: Duration::from_micros(7),
        trailers: Bytes::new(),
        declared_size: Some(body.len() as u64),
        complete: true,
        peer: PEER.parse().ok(),
        rejected: None,
    }
}

fn provider(id: &str) -> BinSettings {
    BinSettings { provider: Some(id.to_owned()), ..BinSettings::default() }
}

fn answers(json: &str) -> BinSettings {
    let response: ResponseSettings = serde_json::from_str(json).unwrap();
    BinSettings { response, ..BinSettings::default() }
}

fn header<'o>(response: &'o Outgoing, name: &str) -> Option<&'o str> {
    response.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// An address as text.
fn told(client: Client) -> String {
    SocketAddr::new(client.ip, client.port).to_string()
}

const EVENT: &str = r#"{"event":"session.ended","sessionId":"s-1","timestamp":"2026-05-28T12:34:56.789Z"}"#;

/// An event of `CallAIder`'s, signed with this key.
fn signed(key: &str) -> Arrived {
    let mac = compute(Algorithm::HmacSha256, key.as_bytes(), EVENT.as_bytes()).unwrap();
    let signature = hex::encode(mac);
    arrived("POST", &format!("X-Callaider-Signature: sha256={signature}\r\n"), EVENT)
}

#[tokio::test]
async fn what_the_listener_rejects_is_kept_and_answered_with_the_reason() {
    let fixture = Fixture::new();
    let bin = fixture.bin(answers(r#"{"status":202}"#), None).await;
    for (reason, status) in [
        (Rejection::BodyTooLarge, 413),
        (Rejection::HeadTooLarge, 431),
        (Rejection::TargetTooLong, 431),
        (Rejection::Timeout, 408),
        (Rejection::HeadTooSlow, 408),
        (Rejection::Malformed, 400),
        (Rejection::SeveralHosts, 400),
    ] {
        for complete in [true, false] {
            let rejected = Arrived { rejected: Some(reason), complete, ..arrived("POST", "", "x") };
            let response = fixture.receive(&bin, rejected).await;
            let text = String::from_utf8_lossy(&response.body).into_owned();
            assert_eq!(response.status, status, "{reason:?}");
            assert!(text.contains(reason.sentence()), "{text}");
            assert_eq!(text.contains("(100 bytes)"), status == 413, "{text}");
            let kept = fixture.kept(&bin).await.pop().unwrap().summary;
            assert_eq!((kept.rejected, kept.complete), (Some(reason), complete));
            // It is still there to be told.
            assert_eq!(kept.response.status, Some(status), "{reason:?} {complete}");
        }
    }
}

#[tokio::test]
async fn a_sender_that_leaves_early_is_sent_nothing() {
    let fixture = Fixture::new();
    for (complete, status) in [(true, Some(202)), (false, None)] {
        let bin = fixture.bin(answers(r#"{"status":202}"#), None).await;
        fixture.receive(&bin, Arrived { complete, ..arrived("POST", "", "x") }).await;
        let kept = fixture.kept(&bin).await.pop().unwrap().summary;
        assert_eq!((kept.complete, kept.response.status), (complete, status));
        assert_eq!((kept.client.map(told), kept.body_took.as_micros()), (Some(PEER.to_owned()), 7));
    }
}

#[tokio::test]
async fn a_preflight_is_answered_where_the_bin_answers_them_and_only_when_it_is_one() {
    let fixture = Fixture::new();
    let (with, without) = (
        fixture.bin(answers(r#"{"status":202,"cors":true}"#), None).await,
        fixture.bin(answers(r#"{"status":202}"#), None).await,
    );
    let (origin, asks) = ("Origin: http://o\r\n", "Access-Control-Request-Method: PUT\r\n");
    let both = format!("{origin}{asks}");
    for (bin, method, fields, status) in [
        (&with, "OPTIONS", both.as_str(), 204),
        (&with, "OPTIONS", origin, 202),
        (&with, "OPTIONS", asks, 202),
        (&with, "OPTIONS", "", 202),
        (&with, "POST", &both, 202),
        (&without, "OPTIONS", &both, 202),
    ] {
        let response = fixture.receive(bin, arrived(method, fields, "")).await;
        assert_eq!(response.status, status, "{method} {fields}");
        let allowed = if status == 204 { Some("PUT") } else { None };
        assert_eq!(header(&response, "Access-Control-Allow-Methods"), allowed);
    }
}

#[tokio::test]
async fn a_bin_that_enforces_signatures_turns_down_all_but_right_ones() {
    let fixture = Fixture::new();
    for (mode, secret, key, status) in [
        (SignatureMode::Enforce, Some("key"), "key", 202),
        (SignatureMode::Enforce, Some("key"), "other", 401),
        (SignatureMode::Enforce, None, "key", 401),
        (SignatureMode::default(), Some("key"), "other", 202),
        (SignatureMode::default(), None, "key", 202),
    ] {
        let settings = BinSettings { signature_mode: mode, ..answers(r#"{"status":202,"cors":true}"#) };
        let bin = fixture.bin(settings, secret).await;
        assert_eq!(fixture.receive(&bin, signed(key)).await.status, status, "{secret:?} {key}");
        assert_eq!(fixture.kept(&bin).await.len(), 1, "kept in any case");
        let unsigned = fixture.receive(&bin, arrived("POST", "", "{}")).await.status;
        assert_eq!(unsigned, if mode == SignatureMode::Enforce { 401 } else { 202 });
        // A browser asks before it sends anything.
        let fields = "Origin: http://o\r\nAccess-Control-Request-Method: POST\r\n";
        assert_eq!(fixture.receive(&bin, arrived("OPTIONS", fields, "")).await.status, 204);
    }
}

#[tokio::test]
async fn half_of_an_event_or_handshake_is_none() {
    let secret = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";
    for (complete, rejected, whole) in
        [(true, None, true), (false, None, false), (true, Some(Rejection::BodyTooLarge), false)]
    {
        let fixture = Fixture::new();
        let bin = fixture.bin(provider("asana"), None).await;
        let hand = arrived("POST", &format!("X-Hook-Secret: {secret}\r\n"), "");
        let response = fixture.receive(&bin, Arrived { complete, rejected, ..hand }).await;
        assert_eq!(header(&response, "X-Hook-Secret"), whole.then_some(secret), "{complete} {rejected:?}");
        let secrets = &fixture.store.bin(bin.bin.id.as_str()).unwrap().bin.secrets;
        let learnt: Vec<_> = secrets.iter().map(|secret| (secret.label.as_str(), secret.value.expose())).collect();
        let label = "learnt from 203.0.113.7 (asana, clio handshake)";
        assert_eq!(learnt, if whole { vec![(label, secret)] } else { vec![] });
        assert_eq!(fixture.capture.counters().learnt_secrets.load(Ordering::Relaxed), u64::from(whole));

        let bin = fixture.bin(provider("callaider"), Some("key")).await;
        fixture.receive(&bin, Arrived { complete, ..signed("key") }).await;
        let kept = fixture.kept(&bin).await.pop().unwrap().summary.derived;
        assert_eq!(kept.verdict.status, SignatureStatus::Valid);
        assert_eq!(kept.event.duplicate_key.is_some(), complete);
    }
}

#[tokio::test]
async fn what_goes_in_a_loop_is_not_kept() {
    // The port says how often it was sent on.
    let own = |peer: SocketAddr| u8::try_from(peer.port()).ok().map(|hops| (Origin::Forwarded, hops));
    let options = CaptureOptions { own_connections: OwnConnections(Some(Arc::new(own))), ..CaptureOptions::default() };
    let fixture = Fixture::with(options);
    let bin = fixture.bin(BinSettings::default(), None).await;
    for (port, origin, hops, status) in [
        (4_000, Origin::Wire, 0, 200),
        (1, Origin::Forwarded, 1, 200),
        (u16::from(MAX_HOPS), Origin::Forwarded, MAX_HOPS, 200),
        (u16::from(MAX_HOPS) + 1, Origin::Wire, 0, 508),
    ] {
        let peer = Some(SocketAddr::from(([127, 0, 0, 1], port)));
        let before = fixture.kept(&bin).await.len();
        let response = fixture.receive(&bin, Arrived { peer, ..arrived("POST", "", "x") }).await;
        assert_eq!((response.status, response.stored.is_some()), (status, status == 200), "{port}");
        let kept = fixture.kept(&bin).await;
        assert_eq!(kept.len() - before, usize::from(status == 200));
        if let Some(stored) = response.stored {
            let summary = &kept.last().unwrap().summary;
            assert_eq!((summary.id, summary.origin, summary.hops), (stored.id, origin, hops));
        }
    }
    assert_eq!(fixture.capture.counters().loops.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_large_body_is_judged_and_answered_as_a_small_one() {
    let fixture = Fixture::new();
    let settings = BinSettings {
        provider: Some("callaider".into()),
        ..answers(r#"{"body":"{{request.id}} {{request.json./sessionId}}"}"#)
    };
    let bin = fixture.bin(settings, Some("key")).await;
    for length in [0, 100_000] {
        let mut request = arrived("POST", "", &format!(r#"{{"pad":"{}","sessionId":"s-1"}}"#, "p".repeat(length)));
        // In pieces, as it arrives.
        let whole = request.body.remove(0);
        request.body = vec![whole.slice(..5), whole.slice(5..9), whole.slice(9..)];
        let response = fixture.receive(&bin, request).await;
        let id = response.stored.unwrap().id;
        assert_eq!(String::from_utf8_lossy(&response.body), format!("{id} s-1"));
        let kept = fixture.kept(&bin).await.pop().unwrap();
        assert_eq!((kept.body, kept.summary.derived.verdict.status), (whole, SignatureStatus::Missing));
    }
}

#[tokio::test]
async fn the_head_of_what_was_rejected_is_kept_when_it_names_a_bin() {
    let fixture = Fixture::new();
    let bin = fixture.bin(BinSettings { name: "b".parse().ok(), ..BinSettings::default() }, None).await;
    let counters = fixture.capture.counters();
    for (head, kept) in [
        ("POST /b HTTP/1.1\r\nBad Name: x\r\n\r\n", 1),
        ("\r\nPOST  /b/x HTTP/1.1", 2),
        ("POST http://h/b HTTP/9", 3),
        ("POST /nobody HTTP/1.1\r\n\r\n", 3),
        ("GET", 3),
        ("\r\n", 3),
        ("", 3),
    ] {
        fixture.capture.rejected(Rejected {
            head: Bytes::copy_from_slice(head.as_bytes()),
            reason: Rejection::BadFieldName,
            status: Some(400),
            received_at: start(),
            peer: PEER.parse().ok(),
        });
        // Something else that is waited for is stored after it.
        fixture.bin(BinSettings::default(), None).await;
        assert_eq!(fixture.kept(&bin).await.len(), kept, "{head}");
        assert_eq!(counters.rejected_kept.load(Ordering::Relaxed), kept as u64);
    }
    assert_eq!(counters.rejected_unattributed.load(Ordering::Relaxed), 4);
    let last = fixture.kept(&bin).await.pop().unwrap().summary;
    assert_eq!((last.rejected, last.complete), (Some(Rejection::BadFieldName), false));
    assert_eq!((last.response.status, last.client.map(told)), (Some(400), Some(PEER.to_owned())));
}

#[tokio::test]
async fn what_is_imported_is_judged_anew_and_keeps_its_handshake() {
    let fixture = Fixture::new();
    let bin = fixture.bin(provider("callaider"), Some("key")).await;
    let request = |arrived: Arrived, handshake: Option<&str>| {
        let mut derived = Derived::default();
        derived.verdict.status = SignatureStatus::NoSecret;
        derived.event.handshake = handshake.map(str::to_owned);
        let request = NewRequest {
            bin: BinId::generate(),
            received_at: start(),
            body_took: Duration::ZERO,
            client: None,
            head: arrived.head,
            head_source: HeadSource::Wire,
            body: arrived.body[0].clone(),
            trailers: Bytes::new(),
            declared_size: None,
            complete: true,
            rejected: None,
            derived,
            status: Some(200),
            held_until: None,
            origin: Origin::Imported,
            hops: 0,
        };
        (request, Kept::default())
    };
    let requests = vec![request(signed("key"), None), request(signed("other"), Some("slack-url-verification"))];
    assert_eq!(fixture.capture.import(&bin, requests).await, Ok(2));
    let kept: Vec<_> = fixture.kept(&bin).await.into_iter().map(|kept| kept.summary.derived).collect();
    assert_eq!((kept[0].verdict.status, &kept[0].event.handshake), (SignatureStatus::Valid, &None));
    assert_eq!(kept[0].event.session.as_deref(), Some("s-1"));
    let handshake = Some("slack-url-verification".to_owned());
    assert_eq!((kept[1].verdict.status, &kept[1].event.handshake), (SignatureStatus::Invalid, &handshake));
}

#[tokio::test]
async fn what_somebody_composed_repeats_nothing_and_is_told_to_have_no_sender() {
    let fixture = Fixture::new();
    let bin = fixture.bin(provider("callaider"), Some("key")).await;
    for (arrived, status) in [(signed("key"), SignatureStatus::Valid), (signed("other"), SignatureStatus::Invalid)] {
        let id = fixture.capture.keep_composed(&bin, arrived.head, arrived.body[0].clone()).await.unwrap();
        let kept = fixture.kept(&bin).await.pop().unwrap().summary;
        assert_eq!((kept.id, kept.origin, kept.client, kept.response.status), (id, Origin::Composed, None, None));
        assert_eq!((kept.derived.verdict.status, kept.declared_size), (status, Some(EVENT.len() as u64)));
        assert_eq!((kept.derived.event.session.as_deref(), kept.derived.event.duplicate_key), (Some("s-1"), None));
    }
    let head = Head::new("POST /b HTTP/1.1\r\n\r\n".into());
    fixture.capture.keep_composed(&bin, head, Bytes::new()).await.unwrap();
    assert_eq!(fixture.kept(&bin).await.pop().unwrap().summary.declared_size, None);
}
