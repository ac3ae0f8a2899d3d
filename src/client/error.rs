//! Errors between a command and the server; each says what to do.

use serde::Deserialize;
use serde_json::Value;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The address is invalid.
    #[error("--server {server}: {cause}; give a URL like http://127.0.0.1:4666")]
    Server {
        /// The URL as it was given.
        server: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The connection cannot be made.
    #[error("no server answers at {server} ({cause}); start one with `creel`, or say where it is with --server URL")]
    Unreachable {
        /// Its URL.
        server: String,
        /// What the system said.
        cause: String,
    },
    /// The connection ended before the answer was there.
    #[error("the connection to {server} broke off: {cause}")]
    Broken {
        server: String,
        /// What happened.
        cause: String,
    },
    /// Another program answers.
    #[error("what answers at {server} is not a Creel console; say where it is with --server URL")]
    NotCreel { server: String },
    /// The server refuses the call.
    #[error("{}{hint}", sentence(detail))]
    Refused {
        status: u16,
        /// The problem's stable code.
        code: String,
        /// The problem's sentence.
        detail: String,
        /// What to do, if the problem does not say it.
        hint: String,
        /// The whole problem as the server sent it.
        problem: Value,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// Reading the input or writing the output failed.
    #[error(transparent)]
    Local(#[from] std::io::Error),
}

impl ClientError {
    /// Whether the server cannot be reached, in contrast to a refusal.
    pub(crate) const fn is_unreachable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } | Self::NotCreel { .. } | Self::Tls(_) => true,
            Self::Server { .. } | Self::Refused { .. } | Self::Local(_) => false,
        }
    }

    /// Whether the server rejected the call as wrong, in contrast to being unable to do it.
    pub(crate) const fn is_wrong(&self) -> bool {
        match self {
            Self::Server { .. } => true,
            Self::Refused { status, .. } => *status < 500 && *status != 408,
            Self::Unreachable { .. } | Self::Broken { .. } | Self::NotCreel { .. } | Self::Tls(_) | Self::Local(_) => {
                false
            }
        }
    }

    /// Whether trying again in a moment may help: the server is away or on its way out.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => true,
            Self::Refused { status, code, .. } => *status == 429 || (*status == 503 && code != "store_unavailable"),
            Self::Server { .. } | Self::NotCreel { .. } | Self::Tls(_) | Self::Local(_) => false,
        }
    }
}

/// The members of a problem (RFC 9457) that an error is made of.
#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    detail: String,
    field: Option<String>,
}

/// The error for a status and its body: [`ClientError::NotCreel`] unless the body is a problem.
pub(super) fn refused(status: u16, body: &[u8], server: &str, with_token: bool) -> ClientError {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let Ok(Problem { code, mut detail, field }) = Problem::deserialize(&problem) else {
        return ClientError::NotCreel { server: server.to_owned() };
    };
    if let Some(field) = field.filter(|field| !detail.contains(field.as_str())) {
        detail = format!("{field}: {detail}");
    }
    let hint = match (code.as_str(), with_token) {
        ("unauthorized", false) => {
            "The console asks for a token: give --token-file or CREEL_TOKEN.".clone_into(&mut detail);
            String::new()
        }
        ("unauthorized", true) => "; see --token-file and CREEL_TOKEN".to_owned(),
        ("host_not_allowed", _) => {
            format!("; start the server with --allow-host, or give another --server than {server}")
        }
        ("not_found", _) if detail.contains("no bin") => "; `creel bin list` shows those that are there".to_owned(),
        ("not_found", _) if detail.contains("no such route") => "; is the server older than this command?".to_owned(),
        _ => String::new(),
    };
    ClientError::Refused { status, code, detail, hint, problem }
}

/// The server's sentence as part of another.
fn sentence(detail: &str) -> &str {
    detail.trim_end_matches('.')
}

/// The innermost cause of an error: those around it only say that something failed.
pub(super) fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    // `Connection refused (os error 111)`: the number is of no use.
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_one_sentence_with_the_way_out() {
        let shown =
            |status: u16, body: &str, token: bool| refused(status, body.as_bytes(), "http://h", token).to_string();
        let body = r#"{"code": "not_found", "detail": "There is no bin 'x'."}"#;
        assert_eq!(shown(404, body, false), "There is no bin 'x'; `creel bin list` shows those that are there");
        let body =
            r#"{"code": "invalid_field", "detail": "A status is a number up to 599.", "field": "response.status"}"#;
        assert_eq!(shown(422, body, false), "response.status: A status is a number up to 599");
        let body = r#"{"code": "unauthorized", "detail": "The console asks for a token: send …"}"#;
        assert_eq!(shown(401, body, false), "The console asks for a token: give --token-file or CREEL_TOKEN");
        assert!(shown(500, "<html>", false).contains("not a Creel console"));
    }

    #[test]
    fn what_is_wrong_and_what_cannot_be_reached_are_told_apart() {
        let of = |status: u16| refused(status, br#"{"code": "x", "detail": "y"}"#, "http://h", false);
        assert!(of(404).is_wrong() && of(422).is_wrong() && of(401).is_wrong());
        assert!(!of(408).is_wrong() && !of(503).is_wrong() && !of(503).is_unreachable());
        assert!(of(503).may_pass() && !of(404).may_pass());
        assert!(refused(502, b"bad gateway", "http://h", false).is_unreachable());
    }
}
