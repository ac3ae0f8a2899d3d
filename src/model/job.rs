//! Long work that was asked for: how far it has come.

use serde::{Deserialize, Serialize};

use super::{BinId, Timestamp};

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It goes on.
    Running,
    /// It came to its end.
    Done,
    /// Somebody stopped it.
    Stopped,
    /// It could not go on.
    Failed,
}

/// A job as of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// Its number; lost with the process, as the job is.
    pub id: u64,
    /// The bin that it works on.
    pub bin: BinId,
    /// How it stands.
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
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it could not go on.
    pub error: Option<String>,
}
