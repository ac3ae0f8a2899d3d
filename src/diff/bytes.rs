//! Bytes: the place of the first difference, and the bytes around it.

use serde::Serialize;

use crate::view::{HexRow, hex_rows};

/// Rows of sixteen bytes that are shown from the first difference on.
const ROWS: usize = 8;

/// How two byte strings differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BytesDiff {
    /// Bytes in the first.
    pub a_size: usize,
    /// Bytes in the second.
    pub b_size: usize,
    /// Where the first difference is; the size of the shorter one when that is all the same.
    pub first_difference: usize,
    /// How many bytes at the end are equal.
    pub same_at_end: usize,
    /// The first one's rows around the first difference.
    pub a_rows: Vec<HexRow>,
    /// The second one's rows at the same place.
    pub b_rows: Vec<HexRow>,
}

pub(super) fn diff(a: &[u8], b: &[u8]) -> BytesDiff {
    let first_difference = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let tails = (&a[first_difference..], &b[first_difference..]);
    let same_at_end = tails.0.iter().rev().zip(tails.1.iter().rev()).take_while(|(a, b)| a == b).count();
    // One row before, so that the place can be recognised.
    let from = first_difference.saturating_sub(16);
    BytesDiff {
        a_size: a.len(),
        b_size: b.len(),
        first_difference,
        same_at_end,
        a_rows: hex_rows(a, from, ROWS),
        b_rows: hex_rows(b, from, ROWS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_and_its_rows() {
        let a = [0_u8; 100];
        let mut b = a.to_vec();
        b[50] = 1;
        b.push(7);
        let diff = diff(&a, &b);
        assert_eq!((diff.first_difference, diff.same_at_end, diff.a_size, diff.b_size), (50, 0, 100, 101));
        assert_eq!(diff.a_rows[0].offset, 32);
        let shorter = super::diff(b"abc", b"ab");
        assert_eq!((shorter.first_difference, shorter.b_rows.len()), (2, 1));
    }
}
