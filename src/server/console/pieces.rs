//! Response bodies made piece by piece: a slow reader holds one piece in memory, not the whole.

use std::collections::VecDeque;
use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::body::{MessageBody, SizedStream};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::ContentType;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::problem::Problem;

/// A large piece goes out in parts, because the server copies each part.
const PART: usize = 64 << 10;

/// Bytes ready to send.
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

/// Sends a complete body in parts, so that only one part is copied at a time.
pub(super) fn in_parts(whole: impl Into<Bytes>) -> impl MessageBody + 'static {
    let whole = whole.into();
    let length = whole.len() as u64;
    let mut ready = Ready::default();
    ready.push(whole);
    let parts = stream::iter(std::iter::from_fn(move || ready.next())).map(Ok::<_, Infallible>);
    SizedStream::new(length, parts)
}

/// A body that is made piece by piece.
pub(super) trait Pieces {
    /// Adds the next piece to what is ready, which may be none yet. `false` when it was the last.
    async fn write(&mut self, ready: &mut Ready) -> Result<bool, Problem>;
}

/// A body under way.
struct Making<P> {
    pieces: P,
    ready: Ready,
    more: bool,
}

/// The parts of a body, which begins with `start`. Each is made in a task of its own: a turn or a reader that it waits
/// for is given back also while the client does not read, when nobody polls the body.
pub(super) fn parts_of(
    start: impl Into<Bytes>,
    pieces: impl Pieces + 'static,
) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + 'static {
    let mut making = Making { pieces, ready: Ready::default(), more: true };
    making.ready.push(start);
    stream::try_unfold(making, |making| {
        let made = actix_web::rt::spawn(making.next());
        // The status is sent already: breaking off is the only way left to show that this is not all.
        async move { made.await.map_err(ErrorInternalServerError)?.map_err(actix_web::Error::from) }
    })
}

impl<P: Pieces> Making<P> {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Problem> {
        loop {
            if let Some(part) = self.ready.next() {
                return Ok(Some((part, self)));
            }
            if !self.more {
                return Ok(None);
            }
            self.more = self.pieces.write(&mut self.ready).await?;
        }
    }
}

/// The members of a JSON list, made one at a time.
pub(super) trait Members {
    /// The next as JSON; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem>;

    /// The end of the document, from the list's closing bracket on.
    fn end(&self) -> String;
}

/// A JSON document of `start` and a list's members: each is made when the one before has been sent.
pub(super) fn json_list(start: &'static str, members: impl Members + 'static) -> HttpResponse {
    let list = List { members, first: true };
    HttpResponse::Ok().insert_header(ContentType::json()).streaming(parts_of(start, list))
}

struct List<M> {
    members: M,
    first: bool,
}

impl<M: Members> Pieces for List<M> {
    async fn write(&mut self, ready: &mut Ready) -> Result<bool, Problem> {
        let Some(json) = self.members.next().await? else {
            ready.push(self.members.end());
            return Ok(false);
        };
        if !std::mem::take(&mut self.first) {
            ready.push(",");
        }
        ready.push(json);
        Ok(true)
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
