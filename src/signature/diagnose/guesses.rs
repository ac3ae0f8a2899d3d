//! When nothing verifies: facts that explain the failure without a search, and guesses, likeliest first.

use super::search::{Cut, Search};
use super::token::{Fault, Reading, Token};
use super::variation::shown;
use super::{Case, Finding};
use crate::json::pick;
use crate::signature::key::Key;
use crate::signature::received::{shared_vars, texts};
use crate::signature::request::View;
use crate::signature::requirement::{self, Unmet};
use crate::signature::template::{Context, Vars};
use crate::signature::{Algorithm, Encoding, Scheme};

fn finding(code: &'static str, sentence: impl Into<String>, fix: &str) -> Finding {
    Finding { code, sentence: sentence.into(), fix: fix.to_owned(), verifies: false, custom_scheme: None }
}

fn bytes(count: usize) -> String {
    if count == 1 { "1 byte".to_owned() } else { format!("{count} bytes") }
}

/// Facts about the request that are worth saying whatever was found.
pub(super) fn facts(case: &Case<'_>) -> Vec<Finding> {
    let mut facts = Vec::new();
    let received = case.request.body.len();
    if case.over_limit {
        facts.push(finding(
            "body_over_limit",
            format!("The body is larger than the bin takes: {} of it came, so no signature can fit.", bytes(received)),
            "Raise the bin's limit for bodies and send again.",
        ));
    } else if !case.complete {
        let arrived = match case.declared_size {
            Some(size) => format!("{received} of {size} bytes"),
            None => bytes(received),
        };
        facts.push(finding(
            "body_incomplete",
            format!("The body did not arrive completely: {arrived} arrived, so no signature can fit."),
            "Look for a sender or proxy that gives up early, and send again.",
        ));
    }
    facts.extend(requirement(case));
    facts
}

/// Guesses, likeliest first.
pub(super) fn guesses(search: &Search<'_>) -> Vec<Finding> {
    let mut guesses = Vec::new();
    guesses.extend(missing(search));
    if guesses.is_empty() && search.case.secrets.is_empty() {
        // No secret of the bin could be tried, so only what the request itself shows can be said besides.
        guesses.push(no_secret());
        guesses.extend(part_missing(search));
        guesses.extend(malformed(search));
    } else if guesses.is_empty() {
        let undecodable = undecodable(search);
        let has_key = undecodable.is_none();
        guesses.extend(undecodable);
        guesses.extend(part_missing(search));
        guesses.extend(malformed(search));
        guesses.extend(test_mode(search.case));
        guesses.extend(url(search));
        // That variations were left out comes before other guesses only if common ones are among them.
        let (first, later) =
            if search.cut == Cut::Common { (not_tried(search), None) } else { (None, not_tried(search)) };
        guesses.extend(first);
        if has_key {
            guesses.push(wrong_secret(search));
            guesses.extend(changed(search));
        }
        guesses.extend(later);
        let other = if search.scheme.algorithm == Algorithm::Equal {
            "Or the sender proves itself in another way than by this token.".to_owned()
        } else {
            format!("Or the sender does not sign as {} does.", search.scheme.name)
        };
        let way = "Compare with the provider's documentation, and set the bin's scheme, or a custom one.";
        guesses.push(finding("wrong_scheme", other, way));
    }
    guesses
}

fn missing(search: &Search<'_>) -> Option<Finding> {
    // A value in a place whose name does not suggest a signature may be anything.
    let may_be_other = |token: &Token| matches!(token.fault, Some(Fault::Elsewhere(_, false)));
    if !search.tokens.iter().all(may_be_other) {
        return None;
    }
    let view = View::new(&search.case.request, search.case.config);
    let texts = texts(&search.scheme, &view);
    let what = if texts.is_empty() {
        "is not there".to_owned()
    } else if texts.iter().all(|text| text.trim_ascii().is_empty()) {
        "is there, but empty".to_owned()
    } else {
        let form = search.scheme.shown_form().map(|form| format!(" in the form `{form}`"));
        format!("is there, but holds no signature{}", form.unwrap_or_default())
    };
    Some(finding(
        "signature_missing",
        format!("The request carries no signature: the {} {what}.", search.scheme.signature_place()),
        "Configure the secret at the provider; most leave the signature out without one. Then look for a proxy that drops headers.",
    ))
}

/// A part that the scheme signs and the request lacks.
fn part_missing(search: &Search<'_>) -> Option<Finding> {
    let view = View::new(&search.case.request, search.case.config);
    let shared = shared_vars(&search.scheme, &view);
    let group: Vec<(&str, &str)> = search.tokens.first().map_or_else(Vec::new, |token| {
        token.vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    });
    let context = Context { view: &view, vars: Vars { shared: &shared, group: &group }, secret: Some("") };
    let missing = search.scheme.signed.first()?.render(&context, &mut |_| {}).err()?;
    Some(finding(
        "part_missing",
        search.scheme.missing_sentence(&missing),
        "Send every part that the scheme signs; look for a proxy that drops or renames headers.",
    ))
}

/// A condition of the scheme, other than its signature, that the request does not meet.
fn requirement(case: &Case<'_>) -> Option<Finding> {
    let view = View::new(&case.request, case.config);
    let shared = shared_vars(case.scheme, &view);
    let context = Context { view: &view, vars: Vars { shared: &shared, group: &[] }, secret: None };
    Some(match requirement::unmet(case.scheme, &context)? {
        Unmet::Different(sentence) => finding(
            "requirement_unmet",
            sentence,
            "Where a hash of the body is compared, the body was changed after it was signed; else the request is of another version of the scheme.",
        ),
        Unmet::Missing(sentence) => finding(
            "part_missing",
            sentence,
            "Send every part that the scheme asks for; look for a proxy that drops or renames headers.",
        ),
    })
}

fn malformed(search: &Search<'_>) -> Option<Finding> {
    let own = search.scheme.algorithm;
    if own == Algorithm::Equal || !search.algorithms.is_empty() {
        return None;
    }
    let token = search.tokens.first()?;
    let place = match &token.fault {
        Some(Fault::Elsewhere(place, _)) => place.clone(),
        Some(Fault::Form(_) | Fault::Around(..) | Fault::Dressed(_)) | None => search.scheme.signature_place(),
    };
    let size = token.readings.iter().find(|(reading, _)| *reading != Reading::Text).map_or_else(
        || "can be read in no encoding".to_owned(),
        |(reading, read)| format!("has {} in {}", bytes(read.len()), reading.words()),
    );
    Some(finding(
        "signature_malformed",
        format!("The signature in the {place} cannot be one of {}: it {size}.", own.name()),
        "Look at how the sender writes the signature.",
    ))
}

fn test_mode(case: &Case<'_>) -> Option<Finding> {
    let json = pick::pick(case.request.body, &["/livemode", "/live_mode", "/test", "/testmode", "/environment"]);
    let is = |index: usize, text: &str| json.scalar(index).is_some_and(|value| value.eq_ignore_ascii_case(text));
    let says_test =
        is(0, "false") || is(1, "false") || is(2, "true") || is(3, "true") || is(4, "sandbox") || is(4, "test");
    says_test.then(|| {
        finding(
            "test_mode_secret",
            "The body says that this is a test event; test mode often has a secret of its own.",
            "Add the test mode's secret to the bin as a second one.",
        )
    })
}

fn url(search: &Search<'_>) -> Option<Finding> {
    if !search.signs_url() {
        return None;
    }
    let tried = search.tried_urls.len() + 1;
    let examples: Vec<String> = std::iter::once(search.case.request.url)
        .chain(search.tried_urls.iter().map(String::as_str))
        .take(4)
        .map(|url| shown(url).into_owned())
        .collect();
    Some(finding(
        "url_unknown",
        format!(
            "The scheme signs the URL as it is configured at the provider. Tried {tried} forms: {}…",
            examples.join(", ")
        ),
        &if search.case.below.is_empty() {
            "Set the bin's public URL to exactly the one that is configured at the provider.".to_owned()
        } else {
            format!(
                "Set the bin's public URL to the one that is configured at the provider, without the `{}` that the request has after it.",
                shown(search.case.below)
            )
        },
    ))
}

fn no_secret() -> Finding {
    finding(
        "no_secret",
        "The bin has no secret to check the signature with.",
        "Add the provider's signing secret to the bin.",
    )
}

fn wrong_secret(search: &Search<'_>) -> Finding {
    if search.scheme.algorithm == Algorithm::Equal {
        return finding(
            "wrong_secret",
            "Nothing that was tried matches: most likely the sender has another token.",
            "Set the bin's secret to the very token that the provider was told to send.",
        );
    }
    let what = if search.scheme.algorithm.is_asymmetric() { "public key" } else { "secret" };
    let sentence = if search.cut == Cut::Nothing {
        format!("Nothing that was tried matches: most likely the sender has another {what}.")
    } else {
        // A variation that was not tried may be the cause, so this is less certain.
        format!("Nothing that was tried matches: the sender may have another {what}.")
    };
    finding(
        "wrong_secret",
        sentence,
        "Copy the signing secret of this very endpoint from the provider; API keys and tokens are other things.",
    )
}

/// No secret of the bin can be a key of the scheme, so no signature could be right.
fn undecodable(search: &Search<'_>) -> Option<Finding> {
    let (scheme, secrets) = (&search.scheme, search.case.secrets);
    let first = secrets.first().filter(|_| !secrets.iter().any(|secret| is_key(scheme, secret.value.expose())))?;
    let what = if scheme.algorithm.is_asymmetric() { "public key" } else { "key" };
    let (wanted, has) = (wanted(scheme), has(scheme, first.value.expose()));
    let sentence = if secrets.len() == 1 {
        format!("The bin's secret is no {what} of {}: {wanted} wanted, {has}.", scheme.name)
    } else {
        format!("None of the bin's secrets is a {what} of {}: {wanted} wanted. Of the first one: {has}.", scheme.name)
    };
    let fix = if scheme.algorithm.is_asymmetric() {
        "Copy the public key from the provider's settings; API keys, bot tokens and signing secrets are other things."
    } else {
        "Copy the signing secret of this very endpoint from the provider; API keys and tokens are other things."
    };
    Some(finding("undecodable_secret", sentence, fix))
}

fn is_key(scheme: &Scheme, text: &str) -> bool {
    scheme.key(text).is_some_and(|key| Key::new(scheme.algorithm, &key).is_some())
}

/// The form of the scheme's keys with the verb that agrees with it, for a sentence: "64 hex digits are".
fn wanted(scheme: &Scheme) -> String {
    match (scheme.algorithm, scheme.secret.written_in()) {
        (Algorithm::Ed25519, Encoding::Hex) => "64 hex digits are".to_owned(),
        (Algorithm::Ed25519, Encoding::Base64) => "44 characters of base64 are".to_owned(),
        (_, Encoding::Hex) => "an even number of hex digits is".to_owned(),
        (Algorithm::EcdsaP256Sha256, _) => format!("a P-256 key in {} or PEM is", scheme.secret.words()),
        _ => format!("{} is", scheme.secret.words()),
    }
}

/// Why a text is not a key. The text is a secret: the words give its kind and length, never its characters.
fn has(scheme: &Scheme, text: &str) -> String {
    let text = text.trim();
    let encoding = scheme.secret.written_in();
    let foreign = |character: &char| match encoding {
        Encoding::Hex => !character.is_ascii_hexdigit(),
        _ => !(character.is_ascii_alphanumeric() || "+/-_=".contains(*character)),
    };
    let words = if encoding == Encoding::Hex { "hex digits" } else { "characters of base64" };
    let count = text.chars().count();
    match text.chars().filter(foreign).count() {
        _ if count == 0 => "this is empty".to_owned(),
        _ if is_key(scheme, text) => "this has white space around it".to_owned(),
        _ if text.starts_with("-----BEGIN ") => "this is another kind of PEM text".to_owned(),
        0 if scheme.key(text).is_some_and(|key| key.len() == 32) => {
            format!("this has the length, but its {count} {words} are no key")
        }
        0 if scheme.algorithm == Algorithm::Ed25519 => format!("this has {count}"),
        0 => format!("the {count} {words} here cannot be read"),
        1 => format!("this has a character that is none of the {words}"),
        others => format!("this has {others} characters that are no {words}"),
    }
}

fn changed(search: &Search<'_>) -> Option<Finding> {
    if !search.signs_body() {
        return None;
    }
    let headers = search.case.request.headers;
    let via = ["via", "x-forwarded-for", "forwarded", "cf-ray", "x-forwarded-proto"]
        .iter()
        .any(|name| headers.contains(name));
    let sentence = if via {
        "Or the body was changed on the way: the request came through a proxy."
    } else {
        "Or the body was changed after it was signed, in a way that was not tried."
    };
    Some(finding("body_changed", sentence, "Compare the bytes at the sender with the body here, byte for byte."))
}

fn not_tried(search: &Search<'_>) -> Option<Finding> {
    (search.cut != Cut::Nothing).then(|| {
        let (why, fix) = if search.scheme.algorithm.is_asymmetric() {
            ("Checking public-key signatures takes long".to_owned(), "Compare with the provider's documentation.")
        } else {
            let length = bytes(search.case.request.body.len());
            (format!("The body is {length} long"), "Send a small body with the same settings and look again.")
        };
        finding("not_all_tried", format!("{why}, so rarer variations and pairs of them were not tried."), fix)
    })
}
