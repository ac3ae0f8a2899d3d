//! Other contents: what other schemes sign of the same request, other joiners, other timestamps.

use super::Finding;
use super::search::Search;
use crate::model::Timestamp;
use crate::signature::received::shared_vars;
use crate::signature::request::View;
use crate::signature::template::Template;
use crate::signature::timestamp::Unit;

/// What is signed somewhere, likely ones first. `T` is a timestamp, `I` an id.
const LIKELY: &[&str] = &[
    "{body}",
    "T.{body}",
    "I.T.{body}",
    "{body}.T",
    "T{body}",
    "T:{body}",
    "v0:T:{body}",
    "v1:T:{body}",
    "{body}T",
    "{body}:T",
    "T,{body}",
    "T|{body}",
    "T_{body}",
    "T-{body}",
    "T\n{body}",
    "T.I.{body}",
    "IT{body}",
    "I:T:{body}",
    "I.{body}",
    "I{body}",
    "{body}I",
    "{url}{body}",
    "{body}{url}",
    "{method}{url}{body}",
    "{url}",
    "{url}{form|sort_concat}",
    "{url}{form|concat}",
    "{path_query}{body}",
    "{method}{path_query}{body}",
    "{body|sha256|hex}",
    "{body|base64}",
    "T.{body|sha256|hex}",
    "sha256={body}",
    "T",
    "I.T",
];

/// The rest; tried with the request's own times alone.
const RARE: &[&str] = &[
    "{method}{url}{body}T",
    "{url}{form|sort_pairs}",
    "{url_no_query}{form|sort_concat}",
    "{url_no_query}",
    "{url_no_query}{body}",
    "{form|sort_concat}",
    "{form|concat}",
    "{form|sort_pairs}",
    "{path}{body}",
    "{method}\n{path_query}\n{body}",
    "{method}\n{path_query}\nT\n{body|sha256|hex}",
    "T{method}{path_query}{body}",
    "{body|sha256}",
    "T.{body|base64}",
    "T.{body|sha256}",
    "T{body|sha256|hex}",
    "{body|sha256|base64}",
    "{body|md5|hex}",
    "{body|sha1|hex}",
    "{body|sha512|hex}",
    "{body|hex}",
    "{body|sha256|hex|upper}",
    "{body|lower}",
    "{method}{body}",
    "{method}.{body}",
    "{method} {url}\n{body}",
    "{method}{path}T{body}",
    "{method}{path}{body}T",
    "T{method}{path}{body}",
    "T.{url}.{body}",
    "T{url}{body}",
    "{url}T{body}",
    "{url}.{body}",
    "{url}\n{body}",
    "{url}|{body}",
    "{path}\n{body}",
    "T {body}",
    "{body}|T",
    "{body},T",
    "{body}-T",
    "{body}\nT",
    "I{body}T",
    "I:{body}",
    "I|T|{body}",
    "I-T-{body}",
    "IT.{body}",
    "TI{body}",
    "T:I:{body}",
    "T|I|{body}",
    "v1.T.{body}",
    "v0.T.{body}",
    "v1:{body}",
    "v0:{body}",
    "v1{body}",
    "v0{body}",
    "v1.{body}",
    "v2:T:{body}",
    "v2.T.{body}",
    "v1T{body}",
    "t=T.{body}",
    "t=T,{body}",
    "timestamp=T&{body}",
    "{secret}{body}",
    "{body}{secret}",
    "{secret}.{body}",
    "{secret}T{body}",
    "T{secret}{body}",
    "T{body}{secret}",
    "sha1={body}",
    "body={body}",
    "payload={body}",
    "{body}{body}",
    "I",
    "{secret}",
];

const FIX: &str =
    "Sign what the scheme signs, or give the bin the scheme that the sender uses (a custom one if need be).";

const TIME_FIX: &str = "Sign the very text that is in the header.";

const MOMENT_FIX: &str = "Take the time once: sign the very text that is sent.";

/// A content that differs from the scheme's.
pub(super) struct Content {
    /// As a template, for the sentence.
    words: String,
    template: Template,
    code: &'static str,
    /// For another unit of the time: the time as signed and as sent.
    times: Option<(String, String)>,
}

impl Content {
    pub(super) const fn template(&self) -> &Template {
        &self.template
    }
}

pub(super) fn find(search: &mut Search<'_>) -> Option<Finding> {
    let request = search.case.request;
    let contents = all_contents(search);
    for (secret, key) in search.keys() {
        for content in &contents {
            if let Some(hit) = search.hit_by(std::slice::from_ref(&content.template), &request, &key) {
                let label = search.label(secret);
                return Some(finding(search, content, hit, &format!(" with the secret{label}")));
            }
        }
    }
    None
}

/// The finding for a content that matched; `with` goes on after "The sender signed … ".
pub(super) fn finding(search: &Search<'_>, content: &Content, hit: super::search::Hit, with: &str) -> Finding {
    if let Some((signed, sent)) = &content.times {
        let sentence = match (unit(signed), unit(sent)) {
            (..) if content.code == "timestamp_other" => {
                format!("The sender signed another time than it sent: {signed} is signed, {sent} was sent.")
            }
            (one, other) if one == other => format!("The sender signed the time as {signed} but sent it as {sent}."),
            (one, other) => format!("The sender signed the time {one} ({signed}) but sent it {other}."),
        };
        let fix = if content.code == "timestamp_other" { MOMENT_FIX } else { TIME_FIX };
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

/// The likely contents, without the scheme's own; for these a second cause is looked for as well.
pub(super) fn contents(search: &Search<'_>) -> Vec<Content> {
    let times = timestamps(search);
    let mut contents = timestamp_units(search, &times);
    contents.extend(patterns(search, LIKELY, &times));
    contents
}

/// All of them.
fn all_contents(search: &Search<'_>) -> Vec<Content> {
    let times = timestamps(search);
    let mut contents = timestamp_units(search, &times);
    contents.extend(timestamp_moments(search, &times));
    contents.extend(patterns(search, LIKELY, &times));
    let sent: Vec<(String, Option<String>)> = times.into_iter().filter(|(_, from)| from.is_none()).collect();
    contents.extend(patterns(search, RARE, &sent));
    contents
}

/// The patterns with each of these times and each id.
fn patterns(search: &Search<'_>, patterns: &[&str], times: &[(String, Option<String>)]) -> Vec<Content> {
    let ids = ids(search);
    let (own_times, own_ids) = (values(search, "timestamp"), values(search, "id"));
    let own: Vec<&str> = search.scheme.signed.iter().map(Template::text).collect();
    let mut contents = Vec::new();
    for pattern in patterns {
        let (wants_time, wants_id) = (pattern.contains('T'), pattern.contains('I'));
        let no = [(String::new(), None)];
        let times: &[(String, Option<String>)] = if wants_time { times } else { &no };
        let no_id = [String::new()];
        let ids: &[String] = if wants_id { &ids } else { &no_id };
        for (time, converted_from) in times {
            for id in ids {
                // Times and ids may hold these two letters themselves, so both are put in at one go.
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
                    // Of two times in a request the sentence says which one.
                    let is_told = converted_from.is_some() || wants_time && !own_times.contains(time);
                    let words = if is_told { format!("{words} (with the timestamp as {time})") } else { words };
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

/// Values that are tried for the timestamp, with what they were converted from.
fn timestamps(search: &Search<'_>) -> Vec<(String, Option<String>)> {
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

/// Seconds that pass between two looks at the clock.
const SECONDS_OFF: [i64; 8] = [-1, 1, -2, 2, -3, 3, -4, 4];

/// The scheme's own templates with another moment than the one that was sent.
fn timestamp_moments(search: &Search<'_>, times: &[(String, Option<String>)]) -> Vec<Content> {
    let sent: Vec<&String> = times.iter().filter(|(_, from)| from.is_none()).map(|(time, _)| time).collect();
    let mut contents = Vec::new();
    for time in &sent {
        let seconds = time.parse::<i64>().ok();
        let near = seconds.into_iter().flat_map(|time| {
            // Milliseconds have thirteen digits.
            let step = if time >= 100_000_000_000 { 1000 } else { 1 };
            SECONDS_OFF.iter().map(move |off| (time + off * step).to_string())
        });
        let cut = seconds.filter(|time| *time >= 100_000_000_000).map(|time| (time / 1000 * 1000).to_string());
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

/// How a time is written, in words.
fn unit(time: &str) -> &'static str {
    match () {
        () if !time.bytes().all(|byte| byte.is_ascii_digit()) => "as a date",
        // Seconds have ten digits for three centuries, milliseconds thirteen.
        () if time.len() >= 13 => "in milliseconds",
        () => "in seconds",
    }
}

/// The same moment in other units.
fn converted(time: &str) -> Vec<String> {
    let guessed = [Unit::S, Unit::Rfc3339, Unit::HttpDate].into_iter().find_map(|unit| {
        let moment = unit.parse(time)?;
        // Seconds have ten digits for three centuries, milliseconds thirteen.
        Some(if unit == Unit::S && time.len() >= 13 { Unit::Ms.parse(time)? } else { moment })
    });
    let Some(moment) = guessed else { return Vec::new() };
    let without_fraction = Timestamp::from_secs(moment.as_secs()).to_string().replace(".000Z", "Z");
    let mut all = vec![Unit::S.format(moment), Unit::Ms.format(moment), without_fraction, moment.to_string()];
    all.retain(|other| other != time);
    all
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

/// The values of that name beside the signatures and in the scheme's own sources.
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
