//! One scheme, all secrets, one request: is the signature right, and if not, why.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::model::{SecretValue, SignatureStatus, Timestamp};

use super::algorithm::Algorithm;
use super::encoding::Decoded;
use super::examine_token;
use super::key::Key;
use super::member::MAX_ITEMS;
use super::missing::Missing;
use super::outcome::{Outcome, timestamp};
use super::pasted;
use super::received::{Group, groups, shared_vars, texts};
use super::request::View;
use super::requirement::{self, Unmet};
use super::rules;
use super::scheme::Scheme;
use super::template::{Context, Template, Vars};

#[derive(Debug, Clone)]
pub(crate) struct LabelledSecret {
    pub(crate) label: String,
    pub(crate) value: SecretValue,
}

/// Public-key signatures checked for one request; each takes about a tenth of a millisecond.
const MAX_PUBLIC_KEY_CHECKS: usize = 64;
/// Bytes hashed for one request beyond its first group: about a tenth of a second.
const MAX_HASHED: usize = 128 << 20;

/// A batch is right when every item is; the first wrong one is named.
pub(crate) fn examine(scheme: &Scheme, keys: &[Option<Key>], secrets: &[LabelledSecret], view: &View<'_>) -> Outcome {
    let Some(list) = scheme.list() else { return examine_one(scheme, keys, secrets, view) };
    let count = view.items(list).len();
    if count > MAX_ITEMS {
        let reason = format!("{list} has more than {MAX_ITEMS} items, which are not all looked at.");
        return Outcome::failed(SignatureStatus::Invalid, reason);
    }
    let mut first = None;
    for item in 0..count.max(1) {
        view.look_at(item);
        let mut outcome = Outcome { item, ..examine_one(scheme, keys, secrets, view) };
        match outcome.status {
            SignatureStatus::Valid => {
                first.get_or_insert(outcome);
            }
            SignatureStatus::Invalid | SignatureStatus::Missing => {
                // An unsigned item among signed ones is wrong.
                if first.is_some() || (item + 1..count).any(|other| has_signature(scheme, view, other)) {
                    outcome.status = SignatureStatus::Invalid;
                }
                if count > 1 {
                    let reason = outcome.reason.unwrap_or_default();
                    outcome.reason = Some(format!("Item {} of {count} ({list}/{item}): {reason}", item + 1));
                }
                return outcome;
            }
            _ => return outcome,
        }
    }
    first.unwrap_or_else(|| Outcome::failed(SignatureStatus::Missing, format!("{list} has no items.")))
}

fn has_signature(scheme: &Scheme, view: &View<'_>, item: usize) -> bool {
    view.look_at(item);
    !texts(scheme, view).is_empty()
}

fn examine_one(scheme: &Scheme, keys: &[Option<Key>], secrets: &[LabelledSecret], view: &View<'_>) -> Outcome {
    let texts = texts(scheme, view);
    if texts.is_empty() {
        let reason = format!("The {} is missing.", scheme.signature_place());
        return Outcome::failed(SignatureStatus::Missing, reason);
    }
    if let Some(repeated) = rules::repeated(scheme, view) {
        return Outcome::failed(SignatureStatus::Invalid, repeated.sentence());
    }
    if let Some(named) = rules::named_version(scheme, view)
        && rules::version_of(scheme).is_some_and(|own| own != named)
    {
        let reason =
            format!("The request says that its signature is of version {named}; the scheme is {}.", scheme.name);
        return Outcome::failed(SignatureStatus::Invalid, reason);
    }
    let shared = shared_vars(scheme, view);
    let first_secret = secrets.first().map(|secret| secret.value.expose());
    let context = Context { view, vars: Vars { shared: &shared, group: &[] }, secret: first_secret };
    // A token's claims are checked after its signature.
    let unmet = if scheme.algorithm.is_token() { None } else { requirement::unmet(scheme, &context) };
    match unmet {
        None => {}
        Some(Unmet::Missing(reason)) => return Outcome::failed(SignatureStatus::Missing, reason),
        Some(Unmet::Different(reason)) => return Outcome::failed(SignatureStatus::Invalid, reason),
    }
    let groups = groups(scheme, &texts);
    if groups.is_empty() {
        return Outcome::failed(SignatureStatus::Invalid, malformed(scheme));
    }
    let signed_at = groups.iter().find_map(|group| timestamp(scheme, &shared, group).ok().flatten());
    let failed = |status, reason: String| Outcome { signed_at, ..Outcome::failed(status, reason) };
    if keys.is_empty() {
        return failed(SignatureStatus::NoSecret, "The bin has no secret to check the signature with.".to_owned());
    }
    if keys.iter().all(Option::is_none) {
        return failed(SignatureStatus::UndecodableSecret, undecodable(scheme));
    }
    if scheme.algorithm.is_token() {
        let outcome = examine_token::examine(scheme, keys, view, &shared, &groups);
        return Outcome { signed_at: outcome.signed_at.or(signed_at), ..outcome };
    }
    let mut attempt =
        Attempt { scheme, keys, secrets, view, shared: &shared, problem: None, rendered: None, bare: None, checks: 0 };
    for (at, group) in groups.iter().enumerate() {
        let cost = view.request.body.len().saturating_mul(keys.len()).saturating_mul(at);
        if cost > MAX_HASHED {
            break;
        }
        if let Some((template, secret, signed_at)) = attempt.group(at, group) {
            return Outcome {
                status: SignatureStatus::Valid,
                reason: leniency(scheme, group),
                secret: Some(secret),
                signed_at,
                group: at,
                template,
                item: 0,
                is_expired: None,
            };
        }
    }
    if let Some((group, template)) = attempt.bare {
        let reason = "It is right for a request without a body: this one has a body, and nothing of it is signed.";
        return Outcome { group, template, ..failed(SignatureStatus::Invalid, reason.to_owned()) };
    }
    match (attempt.rendered, attempt.problem) {
        (Some((group, template)), _) => {
            Outcome { group, template, ..failed(SignatureStatus::Invalid, mismatch(scheme, secrets)) }
        }
        (None, Some((status, reason))) => failed(status, reason),
        (None, None) => failed(SignatureStatus::Invalid, malformed(scheme)),
    }
}

/// A note if no signature of the group has the form that the provider's own receiver requires.
fn leniency(scheme: &Scheme, group: &Group<'_>) -> Option<String> {
    let mut notes = group.signatures.iter().map(|text| rules::leniency(scheme, text));
    let first = notes.next().flatten()?;
    notes.all(|note| note.is_some()).then_some(first)
}

fn malformed(scheme: &Scheme) -> String {
    let place = scheme.signature_place();
    match scheme.shown_form() {
        Some(form) => format!("The {place} has no signature in the form `{form}`."),
        None => format!("The {place} has no signature in the expected form."),
    }
}

fn undecodable(scheme: &Scheme) -> String {
    let wanted = if scheme.algorithm.is_asymmetric() { "a public key" } else { "a key" };
    let expected = if scheme.algorithm.is_rsa() || scheme.algorithm == Algorithm::Jws {
        pasted::wanted(scheme.algorithm).to_owned()
    } else {
        scheme.secret.words()
    };
    format!("No secret of the bin can be read as {wanted} (expected: {expected}).")
}

fn mismatch(scheme: &Scheme, secrets: &[LabelledSecret]) -> String {
    let (one, many) = if scheme.algorithm == Algorithm::Equal {
        ("The token is not the bin's secret.", "The token is none of the bin's secrets.")
    } else if scheme.algorithm.is_asymmetric() {
        ("The signature does not fit the bin's public key.", "The signature fits none of the bin's public keys.")
    } else {
        (
            "The bin's secret gives a different signature for this request.",
            "The bin's secrets give different signatures for this request.",
        )
    };
    if secrets.len() == 1 { one.to_owned() } else { many.to_owned() }
}

struct Attempt<'a> {
    scheme: &'a Scheme,
    keys: &'a [Option<Key>],
    secrets: &'a [LabelledSecret],
    view: &'a View<'a>,
    shared: &'a [(&'a str, Cow<'a, [u8]>)],
    /// Why the first group or alternative could not be computed.
    problem: Option<(SignatureStatus, String)>,
    /// The first group and alternative that could be computed.
    rendered: Option<(usize, usize)>,
    /// The first group and alternative that match but do not cover the body, although others do: an attacker may have
    /// added the body.
    bare: Option<(usize, usize)>,
    checks: usize,
}

impl Attempt<'_> {
    /// The alternative and the secret that make one of the group's signatures, with the signed timestamp.
    fn group(&mut self, at: usize, group: &Group<'_>) -> Option<(usize, usize, Option<Timestamp>)> {
        let signed_at = match timestamp(self.scheme, self.shared, group) {
            Ok(signed_at) => signed_at,
            Err(problem) => {
                self.problem.get_or_insert(problem);
                return None;
            }
        };
        let decode = |text: &&str| self.scheme.encoding.decode(text);
        let received: SmallVec<[Decoded; 1]> = group.signatures.iter().filter_map(decode).collect();
        if self.scheme.algorithm == Algorithm::Equal {
            self.rendered.get_or_insert((at, 0));
            let secret = self.keys.iter().position(|key| {
                key.as_ref().is_some_and(|key| received.iter().any(|received| key.token_matches(received)))
            });
            return secret.map(|secret| (0, secret, signed_at));
        }
        for (alternative, template) in self.scheme.signed.iter().enumerate() {
            match self.alternative(template, group, &received) {
                Ok(Some(_)) if self.leaves_body_out(template) => {
                    self.bare.get_or_insert((at, alternative));
                }
                Ok(Some(secret)) => return Some((alternative, secret, signed_at)),
                Ok(None) => {
                    self.rendered.get_or_insert((at, alternative));
                }
                Err(missing) => {
                    let sentence = self.scheme.missing_sentence(&missing);
                    self.problem.get_or_insert((SignatureStatus::Missing, sentence));
                }
            }
        }
        None
    }

    /// Whether this alternative is for requests without a body, and this request has one. If no alternative signs the
    /// body, the provider does not cover it.
    fn leaves_body_out(&self, template: &Template) -> bool {
        let signs_body = |template: &Template| self.scheme.reads_body(template);
        !self.view.request.body.is_empty() && !signs_body(template) && self.scheme.signed.iter().any(signs_body)
    }

    fn alternative(
        &mut self,
        template: &Template,
        group: &Group<'_>,
        received: &[Decoded],
    ) -> Result<Option<usize>, Missing> {
        let context =
            |secret| Context { view: self.view, vars: Vars { shared: self.shared, group: &group.vars }, secret };
        if self.scheme.algorithm.is_asymmetric() {
            let message = template.to_bytes(&context(None))?;
            for (at, key) in self.keys.iter().enumerate() {
                let Some(key) = key else { continue };
                for signature in received {
                    if self.checks >= MAX_PUBLIC_KEY_CHECKS {
                        return Ok(None);
                    }
                    self.checks += key.count();
                    if key.verifies(&message, signature) {
                        return Ok(Some(at));
                    }
                }
            }
            return Ok(None);
        }
        // Nothing could match, so a body of many MiB need not be hashed. Missing parts must still be found.
        if received.is_empty() {
            let any = self.secrets.first().map(|secret| secret.value.expose());
            return template.render(&context(any), &mut |_| {}).map(|()| None);
        }
        for (at, (key, secret)) in self.keys.iter().zip(self.secrets).enumerate() {
            let Some(key) = key else { continue };
            let context = context(Some(secret.value.expose()));
            let tag = key.compute(|sink| template.render(&context, sink))?;
            if tag.is_some_and(|tag| received.iter().any(|received| tag.matches(received))) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}
