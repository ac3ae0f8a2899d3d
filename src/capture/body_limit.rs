//! How many bytes a body may have.

use crate::store::MAX_BODY;

/// The largest body of a bin without a limit: a body is in memory, twice for a moment.
const UNLIMITED_BODY: u64 = 128 << 20;

/// The limit for a bin's own setting, or `default` without one.
pub(super) fn of(own: Option<u64>, default: u64) -> u64 {
    match own {
        None => default,
        // The owner set no limit; memory needs one.
        Some(0) => default.max(UNLIMITED_BODY),
        Some(limit) => limit.min(MAX_BODY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_without_a_limit_has_that_of_the_memory() {
        let default = 10 << 20;
        assert_eq!(of(None, default), default);
        assert_eq!(of(Some(1), default), 1);
        assert_eq!(of(Some(0), default), 128 << 20);
        assert_eq!(of(Some(0), 200 << 20), 200 << 20);
        assert_eq!(of(Some(u64::MAX), default), MAX_BODY);
    }
}
