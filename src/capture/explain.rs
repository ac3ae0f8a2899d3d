//! Why a signature is right or not: the verdict in full, and the diagnosis over everything that this server knows.

use super::Capture;
use super::judge::Judge;
use crate::model::{
    Bin, CapturedRequest, Head, Headers, Secret, SecretValue, SignatureStatus, Timestamp, filter::Filter,
};
use crate::signature::diagnose::{Case, Finding, OtherRequest, OtherSecret, diagnose_detected};
use crate::signature::{Explanation, Scheme, SignedRequest};
use crate::store::{BinState, ListQuery, StoreError};

/// What is tried in place of the bin's settings. Nothing of it is stored.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// These secrets in place of the bin's.
    pub secrets: Option<Vec<SecretValue>>,
    /// This scheme's id in place of the bin's.
    pub scheme: Option<String>,
    /// This record in place of any scheme.
    pub custom_scheme: Option<serde_json::Value>,
    /// This URL in place of the bin's public URL.
    pub public_url: Option<String>,
}

/// A verdict in full.
#[derive(Debug)]
pub struct Explained {
    /// Verdict, freshness, what was signed.
    pub explanation: Explanation,
    /// Why it is not right; what verifies comes first. Empty when it is right.
    pub findings: Vec<Finding>,
}

/// Neighbours of a request that are looked at for swapped bodies and replays, and their bytes in all.
const NEIGHBOURS: usize = 20;
const NEIGHBOUR_BYTES: usize = 4 << 20;
/// The label that a tried secret is named by; with its number where several are.
const TRIED: &str = "tried";

impl Capture {
    /// Explains a stored request's verdict, with the bin's settings or others.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn explain(
        &self,
        bin: &BinState,
        request: CapturedRequest,
        trial: Trial,
    ) -> Result<Explained, StoreError> {
        let neighbours = self.neighbours(bin, &request).await?;
        let others: Vec<(String, Vec<Secret>)> = self
            .0
            .store
            .bins()
            .iter()
            // What somebody looks for was made lately.
            .rev()
            .filter(|other| other.bin.id != bin.bin.id)
            .map(|other| {
                let name =
                    other.bin.settings.name.as_ref().map_or_else(|| other.bin.id.to_string(), ToString::to_string);
                (name, other.bin.secrets.clone())
            })
            .collect();
        let tried = tried(&bin.bin, trial);
        let judge = Judge::new(&tried, self.0.options.public_url.as_deref());
        let base_url = self.0.options.base_url.clone();
        // Bounded, but long enough to hold up everybody else of this thread.
        tokio::task::spawn_blocking(move || explain(&judge, &tried, &request, &neighbours, &others, &base_url))
            .await
            .map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    async fn neighbours(&self, bin: &BinState, request: &CapturedRequest) -> Result<Vec<CapturedRequest>, StoreError> {
        let seq = request.summary.seq;
        let before = ListQuery { limit: NEIGHBOURS, before: Some(seq), ..ListQuery::default() };
        let oldest = self.0.store.list(bin.bin.id, before).await?.requests.last().map_or(seq, |summary| summary.seq);
        let around = self
            .0
            .store
            .requests_after(bin.bin.id, oldest.saturating_sub(1), &Filter::default(), 2 * NEIGHBOURS, NEIGHBOUR_BYTES)
            .await?;
        Ok(around.into_iter().filter(|other| other.summary.seq != seq).collect())
    }
}

/// The bin as it would be with what is tried.
fn tried(bin: &Bin, trial: Trial) -> Bin {
    let mut bin = bin.clone();
    if let Some(secrets) = trial.secrets {
        let only = secrets.len() == 1;
        let label = |at: usize| if only { TRIED.to_owned() } else { format!("{TRIED} {}", at + 1) };
        bin.secrets = secrets
            .into_iter()
            .enumerate()
            .map(|(at, value)| Secret { id: 0, label: label(at), value, created_at: Timestamp::default() })
            .collect();
    }
    if trial.scheme.is_some() || trial.custom_scheme.is_some() {
        bin.settings.scheme = trial.scheme;
        bin.settings.custom_scheme = trial.custom_scheme;
    }
    bin.settings.public_url = trial.public_url.or(bin.settings.public_url);
    bin
}

fn explain(
    judge: &Judge,
    bin: &Bin,
    request: &CapturedRequest,
    neighbours: &[CapturedRequest],
    others: &[(String, Vec<Secret>)],
    base_url: &str,
) -> Explained {
    let summary = &request.summary;
    let (method, headers) = (request.head.method(), request.head.headers());
    let url = judge.url(&request.head, &headers);
    let signed = SignedRequest {
        method: &method,
        url: &url,
        headers: &headers,
        body: &request.body,
        received_at: summary.received_at,
    };
    let explanation = judge.verifier().explain(&signed);
    let schemes: Vec<&Scheme> = judge.verifier().schemes_for(&signed).into_iter().map(|scheme| &**scheme).collect();
    let findings = match schemes.split_first() {
        Some((&scheme, alike)) if explanation.verdict.status != SignatureStatus::Valid => {
            let other_headers: Vec<Headers> = neighbours.iter().map(|other| other.head.headers()).collect();
            let other_requests: Vec<OtherRequest<'_>> = neighbours
                .iter()
                .zip(&other_headers)
                .map(|(other, headers)| OtherRequest { id: other.summary.id, headers, body: &other.body })
                .collect();
            let other_secrets: Vec<OtherSecret<'_>> = others
                .iter()
                .flat_map(|(name, secrets)| {
                    secrets.iter().map(move |secret| OtherSecret {
                        label: &secret.label,
                        bin: name,
                        value: &secret.value,
                    })
                })
                .collect();
            let urls = other_urls(bin, &request.head, &headers, base_url);
            let case = Case {
                scheme,
                config: judge.verifier().config(),
                request: signed,
                secrets: &bin.secrets,
                other_secrets: &other_secrets,
                other_requests: &other_requests,
                urls: &urls,
                complete: summary.complete,
                over_limit: summary.rejected == Some(crate::model::Rejection::BodyTooLarge),
                declared_size: summary.declared_size,
            };
            diagnose_detected(&case, alike)
        }
        _ => Vec::new(),
    };
    Explained { explanation, findings }
}

/// Other URLs that the sender may know the bin by: the capture address by id and by name, and the `Host` that it sent.
fn other_urls(bin: &Bin, head: &Head, headers: &Headers, base_url: &str) -> Vec<String> {
    let target = head.target();
    let below = String::from_utf8_lossy(target.path_below_bin()).into_owned();
    let query = target.query().map(|query| format!("?{}", String::from_utf8_lossy(query))).unwrap_or_default();
    let mut bases = vec![format!("{base_url}/{}", bin.id)];
    bases.extend(bin.settings.name.as_ref().map(|name| format!("{base_url}/{name}")));
    bases.extend(
        headers.get_str("Host").map(|host| format!("http://{host}/{}", String::from_utf8_lossy(target.bin_segment()))),
    );
    bases.into_iter().map(|base| format!("{base}{below}{query}")).collect()
}
