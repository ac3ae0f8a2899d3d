//! The requests of a case, ready to be sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;

use crate::deliver::engine::{HeadEdit, HeadPlan, OwnSocket, Parcel, TargetUrl, edited, outgoing};
use crate::deliver::plan::SendError;
use crate::deliver::send::{Signer, head_of, signed_with, unrelated, wrongly_signed};
use crate::deliver::token;
use crate::http::Head;
use crate::http::cover::{Cover, REDACTED, credential};
use crate::model::{Origin, Timestamp};
use crate::provider::battery::{Battery, Body, Case, Prepared, Proof, Shot};
use crate::provider::samples::Story;

/// How much longer than the platform Creel waits for an answer, so that a slightly late receiver still gets its status
/// shown.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same for large bodies.
const LARGE_PATIENCE: Duration = Duration::from_secs(12);
/// Bodies from this size on are large.
const LARGE: usize = 512 << 10;
/// How long a slow sender takes for its body.
const SLOW: Duration = Duration::from_secs(2);
/// Placeholder for the byte over 7F while the head is still text.
const PLACEHOLDER: u8 = 0x01;

/// The cases to run, and the receiver.
#[derive(Debug, Clone)]
pub(crate) struct CheckPlan {
    pub battery: &'static Battery,
    /// The cases to run, in the battery's order.
    pub cases: Vec<&'static Case>,
    /// The receiver: exactly this URL.
    pub target: TargetUrl,
    /// Signs the requests; for platforms that do not sign, holds the value of `Authorization`.
    pub signer: Option<Signer>,
    /// The user's own header fields. For platforms that do not sign, they prove the sender, unless there is a signer.
    pub headers: Vec<(String, String)>,
    /// Whether a receiver on another machine also gets the flood and the largest body.
    pub heavy: bool,
}

impl CheckPlan {
    /// Why a case is skipped, in a sentence; `None` when it is tried.
    pub(super) fn skipped(&self, case: &Case) -> Option<String> {
        if case.needs_proof() && self.proofs().is_empty() && self.signer.is_none() {
            let what = if self.battery.signs { "secret" } else { "secret or header of your own" };
            return Some(format!("It needs a {what}, and none was given."));
        }
        if case.heavy && !self.heavy && !is_here(&self.target) {
            return Some("It is left out for a receiver elsewhere; ask for heavy cases to try it.".to_owned());
        }
        None
    }

    /// The fields that prove the sender, for platforms that do not sign.
    fn proofs(&self) -> Vec<(String, String)> {
        match (&self.signer, self.battery.signs) {
            (_, true) => Vec::new(),
            (Some(signer), false) => vec![("Authorization".to_owned(), signer.secret.expose().to_owned())],
            (None, false) => self.headers.clone(),
        }
    }

    /// The requests of one shot, and their description. The seed is the case's.
    pub(super) fn parcels(
        &self,
        case: &Case,
        number: usize,
        (seed, now): (u64, Timestamp),
    ) -> Result<(String, Vec<Parcel>), SendError> {
        let Some(shot) = case.shots.get(number) else { return Ok((String::new(), Vec::new())) };
        let seed = if case.one_session { seed } else { seed.wrapping_add(1_000 * number as u64) };
        let mut about = String::new();
        let mut parcels = Vec::with_capacity(usize::from(shot.at_once));
        for copy in 0..u64::from(shot.at_once) {
            let story = Story::new(seed.wrapping_add(copy), now);
            let prepared = shot.prepare(self.battery.sender, &story)?;
            parcels.push(self.parcel(shot, &prepared, now)?);
            about = prepared.about;
        }
        Ok((about, parcels))
    }

    fn parcel(&self, shot: &Shot, prepared: &Prepared, now: Timestamp) -> Result<Parcel, SendError> {
        let mut head = head_of(&prepared.made);
        let fields = self.fields(shot.proof)?;
        // The sender's proofs as sent: a receiver may echo them.
        let mut shown: Vec<Vec<u8>> = self.proofs().into_iter().map(|(_, value)| value.into_bytes()).collect();
        // Also if only half of it is sent.
        let is_proof = |name: &str| self.proofs().iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let sent = fields.iter().filter(|(name, _)| is_proof(name));
        shown.extend(sent.map(|(_, value)| value.as_bytes().to_vec()));
        head = edited(&head, &HeadEdit { set: fields, ..HeadEdit::default() });
        if let Some(signer) = self.signer.as_ref().filter(|_| self.battery.signs && shot.proof != Proof::Absent) {
            let set = self.signature(signer, shot.proof, &head, prepared, now)?;
            if signer.scheme.sends_secret() {
                shown.push(signer.secret.expose().into());
                // Also the deliberately wrong forms: in upper case, without the last character.
                let open = set.iter().map(|(_, value)| value.trim_end_matches(char::from(PLACEHOLDER)));
                shown.extend(open.map(|value| value.as_bytes().to_vec()));
            }
            head = edited(&head, &HeadEdit { set, ..HeadEdit::default() });
        }
        let body = Bytes::from(prepared.made.body.clone());
        let path = self.target.path_and_query().as_bytes();
        let plan =
            HeadPlan { target: &self.target, path_and_query: path, keep_host: false, body_size: body.len() as u64 };
        let mut out = outgoing(&head, &plan).bytes.to_vec();
        if shot.proof == Proof::NotAscii {
            out.iter_mut().filter(|byte| **byte == PLACEHOLDER).for_each(|byte| *byte = 0xe9);
        }
        let large = matches!(shot.body, Body::Sized(size) if size >= LARGE);
        let spread = if shot.slowly { SLOW } else { Duration::ZERO };
        Ok(Parcel {
            target: self.target.clone(),
            url: self.target.to_string(),
            hidden: Cover::new(shown.iter().flat_map(|value| credential(value, token::LEAST)), REDACTED),
            head: out.into(),
            body,
            to_head: false,
            timeout: self.battery.limit + spread + if large { LARGE_PATIENCE } else { PATIENCE },
            own: OwnSocket { origin: Origin::Simulated, hops: 1 },
            spread,
            to_self: false,
        })
    }

    /// The user's own fields; the proofs among them changed as the shot requires.
    fn fields(&self, proof: Proof) -> Result<Vec<(String, String)>, SendError> {
        let system = self.battery.sender.system;
        let among = |name: &str| system.iter().any(|known| known.eq_ignore_ascii_case(name));
        let proofs = self.proofs();
        let is_proof = |name: &str| proofs.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let own = self.headers.iter().filter(|(name, _)| !among(name) && !is_proof(name));
        let mut fields: Vec<(String, String)> = own.cloned().collect();
        for (name, value) in proofs {
            match proof {
                Proof::Absent => {}
                Proof::Other => {
                    let other = unrelated(&value).ok_or_else(|| {
                        SendError::field("headers", format!("The value of {name} is too short to make another of it."))
                    })?;
                    fields.push((name, other));
                }
                Proof::Half => fields.push((name, half(&value).to_owned())),
                Proof::Longer => fields.push((name, format!("{value}x"))),
                _ => fields.push((name, value)),
            }
        }
        Ok(fields)
    }

    fn signature(
        &self,
        signer: &Signer,
        proof: Proof,
        head: &Head,
        prepared: &Prepared,
        now: Timestamp,
    ) -> Result<Vec<(String, String)>, SendError> {
        let url = self.target.to_string();
        if proof == Proof::Other {
            return Ok(wrongly_signed(signer, head, &prepared.signed, &url, now)?.headers);
        }
        let signed = signed_with(&signer.scheme, signer.secret.expose(), head, &prepared.signed, &url, now)?;
        let changed = |(name, value): (String, String)| {
            let value = match proof {
                Proof::UpperCase => match value.split_once('=') {
                    Some((prefix, digits)) => format!("{prefix}={}", digits.to_ascii_uppercase()),
                    None => value.to_ascii_uppercase(),
                },
                Proof::Half => half(&value).to_owned(),
                Proof::NameOnly => value.split_inclusive('=').next().map(str::to_owned).unwrap_or_default(),
                Proof::Longer => format!("{value}0"),
                Proof::NotAscii => {
                    let mut text = value;
                    text.pop();
                    text.push(char::from(PLACEHOLDER));
                    text
                }
                _ => value,
            };
            (name, value)
        };
        Ok(signed.headers.into_iter().map(changed).collect())
    }
}

/// The first half of a text, by characters.
fn half(text: &str) -> &str {
    let middle = text.char_indices().nth(text.chars().count() / 2);
    middle.map_or("", |(at, _)| text.get(..at).unwrap_or_default())
}

/// Whether a target is on this machine.
fn is_here(target: &TargetUrl) -> bool {
    target.is_at(SocketAddr::from((Ipv4Addr::LOCALHOST, target.port())))
}
