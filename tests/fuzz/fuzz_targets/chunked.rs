//! Where a chunked body ends, where it breaks the rules and what its trailers are: as a decoder says that has all of it
//! at once.
#![no_main]

use creel::inside::record;
use libfuzzer_sys::fuzz_target;

const HEAD: &[u8] = b"POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
/// Longer trailer sections are rejected.
const MAX_TRAILERS: usize = 16 * 1024;

// The first byte says in which pieces the body arrives.
fuzz_target!(|data: &[u8]| {
    let Some((&piece, body)) = data.split_first() else { return };
    let wire = [HEAD, body].concat();
    let recorded = record(&wire, &[usize::from(piece) + 1]);
    let message = &recorded.messages[0];
    let (end, broken, trailers) = match decode(body) {
        Decoded::Ended(end, trailers) => (Some(HEAD.len() + end), None, trailers),
        Decoded::Open => (None, None, Vec::new()),
        Decoded::Broken(place) => (None, Some(HEAD.len() + place), Vec::new()),
    };
    assert_eq!((message.end, &message.trailers[..]), (end, &trailers[..]));
    if end.is_none() {
        assert_eq!((recorded.broken, recorded.messages.len()), (broken, 1));
    }
});

enum Decoded {
    /// After that many bytes, with these trailers.
    Ended(usize, Vec<u8>),
    /// More is to come.
    Open,
    /// At this byte.
    Broken(usize),
}

/// The chunked coding (RFC 9112, section 7.1), read line by line.
fn decode(body: &[u8]) -> Decoded {
    let mut at = 0;
    loop {
        let size = match size_line(body, &mut at) {
            Ok(size) => size,
            Err(end) => return end,
        };
        if size == 0 {
            return trailers(body, at);
        }
        let Some(after) = usize::try_from(size).ok().and_then(|size| at.checked_add(size)) else {
            return Decoded::Open;
        };
        at = after;
        for expected in *b"\r\n" {
            match body.get(at) {
                None => return Decoded::Open,
                Some(&byte) if byte == expected => at += 1,
                Some(_) => return Decoded::Broken(at),
            }
        }
    }
}

/// Digits, then blanks, then an extension, then the line end. The parser takes blanks at the end as well.
fn size_line(body: &[u8], at: &mut usize) -> Result<u64, Decoded> {
    let rest = &body[*at..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let mut size: u64 = 0;
    for (place, &digit) in rest[..digits].iter().enumerate() {
        let value = u64::from(char::from(digit).to_digit(16).unwrap());
        size = size.checked_mul(16).ok_or(Decoded::Broken(*at + place))? + value;
    }
    if digits == 0 {
        return Err(if rest.is_empty() { Decoded::Open } else { Decoded::Broken(*at) });
    }
    let blanks = rest[digits..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let mut end = digits + blanks;
    if rest.get(end) == Some(&b';') {
        let control = |byte: u8| byte != b'\t' && byte.is_ascii_control();
        end += rest[end..].iter().take_while(|&&byte| !control(byte)).count();
    }
    for expected in *b"\r\n" {
        match rest.get(end) {
            None => return Err(Decoded::Open),
            Some(&byte) if byte == expected => end += 1,
            Some(_) => return Err(Decoded::Broken(*at + end)),
        }
    }
    *at += end;
    Ok(size)
}

/// Field lines up to an empty one. What is in a line is not looked at.
fn trailers(body: &[u8], start: usize) -> Decoded {
    let mut at = start;
    loop {
        // An empty line ends the section; any other line has a first byte, whatever it is, and ends with CR LF.
        match (body.get(at), body.get(at + 1)) {
            (None, _) | (Some(b'\r'), None) => return Decoded::Open,
            (Some(b'\r'), Some(b'\n')) => return Decoded::Ended(at + 2, body[start..at].to_vec()),
            (Some(b'\r'), Some(_)) => return Decoded::Broken(at + 1),
            (Some(_), _) => {}
        }
        at += 1;
        loop {
            if at > start + MAX_TRAILERS {
                return Decoded::Broken(start + MAX_TRAILERS);
            }
            match (body.get(at), body.get(at + 1)) {
                (None, _) | (Some(b'\r'), None) => return Decoded::Open,
                (Some(b'\r'), Some(b'\n')) => break at += 2,
                (Some(b'\r'), Some(_)) => return Decoded::Broken(at + 1),
                (Some(_), _) => at += 1,
            }
        }
    }
}
