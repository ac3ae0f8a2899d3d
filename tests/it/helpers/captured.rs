//! Bins with an answer of their own, and what they captured, as the store has it: byte for byte.

use std::time::{Duration, Instant};

use creel::inside::{
    BinId, BinSettings, CapturedRequest, Client, Derived, Filter, Head, HeadSource, Marks, Origin, RequestId,
    RequestSummary, SentResponse, Timestamp,
};
use serde_json::Value;

use super::TestApp;

/// How long something that must happen may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Makes a bin with these response settings (`{}` for the default).
pub async fn bin(app: &TestApp, response: Value) -> BinId {
    bin_limited(app, response, None).await
}

/// Makes a bin that also has a body limit of its own.
pub async fn bin_limited(app: &TestApp, response: Value, max_body_bytes: Option<u64>) -> BinId {
    let mut settings = BinSettings { response: serde_json::from_value(response).unwrap(), ..BinSettings::default() };
    settings.limits.max_body_bytes = max_body_bytes;
    app.store.create_bin(settings, Vec::new()).await.unwrap().bin.id
}

/// All that the bin has captured, oldest first.
pub async fn all(app: &TestApp, bin: BinId) -> Vec<CapturedRequest> {
    app.store.requests_after(bin, 0, &Filter::default(), 1_000, usize::MAX).await.unwrap()
}

/// The bin's only request; waits for it, since nobody is told when a rejected or broken one is stored.
pub async fn only(app: &TestApp, bin: BinId) -> CapturedRequest {
    let mut requests = until(app, bin, |requests| !requests.is_empty()).await;
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

/// Waits until what the bin has captured is as wanted.
pub async fn until(app: &TestApp, bin: BinId, wanted: impl Fn(&[CapturedRequest]) -> bool) -> Vec<CapturedRequest> {
    let start = Instant::now();
    loop {
        let requests = all(app, bin).await;
        if wanted(&requests) {
            return requests;
        }
        assert!(start.elapsed() < PATIENCE, "not captured as wanted: {requests:#?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A request with this head and body, as it would be captured, without a bin or a store.
pub fn request(head: &[u8], body: &[u8]) -> CapturedRequest {
    let head = Head::new(head.to_vec().into());
    let at = Timestamp::from_secs(1_779_971_696);
    CapturedRequest {
        summary: RequestSummary {
            seq: 1,
            id: RequestId::new(at, 0, 1),
            bin: "0123456789abcdef".parse().unwrap(),
            received_at: at,
            body_took: Duration::ZERO,
            method: head.method().into_owned(),
            target: head.target().to_text().into_owned(),
            path: String::from_utf8_lossy(head.target().path_below_bin()).into_owned(),
            http_version: head.version().into_owned(),
            content_type: head.headers().get_str("content-type").map(str::to_owned),
            head_source: HeadSource::Wire,
            body_size: body.len() as u64,
            declared_size: Some(body.len() as u64),
            complete: true,
            client: Some(Client { ip: [127, 0, 0, 1].into(), port: 1 }),
            rejected: None,
            derived: Derived::default(),
            response: SentResponse::default(),
            marks: Marks::default(),
            origin: Origin::Wire,
            hops: 0,
            last_attempt: None,
            forwarded: None,
            held_until: None,
        },
        head,
        body: body.to_vec().into(),
        trailers: bytes::Bytes::new(),
    }
}
