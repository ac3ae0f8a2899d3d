//! Converts between Rust's and SQLite's values.

use std::time::Duration;

use crate::store::error::StoreError;

/// SQLite's integers are signed; the values read here are never negative.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The reverse of [`unsigned`]; no count, size or cursor is that large.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The bit, if it is set.
pub(crate) const fn bit(set: bool, bit: i64) -> i64 {
    if set { bit } else { 0 }
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}
