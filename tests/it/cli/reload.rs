//! The configuration file read again: by the rules of the start, from the first moment on, and never at the price of
//! the server.

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
    capture: SocketAddr,
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
        let (console, capture) = (address_in(&told, "console_url"), address_in(&told, "capture_url"));
        Self { child, folder, console, capture }
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

/// A request to the bin `a`, with the signatures of the schemes that these tests declare.
fn signed(body: &str, secret: &str) -> String {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let sum = hex::encode(mac.finalize().into_bytes());
    let length = body.len();
    format!("POST /a HTTP/1.1\r\nHost: h\r\nX-One: {sum}\r\nX-Two: {sum}\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// A set-up of its own with a scheme in this header.
fn own_scheme(header: &str) -> String {
    format!(
        "[bins.a]\nprovider = 'mine'\nsecret = 'k3y'\nresponse = {{ status = 201 }}\n\
         [schemes.my-own]\nheader = '{header}'\nalgorithm = 'hmac-sha256'\n\
         [providers.mine]\nscheme = 'my-own'\nevent = '/type'\n"
    )
}

impl Here {
    fn send(&self, request: &str) -> u16 {
        raw::exchange(self.capture, request.as_bytes()).status
    }

    /// Verdict and event name of the newest request that a filter finds.
    fn newest(&self) -> (Value, Value) {
        let found: Value = serde_json::from_str(&self.get("/api/v1/bins/a/requests/latest")).unwrap();
        (found["signature"]["status"].clone(), found["event"]["name"].clone())
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    /// Waits until something is so, which takes a moment.
    fn until(&self, what: &str, so: impl Fn() -> bool) {
        let began = Instant::now();
        while !so() {
            assert!(began.elapsed() < Duration::from_secs(20), "{what}: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_scheme_and_a_platform_hold_from_the_reload_on_and_what_is_stored_is_reverified() {
    let here = Here::start(&answering(201), &[]);
    here.write(&own_scheme("X-One"));
    here.again("read again");
    let request = signed(r#"{"type":"made","kind":"other"}"#, "k3y");
    assert_eq!(here.send(&request), 201);
    assert_eq!(here.newest(), ("valid".into(), "made".into()));
    let schemes = here.get("/api/v1/schemes");
    assert!(schemes.contains("\"my-own\"") && here.get("/api/v1/providers").contains("\"mine\""));

    // What changes of them changes what is stored, and what comes.
    here.write(&own_scheme("X-None").replace("/type", "/kind"));
    here.again("read again");
    here.until("it is reverified", || here.newest() == ("missing".into(), "other".into()));
    assert_eq!(here.send(&request), 201);
    assert_eq!(here.newest(), ("missing".into(), "other".into()));
    here.write(&own_scheme("X-Two"));
    here.again("read again");
    here.until("it is reverified", || here.newest() == ("valid".into(), "made".into()));
    assert!(!here.get("/").contains("restart Creel"), "nothing waits for a restart");
}

#[test]
fn a_scheme_or_platform_that_a_bin_uses_is_not_taken_out() {
    let here = Here::start(&own_scheme("X-One"), &[]);
    let request = signed(r#"{"type":"made"}"#, "k3y");
    let still = || {
        assert_eq!(here.send(&request), 201);
        assert_eq!(here.newest(), ("valid".into(), "made".into()));
    };
    still();
    // The bin stays as it is when the file names it no more.
    here.write(&answering(202));
    here.again(
        "creel.toml:1:1: providers.mine: it is taken out, but the bin 'a' uses it; give the bin another provider first",
    );
    assert_eq!(here.status("a"), 201, "what was set before stays");
    still();
    assert!(
        here.get("/").contains("it is taken out, but the bin &#39;a&#39; uses it")
            || here.get("/").contains("it is taken out")
    );
    let set = "scheme = 'my-own'\n";
    here.write(&own_scheme("X-One").replace("provider = 'mine'\n", set));
    here.again("read again");
    here.write("[bins.a]\nprovider = 'stripe'\n");
    here.again("schemes.my-own: it is taken out, but the bin 'a' uses it; give the bin another scheme first");
    still();
    // With another one there is nothing in the way.
    here.write("[bins.a]\nprovider = 'stripe'\nscheme = 'stripe'\n");
    here.again("read again");
    assert!(!here.get("/api/v1/schemes").contains("\"my-own\""));
    here.until("it is reverified", || here.newest().0 == "missing");
}

#[test]
fn a_wrong_scheme_keeps_those_that_were_known() {
    let here = Here::start(&own_scheme("X-One"), &[]);
    for (mistake, words) in [
        (own_scheme("X-Two").replace("hmac-sha256", "rot13"), "schemes.my-own.algorithm: "),
        (own_scheme("X-Two").replace("scheme = 'my-own'", "scheme = 'my-won'"), "'my-won' is not a known scheme"),
        (own_scheme("X-Two").replace("status = 201", "status = 1"), "bins.a.response.status: "),
        (own_scheme("X-Two") + "[bins.b]\nforward = { to = 'http://192.0.2.1/' }\n", "bins.b.forward.to: "),
    ] {
        here.write(&mistake);
        here.again(words);
        let only_one = signed(r#"{"type":"made"}"#, "k3y").replace("X-Two", "X-Other");
        assert_eq!(here.send(&only_one), 201);
        assert_eq!(here.newest().0, "valid", "{words}");
    }
}

#[test]
fn while_schemes_are_replaced_every_request_is_judged_by_one_of_them() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let here = Here::start(&own_scheme("X-One"), &[]);
    let over = AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let (request, mut sent) = (signed(r#"{"type":"made"}"#, "k3y"), 0_u64);
                    while !over.load(Ordering::Relaxed) {
                        assert_eq!(here.send(&request), 201);
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        for round in 0..10 {
            here.write(&own_scheme(if round % 2 == 0 { "X-Two" } else { "X-One" }));
            here.again("read again");
        }
        over.store(true, Ordering::Relaxed);
        senders.into_iter().map(|sender| sender.join().unwrap()).sum::<u64>()
    });
    let total = |query: &str| -> Value {
        let found: Value =
            serde_json::from_str(&here.get(&format!("/api/v1/bins/a/requests?limit=1&q={query}"))).unwrap();
        found["total"].clone()
    };
    assert!(sent > 20);
    assert_eq!(total("sig:valid%20event:made"), sent);
    assert_eq!(total(""), sent);
}

#[test]
fn a_sample_beside_the_file_is_read_again_when_it_changes() {
    let folder = "samples";
    let here = Here::start(&answering(201), &["--watch"]);
    std::fs::create_dir(here.folder.path().join(folder)).unwrap();
    let sample = |name: &str, text: &str| std::fs::write(here.folder.path().join(folder).join(name), text).unwrap();
    sample("a.json", r#"{"type": "first"}"#);
    here.write(&own_scheme("X-One").replace("event = '/type'", "event = '/type'\nsamples = 'samples/*.json'"));
    let listed = |event: &str| here.get("/api/v1/providers").contains(&format!("\"{event}\""));
    here.until("the platform is known", || listed("first"));
    sample("a.json", r#"{"type": "second"}"#);
    here.until("the file is read again", || listed("second") && !listed("first"));
    sample("b.json", r#"{"type": "third"}"#);
    here.until("the folder is looked at again", || listed("third"));
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
