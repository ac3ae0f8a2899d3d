//! Names whose values are a credential, a cookie or a signature: of header fields and of parameters.

/// Parts of names that carry a signature, which proves something but grants no access.
const SIGNATURES: &[&str] = &["signature", "hmac", "-sign"];

/// Words of names that say the same.
const SIGNATURE_WORDS: &[&str] = &["sig", "sign", "mac", "proof", "attestation"];

/// Words of names that carry a digest. It may include a secret and then is a signature; the name seldom says so.
const DIGEST_WORDS: &[&str] = &["digest", "checksum", "hash", "chksum", "hash256", "sha256hash"];

/// Words of names that say that a digest is of public data.
const DIGESTED: &[&str] = &[
    "content", "repr", "want", "body", "file", "git", "commit", "build", "deploy", "release", "asset", "cache", "amz",
    "goog",
];

/// Names of signatures without such a word, from the catalogue of schemes; a test checks that the list is complete.
const SIGNATURE_NAMES: &[&str] = &["plaid-verification", "x-favro-webhook", "x-trello-webhook"];

/// Parts of names that carry a shared secret at some provider, or a proxy's statement about an authenticated user.
const PARTS: &[&str] = &[
    "authorization",
    "authentication",
    "cookie",
    "token",
    "secret",
    "api-key",
    "apikey",
    "api_key",
    "access-key",
    "access_key",
    "accesskey",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "jwt",
    "session",
    "digest-key",
    "private-key",
    "x-auth",
    "auth-key",
    "auth_key",
    "client-cert",
    "client_cert",
    "clientcert",
    "client-principal",
    "oidc",
    "saml",
    "assertion",
    "sessid",
    "passcode",
    "access-code",
    "access_code",
    "accesscode",
    "auth-code",
    "auth_code",
    "authcode",
    "pass-code",
    "pass_code",
    "pin-code",
    "pin_code",
    "pincode",
    "verification-code",
    "verification_code",
    "verificationcode",
    "security-code",
    "security_code",
    "recovery-code",
    "recovery_code",
    "backup-code",
    "backup_code",
    "one-time",
    "one_time",
    "magic-link",
    "magic_link",
    "magiclink",
    "userpass",
    "wpnonce",
    "protection-bypass",
    "private-access",
    "macaroon",
    "kerberos",
];

/// Words of names that say the same.
const WORDS: &[&str] = &[
    "key",
    "auth",
    "oauth",
    "otp",
    "otpcode",
    "pin",
    "pass",
    "pwd",
    "bearer",
    "csrf",
    "xsrf",
    "sid",
    "cred",
    "appkey",
    "ticket",
    "dpop",
    "wsse",
    "userinfo",
    "pat",
    "sas",
    "verify",
    "private",
    "sess",
    "mfa",
    "2fa",
    "tfa",
    "totp",
    "hotp",
    "otc",
    "psk",
    "sso",
    "jws",
    "jwe",
    "passkey",
    "authkey",
    "hashkey",
    "sharedkey",
    "masterkey",
    "privatekey",
    "signkey",
    "signingkey",
    "userkey",
    "devkey",
    "licensekey",
    "webhookkey",
    "encryptionkey",
    "creds",
    "ntlm",
    "negotiate",
    "bypass",
    "pwhash",
];

/// Whole names that say it in no word: Flutterwave's secret, and where browsers put a token that a WebSocket has no
/// other place for.
const NAMES: &[&str] = &["verif-hash", "sec-websocket-protocol"];

/// Names with such a word that are no secret.
const OPEN: &[&str] = &[
    "idempotency-key",
    "x-idempotency-key",
    "sec-websocket-key",
    "mac-address",
    "x-mac-address",
    // Of the body, without a key (RFC 3230).
    "digest",
    // What a mail server found of a sender.
    "authentication-results",
    "access-control-allow-private-network",
    "access-control-request-private-network",
];

/// Whole names of query parameters, beside those that would be sensitive as headers.
const PARAMETERS: &[&str] = &["code", "refresh", "policy", "oauth_verifier", "code_verifier", "digest", "st"];

/// Whether the value of a header of this name is a credential, a cookie or a signature. Blanks around the name, as
/// malformed heads have them, do not count.
#[must_use]
pub(crate) fn is_sensitive(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    !is_open(name) && (is_signature(name) || lets_in(name))
}

/// Whether it is a credential or a cookie, and more than a signature.
#[must_use]
pub(crate) fn is_credential(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    !is_open(name) && lets_in(name)
}

/// Whether the name says that its value is a signature, which grants no access.
pub(super) fn is_of_signature(name: &[u8]) -> bool {
    let name = name.trim_ascii();
    !is_open(name) && is_signature(name) && !lets_in(name)
}

/// Whether the value of a parameter of this (decoded) name is.
pub(super) fn is_sensitive_parameter(name: &[u8]) -> bool {
    is_sensitive(name) || PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

fn is_open(name: &[u8]) -> bool {
    is_one(name, OPEN)
}

fn is_signature(name: &[u8]) -> bool {
    let has = |known| words(name).any(|word| is_one(word, known));
    has(SIGNATURE_WORDS)
        || has(DIGEST_WORDS) && !has(DIGESTED)
        || holds(name, SIGNATURES)
        || is_one(name, SIGNATURE_NAMES)
}

fn lets_in(name: &[u8]) -> bool {
    words(name).any(|word| is_one(word, WORDS)) || holds(name, PARTS) || is_one(name, NAMES)
}

fn is_one(name: &[u8], known: &[&str]) -> bool {
    known.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// The words of a name, and the words of those that are written together (`userPwd`).
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let apart = name.split(|byte| !byte.is_ascii_alphanumeric());
    apart.flat_map(|word| {
        let together = word.chunk_by(|before, after| !(before.is_ascii_lowercase() && after.is_ascii_uppercase()));
        std::iter::once(word).chain(together)
    })
}

fn holds(name: &[u8], parts: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    parts.iter().any(|part| memchr::memmem::find(&name, part.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Catalogue;

    #[test]
    fn names_are_sensitive_by_their_words() {
        for name in [
            "Ocp-Apim-Subscription-Key",
            "X-Key",
            "X-Appkey",
            "X-Sentry-Auth",
            "X-Otp",
            "X-Pwd",
            "Paddle-Sig",
            "Sign",
            "verif-hash",
            "DPoP",
            "X-Amzn-Oidc-Data",
            "X-Wsse",
            "X-Mac",
            "X-Passphrase",
            "Cookie2",
            "Set-Cookie2",
            "X-Forwarded-Client-Cert",
            "Sec-WebSocket-Protocol",
            "X-MS-Client-Principal",
            "X-Endpoint-API-UserInfo",
            "Authorization ",
            "\tauthorization",
            "\0Authorization",
            "X-Signed-By",
        ] {
            assert!(is_sensitive(name.as_bytes()), "{name}");
        }
        for name in [
            "Idempotency-Key",
            "X-Mac-Address",
            "X-Monkey",
            "X-Passenger",
            "Keep-Alive",
            "Author",
            "Content-Type",
            "Host",
            "User-Agent",
            "X-Callaider-Event",
            "webhook-id",
            "Content-Digest",
            "Sec-WebSocket-Key",
            "Content-Security-Policy",
        ] {
            assert!(!is_sensitive(name.as_bytes()), "{name}");
        }
        for name in ["X-Auth", "X-Auth-Key", "X-Access-Key", "X-Jwt", "X-Api-Key", "x-session-id"] {
            assert!(is_sensitive(name.as_bytes()) && is_credential(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn names_that_say_it_in_other_words_are_sensitive_and_ordinary_ones_are_not() {
        let hidden = "Authentication X-Authentication Authentication-Info X-PAT X-SAS X-Access-Code X-Verify X-Digest \
            X-Checksum X-Hash X-Private PHPSESSID ASPSESSIONIDABC X-Passcode X-Pin-Code X-Verification-Code \
            X-2FA X-TOTP X-PSK X-SSO X-JWS X-AuthKey X-Hashkey X-Passkey X-Creds X-Vercel-Protection-Bypass \
            X-Macaroon X-Magic-Link X-UserPwd X-WebhookSig webhookPass X-One-Time-Code X-Proof";
        for name in hidden.split(' ') {
            assert!(is_sensitive(name.as_bytes()), "{name}");
        }
        let open = "Digest Repr-Digest Want-Digest Want-Content-Digest Content-MD5 X-Amz-Content-Sha256 \
            X-Amz-Checksum-Sha256 X-Goog-Hash X-Git-Commit-Hash ETag If-None-Match X-Request-Id \
            X-Correlation-Id Traceparent Tracestate Baggage X-B3-TraceId X-Amzn-Trace-Id Accept-Patch \
            X-Path X-Pattern X-Compat X-Assignee X-Verified X-Design Accept-Encoding \
            Access-Control-Request-Private-Network Authentication-Results Sec-WebSocket-Accept \
            Sec-CH-UA-Platform Upgrade-Insecure-Requests X-GitHub-Delivery X-GitHub-Hook-ID X-Shopify-Topic \
            Stripe-Version Webhook-Timestamp X-Slack-Request-Timestamp X-Forwarded-For X-Real-IP ce-id \
            Last-Event-ID Max-Forwards Priority Transfer-Encoding X-Powered-By X-Hashtag X-Stripe-Livemode";
        for name in open.split(' ') {
            assert!(!is_sensitive(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn parameters_are_sensitive_by_their_words_too() {
        for name in ["sas", "hash", "digest", "st", "checksum", "code", "userPwd", "signKey", "apiPass", "sso", "sess"]
        {
            assert!(is_sensitive_parameter(name.as_bytes()), "{name}");
        }
        for name in
            ["state", "status", "start", "host", "hashtag", "id", "ts", "event", "passenger", "designer", "path"]
        {
            assert!(!is_sensitive_parameter(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn no_scheme_of_the_catalogue_has_its_signature_in_the_open() {
        let mut places = 0;
        for scheme in Catalogue::default().schemes() {
            let from = &scheme.record()["signature"]["from"];
            let listed = from.as_array().cloned().unwrap_or_else(|| vec![from.clone()]);
            for place in listed.iter().filter_map(|place| place.as_str()?.split_once(':')) {
                let name = place.1.split('#').next().unwrap().trim_end_matches('*');
                let hidden = match place.0 {
                    "header" => is_sensitive(name.as_bytes()),
                    "query" => is_sensitive_parameter(name.as_bytes()),
                    // Bodies are exported as they are.
                    _ => continue,
                };
                assert!(hidden, "{}: {place:?}", scheme.id);
                places += 1;
            }
        }
        assert!(places > 150, "{places}");
    }

    #[test]
    fn a_signature_is_no_credential() {
        for name in ["Plaid-Verification", "X-Airtable-Content-MAC", "X-Trello-Webhook", "Sign", "X-Hub-Signature-256"]
        {
            assert!(is_sensitive(name.as_bytes()) && !is_credential(name.as_bytes()), "{name}");
        }
    }
}
