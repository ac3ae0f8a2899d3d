//! How one list becomes the other (Myers). Elements come as numbers: the generic code behind it is large, and this
//! compiles it once.

use std::time::{Duration, Instant};

use similar::DiffOp;
use similar::algorithms::{Capture, Compact, Replace, myers};

/// The steps from `a` to `b`; after `patience` not the shortest ones.
pub(super) fn align(a: &[u64], b: &[u64], patience: Option<Duration>) -> Vec<DiffOp> {
    let mut steps = Compact::new(Replace::new(Capture::new()), a, b);
    let deadline = patience.and_then(|patience| Instant::now().checked_add(patience));
    let Ok(()) = myers::diff_deadline(&mut steps, a, 0..a.len(), b, 0..b.len(), deadline);
    steps.into_inner().into_inner().into_ops()
}
