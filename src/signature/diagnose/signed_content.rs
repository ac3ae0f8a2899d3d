//! Other signed contents: the parts that other schemes sign, other text between the parts, other timestamps.

use super::Finding;
use super::contents::{LIKELY, RARE, RAREST};
use super::search::Search;
use super::time_units::{LEAST_MILLIS, converted, unit};
use crate::signature::received::shared_vars;
use crate::signature::request::View;
use crate::signature::template::Template;

const FIX: &str =
    "Sign what the scheme signs, or give the bin the scheme that the sender uses (a custom one if need be).";

const TIME_FIX: &str = "Sign the very text that is in the header.";

const UNSET_FIX: &str = "Look for a variable that has no value yet when the signature is made.";

const MOMENT_FIX: &str = "Take the time once: sign the very text that is sent.";

/// Offsets in seconds for a sender that reads the clock twice.
const SECONDS_OFF: [i64; 8] = [-1, 1, -2, 2, -3, 3, -4, 4];

/// What may have been signed in place of the scheme's own content.
pub(super) struct Content {
    /// The template's text as the finding's sentence shows it.
    words: String,
    template: Template,
    code: &'static str,
    /// If the time differs: the time as signed and as sent.
    times: Option<(String, String)>,
}

impl Content {
    /// The scheme's own content, with another text in place of the time that was sent.
    pub(super) fn of_time(template: Template, code: &'static str, signed: &str, sent: &str) -> Self {
        let words = template.text().to_owned();
        Self { words, template, code, times: Some((signed.to_owned(), sent.to_owned())) }
    }

    pub(super) const fn template(&self) -> &Template {
        &self.template
    }
}

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let contents = all_contents(search);
    first_of(search, &contents)
}

fn first_of(search: &mut Search<'_>, contents: &[Content]) -> Option<Finding> {
    let request = search.case.request;
    for (secret, key) in search.keys() {
        for content in contents {
            if let Some(hit) = search.hit_by(std::slice::from_ref(&content.template), &request, &key) {
                let label = search.label(secret);
                return Some(finding(search, content, hit, &format!(" with the secret{label}")));
            }
        }
    }
    None
}

/// The finding for a content that matched; `with` continues the sentence "The sender signed …".
pub(super) fn finding(search: &Search<'_>, content: &Content, hit: super::search::Hit, with: &str) -> Finding {
    if let Some((signed, sent)) = &content.times {
        let sentence = match (unit(signed), unit(sent)) {
            (..) if content.code == "timestamp_unset" => {
                let word = if signed.is_empty() { "nothing".to_owned() } else { format!("the word `{signed}`") };
                format!("The sender signed {word} in place of the time; {sent} was sent.")
            }
            (..) if content.code == "timestamp_other" => {
                format!("The sender signed another time than it sent: {signed} is signed, {sent} was sent.")
            }
            (one, other) if one == other => format!("The sender signed the time as {signed} but sent it as {sent}."),
            (one, other) => format!("The sender signed the time {one} ({signed}) but sent it {other}."),
        };
        let fix = match content.code {
            "timestamp_other" => MOMENT_FIX,
            "timestamp_unset" => UNSET_FIX,
            _ => TIME_FIX,
        };
        return search.found(hit, content.code, &sentence, fix);
    }
    let own = search.scheme.signed.first().map_or("", Template::text);
    let sentence = format!(
        "The sender signed `{}`{with}; the scheme {} signs `{}`.",
        content.words.escape_debug(),
        search.scheme.name,
        own.escape_debug()
    );
    search.found(hit, content.code, &sentence, FIX)
}

/// The likely contents, except the scheme's own. For each of them a second cause is searched as well.
pub(super) fn contents(search: &Search<'_>) -> Vec<Content> {
    let times = timestamps(search);
    let mut contents = timestamp_units(search, &times);
    contents.extend(patterns(search, LIKELY, &times));
    contents
}

/// The rarest contents; tried only for small bodies.
pub(super) fn rarest(search: &mut Search<'_>) -> Option<Finding> {
    if !search.is_small() {
        return None;
    }
    let times: Vec<(String, Option<String>)> =
        timestamps(search).into_iter().filter(|(_, from)| from.is_none()).collect();
    let contents = patterns(search, RAREST, &times);
    first_of(search, &contents)
}

/// The likely and the rare contents, and the scheme's own with another timestamp.
fn all_contents(search: &Search<'_>) -> Vec<Content> {
    let times = timestamps(search);
    let mut contents = timestamp_units(search, &times);
    contents.extend(timestamp_moments(search, &times));
    contents.extend(patterns(search, LIKELY, &times));
    let sent: Vec<(String, Option<String>)> = times.into_iter().filter(|(_, from)| from.is_none()).collect();
    contents.extend(patterns(search, RARE, &sent));
    contents
}

/// The patterns, filled in with each of these times and each id.
fn patterns(search: &Search<'_>, patterns: &[&str], times: &[(String, Option<String>)]) -> Vec<Content> {
    let ids = ids(search);
    let (own_times, own_ids) = (values(search, "timestamp"), values(search, "id"));
    let own: Vec<&str> = search.scheme.signed.iter().map(Template::text).collect();
    let mut contents = Vec::new();
    let may_be_form = may_be_form(search);
    for pattern in patterns.iter().filter(|pattern| may_be_form || !pattern.contains("{form")) {
        let (wants_time, wants_id) = (pattern.contains('T'), pattern.contains('I'));
        let no = [(String::new(), None)];
        let times: &[(String, Option<String>)] = if wants_time { times } else { &no };
        let no_id = [String::new()];
        let ids: &[String] = if wants_id { &ids } else { &no_id };
        for (time, _) in times {
            for id in ids {
                // A time or an id may contain a T or an I, so both are replaced in one pass.
                let text: String = pattern
                    .chars()
                    .map(|letter| match letter {
                        'T' => time.clone(),
                        'I' => id.clone(),
                        other => other.to_string(),
                    })
                    .collect();
                let words = pattern.replace('T', "{timestamp}").replace('I', "{id}");
                let is_own_time = !wants_time || own_times.contains(time);
                if own.contains(&words.as_str()) && is_own_time && (!wants_id || own_ids.contains(id)) {
                    continue;
                }
                if let Ok(template) = Template::parse(&text) {
                    // A request may have several times: one that is not the scheme's own is named in the sentence.
                    let words = if is_own_time { words } else { format!("{words} (with the timestamp as {time})") };
                    contents.push(Content { words, template, code: "signed_content", times: None });
                }
            }
        }
    }
    contents
}

/// The scheme's own templates with the timestamp in another unit.
fn timestamp_units(search: &Search<'_>, times: &[(String, Option<String>)]) -> Vec<Content> {
    let mut contents = Vec::new();
    for (time, sent) in times {
        let Some(sent) = sent else { continue };
        for own in &search.scheme.signed {
            if !own.text().contains("{timestamp}") {
                continue;
            }
            if let Ok(template) = Template::parse(&own.text().replace("{timestamp}", time)) {
                let words = own.text().replace("{timestamp}", time);
                let times = Some((time.clone(), sent.clone()));
                contents.push(Content { words, template, code: "timestamp_unit", times });
            }
        }
    }
    contents
}

/// Values that are tried as the timestamp; a converted one with the value it was made from.
pub(super) fn timestamps(search: &Search<'_>) -> Vec<(String, Option<String>)> {
    let mut found: Vec<String> = values(search, "timestamp");
    for field in search.case.request.headers {
        let (Ok(name), Some(value)) = (std::str::from_utf8(&field.name), field.value_str()) else { continue };
        let name = name.to_ascii_lowercase();
        let looks = name.contains("timestamp") || name.ends_with("-time") || name == "date" || name.ends_with("-ts");
        if looks && is_plain(value) {
            found.push(value.to_owned());
        }
    }
    dedup(&mut found);
    found.truncate(3);
    let mut all: Vec<(String, Option<String>)> = found.iter().map(|time| (time.clone(), None)).collect();
    for time in &found {
        for converted in converted(time) {
            if !all.iter().any(|(known, _)| *known == converted) {
                all.push((converted, Some(time.clone())));
            }
        }
    }
    all
}

/// The scheme's own templates with a different moment from the one that was sent.
fn timestamp_moments(search: &Search<'_>, times: &[(String, Option<String>)]) -> Vec<Content> {
    let sent: Vec<&String> = times.iter().filter(|(_, from)| from.is_none()).map(|(time, _)| time).collect();
    let mut contents = Vec::new();
    for time in &sent {
        let seconds = time.parse::<i64>().ok();
        let near = seconds.into_iter().flat_map(|time| {
            let step = if time >= LEAST_MILLIS { 1000 } else { 1 };
            SECONDS_OFF.iter().map(move |off| time.saturating_add(off * step).to_string())
        });
        let cut = seconds.filter(|time| *time >= LEAST_MILLIS).map(|time| (time / 1000 * 1000).to_string());
        let others = sent.iter().filter(|other| *other != time).map(|other| (*other).clone());
        for signed in near.chain(cut).chain(others) {
            for own in search.scheme.signed.iter().filter(|own| own.text().contains("{timestamp}")) {
                let words = own.text().replace("{timestamp}", &signed);
                if let Ok(template) = Template::parse(&words) {
                    let times = Some((signed.clone(), (*time).clone()));
                    contents.push(Content { words, template, code: "timestamp_other", times });
                }
            }
        }
    }
    contents
}

fn ids(search: &Search<'_>) -> Vec<String> {
    let mut found = values(search, "id");
    for field in search.case.request.headers {
        let (Ok(name), Some(value)) = (std::str::from_utf8(&field.name), field.value_str()) else { continue };
        let name = name.to_ascii_lowercase();
        let looks = name.ends_with("-id")
            || name.ends_with("-delivery")
            || name.ends_with("-nonce")
            || name == "idempotency-key";
        if looks && is_plain(value) {
            found.push(value.to_owned());
        }
    }
    dedup(&mut found);
    found.truncate(2);
    found
}

/// The values of that name: those sent with the signatures, and those from the scheme's own sources.
fn values(search: &Search<'_>, name: &str) -> Vec<String> {
    let mut found: Vec<String> = search
        .tokens
        .iter()
        .flat_map(|token| &token.vars)
        .filter(|(known, _)| known == name)
        .map(|(_, value)| value.clone())
        .collect();
    let view = View::new(&search.case.request, search.case.config);
    for (known, value) in shared_vars(&search.scheme, &view) {
        if known == name
            && let Ok(value) = std::str::from_utf8(&value)
        {
            found.push(value.to_owned());
        }
    }
    found.retain(|value| is_plain(value));
    found
}

/// Whether the body may be a form. JSON is none: it has no pairs that could be sorted or joined.
fn may_be_form(search: &Search<'_>) -> bool {
    let request = &search.case.request;
    let content_type = request.headers.get_str("content-type").unwrap_or_default();
    content_type.contains("form") || !matches!(request.body.trim_ascii_start().first(), Some(b'{' | b'['))
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.len() <= 100 && !value.contains(['{', '}'])
}

fn dedup(values: &mut Vec<String>) {
    let mut seen = Vec::new();
    values.retain(|value| {
        let is_new = !seen.contains(value);
        if is_new {
            seen.push(value.clone());
        }
        is_new
    });
}
