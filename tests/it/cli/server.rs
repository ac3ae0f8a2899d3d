//! A server of the real binary with a data directory of its own, and commands that find it there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use regex::Regex;

use super::{creel, outcome};
use crate::helpers::{announced, quiet_address, raw};

pub struct Server {
    child: Option<Child>,
    folder: tempfile::TempDir,
    pub capture: SocketAddr,
    pub console: SocketAddr,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { child: None, folder, capture: quiet_address(), console: quiet_address() };
        server.start_again(flags);
        server
    }

    /// Starts after a stop, on the same database and the same addresses.
    pub fn start_again(&mut self, flags: &[&str]) {
        self.start_with_environment(flags, &[]);
    }

    /// The same, with these variables.
    pub fn start_with_environment(&mut self, flags: &[&str], environment: &[(&str, &str)]) {
        let mut child = creel()
            .args(["--json", "--capture", &self.capture.to_string(), "--console", &self.console.to_string(), "--db"])
            .arg(self.database())
            .args(flags)
            .env("XDG_DATA_HOME", self.data())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        announced(&mut child);
        self.child = Some(child);
    }

    /// Stops in order, or at once as a crash would.
    pub fn stop(&mut self, signal: &str) {
        self.signal(signal);
        self.child.take().unwrap().wait().unwrap();
    }

    pub fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("creel.db")
    }

    /// A folder for files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command that finds this server by itself.
    pub fn creel(&self, arguments: &[&str]) -> Command {
        let mut command = creel();
        command.args(arguments).env("XDG_DATA_HOME", self.data()).current_dir(self.folder());
        command
    }

    /// Runs a command to its end: exit code, stdout, stderr.
    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        outcome(&mut self.creel(arguments))
    }

    /// Runs a command that must do what it should, quietly; what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(arguments);
        assert_eq!((code, stderr.as_str()), (0, ""), "{arguments:?}: {stdout}");
        stdout
    }

    /// Runs a shell script that has `creel` in its path.
    pub fn shell(&self, script: &str) -> (i32, String, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_creel"));
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", script]).current_dir(self.folder());
        command.env("PATH", path).env("XDG_DATA_HOME", self.data()).env("COLUMNS", "100").env("no_proxy", "*");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CREEL_")) {
            command.env_remove(name);
        }
        outcome(command.env_remove("NO_COLOR"))
    }

    /// Sends a request with these fields (each with its line end) and this body.
    pub fn send(&self, path: &str, fields: &str, body: &str) {
        let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
        raw::exchange(self.capture, format!("{head}{body}").as_bytes());
    }

    /// What differs from run to run, made the same.
    pub fn steady(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (pattern, word) in [
            (r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", "ULID"),
            (r"127\.0\.0\.1:\d+", "ADDRESS"),
            (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
            (r"\b\d+\.\d ms", "N ms"),
            (r" *\b(now|\d+ s( ago)?)\b", " AGE"),
            (r"\b[0-9a-z]{16}\b", "BINID"),
        ] {
            text = Regex::new(&format!("(?-u){pattern}")).unwrap().replace_all(&text, word).into_owned();
        }
        text.replace(&self.folder().display().to_string(), "FOLDER")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.stop("-KILL");
        }
    }
}
