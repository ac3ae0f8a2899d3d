//! Targets: URLs to send to, and the rules for which addresses may be reached. Pure.
//!
//! By default the server sends to this machine only. A server whose console other machines can reach, or which needs a
//! token, does not even do that: this machine's services need not trust the console's users. All other targets must be
//! listed with `--allow-target`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use url::{Host, Url};

use super::address::{Place, canonical, place};

/// A URL that can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetUrl(Url);

/// Most characters of a target.
const MAX_TARGET: usize = 2_048;

impl TargetUrl {
    /// Reads a URL. The sentence of the error says what to write.
    ///
    /// # Errors
    /// When it is no plain `http` or `https` URL.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_TARGET {
            return Err(format!("A target has at most {MAX_TARGET} bytes."));
        }
        // The URL parser would repair mistakes and drop characters, as browsers do.
        let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if !begins("http://") && !begins("https://") {
            return Err("A target is a URL that starts with http:// or https://.".to_owned());
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err("A target has no spaces, backslashes or control characters.".to_owned());
        }
        let url = Url::parse(text).map_err(|error| format!("This is no URL: {error}."))?;
        if !url.has_host() {
            return Err("A target names a host.".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("A target has no user name or password; send them as a header.".to_owned());
        }
        if url.fragment().is_some() {
            return Err("A target has no fragment (#…).".to_owned());
        }
        if url.port_or_known_default() == Some(0) {
            return Err("A target has a port from 1 to 65535.".to_owned());
        }
        Ok(Self(url))
    }

    /// Whether TLS is spoken.
    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host, told apart as name or address.
    pub(crate) fn host(&self) -> Host<&str> {
        self.0.host().unwrap_or(Host::Domain(""))
    }

    /// The port, also when it is not written.
    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Whether it is that URL, or below its path.
    pub(crate) fn is_below(&self, base: &Self) -> bool {
        let path = base.path().strip_suffix('/').unwrap_or(base.path());
        let rest = self.path().strip_prefix(path);
        (self.is_https(), self.authority(), self.port()) == (base.is_https(), base.authority(), base.port())
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether it names that listener of this machine.
    pub(crate) fn is_at(&self, listener: SocketAddr) -> bool {
        // A connection to an IPv4-mapped IPv6 address uses the IPv4 address.
        let is_here = |ip: IpAddr| {
            let ip = canonical(ip);
            ip.is_loopback() || ip == canonical(listener.ip())
        };
        let here = match self.host() {
            Host::Domain(name) => is_localhost(name),
            Host::Ipv4(ip) => is_here(ip.into()),
            Host::Ipv6(ip) => is_here(ip.into()),
        };
        here && self.port() == listener.port()
    }

    /// The value for `Host`: with the port unless it is the scheme's default.
    pub(crate) fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The path; `/` at least.
    pub(crate) fn path(&self) -> &str {
        self.0.path()
    }

    /// The query, without its question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Path and query as they are sent.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.0[url::Position::BeforePath..url::Position::AfterQuery]
    }

    /// The URL with another path and query, for people and for schemes that sign it.
    pub(crate) fn with_path(&self, path_and_query: &[u8]) -> String {
        format!("{}{}", &self.0[..url::Position::BeforePath], String::from_utf8_lossy(path_and_query))
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TargetUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// What one `--allow-target` lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedTarget {
    /// A host by name or address, on one port or on all.
    Host {
        /// In lower case; an address in its usual form.
        host: String,
        /// The port; `None` for all.
        port: Option<u16>,
    },
    /// Every host below a domain.
    Below(String),
    /// Every address of a network.
    Network(IpNet),
}

impl FromStr for AllowedTarget {
    type Err = String;

    /// `HOST`, `HOST:PORT`, `[IPV6]:PORT`, `*.domain`, `10.0.0.0/8`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no target: give HOST, HOST:PORT, *.domain or a network such as 10.0.0.0/8");
        if text.contains('/') {
            return text.parse().map(Self::Network).map_err(|_| wrong());
        }
        if let Some(domain) = text.strip_prefix("*.") {
            let Ok(Host::Domain(domain)) = Host::parse(domain) else { return Err(wrong()) };
            return Ok(Self::Below(domain));
        }
        if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(Self::Host { host: canonical(ip).to_string(), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let host = match Host::parse(host).map_err(|_| wrong())? {
            Host::Domain(name) if name.contains('*') => return Err(wrong()),
            Host::Domain(name) => name.trim_end_matches('.').to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => canonical(ip.into()).to_string(),
        };
        Ok(Self::Host { host, port })
    }
}

impl AllowedTarget {
    /// Whether it lists this very address.
    fn is_address(&self, ip: IpAddr, port: u16) -> bool {
        match self {
            Self::Host { host, port: listed } => listed.is_none_or(|listed| listed == port) && *host == ip.to_string(),
            Self::Network(network) => network.prefix_len() == network.max_prefix_len() && network.addr() == ip,
            Self::Below(_) => false,
        }
    }

    /// Whether it lists this name.
    fn is_name(&self, name: &str, port: u16) -> bool {
        match self {
            Self::Host { host, port: listed } => listed.is_none_or(|listed| listed == port) && host == name,
            Self::Below(domain) => {
                name.strip_suffix(domain.as_str()).is_some_and(|start| start.len() > 1 && start.ends_with('.'))
            }
            Self::Network(_) => false,
        }
    }
}

/// Which targets may be reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct TargetPolicy {
    /// Loopback is allowed without being listed.
    loopback: bool,
    allowed: Vec<AllowedTarget>,
    /// The console's own address, which is never a target.
    console: Option<SocketAddr>,
    /// Every address of a host is allowed.
    anywhere: bool,
}

/// Why a target is not allowed: what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotAllowed(pub String);

impl TargetPolicy {
    /// For a server: the listed targets, and loopback when its console is private.
    pub(crate) fn new(loopback: bool, allowed: Vec<AllowedTarget>, console: SocketAddr) -> Self {
        Self { loopback, allowed, console: Some(console), anywhere: false }
    }

    /// For the command line: its user can reach every target anyway.
    pub(crate) fn anywhere() -> Self {
        Self { anywhere: true, ..Self::default() }
    }

    /// Whether the name itself is listed, so that it may be set even if it does not resolve now.
    pub(crate) fn lists(&self, target: &TargetUrl) -> bool {
        let port = target.port();
        match target.host() {
            Host::Domain(name) => {
                let name = plain(name);
                (self.loopback && is_localhost(&name)) || self.allowed.iter().any(|rule| rule.is_name(&name, port))
            }
            Host::Ipv4(_) | Host::Ipv6(_) => false,
        }
    }

    /// Checks one resolved address of a target. Every address must pass.
    ///
    /// # Errors
    /// A sentence that names the flag.
    pub(crate) fn check(&self, target: &TargetUrl, ip: IpAddr) -> Result<(), NotAllowed> {
        let (port, ip) = (target.port(), canonical(ip));
        if self.is_console(SocketAddr::new(ip, port)) {
            return Err(NotAllowed("Creel's own console is never a target.".to_owned()));
        }
        let name = match target.host() {
            Host::Domain(name) => Some(plain(name)),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        };
        let by_address = self.allowed.iter().any(|rule| rule.is_address(ip, port));
        let by_network =
            || self.allowed.iter().any(|rule| matches!(rule, AllowedTarget::Network(net) if net.contains(&ip)));
        let by_name = || name.as_ref().is_some_and(|name| self.allowed.iter().any(|rule| rule.is_name(name, port)));
        let listed = match place(ip) {
            // A listed name that resolves to loopback must not open this machine.
            Place::Loopback => {
                self.loopback
                    || self.anywhere
                    || by_address
                    || by_network()
                    || (by_name() && name.as_deref().is_some_and(is_localhost))
            }
            Place::Special => self.anywhere || by_address,
            Place::Nowhere => false,
            Place::Host => self.anywhere || by_address || by_network() || by_name(),
        };
        if listed { Ok(()) } else { Err(Self::refusal(target, name.as_deref(), ip)) }
    }

    /// Whether a connection reached the console, whatever address was used.
    pub(crate) fn is_console(&self, peer: SocketAddr) -> bool {
        self.console.is_some_and(|console| {
            let (ip, own) = (canonical(peer.ip()), canonical(console.ip()));
            let reaches = if own.is_unspecified() { ip.is_loopback() || ip.is_unspecified() } else { ip == own };
            console.port() == peer.port() && (reaches || (own.is_loopback() && ip.is_unspecified()))
        })
    }

    /// Whether the console listens on this port of every address.
    pub(crate) fn console_is_everywhere(&self, port: u16) -> bool {
        self.console.is_some_and(|console| console.ip().is_unspecified() && console.port() == port)
    }

    fn refusal(target: &TargetUrl, name: Option<&str>, ip: IpAddr) -> NotAllowed {
        let authority = target.authority();
        let what = match name {
            Some(name) if name != ip.to_string() => format!("{authority} is {ip}, and that"),
            _ => authority.clone(),
        };
        NotAllowed(match place(ip) {
            Place::Nowhere => format!("{what} is no address of a single host."),
            Place::Special => format!(
                "{what} is a link-local, metadata or translated address: it is reached only with --allow-target {ip}."
            ),
            Place::Loopback => format!(
                "{what} is this machine, to which a console with a token, or one that other machines can reach, sends only if allowed: start creel with --allow-target {authority}."
            ),
            Place::Host => {
                format!("{what} is another machine: start creel with --allow-target {authority} to send there.")
            }
        })
    }

    /// The error for a name that is not listed and does not resolve.
    pub(crate) fn unresolved(target: &TargetUrl) -> NotAllowed {
        let authority = target.authority();
        NotAllowed(format!(
            "{authority} does not resolve, and is not listed: check the name, or start creel with --allow-target {authority}."
        ))
    }
}

/// A name as rules compare it.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Names that mean this machine without a look-up (RFC 6761).
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost")
        || name.len() > 10 && name.get(name.len() - 10..).is_some_and(|end| end.eq_ignore_ascii_case(".localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: &str = "127.0.0.1:4666";

    fn policy(loopback: bool, rules: &[&str]) -> TargetPolicy {
        TargetPolicy::new(loopback, rules.iter().map(|rule| rule.parse().unwrap()).collect(), CONSOLE.parse().unwrap())
    }

    fn allows(policy: &TargetPolicy, url: &str, ip: &str) -> bool {
        policy.check(&TargetUrl::parse(url).unwrap(), ip.parse().unwrap()).is_ok()
    }

    fn literal(policy: &TargetPolicy, url: &str) -> bool {
        let url = TargetUrl::parse(url).unwrap();
        match url.host() {
            Host::Ipv4(ip) => policy.check(&url, ip.into()).is_ok(),
            Host::Ipv6(ip) => policy.check(&url, ip.into()).is_ok(),
            Host::Domain(name) => panic!("{name} is a name"),
        }
    }

    #[test]
    fn this_machine_is_known_however_its_address_is_written() {
        let at = |url: &str, listener: &str| TargetUrl::parse(url).unwrap().is_at(listener.parse().unwrap());
        for url in [
            "http://127.0.0.1:4665/b",
            "http://127.1:4665/b",
            "http://127.0.0.9:4665/b",
            "http://[::1]:4665/b",
            "http://[::ffff:127.0.0.1]:4665/b",
            "http://[::ffff:7f00:1]:4665/b",
            "http://localhost:4665/b",
            "http://a.localhost.:4665/b",
        ] {
            assert!(at(url, "127.0.0.1:4665") && at(url, "[::ffff:127.0.0.1]:4665"), "{url}");
            assert!(!at(url, "127.0.0.1:4666"), "{url}");
        }
        assert!(at("http://[::ffff:192.0.2.1]:1/", "192.0.2.1:1") && at("http://192.0.2.1:1/", "[::ffff:192.0.2.1]:1"));
        assert!(!at("http://192.0.2.1:4665/", "127.0.0.1:4665"));
    }

    #[test]
    fn by_itself_only_this_machine_is_reached_and_never_the_console() {
        let policy = policy(true, &[]);
        for good in [
            "http://127.0.0.1:3000",
            "http://127.1:3000/",
            "http://[::1]:3000",
            "http://[::ffff:127.0.0.1]:3000",
            "http://2130706433:3000",
            "http://0x7f.1:3000",
            "http://0177.0.0.1:3000",
        ] {
            assert!(literal(&policy, good), "{good}");
        }
        for bad in [
            "http://10.0.0.1",
            "http://192.168.1.1",
            "http://203.0.113.7",
            "http://169.254.169.254",
            "http://2852039166",
            "http://0xA9FEA9FE",
            "http://0251.0376.0251.0376",
            "http://0.0.0.0:3000",
            "http://0:3000",
            "http://[::]:3000",
            "http://[::ffff:169.254.169.254]",
            "http://[::ffff:a9fe:a9fe]",
            "http://[64:ff9b::a9fe:a9fe]",
            "http://[::127.0.0.1]:3000",
            "http://[64:ff9b::7f00:1]:3000",
            "http://[2002:7f00:1::]:3000",
            "http://[fe80::1]",
            "http://[fd00:ec2::254]",
            "http://255.255.255.255",
            "http://224.0.0.1",
            "http://[ff02::1]",
            "http://127.0.0.1:4666",
            "http://[::ffff:127.0.0.1]:4666",
            "http://2130706433:4666",
        ] {
            assert!(!literal(&policy, bad), "{bad}");
        }
        for name in ["http://evil.example:3000", "http://localhost:3000"] {
            assert!(allows(&policy, name, "127.0.0.1"));
            assert!(!allows(&policy, name, "10.0.0.1"));
        }
        assert!(!allows(&policy, "http://console.example:4666", "127.0.0.1"));
    }

    #[test]
    fn a_console_that_others_reach_opens_nothing_that_is_not_listed() {
        let nothing = policy(false, &[]);
        assert!(!literal(&nothing, "http://127.0.0.1:3000"));
        assert!(!allows(&nothing, "http://localhost:3000", "::1"));
        let by_port = policy(false, &["127.0.0.1:3000", "localhost:4000"]);
        assert!(literal(&by_port, "http://127.0.0.1:3000") && !literal(&by_port, "http://127.0.0.1:3001"));
        assert!(allows(&by_port, "http://localhost:4000", "::1") && !allows(&by_port, "http://localhost:4001", "::1"));
        // A listed name does not open this machine.
        let named = policy(false, &["hooks.example"]);
        assert!(allows(&named, "http://hooks.example", "203.0.113.7"));
        assert!(!allows(&named, "http://hooks.example", "127.0.0.1"));
    }

    #[test]
    fn names_domains_and_networks_are_listed_and_special_addresses_only_one_by_one() {
        let named = policy(true, &["Hooks.example:8443", "*.corp.example"]);
        assert!(allows(&named, "https://hooks.example:8443/x", "10.0.0.1"));
        assert!(!allows(&named, "https://hooks.example/x", "10.0.0.1"));
        assert!(allows(&named, "https://a.b.corp.example./x", "10.0.0.1"));
        for not in ["https://corp.example", "https://evilcorp.example", "https://corp.example.evil"] {
            assert!(!allows(&named, not, "10.0.0.1"), "{not}");
        }
        for special in
            ["169.254.169.254", "fe80::1", "::ffff:169.254.1.1", "100.100.100.200", "64:ff9b::a9fe:a9fe", "0.0.0.0"]
        {
            assert!(!allows(&named, "https://a.corp.example", special), "{special}");
        }
        let network = policy(true, &["10.0.0.0/8", "0.0.0.0/0", "::/0", "169.254.0.0/16"]);
        assert!(literal(&network, "http://10.1.2.3") && allows(&network, "http://x.example", "203.0.113.7"));
        assert!(literal(&network, "http://[2001:db8::1]"));
        assert!(!literal(&network, "http://169.254.169.254") && !literal(&network, "http://[fe80::1]"));
        let one = policy(true, &["169.254.169.254", "fe80::1/128"]);
        assert!(literal(&one, "http://169.254.169.254") && literal(&one, "http://[fe80::1]"));
        assert!(!literal(&one, "http://169.254.169.253"));
    }

    #[test]
    fn a_refusal_names_the_flag() {
        let refusal = |url: &str, ip: &str| {
            policy(true, &[]).check(&TargetUrl::parse(url).unwrap(), ip.parse().unwrap()).unwrap_err().to_string()
        };
        assert!(refusal("https://hooks.example/x", "203.0.113.7").contains("--allow-target hooks.example "));
        assert!(refusal("http://10.0.0.1:81/", "10.0.0.1").contains("--allow-target 10.0.0.1:81 "));
        assert!(refusal("http://m.example", "169.254.169.254").contains("--allow-target 169.254.169.254"));
    }

    #[test]
    fn only_plain_web_urls_are_targets() {
        for bad in [
            "",
            "localhost:3000",
            "ftp://h",
            "http://",
            "http://u:p@h",
            "http://u@h",
            "http://h/#f",
            "http://h/a b",
            "http://h\\x",
            "http:/h",
            "http://h:0",
            "http://h:99999",
            "http:h",
            "file:///etc/passwd",
        ] {
            assert!(TargetUrl::parse(bad).is_err(), "{bad}");
        }
        let url = TargetUrl::parse("HTTPS://Hooks.Example:443/a?b").unwrap();
        assert_eq!((url.is_https(), url.authority().as_str(), url.port()), (true, "hooks.example", 443));
        assert_eq!((url.path(), url.query(), url.path_and_query()), ("/a", Some("b"), "/a?b"));
        assert_eq!(TargetUrl::parse("http://[::1]:8/").unwrap().authority(), "[::1]:8");
    }

    #[test]
    fn a_listed_target_has_one_of_four_forms() {
        for bad in ["", "a b", "h:99999", "h:x", "*.", "10.0.0.0/33", "*", "a*.b", "http://h"] {
            assert!(bad.parse::<AllowedTarget>().is_err(), "{bad}");
        }
        assert_eq!("[::1]:8".parse(), Ok(AllowedTarget::Host { host: "::1".into(), port: Some(8) }));
        assert_eq!("::1".parse(), Ok(AllowedTarget::Host { host: "::1".into(), port: None }));
        assert_eq!("*.A.example".parse(), Ok(AllowedTarget::Below("a.example".into())));
    }
}
