//! Checks that quotes match the documents word for word. `callaider.txt` and `pathors.txt` hold the quoted passages,
//! copied from the documents, one per line.

use super::events::{Extra, Field, HeadRule, Kind};
use super::*;
use crate::provider::battery::battery;

/// The page of Pathors of which only the fields are known: sentences about them are no quotes.
const FIELDS_ONLY: &str = "Webhook payloads";

/// Every sentence that a platform's data quotes.
fn quotes(platform: &Platform) -> Vec<Says> {
    let mut says = vec![platform.custom_headers];
    let contract = &platform.contract;
    for rule in contract.head {
        match rule {
            HeadRule::Post(one) | HeadRule::Json(one) | HeadRule::HexSha256(_, one) => says.push(*one),
            HeadRule::Event(_, one, other) => says.extend([*one, *other]),
        }
    }
    says.extend([contract.body, contract.event, contract.others]);
    for event in contract.events {
        of_fields(event.fields, &mut says);
        of_extra(event.extra, &mut says);
    }
    let rules = &platform.lifecycle;
    says.extend([rules.chosen, rules.end.says, rules.again, rules.not_accepted.says]);
    says.extend(rules.first.iter().chain(rules.calls_only).chain(rules.once).map(|rule| rule.says));
    says.extend(rules.combined.iter().map(|combined| combined.says));
    says.extend(rules.duration.iter().map(|measured| measured.says));
    says.push(platform.hints.empty);
    says.extend(platform.hints.no_secret);
    says.extend(platform.hints.setup("", &[], false).map(|(_, one)| one));
    says.extend(platform.points.iter().map(|point| point.says));
    let cases = battery(platform.id).unwrap().cases;
    says.extend(cases.iter().map(|case| Says::new("the check", case.says)));
    says
}

fn of_fields(fields: &[Field], says: &mut Vec<Says>) {
    for field in fields {
        says.push(field.says);
        if let Kind::Object(fields, extra) | Kind::List(fields, extra) = &field.kind {
            of_fields(fields, says);
            of_extra(*extra, says);
        }
    }
}

fn of_extra(extra: Extra, says: &mut Vec<Says>) {
    if let Extra::Told(one) = extra {
        says.push(one);
    }
}

#[test]
fn every_quote_stands_in_the_document_word_for_word_and_what_is_left_out_is_marked() {
    for (id, document) in [("callaider", include_str!("callaider.txt")), ("pathors", include_str!("pathors.txt"))] {
        let quotes = quotes(by_id(id).unwrap());
        assert!(quotes.len() > 40, "{id}: {}", quotes.len());
        for says in quotes.iter().filter(|says| says.section != FIELDS_ONLY) {
            for piece in says.text.split('…').map(str::trim).filter(|piece| !piece.is_empty()) {
                assert!(document.lines().any(|line| line.contains(piece)), "{id}, {}: “{piece}”", says.section);
            }
        }
    }
}
