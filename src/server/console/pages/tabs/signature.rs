//! The verdict, its reason, and what to do about it.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::TabContext;
use crate::capture::{Explained, Trial};
use crate::model::{Freshness, FreshnessStatus, SecretValue, SignatureStatus, Verdict};
use crate::provider::finding::Says;
use crate::provider::platform::hints;
use crate::server::console::extract::{BinRef, Json, State, WhichRequest, only_objects};
use crate::server::console::heavy::{self, InTurn};
use crate::server::console::pages::address::{DetailParams, ListParams};
use crate::server::console::pages::choices;
use crate::server::console::pages::format::{self, Seen, Sentence};
use crate::server::console::pages::html;
use crate::server::console::pages::row::{Chip, chip_of};
use crate::server::console::pages::shell::BinLinks;
use crate::server::console::pages::tree_parts::attachment;
use crate::server::console::pieces::in_parts;
use crate::server::console::problem::{Code, Problem};
use crate::signature::Explanation;
use crate::signature::diagnose::Finding;

/// Bytes of the signed content on the page; the rest is a download.
const SIGNED_BYTES: usize = 16 * 1024;

/// The verdict with everything behind it.
#[derive(Debug, Template)]
#[template(path = "tabs/signature.html")]
pub(crate) struct SignatureTab {
    chip: Chip,
    /// The verdict in a line.
    sentence: String,
    reason: Option<String>,
    /// The document's text for a bin without the secret.
    no_secret: Option<Says>,
    /// Freshness in a line of its own.
    freshness: Option<(Chip, String)>,
    /// Names and values: scheme, secret, algorithm.
    facts: Vec<(&'static str, String)>,
    /// Causes; those whose fix verifies come first.
    diagnosis: Vec<Finding>,
    /// What the signature should be.
    expected: Option<String>,
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
    settings_href: String,
    /// Whether this shows a trial.
    trial: bool,
    /// Whether the tried settings verify, so that they can be kept.
    keeps: bool,
    /// The bin's address in the API.
    bin_url: String,
    /// Whether the API asks for a token.
    has_token: bool,
}

/// A secret and a scheme that are tried without being stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub(crate) struct TrialInput {
    secret: SecretValue,
    /// The scheme's id, when it is not the bin's.
    scheme: Option<String>,
}

only_objects!(TrialInput);

/// `POST …/try`: the verdict with a secret that is not stored.
pub(crate) async fn try_secret(
    state: State,
    BinRef(bin): BinRef,
    which: WhichRequest,
    input: Json<TrialInput>,
) -> Result<HttpResponse, Problem> {
    let request = heavy::read(&state.store, bin.bin.id, which.0).await?;
    let TrialInput { secret, scheme } = input.0;
    if scheme.as_deref().is_some_and(|id| state.capture.catalogue().scheme(id).is_none()) {
        return Err(Problem::field("scheme", "There is no such scheme."));
    }
    let links = BinLinks::new(&bin.bin, &state);
    let page = format!("{}/requests/{}", links.base, request.request().summary.id);
    let context = TabContext {
        api: format!("{}/requests/{}", links.api, request.request().summary.id),
        href: format!("{page}?tab=signature&"),
        page,
        links,
        list: ListParams::default(),
        params: DetailParams::default(),
        state,
        bin,
    };
    let trial = Trial { secrets: Some(vec![secret]), scheme, ..Trial::default() };
    html(&SignatureTab::load(&context, request, Some(trial)).await?)
}

/// `GET …/signed`: the bytes that are signed.
pub(crate) async fn signed_bytes(
    state: State,
    BinRef(bin): BinRef,
    which: WhichRequest,
) -> Result<HttpResponse, Problem> {
    let (request, turn) = heavy::read(&state.store, bin.bin.id, which.0).await?.split().await;
    match state.capture.explain(&bin, request, Trial::default(), turn).await?.explanation.signed {
        Some(signed) => Ok(attachment("application/octet-stream").body(in_parts(signed))),
        None => Err(Problem::new(Code::NotFound, "Nothing is signed, or a part of what is signed is missing.")),
    }
}

impl SignatureTab {
    /// The verdict with everything behind it; with a trial, as it would be with that.
    pub(crate) async fn load(context: &TabContext, request: InTurn, trial: Option<Trial>) -> Result<Self, Problem> {
        let (request, turn) = request.split().await;
        let (is_trial, body_len) = (trial.is_some(), request.body.len());
        let explained = context.state.capture.explain(&context.bin, request, trial.unwrap_or_default(), turn).await?;
        Ok(Self::new(context, explained, body_len, is_trial))
    }

    fn new(context: &TabContext, explained: Explained, body_len: usize, trial: bool) -> Self {
        let Explanation { verdict, freshness, signed, expected, received, not_covered } = explained.explanation;
        let catalogue = context.state.capture.catalogue();
        let known = verdict.scheme.as_deref().and_then(|id| catalogue.scheme(id));
        let mut facts = Vec::new();
        if let Some(id) = &verdict.scheme {
            let name = known.map_or(id.as_str(), |scheme| scheme.name.as_str());
            let settings = &context.bin.bin.settings;
            let how = match (settings.scheme.is_some() || settings.custom_scheme.is_some(), settings.provider.is_some())
            {
                (true, _) => "set on the bin",
                (false, true) => "by the bin's provider",
                (false, false) => "recognised",
            };
            facts.push(("Scheme", format!("{name} ({how})")));
            if let Some(scheme) = known {
                facts.push(("Signature in", scheme.signature_place()));
                if let Some(caution) = scheme.caution() {
                    facts.push(("Caution", caution.to_owned()));
                }
            }
        }
        let labels: Vec<_> = context.bin.bin.secrets.iter().map(|secret| format::plain(&secret.label)).collect();
        if !labels.is_empty() && !trial {
            facts.push(("Secrets tried", labels.join(", ")));
        }
        let (signed, signed_note) = shown_bytes(signed, body_len);
        Self {
            chip: chip_of(verdict.status, freshness.status, false),
            keeps: trial && verdict.status == SignatureStatus::Valid,
            sentence: sentence(&verdict),
            freshness: freshness_line(&freshness),
            no_secret: no_secret(context, &verdict),
            reason: verdict.reason,
            facts,
            diagnosis: explained.findings,
            expected,
            received,
            signed_href: signed.is_some().then(|| format!("{}/signed", context.page)).filter(|_| !trial),
            signed,
            signed_note,
            not_covered,
            schemes: choices::schemes(&catalogue),
            try_href: format!("{}/try", context.page),
            settings_href: format!("{}/settings", context.links.base),
            trial,
            bin_url: format!("{}{}", context.state.console_url, context.links.api),
            has_token: context.state.asks_for_token,
        }
    }

    /// The command that makes a record the bin's scheme.
    fn adoption(&self, record: &serde_json::Value) -> String {
        let token = if self.has_token { "-H 'Authorization: Bearer TOKEN' " } else { "" };
        let change = format!("{{\"custom_scheme\": {record}}}").replace('\'', "'\\''");
        format!("curl {token}-X PATCH {} -H 'Content-Type: application/json' -d '{change}'", self.bin_url)
    }
}

fn no_secret(context: &TabContext, verdict: &Verdict) -> Option<Says> {
    // A platform's own scheme has its name.
    let provider = context.bin.bin.settings.provider.as_deref().or(verdict.scheme.as_deref())?;
    hints(provider)?.no_secret.filter(|_| verdict.status == SignatureStatus::NoSecret)
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
    let tolerance = freshness
        .tolerance_s
        .map(|tolerance| format!("; up to {} is accepted", format::span(tolerance.unsigned_abs())))
        .unwrap_or_default();
    match freshness.status {
        // A slightly fast clock, or a scheme that ignores times in the future.
        FreshnessStatus::Fresh if freshness.age_s.is_some_and(|age| age < 0) => {
            Some((Chip { class: "ok", text: "fresh" }, format!("Signed {age} after it arrived{tolerance}.")))
        }
        FreshnessStatus::Fresh => {
            Some((Chip { class: "ok", text: "fresh" }, format!("Signed {age} before it arrived{tolerance}.")))
        }
        FreshnessStatus::Stale => {
            Some((Chip { class: "warn", text: "stale" }, format!("Signed {age} before it arrived{tolerance}.")))
        }
        FreshnessStatus::Future => Some((
            Chip { class: "warn", text: "future" },
            format!("Signed {age} after it arrived: a clock is wrong{tolerance}."),
        )),
        FreshnessStatus::None => None,
    }
}

/// The signed bytes as text, and how many there are.
fn shown_bytes(signed: Option<Vec<u8>>, body_len: usize) -> (Option<String>, String) {
    let Some(signed) = signed else { return (None, String::new()) };
    let same = if signed.len() == body_len { ", the body as sent" } else { "" };
    let bytes = format::plural(signed.len() as u64, "byte", "bytes");
    let note = if signed.len() > SIGNED_BYTES {
        format!("{bytes}{same}, of which the first are shown")
    } else {
        format!("{bytes}{same}")
    };
    let text = String::from_utf8_lossy(&signed[..signed.len().min(SIGNED_BYTES)]).into_owned();
    (Some(text), note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_in_the_future_is_said_to_be_after_the_arrival() {
        let line = |status, age_s| {
            let freshness = Freshness { status, age_s: Some(age_s), tolerance_s: Some(300) };
            freshness_line(&freshness).unwrap().1
        };
        assert_eq!(
            line(FreshnessStatus::Future, -4_000),
            "Signed 66 min after it arrived: a clock is wrong; up to 5 min is accepted."
        );
        assert_eq!(line(FreshnessStatus::Fresh, -4), "Signed 4 s after it arrived; up to 5 min is accepted.");
        assert_eq!(line(FreshnessStatus::Stale, 4_000), "Signed 66 min before it arrived; up to 5 min is accepted.");
    }
}
