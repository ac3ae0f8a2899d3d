//! Header fields that the sender should send (`webhookHeaders` of CallAIder, `headers` of Pathors), and the check of a
//! request for them. Their values are mostly credentials, so only digests are kept and compared.

use sha2::{Digest as _, Sha256};

use super::finding::{Finding, MISSING, Place, Says, Severity};
use super::platform;
use crate::http::Headers;
use crate::model::ExpectedHeader;

/// The digest of a value as it is kept.
pub(crate) fn digest(value: &[u8]) -> String {
    hex::encode(Sha256::digest(value))
}

/// The expected header fields that are missing or different. No sentence repeats a value.
pub(crate) fn check(expected: &[ExpectedHeader], headers: &Headers, provider: Option<&str>) -> Vec<Finding> {
    let says = provider.and_then(platform::by_id).map(|platform| platform.custom_headers);
    let says = says.unwrap_or(Says::new("Expected headers", "set for this bin"));
    let finding = |name: &str, code, sentence| Finding {
        place: Place::Header(name.to_owned().into()),
        severity: Severity::Breaks,
        code,
        sentence,
        says,
    };
    let look = |one: &ExpectedHeader| {
        let mut values = headers.all(&one.name).peekable();
        if values.peek().is_none() {
            let sentence = format!("The header {} is missing, and this bin expects it.", one.name);
            return Some(finding(&one.name, MISSING, sentence));
        }
        let wanted = one.sha256.as_ref()?;
        if values.any(|value| digest(value) == *wanted) {
            return None;
        }
        let sentence = format!("The header {} has another value than this bin expects.", one.name);
        Some(finding(&one.name, "other_value", sentence))
    };
    expected.iter().filter_map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_different_is_told_without_a_value() {
        let expected = |name: &str, value: Option<&str>| ExpectedHeader {
            name: name.to_owned(),
            sha256: value.map(|value| digest(value.as_bytes())),
        };
        let all = [expected("authorization", Some("Basic 12345")), expected("X-Route", None), expected("X-Team", None)];
        let told = |fields: &[(&'static str, &'static str)], provider| {
            let headers: Headers = fields.iter().copied().collect();
            let found = check(&all, &headers, provider);
            found.iter().map(|one| (one.code, one.sentence.clone(), one.says.text)).collect::<Vec<_>>()
        };
        let right = [("Authorization", "Basic 12345"), ("x-route", ""), ("X-Team", "a")];
        assert_eq!(told(&right, None), []);
        let wrong = told(&[("Authorization", "Basic 99999"), ("X-Route", "a")], Some("callaider"));
        let codes: Vec<_> = wrong.iter().map(|(code, ..)| *code).collect();
        assert_eq!(codes, ["other_value", "missing"]);
        assert!(wrong.iter().all(|(_, sentence, says)| !sentence.contains("99999") && says.contains("webhookHeaders")));
        assert!(told(&[], Some("pathors"))[0].2.contains("Custom HTTP headers"));
    }
}
