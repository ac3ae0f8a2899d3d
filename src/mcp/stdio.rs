//! Standard input and output: one message a line. A line that is not JSON gets the protocol's error; the SDK alone
//! would ignore it, and the client would wait for ever.

use rmcp::ErrorData;
use rmcp::model::JsonRpcMessage;
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Bytes of a line, as the SDK has it.
const MAX_LINE: usize = 16 << 20;
/// Bytes that wait between the two readers.
const BUFFER: usize = 64 << 10;

const NO_JSON: &str = "this line is no JSON text; write one JSON-RPC message a line, in UTF-8";
const TOO_LONG: &str = "this line is longer than 16 MiB";

/// The lines of an agent.
pub(super) struct Lines<W: AsyncWrite> {
    inner: AsyncRwTransport<RoleServer, DuplexStream, W>,
    /// The errors for lines that are not passed on.
    faults: mpsc::Receiver<&'static str>,
    /// An error that is on its way out.
    sending: Option<JoinHandle<Result<(), std::io::Error>>>,
}

impl<W: AsyncWrite + Send + Unpin + 'static> Lines<W> {
    pub(super) fn new(read: impl AsyncRead + Send + Unpin + 'static, write: W) -> Self {
        let (to, from) = tokio::io::duplex(BUFFER);
        let (tell, faults) = mpsc::channel(1);
        tokio::spawn(pass(read, to, tell));
        Self { inner: AsyncRwTransport::new(from, write), faults, sending: None }
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> Transport<RoleServer> for Lines<W> {
    type Error = std::io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.inner.send(item)
    }

    // Cancel-safe: it may be dropped at any await and called again.
    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(sending) = &mut self.sending {
                let sent = sending.await;
                self.sending = None;
                sent.ok()?.ok()?;
            }
            let fault = tokio::select! {
                biased;
                Some(fault) = self.faults.recv() => fault,
                message = self.inner.receive() => match message {
                    Some(message) => return Some(message),
                    None => self.faults.recv().await?,
                },
            };
            let error = JsonRpcMessage::error(ErrorData::parse_error(fault, None), None);
            self.sending = Some(tokio::spawn(self.inner.send(error)));
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

/// Passes on the lines that are JSON.
async fn pass(read: impl AsyncRead + Unpin, mut to: DuplexStream, tell: mpsc::Sender<&'static str>) {
    let mut read = BufReader::new(read).take(0);
    let mut line = Vec::new();
    loop {
        line.clear();
        read.set_limit(MAX_LINE as u64);
        if !matches!(read.read_until(b'\n', &mut line).await, Ok(1..)) {
            return;
        }
        let fault = if line.len() == MAX_LINE && !line.ends_with(b"\n") {
            while !line.is_empty() && !line.ends_with(b"\n") {
                line.clear();
                read.set_limit(MAX_LINE as u64);
                if read.read_until(b'\n', &mut line).await.is_err() {
                    return;
                }
            }
            Some(TOO_LONG)
        } else if is_json(&line) {
            None
        } else {
            Some(NO_JSON)
        };
        if line.last().is_some_and(|last| *last != b'\n') {
            line.push(b'\n');
        }
        let passed = match fault {
            Some(fault) => tell.send(fault).await.is_ok(),
            None => to.write_all(&line).await.is_ok(),
        };
        if !passed {
            return;
        }
    }
}

/// Whether a line is JSON, or nothing at all.
fn is_json(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
    line.is_empty() || serde_json::from_slice::<Value>(line).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_that_is_no_json_gets_an_error_and_the_others_pass() {
        let ping = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;
        let long = vec![b'x'; MAX_LINE + 5];
        let input = [b"{\n\xff\n\n", &long[..], b"\n", ping.as_bytes()].concat();
        let (write, mut told) = tokio::io::duplex(BUFFER);
        let mut lines = Lines::new(std::io::Cursor::new(input), write);
        assert!(matches!(lines.receive().await, Some(JsonRpcMessage::Request(_))));
        assert!(lines.receive().await.is_none());
        lines.close().await.unwrap();
        drop(lines);
        let mut text = String::new();
        told.read_to_string(&mut text).await.unwrap();
        let errors: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(errors.len(), 3, "{text}");
        assert!(errors.iter().all(|error| error["error"]["code"] == -32700), "{text}");
        assert_eq!(errors[2]["error"]["message"], TOO_LONG);
    }
}
