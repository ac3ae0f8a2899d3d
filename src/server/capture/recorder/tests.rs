use actix_codec::Decoder as _;
use actix_http::h1::{Codec, Message, MessageType};
use actix_http::{HttpMessage as _, ServiceConfig};
use bytes::BytesMut;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

/// Feeds `wire` in pieces of at most `piece` bytes; returns the heads with their trailers, and the bytes shown to the
/// parser.
fn record(wire: &[u8], piece: usize) -> (Vec<(Bytes, Bytes)>, Vec<u8>) {
    let (mut recorder, mut messages, mut seen, mut at) = (Recorder::new(), Vec::new(), Vec::new(), 0);
    while at < wire.len() {
        let mut bytes = wire[at..wire.len().min(at + piece)].to_vec();
        let length = match recorder.feed(&mut bytes) {
            Progress::Continues => bytes.len(),
            Progress::Ended(length) => {
                messages.push((recorder.take_head().expect("a message has a head").raw, recorder.take_trailers()));
                length
            }
            Progress::Broken(place) => {
                at = wire.len();
                place
            }
        };
        seen.extend_from_slice(&bytes[..length]);
        at += length;
    }
    (messages, seen)
}

#[test]
fn pipelined_messages_each_keep_their_own_head_however_they_are_cut() {
    let heads: [&[u8]; 4] = [
        b"POST /b HTTP/1.1\r\nHOST: h\r\nx-A: 1\r\nX-a:  2 \r\ncontent-length: 27\r\n\r\n",
        b"put http://h/b HTTP/1.1\nHost:h\nTransfer-Encoding: chunked\n\n",
        b"GET /b?\xff\xc3\xa9 HTTP/1.0\r\nA: \xff\r\n\r\n",
        b"X-ODD /b/<x>\"` HTTP/1.1\r\nHost: h\r\n\r\n",
    ];
    let bodies: [&[u8]; 4] = [b"GET /not/a/head HTTP/1.1\r\n\r", b"3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n", b"", b""];
    let mut wire = b"\r\n".to_vec();
    for (head, body) in heads.iter().zip(bodies) {
        wire.extend_from_slice(head);
        wire.extend_from_slice(body);
    }
    for piece in [1, 2, 3, 7, 50, wire.len()] {
        let (messages, seen) = record(&wire, piece);
        assert_eq!(messages.iter().map(|(head, _)| &head[..]).collect::<Vec<_>>(), heads, "in pieces of {piece}");
        assert_eq!(messages[1].1, &b"T: 1\r\n"[..]);
        assert_eq!(seen.len(), wire.len());
        assert!(seen.windows(18).any(|part| part == b"GET /b?___ HTTP/1."), "in pieces of {piece}");
        assert!(seen.windows(17).any(|part| part == b"/b/_x___ HTTP/1.1"), "in pieces of {piece}");
        assert!(seen.windows(4).any(|part| part == b"A: \xff"), "values are left alone");
    }
}

#[test]
fn only_method_and_target_are_altered() {
    let wire = b"G`#$%&'T /a`b%&' H#TP/1.1\r\n#: `<\"\x80\r\n\r\n";
    for piece in [1, 3, wire.len()] {
        let (_, seen) = record(wire, piece);
        assert_eq!(seen, b"G`_____T /a_b%&' H#TP/1.1\r\n#: `<\"\x80\r\n\r\n", "in pieces of {piece}");
    }
}

#[test]
fn a_head_that_is_too_long_leaves_no_room_and_is_not_kept_twice() {
    let mut recorder = Recorder::new();
    assert_eq!(recorder.room(), MAX_HEAD);
    assert_eq!(recorder.feed(&mut vec![b'a'; MAX_HEAD - 1]), Progress::Continues);
    assert_eq!((recorder.room(), recorder.partial().len()), (1, MAX_HEAD - 1));
}

#[test]
fn a_head_with_contradicting_lengths_is_kept_and_nothing_after_it_is_taken_for_a_message() {
    let mut recorder = Recorder::new();
    let mut wire =
        b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nGET / HTTP/1.1\r\n\r\n"
            .to_vec();
    assert_eq!(recorder.feed(&mut wire), Progress::Continues);
    let head = recorder.take_head().unwrap();
    assert_eq!((head.framing, head.raw.len()), (Framing::Rejected, wire.len() - 18));
    assert!(!recorder.has_head());
}

/// How many random connections the differential test tries unless `CREEL_FUZZ` says otherwise.
const FUZZ_ROUNDS: u64 = 20_000;

/// The module's guarantee: for any input, heads and message ends are the parser's.
#[test]
fn heads_and_message_ends_are_the_parsers_on_random_connections() {
    let rounds = std::env::var("CREEL_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(FUZZ_ROUNDS);
    let seed: u64 =
        std::env::var("CREEL_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    // The codec's clock for the `Date` header wants a runtime around it.
    let messages = actix_web::rt::System::new().block_on(async { compare_many(seed, rounds) });
    assert!(messages > rounds / 2, "the generator makes too few valid messages: {messages}");
}

fn compare_many(seed: u64, rounds: u64) -> u64 {
    let config = ServiceConfig::default();
    let mut messages = 0;
    for round in 0..rounds {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(round));
        let wire = random_connection(&mut rng);
        messages += compare(&wire, &mut rng, config.clone()).unwrap_or_else(|why| {
            panic!("CREEL_FUZZ_SEED={} CREEL_FUZZ=1: {why}\n{}", seed.wrapping_add(round), wire.escape_ascii())
        });
    }
    messages
}

/// Runs recorder and parser side by side; returns how many messages both saw.
fn compare(wire: &[u8], rng: &mut StdRng, config: ServiceConfig) -> Result<u64, String> {
    let (mut recorder, mut codec, mut buffer) = (Recorder::new(), Codec::new(config), BytesMut::new());
    let (mut at, mut message_start, mut inside, mut messages) = (0, 0, false, 0);
    let longest = *[1, 3, 20, 200, 5000].get(rng.random_range(0..5)).unwrap_or(&1);
    while at < wire.len() {
        let piece = rng.random_range(1..=longest).min(wire.len() - at).min(recorder.room());
        let mut bytes = wire[at..at + piece].to_vec();
        let fed = recorder.feed(&mut bytes);
        let length = match fed {
            Progress::Continues => piece,
            Progress::Ended(length) => length,
            Progress::Broken(place) => place + 1,
        };
        buffer.extend_from_slice(&bytes[..length]);
        at += length;
        let mut failed = false;
        loop {
            match codec.decode(&mut buffer) {
                Ok(None) => break,
                Err(_) => {
                    failed = true;
                    break;
                }
                Ok(Some(Message::Chunk(Some(_)))) => {}
                Ok(Some(Message::Chunk(None))) => inside = false,
                Ok(Some(Message::Item(request))) => {
                    let head = recorder.take_head().ok_or("the parser has a head, the recorder has none")?;
                    let blank = wire[message_start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                    if !wire[message_start + blank..at].starts_with(&head.raw) {
                        return Err(format!("another head was recorded: {}", head.raw.escape_ascii()));
                    }
                    if head.fields != request.headers().len() || head.framing == Framing::Rejected {
                        return Err(format!("fields or framing differ: {head:?} and {request:?}"));
                    }
                    inside = !matches!(codec.message_type(), MessageType::None);
                    messages += 1;
                }
            }
        }
        match (fed, failed) {
            (_, true) => return Ok(messages),
            (Progress::Broken(_), false) => return Err("the recorder gave up, the parser did not".into()),
            (Progress::Ended(_), false) if inside || !buffer.is_empty() || recorder.has_head() => {
                return Err("the recorder ended a message, the parser did not".into());
            }
            (Progress::Ended(_), false) => message_start = at,
            (Progress::Continues, false) if inside && recorder.partial().is_empty() => {}
            (Progress::Continues, false) if !inside && !recorder.has_head() && buffer.len() == recorder.pending() => {}
            (Progress::Continues, false) => {
                return Err("the recorder is inside a message, the parser is not, or the reverse".into());
            }
        }
    }
    Ok(messages)
}

fn random_connection(rng: &mut StdRng) -> Vec<u8> {
    let mut wire = Vec::new();
    for _ in 0..rng.random_range(1..5) {
        random_message(rng, &mut wire);
    }
    if rng.random_bool(0.3) {
        for _ in 0..rng.random_range(1..4) {
            let place = rng.random_range(0..wire.len());
            match rng.random_range(0..4) {
                0 => wire[place] = rng.random(),
                1 => wire.insert(place, pick(rng, b"\r\n :\x00\xff0a;,\t")),
                2 => drop(wire.remove(place)),
                _ => wire[place] = pick(rng, b"\r\n :\x00\xff0a;,\t"),
            }
            if wire.is_empty() {
                wire.push(b'\n');
            }
        }
    }
    wire
}

fn pick<T: Copy>(rng: &mut StdRng, options: &[T]) -> T {
    options[rng.random_range(0..options.len())]
}

fn random_message(rng: &mut StdRng, wire: &mut Vec<u8>) {
    let mut end: &[u8] = if rng.random_bool(0.9) { b"\r\n" } else { b"\n" };
    if rng.random_bool(0.1) {
        wire.extend_from_slice(pick(rng, &[&b"\r\n"[..], b"\n", b"\r\n\r\n", b"\r"]));
    }
    wire.extend_from_slice(pick(
        rng,
        &[&b"POST"[..], b"GET", b"PUT", b"HEAD", b"CONNECT", b"X-ODD!", b"post", b"CONNECTX"],
    ));
    wire.push(b' ');
    wire.extend_from_slice(pick(
        rng,
        &[&b"/b"[..], b"/b?q=\"<>`", b"http://h:1/b", b"*", b"/\xc3\xa9\xff", b"/b#f", b"/b%zz{}|^\\", b"h:443", b"//"],
    ));
    let odd_version = rng.random_bool(0.1);
    let versions: &[&[u8]] =
        if odd_version { &[b" HTTP/1.0", b" HTTP/1.0", b" HTTP/1.2", b""] } else { &[b" HTTP/1.1"] };
    wire.extend_from_slice(pick(rng, versions));
    wire.extend_from_slice(end);
    let body: Vec<u8> = (0..rng.random_range(0..40)).map(|_| pick(rng, b"\r\n :GETabc0\x00\xff")).collect();
    let length = format!("{}", body.len());
    let mut fields: Vec<(&[u8], &[u8])> = vec![(b"Host", b"h")];
    let chunked = match rng.random_range(0..8) {
        0..=2 => {
            fields.push((b"Content-Length", length.as_bytes()));
            false
        }
        3..=5 => {
            fields.push((
                pick(rng, &[&b"Transfer-Encoding"[..], b"TRANSFER-encoding"]),
                pick(rng, &[&b"chunked"[..], b" Chunked "]),
            ));
            true
        }
        _ => false,
    };
    for _ in 0..rng.random_range(0..4) {
        let options: &[(&[u8], &[u8])] = if rng.random_bool(0.9) {
            &[
                (b"X-Some", b" a  b "),
                (b"x-some", b"\xff\xfe"),
                (b"Upgrade", b"h2c"),
                (b"Connection", b"upgrade"),
                (b"Connection", b"close"),
                (b"Expect", b"100-continue"),
                (b"Content-Type", b""),
                (b"Te", b"trailers"),
            ]
        } else {
            &[
                (b"Upgrade", b" websocket"),
                (b"Content-Length", b"0"),
                (b"Content-Length", b"3"),
                (b"Content-Length", b"+3"),
                (b"Transfer-Encoding", b"gzip"),
                (b"Transfer-Encoding", b"identity"),
                (b"Host", b"again"),
            ]
        };
        fields.push(pick(rng, options));
    }
    for place in (1..fields.len()).rev() {
        fields.swap(place, rng.random_range(0..=place));
    }
    for (name, value) in fields {
        wire.extend_from_slice(name);
        wire.extend_from_slice(b":");
        wire.extend_from_slice(value);
        wire.extend_from_slice(end);
        if rng.random_bool(0.03) {
            end = b"\n";
        }
    }
    wire.extend_from_slice(end);
    if chunked {
        for part in body.chunks(rng.random_range(1..20)) {
            wire.extend_from_slice(format!("{:x}", part.len()).as_bytes());
            wire.extend_from_slice(pick(rng, &[&b""[..], b" ", b";a=b", b" ; a=\"\xff\""]));
            wire.extend_from_slice(b"\r\n");
            wire.extend_from_slice(part);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(pick(rng, &[&b"0"[..], b"00", b"0;x"]));
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(pick(rng, &[&b""[..], b"X-T: 1\r\n", b"A: b\r\nC:\r\n", b"A: b\n"]));
        wire.extend_from_slice(b"\r\n");
    } else {
        wire.extend_from_slice(&body);
    }
}
