//! Sends a file piece by piece.

use std::io::Read;

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Body, Method};
use serde_json::Value;

use super::{Client, ClientError, bin_path};

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

impl Client {
    /// Sends an export to a bin; `progress` gets the number of bytes sent so far.
    ///
    /// # Errors
    /// When the file cannot be read, or the server refuses.
    pub(crate) async fn import(
        &self,
        bin: &str,
        file: impl Read + Send + 'static,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<Value, ClientError> {
        let pieces = stream::unfold((file, 0_u64, progress), |(mut file, sent, progress)| async move {
            let mut piece = vec![0; PIECE];
            match file.read(&mut piece) {
                Ok(0) => None,
                Ok(length) => {
                    piece.truncate(length);
                    let sent = sent + length as u64;
                    progress(sent);
                    Some((Ok(Bytes::from(piece)), (file, sent, progress)))
                }
                Err(error) => Some((Err(error), (file, sent, progress))),
            }
        });
        // The server recognises an archive or lines by the first bytes.
        let request = self
            .request(Method::POST, &bin_path(bin, "/import"))
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(Body::wrap_stream(pieces));
        self.json(request).await
    }
}
