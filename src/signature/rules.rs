//! The rules of a verdict that go beyond a single signature. `README.md` in this folder lists them with their sources.

use super::algorithm::Algorithm;
use super::encoding::Encoding;
use super::request::View;
use super::scheme::Scheme;
use super::source::Source;

/// A part of the signature that occurs more than once, which no scheme defines.
pub(super) struct Repeated {
    /// `header X-Callaider-Signature`
    pub(super) place: String,
    pub(super) count: usize,
}

/// The first place of the scheme (signature, timestamp, id) that the request fills more than once. Receivers take the
/// first, the last or both joined, so two receivers may check different values. Headers with a common prefix may be
/// several by design.
pub(super) fn repeated(scheme: &Scheme, view: &View<'_>) -> Option<Repeated> {
    let places = scheme.from.iter().chain(scheme.vars.iter().map(|(_, source)| source));
    places.filter(|source| !matches!(source, Source::HeaderPrefix(_))).find_map(|source| {
        let count = match source {
            // One that cannot be read is there too.
            Source::HeaderJson(name, _) => view.request.headers.all(name).count(),
            source => source.values(view).len(),
        };
        (count > 1).then(|| Repeated { place: source.to_string(), count })
    })
}

impl Repeated {
    pub(super) fn sentence(&self) -> String {
        let count = if self.count == 2 { "twice".to_owned() } else { format!("{} times", self.count) };
        format!("The {} is there {count}: receivers take the first, the last or both joined.", self.place)
    }
}

/// The version that a header next to the signature names (`X-HubSpot-Signature-Version: v2`), if the scheme has several
/// versions. `None` where there is no such header or it names no version.
pub(super) fn named_version(scheme: &Scheme, view: &View<'_>) -> Option<String> {
    version_of(scheme)?;
    let named = |name: &str| {
        let value = view.request.headers.get_str(&format!("{name}-version"))?.trim().to_ascii_lowercase();
        is_version(&value).then_some(value)
    };
    scheme.detect.iter().filter(|hint| !hint.is_prefix).find_map(|hint| named(&hint.name))
}

/// The version in the scheme's id: `v1` of `hubspot-v1`.
pub(super) fn version_of(scheme: &Scheme) -> Option<&str> {
    scheme.id.rsplit_once('-').map(|(_, version)| version).filter(|version| is_version(version))
}

fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Providers whose own signatures are in upper-case hex.
const UPPER_CASE: &[&str] = &["bridge", "oura", "scrapfly"];

/// What a stricter receiver would refuse in the text of a right signature.
pub(super) fn leniency(scheme: &Scheme, text: &str) -> Option<String> {
    let how = match scheme.encoding {
        Encoding::Hex if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            if UPPER_CASE.iter().any(|provider| scheme.id.starts_with(provider)) {
                return None;
            }
            "in upper-case hex"
        }
        Encoding::Base64 if text.contains(['-', '_']) => "in the base64 alphabet of URLs",
        Encoding::Base64 | Encoding::Base64Hex if !text.len().is_multiple_of(4) => "in base64 without its padding",
        Encoding::Base64url if text.contains(['+', '/']) => "in the standard base64 alphabet",
        Encoding::Hex | Encoding::Base64 | Encoding::Base64url | Encoding::Base64Hex | Encoding::Utf8 => return None,
    };
    Some(format!("Right, but written {how}: receivers that compare the text, as most libraries do, refuse it."))
}

/// Whether the two read their signature from a common place: then they are different readings of one signature.
pub(super) fn share_a_place(one: &Scheme, other: &Scheme) -> bool {
    one.from.iter().any(|source| match source {
        Source::Header(name) => {
            other.from.iter().any(|known| matches!(known, Source::Header(known) if known.eq_ignore_ascii_case(name)))
        }
        source => other.from.contains(source),
    })
}

/// Whether both are one provider's, by their ids: `github`, `github-sha1`.
pub(super) fn is_one_provider(one: &Scheme, other: &Scheme) -> bool {
    let provider = |scheme: &Scheme| match scheme.id.split('-').next().unwrap_or_default() {
        // GitHub's older header has the name that WebSub gave it.
        "hub" => "github".to_owned(),
        own => own.to_owned(),
    };
    provider(one) == provider(other)
}

/// Whether a right signature by `right` overrides a wrong one by `wrong`: of a provider's two signatures, the stronger
/// decides.
pub(super) fn outweighs(right: &Scheme, wrong: &Scheme) -> bool {
    is_one_provider(right, wrong) && strength(right.algorithm) > strength(wrong.algorithm)
}

const fn strength(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Ed25519
        | Algorithm::EcdsaP256Sha256
        | Algorithm::RsaSha256
        | Algorithm::RsaSha512
        | Algorithm::RsaPssSha256
        | Algorithm::RsaPssSha512
        | Algorithm::Jws => 9,
        Algorithm::HmacSha512 => 8,
        Algorithm::HmacSha384 => 7,
        Algorithm::HmacSha256 | Algorithm::JwsHmac => 6,
        Algorithm::HmacSha224 => 5,
        Algorithm::HmacSha1 | Algorithm::RsaSha1 | Algorithm::EcdsaP256Sha1 => 4,
        Algorithm::HmacMd5 => 3,
        Algorithm::DigestSha512 | Algorithm::DigestSha384 | Algorithm::DigestSha256 => 2,
        Algorithm::DigestSha1 | Algorithm::DigestMd5 => 1,
        Algorithm::Equal => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(id: &str, fields: &serde_json::Value) -> Scheme {
        let mut record = serde_json::json!({"id": id, "signature": {"from": "header:X"}, "signed": "{secret}{body}"});
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Scheme::from_json(&record).unwrap()
    }

    #[test]
    fn of_a_providers_two_signatures_the_stronger_decides() {
        // From the strongest on; those of one row are alike.
        let order: [&[Algorithm]; 10] = [
            &[
                Algorithm::Ed25519,
                Algorithm::EcdsaP256Sha256,
                Algorithm::RsaSha256,
                Algorithm::RsaSha512,
                Algorithm::RsaPssSha256,
                Algorithm::RsaPssSha512,
                Algorithm::Jws,
            ],
            &[Algorithm::HmacSha512],
            &[Algorithm::HmacSha384],
            &[Algorithm::HmacSha256, Algorithm::JwsHmac],
            &[Algorithm::HmacSha224],
            &[Algorithm::HmacSha1, Algorithm::RsaSha1, Algorithm::EcdsaP256Sha1],
            &[Algorithm::HmacMd5],
            &[Algorithm::DigestSha512, Algorithm::DigestSha384, Algorithm::DigestSha256],
            &[Algorithm::DigestSha1, Algorithm::DigestMd5],
            &[Algorithm::Equal],
        ];
        assert_eq!(order.concat().len(), Algorithm::ALL.len());
        let of = |id: &str, algorithm: &Algorithm| scheme(id, &serde_json::json!({"algorithm": algorithm}));
        let row = |of: &Algorithm| order.iter().position(|row| row.contains(of)).unwrap();
        for one in order.concat() {
            for other in order.concat() {
                let (right, wrong) = (of("acme-a", &one), of("acme-b", &other));
                assert_eq!(outweighs(&right, &wrong), row(&one) < row(&other), "{one:?} {other:?}");
                assert!(!outweighs(&right, &of("other", &other)), "another provider's");
            }
        }
        let is_one =
            |one: &str, other: &str| is_one_provider(&of(one, &Algorithm::Equal), &of(other, &Algorithm::Equal));
        assert!(is_one("github", "hub-sha1") && is_one("github-a", "github-b") && !is_one("git-a", "github-a"));
    }

    #[test]
    fn what_a_stricter_receiver_refuses_is_said_of_each_encoding() {
        let of = |id: &str, encoding: &str, text: &str| {
            let scheme = scheme(id, &serde_json::json!({"encoding": encoding}));
            leniency(&scheme, text)
                .map(|sentence| sentence["Right, but written ".len()..].split(':').next().unwrap().to_owned())
        };
        for (encoding, text, how) in [
            ("hex", "0aB1", Some("in upper-case hex")),
            ("hex", "0ab1", None),
            ("base64", "a-b/", Some("in the base64 alphabet of URLs")),
            ("base64", "a+b_", Some("in the base64 alphabet of URLs")),
            ("base64", "abc", Some("in base64 without its padding")),
            ("base64", "abc=", None),
            ("base64-hex", "ab", Some("in base64 without its padding")),
            ("base64-hex", "abCD", None),
            ("base64url", "a+b", Some("in the standard base64 alphabet")),
            ("base64url", "a/b", Some("in the standard base64 alphabet")),
            ("base64url", "a-b", None),
            ("utf8", "aB+", None),
        ] {
            assert_eq!(of("acme", encoding, text).as_deref(), how, "{encoding} {text}");
        }
        // These write so themselves.
        assert_eq!((of("oura", "hex", "AB"), of("bridge-v2", "hex", "AB")), (None, None));
    }

    #[test]
    fn a_version_is_a_v_and_one_or_two_digits() {
        for (id, version) in [
            ("acme-v1", Some("v1")),
            ("acme-v12", Some("v12")),
            ("acme-v123", None),
            ("acme-v", None),
            ("acme-1", None),
            ("acme-vx", None),
            ("v1", None),
        ] {
            assert_eq!(version_of(&scheme(id, &serde_json::json!({}))), version, "{id}");
        }
    }

    #[test]
    fn how_often_a_part_is_there_is_said() {
        let said = |count| Repeated { place: "header X".to_owned(), count }.sentence();
        assert!(said(2).starts_with("The header X is there twice: "));
        assert!(said(3).starts_with("The header X is there 3 times: "));
    }
}
