//! A bin's verifier: built once from its scheme and secrets, then asked for each request.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::model::{Freshness, Secret, SignatureStatus, Verdict};

use super::algorithm::{Algorithm, Key};
use super::catalogue::Catalogue;
use super::detect::{Candidate, Fit};
use super::examine::{LabelledSecret, Outcome, examine};
use super::record::SchemeError;
use super::request::{Config, SignedRequest, View};
use super::scheme::Scheme;
use super::secret::Pipeline;

/// The scheme's name that asks for detection, as if none were set.
pub const AUTO: &str = "auto";

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
    /// The keys of each way to read a secret; and which of these each scheme of the catalogue uses.
    Detect {
        catalogue: Catalogue,
        rings: Vec<Vec<Option<Key>>>,
        ring_of: Vec<usize>,
    },
}

/// What was found out about a request, with the scheme it was found by.
pub(crate) struct Judged<'v> {
    pub(crate) scheme: Option<&'v Arc<Scheme>>,
    pub(crate) outcome: Option<Outcome>,
}

/// The key of a secret's text for a scheme; `None` when it cannot be decoded.
fn key_of(algorithm: Algorithm, pipeline: &Pipeline, secret: &str) -> Option<Key> {
    let bytes = if algorithm.is_asymmetric() { pipeline.asymmetric_key(secret) } else { pipeline.key(secret) };
    Key::new(algorithm, &bytes?)
}

/// Says nothing of the secrets inside.
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

    /// For one scheme.
    #[must_use]
    pub fn of(scheme: Arc<Scheme>, secrets: &[Secret]) -> Self {
        let key = |secret: &Secret| key_of(scheme.algorithm, &scheme.secret, secret.value.expose());
        let keys = secrets.iter().map(key).collect();
        let config = scheme.config.clone();
        Self { mode: Mode::One { scheme, keys }, secrets: labelled(secrets), config }
    }

    /// For whatever scheme a request seems to use.
    #[must_use]
    pub fn detecting(catalogue: &Catalogue, secrets: &[Secret]) -> Self {
        let mut rings = Vec::new();
        let mut known: HashMap<(Algorithm, &Pipeline), usize> = HashMap::new();
        let ring_of = catalogue.schemes().iter().map(|scheme| {
            *known.entry((scheme.algorithm, &scheme.secret)).or_insert_with(|| {
                let key = |secret: &Secret| key_of(scheme.algorithm, &scheme.secret, secret.value.expose());
                rings.push(secrets.iter().map(key).collect());
                rings.len() - 1
            })
        });
        let ring_of = ring_of.collect();
        let mode = Mode::Detect { catalogue: catalogue.clone(), rings, ring_of };
        Self { mode, secrets: labelled(secrets), config: Config::new() }
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

    /// The same, and where the scheme is detected the others that fit the request as well, likeliest first.
    #[must_use]
    pub fn schemes_for(&self, request: &SignedRequest<'_>) -> Vec<&Arc<Scheme>> {
        let Some(first) = self.scheme_for(request) else { return Vec::new() };
        let mut found = vec![first];
        if let Mode::Detect { catalogue, .. } = &self.mode {
            let view = View::new(request, &self.config);
            let candidates = catalogue.ranked(&catalogue.hinted(&view), &view);
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
        (verdict, freshness)
    }

    pub(crate) fn examine<'v>(&'v self, view: &View<'_>) -> Judged<'v> {
        match &self.mode {
            Mode::One { scheme, keys } => {
                Judged { scheme: Some(scheme), outcome: Some(examine(scheme, keys, &self.secrets, view)) }
            }
            Mode::Detect { catalogue, rings, ring_of } => {
                let keys_of = |at: usize| rings.get(*ring_of.get(at)?).map(Vec::as_slice);
                self.examine_candidates(catalogue, keys_of, view)
            }
        }
    }

    /// Of all schemes that fit the request the one that verifies, else the best-ranked one.
    fn examine_candidates<'v>(
        &self,
        catalogue: &'v Catalogue,
        keys_of: impl Fn(usize) -> Option<&'v [Option<Key>]>,
        view: &View<'_>,
    ) -> Judged<'v> {
        let of_index = |index: usize| Some((catalogue.schemes().get(index)?, keys_of(index)?));
        let hinted = catalogue.hinted(view);
        // One candidate needs no ranking. This is the hot path.
        if let [only] = hinted[..]
            && let Some((scheme, keys)) = of_index(only)
        {
            return Judged { scheme: Some(scheme), outcome: Some(examine(scheme, keys, &self.secrets, view)) };
        }
        let mut best: Option<(&'v Arc<Scheme>, Outcome)> = None;
        let mut best_fit = Fit::None;
        for candidate in catalogue.ranked(&hinted, view) {
            let Some((scheme, keys)) = of_index(candidate.index) else { continue };
            let outcome = examine(scheme, keys, &self.secrets, view);
            if outcome.status == SignatureStatus::Valid {
                return Judged { scheme: Some(scheme), outcome: Some(outcome) };
            }
            // A hint as weak as an `apikey` member is believed only when it verifies.
            let better = match &best {
                None => candidate.is_strong,
                Some((_, known)) => {
                    candidate.is_strong
                        && candidate.fit() == best_fit
                        && outcome.status == SignatureStatus::Invalid
                        && matches!(known.status, SignatureStatus::UndecodableSecret | SignatureStatus::Missing)
                }
            };
            if better {
                best_fit = candidate.fit();
                best = Some((scheme, outcome));
            }
        }
        let (scheme, outcome) = best.unzip();
        Judged { scheme, outcome }
    }
}

fn labelled(secrets: &[Secret]) -> Vec<LabelledSecret> {
    secrets.iter().map(|secret| LabelledSecret { label: secret.label.clone(), value: secret.value.clone() }).collect()
}
