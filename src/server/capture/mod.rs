//! The capture listener: nothing but bin URLs. It is the half that may be exposed, and it shows nothing that was captured.
//!
//! The connection's bytes pass a `stream::Recording` on their way to the HTTP parser; it records each head as sent and shows the
//! parser one message at a time. The `handler` takes the head from there, reads the body under its limits, hands both to
//! [`Capture::receive`], and sends what that says. HTTP/1.0 and 1.1 are spoken; HTTP/2, which has no heads as sent, is not offered.

mod answer;
mod body;
mod connection;
mod framing;
mod handler;
mod recorder;
mod refusal;
mod stream;

use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive, Protocol, Request};
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, fn_service};
use tokio::net::TcpStream;

use crate::capture::Capture;
use body::InFlight;
use connection::Connection;
use handler::Service;
use stream::Recording;

/// An idle connection is kept this long: senders of webhooks come back in bursts.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// What the kernel holds of an answer that the sender does not read. Answers are small; without a bound it is megabytes each.
const SEND_BUFFER: usize = 64 * 1024;

/// Serves bin URLs on `listener`. The server runs when it is awaited; it takes no signals, its handle stops it.
///
/// At most `max_connections` are served at a time, the others wait to be accepted. A stop in order lets what is in flight finish
/// for `grace` (whole seconds).
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, capture: Capture, max_connections: usize, grace: Duration) -> io::Result<Server> {
    // Accepted sockets inherit it.
    socket2::SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER)?;
    let workers = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
    let in_flight = InFlight::default();
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(max_connections.div_ceil(workers))
        .shutdown_timeout(grace.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let server = builder.listen("capture", listener, move || {
        let (capture, in_flight, stopping) = (capture.clone(), in_flight.clone(), stopping.clone());
        let service = Rc::new(Service { in_flight: in_flight.clone(), stopping: stopping.clone() });
        let http = HttpService::build()
            .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
            // The stream has a clock of its own for heads, which knows of every one and not only of the first.
            .client_request_timeout(Duration::ZERO)
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|io: &Recording, data| {
                data.insert(Rc::clone(io.connection()));
            })
            .finish(fn_service(move |request: Request| handler::handle(request, Rc::clone(&service))));
        fn_service(move |socket: TcpStream| {
            // An answer is one write: waiting for more to send only delays it.
            let _ = socket.set_nodelay(true);
            let peer = socket.peer_addr().ok();
            let recording = Recording::new(socket, Rc::new(Connection::new(capture.clone(), peer)), in_flight.share());
            std::future::ready(Ok::<_, actix_http::error::DispatchError>((recording, Protocol::Http1, peer)))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}
