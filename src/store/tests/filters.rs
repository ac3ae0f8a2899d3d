//! A filter means the same in SQL and in memory.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use strum::VariantArray as _;

use super::help::{Fixture, post, request, start};
use crate::model::filter::Filter;
use crate::model::{
    BinId, CapturedRequest, Client, Freshness, FreshnessStatus, MarksPatch, NewRequest, Origin, Rejection,
    SignatureStatus, Timestamp, Verdict,
};
use crate::store::{ListQuery, Order};

/// Some of everything that a filter can ask for, in combinations that do not repeat soon.
pub(super) fn varied(bin: BinId, number: usize) -> NewRequest {
    let pick = |from: &[&str], step: usize| from[(number / step) % from.len()].to_owned();
    let method = pick(&["POST", "get", "PUT", "X-odd"], 1);
    let path = pick(&["", "/", "/a", "/a/b", "/A%20b", "/ä"], 2);
    let query = pick(&["", "?", "?a=1", "?A=1+2&b", "?x=POST"], 3);
    let header = pick(&["X-Foo: bar", "x-foo: BAZ\r\nX-Foo: bar", "X-Bar:", "no colon"], 5);
    let body = pick(
        &["", "hello World", r#"{"data":{"reason":"user_ended","n":1.5,"b":true,"z":null}}"#, "\u{0}bin ä Ä", "bar"],
        1,
    );
    let head = format!("{method} /{bin}{path}{query} HTTP/1.1\r\nHost: h\r\n{header}\r\n\r\n");
    let mut new = request(bin, &head, body.as_bytes());
    new.received_at = Timestamp::from_micros(start().as_micros() + 1_000_000 * i64::try_from(number).unwrap());
    new.status = [Some(200), Some(401), None, Some(404)][number % 4];
    new.complete = !number.is_multiple_of(7);
    new.rejected = [None, None, Some(Rejection::BodyTooLarge), Some(Rejection::Malformed)][(number / 3) % 4];
    new.client = [
        None,
        Some(Client { ip: [10, 0, 0, 1].into(), port: 1 }),
        Some(Client { ip: "::1".parse().unwrap(), port: 2 }),
    ][number % 3];
    let status = [
        SignatureStatus::Valid,
        SignatureStatus::Invalid,
        SignatureStatus::Missing,
        SignatureStatus::NoSecret,
        SignatureStatus::UnsignedScheme,
        SignatureStatus::UndecodableSecret,
    ][number % 6];
    new.derived.verdict = Verdict { status, scheme: Some("s".into()), secret: None, reason: Some("r".into()) };
    let fresh = [FreshnessStatus::Fresh, FreshnessStatus::Stale, FreshnessStatus::Future, FreshnessStatus::None]
        [(number / 2) % 4];
    new.derived.freshness = Freshness { status: fresh, age_s: Some(3), tolerance_s: None };
    let event = &mut new.derived.event;
    if !number.is_multiple_of(3) {
        event.name = Some(pick(&["session.ended", "Session.Started", "odd\u{0}name"], 4));
        event.session = Some(format!("2d7b-{}", number % 9));
        event.provider = Some(pick(&["github", "CallAIder"], 6));
        event.duplicate_key = Some(format!("{}-{}", number % 9, number % 3));
    }
    event.handshake = number.is_multiple_of(11).then(|| "slack".to_owned());
    new.origin = Origin::VARIANTS[(number / 2) % Origin::VARIANTS.len()];
    new.hops = u8::try_from(number % 16).unwrap();
    new.held_until = (number % 4 == 2 && number.is_multiple_of(3)).then(start);
    new
}

pub(super) async fn filled() -> (Fixture, BinId, Vec<CapturedRequest>) {
    let fixture = Fixture::new();
    let bin = fixture.bin().await.bin.id;
    let other = fixture.bin().await.bin.id;
    for number in 0..150 {
        let stored = fixture.store.capture(varied(bin, number)).await.unwrap();
        fixture.store.capture(post(other, "hello")).await.unwrap();
        let patch = MarksPatch {
            read: Some(number.is_multiple_of(2)),
            pinned: Some(number.is_multiple_of(5)),
            note: number.is_multiple_of(4).then(|| "To Do".to_owned()),
            tags: number.is_multiple_of(6).then(|| vec!["demo".to_owned(), "b\"c".to_owned()]),
        };
        fixture.store.mark(bin, stored.id, patch).await.unwrap();
        if number.is_multiple_of(10) {
            fixture.store.answered(stored, None, Duration::from_millis(7));
        }
    }
    fixture.store.check().await.unwrap();
    let all = fixture.store.requests_after(bin, 0, &Filter::default(), 1_000, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 150);
    (fixture, bin, all)
}

const LEAVES: &[&str] = &[
    "origin:wire",
    "origin:simulated",
    "origin:replayed",
    "origin:forwarded",
    "origin:imported",
    "origin:composed",
    "is:held",
    "sig:missing",
    "sig:no_secret",
    "sig:undecodable_secret",
    "fresh:fresh",
    "fresh:future",
    "hello",
    "\"hello w\"",
    "BAR",
    "ä",
    "Ä",
    "post",
    "x-foo",
    "http",
    "a=1",
    "user_ended",
    "host",
    "nothing-has-this",
    "method:post",
    "method:p*",
    "method:get",
    "path:/a",
    "path:/A*",
    "path:b",
    "path:\"\"",
    "path:*",
    "path:/ä",
    "status:200",
    "status:4xx",
    "status:none",
    "status:>=401",
    "status:<300",
    "event:session.ended",
    "event:*.started",
    "event:odd*",
    "event:odd",
    "session:2d7b",
    "session:2D7B-3",
    "session:2D7B*",
    "session:*-3",
    "provider:callaider",
    "provider:*b",
    "sig:valid",
    "sig:invalid",
    "sig:unsigned",
    "fresh:stale",
    "fresh:none",
    "header:x-foo",
    "header:X-FOO=bar",
    "header:x-foo=ba*",
    "header:host=h",
    "header:x-bar=",
    "query:a",
    "query:A=1",
    "query:a=\"1 2\"",
    "query:b=",
    "query:x",
    "json:/data/reason=user_ended",
    "json:/data/n=1.5",
    "json:/data/b=true",
    "json:/data",
    "json:/data/z",
    "json:/data/z=null",
    "size:0",
    "size:>10",
    "size:<=11",
    "size:3-11",
    "after:2026-05-28T12:35:56Z",
    "before:2026-05-28T12:35:40Z",
    "is:duplicate",
    "is:unread",
    "is:read",
    "is:pinned",
    "is:incomplete",
    "is:rejected",
    "is:handshake",
    "has:note",
    "has:tag",
    "has:body",
    "has:query",
    "has:event",
    "has:session",
    "ip:10.0.0.1",
    "ip:*1",
    "ip:::1",
    "tag:demo",
    "tag:b*",
    "note:\"to do\"",
    "note:x",
    "id:0",
    "id:01",
];

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(LEAVES).prop_map(|text| (*text).to_owned()),
        "[a-dA-D:/{\"\\\\ ]{1,3}".prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.join(" ")),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("-({part})")),
        ]
    })
}

#[test]
fn sql_and_memory_find_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (fixture, bin, all) = runtime.block_on(filled());
    let mut runner = TestRunner::new(Config { cases: 1_500, failure_persistence: None, ..Config::default() });
    runner
        .run(&filter(), |text| {
            let filter = Filter::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            let expected: Vec<u64> =
                all.iter().filter(|request| filter.matches(request)).map(|request| request.summary.seq).collect();
            for request in &all {
                if let Some(decided) = filter.matches_summary(&request.summary) {
                    prop_assert_eq!(decided, filter.matches(request), "{}", text);
                }
            }
            let mut page = runtime
                .block_on(fixture.store.list(bin, ListQuery { filter, limit: 1_000, ..ListQuery::default() }))
                .map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            page.requests.reverse();
            let found: Vec<u64> = page.requests.iter().map(|summary| summary.seq).collect();
            prop_assert_eq!(&found, &expected, "{}", text);
            prop_assert_eq!(page.total, Some(expected.len() as u64));
            prop_assert_eq!(page.next, None);
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn each_term_alone_and_its_opposite_find_the_same_in_sql_and_in_memory() {
    let (fixture, bin, all) = filled().await;
    let mut nothing = Vec::new();
    for text in LEAVES {
        for text in [(*text).to_owned(), format!("-{text}")] {
            let filter = Filter::parse(&text).unwrap();
            let expected: Vec<u64> =
                all.iter().rev().filter(|request| filter.matches(request)).map(|request| request.summary.seq).collect();
            let query = ListQuery { filter, limit: 1_000, ..ListQuery::default() };
            let page = fixture.store.list(bin, query).await.unwrap();
            let found: Vec<u64> = page.requests.iter().map(|summary| summary.seq).collect();
            assert_eq!(found, expected, "{text}");
            if expected.is_empty() {
                nothing.push(text);
            }
        }
    }
    // A term that finds nothing, or everything, is told from no other.
    assert!(nothing.len() < 15, "{nothing:?}");
}

#[tokio::test]
async fn filtered_pages_follow_the_cursor_in_both_orders() {
    let (fixture, bin, all) = filled().await;
    let filter = Filter::parse("bar OR is:pinned").unwrap();
    let expected: Vec<u64> =
        all.iter().filter(|request| filter.matches(request)).map(|request| request.summary.seq).collect();
    assert!(expected.len() > 20);
    for order in [Order::Oldest, Order::Newest] {
        let mut seen = Vec::new();
        let mut query = ListQuery { filter: filter.clone(), limit: 7, order, ..ListQuery::default() };
        loop {
            let page = fixture.store.list(bin, query.clone()).await.unwrap();
            seen.extend(page.requests.iter().map(|summary| summary.seq));
            match order {
                Order::Oldest => query.after = page.next,
                Order::Newest => query.before = page.next,
            }
            if page.next.is_none() {
                break;
            }
        }
        if order == Order::Newest {
            seen.reverse();
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn what_matches_is_marked_and_deleted_and_nothing_else() {
    let (fixture, bin, all) = filled().await;
    let filter = Filter::parse("sig:invalid -bar").unwrap();
    let matching = all.iter().filter(|request| filter.matches(request)).count() as u64;
    let patch = MarksPatch { tags: Some(vec!["z".into(), "a".into(), "z".into()]), ..MarksPatch::default() };
    assert_eq!(fixture.store.mark_matching(bin, filter.clone(), patch).await, Ok(matching));
    let tagged = ListQuery { filter: Filter::parse("tag:z").unwrap(), limit: 1_000, ..ListQuery::default() };
    let page = fixture.store.list(bin, tagged).await.unwrap();
    assert_eq!(page.total, Some(matching));
    assert!(page.requests.iter().all(|summary| summary.marks.tags == ["a", "z"]));
    assert_eq!(fixture.store.delete_matching(bin, filter.clone()).await, Ok(matching));
    assert_eq!(fixture.store.counts(bin).requests, 150 - matching);
    assert_eq!(fixture.store.delete_matching(bin, filter).await, Ok(0));
}
