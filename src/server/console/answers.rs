//! Compares the answers to a bin's requests before and after a moment, one request at a time.

use std::collections::VecDeque;

use super::ConsoleState;
use super::heavy::turn;
use super::problem::Problem;
use crate::diff::{AnswerDiff, Ignored, answers};
use crate::http::text::clipped;
use crate::model::{Attempt, BinId, RequestId, Timestamp, filter::Filter};
use crate::store::{AttemptDepth, ListQuery, Store, StoreError};

/// How many requests are compared (the newest that match and were sent): each has up to 20 attempts with answers.
pub(super) const MAX_REQUESTS: usize = 200;

/// Parses the places of JSON bodies that may differ.
pub(super) fn ignored(text: Option<&str>) -> Result<Ignored, Problem> {
    Ignored::parse(text.unwrap_or_default())
        .map_err(|word| Problem::query("ignore", format!("'{word}' is no JSON pointer: it starts with a slash.")))
}

/// Characters of a request's path in its label.
const LABEL: usize = 120;

/// A request that was sent on.
pub(super) struct Asked {
    pub(super) id: RequestId,
    /// Its method and path.
    pub(super) label: String,
}

/// The remaining comparisons. Holds no answers.
pub(super) struct Changes {
    store: Store,
    bin: BinId,
    since: Timestamp,
    ignored: Ignored,
    /// The newest first.
    requests: VecDeque<Asked>,
    /// Requests that were answered before and after.
    pub(super) compared: usize,
    /// Whether more requests were sent than are compared.
    pub(super) truncated: bool,
}

impl Changes {
    /// Finds what was sent and matches.
    pub(super) async fn find(
        state: &ConsoleState,
        bin: BinId,
        filter: Filter,
        since: Timestamp,
        ignored: Ignored,
    ) -> Result<Self, Problem> {
        let (requests, truncated) = sent(&state.store, bin, filter).await?;
        Ok(Self { store: state.store.clone(), bin, since, ignored, requests, compared: 0, truncated })
    }

    /// The next request with a different answer, in the form that `show` makes of the comparison; `None` at the end.
    pub(super) async fn next<T: Send + 'static>(
        &mut self,
        show: fn(&Attempt, &Attempt, AnswerDiff) -> T,
    ) -> Result<Option<(Asked, T)>, Problem> {
        while let Some(asked) = self.requests.pop_front() {
            let id = asked.id;
            let attempts = match self.store.attempts(self.bin, id, AttemptDepth::FACTS).await {
                Ok(attempts) => attempts,
                Err(error) => gone(error).map(|()| Vec::new())?,
            };
            let is_after = |attempt: &&Attempt| attempt.delivered.started_at >= self.since;
            let after = attempts.iter().find(is_after).map(|attempt| attempt.id);
            let before = attempts.iter().find(|attempt| !is_after(attempt)).map(|attempt| attempt.id);
            let Some((before, after)) = before.zip(after) else { continue };
            let turn = turn().await;
            let both = async {
                let before = self.store.attempt_at(self.bin, id, before).await?;
                Ok((before, self.store.attempt_at(self.bin, id, after).await?))
            };
            let (before, after) = match both.await {
                Ok(both) => both,
                Err(error) => {
                    gone(error)?;
                    continue;
                }
            };
            self.compared += 1;
            let ignored = self.ignored.clone();
            let shown = turn.run(move || {
                let diff = answers(&before, &after, &ignored);
                (!diff.same).then(|| show(&before, &after, diff))
            });
            if let Some(shown) = shown.await? {
                return Ok(Some((asked, shown)));
            }
        }
        Ok(None)
    }
}

/// Skips what was deleted meanwhile.
fn gone(error: StoreError) -> Result<(), StoreError> {
    if matches!(error, StoreError::NotFound(_)) { Ok(()) } else { Err(error) }
}

/// The newest requests that match and have attempts; whether there are more.
async fn sent(store: &Store, bin: BinId, filter: Filter) -> Result<(VecDeque<Asked>, bool), Problem> {
    // The added condition keeps the search from reading requests that were never sent.
    let filter = filter.and(Filter::parse("attempt:any").unwrap_or_default());
    let (mut found, mut before) = (VecDeque::new(), None);
    loop {
        let query = ListQuery { filter: filter.clone(), limit: crate::store::MAX_PAGE, before, ..ListQuery::default() };
        let page = store.list(bin, query).await?;
        for summary in &page.requests {
            if found.len() == MAX_REQUESTS {
                return Ok((found, true));
            }
            let label = clipped(&format!("{} {}", summary.method, summary.path), LABEL);
            found.push_back(Asked { id: summary.id, label });
        }
        let Some(next) = page.next else { return Ok((found, false)) };
        before = Some(next);
    }
}
