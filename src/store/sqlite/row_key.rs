//! The key of a request's row: its bin's key and its cursor in one integer, so that the requests of a bin lie together
//! and in order. An integer is found, compared and appended several times faster than a key of two columns. The schema
//! calls the column `place`.

use super::values::{signed, unsigned};
use crate::model::Seq;
use crate::store::error::StoreError;

/// Bits of the cursor: 4 × 10¹² values last for years at full speed. The bin has the 21 bits above them.
const SEQ_BITS: u32 = 42;
/// The largest cursor that fits.
const MAX_SEQ: i64 = (1 << SEQ_BITS) - 1;
/// The largest key of a bin, which limits how many bins a database holds.
pub(crate) const MAX_BINS: i64 = (1 << (63 - SEQ_BITS)) - 1;

/// The cursor in SQL, of the request `r`.
pub(crate) const SEQ: &str = "(r.place & 4398046511103)";

/// Fails when the cursor does not fit.
pub(crate) fn row_key(bin: i64, seq: Seq) -> Result<i64, StoreError> {
    let seq = signed(seq);
    if seq > MAX_SEQ {
        return Err(StoreError::Unavailable("the database has used up its cursors; start a new one".to_owned()));
    }
    Ok(bin << SEQ_BITS | seq)
}

/// The key for looking up a request; for a cursor that does not fit, a key that no row has.
pub(crate) fn looked_up(bin: i64, seq: Seq) -> i64 {
    // Cursors begin at 1.
    row_key(bin, seq).unwrap_or(bin << SEQ_BITS)
}

/// The range of row keys for a bin's requests with cursors between `after` and `before`; all bounds are exclusive.
pub(crate) fn between(bin: i64, after: Seq, before: Seq) -> (i64, i64) {
    let first = bin << SEQ_BITS;
    let low = first | signed(after).min(MAX_SEQ);
    // Without an end, the bound is one above the bin's last key.
    let high = if signed(before) > MAX_SEQ { first + (1 << SEQ_BITS) } else { first | signed(before) };
    (low, high)
}

pub(crate) fn seq_of(row_key: i64) -> Seq {
    unsigned(row_key & MAX_SEQ)
}

#[cfg(test)]
mod tests;
