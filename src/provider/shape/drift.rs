//! How a body differs from earlier ones.

use super::{Kind, Shape};
use crate::json::step_of;
use crate::provider::finding::{Finding, MISSING, Place, Says, Severity};

/// How many bodies must have come before differences are reported.
const MIN_SEEN: u32 = 3;
/// Most findings listed.
const MAX_FINDINGS: usize = 50;

const BEFORE: Says = Says::new("What came before", "learnt from the earlier requests with this event");

const LAST: Says = Says::new("What came last", "the last request with this event");

/// Differences of a body from the earlier bodies of its event: new, missing, of another type, or a value never seen
/// before.
pub(crate) fn drift(before: &Shape, json: &[u8]) -> Vec<Finding> {
    told(before, json, MIN_SEEN, BEFORE)
}

/// Differences of a body from the last one of its event: new, missing, or of another type.
pub(crate) fn differences(last: &Shape, json: &[u8]) -> Vec<Finding> {
    told(last, json, 1, LAST)
}

fn told(before: &Shape, json: &[u8], least: u32, says: Says) -> Vec<Finding> {
    let mut now = Shape::default();
    let mut found = Found { least, says, findings: Vec::new() };
    if before.seen >= least && now.learn(json) {
        compare(before, &now, "", &mut found);
    }
    found.findings
}

struct Found {
    /// How many bodies, and objects at a place, must have come before differences are reported.
    least: u32,
    says: Says,
    findings: Vec<Finding>,
}

fn compare(before: &Shape, now: &Shape, pointer: &str, found: &mut Found) {
    let (least, says) = (found.least, found.says);
    let mut add = |pointer: &str, code: &'static str, sentence: String| {
        if found.findings.len() < MAX_FINDINGS {
            let place = Place::Body(pointer.to_owned());
            found.findings.push(Finding { place, severity: Severity::Drift, code, sentence, says });
        }
    };
    let name = |pointer: &str| if pointer.is_empty() { "The body".to_owned() } else { format!("`{pointer}`") };
    // Whole numbers and others are one kind here.
    let known = |kind: Kind| {
        before.kinds.contains_key(&kind)
            || kind == Kind::Integer && before.kinds.contains_key(&Kind::Number)
            || kind == Kind::Number && before.kinds.contains_key(&Kind::Integer)
    };
    for kind in now.kinds().into_iter().filter(|kind| !known(*kind)) {
        let usual: Vec<&str> = before.kinds().into_iter().map(Kind::name).collect();
        let sentence =
            format!("{} is now of the type {}; before it was {}.", name(pointer), kind.name(), usual.join(" or "));
        add(pointer, "retyped", sentence);
    }
    if before.is_choice() {
        for value in now.values.keys().filter(|value| !before.values.contains_key(*value)) {
            let usual: Vec<&str> = before.values.keys().map(String::as_str).collect();
            let sentence = format!("{} is “{value}”, never seen before; it was {}.", name(pointer), usual.join(", "));
            add(pointer, "new_value", sentence);
        }
    }
    let (objects, objects_now) = (objects(before), objects(now));
    for (member, earlier) in &before.members {
        let at = format!("{pointer}/{}", step_of(member));
        match now.members.get(member) {
            None if objects_now > 0 && objects >= least && earlier.seen >= objects => {
                let there = if objects == 1 {
                    "the one before has it".to_owned()
                } else {
                    format!("it was there {} times of {objects}", earlier.seen)
                };
                add(&at, MISSING, format!("`{at}` is missing; {there}."));
            }
            _ => {}
        }
    }
    for member in now.members.keys().filter(|member| !before.members.contains_key(*member)) {
        let at = format!("{pointer}/{}", step_of(member));
        if objects >= least {
            add(&at, "new_field", format!("`{at}` is new."));
        }
    }
    for (member, now) in &now.members {
        if let Some(earlier) = before.members.get(member) {
            compare(earlier, now, &format!("{pointer}/{}", step_of(member)), found);
        }
    }
    if let (Some(earlier), Some(now)) = (&before.items, &now.items) {
        compare(earlier, now, &format!("{pointer}/*"), found);
    }
}

fn objects(shape: &Shape) -> u32 {
    shape.kinds.get(&Kind::Object).copied().unwrap_or(0)
}
