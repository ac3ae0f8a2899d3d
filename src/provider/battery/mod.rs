//! The receiver check as data: the requests that a receiver must handle, what the platform's document says about each,
//! and how an answer is judged. Pure. One file per platform and one line in `BATTERIES`; the caller sends.

mod callaider;
mod fix;
mod judge;
mod pathors;
mod shot;

use std::time::Duration;

pub(crate) use fix::{FRAMEWORKS, Fix, Framework};
pub(crate) use judge::{Answer, Verdict, deciding, is_odd, judge};
pub(crate) use shot::{Body, Prepared, Proof, Shot};

use super::samples::Sender;

static BATTERIES: &[&Battery] = &[&callaider::BATTERY, &pathors::BATTERY];

/// All cases for one platform's receivers.
#[derive(Debug)]
pub(crate) struct Battery {
    pub sender: &'static Sender,
    /// The document that the sentences are quoted from.
    pub document: &'static str,
    /// Whether the sender's proof is a signature over the body; else it is the user's own header.
    pub signs: bool,
    /// The time limit for answering a valid event.
    pub limit: Duration,
    /// Whether the document names the limit: then a slower answer is a failure, else a note.
    pub limit_is_named: bool,
    /// The cases, in the order in which they are tried.
    pub cases: &'static [Case],
}

impl Battery {
    /// The cases of these ids, in the battery's order.
    ///
    /// # Errors
    /// The index of the first unknown id.
    pub(crate) fn chosen(&'static self, ids: &[String]) -> Result<Vec<&'static Case>, usize> {
        if let Some(unknown) = ids.iter().position(|id| !self.cases.iter().any(|case| case.id == id)) {
            return Err(unknown);
        }
        Ok(self.cases.iter().filter(|case| ids.iter().any(|id| case.id == id)).collect())
    }

    /// The ids of its cases, for a message.
    pub(crate) fn case_ids(&self) -> String {
        self.cases.iter().map(|case| case.id).collect::<Vec<_>>().join(", ")
    }
}

/// One duty of a receiver.
#[derive(Debug)]
pub(crate) struct Case {
    /// Its stable name.
    pub id: &'static str,
    /// The duty in a few words.
    pub duty: &'static str,
    /// The sentence of the document that demands it.
    pub says: &'static str,
    /// The requests to send.
    pub shots: &'static [Shot],
    /// Whether all requests belong to one session; else each has its own.
    pub one_session: bool,
    /// What has to come back.
    pub expect: Expect,
    pub fix: Fix,
    /// Whether receivers on other machines get it only with the option for heavy cases.
    pub heavy: bool,
}

impl Case {
    /// The defaults of a case; its texts must be set.
    const PLAIN: Self = Self {
        id: "",
        duty: "",
        says: "",
        shots: &[],
        one_session: false,
        expect: Expect::Accepted,
        fix: Fix::Fast,
        heavy: false,
    };

    /// Whether the case needs a secret, or a header that proves the sender: one of its requests is sent with another
    /// proof than the right one, or with none, and shows nothing where there is no right one.
    pub(crate) fn needs_proof(&self) -> bool {
        self.shots.iter().any(|shot| shot.proof != Proof::Right)
    }
}

/// What has to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// 2xx, in time.
    Accepted,
    /// 401.
    Refused,
    /// 401; that it is accepted is worth a note.
    RefusedOrNoted,
    /// Any answer below 500; it is reported.
    Told,
    /// 4xx.
    ClientError,
    /// 2xx, or 413, which is worth a note.
    AcceptedOrTooLarge,
    /// 2xx, or 408.
    AcceptedOrTimedOut,
    /// Nothing is sent: the duty cannot be tested from outside.
    CannotBeSeen,
}

/// The battery of a platform; `None` for one whose receivers cannot be checked.
pub(crate) fn battery(provider: &str) -> Option<&'static Battery> {
    batteries().find(|battery| battery.sender.provider == provider)
}

pub(crate) fn batteries() -> impl Iterator<Item = &'static Battery> {
    BATTERIES.iter().copied()
}

#[cfg(test)]
mod tests;
