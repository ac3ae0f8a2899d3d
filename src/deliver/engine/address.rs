//! Classifies an address, whatever form it is written in. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kinds that the rules tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// This machine.
    Loopback,
    /// Link-local, or a cloud's metadata service: reached only when this exact address is listed.
    Special,
    /// No single host: unspecified, broadcast, multicast.
    Nowhere,
    /// Any other host, of a private network or not.
    Host,
}

/// Metadata and platform services that are not link-local.
const METADATA: &[IpAddr] = &[
    // Alibaba Cloud.
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    // Oracle Cloud.
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    // Azure's platform.
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    // Amazon.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    // Google Cloud.
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
];

/// The address that a connection really uses: for an IPv4-mapped IPv6 address (`::ffff:127.0.0.1`), the IPv4 address.
pub(super) fn canonical(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

/// The kind of an address. An IPv6 address for a translator or a tunnel is special where the IPv4 address that it
/// embeds is more than an ordinary host's: loopback, special or no host at all.
pub(super) fn place(ip: IpAddr) -> Place {
    match canonical(ip) {
        IpAddr::V4(v4) => place_of_v4(v4),
        IpAddr::V6(v6) => match embedded(v6).map(place_of_v4) {
            Some(Place::Loopback | Place::Special | Place::Nowhere) => Place::Special,
            Some(Place::Host) | None => place_of_v6(v6),
        },
    }
}

fn place_of_v4(v4: Ipv4Addr) -> Place {
    let octets = v4.octets();
    if v4.is_loopback() {
        Place::Loopback
    } else if v4.is_link_local() || METADATA.contains(&IpAddr::V4(v4)) {
        Place::Special
    } else if octets[0] == 0 || octets[0] >= 224 {
        // This network, multicast, reserved, broadcast.
        Place::Nowhere
    } else {
        Place::Host
    }
}

fn place_of_v6(v6: Ipv6Addr) -> Place {
    if v6.is_loopback() {
        Place::Loopback
    } else if v6.is_unicast_link_local() || METADATA.contains(&IpAddr::V6(v6)) {
        Place::Special
    } else if v6.is_unspecified() || v6.is_multicast() {
        Place::Nowhere
    } else {
        Place::Host
    }
}

/// The IPv4 address that an IPv6 address embeds for a translator or a tunnel.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match v6.segments() {
        // Compatible (RFC 4291, obsolete), not `::` and `::1`.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => of(high, low),
        // Translated (RFC 2765), NAT64 (RFC 6052, RFC 8215), ISATAP (RFC 5214).
        [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x0064, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x0064, 0xff9b, 1, _, _, _, high, low]
        | [_, _, _, _, 0 | 0x0200, 0x5efe, high, low]
        // 6to4 (RFC 3056).
        | [0x2002, high, low, ..] => of(high, low),
        // Teredo (RFC 4380): the client's address, inverted.
        [0x2001, 0, _, _, _, _, high, low] => of(!high, !low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_in_every_dress() {
        for (text, expected) in [
            ("127.0.0.1", Place::Loopback),
            ("127.255.1.2", Place::Loopback),
            ("::1", Place::Loopback),
            ("::ffff:127.0.0.1", Place::Loopback),
            ("169.254.169.254", Place::Special),
            ("::ffff:169.254.169.254", Place::Special),
            ("fe80::1", Place::Special),
            ("fd00:ec2::254", Place::Special),
            ("100.100.100.200", Place::Special),
            ("168.63.129.16", Place::Special),
            ("64:ff9b::169.254.169.254", Place::Special),
            ("64:ff9b:1::a9fe:a9fe", Place::Special),
            ("64:ff9b::127.0.0.1", Place::Special),
            ("::127.0.0.1", Place::Special),
            ("::169.254.169.254", Place::Special),
            ("::ffff:0:127.0.0.1", Place::Special),
            ("2002:7f00:1::", Place::Special),
            ("2001:0:1:2:3:4:80ff:fffe", Place::Special),
            ("fe80::5efe:a00:1", Place::Special),
            ("2001:db8::5efe:7f00:1", Place::Special),
            ("0.0.0.0", Place::Nowhere),
            ("0.1.2.3", Place::Nowhere),
            ("255.255.255.255", Place::Nowhere),
            ("224.0.0.1", Place::Nowhere),
            ("::", Place::Nowhere),
            ("ff02::1", Place::Nowhere),
            ("::ffff:0.0.0.0", Place::Nowhere),
            ("10.0.0.1", Place::Host),
            ("203.0.113.7", Place::Host),
            ("64:ff9b::203.0.113.7", Place::Host),
            ("2001:db8::1", Place::Host),
        ] {
            assert_eq!(place(text.parse().unwrap()), expected, "{text}");
        }
    }
}
