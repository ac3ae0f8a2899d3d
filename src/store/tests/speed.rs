//! How fast the store is without the server. Not a timed test: run it with
//! `CARGO_PROFILE_DEV_OPT_LEVEL=3 cargo test --lib store::tests::speed -- --ignored --nocapture` and read the table.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "its table is what it is for")]

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;

use super::help::{Deaf, options, post};
use crate::model::filter::Filter;
use crate::model::{BinId, BinSettings, Clock, NewRequest};
use crate::store::{CommitListener, Durability, ListQuery, RequestRef, Store};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn event(bin: BinId, number: u64) -> NewRequest {
    let word = if number.is_multiple_of(10_000) { "needle" } else { "nothing" };
    let body = format!(r#"{{"event":"session.ended","number":{number},"word":"{word}","text":"{}"}}"#, "x".repeat(950));
    let mut new = post(bin, &body);
    if std::env::var_os("CREEL_SPEED_FACTS").is_some() {
        new.derived.event.provider = Some("callaider".into());
        new.derived.event.name = Some("session.ended".into());
        new.derived.event.session =
            Some(format!("{:032x}", u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)));
        new.derived.event.duplicate_key =
            new.derived.event.session.as_ref().map(|session| format!("{session}+session.ended"));
        new.derived.verdict.scheme = Some("callaider".into());
        new.derived.verdict.secret = Some("live".into());
    }
    new
}

/// `waiters` on each of two threads, `requests` over all. Returns requests per second.
fn feed(store: &Store, bin: BinId, waiters: u64, requests: u64) -> f64 {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let local = tokio::task::LocalSet::new();
                let tasks = (0..waiters / 2).map(|waiter| {
                    let store = store.clone();
                    local.spawn_local(async move {
                        for turn in 0..requests / waiters {
                            let number = (turn * waiters) + thread * (waiters / 2) + waiter;
                            store.capture(event(bin, number)).await.unwrap();
                        }
                    })
                });
                let tasks: Vec<_> = tasks.collect();
                runtime.block_on(local.run_until(join_all(tasks)));
            });
        }
    });
    requests as f64 / started.elapsed().as_secs_f64()
}

#[test]
#[ignore = "takes a while and says nothing about right or wrong"]
fn speed() {
    let rows = setting("CREEL_SPEED_ROWS", 100_000);
    let folder = match std::env::var_os("CREEL_SPEED_DIR") {
        Some(folder) => tempfile::tempdir_in(folder).unwrap(),
        None => tempfile::tempdir().unwrap(),
    };
    let mut options = options(&folder.path().join("creel.db"));
    if std::env::var_os("CREEL_SPEED_FULL").is_some() {
        options.durability = Durability::Full;
    }
    options.max_requests = setting("CREEL_SPEED_KEEP", 0);
    let listener: Arc<dyn CommitListener> = Arc::new(Deaf);
    let store = Store::open(options.clone(), Clock::system(), Arc::clone(&listener)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let bin = runtime.block_on(store.create_bin(BinSettings::default(), Vec::new())).unwrap().bin.id;
    for waiters in [64, 256] {
        let rate = feed(&store, bin, waiters, rows / 2);
        println!(
            "{waiters:4} waiters: {rate:8.0} requests/s, {:.1} per commit",
            store.stats().captured as f64 / store.stats().commits as f64
        );
    }
    println!("stats {:?}", store.stats());
    runtime.block_on(async {
        let middle = store.head_seq() / 2;
        for (what, text, before) in [
            ("list of 50", "", None),
            ("page of 50 in the middle", "", Some(middle)),
            ("field, none", "method:PUT", None),
            ("flag, none", "sig:valid", None),
            ("field with star, none", "event:x*", None),
            ("field, all", "method:POST", None),
            ("JSON value, rare", "json:/word=needle", None),
            ("header, none", "header:x-none", None),
            ("word, rare", "needle", None),
            ("word, none", "absent-word", None),
            ("word, all", "nothing", None),
        ] {
            let query = ListQuery { filter: Filter::parse(text).unwrap(), limit: 50, before, ..ListQuery::default() };
            let mut times = Vec::new();
            let mut found = (0, None);
            for _ in 0..5 {
                let started = Instant::now();
                let page = store.list(bin, query.clone()).await.unwrap();
                times.push(started.elapsed().as_secs_f64() * 1000.0);
                found = (page.requests.len(), page.total);
            }
            times.sort_by(f64::total_cmp);
            println!("{what:28} {:8.2} ms  (first {:.2})  {found:?}", times[2], times[4]);
        }
        let started = Instant::now();
        store.request(bin, RequestRef::Latest).await.unwrap();
        println!("latest {:?}", started.elapsed());
    });
    let started = Instant::now();
    store.close();
    println!("close {:?}", started.elapsed());
    let started = Instant::now();
    let store = Store::open(options, Clock::system(), listener).unwrap();
    println!("open {:?}, {} requests", started.elapsed(), store.counts(bin).requests);
}
