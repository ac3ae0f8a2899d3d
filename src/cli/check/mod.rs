//! `creel check`: tests a receiver against all duties in its platform's document.

mod report;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::catalogue::scheme;
use super::common::{OutputArgs, Usage, header_fields};
use super::connection::block_on;
use super::render::{Align, Cell, Column, Table};
use super::send::engine;
use super::{Done, exit, output};
use crate::deliver::check::{CheckPlan, check};
use crate::deliver::engine::TargetUrl;
use crate::deliver::send::Signer;
use crate::model::{CheckReport, Clock, SecretValue};
use crate::provider::battery::{self, Battery, FRAMEWORKS};
use crate::provider::schemes_of;
use crate::shapes::CheckShape;
use crate::signature::Catalogue;

/// The arguments of `creel check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Sends from this machine to any receiver, also one that no server may reach. Every malformed, empty or
unknown body is signed rightly. A receiver elsewhere is spared 20 events at once and 10 MiB, unless
--heavy is given. Exit code: 0 when no case failed (notes and skipped cases are no failures), 1 when
one did, 3 when the receiver cannot be reached.

Examples:
  creel check http://localhost:3000/webhook --provider callaider --secret whsec-one
  creel check http://localhost:3000/webhook --secret whsec-one --case wrong_signature
  creel check --list --provider pathors"
)]
pub(super) struct CheckArgs {
    /// The receiver
    #[arg(required_unless_present = "list")]
    url: Option<String>,
    /// Whose receiver it is: callaider, pathors
    #[arg(short, long, value_name = "ID", default_value = "callaider")]
    provider: String,
    /// The secret to sign with; of Pathors the value of its Authorization header
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true, env = "CREEL_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// A header field of your own, as 'Name: value' (repeatable); of Pathors, without --secret, they are its proof
    #[arg(long = "header", value_name = "FIELD")]
    headers: Vec<String>,
    /// Try this case only (repeatable); --list shows them
    #[arg(long = "case", value_name = "ID")]
    cases: Vec<String>,
    /// Send 20 events at once and 10 MiB to a receiver elsewhere as well
    #[arg(long)]
    heavy: bool,
    /// List the cases, and send nothing
    #[arg(long)]
    list: bool,
    /// The framework to show how to mend it: express, fastapi, go, laravel, rails
    #[arg(long, value_name = "NAME", default_value = "express", value_parser = framework)]
    framework: &'static str,
    /// Write the outcome as a `JUnit` report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the outcome as Markdown, for a ticket
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Trust this certificate authority (PEM) beside the system's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Trust every certificate
    #[arg(long)]
    insecure: bool,
    #[command(flatten)]
    output: OutputArgs,
}

fn framework(text: &str) -> Result<&'static str, String> {
    let known = FRAMEWORKS.iter().find(|framework| framework.id == text).map(|framework| framework.id);
    known.ok_or_else(|| "give express, fastapi, go, laravel or rails".to_owned())
}

pub(super) fn run(args: &CheckArgs) -> Done {
    let battery = battery::battery(&args.provider).ok_or_else(|| {
        let known: Vec<&str> = battery::batteries().map(|battery| battery.sender.provider).collect();
        Usage(format!("--provider {}: receivers are checked for {}", args.provider, known.join(" and ")))
    })?;
    if args.list {
        return list(args, battery);
    }
    let plan = Arc::new(plan(args, battery)?);
    let (engine, clock) = (engine(args.cacert.as_deref(), args.insecure)?, Clock::system());
    let live = !args.output.json;
    if live {
        output::data(&report::beginning(&plan.target.to_string(), battery))?;
    }
    let mut failed = None;
    let told = |report: &CheckReport| {
        if let Some(case) = report.cases.last().filter(|_| live) {
            failed = output::data(&report::case(case, args.framework, args.output.look())).err();
        }
        failed.is_none()
    };
    let report = block_on(async {
        let report = check(&engine, &clock, &plan, told).await;
        report.map_err(|error| Usage(error.to_string().trim_end_matches('.').to_owned()).into())
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    for (flag, file, text) in [
        ("--junit", &args.junit, crate::export::check::junit as fn(&CheckReport, &str) -> String),
        ("--markdown", &args.markdown, crate::export::check::markdown),
    ] {
        if let Some(file) = file {
            let written = std::fs::write(file, text(&report, args.framework));
            written.map_err(|error| Usage(format!("{flag} {}: {error}", file.display())))?;
        }
    }
    if live && report.error.is_none() {
        output::data(&report::summary(&report))?;
    } else if !live {
        args.output.one(&serde_json::to_value(CheckShape::new(None, &report))?, |_| String::new())?;
    }
    if let Some(error) = &report.error {
        output::note(error);
        return Ok(exit::UNREACHABLE);
    }
    Ok(if report.is_passed() { exit::DONE } else { exit::NOT_MET })
}

fn plan(args: &CheckArgs, battery: &'static Battery) -> anyhow::Result<CheckPlan> {
    let url = args.url.as_deref().unwrap_or_default();
    let target = TargetUrl::parse(url).map_err(|sentence| Usage(format!("{url}: {sentence}")))?;
    let headers = header_fields(&args.headers)?;
    let catalogue = Catalogue::default();
    let signer = match &args.secret {
        None => None,
        Some(secret) => {
            let id = schemes_of(battery.sender.provider, true).into_iter().next().unwrap_or_default();
            let scheme = Arc::clone(scheme(&catalogue, &id)?);
            Some(Signer { scheme, secret: SecretValue::new(secret.clone()) })
        }
    };
    let cases = if args.cases.is_empty() {
        battery.cases.iter().collect()
    } else {
        let unknown = |at: usize| Usage(format!("--case {}: there are {}", args.cases[at], battery.case_ids()));
        battery.chosen(&args.cases).map_err(unknown)?
    };
    Ok(CheckPlan { battery, cases, target, signer, headers, heavy: args.heavy })
}

const COLUMNS: &[Column] = &[
    Column { title: "CASE", align: Align::Left, least: None, rank: 0 },
    Column { title: "DUTY", align: Align::Left, least: Some(24), rank: 0 },
    Column { title: "DOCUMENT", align: Align::Left, least: Some(24), rank: 1 },
];

fn list(args: &CheckArgs, battery: &Battery) -> Done {
    let cases = battery.cases;
    let value =
        |case: &battery::Case| json!({"id": case.id, "duty": case.duty, "says": case.says, "heavy": case.heavy});
    let values: Vec<_> = cases.iter().map(value).collect();
    args.output.many(&values, |look| {
        let row = |case: &battery::Case| -> Vec<Cell> {
            vec![case.id.to_owned().into(), case.duty.to_owned().into(), case.says.to_owned().into()]
        };
        Table::new(COLUMNS, look).all(&cases.iter().map(row).collect::<Vec<_>>())
    })?;
    Ok(exit::DONE)
}
