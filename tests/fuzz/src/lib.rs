//! What the targets share.

use std::time::Duration;

use bytes::Bytes;
use creel::inside::{
    CapturedRequest, Client, Derived, Head, HeadSource, Marks, Origin, RequestId, RequestSummary, SentResponse,
    Timestamp,
};

/// A request with this head and body, as it would be captured.
pub fn captured(head: Head, body: impl Into<Bytes>) -> CapturedRequest {
    let (at, body) = (Timestamp::from_secs(1_779_971_696), body.into());
    CapturedRequest {
        summary: RequestSummary {
            seq: 1,
            id: RequestId::new(at, 0, 1),
            bin: "0123456789abcdef".parse().expect("an id"),
            received_at: at,
            body_took: Duration::ZERO,
            method: head.method().into_owned(),
            target: head.target().to_text().into_owned(),
            path: String::from_utf8_lossy(head.target().path_below_bin()).into_owned(),
            http_version: head.version().into_owned(),
            content_type: head.headers().get_str("content-type").map(str::to_owned),
            head_source: HeadSource::Wire,
            body_size: body.len() as u64,
            declared_size: None,
            complete: true,
            client: Some(Client { ip: [127, 0, 0, 1].into(), port: 1 }),
            rejected: None,
            derived: Derived::default(),
            response: SentResponse { status: Some(200), duration_us: None },
            marks: Marks { tags: vec!["demo".to_owned()], ..Marks::default() },
            origin: Origin::Wire,
            hops: 0,
            last_attempt: None,
            forwarded: None,
            held_until: None,
        },
        head,
        body,
        trailers: Bytes::new(),
    }
}
