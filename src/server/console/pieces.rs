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
    /// Adds the next piece to what is ready, which may be none yet. `false` after the last.
    async fn write(&mut self, ready: &mut Ready) -> Result<bool, Problem>;
}

/// The parts of a body. Each is made in a task of its own: a turn or a reader that it waits for is given back also while the
/// client does not read, when nobody polls the body.
pub(super) fn parts_of(pieces: impl Pieces + 'static) -> impl Stream<Item = Result<Bytes, actix_web::Error>> + 'static {
    stream::try_unfold((pieces, Ready::default()), |state| {
        let made = actix_web::rt::spawn(next_of(state));
        // The status is sent already: breaking off is the only way left to show that this is not all.
        async move { made.await.map_err(ErrorInternalServerError)?.map_err(actix_web::Error::from) }
    })
}

async fn next_of<P: Pieces>((mut pieces, mut ready): (P, Ready)) -> Result<Option<(Bytes, (P, Ready))>, Problem> {
    loop {
        if let Some(part) = ready.next() {
            return Ok(Some((part, (pieces, ready))));
        }
        if !pieces.write(&mut ready).await? && ready.0.is_empty() {
            return Ok(None);
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
    let list = List { members, before: Some(start) };
    HttpResponse::Ok().insert_header(ContentType::json()).streaming(parts_of(list))
}

struct List<M> {
    members: M,
    /// What comes before the next member; `None` after the end.
    before: Option<&'static str>,
}

impl<M: Members> Pieces for List<M> {
    async fn write(&mut self, ready: &mut Ready) -> Result<bool, Problem> {
        let Some(before) = self.before.take() else { return Ok(false) };
        if let Some(json) = self.members.next().await? {
            ready.push(before);
            ready.push(json);
            self.before = Some(",");
        } else {
            if before != "," {
                ready.push(before);
            }
            ready.push(self.members.end());
        }
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
