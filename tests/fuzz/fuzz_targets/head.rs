//! Heads and message ends are those of the parser behind the recorder, whatever comes and however it is cut.
#![no_main]

use actix_codec::Decoder as _;
use actix_http::h1::{Codec, Message, MessageType};
use actix_http::{HttpMessage as _, ServiceConfig};
use bytes::BytesMut;
use creel::inside::record;
use libfuzzer_sys::fuzz_target;

// The first bytes say in which pieces the connection's bytes arrive.
fuzz_target!(|data: &[u8]| {
    let Some((&[first, second], wire)) = data.split_first_chunk() else { return };
    let at_once = record(wire, &[usize::MAX]);
    assert_eq!(record(wire, &[usize::from(first) + 1, usize::from(second) + 1]), at_once, "cutting changes nothing");

    let mut codec = codec();
    let mut left = BytesMut::from(&at_once.seen[..at_once.broken.map_or(wire.len(), |place| place + 1)]);
    let all = left.len();
    let mut messages = at_once.messages.iter();
    // The message whose body is being read.
    let mut current = None;
    let mut start = 0;
    loop {
        match codec.decode(&mut left) {
            Err(_) => return,
            Ok(None) => break,
            Ok(Some(Message::Chunk(Some(_)))) => {}
            Ok(Some(Message::Chunk(None))) => {
                let message: &creel::inside::RecordedMessage = current.take().expect("a body belongs to a message");
                assert_eq!(message.end, Some(all - left.len()), "the message ends elsewhere");
                start = all - left.len();
            }
            Ok(Some(Message::Item(request))) => {
                let message = messages.next().expect("the parser has a head, the recorder has none");
                let end = all - left.len();
                let blank = wire[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                assert!(wire[start + blank..].starts_with(&message.head), "another head is recorded");
                assert_eq!(message.fields, request.headers().len(), "other fields");
                assert!(!message.rejected, "the parser accepts what the recorder calls ambiguous");
                match codec.message_type() {
                    MessageType::None => {
                        assert_eq!(message.end, Some(start + blank + message.head.len()), "it has no body");
                        start = end;
                    }
                    // Of a tunnel no end is seen.
                    MessageType::Payload | MessageType::Stream => current = Some(message),
                }
            }
        }
    }
    assert_eq!(messages.next(), None, "the recorder has a head, the parser has none");
    assert_eq!(at_once.broken, None, "the recorder gives up, the parser does not");
    if let Some(message) = current {
        assert_eq!(message.end, None, "the recorder sees an end, the parser does not");
    }
});

/// A parser at the start of a connection. Its clock for the `Date` header wants a runtime when it is made.
fn codec() -> Codec {
    thread_local!(static CONFIG: ServiceConfig = actix_rt::System::new().block_on(async { ServiceConfig::default() }));
    CONFIG.with(|config| Codec::new(config.clone()))
}
