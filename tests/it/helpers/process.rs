//! The real binary on a database file, which can be killed and started again.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{address_in, announced};

/// Ends with the test at the latest.
pub struct Process {
    pub child: Child,
    pub capture: SocketAddr,
    pub console: String,
    pub bin: String,
}

impl Process {
    pub fn start(database: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_creel"))
            .env("XDG_DATA_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/data"))
            .args(["--json", "--capture", "127.0.0.1:0", "--console", "127.0.0.1:0", "--max-requests", "0", "--db"])
            .arg(database)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = announced(&mut child);
        let text = |field: &str| told[field].as_str().unwrap().to_owned();
        Self { capture: address_in(&told, "capture_url"), console: text("console_url"), bin: text("bin"), child }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
