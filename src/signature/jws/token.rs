//! A compact token: three parts of base64url with dots between them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};

/// Characters of a header; those of senders have a few hundred, and a chain of certificates some thousand.
const MAX_HEADER: usize = 16 << 10;
/// Characters of a token. Some are whole bodies.
const MAX_TOKEN: usize = 4 << 20;
/// Bytes of a payload that claims are read from.
const MAX_CLAIMS: usize = 1 << 20;

/// What a signature is made with (RFC 7518, section 3.1; RFC 8037; RFC 9864).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alg {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    EdDsa,
}

impl Alg {
    pub(crate) const HMAC: [Self; 3] = [Self::Hs256, Self::Hs384, Self::Hs512];
    pub(crate) const PUBLIC: [Self; 8] =
        [Self::Rs256, Self::Rs384, Self::Rs512, Self::Ps256, Self::Ps384, Self::Ps512, Self::Es256, Self::EdDsa];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Names are case-sensitive, as the standard requires.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        Self::HMAC.into_iter().chain(Self::PUBLIC).find(|alg| alg.name() == name)
    }

    pub(crate) const fn is_hmac(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }
}

/// A token, read but not checked.
#[derive(Debug, Clone)]
pub(crate) struct Token<'t> {
    /// The algorithm as the token says it.
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    /// The payload is signed as it is, not in base64url (RFC 7797).
    is_unencoded: bool,
    header: &'t str,
    payload: &'t str,
    pub(crate) signature: Vec<u8>,
}

impl<'t> Token<'t> {
    /// Reads a token.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub(crate) fn parse(text: &'t str) -> Result<Self, String> {
        if text.len() > MAX_TOKEN {
            return Err(format!("The token has {} characters; {MAX_TOKEN} are read.", text.len()));
        }
        let count = text.split('.').count();
        let mut parts = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(format!("The token has {count} parts between dots; a signed one has three."));
        };
        let read = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let members: Map<String, Json> = Some(header)
            .filter(|header| header.len() <= MAX_HEADER)
            .and_then(read)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or("The token's header is no JSON object in base64url.")?;
        let text = |name: &str| members.get(name).and_then(Json::as_str).map(str::to_owned);
        let alg = text("alg").ok_or("The token's header has no `alg`.")?;
        let critical: Vec<&str> = match members.get("crit") {
            None => Vec::new(),
            Some(Json::Array(names)) if !names.is_empty() => {
                names.iter().map(|name| name.as_str().unwrap_or("?")).collect()
            }
            Some(_) => return Err("The token's `crit` is no list of names.".to_owned()),
        };
        if let Some(unknown) = critical.iter().find(|name| **name != "b64") {
            return Err(format!("The token asks for an extension that is not known: `{}`.", super::shown(unknown)));
        }
        let is_unencoded = members.get("b64") == Some(&Json::Bool(false));
        if is_unencoded && critical.is_empty() {
            return Err("The token has `b64` without naming it in `crit`.".to_owned());
        }
        let signature = read(signature).ok_or("The token's signature is not in base64url without padding.")?;
        Ok(Self { alg, kid: text("kid"), is_unencoded, header, payload, signature })
    }

    pub(crate) const fn is_detached(&self) -> bool {
        self.payload.is_empty()
    }

    /// The signed bytes. `content` is what a detached token signs.
    pub(crate) fn message(&self, content: Option<&[u8]>) -> Vec<u8> {
        let payload = match content {
            Some(content) if self.is_unencoded => Cow::Borrowed(content),
            Some(content) => Cow::Owned(URL_SAFE_NO_PAD.encode(content).into_bytes()),
            None => Cow::Borrowed(self.payload.as_bytes()),
        };
        [self.header.as_bytes(), b".", &payload].concat()
    }

    /// When the token expires (`exp`) and becomes valid (`nbf`), in seconds since 1970.
    pub(crate) fn bounds(&self) -> (Option<i64>, Option<i64>) {
        let claims: Map<String, Json> =
            payload_of(self.payload).and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        #[expect(clippy::cast_possible_truncation, reason = "a saturated moment is as far away as any")]
        let seconds = |name: &str| {
            let value = claims.get(name)?;
            value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
        };
        (seconds("exp"), seconds("nbf"))
    }
}

fn payload_of(part: &str) -> Option<Vec<u8>> {
    // Four characters are three bytes.
    if part.len() > MAX_CLAIMS / 3 * 4 { None } else { URL_SAFE_NO_PAD.decode(part).ok() }
}

/// The token in a header's value, without `Bearer` before it.
pub(crate) fn bare(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(' ') {
        Some((word, rest)) if word.eq_ignore_ascii_case("bearer") => rest.trim_start(),
        _ => value,
    }
}

/// The payload of the token in a place, as JSON bytes. Says nothing about its signature.
pub(crate) fn claim(value: &str, pointer: &crate::json::Pointer) -> Option<String> {
    let mut parts = bare(value).split('.');
    let payload = payload_of(parts.nth(1)?)?;
    crate::signature::member::read(pointer, &payload)
}

/// Whether a text can be a token: a cheap test for many requests.
pub(crate) fn looks_like(text: &str) -> bool {
    text.starts_with("eyJ") && memchr::memchr_iter(b'.', text.as_bytes()).count() == 2
}
