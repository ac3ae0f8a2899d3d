//! A request on disk: a raw head and a body, as `creel show --raw` writes them.

use std::path::PathBuf;

use clap::Args;

use super::common::{Usage, read};
use crate::http::{Head, Headers};

/// A request from files.
#[derive(Debug, Args)]
pub(super) struct RequestArgs {
    /// The head as sent: request line and fields; what follows the empty line is the body. - for standard input
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// The body's exact bytes; - for standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// The URL as the sender knows it; some schemes sign it [default: https, with the head's Host and target]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// A request that was read.
#[derive(Debug)]
pub(super) struct RequestFiles {
    /// The method; `POST` without a head.
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    /// The target's query as sent.
    pub(super) query: Option<String>,
}

impl RequestArgs {
    /// Whether a head was given.
    pub(super) const fn has_head(&self) -> bool {
        self.head.is_some()
    }

    pub(super) fn read(&self) -> anyhow::Result<RequestFiles> {
        let is_stdin = |file: &Option<PathBuf>| file.as_ref().is_some_and(|file| file.as_os_str() == "-");
        if is_stdin(&self.head) && is_stdin(&self.body) {
            return Err(Usage("--head and --body cannot both be standard input".to_owned()).into());
        }
        let mut raw = self.head.as_deref().map(read).transpose()?.unwrap_or_default();
        let body_at = end_of_head(&raw);
        let rest = raw.split_off(body_at);
        let body = match &self.body {
            Some(_) if !rest.is_empty() => {
                return Err(Usage("--body: the file of --head has a body already".to_owned()).into());
            }
            Some(file) => read(file)?,
            None => rest,
        };
        let head = Head::new(raw.into());
        if self.has_head() && head.method().is_empty() {
            return Err(
                Usage("--head: it does not begin with a request line such as POST /path HTTP/1.1".to_owned()).into()
            );
        }
        let (headers, target) = (head.headers(), head.target());
        let url = match &self.url {
            Some(url) => url.clone(),
            None if !self.has_head() => "https://localhost/".to_owned(),
            None => {
                let target = target.to_text();
                let host = headers.get_str("host").unwrap_or("localhost");
                if target.contains("://") { target.into_owned() } else { format!("https://{host}{target}") }
            }
        };
        let method = if self.has_head() { head.method().into_owned() } else { "POST".to_owned() };
        let query = target.query().map(|query| String::from_utf8_lossy(query).into_owned());
        Ok(RequestFiles { method, url, headers, body, query })
    }
}

/// Where the head ends: after the empty line, or at the end of the file.
fn end_of_head(raw: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = memchr::memchr(b'\n', &raw[at..]) {
        let line = &raw[at..at + length];
        let is_empty = line.is_empty() || line == b"\r";
        at += length + 1;
        // Empty lines before the request line are skipped, as HTTP requires.
        if is_empty && raw[..at].iter().any(|byte| !byte.is_ascii_whitespace()) {
            return at;
        }
    }
    raw.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_begins_after_the_empty_line() {
        for (raw, at) in [
            (&b"POST / HTTP/1.1\r\nA: b\r\n\r\nbody"[..], 25),
            (b"POST / HTTP/1.1\nA: b\n\nbody\n\n", 22),
            (b"\r\nGET / HTTP/1.1\r\n\r\n", 20),
            (b"GET / HTTP/1.1\r\nA: b\r\n", 22),
            (b"GET /", 5),
            (b"", 0),
        ] {
            assert_eq!(end_of_head(raw), at, "{}", String::from_utf8_lossy(raw));
        }
    }
}
