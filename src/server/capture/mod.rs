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
pub mod inside;
mod recorder;
mod refusal;
mod stopping;
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
use stopping::Stopping;
use stream::Recording;

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
    let signal = builder.graceful_shutdown_signal();
    let server = builder.listen("capture", listener, move || {
        let (capture, in_flight) = (capture.clone(), in_flight.of_worker());
        let stopping = Stopping::watch(signal.clone());
        let service = Rc::new(Service::new(capture.clone(), in_flight.clone(), Rc::clone(&stopping)));
        let http = HttpService::build()
            // The stream has clocks of its own: for idle connections, which costs less than a timer per request, and for heads,
            // which knows of every one and not only of the first. The same goes for the server's stop, see `stopping`.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .on_connect_ext(|io: &Recording, data| {
                data.insert(Rc::clone(io.connection()));
            })
            .finish(fn_service(move |request: Request| handler::handle(request, Rc::clone(&service))));
        fn_service(move |socket: TcpStream| {
            // An answer is one write: waiting for more to send only delays it.
            let _ = socket.set_nodelay(true);
            let peer = socket.peer_addr().ok();
            let connection = Connection::new(capture.clone(), peer, Rc::clone(&stopping));
            let recording = Recording::new(socket, connection, in_flight.share());
            std::future::ready(Ok::<_, actix_http::error::DispatchError>((recording, Protocol::Http1, peer)))
        })
        .and_then(http)
    })?;
    Ok(server.run())
}
