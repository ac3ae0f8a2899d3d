//! `creel schemes`: how providers sign.

use clap::Args;
use serde_json::json;

use super::catalogue::{CatalogueArgs, scheme};
use super::common::OutputArgs;
use super::render::{Align, Cell, Column, Table};
use super::{Done, exit};
use crate::signature::Scheme;

/// The arguments of `creel schemes`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel schemes
  creel schemes stripe")]
pub(super) struct SchemesArgs {
    /// Show the record of this one
    id: Option<String>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const COLUMNS: &[Column] = &[
    Column { title: "SCHEME", align: Align::Left, least: Some(16), rank: 0 },
    Column { title: "NAME", align: Align::Left, least: Some(16), rank: 1 },
    Column { title: "SIGNATURE IN", align: Align::Left, least: Some(16), rank: 2 },
    Column { title: "ALGORITHM", align: Align::Left, least: None, rank: 3 },
    Column { title: "PROOF", align: Align::Left, least: Some(8), rank: 4 },
];

pub(super) fn run(args: &SchemesArgs) -> Done {
    let catalogue = args.catalogue.catalogue()?;
    if let Some(id) = &args.id {
        let scheme = scheme(&catalogue, id)?;
        args.output.one(scheme.record(), |_| {
            let record = serde_json::to_string_pretty(scheme.record()).unwrap_or_default();
            let caution = scheme.caution().map(|caution| format!("\n{caution}\n")).unwrap_or_default();
            format!("{record}\n{caution}")
        })?;
        return Ok(exit::DONE);
    }
    let values: Vec<_> = catalogue
        .schemes()
        .iter()
        .map(|scheme| {
            let (id, name, caution) = (&scheme.id, &scheme.name, scheme.caution());
            json!({"id": id, "name": name, "caution": caution, "record": scheme.record()})
        })
        .collect();
    args.output.many(&values, |look| {
        let row = |scheme: &Scheme| -> Vec<Cell> {
            let record = scheme.record();
            let proof = match record["basis"].as_str() {
                Some("A") => "published vectors",
                Some("B") => "its documentation",
                Some(_) => "not proven",
                None => "your own",
            };
            let algorithm = record["algorithm"].as_str().unwrap_or("hmac-sha256");
            vec![
                scheme.id.as_str().into(),
                scheme.name.as_str().into(),
                scheme.signature_place().into(),
                algorithm.into(),
                proof.into(),
            ]
        };
        Table::new(COLUMNS, look).all(&catalogue.schemes().iter().map(|scheme| row(scheme)).collect::<Vec<_>>())
    })?;
    Ok(exit::DONE)
}
