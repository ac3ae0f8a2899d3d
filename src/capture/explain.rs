//! Why a signature is right or not: the verdict in full, and the diagnosis with all that this server knows.

use super::judge::Judge;
use super::{Capture, CaptureOptions};
use crate::http::{Head, Headers};
use crate::model::{Bin, CapturedRequest, Secret, SecretValue, SignatureStatus, Timestamp, filter::Filter};
use crate::signature::diagnose::{Case, Finding, OtherRequest, OtherSecret, diagnose_detected, diagnose_unknown};
use crate::signature::{Explanation, Scheme, SignedRequest};
use crate::store::{BinState, ListQuery, StoreError};

/// Settings to try in place of the bin's. They are not stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trial {
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
pub(crate) struct Explained {
    /// Verdict, freshness, what was signed.
    pub explanation: Explanation,
    /// Why it is not right; findings whose fix verifies come first. Empty when it is right.
    pub findings: Vec<Finding>,
}

/// How many neighbours of a request are checked for swapped bodies and replays, and their total bytes.
const NEIGHBOURS: usize = 20;
const NEIGHBOUR_BYTES: usize = 4 << 20;
/// The label of a tried secret; numbered when there are several.
const TRIED: &str = "tried";

impl Capture {
    /// Explains a stored request's verdict, with the bin's settings or others. `turn` is held until the work ends, even
    /// if the caller has left.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn explain(
        &self,
        bin: &BinState,
        request: CapturedRequest,
        trial: Trial,
        turn: impl Send + 'static,
    ) -> Result<Explained, StoreError> {
        let neighbours = self.neighbours(bin, &request).await?;
        let others: Vec<(String, Vec<Secret>)> = self
            .0
            .store
            .bins()
            .iter()
            // The newest first: the cause is most likely recent.
            .rev()
            .filter(|other| other.bin.id != bin.bin.id)
            .map(|other| {
                let name = other.bin.handle();
                (name, other.bin.secrets.clone())
            })
            .collect();
        let tried = tried(&bin.bin, trial);
        let judge = Judge::new(&tried, &self.0.options);
        let capture = self.clone();
        // Bounded, but long enough to block the other tasks of this thread.
        let work = move || {
            let _turn = turn;
            explain(&capture.0.options, &judge, &tried, &request, &neighbours, &others)
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Failed(error.to_string()))
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

/// A copy of the bin for one look: what is tried replaces what is set, and is not stored.
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
    options: &CaptureOptions,
    judge: &Judge,
    bin: &Bin,
    request: &CapturedRequest,
    neighbours: &[CapturedRequest],
    others: &[(String, Vec<Secret>)],
) -> Explained {
    let summary = &request.summary;
    let (method, headers) = (request.head.method(), request.head.headers());
    let (target, url) = (request.head.target(), judge.url(&request.head, &headers));
    let signed = SignedRequest {
        method: &method,
        url: &url,
        headers: &headers,
        body: &request.body,
        received_at: summary.received_at,
    };
    let mut explanation = judge.verifier().explain(&signed);
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
            let urls = other_urls(bin, &request.head, &headers, &options.base_url);
            let below = String::from_utf8_lossy(target.path_below_bin());
            let query = target.query().map(String::from_utf8_lossy);
            let case = Case {
                catalogue: &options.catalogue.now(),
                scheme,
                config: judge.verifier().config(),
                request: signed,
                secrets: &bin.secrets,
                other_secrets: &other_secrets,
                other_requests: &other_requests,
                urls: &urls,
                below: &below,
                query: query.as_deref(),
                complete: summary.complete,
                over_limit: summary.rejected == Some(crate::model::Rejection::BodyTooLarge),
                declared_size: summary.declared_size,
            };
            diagnose_detected(&case, alike)
        }
        // No scheme is recognised, but there is a secret: a field may still hold a signature.
        None if !bin.secrets.is_empty() => diagnose_unknown(&options.catalogue.now(), &signed, &bin.secrets),
        _ => Vec::new(),
    };
    // After the diagnosis, because the signature itself is right.
    judge.doubt(&mut explanation.verdict, &headers, &request.body);
    Explained { explanation, findings }
}

/// Other URLs under which the sender may know the bin: the capture address by id and by name, the `Host` that it sent,
/// and the public URL alone.
fn other_urls(bin: &Bin, head: &Head, headers: &Headers, base_url: &str) -> Vec<String> {
    let target = head.target();
    let below = String::from_utf8_lossy(target.path_below_bin()).into_owned();
    let query = target.query().map(|query| format!("?{}", String::from_utf8_lossy(query))).unwrap_or_default();
    let mut bases = vec![format!("{base_url}/{}", bin.id)];
    bases.extend(bin.settings.name.as_ref().map(|name| format!("{base_url}/{name}")));
    bases.extend(
        headers.get_str("Host").map(|host| format!("http://{host}/{}", String::from_utf8_lossy(target.bin_segment()))),
    );
    let with_the_rest = bases.into_iter().map(|base| format!("{base}{below}{query}"));
    // Some senders sign the configured URL without what they append to it.
    with_the_rest.chain(bin.settings.public_url.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BinId, BinSettings};
    use crate::signature::Config;
    use crate::signature::diagnose::diagnose;
    use crate::signature::{Algorithm, key::compute};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    fn bin(public_url: Option<&str>) -> Bin {
        let settings = BinSettings {
            public_url: public_url.map(str::to_owned),
            scheme: Some("square".into()),
            ..BinSettings::default()
        };
        let value = SecretValue::new("key".into());
        let secret = Secret { id: 1, label: "live".into(), value, created_at: Timestamp::default() };
        Bin { id: BinId::generate(), created_at: Timestamp::default(), settings, secrets: vec![secret] }
    }

    /// The finding for a request to this target that is signed for that URL, and the request's head.
    fn found(bin: &Bin, target: &str, extra: &str, signed: &str) -> (Head, Finding) {
        let mac = compute(Algorithm::HmacSha256, b"key", format!("{signed}{{}}").as_bytes()).unwrap();
        let signature = format!("x-square-hmacsha256-signature: {}", STANDARD.encode(mac));
        let head = Head::new(format!("POST {target} HTTP/1.1\r\nHost: h:1\r\n{extra}{signature}\r\n\r\n").into());
        let headers = head.headers();
        let options = CaptureOptions::default();
        let (arrived, url) = (head.target(), Judge::new(bin, &options).url(&head, &headers));
        let findings = diagnose(&Case {
            catalogue: &options.catalogue.now(),
            scheme: options.catalogue.now().scheme("square").unwrap(),
            config: &Config::default(),
            request: SignedRequest {
                method: "POST",
                url: &url,
                headers: &headers,
                body: b"{}",
                received_at: Timestamp::default(),
            },
            secrets: &bin.secrets,
            other_secrets: &[],
            other_requests: &[],
            urls: &other_urls(bin, &head, &headers, "http://127.0.0.1:9"),
            below: &String::from_utf8_lossy(arrived.path_below_bin()),
            query: arrived.query().map(String::from_utf8_lossy).as_deref(),
            complete: true,
            over_limit: false,
            declared_size: None,
        });
        let first = findings.into_iter().next().unwrap();
        assert!(first.verifies, "{target} {signed} {first:?}");
        (head, first)
    }

    #[test]
    fn a_sender_may_know_the_bin_by_its_id_its_name_its_host_or_the_public_url() {
        let target = "/seg/x%2Fy?q=1";
        for (name, public_url, host) in [(None, None, None), (Some("b"), Some("http://x.io/in"), Some("h:1"))] {
            let mut bin = bin(public_url);
            bin.settings.name = name.and_then(|name| name.parse().ok());
            let host_line = host.map(|host| format!("Host: {host}\r\n")).unwrap_or_default();
            let head = Head::new(format!("POST {target} HTTP/1.1\r\n{host_line}\r\n").into());
            let mut expected = vec![format!("http://127.0.0.1:9/{}/x%2Fy?q=1", bin.id)];
            expected.extend(name.map(|name| format!("http://127.0.0.1:9/{name}/x%2Fy?q=1")));
            expected.extend(host.map(|host| format!("http://{host}/seg/x%2Fy?q=1")));
            expected.extend(public_url.map(str::to_owned));
            assert_eq!(other_urls(&bin, &head, &head.headers(), "http://127.0.0.1:9"), expected);
        }
        let head = Head::new("POST /seg HTTP/1.1\r\n\r\n".into());
        let bin = bin(None);
        let bare = [format!("http://127.0.0.1:9/{}", bin.id)];
        assert_eq!(other_urls(&bin, &head, &head.headers(), "http://127.0.0.1:9"), bare);
    }

    #[test]
    fn what_is_tried_is_in_the_place_of_the_bins_own_and_the_rest_stays() {
        let own = bin(Some("http://x.io"));
        let secrets = |texts: &[&str]| Some(texts.iter().map(|text| SecretValue::new((*text).to_owned())).collect());
        let record = serde_json::json!({"id": "mine"});
        let none = Trial::default;
        let labels = |bin: &Bin| -> Vec<(String, String)> {
            bin.secrets.iter().map(|one| (one.label.clone(), one.value.expose().to_owned())).collect()
        };
        let labelled = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
        };
        let (square, url) = (Some("square"), Some("http://x.io"));
        for (trial, held, scheme, custom, public_url) in [
            (none(), &[("live", "key")][..], square, false, url),
            (Trial { secrets: secrets(&["a"]), ..none() }, &[("tried", "a")], square, false, url),
            (
                Trial { secrets: secrets(&["a", "b"]), ..none() },
                &[("tried 1", "a"), ("tried 2", "b")],
                square,
                false,
                url,
            ),
            (Trial { secrets: secrets(&[]), ..none() }, &[], square, false, url),
            (Trial { scheme: Some("github".into()), ..none() }, &[("live", "key")], Some("github"), false, url),
            (Trial { custom_scheme: Some(record), ..none() }, &[("live", "key")], None, true, url),
            (
                Trial { public_url: Some("http://y".into()), ..none() },
                &[("live", "key")],
                square,
                false,
                Some("http://y"),
            ),
        ] {
            let bin = tried(&own, trial);
            assert_eq!(labels(&bin), labelled(held));
            let settings = &bin.settings;
            assert_eq!((settings.scheme.as_deref(), settings.public_url.as_deref()), (scheme, public_url));
            assert_eq!(settings.custom_scheme.is_some(), custom);
        }
    }

    #[tokio::test]
    async fn what_is_not_right_is_explained_by_all_that_this_server_knows() {
        use crate::capture::tests::{Fixture, arrived};
        let fixture = Fixture::new();
        let provider = |id: &str| BinSettings { provider: Some(id.to_owned()), ..BinSettings::default() };
        let mac = |key: &str| hex::encode(compute(Algorithm::HmacSha256, key.as_bytes(), b"{}").unwrap());
        let signed = |key: &str| format!("X-Callaider-Signature: sha256={}\r\n", mac(key));
        let unknown = |key: &str| format!("X-Nobodys-Mac: {}\r\n", mac(key));
        fixture.bin(BinSettings::default(), Some("elsewhere")).await;
        let trial = |key: &str| Trial { secrets: Some(vec![SecretValue::new(key.to_owned())]), ..Trial::default() };
        let mine = || provider("callaider");
        for (settings, secret, fields, trial, valid, verifies) in [
            (mine(), Some("key"), signed("key"), Trial::default(), true, None),
            (mine(), Some("key"), signed("other"), Trial::default(), false, Some(false)),
            (mine(), Some("key"), signed("elsewhere"), Trial::default(), false, Some(true)),
            (mine(), Some("key"), signed("other"), trial("other"), true, None),
            (BinSettings::default(), Some("key"), unknown("key"), Trial::default(), false, Some(true)),
            (BinSettings::default(), None, unknown("key"), Trial::default(), false, None),
            (BinSettings::default(), None, unknown("key"), trial("key"), false, Some(true)),
        ] {
            let state = fixture.bin(settings, secret).await;
            let open = fixture.capture.open(std::sync::Arc::clone(&state));
            fixture.capture.receive(&open, arrived("POST", &fields, "{}")).await;
            let request = fixture.store.request(state.bin.id, crate::store::RequestRef::Latest).await.unwrap();
            let explained = fixture.capture.explain(&state, request, trial, ()).await.unwrap();
            let status = explained.explanation.verdict.status;
            assert_eq!(status == SignatureStatus::Valid, valid, "{fields} {status:?}");
            let first = explained.findings.first().map(|finding| finding.verifies);
            assert_eq!(first, verifies, "{fields} {:?}", explained.findings);
        }
    }

    #[tokio::test]
    async fn the_requests_around_one_are_its_neighbours_and_it_is_not() {
        use crate::capture::tests::{Fixture, arrived};
        let fixture = Fixture::new();
        let state = fixture.bin(BinSettings::default(), None).await;
        let other = fixture.bin(BinSettings::default(), None).await;
        let mut seqs = Vec::new();
        for _ in 0..60 {
            for (state, kept) in [(&state, true), (&other, false)] {
                let open = fixture.capture.open(std::sync::Arc::clone(state));
                let stored = fixture.capture.receive(&open, arrived("POST", "", "x")).await.stored.unwrap();
                seqs.extend(kept.then_some(stored.seq));
            }
        }
        for (at, around) in [(0, 0..40), (1, 0..40), (25, 5..45), (58, 38..60), (59, 39..60)] {
            let one = fixture.store.requests_after(state.bin.id, seqs[at] - 1, &Filter::default(), 1, 1).await.unwrap();
            let found = fixture.capture.neighbours(&state, &one[0]).await.unwrap();
            let found: Vec<_> = found.iter().map(|request| request.summary.seq).collect();
            let expected: Vec<_> = around.map(|at| seqs[at]).filter(|seq| *seq != seqs[at]).collect();
            assert_eq!(found, expected, "{at}");
        }
    }

    #[test]
    fn the_public_url_of_a_fix_makes_the_signature_right() {
        let forwarded = "X-Forwarded-Host: x.io\r\n";
        let original = "X-Forwarded-Host: x.io\r\nX-Original-URI: /in?t=1\r\n";
        for (public_url, target, extra, signed, expected) in [
            (None, "/b", forwarded, "https://x.io/b", "https://x.io/b"),
            (None, "/b/a/b", forwarded, "https://x.io/b/a/b", "https://x.io/b"),
            (None, "/b/a/b?q=1", forwarded, "https://x.io/b/a/b?q=1", "https://x.io/b"),
            (None, "/b", "", "https://h/b", "https://h/b"),
            (None, "/b", "", "http://h:1/b/", "http://h:1/b/"),
            (None, "/b/", "", "https://h:1/b/", "https://h:1/b"),
            (None, "/b", "X-Original-URI: /in?t=1\r\n", "http://h:1/in?t=1", "http://h:1/in?t=1"),
            (Some("http://x.io/in?t=1"), "/b/c", "", "https://x.io/in/c?t=1", "https://x.io/in?t=1"),
            (Some("http://x.io/in?t=1"), "/b/c", "", "http://x.io/in/c", "http://x.io/in"),
            (Some("http://x.io/in?t=1"), "/b?u=2", original, "https://x.io/in?u=2", "https://x.io/in"),
        ] {
            let mut bin = bin(public_url);
            let (head, finding) = found(&bin, target, extra, signed);
            assert_eq!(finding.fix, format!("Set the bin's public URL to `{expected}`."), "{target} {signed}");
            bin.settings.public_url = Some(expected.to_owned());
            let judge = Judge::new(&bin, &CaptureOptions::default());
            let judged = judge.judge(&head, &head.headers(), b"{}", Timestamp::default());
            assert_eq!(judged.derived.verdict.status, SignatureStatus::Valid, "{target} {signed}");
        }
    }

    #[test]
    fn what_no_public_url_can_mend_is_the_senders_or_a_proxys_to_mend() {
        for (public_url, target, signed) in [
            ("http://x.io/in", "/b?b=2&a=1", "http://x.io/in?a=1&b=2"),
            ("http://x.io/in", "/b?a=1", "http://x.io/in"),
            ("http://x.io/in", "/b?a=x%20y", "http://x.io/in?a=x+y"),
            ("http://x.io/in", "/b/", "http://x.io/in"),
            ("http://x.io/in", "/b/c%41", "http://x.io/in/cA"),
            ("http://x.io/in?t=1", "/b?t=2", "http://x.io/in?t=1"),
            ("http://x.io/in%20box", "/b", "http://x.io/in box"),
        ] {
            let (_, finding) = found(&bin(Some(public_url)), target, "", signed);
            assert!(finding.fix.starts_with("No setting of the bin can help: "), "{target} {signed} {}", finding.fix);
        }
    }
}
