//! A bin's verifier: built once from its scheme and secrets, then used for each request.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::model::{Bin, Freshness, FreshnessStatus, Secret, SignatureStatus, Verdict};

use super::algorithm::Algorithm;
use super::catalogue::Catalogue;
use super::detect::Candidate;
use super::examine::{LabelledSecret, examine};
use super::key::Key;
use super::outcome::Outcome;
use super::record::SchemeError;
use super::request::{Config, SignedRequest, View};
use super::rules;
use super::scheme::{Scheme, key_bytes};
use super::secret::Pipeline;

/// The scheme name that means detection, as if none were set.
pub(crate) const AUTO: &str = "auto";

/// Judges the signatures of one bin's requests. Keys are decoded and scheduled when it is built.
pub struct Verifier {
    mode: Mode,
    secrets: Vec<LabelledSecret>,
    config: Config,
}

enum Mode {
    One {
        scheme: Arc<Scheme>,
        keys: Vec<Option<Key>>,
    },
    /// The keys for each way to decode a secret, and which of these each scheme of the catalogue uses.
    Detect {
        catalogue: Catalogue,
        rings: Vec<Vec<Option<Key>>>,
        ring_of: Vec<usize>,
        /// The schemes of the bin's provider, if one is set: only these are detected.
        only: Option<Vec<usize>>,
    },
}

/// The result for a request, with the scheme used.
pub(crate) struct Judged<'v> {
    pub(crate) scheme: Option<&'v Arc<Scheme>>,
    pub(crate) outcome: Option<Outcome>,
}

/// The key of a secret's text for a scheme; `None` when it cannot be decoded.
fn key_of(algorithm: Algorithm, pipeline: &Pipeline, secret: &str) -> Option<Key> {
    Key::new(algorithm, &key_bytes(algorithm, pipeline, secret)?)
}

/// Does not show the secrets.
impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(…)")
    }
}

impl Verifier {
    /// From a bin's settings. A custom scheme wins over a chosen one; without either, or with [`AUTO`], the scheme is
    /// detected per request.
    ///
    /// # Errors
    /// When the chosen scheme is not known or the custom one is wrong; says which field.
    pub fn new(
        catalogue: &Catalogue,
        chosen: Option<&str>,
        custom: Option<&Json>,
        secrets: &[Secret],
    ) -> Result<Self, SchemeError> {
        let one = match (custom, chosen) {
            (Some(record), _) => Some(Arc::new(Scheme::from_json(record)?)),
            (None, None | Some(AUTO)) => None,
            (None, Some(id)) => Some(
                catalogue
                    .scheme(id)
                    .cloned()
                    .ok_or_else(|| SchemeError::new("scheme", format!("`{id}` is not a known scheme")))?,
            ),
        };
        Ok(match one {
            Some(scheme) => Self::of(scheme, secrets),
            None => Self::detecting(catalogue, secrets),
        })
    }

    /// For one scheme. A secret whose label is the name of a second value of the scheme is that value, and no key.
    #[must_use]
    pub fn of(scheme: Arc<Scheme>, secrets: &[Secret]) -> Self {
        let (set, secrets) = settings(scheme.settings(), secrets);
        let key = |secret: &&Secret| key_of(scheme.algorithm, &scheme.secret, secret.value.expose());
        let keys = secrets.iter().map(key).collect();
        let mut config = scheme.config.clone();
        config.extend(set);
        let secrets = labelled(&secrets);
        Self { mode: Mode::One { scheme, keys }, secrets, config }
    }

    /// For a bin: by the scheme that is set, else by those of its platform (`of_platform`), else by what a request
    /// seems to use. A scheme is checked when it is set: one that is not known any more (an older database) is as
    /// good as none.
    #[must_use]
    pub fn of_bin(catalogue: &Catalogue, bin: &Bin, of_platform: &[impl AsRef<str>]) -> Self {
        let (scheme, custom) = (bin.settings.scheme.as_deref(), bin.settings.custom_scheme.as_ref());
        if scheme.is_none() && custom.is_none() && !of_platform.is_empty() {
            return Self::among(catalogue, of_platform, &bin.secrets);
        }
        Self::new(catalogue, scheme, custom, &bin.secrets).unwrap_or_else(|_| Self::detecting(catalogue, &bin.secrets))
    }

    /// For whatever scheme a request seems to use.
    #[must_use]
    pub fn detecting(catalogue: &Catalogue, secrets: &[Secret]) -> Self {
        let names = catalogue.schemes().iter().flat_map(|scheme| scheme.settings());
        let (config, secrets) = settings(names, secrets);
        let mut rings = Vec::new();
        let mut known: HashMap<(Algorithm, &Pipeline), usize> = HashMap::new();
        let ring_of = catalogue.schemes().iter().map(|scheme| {
            *known.entry((scheme.algorithm, &scheme.secret)).or_insert_with(|| {
                let key = |secret: &&Secret| key_of(scheme.algorithm, &scheme.secret, secret.value.expose());
                rings.push(secrets.iter().map(key).collect());
                rings.len() - 1
            })
        });
        let ring_of = ring_of.collect();
        let mode = Mode::Detect { catalogue: catalogue.clone(), rings, ring_of, only: None };
        Self { mode, secrets: labelled(&secrets), config }
    }

    /// A verifier that detects one of a provider's schemes; the first one is used if none is detected.
    #[must_use]
    pub fn among(catalogue: &Catalogue, ids: &[impl AsRef<str>], secrets: &[Secret]) -> Self {
        let indexes: Vec<usize> = ids
            .iter()
            .filter_map(|id| catalogue.schemes().iter().position(|scheme| scheme.id == id.as_ref()))
            .collect();
        if let [only] = indexes[..]
            && let Some(scheme) = catalogue.schemes().get(only)
        {
            return Self::of(scheme.clone(), secrets);
        }
        let mut verifier = Self::detecting(catalogue, secrets);
        if let Mode::Detect { only, .. } = &mut verifier.mode {
            *only = (!indexes.is_empty()).then_some(indexes);
        }
        verifier
    }

    /// With second values for the schemes that need one; those of a custom scheme's own record stay.
    #[cfg(test)]
    pub(crate) fn with_config(mut self, config: Config) -> Self {
        for (name, value) in config {
            self.config.entry(name).or_insert(value);
        }
        self
    }

    /// The scheme that is set; `None` when it is detected.
    #[must_use]
    pub const fn scheme(&self) -> Option<&Arc<Scheme>> {
        match &self.mode {
            Mode::One { scheme, .. } => Some(scheme),
            Mode::Detect { .. } => None,
        }
    }

    /// The two facts about a request's signature.
    #[must_use]
    pub fn judge(&self, request: &SignedRequest<'_>) -> (Verdict, Freshness) {
        let view = View::new(request, &self.config);
        self.facts(&self.examine(&view), request)
    }

    /// The scheme that the request is judged by: the one set, else the detected one.
    #[must_use]
    pub fn scheme_for(&self, request: &SignedRequest<'_>) -> Option<&Arc<Scheme>> {
        self.scheme().or_else(|| self.examine(&View::new(request, &self.config)).scheme)
    }

    /// The same, and for a detected scheme the others that fit the request too, likeliest first.
    #[must_use]
    pub fn schemes_for(&self, request: &SignedRequest<'_>) -> Vec<&Arc<Scheme>> {
        let Some(first) = self.scheme_for(request) else { return Vec::new() };
        let mut found = vec![first];
        if let Mode::Detect { catalogue, only, .. } = &self.mode {
            let view = View::new(request, &self.config);
            let mut candidates = catalogue.ranked(&catalogue.hinted(&view), &view);
            candidates.retain(|candidate| only.as_ref().is_none_or(|only| only.contains(&candidate.index)));
            let scheme = |candidate: &Candidate| catalogue.schemes().get(candidate.index);
            let is_first = |candidate: &&Candidate| scheme(candidate).is_some_and(|scheme| scheme.id == first.id);
            let fit = candidates.iter().find(is_first).map(Candidate::fit);
            let alike = |candidate: &&Candidate| candidate.is_strong && Some(candidate.fit()) == fit;
            found.extend(candidates.iter().filter(alike).filter_map(scheme).filter(|scheme| scheme.id != first.id));
        }
        found
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn secrets(&self) -> &[LabelledSecret] {
        &self.secrets
    }

    pub(crate) fn facts(&self, judged: &Judged<'_>, request: &SignedRequest<'_>) -> (Verdict, Freshness) {
        let (Some(scheme), Some(outcome)) = (judged.scheme, &judged.outcome) else {
            return (Verdict::unsigned(), Freshness::none());
        };
        let verdict = Verdict {
            status: outcome.status,
            scheme: Some(scheme.id.clone()),
            secret: outcome.secret.and_then(|at| self.secrets.get(at)).map(|secret| secret.label.clone()),
            reason: outcome.reason.clone(),
        };
        let freshness = match (scheme.timestamp, outcome.signed_at) {
            (Some(rule), Some(signed_at)) => rule.judge(signed_at, request.received_at),
            (Some(_) | None, _) => Freshness::none(),
        };
        let status = match outcome.is_expired {
            Some(true) => FreshnessStatus::Stale,
            Some(false) => FreshnessStatus::Future,
            None => freshness.status,
        };
        let freshness = Freshness { status, ..freshness };
        (verdict, freshness)
    }

    pub(crate) fn examine<'v>(&'v self, view: &View<'_>) -> Judged<'v> {
        match &self.mode {
            Mode::One { scheme, keys } => {
                Judged { scheme: Some(scheme), outcome: Some(examine(scheme, keys, &self.secrets, view)) }
            }
            Mode::Detect { catalogue, rings, ring_of, only } => {
                let keys_of = |at: usize| rings.get(*ring_of.get(at)?).map(Vec::as_slice);
                self.examine_candidates(catalogue, only.as_deref(), keys_of, view)
            }
        }
    }

    /// Judges every recognised signature: a wrong one makes the request invalid. If several schemes read one place, any
    /// that verifies counts, else the best-ranked one.
    fn examine_candidates<'v>(
        &self,
        catalogue: &'v Catalogue,
        only: Option<&[usize]>,
        keys_of: impl Fn(usize) -> Option<&'v [Option<Key>]>,
        view: &View<'_>,
    ) -> Judged<'v> {
        let of_index = |index: usize| Some((catalogue.schemes().get(index)?, keys_of(index)?));
        let mut hinted = catalogue.hinted(view);
        if let Some(only) = only {
            hinted.retain(|index| only.contains(index));
        }
        // One candidate needs no ranking. This is the hot path.
        if let [only] = hinted[..]
            && let Some((scheme, keys)) = of_index(only)
        {
            return Judged { scheme: Some(scheme), outcome: Some(examine(scheme, keys, &self.secrets, view)) };
        }
        let mut places: Vec<Place<'v>> = Vec::new();
        for candidate in catalogue.ranked(&hinted, view) {
            if only.is_some_and(|only| !only.contains(&candidate.index)) {
                continue;
            }
            let Some((scheme, keys)) = of_index(candidate.index) else { continue };
            let place = places.iter_mut().find(|place| rules::share_a_place(place.scheme, scheme));
            if place.as_ref().is_some_and(|place| place.is_valid() || candidate.is_outdone_by(&place.first)) {
                continue;
            }
            let outcome = examine(scheme, keys, &self.secrets, view);
            match place {
                Some(place) if place.is_bettered_by(&candidate, &outcome) => {
                    (place.scheme, place.outcome) = (scheme, outcome);
                    place.is_believed |= candidate.is_strong || place.is_valid();
                }
                Some(_) => {}
                None => {
                    // A weak hint such as an `apikey` member counts only if it verifies.
                    let is_believed = candidate.is_strong || outcome.status == SignatureStatus::Valid;
                    places.push(Place { scheme, outcome, is_believed, first: candidate });
                }
            }
        }
        places.retain(|place| place.is_believed);
        let judged = decided(places);
        match (judged.scheme, only.and_then(|only| of_index(*only.first()?))) {
            // None of the provider's schemes is recognised: its first one says what is missing.
            (None, Some((scheme, keys))) => {
                Judged { scheme: Some(scheme), outcome: Some(examine(scheme, keys, &self.secrets, view)) }
            }
            _ => judged,
        }
    }
}

/// A place that a signature was read from, with the scheme that explains it best so far.
struct Place<'v> {
    scheme: &'v Arc<Scheme>,
    outcome: Outcome,
    is_believed: bool,
    /// The likeliest candidate of the place.
    first: Candidate,
}

impl Place<'_> {
    fn is_valid(&self) -> bool {
        self.outcome.status == SignatureStatus::Valid
    }

    fn is_bettered_by(&self, candidate: &Candidate, outcome: &Outcome) -> bool {
        outcome.status == SignatureStatus::Valid
            || (candidate.is_strong
                && (!self.is_believed
                    || candidate.fit() == self.first.fit()
                        && outcome.status == SignatureStatus::Invalid
                        && matches!(
                            self.outcome.status,
                            SignatureStatus::UndecodableSecret | SignatureStatus::Missing
                        )))
    }
}

/// The verdict over all places: a wrong signature first, unless a stronger one of the same provider is right; then a
/// right one; then the likeliest.
fn decided(mut places: Vec<Place<'_>>) -> Judged<'_> {
    let right =
        |wrong: &Place<'_>| places.iter().any(|place| place.is_valid() && rules::outweighs(place.scheme, wrong.scheme));
    let is_known = |wrong: &Place<'_>| {
        places.iter().any(|place| place.is_valid() && rules::is_one_provider(place.scheme, wrong.scheme))
    };
    let is_wrong = |place: &Place<'_>| {
        let is_wrong = match place.outcome.status {
            SignatureStatus::Invalid => true,
            // A signature without the parts that it signs (`v1=…` without its time).
            SignatureStatus::Missing => place.first.has_text(),
            // One that no secret of the bin can have made; of a provider's two, the other one is enough.
            SignatureStatus::UndecodableSecret => !is_known(place),
            SignatureStatus::Valid | SignatureStatus::NoSecret | SignatureStatus::UnsignedScheme => false,
        };
        is_wrong && place.first.is_recognised() && !right(place)
    };
    let has_right = places.iter().find(|place| place.is_valid()).map(|place| place.scheme.name.clone());
    let wrong = places.iter().position(is_wrong);
    let at = match (&has_right, wrong) {
        (Some(_), Some(wrong)) => wrong,
        (Some(_), None) => places.iter().position(Place::is_valid).unwrap_or_default(),
        // The best-ranked one, or one that says more than that a part is missing.
        (None, _) => 0,
    };
    if at >= places.len() {
        return Judged { scheme: None, outcome: None };
    }
    let Place { scheme, mut outcome, .. } = places.swap_remove(at);
    if let (Some(name), Some(_)) = (has_right, wrong) {
        let reason = outcome.reason.take().unwrap_or_default();
        outcome.reason = Some(format!(
            "The signature by {} is wrong, though the one by {name} is right: every one that is there must be. {reason}",
            scheme.name
        ));
    }
    Judged { scheme: Some(scheme), outcome: Some(outcome) }
}

/// Splits the secrets into second values of schemes, named by their labels (`webhook_id`), and keys.
fn settings<'n, 's>(names: impl Iterator<Item = &'n str>, secrets: &'s [Secret]) -> (Config, Vec<&'s Secret>) {
    let names: Vec<&str> = names.collect();
    let (set, keys): (Vec<&Secret>, Vec<&Secret>) =
        secrets.iter().partition(|secret| names.contains(&secret.label.as_str()));
    (set.into_iter().map(|secret| (secret.label.clone(), secret.value.expose().trim().to_owned())).collect(), keys)
}

fn labelled(secrets: &[&Secret]) -> Vec<LabelledSecret> {
    secrets.iter().map(|secret| LabelledSecret { label: secret.label.clone(), value: secret.value.clone() }).collect()
}
