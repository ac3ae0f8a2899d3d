//! Tokens: most of what can be wrong with one can be read from it. The rest is found by trying: secrets, other bins'
//! keys, and other forms of the body whose hash the token claims.

use super::bodies;
use super::search::{Search, key_cost, key_of};
use super::secrets;
use super::variation::{shown, with_body};
use super::{Case, Diagnosed, Finding};
use crate::signature::algorithm::Algorithm;
use crate::signature::examine_token::{self, Fault, Readable};
use crate::signature::jws::Wrong;
use crate::signature::key::Key;
use crate::signature::received::{groups, shared_vars, texts};
use crate::signature::request::{SignedRequest, View};
use crate::signature::template::{Context, Vars};

/// The most secrets of other bins that are tried; few, because each may be a set of keys.
const MAX_OTHERS: usize = 64;

fn finding(code: &'static str, sentence: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding { code, sentence: sentence.into(), fix: fix.into(), verifies: false, custom_scheme: None }
}

fn settled(finding: Finding) -> Diagnosed {
    Diagnosed { findings: vec![finding], is_settled: true }
}

pub(super) fn diagnosed(case: &Case<'_>, share: usize) -> Diagnosed {
    let scheme = case.scheme;
    let view = View::new(&case.request, case.config);
    let texts = texts(scheme, &view);
    let groups = groups(scheme, &texts);
    let Some(text) = groups.first().and_then(|group| group.signatures.first()) else {
        let place = scheme.signature_place();
        return settled(finding(
            "signature_missing",
            format!("The request carries no token: the {place} has none in the scheme's form."),
            "Configure the signing key at the provider; then look for a proxy that drops headers.",
        ));
    };
    let readable = match examine_token::read(scheme, text) {
        Ok(readable) => readable,
        Err(fault) => return settled(unreadable(case, &fault)),
    };
    let keys: Vec<(String, Key)> = case
        .secrets
        .iter()
        .filter_map(|secret| Some((secret.label.clone(), ready(case, secret.value.expose())?)))
        .collect();
    if keys.is_empty() {
        return settled(no_key(case));
    }
    let mut wrong: Option<Fault> = None;
    for (label, key) in &keys {
        match verify(case, &case.request, &readable, key) {
            Ok(()) => return claims(case, share, label),
            Err(Fault::Wrong(found)) => {
                let before = match wrong.take() {
                    Some(Fault::Wrong(before)) => Some(before),
                    _ => None,
                };
                wrong = Some(Fault::Wrong(found.or(before)));
            }
            Err(found) => wrong = wrong.or(Some(found)),
        }
    }
    let mut search = Search::new(case, share);
    let tried = by_secret(&mut search, &readable)
        .or_else(|| by_other_bin(&mut search, &readable))
        .or_else(|| by_body(&mut search, &readable, &keys));
    if let Some(found) = tried {
        return settled(found);
    }
    let mut findings: Vec<Finding> = wrong.as_ref().map(|fault| mismatch(case, fault)).into_iter().collect();
    if !scheme.signed.is_empty() {
        findings.push(finding(
            "body_changed",
            "Or the body was changed after it was signed, in a way that was not tried.",
            "Compare the bytes at the sender with the body here, byte for byte.",
        ));
    }
    Diagnosed { findings, is_settled: false }
}

fn ready(case: &Case<'_>, text: &str) -> Option<Key> {
    Key::new(case.scheme.algorithm, &key_of(case.scheme, text)?.bytes)
}

/// Checks the token with the key. What a detached token signs is taken from the request.
fn verify(case: &Case<'_>, request: &SignedRequest<'_>, readable: &Readable<'_>, key: &Key) -> Result<(), Fault> {
    let view = View::new(request, case.config);
    let shared = shared_vars(case.scheme, &view);
    let context = Context { view: &view, vars: Vars { shared: &shared, group: &[] }, secret: None };
    examine_token::verify(case.scheme, key, readable, &context).map(|_| ())
}

fn unreadable(case: &Case<'_>, fault: &Fault) -> Finding {
    let sentence = examine_token::sentence(case.scheme, fault);
    match fault {
        Fault::Wrong(Wrong::Unsigned) => {
            finding("token_unsigned", sentence, "Sign the token. A receiver that takes `none` takes anybody's token.")
        }
        Fault::Wrong(Wrong::Algorithm { alg, .. })
            if case.scheme.algorithm == Algorithm::Jws && alg.starts_with("HS") =>
        {
            finding(
                "token_algorithm",
                format!("{sentence} HMAC with a public key as its secret is how such tokens are forged."),
                "Sign with the private key; or, where the sender has a shared secret, choose the scheme for it.",
            )
        }
        Fault::Wrong(_) => finding(
            "token_algorithm",
            sentence,
            "Sign with an algorithm of the scheme, or choose the provider's other scheme.",
        ),
        Fault::Malformed(_) | Fault::Missing(_) => finding(
            "token_malformed",
            sentence,
            "Look at how the sender writes the token, and whether a proxy cuts the header.",
        ),
    }
}

fn no_key(case: &Case<'_>) -> Finding {
    let Some(first) = case.secrets.first() else {
        return finding(
            "no_secret",
            "The bin has no secret to check the signature with.",
            "Add the provider's signing secret or public key to the bin.",
        );
    };
    let why = case.scheme.check_secret(first.value.expose()).err().unwrap_or_default();
    finding(
        "undecodable_secret",
        format!("The bin's secret is no key of {}: {why}", case.scheme.name),
        "Copy the key from the provider: PEM, a JWK or a JWKS for public keys, the signing secret for HMAC.",
    )
}

fn mismatch(case: &Case<'_>, fault: &Fault) -> Finding {
    let sentence = examine_token::sentence(case.scheme, fault);
    match fault {
        Fault::Wrong(Wrong::UnknownKey { .. }) => finding(
            "token_key_unknown",
            sentence,
            "Paste the provider's present key set: keys are changed now and then, and Creel fetches none. Or the token is another environment's.",
        ),
        Fault::Wrong(Wrong::KeyKind { .. }) => finding(
            "token_key_kind",
            sentence,
            "Paste the key that the provider signs with now; look for a key of another product or environment.",
        ),
        Fault::Missing(_) => finding(
            "part_missing",
            sentence,
            "Send every part that the scheme signs; look for a proxy that drops or renames headers.",
        ),
        Fault::Wrong(_) | Fault::Malformed(_) => finding(
            "wrong_secret",
            format!("{sentence} Most likely the sender has another key."),
            "Copy the key of this very endpoint and environment from the provider.",
        ),
    }
}

/// The signature is right, but the token's claims about the request are not.
fn claims(case: &Case<'_>, share: usize, label: &str) -> Diagnosed {
    let Some(sentence) = unmet(case, &case.request) else {
        return Diagnosed { findings: Vec::new(), is_settled: true };
    };
    for url in case.urls {
        let request = SignedRequest { url, ..case.request };
        if unmet(case, &request).is_none() {
            let found = finding(
                "url_other_form",
                format!("The token is right for the URL {}.", shown(url)),
                "Set the bin's public URL to the one that is configured at the provider.",
            );
            return settled(Finding { verifies: true, ..found });
        }
    }
    let mut search = Search::new(case, share);
    let other = bodies::each_likely(&mut search, |search, body| {
        let request = with_body(&search.case.request, &body.bytes);
        if !search.spend(body.bytes.len()) || unmet(search.case, &request).is_some() {
            return None;
        }
        let sentence = format!("The token is right for the body {}: it claims that body's hash.", body.how);
        Some(Finding { verifies: true, ..finding(body.code, sentence, body.fix) })
    });
    settled(other.unwrap_or_else(|| {
        finding(
            "token_claim",
            format!("{sentence} (Checked with the secret “{label}”.)"),
            "Make the token for the bytes that are sent and the URL that is called; look for what changes them on the way.",
        )
    }))
}

fn unmet(case: &Case<'_>, request: &SignedRequest<'_>) -> Option<String> {
    let view = View::new(request, case.config);
    let shared = shared_vars(case.scheme, &view);
    let context = Context { view: &view, vars: Vars { shared: &shared, group: &[] }, secret: None };
    examine_token::unmet_claim(case.scheme, &context)
}

/// The shared secret, pasted, decoded or completed in another way.
fn by_secret(search: &mut Search<'_>, readable: &Readable<'_>) -> Option<Finding> {
    let case = search.case;
    if case.scheme.algorithm != Algorithm::JwsHmac {
        return None;
    }
    [true, false].into_iter().find_map(|is_likely| {
        secrets::variants(search, is_likely).into_iter().find_map(|variant| {
            let key = Key::new(case.scheme.algorithm, &variant.key.bytes)?;
            if !search.spend(case.request.body.len().saturating_add(key_cost(&key))) {
                return None;
            }
            verify(case, &case.request, readable, &key).ok()?;
            let found = finding(variant.code, format!("{}.", variant.sentence), variant.fix);
            Some(Finding { verifies: true, ..found })
        })
    })
}

fn by_other_bin(search: &mut Search<'_>, readable: &Readable<'_>) -> Option<Finding> {
    let case = search.case;
    case.other_secrets.iter().take(MAX_OTHERS).find_map(|other| {
        let key = ready(case, other.value.expose())?;
        if !search.spend(case.request.body.len().saturating_add(key_cost(&key))) {
            return None;
        }
        verify(case, &case.request, readable, &key).ok()?;
        let sentence =
            format!("The token was made with the key of the secret “{}” of the bin “{}”.", other.label, other.bin);
        let fix = "Add that secret to this bin, or send to the other bin's URL.";
        Some(Finding { verifies: true, ..finding("other_bin_secret", sentence, fix) })
    })
}

/// A detached token, checked with other forms of the body.
fn by_body(search: &mut Search<'_>, readable: &Readable<'_>, keys: &[(String, Key)]) -> Option<Finding> {
    if search.case.scheme.signed.is_empty() {
        return None;
    }
    bodies::each_likely(search, |search, body| {
        let request = with_body(&search.case.request, &body.bytes);
        keys.iter().find_map(|(_, key)| {
            if !search.spend(body.bytes.len().saturating_mul(3).saturating_add(key_cost(key))) {
                return None;
            }
            verify(search.case, &request, readable, key).ok()?;
            let sentence = format!("The signature is right for the body {}.", body.how);
            Some(Finding { verifies: true, ..finding(body.code, sentence, body.fix) })
        })
    })
}
