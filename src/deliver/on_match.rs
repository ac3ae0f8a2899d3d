//! On match: a small JSON is posted to a URL when a filter finds something new, at most once a second; what comes
//! together is told together.
//!
//! Told is what happens from now on: nothing is caught up after a restart, and what could not be told is counted.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::digest::Output;
use sha2::{Digest as _, Sha256};

use super::Deliver;
use super::engine::{OwnSocket, Parcel, TargetUrl};
use crate::http::cover::Cover;
use crate::model::{
    Bin, BinId, CapturedRequest, ChangeKind, Delivered, OnMatch, Origin, Outcome, RequestSummary, SentResponse, Seq,
    Timestamp, filter::Filter,
};
use crate::store::{RequestRef, StoreError, Thing};

/// How often bins are looked at; also the least time between two messages of one bin.
const EVERY: Duration = Duration::from_secs(1);
/// Changes that are looked at in one go; more are looked at the next time.
const PAGE: usize = 500;
/// Requests that one message names. The others are in its count.
const NAMED: usize = 20;
/// Messages by which those that come back are recognised, of all bins together: of more than an hour where one bin tells,
/// as each tells at most once a second.
const REMEMBERED: usize = 4_096;
/// A message has to be over within this.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What came of telling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Messages that were accepted (2xx).
    pub delivered: u64,
    /// Messages that were not.
    pub failed: u64,
    /// Requests that were told of.
    pub requests: u64,
    /// Times that so much happened that what was found is not known.
    pub missed: u64,
    /// Requests that are passed over, as they are what a bin of this server has told: rules that lead to each other end.
    pub passed_over: u64,
    /// When the last message was sent.
    pub last_at: Option<Timestamp>,
    /// What came of it, in a sentence.
    pub last_sentence: Option<String>,
}

/// What is known of a bin that tells.
#[derive(Debug)]
struct Watch {
    setting: OnMatch,
    cursor: Seq,
    /// When something came last that ends a silence, or watching began; and whether its absence was told.
    came_at: Timestamp,
    silence_told: bool,
    told: Told,
}

/// The bins that tell, and what they have told lately.
#[derive(Debug, Default)]
pub(super) struct Watches(Mutex<HashMap<BinId, Watch>>, Mutex<Messages>);

/// What was told lately. A message that is captured by a bin of this server is recognised by what it says, whichever way
/// it took: under any name of this machine, through a tunnel, forwarded by somebody else.
#[derive(Debug, Default)]
struct Messages {
    /// The longest of them: no longer body is looked at.
    longest: usize,
    digests: HashSet<Output<Sha256>>,
    in_order: VecDeque<Output<Sha256>>,
}

impl Messages {
    fn note(&mut self, message: &[u8]) {
        self.longest = self.longest.max(message.len());
        let digest = Sha256::digest(message);
        if !self.digests.insert(digest) {
            return;
        }
        self.in_order.push_back(digest);
        if self.in_order.len() > REMEMBERED
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.digests.remove(&oldest);
        }
    }

    fn has(&self, body: &[u8]) -> bool {
        !body.is_empty() && body.len() <= self.longest && self.digests.contains(&Sha256::digest(body))
    }
}

/// What is told of.
#[derive(Debug, Default)]
struct Found {
    count: u64,
    newest: Option<CapturedRequest>,
    named: Vec<RequestSummary>,
    /// How often what is told of was sent on by Creel, at most.
    hops: u8,
    /// What matches, but is a message of this server's own.
    passed_over: u64,
    /// Whether something came that ends a silence.
    came: bool,
}

impl Found {
    fn add(&mut self, request: CapturedRequest) {
        self.count += 1;
        self.hops = self.hops.max(request.summary.hops);
        if self.named.len() < NAMED {
            self.named.push(request.summary.clone());
        }
        self.newest = Some(request);
    }
}

impl Deliver {
    /// Watches the bins that are to tell, until it is stopped.
    pub fn start_watching(&self, console_url: String) {
        let deliver = self.clone();
        let console_url: Arc<str> = console_url.into();
        self.spawn(async move {
            // Bins whose look still runs: a slow listener of one bin keeps no other waiting.
            let busy: Arc<Mutex<HashSet<BinId>>> = Arc::default();
            loop {
                tokio::time::sleep(EVERY).await;
                let telling = {
                    // Under the lock: a watch that begins meanwhile is of a bin that is in the list.
                    let mut watches = deliver.0.watches.0.lock();
                    let mut telling = deliver.0.store.bins();
                    telling.retain(|bin| bin.bin.settings.on_match.is_some());
                    let ids: HashSet<BinId> = telling.iter().map(|bin| bin.bin.id).collect();
                    watches.retain(|id, _| ids.contains(id));
                    telling
                };
                for bin in telling {
                    if busy.lock().insert(bin.bin.id) {
                        let (deliver, console_url, busy) =
                            (deliver.clone(), Arc::clone(&console_url), Arc::clone(&busy));
                        tokio::spawn(async move {
                            deliver.look(&bin.bin, &console_url).await;
                            busy.lock().remove(&bin.bin.id);
                        });
                    }
                }
            }
        });
    }

    /// Begins to watch, unless the bin is watched so already; the cursor from which it is.
    pub fn watch(&self, bin: BinId, setting: &OnMatch) -> Seq {
        let begin = || Watch {
            setting: setting.clone(),
            cursor: self.0.store.head_seq(),
            came_at: self.0.clock.now(),
            silence_told: false,
            told: Told::default(),
        };
        let mut watches = self.0.watches.0.lock();
        let watch = watches.entry(bin).or_insert_with(begin);
        if watch.setting != *setting {
            *watch = begin();
        }
        watch.cursor
    }

    /// What came of telling since it was set or the server was started.
    pub fn told(&self, bin: BinId) -> Told {
        self.0.watches.0.lock().get(&bin).map(|watch| watch.told.clone()).unwrap_or_default()
    }

    async fn look(&self, bin: &Bin, console_url: &str) {
        let Some(setting) = bin.settings.on_match.as_ref().filter(|setting| !setting.paused) else {
            self.0.watches.0.lock().remove(&bin.id);
            return;
        };
        let now = self.0.clock.now();
        let cursor = self.watch(bin.id, setting);
        let found = match self.found(bin, setting, cursor).await {
            Ok((found, through)) => {
                self.with_watch(bin.id, |watch| {
                    watch.cursor = through;
                    watch.told.passed_over += found.passed_over;
                });
                found
            }
            Err(StoreError::NotFound(Thing::Bin)) => return,
            Err(StoreError::CursorGone) => {
                self.with_watch(bin.id, |watch| {
                    watch.cursor = self.0.store.head_seq();
                    watch.told.missed += 1;
                });
                return;
            }
            Err(error) => {
                tracing::debug!(%error, bin = %bin.id, "what matches could not be read");
                return;
            }
        };
        let silent = self.silence(bin.id, setting, &found, now);
        if found.count == 0 && silent.is_none() {
            return;
        }
        let message = message(bin, setting, console_url, &found, silent);
        let delivered = self.post_match(setting, &message, found.hops).await;
        self.with_watch(bin.id, |watch| {
            let told = &mut watch.told;
            let accepted = delivered.as_ref().is_ok_and(|delivered| delivered.last().is_delivered());
            *(if accepted { &mut told.delivered } else { &mut told.failed }) += 1;
            told.requests += found.count;
            told.last_at = Some(now);
            told.last_sentence = Some(delivered.map_or_else(|sentence| sentence, |delivered| delivered.sentence));
        });
    }

    fn with_watch(&self, bin: BinId, change: impl FnOnce(&mut Watch)) {
        if let Some(watch) = self.0.watches.0.lock().get_mut(&bin) {
            change(watch);
        }
    }

    /// What is new above the cursor, and the cursor behind it.
    async fn found(&self, bin: &Bin, setting: &OnMatch, cursor: Seq) -> Result<(Found, Seq), StoreError> {
        // It was checked when it was set.
        let filter = Filter::parse(&setting.filter).unwrap_or_default();
        let ends_silence = Filter::parse(setting.silence_filter.as_deref().unwrap_or_default()).unwrap_or_default();
        let head = self.0.store.head_seq();
        if head == cursor {
            return Ok((Found::default(), head));
        }
        let changes = self.0.store.changes_after(bin.id, cursor, PAGE).await?;
        let through = changes.last().map_or(head, |last| last.seq);
        let mut found = Found::default();
        let mut later = BTreeSet::new();
        for change in changes {
            match change.what {
                // Its attempts have changes of their own.
                ChangeKind::Request(request) => {
                    let (matches, was_told) = (filter.matches(&request), self.was_told(&request));
                    found.came |= !was_told && has_come(&request) && ends_silence.matches(&request);
                    match (matches, was_told) {
                        (true, true) => found.passed_over += 1,
                        (true, false) => found.add(Arc::unwrap_or_clone(request)),
                        (false, _) => {}
                    }
                }
                // What a receiver did, or what its sender was told, may make a request match that did not before.
                ChangeKind::Attempt(attempt) => {
                    later.insert(attempt.request);
                }
                ChangeKind::Changed(summary) => {
                    later.insert(summary.id);
                }
                _ => {}
            }
        }
        for id in later {
            if found.named.iter().any(|known| known.id == id) {
                continue;
            }
            let Ok(now) = self.0.store.request(bin.id, RequestRef::Id(id)).await else { continue };
            if self.was_told(&now) {
                continue;
            }
            let mut before = now.clone();
            (before.summary.last_attempt, before.summary.response) = (None, SentResponse::default());
            if filter.matches(&now) && !filter.matches(&before) {
                found.add(now);
            }
        }
        Ok((found, through))
    }

    /// Whether a request is a message of this server's own.
    fn was_told(&self, request: &CapturedRequest) -> bool {
        self.0.watches.1.lock().has(&request.body)
    }

    /// For how many seconds nothing came, when that is to be told now.
    fn silence(&self, bin: BinId, setting: &OnMatch, found: &Found, now: Timestamp) -> Option<u64> {
        let mut silent = None;
        self.with_watch(bin, |watch| {
            if found.came {
                (watch.came_at, watch.silence_told) = (now, false);
                return;
            }
            let for_seconds = now.since(watch.came_at).as_secs();
            let due = setting.silence_s.is_some_and(|limit| for_seconds >= limit);
            if due && !watch.silence_told {
                watch.silence_told = true;
                silent = Some(for_seconds);
            }
        });
        silent
    }

    async fn post_match(&self, setting: &OnMatch, message: &Value, hops: u8) -> Result<Delivered, String> {
        let target = TargetUrl::parse(&setting.to)?;
        let body = message.to_string();
        // Before it is sent: it may come back at once.
        self.0.watches.1.lock().note(body.as_bytes());
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nUser-Agent: creel\r\nContent-Length: {}\r\n\r\n",
            target.path_and_query(),
            target.authority(),
            body.len()
        );
        let parcel = Parcel {
            url: setting.to.clone(),
            target,
            hidden: Cover::default(),
            head: head.into(),
            body: body.into(),
            to_head: false,
            timeout: TIMEOUT,
            spread: Duration::ZERO,
            to_self: false,
            own: OwnSocket { origin: Origin::Forwarded, hops: hops.saturating_add(1) },
        };
        let delivered = self.0.engine.deliver(&parcel).await;
        if delivered.outcome != Outcome::Answered {
            tracing::debug!(sentence = delivered.sentence, "a match could not be told");
        }
        Ok(delivered)
    }
}

/// Whether a sender has sent it: what was composed or imported says nothing of a sender.
fn has_come(request: &CapturedRequest) -> bool {
    !matches!(request.summary.origin, Origin::Composed | Origin::Imported)
}

/// What is told: links, facts, verdict. Nothing that a sender keeps secret: no query, no headers, no body.
fn message(bin: &Bin, setting: &OnMatch, console_url: &str, found: &Found, silent: Option<u64>) -> Value {
    let handle = bin.handle();
    let page = |summary: &RequestSummary| format!("{console_url}/bins/{handle}/requests/{}", summary.id);
    let facts = |request: &CapturedRequest| {
        let summary = &request.summary;
        let (verdict, event) = (&summary.derived.verdict, &summary.derived.event);
        json!({
            "id": summary.id.to_string(),
            "seq": summary.seq,
            "received_at": summary.received_at.to_string(),
            "method": summary.method,
            "path": summary.path,
            "body_size": summary.body_size,
            "origin": summary.origin.name(),
            "event": {"provider": event.provider, "name": event.name, "session": event.session},
            "signature": {"status": verdict.status, "scheme": verdict.scheme, "reason": verdict.reason},
            "freshness": {"status": summary.derived.freshness.status},
            "response": {"status": summary.response.status},
            "last_attempt": summary.last_attempt.map(|last| json!({"outcome": last.outcome, "status": last.status})),
            "console_url": page(summary),
        })
    };
    json!({
        // Both may be told at once: then `silent_for_s` says so.
        "type": if found.count == 0 { "silence" } else { "match" },
        "bin": {"id": bin.id.to_string(), "name": bin.settings.name.as_ref().map(ToString::to_string),
            "console_url": format!("{console_url}/bins/{handle}")},
        "filter": setting.filter,
        "silent_for_s": silent,
        "count": found.count,
        "request": found.newest.as_ref().map(facts),
        "requests": found.named.iter().map(|summary| json!({"id": summary.id.to_string(), "console_url": page(summary)}))
            .collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_recognised_for_as_long_as_it_is_remembered() {
        let mut messages = Messages::default();
        let message = |number: usize| format!("{{\"seq\":{number}}}");
        assert!(!messages.has(b"") && !messages.has(message(0).as_bytes()));
        for number in 0..REMEMBERED + 10 {
            messages.note(message(number).as_bytes());
            messages.note(message(number).as_bytes());
        }
        assert!(!messages.has(message(9).as_bytes()), "the oldest are forgotten");
        assert!(messages.has(message(10).as_bytes()) && messages.has(message(REMEMBERED + 9).as_bytes()));
        assert!(!messages.has(b"{\"seq\":10} "), "another text");
        assert_eq!((messages.digests.len(), messages.in_order.len()), (REMEMBERED, REMEMBERED));
    }
}
