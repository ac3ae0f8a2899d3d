//! A right signature beside a timestamp that the scheme cannot read. Age is another fact, and no cause.

use super::{Case, Finding};
use crate::signature::Missing;
use crate::signature::pattern::TIMESTAMP;
use crate::signature::received::{groups, shared_vars, texts};
use crate::signature::request::View;
use crate::signature::template::Vars;
use crate::signature::timestamp::Unit;

pub(super) fn find(case: &Case<'_>) -> Option<Finding> {
    let rule = case.scheme.timestamp?;
    let view = View::new(&case.request, case.config);
    let shared = shared_vars(case.scheme, &view);
    let texts = texts(case.scheme, &view);
    let groups = groups(case.scheme, &texts);
    let vars = Vars { shared: &shared, group: groups.first().map(|group| &group.vars[..]).unwrap_or_default() };
    let form = match rule.unit {
        Unit::S => "in whole seconds since 1970",
        Unit::Ms => "in whole milliseconds since 1970",
        Unit::Rfc3339 => "like 2026-05-28T12:34:56Z",
        Unit::HttpDate => "like Thu, 28 May 2026 12:34:56 GMT",
    };
    let (code, sentence, fix) = match vars.get(TIMESTAMP) {
        None => {
            let missing = case.scheme.missing_sentence(&Missing::Var(TIMESTAMP.to_owned()));
            ("timestamp_missing", missing, format!("The signature is right. Send the timestamp as well, {form}."))
        }
        Some(text) => {
            let text = String::from_utf8_lossy(text);
            if rule.unit.parse(&text).is_some() {
                return None;
            }
            let sentence = format!("The signature is right, but “{text}” is no timestamp of the scheme.");
            ("timestamp_malformed", sentence, format!("Write the timestamp {form}."))
        }
    };
    Some(Finding { code, sentence, fix, verifies: true })
}
