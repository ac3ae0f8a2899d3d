//! Two things wrong at once: the pairs that occur in practice.

use super::search::Search;
use super::variation::{with_body, with_url};
use super::{Finding, bodies, secrets, signed_content, urls};

pub(super) fn secret_and_content(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    let contents = signed_content::contents(search);
    for variant in secrets::variants(search, true) {
        for content in &contents {
            if let Some(hit) = search.hit_by(std::slice::from_ref(content.template()), &request, &variant.key) {
                let mut finding = signed_content::finding(search, content, hit, "");
                join(&mut finding, &variant.sentence, variant.fix);
                return Some(finding);
            }
        }
    }
    None
}

pub(super) fn secret_and_body(search: &mut Search<'_>) -> Option<Finding> {
    let variants = secrets::variants(search, true);
    if variants.is_empty() {
        return None;
    }
    bodies::each_likely(search, |search, body| {
        let request = with_body(&search.case.request, &body.bytes);
        variants.iter().find_map(|variant| {
            let hit = search.hit(&request, &variant.key)?;
            let sentence = format!("{} and for the body {}.", variant.sentence, body.how);
            let fix = format!("{} {}", variant.fix, body.fix);
            Some(search.found(hit, variant.code, &sentence, &fix))
        })
    })
}

pub(super) fn secret_and_url(search: &mut Search<'_>) -> Option<Finding> {
    if !search.signs_url() {
        return None;
    }
    let forms = urls::forms(search);
    for variant in secrets::variants(search, true) {
        for form in &forms {
            let request = with_url(&search.case.request, &form.url);
            if let Some(hit) = search.hit(&request, &variant.key) {
                let mut finding = urls::finding(search, form, hit, "");
                join(&mut finding, &variant.sentence, variant.fix);
                return Some(finding);
            }
        }
    }
    None
}

pub(super) fn content_and_body(search: &mut Search<'_>) -> Option<Finding> {
    let contents = signed_content::contents(search);
    let keys = search.keys();
    bodies::each_likely(search, |search, body| {
        let request = with_body(&search.case.request, &body.bytes);
        keys.iter().find_map(|(_, key)| {
            contents.iter().find_map(|content| {
                let hit = search.hit_by(std::slice::from_ref(content.template()), &request, key)?;
                let mut finding = signed_content::finding(search, content, hit, "");
                join(&mut finding, &format!("The signature is right for the body {}", body.how), body.fix);
                Some(finding)
            })
        })
    })
}

fn join(finding: &mut Finding, sentence: &str, fix: &str) {
    finding.sentence = format!("{sentence}, and: {}", finding.sentence);
    finding.fix = format!("{fix} {}", finding.fix);
}
