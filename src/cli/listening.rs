//! Listens to a bin through restarts of the server, for `tail` and `forward`.

use serde_json::Value;
use tokio::sync::mpsc;

use super::common::Usage;
use super::output;
use crate::client::{ClientError, Follow, Live};

/// Keeps reading the stream while earlier messages are processed: the server would take a silent reader for dead. Never
/// ends on its own; its last message is why the stream ended.
pub(super) async fn read_on(mut follow: Follow<'_>, sender: mpsc::Sender<Result<Live, ClientError>>) {
    loop {
        let live = follow.next().await;
        let over = live.is_err();
        if sender.send(live).await.is_err() || over {
            return std::future::pending::<()>().await;
        }
    }
}

/// The request of a stream's message, if there is one. Changes of the connection are printed as notes.
///
/// # Errors
/// When the bin was deleted.
pub(super) fn request_in(live: Live, bin: &str) -> anyhow::Result<Option<Value>> {
    let mut message = match live {
        Live::Message(message) => message,
        Live::Lost(cause) => {
            output::note(&format!("the connection is lost ({cause}); connecting again"));
            return Ok(None);
        }
        Live::Back => {
            output::note("connected again; nothing was missed");
            return Ok(None);
        }
        Live::Gap(from, to) => {
            output::note(&format!("the server has another database than before: its newest is {to}, not {from}"));
            return Ok(None);
        }
    };
    match message.get("type").and_then(Value::as_str) {
        Some("request") => Ok(message.get_mut("request").map(Value::take)),
        Some("bin_deleted") => Err(Usage(format!("the bin '{bin}' was deleted")).into()),
        _ => Ok(None),
    }
}
