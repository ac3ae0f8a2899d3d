//! The benchmarks: `cargo bench` prints one table. Every throughput is a ratio to an empty actix server measured
//! in the same run, because absolute figures drift on shared machines. Needs `wrk`.
//!
//! `cargo bench -- capture` runs one section; `CREEL_BENCH_SECONDS` (default 8), `CREEL_BENCH_SLICES` (default 24) and
//! `CREEL_BENCH_ROWS` (default 1000000) set the sizes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::must_use_candidate,
    missing_docs,
    unreachable_pub
)]

mod capture;
mod commands;
mod diagnosis;
mod fanout;
mod load;
mod process;
mod stored;
mod verdicts;

/// A section: its name on the command line and what it does.
type Section = (&'static str, fn());

const SECTIONS: &[Section] = &[
    ("capture", capture::throughput),
    ("verdict", capture::verdict),
    ("latency", capture::latency),
    ("memory", capture::memory),
    ("stored", stored::run),
    ("fanout", fanout::run),
    ("verdicts", verdicts::run),
    ("commands", commands::run),
    ("diagnosis", diagnosis::run),
];

fn main() {
    // The client library asks for one, although nothing here is TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == process::EMPTY_SERVER) {
        process::serve_empty();
        return;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    println!("| what | measured |\n|---|---|");
    for (name, section) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            section();
        }
    }
}

/// Prints one row of the table.
pub fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

/// A number from the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The middle one, and those a quarter from either end.
pub fn quartiles(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    format!("{:.2} ({:.2} to {:.2})", at(0.5), at(0.25), at(0.75))
}

/// A runtime for the load of our own.
#[expect(clippy::missing_panics_doc, reason = "a benchmark without a runtime cannot go on")]
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
