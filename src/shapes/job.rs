//! How a job is shown.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{BinId, JobState, JobStatus, Timestamp};

/// Deliveries that run in the background.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobShape {
    /// Its number, valid until the server stops.
    pub id: u64,
    /// The bin's id.
    #[schema(value_type = String)]
    pub bin: BinId,
    /// `running`, `done`, `stopped` or `failed`.
    #[schema(value_type = String)]
    pub state: JobState,
    /// Deliveries to make; `null` when that is not known beforehand.
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
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// The error that ended it.
    pub error: Option<String>,
}

impl From<&JobStatus> for JobShape {
    fn from(status: &JobStatus) -> Self {
        Self {
            id: status.id,
            bin: status.bin,
            state: status.state,
            total: status.total,
            done: status.done,
            delivered: status.delivered,
            not_accepted: status.not_accepted,
            failed: status.failed,
            skipped: status.skipped,
            started_at: status.started_at,
            finished_at: status.finished_at,
            error: status.error.clone(),
        }
    }
}
