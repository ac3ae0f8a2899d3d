//! A scheme's conditions in addition to a right signature (`require` in its record): a header's hash must be the
//! body's, or a header must have a certain value.

use super::filter::BytesFilter;
use super::scheme::Scheme;
use super::source::Source;
use super::template::{Context, Piece, Template, Value};

/// Longest value that is shown.
const LONGEST: usize = 40;

/// A condition that a request does not meet, in a sentence.
pub(super) enum Unmet {
    /// A part that is compared is missing.
    Missing(String),
    /// The two sides differ.
    Different(String),
}

/// The first of the scheme's conditions that is not met.
pub(super) fn unmet(scheme: &Scheme, context: &Context<'_>) -> Option<Unmet> {
    scheme.require.iter().find_map(|(left, right)| match (left.to_bytes(context), right.to_bytes(context)) {
        (Ok(one), Ok(other)) if one == other => None,
        (Ok(_), Ok(_)) => Some(Unmet::Different(different(left, right, context))),
        (Err(missing), _) | (_, Err(missing)) => Some(Unmet::Missing(scheme.missing_sentence(&missing))),
    })
}

/// One sentence for two sides that must be equal and are not.
fn different(left: &Template, right: &Template, context: &Context<'_>) -> String {
    match (left.pieces(), right.pieces()) {
        (
            [Piece::Placeholder { value: Value::Source(place), .. }],
            [Piece::Placeholder { value: Value::Body, filters, .. }],
        )
        | (
            [Piece::Placeholder { value: Value::Body, filters, .. }],
            [Piece::Placeholder { value: Value::Source(place), .. }],
        ) => {
            let place = match place {
                Source::Query(name) => format!("query's {name}"),
                other => other.to_string(),
            };
            format!("The body is not the one that was signed: its {} is not the {place}.", hash(filters))
        }
        ([Piece::Placeholder { value: Value::Source(place), .. }], [Piece::Literal(wanted)]) => {
            let has = left.to_bytes(context).unwrap_or_default();
            let has: String = String::from_utf8_lossy(&has).chars().take(LONGEST).collect();
            let name = match place {
                // In the sender's case: records have it in lower case.
                Source::Header(name) => context
                    .view
                    .request
                    .headers
                    .iter()
                    .find(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
                    .map_or_else(|| name.clone(), |field| String::from_utf8_lossy(&field.name).into_owned()),
                other => format!("The {other}"),
            };
            format!("{name} is {has}, not {wanted}.")
        }
        _ => format!("The scheme asks that `{}` equals `{}`, and it does not.", left.text(), right.text()),
    }
}

fn hash(filters: &[BytesFilter]) -> &'static str {
    let is = |wanted: &BytesFilter| filters.contains(wanted);
    match () {
        () if is(&BytesFilter::Sha256) => "SHA-256",
        () if is(&BytesFilter::Sha512) => "SHA-512",
        () if is(&BytesFilter::Sha1) => "SHA-1",
        () if is(&BytesFilter::Md5) => "MD5",
        () => "text",
    }
}
