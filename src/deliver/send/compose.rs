//! Prepares one event for sending: head with the platform's and the user's fields, signature, faults.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::deliver::engine::{HeadEdit, HeadPlan, OwnSocket, Parcel, TargetUrl, edited, outgoing};
use crate::deliver::plan::SendError;
use crate::deliver::token;
use crate::http::Head;
use crate::http::cover::after_word;
use crate::http::text::lossy;
use crate::json::{self, Pointer};
use crate::model::{Origin, SecretValue, Timestamp};
use crate::provider::samples::{Fault, Made, SimulatedPlatform, Step, Story, cut_in_the_middle, tamper};
use crate::signature::{Scheme, SignInput, Signed, sign};

/// How long a slow sender takes for its body.
pub(super) const SLOW: Duration = Duration::from_secs(3);
/// Fields that belong to the connection, for every sender.
const OF_THE_CONNECTION: &[&str] = &["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"];

#[derive(Debug, Clone)]
pub(crate) enum Sample {
    /// An event made up by Creel.
    Made {
        sender: SimulatedPlatform,
        /// The data that all events of a session share.
        story: Box<Story>,
    },
    /// The user's own request, captured or written by hand.
    Own { head: Head, body: Bytes },
}

#[derive(Debug, Clone)]
pub(crate) struct Signer {
    pub scheme: Arc<Scheme>,
    pub secret: SecretValue,
}

/// Everything about a sending.
#[derive(Debug, Clone)]
pub(crate) struct Sending {
    pub sample: Sample,
    /// The events and their times.
    pub steps: Vec<Step>,
    /// The target: exactly this URL.
    pub target: TargetUrl,
    /// The URL as the receiver knows it, if different: some schemes sign it.
    pub signed_url: Option<String>,
    /// The target is a bin of this server.
    pub to_self: bool,
    /// The user's own header fields.
    pub headers: Vec<(String, String)>,
    /// The signer; without one, nothing is signed.
    pub signer: Option<Signer>,
    /// Values of the body that are changed.
    pub set: Vec<(Pointer, String)>,
    /// Another body; `None` keeps that of the sample.
    pub body: Option<Bytes>,
    /// Deliberate faults.
    pub faults: Vec<Fault>,
    /// Time-out of a delivery.
    pub timeout: Duration,
}

/// Reads a request from bytes: head, empty line, body.
pub(crate) fn own_sample(raw: &Bytes) -> Result<Sample, SendError> {
    let crlf = memchr::memmem::find(raw, b"\r\n\r\n").map(|at| at + 4);
    let lf = memchr::memmem::find(raw, b"\n\n").map(|at| at + 2);
    let end = [crlf, lf].into_iter().flatten().min().unwrap_or(raw.len());
    let head = Head::new(raw.slice(..end));
    if head.method().is_empty() || head.target().raw().is_empty() {
        let sentence =
            "It does not begin with a request line such as POST /path HTTP/1.1; `creel show BIN ID --raw` writes one.";
        return Err(SendError::field("from", sentence));
    }
    Ok(Sample::Own { head, body: raw.slice(end..) })
}

impl Sending {
    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// The user's fields to send. The platform's own names win, even for fields that are not sent.
    fn own_headers(&self) -> impl Iterator<Item = &(String, String)> {
        self.headers.iter().filter(|(name, _)| !self.is_system(name))
    }

    fn is_system(&self, name: &str) -> bool {
        let of_the_connection = OF_THE_CONNECTION.iter().any(|known| known.eq_ignore_ascii_case(name));
        of_the_connection || matches!(&self.sample, Sample::Made { sender, .. } if sender.is_system(name))
    }

    /// The names of the user's fields that are left out.
    pub(crate) fn overridden(&self) -> Vec<String> {
        self.headers.iter().map(|(name, _)| name.clone()).filter(|name| self.is_system(name)).collect()
    }

    /// Prepares an event.
    ///
    /// # Errors
    /// When a value cannot be set or the signature cannot be made.
    pub(crate) fn compose(&self, step: &Step, now: Timestamp) -> Result<Parcel, SendError> {
        let (mut head, mut body) = self.unsigned(step)?;
        let mut path = self.target.path_and_query().as_bytes().to_vec();
        let mut url = self.signed_url.clone().unwrap_or_else(|| self.target.to_string());
        // Some custom platforms name the event in the query.
        let made = matches!(self.sample, Sample::Made { .. });
        if let Some(query) = head.target().query().filter(|_| made).map(lossy) {
            path.extend_from_slice(if path.contains(&b'?') { b"&" } else { b"?" });
            path.extend_from_slice(query.as_bytes());
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&query);
        }
        if let Some(signer) = &self.signer {
            let signed = if self.has(Fault::BadSignature) {
                wrongly_signed(signer, &head, &body, &url, now)?
            } else {
                signed_with(&signer.scheme, signer.secret.expose(), &head, &body, &url, now)?
            };
            head = edited(&head, &HeadEdit { set: signed.headers, ..HeadEdit::default() });
            if let Some(signed_url) = signed.url {
                path = query_added(&path, &url, &signed_url);
            }
            if let Some(signed) = signed.body {
                body = signed.into();
            }
        } else if self.has(Fault::BadSignature) || self.has(Fault::TamperedBody) {
            let sentence = "This fault spoils a signature, and there is none: give a secret.";
            return Err(SendError::field("faults", sentence));
        }
        if self.has(Fault::TamperedBody) {
            body = changed(&body, tamper);
        }
        let plan =
            HeadPlan { target: &self.target, path_and_query: &path, keep_host: false, body_size: body.len() as u64 };
        let out = outgoing(&head, &plan);
        Ok(Parcel {
            target: self.target.clone(),
            url: self.target.with_path(&path),
            to_head: head.method() == "HEAD",
            hidden: self.signer.as_ref().map(|signer| token::cover(&signer.scheme, &signer.secret)).unwrap_or_default(),
            head: out.bytes,
            body,
            timeout: self.timeout,
            own: OwnSocket { origin: Origin::Simulated, hops: 1 },
            spread: if self.has(Fault::SlowSender) { SLOW } else { Duration::ZERO },
            to_self: self.to_self,
        })
    }

    /// Head and body as the bin stores them: the sent request, addressed to the bin. Without the signature if that is a
    /// secret or only right for the target's URL.
    ///
    /// # Errors
    /// When a value cannot be set.
    pub(crate) fn kept(&self, step: &Step, sent: &Parcel, path_and_query: &[u8]) -> Result<(Head, Bytes), SendError> {
        let secret_or_elsewhere =
            self.signer.as_ref().is_some_and(|signer| signer.scheme.hands_over() || signer.scheme.signs_address());
        let (head, body) =
            if secret_or_elsewhere { self.unsigned(step)? } else { (Head::new(sent.head.clone()), sent.body.clone()) };
        let plan = HeadPlan { target: &self.target, path_and_query, keep_host: false, body_size: body.len() as u64 };
        Ok((Head::new(outgoing(&head, &plan).bytes), body))
    }

    /// Head and body before the signature.
    fn unsigned(&self, step: &Step) -> Result<(Head, Bytes), SendError> {
        let (head, body) = self.sampled(step)?;
        let own: Vec<(String, String)> = self.own_headers().cloned().collect();
        let head = edited(&head, &HeadEdit { set: own, ..HeadEdit::default() });
        let body = self.body.clone().unwrap_or(body);
        Ok((head, if self.has(Fault::MalformedJson) { changed(&body, cut_in_the_middle) } else { body }))
    }

    /// Head and body before the user's fields.
    fn sampled(&self, step: &Step) -> Result<(Head, Bytes), SendError> {
        match &self.sample {
            Sample::Made { sender, story } => {
                let made = sender.make(&step.event, story, &self.set)?;
                let head = head_of(&made);
                Ok((head, made.body.into()))
            }
            Sample::Own { head, body } => {
                let mut body = body.clone();
                for (pointer, value) in &self.set {
                    body = json::edit::set(&body, pointer, value)
                        .map_err(|sentence| SendError::field(format!("set.{pointer}"), sentence))?
                        .into();
                }
                Ok((head.clone(), body))
            }
        }
    }
}

pub(in crate::deliver) fn head_of(made: &Made) -> Head {
    let query = made.query_text().map(|query| format!("?{query}")).unwrap_or_default();
    let mut head = format!("POST /{query} HTTP/1.1\r\nHost: h\r\n");
    for (name, value) in &made.headers {
        head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    head.push_str("Content-Length: 0\r\n\r\n");
    Head::new(head.into_bytes().into())
}

pub(in crate::deliver) fn signed_with(
    scheme: &Scheme,
    secret: &str,
    head: &Head,
    body: &[u8],
    url: &str,
    now: Timestamp,
) -> Result<Signed, SendError> {
    let headers = head.headers();
    let method = head.method();
    let input = SignInput { method: &method, url, headers: &headers, body, timestamp: now, id: None, config: None };
    sign(scheme, secret, &input).map_err(|error| SendError::field("secret", error.to_string()))
}

/// Signed with a secret that differs in one character, or an unrelated one if the scheme sends the secret itself. If
/// that is no valid key, signs another body instead.
pub(in crate::deliver) fn wrongly_signed(
    signer: &Signer,
    head: &Head,
    body: &[u8],
    url: &str,
    now: Timestamp,
) -> Result<Signed, SendError> {
    let secret = signer.secret.expose();
    let by = |secret: &str, body: &[u8]| signed_with(&signer.scheme, secret, head, body, url, now);
    if signer.scheme.sends_secret() {
        let other = unrelated(secret)
            .ok_or_else(|| SendError::field("secret", "This secret is too short to make another one of it."))?;
        return by(&other, body);
    }
    let is_asymmetric = signer.scheme.algorithm.is_asymmetric();
    match other_secret(secret).filter(|_| !is_asymmetric).map(|other| by(&other, body)) {
        Some(Ok(signed)) => Ok(signed),
        _ => by(secret, &[body, b" "].concat()),
    }
}

/// The secret with one character changed, at three quarters of its length; hex and base64 stay valid.
fn other_secret(secret: &str) -> Option<String> {
    let at = secret.len() * 3 / 4;
    let (at, old) = secret.char_indices().find(|(index, c)| *index >= at && c.is_ascii_alphanumeric())?;
    let new = if old == '0' { "1" } else { "0" };
    let mut other = secret.to_owned();
    other.replace_range(at..=at, new);
    Some(other)
}

/// A random text of the same form: a receiver that echoes it reveals only the secret's form. A word such as `Bearer`
/// stays.
pub(in crate::deliver) fn unrelated(secret: &str) -> Option<String> {
    let kept = after_word(secret.as_bytes()).map_or(0, |(word, _)| word.len());
    let (word, rest) = secret.split_at(kept);
    let is_hex = rest.chars().filter(char::is_ascii_alphanumeric).all(|c| c.is_ascii_hexdigit());
    let letters: u8 = if is_hex { 6 } else { 26 };
    let among = |first: u8, count: u8| char::from(first + rand::random_range(0..count));
    let other = |c: char| match c {
        '0'..='9' => among(b'0', 10),
        'a'..='z' => among(b'a', letters),
        'A'..='Z' => among(b'A', letters),
        c => c,
    };
    // A result equal to the secret is drawn again.
    (0..16).map(|_| rest.chars().map(other).collect::<String>()).find(|drawn| drawn != rest).map(|drawn| {
        let mut whole = word.to_owned();
        whole.push_str(&drawn);
        whole
    })
}

/// The path with what signing added to the URL's query.
fn query_added(path: &[u8], url: &str, signed_url: &str) -> Vec<u8> {
    let query = |url: &str| url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
    if query(url) == query(signed_url) {
        return path.to_vec();
    }
    let base = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    [base, b"?", query(signed_url).as_bytes()].concat()
}

fn changed(body: &Bytes, change: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut bytes = body.to_vec();
    change(&mut bytes);
    bytes.into()
}

#[cfg(test)]
mod tests;
