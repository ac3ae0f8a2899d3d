//! `creel verify`: whether a signature is right, without a server.

use std::sync::Arc;

use clap::Args;

use super::catalogue::{CatalogueArgs, scheme};
use super::common::{OutputArgs, Usage, moment, now, pairs};
use super::request::{RequestArgs, RequestFiles};
use super::{Done, exit, render};
use crate::model::{Freshness, FreshnessStatus, Secret, SecretValue, SignatureStatus, Timestamp};
use crate::shapes::ExplainedShape;
use crate::signature::diagnose::{Case, Finding, diagnose_detected, diagnose_unknown};
use crate::signature::{AUTO, Catalogue, Scheme, SignedRequest, Verifier};

/// The arguments of `creel verify`.
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 when the signature is valid and, with --at, fresh; 1 when not.

Examples:
  creel verify --scheme callaider --secret whsec-one --head request.http
  creel show orders latest --raw | creel verify --secret whsec-one --head -")]
pub(super) struct VerifyArgs {
    /// How it is signed; auto recognises it. `creel schemes` lists them
    #[arg(long, value_name = "ID", default_value = AUTO)]
    scheme: String,
    /// The secret, or the public key (repeatable)
    #[arg(
        long,
        value_name = "SECRET",
        allow_hyphen_values = true,
        required = true,
        env = "CREEL_SECRET",
        hide_env_values = true
    )]
    secret: Vec<String>,
    #[command(flatten)]
    request: RequestArgs,
    /// When it arrived, in Unix seconds; without it the timestamp's age is not checked
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true, value_parser = moment)]
    at: Option<i64>,
    /// Seconds that it may be old, in place of the scheme's
    #[arg(long, value_name = "SECONDS", requires = "at")]
    tolerance: Option<u32>,
    /// A second value that the scheme needs, as name=value (repeatable)
    #[arg(long = "config", value_name = "VALUE")]
    config: Vec<String>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &VerifyArgs) -> Done {
    if !args.request.has_head() {
        return Err(Usage("--head is missing: the file with the request's head".to_owned()).into());
    }
    let catalogue = args.catalogue.catalogue()?;
    let files = args.request.read()?;
    let secrets = secrets(&args.secret);
    let request = SignedRequest {
        method: &files.method,
        url: &files.url,
        headers: &files.headers,
        body: &files.body,
        received_at: args.at.map_or_else(now, Timestamp::from_secs),
    };
    let verifier = verifier(args, &catalogue, &secrets, &request)?;
    let mut explanation = verifier.explain(&request);
    if args.at.is_none() {
        explanation.freshness = Freshness::none();
    }
    let findings = if explanation.verdict.status == SignatureStatus::Valid {
        Vec::new()
    } else {
        findings(&catalogue, &verifier, &files, request, &secrets)
    };
    let value = serde_json::to_value(ExplainedShape::new(&explanation, &findings))?;
    args.output.one(&value, |look| render::explained(&value, args.at.is_some(), look))?;
    let fresh = match explanation.freshness.status {
        FreshnessStatus::Fresh | FreshnessStatus::None => true,
        FreshnessStatus::Stale | FreshnessStatus::Future => false,
    };
    Ok(if explanation.verdict.status == SignatureStatus::Valid && fresh { exit::DONE } else { exit::NOT_MET })
}

/// The secrets as the engine takes them.
fn secrets(texts: &[String]) -> Vec<Secret> {
    let label = |number: usize| if texts.len() == 1 { "the secret".to_owned() } else { format!("secret {number}") };
    let secret = |(number, text): (usize, &String)| Secret {
        id: 0,
        label: label(number),
        value: SecretValue::new(text.clone()),
        created_at: Timestamp::default(),
    };
    (1..).zip(texts).map(secret).collect()
}

fn verifier(
    args: &VerifyArgs,
    catalogue: &Catalogue,
    secrets: &[Secret],
    request: &SignedRequest<'_>,
) -> anyhow::Result<Verifier> {
    let chosen = if args.scheme == AUTO { None } else { Some(Arc::clone(scheme(catalogue, &args.scheme)?)) };
    if args.tolerance.is_none() && args.config.is_empty() {
        return Ok(
            chosen.map_or_else(|| Verifier::detecting(catalogue, secrets), |scheme| Verifier::of(scheme, secrets))
        );
    }
    let detecting = Verifier::detecting(catalogue, secrets);
    let found = chosen.or_else(|| detecting.scheme_for(request).cloned());
    let Some(scheme) = found else { return Ok(detecting) };
    let mut record = scheme.record().clone();
    if let Some(tolerance) = args.tolerance {
        if !record["timestamp"].is_object() {
            return Err(Usage(format!("--tolerance: the scheme {} has no timestamp", scheme.id)).into());
        }
        record["timestamp"]["tolerance_s"] = tolerance.into();
    }
    for (name, value) in pairs("--config", &args.config)? {
        record["config"][name] = value.into();
    }
    let changed = Scheme::from_json(&record).map_err(|error| Usage(format!("the scheme {}: {error}", scheme.id)))?;
    Ok(Verifier::of(Arc::new(changed), secrets))
}

/// Why the signature is not right.
fn findings(
    catalogue: &Catalogue,
    verifier: &Verifier,
    files: &RequestFiles,
    request: SignedRequest<'_>,
    secrets: &[Secret],
) -> Vec<Finding> {
    let schemes: Vec<&Scheme> = verifier.schemes_for(&request).into_iter().map(|scheme| &**scheme).collect();
    let Some((&scheme, alike)) = schemes.split_first() else { return diagnose_unknown(catalogue, &request, secrets) };
    let case = Case {
        catalogue,
        scheme,
        config: &scheme.config,
        request,
        secrets,
        other_secrets: &[],
        other_requests: &[],
        urls: &[],
        below: "",
        query: files.query.as_deref(),
        complete: true,
        over_limit: false,
        declared_size: files.headers.get_str("content-length").and_then(|length| length.trim().parse().ok()),
    };
    diagnose_detected(&case, alike)
}
