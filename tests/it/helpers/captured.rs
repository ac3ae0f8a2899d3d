//! Bins with an answer of their own, and what they captured, as the store has it: byte for byte.

use std::time::{Duration, Instant};

use creel::inside::Filter;
use creel::inside::{BinId, BinSettings, CapturedRequest};
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

/// The bin's only request; waits for it, since nobody is told when a refused or broken one is stored.
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
