//! Bodies of responses that are made piece by piece: whoever reads slowly holds one piece, not the whole.

use std::collections::VecDeque;

use bytes::Bytes;

/// A large piece goes out in parts: the server copies each that it is given.
const PART: usize = 64 << 10;

/// What is ready to go out.
#[derive(Debug, Default)]
pub(super) struct Ready(VecDeque<Bytes>);

impl Ready {
    /// Adds a piece.
    pub(super) fn push(&mut self, piece: impl Into<Bytes>) {
        let piece = piece.into();
        if !piece.is_empty() {
            self.0.push_back(piece);
        }
    }

    /// The next part.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let first = self.0.front_mut()?;
        if first.len() > PART { Some(first.split_to(PART)) } else { self.0.pop_front() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_goes_out_whole_in_parts_and_in_order() {
        let (long, mut ready) = ("x".repeat(2 * PART + 1), Ready::default());
        for piece in ["a", "", &long, "b"] {
            ready.push(piece.to_owned());
        }
        let parts: Vec<Bytes> = std::iter::from_fn(|| ready.next()).collect();
        assert!(parts.iter().all(|part| !part.is_empty() && part.len() <= PART), "{}", parts.len());
        assert_eq!(parts.concat(), format!("a{long}b").into_bytes());
    }
}
