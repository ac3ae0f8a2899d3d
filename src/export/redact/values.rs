//! Values that look like a credential, whatever their field or parameter is called.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// Schemes before a credential that is one word (RFC 9110, section 11.4, and what platforms write in its manner).
const SCHEMES: &[&str] =
    &["token", "negotiate", "ntlm", "kerberos", "apikey", "api-key", "bot", "dpop", "gnap", "privatetoken", "vapid"];
/// Schemes before pairs.
const PAIRED: &[&str] = &[
    "digest",
    "token",
    "oauth",
    "hawk",
    "mac",
    "signature",
    "aws4-hmac-sha256",
    "sharedkey",
    "scram-sha-256",
    "vapid",
];
/// Characters of a word after a scheme that may be a word of a language, too.
const LEAST_AFTER_SCHEME: usize = 6;

/// Prefixes of tokens, as published by their providers so that leaks can be found.
const PREFIXES: &[&str] = &[
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "sk-ant-",
    "sk-proj-",
    "sk-svcacct-",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glptt-",
    "glcbt-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "xoxe-",
    "xoxe.",
    "xoxc-",
    "xoxd-",
    "xapp-",
    "npm_",
    "pypi-",
    "rubygems_",
    "dop_v1_",
    "doo_v1_",
    "dor_v1_",
    "shpat_",
    "shpss_",
    "shpca_",
    "shppa_",
    "AKIA",
    "AIza",
    "ya29.",
    "SG.",
    "hf_",
    "lin_api_",
    "lin_wh_",
    "lin_oauth_",
    "figd_",
    "sq0atp-",
    "sq0csp-",
    "sq0idp-",
    "EAAA",
    "rzp_live_",
    "rzp_test_",
    "gsk_",
    "r8_",
    "dckr_pat_",
    "dckr_oat_",
    "ATATT3",
    "ATCTT3",
    "hvs.",
    "hvb.",
    "hvr.",
    "nvapi-",
    "sbp_",
    "tfp_",
    "pscale_tkn_",
    "pscale_pw_",
    "ntn_",
    "fo1_",
    "FlyV1",
    "cfut_",
    "cfat_",
    "rdme_",
    "sntrys_",
    "sntryu_",
    "PMAK-",
];
/// Characters of a token beside its beginning.
const LEAST_AFTER_PREFIX: usize = 10;

/// Whether a value (its beginning is enough) looks like a credential.
pub(super) fn is_credential(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    after_scheme(value) || is_known(value) || is_jwt(value) || value.starts_with(b"-----BEGIN ")
}

fn after_scheme(value: &[u8]) -> bool {
    let Some(blank) = value.iter().position(|byte| matches!(byte, b' ' | b'\t')) else { return false };
    let (scheme, rest) = (&value[..blank], value[blank..].trim_ascii());
    let is_one = |known: &[&str]| known.iter().any(|known| scheme.eq_ignore_ascii_case(known.as_bytes()));
    let is_word = !rest.is_empty() && rest.iter().all(u8::is_ascii_graphic);
    // A server's challenge is no credential.
    if rest.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"realm")) {
        return false;
    }
    match () {
        () if is_one(&["bearer"]) => is_word,
        () if is_one(&["basic"]) => is_word && (rest.len() > 12 || is_user_and_password(rest)),
        () => is_one(SCHEMES) && is_word && rest.len() >= LEAST_AFTER_SCHEME || is_one(PAIRED) && rest.contains(&b'='),
    }
}

fn is_user_and_password(encoded: &[u8]) -> bool {
    let decoded = STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded));
    decoded.is_ok_and(|pair| pair.contains(&b':'))
}

const fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn is_known(value: &[u8]) -> bool {
    PREFIXES.iter().filter_map(|prefix| value.strip_prefix(prefix.as_bytes())).any(|rest| {
        rest.iter().take_while(|byte| is_of_token(**byte)).take(LEAST_AFTER_PREFIX).count() == LEAST_AFTER_PREFIX
    })
}

/// Three parts of base64url with points between, the first of which is a JSON object; the last of an unsigned one is
/// empty.
fn is_jwt(value: &[u8]) -> bool {
    let is_part = |part: &&[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let end = value.iter().position(|byte| !is_of_token(*byte)).unwrap_or(value.len());
    let mut parts = value[..end].splitn(4, |byte| *byte == b'.');
    let mut part = || parts.next().filter(is_part);
    [&b"eyJ"[..], b"eyA"].iter().any(|start| value.starts_with(start))
        && part().is_some_and(|head| head.len() > 10)
        && part().is_some_and(|body| body.len() > 2)
        && part().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_known_by_how_it_looks() {
        for value in [
            "Bearer a",
            "bearer  abc.def",
            "Basic dTpw",
            "Basic dXNlcjpwYXNzd29yZA==",
            "Token 0a1b2c3d",
            "Token token=\"abc\"",
            "Digest username=\"u\", response=\"r\"",
            "Negotiate YIIabcdef==",
            "NTLM TlRMTVNTUAAB",
            "OAuth oauth_token=\"x\"",
            "AWS4-HMAC-SHA256 Credential=AKIA/2026, Signature=0a",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
            "sk_live_0123456789abcdef",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "ghp_0123456789abcdefghij",
            "github_pat_0123456789abcdef",
            "xoxb-0123456789-abcdef",
            "\"glpat-0123456789abcdef\"",
            "AKIAIOSFODNN7EXAMPLE",
            "SG.0123456789.abcdef",
            "-----BEGIN PRIVATE KEY-----",
        ] {
            assert!(is_credential(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn what_is_written_in_words_is_none() {
        for value in [
            "",
            "Bearer",
            "Bearer realm=\"x\"",
            "Basic plan",
            "Basic realm=\"x\"",
            "Token ring",
            "Digest of the week",
            "Negotiate it with us",
            "bearer of good news",
            "application/json",
            "Mozilla/5.0 (X11; Linux x86_64)",
            "curl/8.5.0",
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
            "sk_live_",
            "ghp_short",
            "npm_config_x",
            "eyJ",
            "eyeglasses.example.com",
            "eyJhIjox.example",
            "eyeglasses-and-more.example.com",
            "W/\"0123456789abcdef\"",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "secret_santa",
            "text/html;q=0.9, */*;q=0.8",
        ] {
            assert!(!is_credential(value.as_bytes()), "{value}");
        }
    }
}
