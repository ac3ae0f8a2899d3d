//! The part of RFC 6455 that a send-only server needs: the handshake, and reading pings and closes from clients. Server
//! frames are made by the hub (`live::text_frame`).
//!
//! `actix_http::ws` does the same but is not used: its codec (3.20) buffers a whole frame of any announced length
//! before it refuses one that is too long, and it costs two crates.

use actix_web::HttpRequest;
use actix_web::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf as _, BytesMut};
use sha1::{Digest as _, Sha1};

use crate::server::console::problem::{Code, Problem};

/// The largest frame that a subscriber may send; it has no data to send.
const MAX_INCOMING: usize = 4 << 10;
/// Control frames are short (section 5.5).
const MAX_CONTROL: usize = 125;

const TEXT_AND_OTHER_DATA: std::ops::RangeInclusive<u8> = 0..=2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The connection ends in order.
pub(super) const NORMAL: u16 = 1000;
/// The server stops, or the bin is deleted.
pub(super) const GOING_AWAY: u16 = 1001;
/// The client broke the protocol.
pub(super) const PROTOCOL_ERROR: u16 = 1002;

/// Checks an opening handshake (section 4.2.1) and returns the `Sec-WebSocket-Accept` for it.
pub(super) fn handshake(request: &HttpRequest) -> Result<String, Problem> {
    let value = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let refuse = |why: &str| Err(Problem::new(Code::InvalidUpgrade, format!("This route is a WebSocket: {why}.")));
    let wants_websocket = value(header::UPGRADE)
        .is_some_and(|list| list.split(',').any(|token| token.trim().eq_ignore_ascii_case("websocket")));
    if !wants_websocket || !request.head().upgrade() {
        return refuse("ask for it with 'Connection: Upgrade' and 'Upgrade: websocket'");
    }
    if value(header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return refuse("the version must be 13");
    }
    match value(header::SEC_WEBSOCKET_KEY) {
        Some(key) if STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16) => Ok(accept_key(key)),
        _ => refuse("Sec-WebSocket-Key must be 16 bytes in base64"),
    }
}

fn accept_key(key: &str) -> String {
    /// The fixed GUID of section 1.3.
    const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Appends a control frame.
pub(super) fn ping(out: &mut BytesMut) {
    control(out, PING, &[]);
}

/// Appends the pong to a ping.
pub(super) fn pong(out: &mut BytesMut, payload: &[u8]) {
    control(out, PONG, payload);
}

/// Appends a close frame.
pub(super) fn close(out: &mut BytesMut, code: u16) {
    control(out, CLOSE, &code.to_be_bytes());
}

fn control(out: &mut BytesMut, opcode: u8, payload: &[u8]) {
    let payload = &payload[..payload.len().min(MAX_CONTROL)];
    let length = u8::try_from(payload.len()).unwrap_or(0);
    out.extend_from_slice(&[0x80 | opcode, length]);
    out.extend_from_slice(payload);
}

/// What a client has sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A ping; the server answers with a pong of the same payload.
    Ping(Vec<u8>),
    /// A sign of life.
    Pong,
    /// The client says goodbye.
    Close,
    /// Data, which is not used.
    Data,
}

/// The client does not speak the protocol.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Takes the next whole frame off the front of what was received.
pub(super) fn next(received: &mut BytesMut) -> Result<Option<Incoming>, Malformed> {
    let &[first, second, ..] = &received[..] else {
        return Ok(None);
    };
    let opcode = first & 0x0f;
    let (final_frame, reserved, masked) = (first & 0x80 != 0, first & 0x70 != 0, second & 0x80 != 0);
    let is_control = opcode >= CLOSE;
    let short = usize::from(second & 0x7f);
    // Clients always mask (section 5.3); control frames are short and whole (section 5.5).
    if reserved || !masked || (is_control && (!final_frame || short > MAX_CONTROL)) {
        return Err(Malformed);
    }
    let (length, header) = match short {
        126 => match received.get(2..4) {
            Some(bytes) => (u64::from(u16::from_be_bytes([bytes[0], bytes[1]])), 4),
            None => return Ok(None),
        },
        127 => match received.get(2..10).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()) {
            Some(bytes) => (u64::from_be_bytes(bytes), 10),
            None => return Ok(None),
        },
        short => (short as u64, 2),
    };
    let length = usize::try_from(length).ok().filter(|length| *length <= MAX_INCOMING).ok_or(Malformed)?;
    let Some(frame) = received.get(header..header + 4 + length) else {
        return Ok(None);
    };
    let (mask, payload) = frame.split_at(4);
    let incoming = match opcode {
        CLOSE => Incoming::Close,
        PING => Incoming::Ping(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()),
        PONG => Incoming::Pong,
        data if TEXT_AND_OTHER_DATA.contains(&data) => Incoming::Data,
        _ => return Err(Malformed),
    };
    received.advance(header + 4 + length);
    Ok(Some(incoming))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_s_example_is_answered_as_there() {
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn frames_are_read_in_any_pieces() {
        // Section 5.7: a masked "Hello" as text, and as a ping.
        let text = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        let ping = b"\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        let mut received = BytesMut::new();
        let mut frames = Vec::new();
        for byte in text.iter().chain(ping) {
            received.extend_from_slice(&[*byte]);
            frames.extend(next(&mut received).unwrap());
        }
        assert_eq!(frames, [Incoming::Data, Incoming::Ping(b"Hello".to_vec())]);
        assert!(received.is_empty());
    }

    #[test]
    fn what_is_not_the_protocol_is_refused() {
        for bad in [
            &b"\x81\x05Hello"[..],                       // not masked
            b"\xc1\x80\0\0\0\0",                         // a reserved bit
            b"\x09\x80\0\0\0\0",                         // a control frame in pieces
            b"\x89\xfe\x00\x7e",                         // a long control frame
            b"\x83\x80\0\0\0\0",                         // an unknown opcode
            b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", // more than is read
        ] {
            assert_eq!(next(&mut BytesMut::from(bad)), Err(Malformed), "{bad:x?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_frames_waiting_or_refusal(bytes: Vec<u8>) {
            let mut received = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = next(&mut received) {}
        }
    }
}
