//! What is found about a request that is not right.

use super::*;

#[tokio::test]
async fn a_body_that_did_not_come_whole_is_told_by_why_it_did_not() {
    let fixture = Fixture::new();
    let reasons = ["body_over_limit", "body_incomplete"];
    for (rejected, complete, told) in [
        (Some(Rejection::BodyTooLarge), false, Some(reasons[0])),
        (Some(Rejection::Timeout), false, Some(reasons[1])),
        (None, false, Some(reasons[1])),
        (None, true, None),
    ] {
        let bin = fixture.bin(provider("callaider"), Some("key")).await;
        fixture.receive(&bin, Arrived { complete, rejected, ..signed("other") }).await;
        let request = fixture.kept(&bin).await.pop().unwrap();
        let explained = fixture.capture.explain(&bin, request, Trial::default(), ()).await.unwrap();
        let found = explained.findings.iter().map(|finding| finding.code).find(|code| reasons.contains(code));
        assert_eq!(found, told, "{rejected:?} {complete}");
    }
}
