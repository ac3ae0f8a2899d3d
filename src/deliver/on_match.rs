//! On match: posts a small JSON message to a URL when a filter finds new requests, at most once a second; matches of
//! one second share a message.
//!
//! Only new matches are reported: nothing is caught up after a restart, and missed matches are counted.

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

/// How often bins are checked; also the least time between two messages of one bin.
const EVERY: Duration = Duration::from_secs(1);
/// Changes per check; the rest follows in the next.
const PAGE: usize = 500;
/// Requests that one message names. Its count includes the others.
const NAMED: usize = 20;
/// Remembered messages over all bins, to recognise those that come back. For one bin this covers more than an hour,
/// since it sends at most one per second.
const REMEMBERED: usize = 4_096;
/// Time-out of a message.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Counts and the last result of a bin's messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Messages that were accepted (2xx).
    pub delivered: u64,
    /// Messages that were not.
    pub failed: u64,
    /// Requests that were reported.
    pub requests: u64,
    /// How often too much happened to know all matches.
    pub missed: u64,
    /// Requests passed over because they are this server's own messages, so that rules that trigger each other end.
    pub passed_over: u64,
    /// When the last message was sent.
    pub last_at: Option<Timestamp>,
    /// Its result, in a sentence.
    pub last_sentence: Option<String>,
}

/// The state of a watched bin.
#[derive(Debug)]
struct Watch {
    setting: OnMatch,
    cursor: Seq,
    /// When the last request that ends a silence came (or watching began), and whether the silence since was reported.
    came_at: Timestamp,
    silence_told: bool,
    told: Told,
}

/// The watched bins, and their recent messages.
#[derive(Debug, Default)]
pub(super) struct Watches(Mutex<HashMap<BinId, Watch>>, Mutex<Messages>);

/// Recent messages. A message that a bin of this server captures is recognised by its content, whatever its route:
/// another name of this machine, a tunnel, another forwarder.
#[derive(Debug, Default)]
struct Messages {
    /// The longest of them: longer bodies are not compared.
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

/// The matches of one look at a bin.
#[derive(Debug, Default)]
struct Found {
    count: u64,
    newest: Option<CapturedRequest>,
    named: Vec<RequestSummary>,
    /// The largest number of hops among the requests found.
    hops: u8,
    /// Matches that are this server's own messages.
    passed_over: u64,
    /// Whether a request came that ends a silence.
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
    /// Watches the bins with an on-match setting, until it is stopped.
    pub(crate) fn start_watching(&self, console_url: String) {
        let deliver = self.clone();
        let console_url: Arc<str> = console_url.into();
        self.spawn(async move {
            // Bins whose check still runs: a slow receiver of one bin does not delay the others.
            let busy: Arc<Mutex<HashSet<BinId>>> = Arc::default();
            loop {
                tokio::time::sleep(EVERY).await;
                let telling = {
                    // Listed under the lock, so that a watch that begins meanwhile is of a listed bin.
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

    /// Begins to watch a bin, unless it is watched with this setting already; returns the cursor up to which it was
    /// checked.
    pub(crate) fn watch(&self, bin: BinId, setting: &OnMatch) -> Seq {
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

    /// The counts since the setting or the server's start.
    pub(crate) fn told(&self, bin: BinId) -> Told {
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

    /// What was found above the cursor, and the cursor to continue from.
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
                // Its attempts come as separate changes.
                ChangeKind::Request(request) => {
                    let (matches, was_told) = (filter.matches(&request), self.was_told(&request));
                    found.came |= !was_told && has_come(&request) && ends_silence.matches(&request);
                    match (matches, was_told) {
                        (true, true) => found.passed_over += 1,
                        (true, false) => found.add(Arc::unwrap_or_clone(request)),
                        (false, _) => {}
                    }
                }
                // A receiver's or the bin's response may make a request match that did not before.
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

    /// Whether a request is one of this server's own messages.
    fn was_told(&self, request: &CapturedRequest) -> bool {
        self.0.watches.1.lock().has(&request.body)
    }

    /// Seconds of silence, if it is to be reported now.
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
        // Noted before it is sent: it may come back at once.
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

/// Whether a sender sent it: composed and imported requests have no sender.
fn has_come(request: &CapturedRequest) -> bool {
    !matches!(request.summary.origin, Origin::Composed | Origin::Imported)
}

/// The message: links, facts, verdict. It holds nothing that may be secret: no query, no headers, no body.
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
        // A message may report both: then `silent_for_s` is set too.
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
