//! Where a request's row stands: its bin's number and its cursor in one integer key, so that a bin's requests stand together and
//! in order. An integer is found, compared and appended several times faster than a key of two columns.

use super::StoreError;
use super::bins::{signed, unsigned};
use crate::model::Seq;

/// Bits of the cursor: four billion thousands, years at full speed. The bin has the 21 above them.
const SEQ_BITS: u32 = 42;
/// The largest cursor that fits.
const MAX_SEQ: i64 = (1 << SEQ_BITS) - 1;
/// The largest bin's number that fits. Numbers are not used twice, so this is also how many bins a database can ever make.
pub(super) const MAX_BINS: i64 = (1 << (63 - SEQ_BITS)) - 1;

/// The cursor in SQL, of the request `r`.
pub(super) const SEQ: &str = "(r.place & 4398046511103)";

/// The place of a request.
///
/// # Errors
/// When the cursor is larger than any that fits.
pub(super) fn place(bin: i64, seq: Seq) -> Result<i64, StoreError> {
    let seq = signed(seq);
    if seq > MAX_SEQ {
        return Err(StoreError::Unavailable("the database has used up its cursors; start a new one".to_owned()));
    }
    Ok(bin << SEQ_BITS | seq)
}

/// The places between which a bin's requests with cursors between the two stand; both ends are exclusive.
pub(super) fn between(bin: i64, after: Seq, before: Seq) -> (i64, i64) {
    let first = bin << SEQ_BITS;
    let low = first | signed(after).min(MAX_SEQ);
    // One more than the last place of the bin, when there is no end.
    let high = if signed(before) > MAX_SEQ { first + (1 << SEQ_BITS) } else { first | signed(before) };
    (low, high)
}

/// The cursor of a place.
pub(super) fn seq_of(place: i64) -> Seq {
    unsigned(place & MAX_SEQ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_by_bin_and_then_by_cursor() {
        let last = unsigned(MAX_SEQ);
        let places: Vec<i64> = [(1, 1), (1, last), (2, 1), (MAX_BINS, 1), (MAX_BINS, last)]
            .into_iter()
            .map(|(bin, seq)| place(bin, seq).unwrap())
            .collect();
        assert!(places.is_sorted() && places[0] > 0 && places[4] == i64::MAX, "{places:?}");
        assert_eq!(places.iter().map(|place| seq_of(*place)).collect::<Vec<_>>(), [1, last, 1, 1, last]);
        assert!(place(1, last + 1).is_err());
    }

    #[test]
    fn the_ends_of_a_bin_leave_the_others_out() {
        let holds = |(low, high): (i64, i64), bin, seq| (low + 1..high).contains(&place(bin, seq).unwrap());
        let last = unsigned(MAX_SEQ);
        let all = between(7, 0, Seq::MAX);
        assert!(holds(all, 7, 1) && holds(all, 7, last) && !holds(all, 6, last) && !holds(all, 8, 1));
        let some = between(7, 3, 5);
        assert!(holds(some, 7, 4) && !holds(some, 7, 3) && !holds(some, 7, 5));
        assert!(!holds(between(7, Seq::MAX, Seq::MAX), 7, last));
        assert_eq!(SEQ, format!("(r.place & {MAX_SEQ})"));
    }
}
