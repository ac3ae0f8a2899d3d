//! The servers that are measured, each a process of its own, and what the kernel says about them.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::runtime;

/// The argument that turns this binary into the empty server.
pub const EMPTY_SERVER: &str = "--empty-server";

/// The limit of this stack: actix reads the body and answers 200.
pub fn serve_empty() {
    use actix_web::{App, HttpResponse, HttpServer, web};
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(|| {
            App::new()
                .app_data(web::PayloadConfig::new(64 << 20))
                .default_service(web::to(|_body: web::Bytes| async { HttpResponse::Ok().body("ok") }))
        })
        .bind("127.0.0.1:0")
        .unwrap();
        println!("{}", server.addrs()[0]);
        server.run().await.unwrap();
    });
}

/// A process that is ended when dropped.
pub struct Server {
    child: Child,
    /// Where it takes requests.
    pub capture: SocketAddr,
    /// Its console; empty for the empty server.
    pub console: String,
    /// Its first bin's id.
    pub bin: String,
}

impl Server {
    /// The empty server.
    pub fn empty() -> Self {
        let mut child =
            Command::new(std::env::current_exe().unwrap()).arg(EMPTY_SERVER).stdout(Stdio::piped()).spawn().unwrap();
        let line = first_line(&mut child);
        Self { child, capture: line.trim().parse().unwrap(), console: String::new(), bin: "empty".to_owned() }
    }

    /// Creel on a database file, with further flags.
    pub fn creel(database: &Path, flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_creel"))
            .env("XDG_DATA_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/data"))
            .args(["--json", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0", "--db"])
            .arg(database)
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line: Value = serde_json::from_str(&first_line(&mut child)).unwrap();
        let text = |field: &str| line[field].as_str().unwrap().to_owned();
        Self {
            capture: text("capture_url").strip_prefix("http://").unwrap().parse().unwrap(),
            console: text("console_url"),
            bin: text("bin"),
            child,
        }
    }

    /// Makes one more bin; its id.
    pub fn another_bin(&self) -> String {
        let bin = self.post("/bins", &serde_json::json!({}));
        bin["id"].as_str().unwrap().to_owned()
    }

    /// Gives the first bin a secret.
    pub fn add_secret(&self, secret: &str) {
        self.post(&format!("/bins/{}/secrets", self.bin), &serde_json::json!({"label": "bench", "value": secret}));
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        runtime().block_on(async {
            let url = format!("{}/api/v1{path}", self.console);
            let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
            answer.error_for_status().unwrap().json().await.unwrap()
        })
    }

    /// Resident memory in MB.
    pub fn memory_mb(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most resident memory so far, in MB.
    pub fn peak_memory_mb(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// CPU time used so far.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // In order, so that the database is whole for the next section.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    line
}
