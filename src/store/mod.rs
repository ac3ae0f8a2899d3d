//! Storage: the only place that knows SQL.
//!
//! - `handle` is what the rest of the crate calls; `change` adds the writes other than captures, `forwarding` the
//!   forward queue. `types` and `error` hold the types that all of them use.
//! - `commits` wakes the tasks that wait for a commit.
//! - `sqlite/` is the database behind the handle, and the only place that names rusqlite.

mod change;
mod commits;
mod error;
mod forwarding;
mod handle;
mod sqlite;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use error::{OpenError, StoreError, Thing};
pub use handle::Store;
pub(crate) use sqlite::{ReadOnly, remove_abandoned};
pub(crate) use types::{
    AttemptDepth, BinState, BinUpdate, CommitListener, LATEST_VERDICTS, ListQuery, MAX_BODY, MAX_PAGE, MAX_SECRETS,
    Order, Page, RequestBucket, RequestRef, Reverified, SessionLimits, SessionRequest, SessionRequests, StoreOptions,
    Stored, TIMELINE_ROWS, Timeline, TimelineBy, TimelineLane, TimelineRange,
};
pub use types::{Durability, Kept};
