//! A receiver of CallAIder's or Pathors' events that does everything right, or makes one mistake.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

pub const SECRET: &str = "whsec-one";
/// What proves Pathors.
pub const AUTHORIZATION: &str = "Basic 12345";

/// What is wrong with a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    Nothing,
    /// Answers 403 in place of 401.
    Forbids,
    /// Takes what has no signature.
    TakesUnsigned,
    /// Verifies over JSON that it has written again.
    WritesAgain,
    /// Fails for a signature that is not ASCII.
    FailsNotAscii,
    /// Refuses the second of two equal events.
    RefusesDuplicates,
    /// Refuses events that it does not know.
    RefusesUnknown,
    FailsMalformed,
    FailsEmpty,
    /// Fails for bodies over 2 MiB.
    FailsLarge,
    /// Answers the first event after the limit.
    IsLate,
    /// Reads the body as Latin-1.
    ReadsLatin,
    /// Refuses the start of a session that has ended.
    WantsOrder,
    /// Takes few at a time.
    IsCrowded,
    /// Closes the connection when the body does not come at once.
    IsImpatient,
    /// Takes no event but the end.
    KnowsOneEvent,
    /// Compares only as much as was given.
    TakesBeginnings,
    /// Verifies over the body without the white space around it.
    Trims,
    /// Does not look at the header that proves Pathors.
    IgnoresHeader,
}

struct Shared {
    mistake: Mistake,
    pathors: bool,
    seen: Mutex<HashSet<String>>,
    at_once: AtomicUsize,
    count: AtomicUsize,
}

/// Starts one; answers with its URL. It ends with the process.
pub fn start(mistake: Mistake, pathors: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    let shared = Arc::new(Shared {
        mistake,
        pathors,
        seen: Mutex::default(),
        at_once: AtomicUsize::new(0),
        count: AtomicUsize::new(0),
    });
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || serve(&mut stream.unwrap(), &shared));
        }
    });
    url
}

fn serve(stream: &mut TcpStream, shared: &Shared) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let crowd = shared.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    if let Some(status) = answer(stream, shared, crowd) {
        let _ = write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
    shared.at_once.fetch_sub(1, Ordering::SeqCst);
}

/// The status; none when the connection is to be closed.
fn answer(stream: &mut TcpStream, shared: &Shared, crowd: usize) -> Option<u16> {
    let mistake = shared.mistake;
    let begun = Instant::now();
    let mut raw = Vec::new();
    let mut piece = vec![0; 64 << 10];
    let end = loop {
        if let Some(at) = raw.windows(4).position(|part| part == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => raw.extend_from_slice(&piece[..count]),
            _ => return None,
        }
    };
    let mut body = raw.split_off(end);
    let head: String = raw.iter().map(|byte| char::from(*byte)).collect();
    let header = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length").map_or(0, |text| text.parse().unwrap());
    while body.len() < length {
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => body.extend_from_slice(&piece[..count]),
            _ => return None,
        }
        if mistake == Mistake::IsImpatient && begun.elapsed() > Duration::from_millis(1_500) {
            return None;
        }
    }
    if mistake == Mistake::IsCrowded && crowd > 8 {
        return Some(503);
    }
    if mistake == Mistake::IsCrowded {
        std::thread::sleep(Duration::from_millis(200));
    }
    if mistake == Mistake::FailsLarge && body.len() > 2 << 20 {
        return Some(500);
    }
    let proven = if shared.pathors {
        let given = header("authorization");
        let begins = |given: &String| mistake == Mistake::TakesBeginnings && AUTHORIZATION.starts_with(given.as_str());
        mistake == Mistake::IgnoresHeader
            || given.as_deref() == Some(AUTHORIZATION)
            || given.as_ref().is_some_and(begins)
    } else {
        let given = header("x-callaider-signature");
        if mistake == Mistake::FailsNotAscii && given.as_ref().is_some_and(|text| !text.is_ascii()) {
            return Some(500);
        }
        given.is_none() && mistake == Mistake::TakesUnsigned || is_signed(mistake, &given.unwrap_or_default(), &body)
    };
    if !proven {
        return Some(if mistake == Mistake::Forbids { 403 } else { 401 });
    }
    if body.is_empty() && mistake == Mistake::FailsEmpty {
        return Some(500);
    }
    let Ok(event) = serde_json::from_slice::<Value>(&body) else {
        return Some(if mistake == Mistake::FailsMalformed && !body.is_empty() { 500 } else { 400 });
    };
    Some(handle(shared, event["event"].as_str()?, event["sessionId"].as_str()?))
}

fn is_signed(mistake: Mistake, given: &str, body: &[u8]) -> bool {
    let read = match mistake {
        Mistake::WritesAgain => {
            serde_json::from_slice::<Value>(body).map_or_else(|_| body.to_vec(), |value| value.to_string().into_bytes())
        }
        Mistake::ReadsLatin => body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes(),
        Mistake::Trims => body.trim_ascii().to_vec(),
        _ => body.to_vec(),
    };
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&read);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    if mistake == Mistake::TakesBeginnings {
        return expected.starts_with(given);
    }
    given.len() == expected.len() && bool::from(given.as_bytes().ct_eq(expected.as_bytes()))
}

fn handle(shared: &Shared, event: &str, session: &str) -> u16 {
    let events: &[&str] = if shared.pathors {
        &["session.ended", "call.ended", "session.finalized", "recording.ready"]
    } else {
        &["session.started", "session.ended"]
    };
    let known = events.contains(&event);
    let key = |event: &str| format!("{session}:{event}");
    let mut seen = shared.seen.lock().unwrap();
    let again = !seen.insert(key(event));
    let ended = seen.contains(&key("session.ended"));
    drop(seen);
    let first = shared.count.fetch_add(1, Ordering::SeqCst) == 0;
    match shared.mistake {
        Mistake::IsLate if first => std::thread::sleep(Duration::from_millis(3_200)),
        Mistake::RefusesDuplicates if again => return 409,
        Mistake::RefusesUnknown if !known => return 400,
        Mistake::WantsOrder if event == "session.started" && ended => return 409,
        Mistake::KnowsOneEvent if known && event != "session.ended" => return 404,
        _ => {}
    }
    200
}
