//! What nobody should send is rejected with the status the RFCs ask for, kept all the same, and harms nothing.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use creel::inside::Rejection;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use crate::helpers::TestApp;
use crate::helpers::captured::{all, bin, bin_limited, only, until};
use crate::helpers::raw::{Answer, connect, exchange, read_answer};

/// Sends and reads one answer, even when the listener stops reading before all is sent.
fn insist(address: SocketAddr, request: &[u8]) -> Answer {
    let mut socket = connect(address);
    let mut writer = socket.try_clone().unwrap();
    let request = request.to_vec();
    let writing = std::thread::spawn(move || drop(writer.write_all(&request)));
    let answer = read_answer(&mut socket).unwrap();
    drop(socket.shutdown(Shutdown::Both));
    writing.join().unwrap();
    answer
}

#[tokio::test]
async fn heads_that_are_not_http_are_rejected_with_a_reason_and_kept_byte_for_byte() {
    let app = TestApp::start().await;
    let fields = |text: &str| format!("POST /BIN HTTP/1.1\r\nHost: h\r\n{text}\r\n\r\n").into_bytes();
    let raw = |text: &[u8]| text.to_vec();
    let many: String = (0..97).fold(String::new(), |fields, n| fields + &format!("X-{n}: {n}\r\n"));
    for (name, head, status, why) in [
        ("no host", raw(b"GET /BIN HTTP/1.1\r\nA: b\r\n\r\n"), 400, Rejection::NoHost),
        ("two hosts", fields("Host: other"), 400, Rejection::SeveralHosts),
        ("both lengths", fields("Content-Length: 3\r\nTransfer-Encoding: chunked"), 400, Rejection::LengthAndCoding),
        (
            "both lengths, reversed",
            fields("Transfer-Encoding: chunked\r\nContent-Length: 3"),
            400,
            Rejection::LengthAndCoding,
        ),
        ("repeated lengths", fields("Content-Length: 3\r\nContent-Length: 3"), 400, Rejection::SeveralLengths),
        ("contradicting lengths", fields("Content-Length: 3\r\nContent-Length: 4"), 400, Rejection::SeveralLengths),
        ("a list of lengths", fields("Content-Length: 3, 3"), 400, Rejection::BadLength),
        ("a negative length", fields("Content-Length: -1"), 400, Rejection::BadLength),
        ("a signed length", fields("Content-Length: +3"), 400, Rejection::BadLength),
        ("a huge length", fields("Content-Length: 18446744073709551616"), 400, Rejection::BadLength),
        ("a length in hex", fields("Content-Length: 0x10"), 400, Rejection::BadLength),
        ("a coding we do not know", fields("Transfer-Encoding: gzip, chunked"), 501, Rejection::UnknownCoding),
        (
            "chunked twice",
            fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            400,
            Rejection::SeveralCodings,
        ),
        ("chunked hidden", fields("Transfer-Encoding: xchunked"), 501, Rejection::UnknownCoding),
        (
            "chunked in http 1.0",
            raw(b"POST /BIN HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            400,
            Rejection::NoLength,
        ),
        ("http 1.0 without length", raw(b"POST /BIN HTTP/1.0\r\n\r\n"), 400, Rejection::NoLength),
        ("a space before the colon", fields("Content-Length : 3"), 400, Rejection::BadFieldName),
        ("a folded line", fields("A: b\r\n c"), 400, Rejection::BadFieldName),
        ("a nul in a value", fields("A: b\0c"), 400, Rejection::BadFieldValue),
        ("a control byte in a value", fields("A: b\x01c"), 400, Rejection::BadFieldValue),
        ("a bare cr in a value", fields("A: b\rc"), 400, Rejection::BadFieldValue),
        (
            "latin-1 in a name",
            [b"GET /BIN HTTP/1.1\r\nHost: h\r\nCaf\xe9: 1\r\n\r\n".to_vec()].concat(),
            400,
            Rejection::BadFieldName,
        ),
        ("a line without colon", fields("nonsense"), 400, Rejection::BadFieldName),
        ("an empty name", fields(": value"), 400, Rejection::BadFieldName),
        ("a space in the target", raw(b"GET /BIN/a b HTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("a nul in the target", raw(b"GET /BIN/a\0b HTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("two spaces", raw(b"GET  /BIN HTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("two spaces after", raw(b"GET /BIN/a  HTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("tabs", raw(b"GET\t/BIN\tHTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("a tab", raw(b"GET /BIN\tHTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("a leading space", raw(b" GET /BIN HTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("a trailing space", raw(b"GET /BIN HTTP/1.1 \r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("no method", raw(b"/BIN HTTP/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("a path alone", raw(b"/BIN\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("a version in small letters", raw(b"GET /BIN http/1.1\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("something after it", raw(b"GET /BIN HTTP/1.1 x\r\nHost: h\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("no version", raw(b"GET /BIN\r\n\r\n"), 400, Rejection::BadRequestLine),
        ("version 2", raw(b"GET /BIN HTTP/2.0\r\nHost: h\r\n\r\n"), 505, Rejection::UnknownVersion),
        ("97 fields and the host", fields(many.trim_end()), 431, Rejection::HeadTooLarge),
        (
            "a target of 70 KiB",
            format!("GET /BIN/{} HTTP/1.1\r\nHost: h\r\n\r\n", "p".repeat(70 << 10)).into_bytes(),
            414,
            Rejection::TargetTooLong,
        ),
    ] {
        let bin = bin(&app, json!({})).await;
        let at = head.windows(3).position(|part| part == b"BIN").unwrap();
        let head = [&head[..at], bin.as_str().as_bytes(), &head[at + 3..]].concat();
        let answer = exchange(app.capture, &head);
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
        let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((&told["ok"], &told["error"]), (&json!(false), &json!(why.sentence())), "{name}");
        let kept = only(&app, bin).await;
        assert_eq!(kept.summary.rejected, Some(why), "{name}");
        assert_eq!(kept.summary.response.status, Some(status), "{name}");
        assert!(kept.head.raw() == &head, "{name}: kept as {}", kept.head.raw().escape_ascii());
    }
}

#[tokio::test]
async fn a_head_without_end_is_rejected_at_128_kib_and_its_beginning_kept() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    let head = format!("GET /{bin} HTTP/1.1\r\nHost: h\r\nX: {}", "v".repeat(1 << 20));
    let answer = insist(app.capture, head.as_bytes());
    assert_eq!(answer.status, 431);
    let kept = only(&app, bin).await;
    assert_eq!(kept.summary.rejected, Some(Rejection::HeadTooLarge));
    assert_eq!(kept.head.raw().len(), 128 << 10);
    assert!(head.as_bytes().starts_with(kept.head.raw()));
}

#[tokio::test]
async fn a_request_smuggled_behind_an_ambiguous_one_is_never_taken_for_a_request() {
    let app = TestApp::start().await;
    let (outer, inner) = (bin(&app, json!({})).await, bin(&app, json!({})).await);
    let smuggled = format!("GET /{inner} HTTP/1.1\r\nHost: h\r\n\r\n");
    for ambiguous in [
        format!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Content-Length: {}\r\nContent-Length: 0\r\n\r\n{smuggled}", smuggled.len()),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Content-Length: 0\r\n chunked\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: chunked\r\n\r\n1\n\rx\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{smuggled}"),
    ] {
        let mut socket = connect(app.capture);
        write!(socket, "POST /{outer} HTTP/1.1\r\nHost: h\r\n{ambiguous}").unwrap();
        assert!((400..=501).contains(&read_answer(&mut socket).unwrap().status), "{ambiguous}");
        assert!(read_answer(&mut socket).is_err(), "one answer, then the end: {ambiguous}");
    }
    until(&app, outer, |requests| requests.len() == 7).await;
    assert!(all(&app, inner).await.is_empty());
    // What is inside a body is a body.
    let answer = exchange(
        app.capture,
        format!("POST /{outer} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len()).as_bytes(),
    );
    assert_eq!(answer.status, 200);
    assert!(all(&app, inner).await.is_empty());
}

#[tokio::test]
async fn a_body_that_breaks_its_chunks_is_kept_up_to_there() {
    let app = TestApp::start().await;
    let endless_trailer = format!("3\r\nabc\r\n0\r\nX: {}", "v".repeat(40 << 10));
    for broken in ["3\r\nabcX\r\n", "3\r\nabc\r\nzz\r\n", "3\r\nabc\r\n1;\x01\r\n", &endless_trailer] {
        let bin = bin(&app, json!({})).await;
        let request = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{broken}");
        assert_eq!(insist(app.capture, request.as_bytes()).status, 400);
        let kept = only(&app, bin).await;
        assert_eq!((&kept.body[..], kept.summary.complete), (&b"abc"[..], false));
        assert_eq!(kept.summary.rejected, Some(Rejection::BrokenChunks));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413_while_it_is_sent_and_the_head_is_kept() {
    let app = TestApp::start().await;
    let big = vec![b'x'; 8 << 20];
    let declared = bin_limited(&app, json!({}), Some(1000)).await;
    let head = format!("POST /{declared} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", big.len());
    let answer = insist(app.capture, &[head.as_bytes(), &big].concat());
    assert_eq!((answer.status, answer.header("connection")), (413, Some("close")));
    let kept = only(&app, declared).await;
    assert_eq!(&kept.head.raw()[..], head.as_bytes());
    assert_eq!((kept.summary.rejected, kept.summary.complete), (Some(Rejection::BodyTooLarge), false));
    assert_eq!(kept.summary.declared_size, Some(8 << 20));
    assert!(kept.body.len() <= 1000);

    let chunked = bin_limited(&app, json!({}), Some(1000)).await;
    let head = format!("POST /{chunked} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let answer = insist(app.capture, &[head.as_bytes(), b"800000\r\n", &big, b"\r\n0\r\n\r\n"].concat());
    assert_eq!(answer.status, 413);
    let kept = only(&app, chunked).await;
    assert_eq!((kept.summary.rejected, kept.body.len()), (Some(Rejection::BodyTooLarge), 1000));

    let exact = bin_limited(&app, json!({}), Some(1000)).await;
    let head = format!("POST /{exact} HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    assert_eq!(exchange(app.capture, &[head.as_bytes(), &big[..1000]].concat()).status, 200);
}

#[tokio::test]
async fn a_sender_that_leaves_within_the_body_leaves_what_it_sent() {
    let app = TestApp::start().await;
    for (reset, framing, sent) in [
        (false, "Content-Length: 10", "abc"),
        (true, "Content-Length: 10", "abc"),
        (false, "Transfer-Encoding: chunked", "5\r\nabc"),
    ] {
        let bin = bin(&app, json!({})).await;
        let mut socket = connect(app.capture);
        write!(socket, "POST /{bin} HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n{sent}").unwrap();
        if reset {
            socket2::SockRef::from(&socket).set_linger(Some(std::time::Duration::ZERO)).unwrap();
        }
        drop(socket);
        let kept = only(&app, bin).await;
        // A reset may overtake the bytes before it.
        assert!(kept.body == "abc" || reset && kept.body.is_empty(), "{:?}", kept.body);
        assert_eq!((kept.summary.complete, kept.summary.rejected), (false, None));
        assert_eq!(kept.summary.response.status, None);
    }
}

#[tokio::test]
async fn a_sender_that_leaves_within_the_head_leaves_what_it_sent() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    let head = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nX-Half: ");
    connect(app.capture).write_all(head.as_bytes()).unwrap();
    let kept = only(&app, bin).await;
    assert_eq!(&kept.head.raw()[..], head.as_bytes());
    assert_eq!((kept.summary.complete, kept.summary.response.status), (false, None));
}

#[tokio::test]
async fn upgrades_and_connect_on_a_bin_are_answered_and_never_hang() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    for request in [
        format!("GET /{bin} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
        format!(
            "POST /{bin} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody"
        ),
        format!(
            "POST /{bin} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 4\r\n\r\nbody"
        ),
        format!("CONNECT /{bin} HTTP/1.1\r\nHost: h\r\n\r\n"),
        format!("CONNECT /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nmore"),
        format!(
            "POST /{bin} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"
        ),
        format!(
            "POST /{bin} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n0123456789"
        ),
    ] {
        let mut socket = connect(app.capture);
        socket.write_all(request.as_bytes()).unwrap();
        let answer = read_answer(&mut socket).unwrap();
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")), "{request}");
        assert!(read_answer(&mut socket).is_err(), "the connection ends");
    }
    let kept = all(&app, bin).await;
    assert_eq!(
        kept.iter().map(|kept| &kept.body[..]).collect::<Vec<_>>(),
        [&b""[..], b"body", b"body", b"", b"", b"", b"01234"]
    );
    assert!(kept.iter().all(|kept| kept.summary.rejected.is_none()));
    let answer = exchange(app.capture, b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n");
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn other_protocols_are_turned_away_and_named() {
    let app = TestApp::start().await;
    let answer = insist(app.capture, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert_eq!(answer.status, 505);
    let answer = insist(app.capture, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03");
    assert_eq!(answer.status, 400);
}

/// How many random connections are tried.
const GARBAGE: u64 = 300;

#[tokio::test]
async fn garbage_harms_nobody() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    let seed: u64 = rand::random();
    for round in 0..GARBAGE {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(round));
        let mut wire =
            format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
                .into_bytes();
        for _ in 0..rng.random_range(1..20) {
            let place = rng.random_range(0..wire.len());
            wire[place] = rng.random();
        }
        let mut socket = connect(app.capture);
        let _ = socket.write_all(&wire);
        let _ = socket.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "seed {}", seed.wrapping_add(round));
    }
    let request = format!("POST /{bin}/after HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(exchange(app.capture, request.as_bytes()).status, 200);
}

#[tokio::test]
async fn hundreds_of_idle_and_half_sent_connections_do_not_keep_others_out() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    let idle: Vec<TcpStream> = (0..400)
        .map(|n| {
            let mut socket = connect(app.capture);
            match n % 3 {
                0 => {}
                1 => socket.write_all(b"POST /half").unwrap(),
                _ => write!(socket, "POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf").unwrap(),
            }
            socket
        })
        .collect();
    let request = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(exchange(app.capture, request.as_bytes()).status, 200);
    drop(idle);
    until(&app, bin, |requests| requests.len() > 100).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_until_others_end() {
    let app = TestApp::start_with(|config| config.max_connections = 1).await;
    let bin = bin(&app, json!({})).await;
    // The limit is kept per worker thread, rounded up.
    let workers = std::thread::available_parallelism().unwrap().get();
    let mut sockets: Vec<TcpStream> = (0..workers * 4)
        .map(|n| {
            let mut socket = connect(app.capture);
            write!(socket, "POST /{bin}/n{n} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").unwrap();
            socket
        })
        .collect();
    // Each is answered in the end, since those before it go.
    for mut socket in sockets.drain(..) {
        assert_eq!(read_answer(&mut socket).unwrap().status, 200);
    }
    assert_eq!(all(&app, bin).await.len(), workers * 4);
}

#[tokio::test]
async fn connections_that_send_nothing_make_room_for_those_that_do() {
    let app = TestApp::start_with(|config| config.max_connections = 40).await;
    let bin = bin(&app, json!({})).await;
    let mut idle: Vec<TcpStream> = (0..40).map(|_| connect(app.capture)).collect();
    // Whoever has been idle for a second may be closed.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    idle.extend((0..40).map(|_| connect(app.capture)));
    let request = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    for _ in 0..4 {
        let began = std::time::Instant::now();
        assert_eq!(exchange(app.capture, request.as_bytes()).status, 200);
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "long before idle connections end by themselves");
    }
    assert!(metric(&app, "creel_shed_connections_total").await > 0);
    let home = app.client.get(&app.started.console_url).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("as many were open as --max-connections allows"), "{home}");
    drop(idle);
}

async fn metric(app: &TestApp, name: &str) -> u64 {
    let text =
        app.client.get(format!("{}/metrics", app.started.console_url)).send().await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
    line.parse().unwrap()
}

#[tokio::test]
async fn slow_large_bodies_stop_no_small_capture_and_those_rejected_are_counted() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    let large = 10 << 20;
    let head = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: {large}\r\n\r\n");
    let part = vec![b'x'; large - 60];
    let slow: Vec<TcpStream> = (0..30)
        .map(|_| {
            let mut socket = connect(app.capture);
            // One that is rejected is not read to its end.
            let _ = socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(&part));
            socket
        })
        .collect();
    let small = format!("POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 1024\r\n\r\n{}", "y".repeat(1024));
    let mut socket = connect(app.capture);
    for n in 0..1_000 {
        if n % 100 == 0 {
            socket = connect(app.capture);
        }
        socket.write_all(small.as_bytes()).unwrap();
        assert_eq!(read_answer(&mut socket).unwrap().status, 200, "the small one of number {n}");
    }
    assert!(metric(&app, "creel_crowded_total").await > 0);
    let home = app.client.get(&app.started.console_url).send().await.unwrap().text().await.unwrap();
    assert!(home.contains("too much was being received at once"), "{home}");
    drop(slow);
}

#[tokio::test]
async fn senders_that_leave_a_hang_are_noticed_however_much_they_have_sent() {
    let app = TestApp::start_with(|config| config.max_connections = 4).await;
    let (hanging, plain) = (bin(&app, json!({"fault": {"kind": "hang"}})).await, bin(&app, json!({})).await);
    let more = vec![b'x'; 200_000];
    let senders: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut socket = connect(app.capture);
            write!(socket, "GET /{hanging} HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
            socket.write_all(&more).unwrap();
            socket
        })
        .collect();
    until(&app, hanging, |requests| requests.len() >= 4).await;
    for socket in senders {
        socket2::SockRef::from(&socket).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    }
    let request = format!("POST /{plain} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(exchange(app.capture, request.as_bytes()).status, 200);
}

#[tokio::test]
async fn made_up_names_make_few_bins_and_the_others_are_counted_and_shown() {
    let app = TestApp::start_with(|config| config.auto_create = true).await;
    let answers: Vec<u16> = (0..80)
        .map(|n| exchange(app.capture, format!("GET /made-up-{n} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()))
        .map(|answer| {
            assert_eq!(answer.status == 429, answer.header("retry-after").is_some());
            answer.status
        })
        .collect();
    let rejected = answers.iter().filter(|status| **status == 429).count();
    assert!(answers.iter().all(|status| matches!(status, 200 | 429)) && rejected > 0, "{answers:?}");
    let bins = app.get("/bins?limit=200").await["bins"].as_array().unwrap().len();
    assert_eq!(bins, 1 + answers.len() - rejected);
    assert_eq!(metric(&app, "creel_auto_create_rejected_total").await, rejected as u64);
}

#[tokio::test]
async fn a_template_with_many_pairs_holds_up_no_other_sender() {
    let app = TestApp::start().await;
    let slow = bin(&app, json!({"body": "{{request.form.x}}{{request.body}}{{request.body}}"})).await;
    let plain = bin(&app, json!({})).await;
    let pairs = "a&".repeat(5 << 20);
    let head = format!(
        "POST /{slow} HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        pairs.len()
    );
    let mut senders: Vec<TcpStream> = (0..8).map(|_| connect(app.capture)).collect();
    for sender in &mut senders {
        sender.write_all(head.as_bytes()).and_then(|()| sender.write_all(pairs.as_bytes())).unwrap();
    }
    let small = format!("GET /{plain} HTTP/1.1\r\nHost: h\r\n\r\n");
    for _ in 0..8 {
        assert_eq!(exchange(app.capture, small.as_bytes()).status, 200);
    }
    for sender in &mut senders {
        let answer = read_answer(sender).unwrap();
        assert!(answer.body.len() <= 1 << 20, "{}", answer.body.len());
    }
}

#[tokio::test]
async fn a_method_may_have_every_character_of_a_token() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    let method = "A#$%&'*+-.^_`|~!z9";
    let request = format!("{method} /{bin} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(exchange(app.capture, request.as_bytes()).status, 200);
    let kept = only(&app, bin).await;
    assert_eq!((kept.summary.method.as_str(), &kept.body[..]), (method, &b"ok"[..]));
    assert_eq!(kept.head.raw(), request.trim_end_matches("ok").as_bytes());
    assert_eq!(metric(&app, "creel_head_mismatch_total").await, 0);
}

#[tokio::test]
async fn bodies_that_unpack_to_much_hold_up_no_other_sender() {
    let app = TestApp::start().await;
    let bin = bin(&app, json!({})).await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"{").unwrap();
    for _ in 0..1_000 {
        packed.write_all(&b"\"k0\":1,".repeat(1_000)).unwrap();
    }
    let packed = packed.finish().unwrap();
    let head = format!(
        "POST /{bin} HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nStripe-Signature: t=1,v1=aa\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    let mut senders: Vec<TcpStream> = (0..24).map(|_| connect(app.capture)).collect();
    for sender in &mut senders {
        sender.write_all(head.as_bytes()).and_then(|()| sender.write_all(&packed)).unwrap();
    }
    // Answered while those are worked on: fewer than half of them are done by then.
    let small = format!("GET /{bin} HTTP/1.1\r\nHost: h\r\n\r\n");
    for _ in 0..8 {
        assert_eq!(exchange(app.capture, small.as_bytes()).status, 200);
    }
    let done = senders.iter().filter(|sender| {
        sender.set_nonblocking(true).unwrap();
        let done = sender.peek(&mut [0]).is_ok();
        sender.set_nonblocking(false).unwrap();
        done
    });
    assert!(done.count() < senders.len(), "small captures come first");
    for sender in &mut senders {
        assert_eq!(read_answer(sender).unwrap().status, 200);
    }
}
