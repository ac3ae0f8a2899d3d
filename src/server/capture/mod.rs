//! The capture listener serves only bin URLs. It may be exposed to the internet; it shows nothing that was captured.
//!
//! | file | what it does |
//! |---|---|
//! | `stream` | lies between socket and HTTP parser: records what passes, shows the parser one message at a time |
//! | `recorder`, `framing` | keep each head as sent, and find where each message ends |
//! | `connection`, `turn` | what stream and handler share, and how far the current message is |
//! | `handler`, `body`, `response` | take the head, read the body, call [`Capture::receive`], send what it says |
//! | `passed` | writes the head of an answer from elsewhere as it came |
//! | `rejection` | the response to a head that no handler sees |
//! | `in_flight` | the memory for what is being received, and who may have how much of it |
//! | `worker`, `header_cache`, `open`, `stopping`, `wake` | what the connections of one thread share, and how they end |
//!
//! HTTP/1.0 and 1.1 are spoken. HTTP/2 is not offered: its heads are not text, so they cannot be kept as sent.

mod body;
mod connection;
mod framing;
mod handler;
mod header_cache;
mod in_flight;
pub(crate) mod inside;
mod open;
mod passed;
mod recorder;
mod rejection;
mod response;
mod stopping;
mod stream;
mod turn;
mod wake;
mod worker;

use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive, Protocol};
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, fn_service};
use tokio::net::TcpStream;

use crate::capture::Capture;
use connection::Connection;
use in_flight::InFlight;
use stopping::Stopping;
use stream::Recording;
use worker::Worker;

/// The kernel's send buffer per connection, for responses that the sender does not read. Responses are small; the
/// default would be megabytes.
const SEND_BUFFER: usize = 64 * 1024;

/// Serves bin URLs on `listener`. The server runs when it is awaited. It ignores the process's signals: its handle
/// stops it.
///
/// Serves at most `max_connections` at a time. At the limit, the connection that was idle longest is closed; if all are
/// busy, new ones wait to be accepted. A graceful stop gives requests in flight `grace` (whole seconds) to finish.
///
/// # Errors
/// When the listener cannot be used.
pub(crate) fn serve(
    listener: TcpListener,
    capture: Capture,
    max_connections: usize,
    grace: Duration,
) -> io::Result<Server> {
    // Accepted sockets inherit the size.
    socket2::SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER)?;
    let workers = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
    let most = max_connections.div_ceil(workers);
    let in_flight = InFlight::default();
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(most)
        .shutdown_timeout(grace.as_secs())
        .disable_signals();
    let signal = builder.graceful_shutdown_signal();
    let server = builder.listen("capture", listener, move || {
        let worker = Worker::new(capture.clone(), &in_flight, Stopping::watch(signal.clone(), most));
        let http = HttpService::build()
            // The stream has its own timers: one for idle connections, cheaper than a timer per request, and one for
            // heads, which covers every head, not only the first. For the server's stop see `stopping`.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .on_connect_ext(|io: &Recording, data| {
                data.insert(Rc::clone(io.connection()));
            })
            .finish(fn_service(handler::handle));
        fn_service(move |socket: TcpStream| {
            // A response is one write: waiting for more to send only delays it.
            let _ = socket.set_nodelay(true);
            let peer = socket.peer_addr().ok();
            let recording = Recording::new(socket, Connection::new(Rc::clone(&worker), peer));
            std::future::ready(Ok::<_, actix_http::error::DispatchError>((recording, Protocol::Http1, peer)))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}
