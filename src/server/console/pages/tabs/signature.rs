//! The verdict, why, and what to do about it.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::super::detail::{DetailParams, which};
use super::super::error::{PageError, html};
use super::super::format::{self, Seen};
use super::super::list::ListParams;
use super::super::row::{Chip, chip_of};
use super::super::shell::{BinRef, bin_of};
use super::TabContext;
use crate::capture::Judge;
use crate::model::{Bin, CapturedRequest, Freshness, FreshnessStatus, Secret, SecretValue, SignatureStatus, Verdict};
use crate::provider;
use crate::server::console::ConsoleState;
use crate::signature::{Explanation, SignedRequest, Verifier, scheme, schemes};

/// Bytes of the signed content on the page; the rest is a download.
const SIGNED_BYTES: usize = 16 * 1024;

/// A cause that was tried.
#[derive(Debug)]
struct DiagnosisLine {
    /// What it is.
    sentence: String,
    /// What to do.
    fix: String,
    /// Whether the signature is right that way.
    verifies: bool,
}

/// The verdict with everything behind it.
#[derive(Debug, Template)]
#[template(path = "tabs/signature.html")]
pub struct SignatureTab {
    /// The verdict.
    chip: Chip,
    /// The verdict in a line.
    sentence: String,
    /// More about it.
    reason: Option<String>,
    /// Freshness in a line of its own.
    freshness: Option<(Chip, String)>,
    /// Names and values: scheme, secret, algorithm.
    facts: Vec<(&'static str, String)>,
    /// Causes, those that would verify first.
    diagnosis: Vec<DiagnosisLine>,
    /// What the signature should be.
    expected: Option<String>,
    /// What it is.
    received: Option<String>,
    /// The bytes that are signed, as text.
    signed: Option<String>,
    /// How many there are, when only the first are shown.
    signed_note: String,
    /// Where to fetch all of them.
    signed_href: Option<String>,
    /// What the signature leaves out.
    not_covered: Vec<String>,
    /// The schemes to try, with the one in use.
    schemes: Vec<(String, String)>,
    /// Where to send a secret to be tried.
    try_href: String,
    /// The bin's settings.
    settings_href: String,
    /// Whether this shows a trial.
    trial: bool,
}

/// A secret and a scheme that are tried without being stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The secret's text.
    secret: SecretValue,
    /// The scheme's id, when it is not the bin's.
    scheme: Option<String>,
}

/// `POST …/try`: the verdict with a secret that is not stored.
pub(in super::super) async fn try_secret(
    state: web::Data<ConsoleState>,
    path: web::Path<(String, String)>,
    trial: web::Json<Trial>,
) -> Result<HttpResponse, PageError> {
    let bin = bin_of(&state, &path.0)?;
    let request = state.store.request(bin.bin.id, which(&path.1)?).await?;
    let links = BinRef::new(&bin.bin, state.capture.base_url());
    let page = format!("{}/requests/{}", links.base, request.summary.id);
    let context = TabContext {
        api: format!("{}/requests/{}", links.api, request.summary.id),
        href: format!("{page}?tab=signature&"),
        page,
        links,
        list: ListParams::default(),
        params: DetailParams::default(),
        state,
        bin,
    };
    html(&SignatureTab::load(&context, request, Some(trial.into_inner())).await?)
}

/// What was found out, with what it was found out by.
struct Examined {
    explanation: Explanation,
    findings: Vec<DiagnosisLine>,
    labels: Vec<String>,
    body_len: usize,
}

impl SignatureTab {
    /// The verdict with everything behind it; with a trial, as it would be with that.
    pub(in super::super) async fn load(
        context: &TabContext,
        request: CapturedRequest,
        trial: Option<Trial>,
    ) -> Result<Self, PageError> {
        let bin = context.bin.bin.clone();
        let base = context.state.capture.base_url().to_owned();
        let is_trial = trial.is_some();
        let examined = web::block(move || examine(&bin, &base, &request, trial)).await?.map_err(PageError::refused)?;
        Ok(Self::new(context, examined, is_trial))
    }

    fn new(context: &TabContext, examined: Examined, trial: bool) -> Self {
        let Explanation { verdict, freshness, signed, expected, received, not_covered } = examined.explanation;
        let known = verdict.scheme.as_deref().and_then(scheme);
        let mut facts = Vec::new();
        if let Some(id) = &verdict.scheme {
            let name = known.map_or(id.as_str(), |scheme| scheme.name.as_str());
            let set = context.bin.bin.settings.scheme.is_some() || context.bin.bin.settings.custom_scheme.is_some();
            facts.push(("Scheme", format!("{name} ({})", if set { "set on the bin" } else { "recognised" })));
            if let Some(scheme) = known {
                facts.push(("Signature in", scheme.signature_place()));
                if let Some(caution) = scheme.caution() {
                    facts.push(("Caution", caution.to_owned()));
                }
            }
        }
        if !examined.labels.is_empty() {
            facts.push(("Secrets tried", examined.labels.join(", ")));
        }
        let (signed, signed_note) = shown_bytes(signed, examined.body_len);
        Self {
            chip: chip_of(&verdict, &freshness, false),
            sentence: sentence(&verdict),
            freshness: freshness_line(&freshness),
            reason: verdict.reason,
            facts,
            diagnosis: examined.findings,
            expected,
            received,
            signed_href: signed.is_some().then(|| format!("{}/signature/signed", context.api)).filter(|_| !trial),
            signed,
            signed_note,
            not_covered,
            schemes: schemes().iter().map(|scheme| (scheme.id.clone(), scheme.name.clone())).collect(),
            try_href: format!("{}/try", context.page),
            settings_href: format!("{}/settings", context.links.base),
            trial,
        }
    }
}

fn examine(bin: &Bin, base: &str, request: &CapturedRequest, trial: Option<Trial>) -> Result<Examined, String> {
    let (settings, url) = (&bin.settings, Judge::new(bin, Some(base)));
    let (secrets, wanted) = match trial {
        Some(trial) => {
            let secret = Secret { id: 0, label: "the one you typed".into(), value: trial.secret, created_at: request.summary.received_at };
            (vec![secret], trial.scheme.filter(|scheme| !scheme.is_empty()))
        }
        None => (bin.secrets.clone(), None),
    };
    let custom = settings.custom_scheme.as_ref().filter(|_| wanted.is_none());
    let own = settings.scheme.clone().or_else(|| settings.provider.as_deref().and_then(provider::scheme_of).map(str::to_owned));
    let verifier = Verifier::new(wanted.or(own).as_deref(), custom, &secrets).map_err(|error| error.to_string())?;
    let (method, headers) = (request.head.method(), request.head.headers());
    let url = url.url(&request.head, &headers);
    let signed = SignedRequest { method: &method, url: &url, headers: &headers, body: &request.body, received_at: request.summary.received_at };
    Ok(Examined {
        explanation: verifier.explain(&signed),
        findings: Vec::new(),
        labels: secrets.into_iter().map(|secret| secret.label).collect(),
        body_len: request.body.len(),
    })
}

fn sentence(verdict: &Verdict) -> String {
    match verdict.status {
        SignatureStatus::Valid => match &verdict.secret {
            Some(label) => format!("The signature is right, made with the secret '{}'.", format::plain(label)),
            None => "The signature is right.".to_owned(),
        },
        SignatureStatus::Invalid => "The signature is not right.".to_owned(),
        SignatureStatus::Missing => "The signature is missing.".to_owned(),
        SignatureStatus::NoSecret => "There is a signature, and no secret to check it with.".to_owned(),
        SignatureStatus::UnsignedScheme => "Nothing is signed, as far as Creel knows.".to_owned(),
        SignatureStatus::UndecodableSecret => "The secret cannot be read as this scheme wants it.".to_owned(),
    }
}

fn freshness_line(freshness: &Freshness) -> Option<(Chip, String)> {
    let age = freshness.age_s.map(|age| format::span(age.unsigned_abs())).unwrap_or_default();
    let tolerance = freshness.tolerance_s.map(|tolerance| format!("; up to {} is accepted", format::span(tolerance.unsigned_abs()))).unwrap_or_default();
    match freshness.status {
        FreshnessStatus::Fresh => Some((Chip { class: "ok", text: "fresh" }, format!("Signed {age} before it arrived{tolerance}."))),
        FreshnessStatus::Stale => Some((Chip { class: "warn", text: "stale" }, format!("Signed {age} before it arrived{tolerance}."))),
        FreshnessStatus::Future => Some((Chip { class: "warn", text: "future" }, format!("Signed {age} after it arrived: a clock is wrong{tolerance}."))),
        FreshnessStatus::None => None,
    }
}

/// The signed bytes as text, and how many there are.
fn shown_bytes(signed: Option<Vec<u8>>, body_len: usize) -> (Option<String>, String) {
    let Some(signed) = signed else { return (None, String::new()) };
    let same = if signed.len() == body_len { ", the body as sent" } else { "" };
    let bytes = format::plural(signed.len() as u64, "byte", "bytes");
    let note = if signed.len() > SIGNED_BYTES { format!("{bytes}{same}, of which the first are shown") } else { format!("{bytes}{same}") };
    let text = String::from_utf8_lossy(&signed[..signed.len().min(SIGNED_BYTES)]).into_owned();
    (Some(text), note)
}
