//! The configuration file read again: by the rules of the start, from the first moment on, and never at the price of the
//! server.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::creel;
use crate::helpers::{address_in, raw};

/// A server in a folder of its own, with a log that can be read while it runs.
struct Here {
    child: Child,
    folder: tempfile::TempDir,
    console: SocketAddr,
}

impl Here {
    /// Starts with this text as `creel.toml`, which nobody names unless the flags do.
    fn start(text: &str, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("creel.toml"), text).unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut child = creel()
            .args(["--ephemeral", "--json", "--capture", "127.0.0.1:0"])
            .args(flags)
            .current_dir(folder.path())
            .env("CREEL_CONSOLE", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        Self { child, folder, console: address_in(&told, "console_url") }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("creel.toml")
    }

    fn hang_up(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn get(&self, path: &str) -> String {
        let get = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.console);
        String::from_utf8_lossy(&raw::exchange(self.console, get.as_bytes()).body).into_owned()
    }

    /// What a bin answers with.
    fn status(&self, bin: &str) -> Value {
        let bin: Value = serde_json::from_str(&self.get(&format!("/api/v1/bins/{bin}"))).unwrap();
        bin["response"]["status"].clone()
    }

    /// Reads the file again; waits until the log says this once more.
    fn again(&self, words: &str) {
        let before = self.log().matches(words).count();
        self.hang_up();
        let began = Instant::now();
        while self.log().matches(words).count() == before {
            assert!(began.elapsed() < Duration::from_secs(20), "{words} is not told: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answering(status: u16) -> String {
    format!("[bins.a]\nresponse = {{ status = {status} }}\n")
}

#[test]
fn a_reload_trusts_a_found_file_as_little_as_the_start_does() {
    let here = Here::start(&answering(201), &[]);
    let mode = |mode: u32| std::fs::set_permissions(here.file(), std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::write(here.file(), answering(202)).unwrap();
    mode(0o666);
    here.again("others may write it");
    assert_eq!(here.status("a"), 201, "what was set before stays");
    assert!(here.get("/").contains("others may write it"), "the console tells it");
    mode(0o644);
    here.again("read again");
    assert_eq!(here.status("a"), 202);
    assert!(!here.get("/").contains("others may write it"));
    assert!(!here.log().contains('\u{1b}'), "no colours where no terminal is: {}", here.log());
}

#[test]
fn a_named_file_is_read_again_whoever_may_write_it() {
    let here = Here::start(&answering(201), &["--config", "creel.toml"]);
    std::fs::write(here.file(), answering(202)).unwrap();
    std::fs::set_permissions(here.file(), std::fs::Permissions::from_mode(0o666)).unwrap();
    here.again("read again");
    assert_eq!(here.status("a"), 202);
}

#[test]
fn a_pipe_or_a_folder_in_the_place_of_the_file_holds_up_nothing() {
    for flags in [&[][..], &["--config", "creel.toml"]] {
        let here = Here::start(&answering(201), flags);
        std::fs::remove_file(here.file()).unwrap();
        assert!(Command::new("mkfifo").arg(here.file()).status().unwrap().success());
        here.again("it is no file");
        assert_eq!(here.status("a"), 201);
        std::fs::remove_file(here.file()).unwrap();
        std::fs::create_dir(here.file()).unwrap();
        here.again("it is a folder");
        std::fs::remove_dir(here.file()).unwrap();
        std::fs::write(here.file(), answering(203)).unwrap();
        here.again("read again");
        assert_eq!(here.status("a"), 203);
    }
}

#[test]
fn a_reload_holds_all_of_the_file_against_the_rules_of_the_start() {
    let found: &[(&str, &str)] = &[
        ("[serve]\nmax-body = 'much'\n", "creel.toml:2:12: serve.max-body: invalid value 'much'"),
        ("[serve]\nmax-body = '2GiB'\n", "creel.toml:2:12: serve.max-body: 2147483648 is more than"),
        ("[serve]\ncapure = '127.0.0.1:0'\n", "creel.toml:2:1: serve.capure: there is no such setting"),
        ("[serve]\ntoken = '0123456789abcdef'\n", "creel.toml:2:1: serve.token: a file that is found cannot set"),
        ("[schemes.mine]\nheader = 'X-A'\nalgorithm = 'rot13'\n", "creel.toml:3:13: schemes.mine.algorithm: "),
    ];
    let named: &[(&str, &str)] = &[("[serve]\ntoken = 'short'\n", "creel.toml:2:9: serve.token: has 5 characters")];
    for (flags, mistakes) in [(&[][..], found), (&["--config", "creel.toml"], named)] {
        let here = Here::start(&answering(201), flags);
        for (mistake, words) in mistakes {
            std::fs::write(here.file(), format!("{mistake}{}", answering(202))).unwrap();
            here.again(words);
            assert_eq!(here.status("a"), 201, "{mistake}");
        }
        std::fs::write(here.file(), format!("[serve]\nmax-body = '3k'\n{}", answering(202))).unwrap();
        here.again("read again");
        assert_eq!(here.status("a"), 202);
    }
}

#[test]
fn a_signal_to_read_the_file_again_ends_no_server_that_has_just_said_where_it_is() {
    for _ in 0..5 {
        let mut here = Here::start(&answering(201), &[]);
        here.hang_up();
        here.again("read again");
        assert!(here.child.try_wait().unwrap().is_none());
    }
}
