//! Networks of addresses, to list trusted proxies.

use std::net::IpAddr;
use std::str::FromStr;

/// Addresses of one network: `10.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many leading bits count.
    bits: u8,
}

impl Network {
    /// Whether the address is one of them.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip) {
            (IpAddr::V4(own), IpAddr::V4(ip)) => shifted(u128::from(own.to_bits() ^ ip.to_bits()), 32, self.bits) == 0,
            (IpAddr::V6(own), IpAddr::V6(ip)) => shifted(own.to_bits() ^ ip.to_bits(), 128, self.bits) == 0,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// The first `bits` of the last `of` bits.
fn shifted(number: u128, of: u32, bits: u8) -> u128 {
    number.checked_shr(of - u32::from(bits)).unwrap_or(0)
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let wrong = || format!("'{text}' is neither an address nor a network: give one like 10.0.0.0/8 or ::1");
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?,
        };
        Ok(Self { address, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_nonsense_is_refused() {
        let has = |network: &str, ip: &str| network.parse::<Network>().unwrap().contains(ip.parse().unwrap());
        assert!(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("0.0.0.0/0", "1.2.3.4") && !has("0.0.0.0/0", "::1") && has("::/0", "::1"));
        assert!(has("2001:db8::/32", "2001:db8:1::") && !has("2001:db8::/32", "2001:db9::"));
        assert!(has("::1", "::1") && !has("::1", "::2") && has("10.0.0.0/32", "10.0.0.0") && has("::2/128", "::2"));
        assert!(!has("::/128", "0.0.0.0") && !has("10.0.0.0/9", "10.128.0.0") && has("10.0.0.0/9", "10.127.0.0"));
        assert!(has("192.0.2.1", "192.0.2.1") && !has("192.0.2.1", "192.0.2.2"));
        for nonsense in
            ["", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/x", "localhost", "10.0.0/8", "10.0.0.0/-1"]
        {
            assert!(nonsense.parse::<Network>().is_err(), "{nonsense}");
        }
    }
}
