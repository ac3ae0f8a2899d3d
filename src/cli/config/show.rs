//! `creel config show`.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::ShowArgs;
use crate::cli::render::{Align, Cell, Column, Table};
use crate::cli::serve_flags::{Flags, Origin};
use crate::cli::{Done, environment, exit, output, serve_file};
use crate::config::{self, ConfigFile};

/// Never printed, wherever it comes from.
const SECRET: [&str; 1] = ["token"];

const COLUMNS: &[Column] = &[
    Column { title: "SETTING", align: Align::Left, least: None, rank: 0 },
    Column { title: "VALUE", align: Align::Left, least: Some(12), rank: 0 },
    Column { title: "FROM", align: Align::Left, least: None, rank: 0 },
];

pub(super) fn run(args: &ShowArgs) -> Done {
    let (file, ignored) = serve_file::load(args.config.as_deref())?;
    if let Some(why) = ignored {
        output::note(&why);
    }
    let mut command = serve_file::alone(file.as_ref())?;
    let shown: Vec<(String, String)> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .filter_map(|arg| Some((arg.get_id().to_string(), arg.get_long()?.to_owned())))
        .filter(|(_, long)| !["config", "json", "open"].contains(&long.as_str()))
        .collect();
    let variables: HashMap<String, String> = command
        .get_arguments()
        .filter_map(|arg| Some((arg.get_long()?.to_owned(), arg.get_env()?.to_string_lossy().into_owned())))
        .collect();
    let read = command.try_get_matches_from_mut(Vec::<String>::new());
    let matches = read.map_err(|error| environment::in_a_line(error, &command))?;
    let flags = Flags::read(&matches, file.as_ref())?;
    let origin = |long: &str| match Origin::of(long, &matches, file.as_ref()) {
        Origin::Environment => variables.get(long).cloned().unwrap_or_default(),
        Origin::File => file.as_ref().and_then(|file| place(file, &format!("serve.{long}"))).unwrap_or_default(),
        Origin::Default | Origin::CommandLine => "default".to_owned(),
    };
    let mut rows = Vec::new();
    for (id, long) in &shown {
        let mut texts: Vec<String> = matches
            .get_raw(id)
            .map(|values| values.map(|value| value.to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let mut from = origin(long);
        // Of two contradicting flags, the one with the higher precedence applies.
        match long.as_str() {
            "db" if flags.args.ephemeral => continue,
            "token" if flags.args.token.is_none() => continue,
            "token-file" if flags.args.token_file.is_none() => continue,
            "db" => texts.extend(
                config::default_database().ok().filter(|_| texts.is_empty()).map(|path| path.display().to_string()),
            ),
            "ephemeral" if !flags.args.ephemeral && texts == ["true"] => {
                texts = vec!["false".to_owned()];
                from = origin("db");
            }
            _ => {}
        }
        if texts.is_empty() {
            continue;
        }
        let value = if SECRET.contains(&long.as_str()) { "(not shown)".to_owned() } else { texts.join(", ") };
        rows.push((long.clone(), value, from));
    }
    for bin in file.iter().flat_map(|file| &file.bins) {
        let field = format!("bins.{}", bin.name);
        let from = file.as_ref().and_then(|file| place(file, &field)).unwrap_or_default();
        let secrets = match bin.environment.as_slice() {
            [] => String::new(),
            names => format!(" (secrets from {})", names.join(", ")),
        };
        rows.push((field, format!("{}{secrets}", bin.fields().join(", ")), from));
    }
    let values: Vec<Value> =
        rows.iter().map(|(name, value, from)| json!({"setting": name, "value": value, "from": from})).collect();
    args.output.many(&values, |look| {
        let row = |(name, value, from): &(String, String, String)| -> Vec<Cell> {
            vec![name.as_str().into(), value.as_str().into(), from.as_str().into()]
        };
        Table::new(COLUMNS, look).all(&rows.iter().map(row).collect::<Vec<_>>())
    })?;
    Ok(exit::DONE)
}

/// The place in the file that sets something.
fn place(file: &ConfigFile, field: &str) -> Option<String> {
    Some(format!("{}:{}", file.text.path().display(), file.text.line(field)?))
}
