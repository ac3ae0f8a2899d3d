//! The token: as a bearer for programs, as a cookie for browsers. Wrong ones are answered slowly.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::Rng as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::single;
use crate::model::SecretValue;
use crate::server::console::problem::{Code, Problem};

/// The cookie that the login page sets.
const COOKIE: &str = "creel_session";
/// How long a browser keeps it.
const COOKIE_AGE: time::Duration = time::Duration::days(30);
/// A wrong token is answered after this delay, one at a time: guessing stays slow however many connections try.
const WRONG_TOKEN_DELAY: Duration = Duration::from_millis(500);
/// Wrong tokens whose responses may wait at once; more are turned away.
const WRONG_TOKENS_WAITING: u32 = 8;
/// While wrong tokens wait for their response, tokens are compared one after another, this long each.
const COMPARISON_TIME: Duration = Duration::from_millis(20);
/// Tokens that may wait for their comparison at once; more are turned away, right or wrong.
const COMPARISONS_WAITING: u32 = 256;
/// Browsers that may be logged in at once.
const MAX_SESSIONS: usize = 64;

/// The token that the console asks for.
pub(super) struct Token {
    /// Compared in place of the text, so that lengths do not matter.
    digest: [u8; 32],
    /// Digests of the session cookies given since the start, oldest first. A browser sends a cookie to every port of
    /// its host, so other programs may read it: it is random, and worth nothing after a restart.
    sessions: parking_lot::Mutex<VecDeque<[u8; 32]>>,
    wrong: Queue,
    compared: Queue,
}

/// Why a request's token is not accepted.
pub(super) enum TokenFault {
    /// There is none, or the session is not valid (any more): the user must log in.
    Missing,
    /// It is wrong.
    Wrong,
    /// Too many tokens wait for their comparison.
    Crowded,
}

/// Requests that wait, one at a time.
#[derive(Default)]
struct Queue {
    waiting: AtomicU32,
    turn: Mutex<()>,
}

impl Queue {
    /// Waits for its turn, and then for `time`. `false` when `most` wait already.
    async fn wait(&self, most: u32, time: Duration) -> bool {
        /// Its drop also stops counting a client that leaves while it waits.
        struct Counted<'a>(&'a AtomicU32);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _counted = Counted(&self.waiting);
        if before >= most {
            return false;
        }
        let _turn = self.turn.lock().await;
        tokio::time::sleep(time).await;
        true
    }
}

impl Token {
    pub(super) fn new(token: &SecretValue) -> Self {
        Self {
            digest: keyed(token.expose(), b"creel token"),
            sessions: parking_lot::Mutex::default(),
            wrong: Queue::default(),
            compared: Queue::default(),
        }
    }

    /// A new session's cookie. Ends the oldest session if there are too many.
    pub(super) fn begin_session(&self) -> Cookie<'static> {
        let mut random = [0; 32];
        rand::rng().fill_bytes(&mut random);
        let session = hex::encode(random);
        let mut sessions = self.sessions.lock();
        if sessions.len() >= MAX_SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back(keyed(&session, b"creel session"));
        drop(sessions);
        // Strict: requests by links from other sites come without it. No `Secure`: the console speaks plain HTTP on
        // loopback.
        Cookie::build(COOKIE, session)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .max_age(COOKIE_AGE)
            .finish()
    }

    /// Whether the request carries the token, as a bearer or as the login's cookie.
    pub(super) async fn check(&self, request: &HttpRequest) -> Result<(), TokenFault> {
        let bearer = single(request.headers(), &header::AUTHORIZATION)
            .ok()
            .flatten()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, given)| given.trim());
        if let Some(given) = bearer {
            return self.compare(given).await;
        }
        // Another program on this host may have set a cookie of the same name: one right one is enough.
        let is_session = |cookie: &Cookie<'_>| cookie.name() == COOKIE && self.is_session(cookie.value());
        let logged_in = request.cookies_raw().is_ok_and(|cookies| cookies.iter().any(is_session));
        if logged_in { Ok(()) } else { Err(TokenFault::Missing) }
    }

    /// Compares a token. While wrong tokens are waiting, the right one waits too: a quick response would reveal it.
    pub(super) async fn compare(&self, given: &str) -> Result<(), TokenFault> {
        let guessing = self.wrong.waiting.load(Ordering::Relaxed) > 0;
        if guessing && !self.compared.wait(COMPARISONS_WAITING, COMPARISON_TIME).await {
            return Err(TokenFault::Crowded);
        }
        let right: bool = keyed(given, b"creel token").ct_eq(&self.digest).into();
        if right { Ok(()) } else { Err(TokenFault::Wrong) }
    }

    fn is_session(&self, given: &str) -> bool {
        // A random value of 256 bits, searched by its digest: the time of the search reveals nothing.
        self.sessions.lock().contains(&keyed(given, b"creel session"))
    }

    /// The problem for a bad token: delayed, one at a time, and for a limited number at once.
    pub(super) async fn refusal(&self, fault: TokenFault) -> Problem {
        let waited =
            !matches!(fault, TokenFault::Crowded) && self.wrong.wait(WRONG_TOKENS_WAITING, WRONG_TOKEN_DELAY).await;
        if waited { wrong() } else { crowded() }
    }
}

/// The problem for a wrong token.
pub(super) fn wrong() -> Problem {
    Problem::new(Code::Unauthorized, "This token is wrong.")
}

/// The problem when too many tokens wait.
fn crowded() -> Problem {
    Problem::new(Code::TooManyRequests, "Too many wrong tokens; try again later.")
}

/// A header's value without a session of this console. A browser sends the cookie to all ports of a host, and so also
/// to the capture listener: a viewer of the captured request must not be able to take over the session.
pub(in crate::server::console) fn without_session(value: String) -> String {
    if !value.contains(COOKIE) {
        return value;
    }
    let (mut out, mut rest) = (String::with_capacity(value.len()), value.as_str());
    while let Some(at) = rest.find(COOKIE) {
        let (before, after) = rest.split_at(at + COOKIE.len());
        out.push_str(before);
        rest = match after.trim_start().strip_prefix('=') {
            Some(session) => {
                out.push_str("=(hidden)");
                &session[session.find([';', ',', '\r', '\n']).unwrap_or(session.len())..]
            }
            None => after,
        };
    }
    out.push_str(rest);
    out
}

fn keyed(key: &str, message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; an error cannot happen, and would only make every token wrong.
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map_or([0; 32], |mac| mac.chain_update(message).finalize().into_bytes().into())
}
