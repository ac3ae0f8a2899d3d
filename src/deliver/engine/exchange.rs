//! One request out, one response in.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::response::{ReadError, Reading};
use super::{Failure, Parcel};
use crate::model::Outcome;

/// In how many pieces a slow sender's body is sent.
const PIECES: u32 = 20;

/// Sends and reads at the same time: a target may answer before it has read everything, and would block if nothing read
/// its answer.
pub(super) async fn exchange<S>(stream: S, parcel: &Parcel, reading: &mut Reading) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (mut from, mut to) = tokio::io::split(stream);
    let writing = async {
        to.write_all(&parcel.head).await?;
        if parcel.spread.is_zero() {
            to.write_all(&parcel.body).await?;
        } else {
            for piece in parcel.body.chunks(parcel.body.len().div_ceil(PIECES as usize).max(1)) {
                to.flush().await?;
                tokio::time::sleep(parcel.spread / PIECES).await;
                to.write_all(piece).await?;
            }
        }
        to.flush().await
    };
    let mut unsent: Option<io::Error> = None;
    let read = {
        let receiving = reading.read(&mut from, parcel.to_head);
        tokio::pin!(writing, receiving);
        let mut sent = false;
        loop {
            tokio::select! {
                // A response counts even if the target did not read the whole request.
                biased;
                read = &mut receiving => break read,
                written = &mut writing, if !sent => {
                    sent = true;
                    unsent = written.err();
                }
            }
        }
    };
    read.map_err(|error| failure(error, unsent.as_ref(), parcel, reading))
}

fn failure(error: ReadError, unsent: Option<&io::Error>, parcel: &Parcel, reading: &Reading) -> Failure {
    let name = parcel.target.authority();
    let begun = reading.first_byte.is_some();
    let when = match (begun, unsent) {
        (true, _) => "before its response was whole",
        (false, Some(_)) => "before the request was sent, without a response",
        (false, None) => "without a response",
    };
    match error {
        ReadError::Cut => Failure::new(Outcome::Cut, format!("{name} closed the connection {when}.")),
        ReadError::Io(error) if is_reset(&error) => {
            Failure::new(Outcome::Reset, format!("{name} reset the connection {when}."))
        }
        ReadError::Io(error) if parcel.target.is_https() && error.kind() == ErrorKind::InvalidData => {
            Failure::new(Outcome::Tls, format!("TLS with {name} broke off: {error}."))
        }
        ReadError::Io(error) => Failure::new(Outcome::Reset, format!("The connection to {name} broke: {error}.")),
        ReadError::Malformed(what) => {
            let hint = if parcel.target.is_https() { "" } else { " (does it speak https there?)" };
            let hint = if what.contains("does not start") { hint } else { "" };
            Failure::new(Outcome::Malformed, format!("What {name} sent is no HTTP/1 response: {what}{hint}."))
        }
    }
}

fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}
