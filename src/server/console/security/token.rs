//! The token: as a bearer for programs, as a cookie for browsers. Wrong ones are answered slowly.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::http::header;
use hmac::{Hmac, KeyInit as _, Mac as _};
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

/// The token that the console asks for.
pub(super) struct Token {
    /// Compared in place of the text, so that lengths do not matter.
    digest: [u8; 32],
    /// What the cookie holds: made from the token, so that the token itself is not kept in a browser.
    session: String,
    waiting: AtomicU32,
    turn: Mutex<()>,
}

/// Why a request does not carry the token.
pub(super) enum TokenFault {
    /// It carries none, or a session that is not (or no longer) right: the login is the way on.
    Missing,
    /// Its bearer is wrong.
    Wrong,
}

impl Token {
    pub(super) fn new(token: &SecretValue) -> Self {
        let digest = keyed(token.expose(), b"creel token");
        let session = hex::encode(keyed(token.expose(), b"creel session"));
        Self { digest, session, waiting: AtomicU32::new(0), turn: Mutex::new(()) }
    }

    /// The login's cookie.
    pub(super) fn cookie(&self) -> Cookie<'static> {
        // Strict: links from other sites arrive without it. No `Secure`: the console speaks plain HTTP on loopback.
        Cookie::build(COOKIE, self.session.clone())
            .path("/")
            .http_only(true)
            .same_site(SameSite::Strict)
            .max_age(COOKIE_AGE)
            .finish()
    }

    /// Whether the request carries the token, as a bearer or as the login's cookie.
    pub(super) fn check(&self, request: &HttpRequest) -> Result<(), TokenFault> {
        let bearer = single(request.headers(), &header::AUTHORIZATION)
            .ok()
            .flatten()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, given)| given.trim());
        if let Some(given) = bearer {
            return if self.is(given) { Ok(()) } else { Err(TokenFault::Wrong) };
        }
        // Another program on this host may have set a cookie of the same name: one right one is enough.
        let is_session = |cookie: &Cookie<'_>| {
            cookie.name() == COOKIE && bool::from(cookie.value().as_bytes().ct_eq(self.session.as_bytes()))
        };
        let logged_in = request.cookies_raw().is_ok_and(|cookies| cookies.iter().any(is_session));
        if logged_in { Ok(()) } else { Err(TokenFault::Missing) }
    }

    pub(super) fn is(&self, given: &str) -> bool {
        keyed(given, b"creel token").ct_eq(&self.digest).into()
    }

    /// The problem of a wrong token: late, one at a time, and not for many at once.
    pub(super) async fn slow_refusal(&self) -> Problem {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WRONG_TOKENS_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Problem::new(Code::TooManyRequests, "Too many wrong tokens; try again later.");
        }
        let turn = self.turn.lock().await;
        tokio::time::sleep(WRONG_TOKEN_DELAY).await;
        drop(turn);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        wrong()
    }
}

/// The problem of a wrong token.
pub(super) fn wrong() -> Problem {
    Problem::new(Code::Unauthorized, "This token is wrong.")
}

fn keyed(key: &str, message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; an error cannot happen, and would only make every token wrong.
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map_or([0; 32], |mac| mac.chain_update(message).finalize().into_bytes().into())
}
