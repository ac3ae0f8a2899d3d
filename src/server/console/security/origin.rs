//! The source of a request: the `Host` that it names, and the page that made it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};

use super::single;
use crate::server::console::problem::{Code, Problem};

/// The hosts that the console answers to.
pub(super) struct Hosts {
    /// The address of the listener; unspecified when it listens on all of them.
    pub(super) listen: IpAddr,
    /// Further host names, in lower case.
    pub(super) allowed: Vec<String>,
}

impl Hosts {
    /// The `Host` of a request, if it is allowed.
    pub(super) fn host(&self, request: &HttpRequest) -> Result<Authority, Problem> {
        let refuse = || {
            let text = "The console does not answer to this Host. Use its address, or start creel with --allow-host.";
            Problem::new(Code::HostNotAllowed, text)
        };
        let host =
            single(request.headers(), &header::HOST).ok().flatten().and_then(Authority::parse).ok_or_else(refuse)?;
        // The absolute form of a target names a host too: both must be allowed.
        let in_target = request.uri().authority().map(|authority| Authority::parse(authority.as_str()));
        let allowed = self.allows(&host) && in_target.is_none_or(|authority| authority.as_ref() == Some(&host));
        if allowed { Ok(host) } else { Err(refuse()) }
    }

    fn allows(&self, host: &Authority) -> bool {
        if self.allowed.iter().any(|allowed| *allowed == host.name || *allowed == host.to_string()) {
            return true;
        }
        match host.name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            // A foreign name can be made to resolve to this machine, but an address cannot: a listener on all addresses
            // accepts any address.
            Ok(ip) => ip.is_loopback() || ip == self.listen || self.listen.is_unspecified(),
            Err(_) => host.name == "localhost" || host.name.ends_with(".localhost"),
        }
    }
}

/// A host with its port, as `Host` and `Origin` name it. The scheme's default port counts as none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Authority {
    /// In lower case; IPv6 addresses in brackets; no dot at the end.
    name: String,
    port: Option<u16>,
}

impl Authority {
    fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        let bracketed = name.starts_with('[') && name.ends_with(']');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let valid = !name.is_empty() && (bracketed || name.bytes().all(plain));
        valid.then(|| Self { name: name.trim_end_matches('.').to_ascii_lowercase(), port })
    }

    /// The authority of an origin (`http://localhost:4666`).
    fn of_origin(origin: &str) -> Option<Self> {
        let (scheme, rest) = origin.split_once("://")?;
        let default = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let mut authority = Self::parse(rest)?;
        authority.port = authority.port.filter(|port| *port != default);
        Some(authority)
    }
}

impl std::fmt::Display for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Refuses what a page of another site made.
pub(super) fn check_origin(headers: &HeaderMap, host: &Authority) -> Result<(), Problem> {
    let refuse = || {
        Problem::new(
            Code::CrossOrigin,
            "The console takes no requests from pages of other sites (Origin, Sec-Fetch-Site).",
        )
    };
    let fetch_site = HeaderName::from_static("sec-fetch-site");
    let site_is_ours = match single(headers, &fetch_site) {
        // `none`: the user typed the address or used a bookmark. `same-site` is not enough: another port is another
        // program.
        Ok(site) => matches!(site, None | Some("same-origin" | "none")),
        Err(()) => false,
    };
    let origin_is_ours = match single(headers, &header::ORIGIN) {
        Ok(None) => true,
        // Behind a TLS proxy the scheme differs, so only host and port are compared.
        Ok(Some(origin)) => Authority::of_origin(origin).is_some_and(|origin| {
            origin.name == host.name
                && (origin.port == host.port
                    || host.port.is_some_and(|port| origin.port.is_none() && (port == 80 || port == 443)))
        }),
        Err(()) => false,
    };
    if site_is_ours && origin_is_ours { Ok(()) } else { Err(refuse()) }
}
