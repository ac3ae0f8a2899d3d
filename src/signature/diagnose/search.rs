//! The search: one variation after the other is computed and compared with the signatures that the request offers.

use super::Case;
use super::families::algorithms;
use super::json_facts::Facts;
use super::token::{Reading, Token};
use super::tokens::tokens;
use super::tried::Tried;
use crate::json::tree::Node;
use crate::model::Secret;
use crate::signature::algorithm::Algorithm;
use crate::signature::key::Key;
use crate::signature::received::shared_vars;
use crate::signature::request::{SignedRequest, View};
use crate::signature::scheme::Scheme;
use crate::signature::template::{Context, Piece, Template, Value, Vars};

/// The most bytes that are hashed for a body of up to 1 MiB, in addition to [`OVERDRAFT_PASSES`].
const WORK: usize = 32 << 20;
/// The same for small bodies: they are tried in more forms, each of which costs less than it is counted.
const SMALL_WORK: usize = 80 << 20;
const MIB: usize = 1 << 20;
/// How many times the length of a larger body is hashed, up to [`MOST_WORK`].
const LARGE_PASSES: usize = 160;
/// The most bytes that are hashed for any body: about a second of work, for which no request waits.
const MOST_WORK: usize = 1 << 30;
/// Bodies up to this size are always tried in their commonest forms, whatever is left of the budget.
const MAX_OVERDRAWN: usize = 8 << 20;
/// How many times the length of such a body is hashed beyond the budget, at most: enough for three secrets.
const OVERDRAFT_PASSES: usize = 32;
/// The cost of a variation in addition to its bytes, in bytes: rendering and comparing.
pub(super) const TRY_COST: usize = 4 << 10;
/// Bodies up to this size are also tried with the rarest variations: hundreds of secrets and times. Larger ones are
/// not, to limit the work.
const SMALL: usize = 16 << 10;
/// The cost of a variation with a public key: checking a signature takes as long as hashing this many bytes.
const PUBLIC_KEY_COST: usize = 64 << 10;
/// The same for RSA: a key of 2,048 bits takes less than this, one of 4,096 bits about as much.
const RSA_COST: usize = 512 << 10;

/// The body as JSON.
#[derive(Debug)]
pub(super) enum Parsed<'a> {
    /// Not parsed yet.
    NotYet,
    /// It is not JSON, or too large to be parsed.
    No,
    Json(Node<'a>),
}

/// What a search had no budget for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cut {
    Nothing,
    /// Some rare variations.
    Rare,
    /// Some common variations too.
    Common,
}

pub(super) struct Search<'a> {
    pub(super) case: &'a Case<'a>,
    /// The scheme in force, without the rule for the timestamp's age, which does not matter here.
    pub(super) scheme: Scheme,
    pub(super) tokens: Vec<Token>,
    /// The algorithms that may have made one of the tokens, the scheme's own first.
    pub(super) algorithms: Vec<Algorithm>,
    left: usize,
    /// The cost of a variation in addition to its bytes; less if one template is tried very often.
    pub(super) try_cost: usize,
    /// Work beyond the budget that the commonest causes may take.
    overdraft: usize,
    /// Whether the variations that are tried now are common enough to use the overdraft.
    pub(super) is_common: bool,
    /// The bodies that were tried with the plain secrets.
    pub(super) tried_bodies: Tried,
    /// The body as JSON, kept from phase to phase.
    pub(super) json: Parsed<'a>,
    /// Which differences between styles matter for that JSON.
    pub(super) json_facts: Option<Facts>,
    /// The length of that JSON, weighted by the cost of printing it.
    pub(super) json_length: usize,
    /// What was left out for lack of budget.
    pub(super) cut: Cut,
    /// Whether the signature turned out to be right as it is.
    pub(super) is_right: bool,
    /// The URLs that were tried, for the guess that none of them is right.
    pub(super) tried_urls: Vec<String>,
}

/// A variation that makes one of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) algorithm: Algorithm,
    pub(super) reading: Reading,
    pub(super) token: usize,
}

/// A key with the text it was made of; templates that hold the secret need the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct KeyText {
    pub(super) bytes: Vec<u8>,
    pub(super) text: Option<String>,
}

impl<'a> Search<'a> {
    /// With the whole budget for `share` 1, half of it for 2…
    pub(super) fn new(case: &'a Case<'a>, share: usize) -> Self {
        let mut scheme = case.scheme.clone();
        scheme.timestamp = None;
        let tokens = tokens(case, &scheme);
        let algorithms = algorithms(&scheme, &tokens);
        let length = case.request.body.len();
        let left = match length {
            ..=SMALL => SMALL_WORK,
            length if length <= MIB => WORK,
            _ => length.saturating_mul(LARGE_PASSES).min(MOST_WORK),
        };
        let overdraft = if length <= MAX_OVERDRAWN { length.saturating_mul(OVERDRAFT_PASSES) } else { 0 };
        Self {
            case,
            scheme,
            tokens,
            algorithms,
            left: left / share.max(1),
            try_cost: TRY_COST,
            overdraft: overdraft / share.max(1),
            is_common: false,
            tried_bodies: Tried::default(),
            json: Parsed::NotYet,
            json_facts: None,
            json_length: 0,
            cut: Cut::Nothing,
            is_right: false,
            tried_urls: Vec::new(),
        }
    }

    /// Whether the body is small enough for the rarest variations.
    pub(super) const fn is_small(&self) -> bool {
        self.case.request.body.len() <= SMALL
    }

    /// Takes work of that many bytes from the budget; false when there is not enough left.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        if let Some(left) = self.left.checked_sub(bytes) {
            self.left = left;
            return true;
        }
        if self.is_common
            && let Some(overdraft) = self.overdraft.checked_sub(bytes)
        {
            self.overdraft = overdraft;
            return true;
        }
        self.cut = self.cut.max(if self.is_common { Cut::Common } else { Cut::Rare });
        false
    }

    /// Sets half of the remaining budget aside; the caller returns it with [`Search::give_back`].
    pub(super) fn set_aside(&mut self) -> usize {
        let aside = self.left / 2;
        self.left -= aside;
        aside
    }

    pub(super) fn give_back(&mut self, aside: usize) {
        self.left = self.left.saturating_add(aside);
    }

    /// The secrets of the bin as keys, as the scheme makes them.
    pub(super) fn keys(&self) -> Vec<(&'a Secret, KeyText)> {
        let key = |secret: &'a Secret| Some((secret, self.key(secret.value.expose())?));
        self.case.secrets.iter().filter_map(key).collect()
    }

    /// The key that the scheme makes of a text.
    pub(super) fn key(&self, text: &str) -> Option<KeyText> {
        key_of(&self.scheme, text)
    }

    /// Whether the request, as given, is signed with the key by one of the scheme's own templates.
    pub(super) fn hit(&mut self, request: &SignedRequest<'_>, key: &KeyText) -> Option<Hit> {
        let templates = std::mem::take(&mut self.scheme.signed);
        let hit = self.hit_by(&templates, request, key);
        self.scheme.signed = templates;
        hit
    }

    /// Like [`Search::hit`], with other templates.
    pub(super) fn hit_by(&mut self, templates: &[Template], request: &SignedRequest<'_>, key: &KeyText) -> Option<Hit> {
        let algorithms = self.algorithms.clone();
        algorithms.into_iter().find_map(|algorithm| self.hit_with(algorithm, templates, request, key))
    }

    /// Like [`Search::hit_by`], with one algorithm.
    pub(super) fn hit_with(
        &mut self,
        algorithm: Algorithm,
        templates: &[Template],
        request: &SignedRequest<'_>,
        key: &KeyText,
    ) -> Option<Hit> {
        if algorithm == Algorithm::Equal {
            return self.spend(TRY_COST).then(|| self.compare(algorithm, &key.bytes)).flatten();
        }
        if !self.readings().any(|(_, _, bytes)| algorithm.fits_length(bytes.len())) {
            return None;
        }
        let ready = Key::new(algorithm, &key.bytes)?;
        templates.iter().find_map(|template| {
            // For a public key the message is built in memory first, which is one more pass over the body.
            let (cost, more) = if algorithm.is_asymmetric() { (key_cost(&ready), 1) } else { (self.try_cost, 0) };
            let factor = algorithm.hash_cost() + more;
            let passes = body_passes(template).saturating_mul(factor);
            if !self.spend(passes.saturating_mul(request.body.len()).saturating_add(cost)) {
                return None;
            }
            self.hit_once(algorithm, &ready, template, request, key)
        })
    }

    fn hit_once(
        &self,
        algorithm: Algorithm,
        ready: &Key,
        template: &Template,
        request: &SignedRequest<'_>,
        key: &KeyText,
    ) -> Option<Hit> {
        let view = View::new(request, self.case.config);
        let shared = shared_vars(&self.scheme, &view);
        let mut seen: Vec<&[(String, String)]> = Vec::new();
        for token in &self.tokens {
            // Tokens with the same values sign the same bytes, so one of them is enough.
            if seen.contains(&&token.vars[..]) {
                continue;
            }
            seen.push(&token.vars);
            let group: Vec<(&str, &str)> =
                token.vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let context =
                Context { view: &view, vars: Vars { shared: &shared, group: &group }, secret: key.text.as_deref() };
            let hit =
                if algorithm.is_asymmetric() {
                    let Ok(message) = template.to_bytes(&context) else { continue };
                    self.readings()
                        .find(|(_, _, bytes)| ready.verifies(&message, bytes))
                        .map(|(token, reading, _)| Hit { algorithm, reading, token })
                } else {
                    // A value that this token lacks may come with another one.
                    let Ok(Some(tag)) = ready.compute(|sink| template.render(&context, sink)) else { continue };
                    // If several tokens hold these bytes, the one with these values is preferred.
                    self.compare_where(algorithm, tag.as_bytes(), |other| other.vars == token.vars)
                        .or_else(|| self.compare(algorithm, tag.as_bytes()))
                };
            if hit.is_some() {
                return hit;
            }
        }
        None
    }

    /// Like [`Search::hit`], with the message as the key and the secret as the message.
    pub(super) fn hit_swapped(&mut self, algorithm: Algorithm, template: &Template, key: &KeyText) -> Option<Hit> {
        let message = self.message(template, key)?;
        let tag = Key::new(algorithm, &message)?.tag(&key.bytes)?;
        self.compare(algorithm, tag.as_bytes())
    }

    fn readings(&self) -> impl Iterator<Item = (usize, Reading, &[u8])> {
        self.tokens
            .iter()
            .enumerate()
            .flat_map(|(at, token)| token.readings.iter().map(move |(reading, bytes)| (at, *reading, &bytes[..])))
    }

    /// The token that holds these bytes.
    pub(super) fn compare(&self, algorithm: Algorithm, expected: &[u8]) -> Option<Hit> {
        self.compare_where(algorithm, expected, |_| true)
    }

    fn compare_where(&self, algorithm: Algorithm, expected: &[u8], is_meant: impl Fn(&Token) -> bool) -> Option<Hit> {
        let said = |(at, _, bytes): &(usize, Reading, &[u8])| *bytes == expected && is_meant(&self.tokens[*at]);
        self.readings().find(said).map(|(token, reading, _)| Hit { algorithm, reading, token })
    }

    /// The signature's bytes that the key makes, for a caller that compares them in another way.
    pub(super) fn expected(&mut self, key: &KeyText) -> Option<Vec<u8>> {
        let template = self.scheme.signed.first().cloned()?;
        let message = self.message(&template, key)?;
        Some(Key::new(self.scheme.algorithm, &key.bytes)?.tag(&message)?.as_bytes().to_vec())
    }

    /// The message that a template makes of the request as it arrived.
    pub(super) fn message(&mut self, template: &Template, key: &KeyText) -> Option<Vec<u8>> {
        let request = &self.case.request;
        if !self.spend(TRY_COST.saturating_add(request.body.len().saturating_mul(2))) {
            return None;
        }
        let view = View::new(request, self.case.config);
        let shared = shared_vars(&self.scheme, &view);
        let group: Vec<(&str, &str)> = self.tokens.first().map_or_else(Vec::new, |token| {
            token.vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
        });
        let context =
            Context { view: &view, vars: Vars { shared: &shared, group: &group }, secret: key.text.as_deref() };
        template.to_bytes(&context).ok()
    }

    /// The secret's label for a sentence; empty if the bin has only one secret.
    pub(super) fn label(&self, secret: &Secret) -> String {
        if self.case.secrets.len() > 1 { format!(" “{}”", secret.label) } else { String::new() }
    }

    /// Whether the scheme signs the URL, or a part of it.
    pub(super) fn signs_url(&self) -> bool {
        self.scheme.signed.iter().flat_map(Template::values).any(is_url)
    }

    /// Whether the scheme signs the body in any form.
    pub(super) fn signs_body(&self) -> bool {
        // A token may claim the body's hash.
        let claimed = self.scheme.require.iter().filter(|_| self.scheme.algorithm.is_token());
        let claimed = claimed.flat_map(|(left, right)| [left, right]);
        self.scheme.signed.iter().chain(claimed).any(|template| body_passes(template) > 0)
    }
}

pub(super) fn key_of(scheme: &Scheme, text: &str) -> Option<KeyText> {
    Some(KeyText { bytes: scheme.key(text)?, text: Some(text.to_owned()) })
}

/// The cost of checking whether one of these keys made a signature, in bytes.
pub(super) fn key_cost(key: &Key) -> usize {
    let each = if key.is_slow() { RSA_COST } else { PUBLIC_KEY_COST };
    each.saturating_mul(key.count())
}

/// The cost of parsing the body as a form and of sorting and joining its pairs, in hashes of the body.
const FORM_PASSES: usize = 4;

/// How many times a template passes over the body; filters hash or encode it before it is hashed.
fn body_passes(template: &Template) -> usize {
    let passes = template.pieces().iter().map(|piece| match piece {
        Piece::Placeholder { value: Value::Form(..), filters, .. } => FORM_PASSES + filters.len(),
        Piece::Placeholder { value: Value::Body | Value::Source(_), filters, .. } => 1 + filters.len(),
        Piece::Placeholder { .. } | Piece::Literal(_) => 0,
    });
    passes.sum()
}

const fn is_url(value: &Value) -> bool {
    match value {
        Value::Url
        | Value::UrlNoQuery
        | Value::UrlNoPort
        | Value::UrlWithPort
        | Value::Path
        | Value::PathQuery
        | Value::Query(..) => true,
        Value::Body
        | Value::Method
        | Value::Secret
        | Value::Form(..)
        | Value::Var(_)
        | Value::Source(_)
        | Value::Config(_) => false,
    }
}
