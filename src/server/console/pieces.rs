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

/// The members of a JSON list, made one at a time.
pub(super) trait Members {
    /// The next as JSON; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem>;

    /// The end of the document, from the list's closing bracket on.
    fn end(&self) -> String;
}

/// A JSON document of `start` and a list's members: each is made when the one before has been sent.
pub(super) fn json_list(start: &'static str, members: impl Members + 'static) -> HttpResponse {
    let mut ready = Ready::default();
    ready.push(start);
    let list = List { members, ready, first: true, ended: false };
    HttpResponse::Ok().insert_header(ContentType::json()).streaming(stepwise(list, List::next))
}

/// A body that `next` makes piece by piece; `None` ends it. Each piece is made in its own task, so that a turn or a
/// reading connection is returned even if the client does not read and the body is not polled.
pub(super) fn stepwise<S, F>(
    state: S,
    next: impl Fn(S) -> F + 'static,
) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + 'static
where
    S: 'static,
    F: Future<Output = Result<Option<(Bytes, S)>, Problem>> + 'static,
{
    stream::try_unfold(state, move |state| {
        let made = actix_web::rt::spawn(next(state));
        // The status has been sent: only an abort can show that the body is incomplete.
        async move { made.await.map_err(ErrorInternalServerError)?.map_err(actix_web::Error::from) }
    })
}

struct List<M> {
    members: M,
    ready: Ready,
    first: bool,
    ended: bool,
}

impl<M: Members> List<M> {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Problem> {
        loop {
            if let Some(part) = self.ready.next() {
                return Ok(Some((part, self)));
            }
            if self.ended {
                return Ok(None);
            }
            if let Some(json) = self.members.next().await? {
                if !std::mem::take(&mut self.first) {
                    self.ready.push(",");
                }
                self.ready.push(json);
            } else {
                self.ended = true;
                self.ready.push(self.members.end());
            }
        }
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
