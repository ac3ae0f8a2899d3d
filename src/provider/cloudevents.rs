//! CloudEvents over HTTP in binary mode. Source: the CloudEvents HTTP protocol binding, section 3.1.

use super::{Detail, EventInput, Provider, Reading, detail_list, key};

pub(super) static PROVIDER: Provider = Provider {
    id: "cloudevents",
    name: "CloudEvents",
    schemes: &[],
    own_header: false,
    events: &[],
    docs: "https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md",
    duplicates: "The same ce-source and ce-id.",
    marks: &["ce-specversion"],
    confirm: None,
    read,
    details,
};

fn read(input: &EventInput<'_>) -> Reading {
    Reading {
        name: input.owned_header("ce-type"),
        delivery_id: input.owned_header("ce-id"),
        duplicate_key: key([input.header("ce-source"), input.header("ce-id")]),
        ..Reading::default()
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    detail_list([
        ("source", input.header("ce-source").map(Into::into)),
        ("subject", input.header("ce-subject").map(Into::into)),
    ])
}
