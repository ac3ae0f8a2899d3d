//! Derives verdict, freshness, event facts and handshake from a request and a bin's settings: when a request arrives,
//! and again whenever a secret, a scheme or a provider changes.

use std::borrow::Cow;

use super::CaptureOptions;
use crate::http::{Head, Headers, coding, text::lossy};
use crate::model::{Bin, Derived, SignatureMode, SignatureStatus, Timestamp, Verdict};
use crate::provider::{self, EventInput};
use crate::signature::handshake::{self, BinSetting, HandshakeRequest, HandshakeResponse, Learnt};
use crate::signature::{SignedRequest, Verifier};

/// A bin's settings and secrets, ready to judge requests.
#[derive(Debug)]
pub(super) struct Judge {
    verifier: Verifier,
    provider: Option<String>,
    scheme: Option<String>,
    enforce: bool,
    secrets: Vec<crate::model::Secret>,
    public_url: Option<PublicUrl>,
}

/// The URL that a sender was given.
#[derive(Debug)]
struct PublicUrl {
    /// Up to the query.
    base: String,
    /// The query for requests that have none.
    query: Option<String>,
}

impl PublicUrl {
    fn new(url: &str) -> Self {
        let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query.to_owned())));
        Self { base: base.to_owned(), query }
    }
}

/// The facts derived from a request.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// What is stored with the request: verdict, freshness and event facts.
    pub derived: Derived,
    /// The response, when the request is a provider's handshake.
    pub handshake: Option<HandshakeResponse>,
    /// A secret that the handshake handed over.
    pub learn: Option<Learnt>,
}

impl Judge {
    /// Prepares the bin's secrets and scheme. The server's public URL counts for bins that have none of their own.
    #[must_use]
    pub(super) fn new(bin: &Bin, options: &CaptureOptions) -> Self {
        let settings = &bin.settings;
        let provider = settings.provider.as_deref();
        let scheme = settings.scheme.clone().or_else(|| provider.and_then(provider::scheme_of).map(Cow::into_owned));
        Self {
            verifier: Verifier::of_bin(&options.catalogue.now(), bin, &provider::schemes_of_bin(bin)),
            provider: settings.provider.clone(),
            // A custom scheme takes its place; it has no known handshake.
            scheme: if settings.custom_scheme.is_some() { Some("custom".to_owned()) } else { scheme },
            enforce: settings.signature_mode == SignatureMode::Enforce,
            secrets: bin.secrets.clone(),
            public_url: match (&settings.public_url, &options.public_url) {
                (Some(own), _) => Some(PublicUrl::new(own)),
                (None, servers) => servers.as_ref().map(|url| PublicUrl::new(&format!("{url}/{}", bin.id))),
            },
        }
    }

    /// Whether two states of a bin may judge a request differently.
    #[must_use]
    pub(super) fn may_differ(before: &Bin, after: &Bin) -> bool {
        let (old, new) = (&before.settings, &after.settings);
        old.provider != new.provider
            || old.scheme != new.scheme
            || old.custom_scheme != new.custom_scheme
            || old.public_url != new.public_url
            || before.secrets != after.secrets
    }

    #[must_use]
    pub(super) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The URL of a request as its sender knows it, which is what some schemes sign: the public URL (else what the
    /// sender's `Host` and path say), then the path below the bin, then the query as sent (else the public URL's own).
    #[must_use]
    pub(super) fn url(&self, head: &Head, headers: &Headers) -> String {
        let target = head.target();
        // Runs for every request, so the URL is built in one allocation.
        let mut url = String::with_capacity(128 + target.raw().len());
        if let Some(configured) = &self.public_url {
            url.push_str(&configured.base);
        } else {
            url.push_str("http://");
            url.push_str(&headers.get("Host").map(|host| lossy(host)).unwrap_or_default());
            url.push('/');
            url.push_str(&lossy(target.bin_segment()));
        }
        let below = lossy(target.path_below_bin());
        if url.ends_with('/') && below.starts_with('/') {
            // A configured URL is signed as it was configured, unless that would double the slash.
            url.pop();
        }
        url.push_str(&below);
        let configured = self.public_url.as_ref().and_then(|url| url.query.as_deref());
        if let Some(query) = target.query().map(lossy).or(configured.map(Cow::Borrowed)) {
            url.push('?');
            url.push_str(&query);
        }
        url
    }

    fn bin(&self) -> BinSetting<'_> {
        BinSetting { provider: self.provider.as_deref(), scheme: self.scheme.as_deref(), enforce: self.enforce }
    }

    /// A right signature proves nothing where a handshake may have computed it: any sender can ask for that.
    pub(super) fn doubt(&self, verdict: &mut Verdict, headers: &Headers, body: &[u8]) {
        if verdict.status == SignatureStatus::Valid && handshake::may_have_signed(self.bin(), headers, body) {
            verdict.status = SignatureStatus::Invalid;
            verdict.reason = Some(
                "The signature is right, but what it signs has the form of a challenge: it may come from a handshake."
                    .to_owned(),
            );
        }
    }

    /// Computes verdict, event facts and handshake. Event facts are read from the decoded body, the rest from the body
    /// as sent.
    #[must_use]
    pub(super) fn judge(&self, head: &Head, headers: &Headers, body: &[u8], received_at: Timestamp) -> Judgement {
        let (method, target) = (head.method(), head.target());
        let url = self.url(head, headers);
        let (mut verdict, freshness) =
            self.verifier.judge(&SignedRequest { method: &method, url: &url, headers, body, received_at });
        self.doubt(&mut verdict, headers, body);
        let read = coding::plain(headers.get_str("content-encoding"), body);
        let json = provider::json_of(headers, &read);
        let input = EventInput { headers, body: &read, json: &json, query: target.query() };
        let mut event = provider::facts(self.provider.as_deref(), verdict.scheme.as_deref(), &input);
        let unproven = !matches!(verdict.status, SignatureStatus::Valid | SignatureStatus::UnsignedScheme);
        if verdict.status == SignatureStatus::Invalid || (unproven && !self.secrets.is_empty()) {
            // A request that may be forged gets no duplicate key: the real event that comes later is no repeat of it.
            event.duplicate_key = None;
        }
        let request = HandshakeRequest { method: &method, url: &url, headers, query: target.query(), body };
        let handshake = handshake::recognise(self.bin(), &request, &self.secrets, &verdict);
        let (handshake, learn) = match handshake {
            None => (None, None),
            Some(found) => {
                event.handshake = Some(found.id.to_owned());
                (Some(found.response), found.learn)
            }
        };
        Judgement { derived: Derived { verdict, freshness, event }, handshake, learn }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BinId, BinSettings};

    #[test]
    fn the_url_is_the_one_that_the_sender_was_given_with_what_it_added() {
        let long = "x".repeat(200);
        for (configured, target, expected) in [
            (None, "/b", "http://h:1/b"),
            (None, "/b/x?a=1&a=2", "http://h:1/b/x?a=1&a=2"),
            (Some("https://p.example/in"), "/b", "https://p.example/in"),
            (Some("https://p.example/in"), "/b/x?", "https://p.example/in/x?"),
            (Some("https://p.example/"), "/b/", "https://p.example/"),
            (Some("https://p.example/in?t=1"), "/b", "https://p.example/in?t=1"),
            (Some("https://p.example/in?t=1"), "/b/x", "https://p.example/in/x?t=1"),
            (Some("https://p.example/in?t=1"), "/b?t=2", "https://p.example/in?t=2"),
            (Some("https://p.example/in"), &format!("/b/{long}"), &format!("https://p.example/in/{long}")),
        ] {
            let settings = BinSettings { public_url: configured.map(str::to_owned), ..BinSettings::default() };
            let bin = Bin { id: BinId::generate(), created_at: Timestamp::default(), settings, secrets: Vec::new() };
            let head = Head::new(format!("POST {target} HTTP/1.1\r\nHost: h:1\r\n\r\n").into());
            let judge = Judge::new(&bin, &CaptureOptions::default());
            assert_eq!(judge.url(&head, &head.headers()), expected, "{configured:?} {target}");
        }
    }

    /// The verdict and the event's duplicate key in a bin of this provider with this secret.
    fn judged(provider: &str, secret: Option<&str>, fields: &str, body: &[u8]) -> Derived {
        let settings = BinSettings { provider: Some(provider.to_owned()), ..BinSettings::default() };
        let secrets = secret.into_iter().map(|text| crate::model::Secret {
            id: 1,
            label: "live".into(),
            value: crate::model::SecretValue::new(text.to_owned()),
            created_at: Timestamp::default(),
        });
        let bin = Bin { id: BinId::generate(), created_at: Timestamp::default(), settings, secrets: secrets.collect() };
        let head = Head::new(format!("POST /b HTTP/1.1\r\nHost: h:1\r\n{fields}\r\n").into());
        Judge::new(&bin, &CaptureOptions::default()).judge(&head, &head.headers(), body, Timestamp::default()).derived
    }

    #[test]
    fn a_header_of_the_users_own_is_the_proof_where_nothing_is_signed() {
        for (secret, fields, status) in [
            (Some("Bearer tok-1"), "Authorization: Bearer tok-1\r\n", SignatureStatus::Valid),
            (Some("Bearer tok-1"), "Authorization: Bearer wrong\r\n", SignatureStatus::Invalid),
            (Some("Bearer tok-1"), "", SignatureStatus::Missing),
            (None, "Authorization: Bearer tok-1\r\n", SignatureStatus::UnsignedScheme),
        ] {
            assert_eq!(judged("pathors", secret, fields, b"{}").verdict.status, status, "{secret:?} {fields}");
        }
    }

    #[test]
    fn a_handshake_is_that_of_the_bins_own_platform() {
        let body = br#"{"token":"t","challenge":"c","type":"url_verification"}"#;
        for (provider, handshake) in
            [("slack", Some("slack-url-verification")), ("lark", Some("lark-url-verification")), ("github", None)]
        {
            let derived = judged(provider, None, "Content-Type: application/json\r\n", body);
            assert_eq!(derived.event.handshake.as_deref(), handshake, "{provider}");
        }
    }

    #[test]
    fn a_right_signature_of_what_a_handshake_signs_is_doubted_and_no_other() {
        let headers: Headers = [("Content-Type", "application/json")].into_iter().collect();
        for (provider, body, status, expected) in [
            ("zoom", "token", SignatureStatus::Valid, SignatureStatus::Invalid),
            ("zoom", "{}", SignatureStatus::Valid, SignatureStatus::Valid),
            ("github", "token", SignatureStatus::Valid, SignatureStatus::Valid),
            ("zoom", "token", SignatureStatus::Missing, SignatureStatus::Missing),
        ] {
            let settings = BinSettings { provider: Some(provider.to_owned()), ..BinSettings::default() };
            let bin = Bin { id: BinId::generate(), created_at: Timestamp::default(), settings, secrets: Vec::new() };
            let mut verdict = Verdict { status, ..Verdict::unsigned() };
            Judge::new(&bin, &CaptureOptions::default()).doubt(&mut verdict, &headers, body.as_bytes());
            assert_eq!(verdict.status, expected, "{provider} {body}");
            assert_eq!(verdict.reason.is_some(), expected != status, "{provider} {body}");
        }
    }

    #[test]
    fn each_of_a_providers_schemes_is_tried_and_the_right_one_named() {
        use crate::signature::Algorithm;
        use crate::signature::key::compute;
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        // GitLab's signing token is a Standard Webhooks secret; its older secret token is compared.
        let key = b"0123456789abcdefghijklmn";
        let (secret, body) = (format!("whsec_{}", STANDARD.encode(key)), br#"{"object_kind":"push"}"#);
        let mac = compute(Algorithm::HmacSha256, key, &[b"id-1.0.", &body[..]].concat()).unwrap();
        let signed =
            format!("webhook-id: id-1\r\nwebhook-timestamp: 0\r\nwebhook-signature: v1,{}\r\n", STANDARD.encode(mac));
        let verdict = judged("gitlab", Some(&secret), &signed, body).verdict;
        assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Valid, Some("standard-webhooks")));
        let verdict = judged("gitlab", Some("tok"), "X-Gitlab-Token: tok\r\n", body).verdict;
        assert_eq!((verdict.status, verdict.scheme.as_deref()), (SignatureStatus::Valid, Some("gitlab")));
    }

    #[test]
    fn a_forged_event_is_the_first_of_nothing() {
        let body = br#"{"event":"session.ended","sessionId":"s-1","timestamp":"2026-05-28T12:34:56.789Z"}"#;
        let mac = crate::signature::key::compute(crate::signature::Algorithm::HmacSha256, b"key", body).unwrap();
        let right = format!("X-Callaider-Signature: sha256={}\r\n", hex::encode(mac));
        let wrong = format!("X-Callaider-Signature: sha256={}\r\n", "0".repeat(64));
        let (real, forged) =
            (judged("callaider", Some("key"), &right, body), judged("callaider", Some("key"), &wrong, body));
        assert!(real.event.duplicate_key.is_some() && forged.event.duplicate_key.is_none());
        assert_eq!(forged.event.session.as_deref(), Some("s-1"));
    }
}
