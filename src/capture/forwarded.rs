//! The sender of a request that came through proxies. Only entries added by trusted proxies count: the sender may have
//! written all earlier ones.

use std::net::{IpAddr, SocketAddr};

use crate::http::{Headers, forwarded};
use crate::model::{Client, Network};

/// The sender of a request received from `peer`: the peer itself, unless it is a trusted proxy. Then the noted
/// addresses are followed from the newest on, as long as the proxy that noted each is trusted.
pub(super) fn client(peer: SocketAddr, headers: &Headers, trusted: &[Network]) -> Client {
    let peer = Client { ip: peer.ip().to_canonical(), port: peer.port() };
    let is_trusted = |client: &Client| trusted.iter().any(|network| network.contains(client.ip));
    if !is_trusted(&peer) {
        return peer;
    }
    let follow = |list: &mut dyn Iterator<Item = Option<Client>>| {
        let mut last = peer;
        for client in list {
            // An unreadable entry hides the senders behind it.
            let Some(client) = client else { break };
            last = client;
            if !is_trusted(&client) {
                break;
            }
        }
        last
    };
    let by_standard = headers.contains("Forwarded");
    let by_custom = headers.contains("X-Forwarded-For");
    let sender = |element: &String| forwarded::parameter(element, "for").and_then(address);
    let standard = || follow(&mut values(headers, "Forwarded").iter().rev().map(sender));
    let custom = || follow(&mut values(headers, "X-Forwarded-For").iter().rev().map(|element| address(element)));
    match (by_standard, by_custom) {
        (false, false) => peer,
        (true, false) => standard(),
        (false, true) => custom(),
        // A proxy writes one field and may pass the other on unchanged: where they differ, neither can be attributed to
        // the proxy.
        (true, true) => Some(standard()).filter(|client| client.ip == custom().ip).unwrap_or(peer),
    }
}

/// Most elements of a list that are read: no chain of proxies is longer.
const MAX_ELEMENTS: usize = 64;

/// The newest elements of all fields of that name, as one list.
fn values(headers: &Headers, name: &str) -> Vec<String> {
    let fields: Vec<String> =
        headers.all(name).map(|value| String::from_utf8_lossy(value.as_ref()).into_owned()).collect();
    let mut newest: Vec<String> =
        fields.iter().rev().flat_map(|field| field.rsplit(',')).take(MAX_ELEMENTS).map(str::to_owned).collect();
    newest.reverse();
    newest
}

/// An address with or without port and brackets.
fn address(text: &str) -> Option<Client> {
    let text = text.trim();
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(Client { ip: address.ip().to_canonical(), port: address.port() });
    }
    let ip: IpAddr = text.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    Some(Client { ip: ip.to_canonical(), port: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(peer: &str, trusted: &[&str], fields: &[(&'static str, &'static str)]) -> String {
        let headers: Headers = fields.iter().copied().collect();
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let Client { ip, port } = client(SocketAddr::new(peer.parse().unwrap(), 9), &headers, &trusted);
        format!("{ip} {port}")
    }

    #[test]
    fn the_sender_is_the_first_that_no_trusted_proxy_answers_for_counted_from_the_right() {
        let loopback = &["127.0.0.0/8", "::1"][..];
        let both = &["127.0.0.1", "10.0.0.0/8"][..];
        let xff = "X-Forwarded-For";
        for (peer, trusted, fields, expected) in [
            ("127.0.0.1", loopback, &[(xff, "203.0.113.7")][..], "203.0.113.7 0"),
            ("127.0.0.1", loopback, &[(xff, "6.6.6.6, 203.0.113.7")], "203.0.113.7 0"),
            ("127.0.0.1", loopback, &[(xff, "6.6.6.6"), (xff, "203.0.113.7:80")], "203.0.113.7 80"),
            ("127.0.0.1", both, &[(xff, "6.6.6.6, 203.0.113.7, 10.1.2.3")], "203.0.113.7 0"),
            ("127.0.0.1", both, &[(xff, "10.9.9.9, 10.1.2.3")], "10.9.9.9 0"),
            ("127.0.0.1", both, &[(xff, "6.6.6.6, unknown, 10.1.2.3")], "10.1.2.3 0"),
            ("::ffff:127.0.0.1", loopback, &[(xff, "203.0.113.7")], "203.0.113.7 0"),
            ("198.51.100.1", loopback, &[(xff, "203.0.113.7")], "198.51.100.1 9"),
            ("127.0.0.1", &[], &[(xff, "203.0.113.7")], "127.0.0.1 9"),
            ("127.0.0.1", loopback, &[], "127.0.0.1 9"),
            ("127.0.0.1", loopback, &[(xff, "_hidden")], "127.0.0.1 9"),
            (
                "::1",
                loopback,
                &[("Forwarded", "for=6.6.6.6, For=\"[2001:db8::17]:4711\";proto=https")],
                "2001:db8::17 4711",
            ),
            ("::1", loopback, &[("Forwarded", "proto=http;for=192.0.2.60")], "192.0.2.60 0"),
            ("::1", loopback, &[("Forwarded", "for=192.0.2.60"), (xff, "192.0.2.60")], "192.0.2.60 0"),
            ("::1", loopback, &[("Forwarded", "for=6.6.6.6"), (xff, "192.0.2.60")], "::1 9"),
        ] {
            assert_eq!(told(peer, trusted, fields), expected, "{peer} {fields:?}");
        }
    }
}
