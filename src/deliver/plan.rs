//! How a request is to be sent: target, changes, signature.

use std::time::Duration;

use bytes::Bytes;

use super::engine::{HeadEdit, NotAllowed, TargetUrl};
use crate::json::Pointer;
use crate::model::{Origin, SecretValue, Why};
use crate::store::StoreError;

/// How a request is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub target: TargetUrl,
    /// Use exactly the target's path and query, without the request's own.
    pub exact: bool,
    /// Keep the sender's `Host`; else it is the target's.
    pub keep_host: bool,
    /// What is changed.
    pub edit: Edit,
    /// Sign it again.
    pub resign: Option<Resign>,
    /// Time-out of the delivery.
    pub timeout: Duration,
    /// Send it although two programs may read it in two ways.
    pub as_is: bool,
    /// What is noted at the attempt as its reason.
    pub why: Why,
    /// What it counts as if it arrives at a bin.
    pub origin: Origin,
}

impl Plan {
    /// Whether the sent request differs from the captured one, so that it needs its own verdict.
    pub(crate) fn is_changed(&self) -> bool {
        self.edit != Edit::default() || self.resign.is_some()
    }
}

/// Changes by the owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    pub head: HeadEdit,
    /// Another body; `None` keeps that of the request.
    pub body: Option<Bytes>,
    /// New values in the JSON body, as JSON text.
    pub json: Vec<(Pointer, String)>,
}

/// How to sign again.
#[derive(Debug, Clone)]
pub(crate) struct Resign {
    pub secret: ResignSecret,
    /// The scheme; `None` for the bin's, else that of the request's verdict.
    pub scheme: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum ResignSecret {
    /// The one that the request was verified with, else the bin's newest.
    Usual,
    /// The bin's secret of that label.
    Label(String),
    /// This one. It is not stored.
    Value(SecretValue),
}

/// Why nothing is sent.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum SendError {
    /// The target is not allowed.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The request is not fit to be sent.
    #[error("{0}")]
    Unfit(&'static str),
    /// A change or the signature cannot be made; names the field at fault.
    #[error("{sentence}")]
    Field {
        /// Its name in the API.
        field: String,
        /// What is wrong and what to do, in a sentence.
        sentence: String,
    },
    /// Too much is being sent.
    #[error("{0} jobs are running already: wait for one to end, or stop one.")]
    TooManyJobs(usize),
    /// The store failed, or the bin or the request is gone.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SendError {
    pub(super) fn field(field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self::Field { field: field.into(), sentence: sentence.into() }
    }
}
