//! How long a command of the command line takes, from its start to its end: most of it is the start.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::process::Server;
use crate::{quartiles, row};

/// Runs of each command.
const RUNS: usize = 50;

/// Commands that a script calls again and again.
pub fn run() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::creel(&folder.path().join("creel.db"), &[]);
    for line in [&["--version"][..], &["list"], &["list", &server.bin], &["schemes"]] {
        let took = (0..RUNS).map(|_| {
            let began = Instant::now();
            let mut command = Command::new(env!("CARGO_BIN_EXE_creel"));
            command.args(line).env("CREEL_SERVER", &server.console).stdout(Stdio::null());
            assert!(command.status().unwrap().success());
            began.elapsed().as_secs_f64() * 1_000.0
        });
        row(&format!("`creel {}`, start to end", line[0]), &format!("{} ms", quartiles(took.collect())));
    }
}
