//! `creel providers`: the platforms whose events are understood.

use clap::Args;
use serde_json::Value;

use super::catalogue::CatalogueArgs;
use super::common::{OutputArgs, Usage};
use super::render::{Align, Cell, Column, Table, lines};
use super::{Done, exit};
use crate::config::did_you_mean;
use crate::provider::{self, ProviderInfo};

/// The arguments of `creel providers`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel providers
  creel providers callaider")]
pub(super) struct ProvidersArgs {
    /// Show everything about this one
    id: Option<String>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    output: OutputArgs,
}

const COLUMNS: &[Column] = &[
    Column { title: "PROVIDER", align: Align::Left, least: None, rank: 0 },
    Column { title: "NAME", align: Align::Left, least: Some(8), rank: 1 },
    Column { title: "SCHEMES", align: Align::Left, least: Some(12), rank: 0 },
    Column { title: "EVENTS", align: Align::Left, least: Some(16), rank: 2 },
];

pub(super) fn run(args: &ProvidersArgs) -> Done {
    args.catalogue.catalogue()?;
    let known = provider::catalogue();
    if let Some(id) = &args.id {
        let found = known.iter().find(|provider| provider.id == *id).ok_or_else(|| {
            let ids = known.iter().map(|provider| &*provider.id);
            Usage(format!("'{id}' is not a known provider{}; `creel providers` lists them", did_you_mean(id, ids)))
        })?;
        args.output.one(&serde_json::to_value(found)?, |_| whole(found))?;
        return Ok(exit::DONE);
    }
    let values: Vec<Value> = known.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    args.output.many(&values, |look| {
        let row = |provider: &ProviderInfo| -> Vec<Cell> {
            let schemes = if provider.schemes.is_empty() { "–".to_owned() } else { provider.schemes.join(", ") };
            vec![(*provider.id).into(), (*provider.name).into(), schemes.into(), provider.events.join(", ").into()]
        };
        Table::new(COLUMNS, look).all(&known.iter().map(row).collect::<Vec<_>>())
    })?;
    Ok(exit::DONE)
}

fn whole(provider: &ProviderInfo) -> String {
    let schemes = if provider.schemes.is_empty() { "it does not sign".to_owned() } else { provider.schemes.join(", ") };
    let facts = [
        ("provider", provider.id.to_string()),
        ("name", provider.name.to_string()),
        ("schemes", schemes),
        ("events", provider.events.join(", ")),
        ("duplicates", provider.duplicates.to_owned()),
        ("see", provider.docs.to_string()),
    ];
    let shown = facts.iter().filter(|(_, value)| !value.is_empty());
    shown.flat_map(|(name, value)| [format!("{name:<12}"), lines(value), "\n".to_owned()]).collect()
}
