//! Follows the live stream of a bin: reconnects after a loss, fetches missed requests by cursor, and repeats nothing.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::Method;
use reqwest::header::{CONNECTION, UPGRADE};
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, handshake};

use super::{Client, ClientError, PAGE, bin_path};
use crate::model::Seq;

/// Pauses between tries to connect again: at first short, since a restart takes less than a second.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The server pings far more often: a connection silent for this long is dead.
const SILENCE: Duration = Duration::from_secs(75);
/// Bytes of one message: a summary, whose target may have hundreds of kilobytes.
const MAX_MESSAGE: usize = 16 << 20;

/// An item of the stream.
#[derive(Debug)]
pub(crate) enum Live {
    /// A message of the API's stream.
    Message(Value),
    /// The connection is lost, with the cause; reconnecting.
    Lost(String),
    /// Connected again.
    Back,
    /// The changes between these cursors are lost: the server has another database than before.
    Gap(Seq, Seq),
}

pub(crate) struct Follow<'c> {
    client: &'c Client,
    bin: String,
    filter: Option<String>,
    /// Every change up to this cursor has been returned.
    after: Option<Seq>,
    socket: Option<WebSocketStream<reqwest::Upgraded>>,
    ready: VecDeque<Live>,
    /// Whether the stream was connected once.
    connected: bool,
}

impl<'c> Follow<'c> {
    /// Follows what comes after the cursor; from now on without one.
    pub(crate) fn new(client: &'c Client, bin: &str, filter: Option<&str>, after: Option<Seq>) -> Self {
        Self {
            client,
            bin: bin.to_owned(),
            filter: filter.map(str::to_owned),
            after,
            socket: None,
            ready: VecDeque::new(),
            connected: false,
        }
    }

    /// The next thing that happened.
    ///
    /// # Errors
    /// When the first connection fails, or the server refuses (the bin is deleted).
    pub(crate) async fn next(&mut self) -> Result<Live, ClientError> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Ok(ready);
            }
            let Some(socket) = &mut self.socket else {
                self.connect().await?;
                continue;
            };
            match tokio::time::timeout(SILENCE, socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => self.take(&text).await?,
                Ok(Some(Ok(Message::Close(_))) | None) => self.lose("the server ended it"),
                // Pings are answered by the library.
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => self.lose(&error.to_string()),
                Err(_) => self.lose("nothing came for a long time"),
            }
        }
    }

    fn lose(&mut self, cause: &str) {
        self.socket = None;
        self.ready.push_back(Live::Lost(cause.to_owned()));
    }

    /// Connects; after the first time, retries on temporary failures.
    async fn connect(&mut self) -> Result<(), ClientError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.open().await {
                Ok(socket) => {
                    self.socket = Some(socket);
                    if self.connected {
                        self.ready.push_back(Live::Back);
                    }
                    self.connected = true;
                    return Ok(());
                }
                Err(error) if self.connected && error.may_pass() => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The upgrade goes through the same client as every call, so that token, proxy and TLS are the same.
    async fn open(&self) -> Result<WebSocketStream<reqwest::Upgraded>, ClientError> {
        let key = handshake::client::generate_key();
        let after = self.after.map(|after| after.to_string());
        let mut query = vec![("hello", "true")];
        query.extend(self.filter.as_deref().map(|filter| ("q", filter)));
        query.extend(after.as_deref().map(|after| ("after", after)));
        let request = self
            .client
            .request(Method::GET, &bin_path(&self.bin, "/stream"))
            .query(&query)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", &key);
        let response = self.client.answer(request).await?;
        let accept = response.headers().get("Sec-WebSocket-Accept").and_then(|value| value.to_str().ok());
        if accept != Some(handshake::derive_accept_key(key.as_bytes()).as_str()) {
            return Err(ClientError::NotCreel { server: self.client.base.clone() });
        }
        let upgraded = response.upgrade().await.map_err(|error| self.client.broken(&error))?;
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
    }

    /// Handles a message: passes it on, or fetches the changes of a reported gap.
    async fn take(&mut self, text: &str) -> Result<(), ClientError> {
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            self.lose("a message was not JSON");
            return Ok(());
        };
        let number = |name: &str| message.get(name).and_then(Value::as_u64);
        let Some(seq) = number("seq") else { return Ok(()) };
        match message.get("type").and_then(Value::as_str) {
            Some("hello") => self.after = Some(seq),
            Some("lagged") => {
                let (from, to) = (number("from").unwrap_or(seq), number("to").unwrap_or(seq));
                if from > to {
                    self.ready.push_back(Live::Gap(from, to));
                } else if let Err(error) = self.catch_up(from, to).await {
                    if !error.may_pass() {
                        return Err(error);
                    }
                    // The cursor stays where the gap begins, and the next stream starts there.
                    self.lose(&error.to_string());
                    return Ok(());
                }
                self.after = Some(seq);
            }
            _ => {
                self.after = self.after.max(Some(seq));
                self.ready.push_back(Live::Message(message));
            }
        }
        Ok(())
    }

    /// Fetches the requests that have `from < seq <= to`.
    async fn catch_up(&mut self, from: Seq, to: Seq) -> Result<(), ClientError> {
        let mut after = from;
        loop {
            let page = self.client.requests(&self.bin, self.filter.as_deref(), PAGE, Some(after), true).await?;
            let full = page.len() == PAGE;
            for request in page {
                let Some(seq) = request.get("seq").and_then(Value::as_u64) else { continue };
                if seq > to {
                    return Ok(());
                }
                after = seq;
                self.after = Some(seq);
                let id = request.get("id").cloned().unwrap_or_default();
                let message = serde_json::json!({"seq": seq, "type": "request", "id": id, "request": request});
                self.ready.push_back(Live::Message(message));
            }
            if !full {
                return Ok(());
            }
        }
    }
}
