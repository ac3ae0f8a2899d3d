//! Who can reach a URL, and what to do when the sender cannot. Shown with every URL to hand out.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

/// Who reaches a URL of the capture listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A loopback address: programs on this machine.
    Machine,
    /// The listener takes all addresses: other machines, under this machine's own name.
    AllAddresses,
    /// An address of a network: the machines in it.
    Network,
    /// A name that the user set: all that its tunnel or proxy lets through.
    Public,
}

impl Reach {
    /// Who reaches `url`, when the capture listener is at `listener`.
    pub fn of(url: &str, listener: SocketAddr) -> Self {
        if url.starts_with(&super::url_of(listener)) {
            return match listener.ip() {
                ip if ip.is_unspecified() => Self::AllAddresses,
                ip if ip.is_loopback() => Self::Machine,
                _ => Self::Network,
            };
        }
        let url = Url::parse(url).ok();
        match url.as_ref().and_then(Url::host) {
            Some(Host::Ipv4(ip)) => Self::of_address(ip.into()),
            Some(Host::Ipv6(ip)) => Self::of_address(ip.into()),
            Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => Self::Machine,
            Some(Host::Domain(_)) | None => Self::Public,
        }
    }

    fn of_address(ip: IpAddr) -> Self {
        let private = match ip {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
        };
        match ip {
            ip if ip.is_loopback() => Self::Machine,
            _ if private => Self::Network,
            _ => Self::Public,
        }
    }

    /// Who reaches it, in a few words.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Machine => "Reached from this machine only",
            Self::AllAddresses => "Reached from other machines, too",
            Self::Network => "Reached from its network only",
            Self::Public => "Public URL",
        }
    }

    /// Who reaches it. `listener` is the capture listener's URL on this machine.
    pub fn who(self, listener: &str) -> String {
        match self {
            Self::Machine => "Only programs on this machine reach this URL.".to_owned(),
            Self::AllAddresses => {
                "Other machines reach this URL with this machine's name or address in place of the host.".to_owned()
            }
            Self::Network => "Only machines that reach this address can send to this URL.".to_owned(),
            Self::Public => format!("Senders reach this URL as far as its tunnel or proxy leads to {listener}."),
        }
    }

    /// What to do when the sender is elsewhere; `set` says how to give Creel the tunnel's address. `None` for a public
    /// URL.
    pub fn way_out(self, listener: &str, set: &str) -> Option<String> {
        if self == Self::Public {
            return None;
        }
        Some(format!(
            "Is the sender elsewhere, as a platform on the internet is? Point a tunnel at {listener} (for one, \
             cloudflared tunnel --url {listener}), and {set}."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_who_reaches_a_url() {
        let reach = |url: &str, listener: &str| Reach::of(url, listener.parse().unwrap());
        for (url, listener, wanted) in [
            ("http://127.0.0.1:4665/b", "127.0.0.1:4665", Reach::Machine),
            ("http://[::1]:4665/b", "[::1]:4665", Reach::Machine),
            ("http://127.0.0.1:4665/b", "0.0.0.0:4665", Reach::AllAddresses),
            ("http://10.0.0.7:4665/b", "10.0.0.7:4665", Reach::Network),
            ("https://hooks.example.net/b", "127.0.0.1:4665", Reach::Public),
            ("https://203.0.113.9/b", "127.0.0.1:4665", Reach::Public),
            ("http://192.168.1.4:8080/b", "127.0.0.1:4665", Reach::Network),
            ("http://localhost:9000/b", "127.0.0.1:4665", Reach::Machine),
            ("http://app.localhost/b", "127.0.0.1:4665", Reach::Machine),
        ] {
            assert_eq!(reach(url, listener), wanted, "{url} at {listener}");
        }
        assert!(Reach::Machine.way_out("http://127.0.0.1:4665", "set it").unwrap().contains("tunnel"));
        assert_eq!(Reach::Public.way_out("http://127.0.0.1:4665", "set it"), None);
    }
}
