//! Jobs: long work, with its progress.

use serde::{Deserialize, Serialize};

use super::{BinId, Timestamp};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is running.
    Running,
    /// It is complete.
    Done,
    /// It was stopped by hand.
    Stopped,
    /// It ended with an error.
    Failed,
}

/// A job as of now; figures grow while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// Its number, valid until the process ends.
    pub id: u64,
    /// The bin that it works on.
    pub bin: BinId,
    /// Whether it runs, and how it ended.
    pub state: JobState,
    /// Deliveries to make, if that is known.
    pub total: Option<u64>,
    /// Deliveries that are over.
    pub done: u64,
    /// Of these, answered with a 2xx.
    pub delivered: u64,
    /// Of these, answered otherwise.
    pub not_accepted: u64,
    /// Of these, without a whole response.
    pub failed: u64,
    /// Requests that were left out: unfit to be sent, or gone.
    pub skipped: u64,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When it ended; `None` while it runs.
    pub finished_at: Option<Timestamp>,
    /// The error that ended it; `None` unless it failed.
    pub error: Option<String>,
}
