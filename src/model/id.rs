//! Identifiers: of bins (generated or chosen) and of captured requests.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Timestamp;

/// The cursor: a number per database that grows with every captured request and every change. Never used twice.
pub(crate) type Seq = u64;

/// A bin's generated id: 16 characters of lower-case Crockford base32, 80 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BinId([u8; 16]);

const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl BinId {
    /// A new id. 80 random bits: guessing one is as hard as guessing a key.
    #[must_use]
    pub fn generate() -> Self {
        Self(std::array::from_fn(|_| CROCKFORD[usize::from(rand::random::<u8>() & 31)]))
    }

    /// The id's text: as in URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only alphabet bytes are ever stored.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for BinId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BinId {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes: [u8; 16] = text.as_bytes().try_into().map_err(|_| "a bin id has 16 characters")?;
        if bytes.iter().all(|byte| CROCKFORD.contains(byte)) {
            Ok(Self(bytes))
        } else {
            Err("a bin id has only digits and lower-case letters other than i, l, o and u")
        }
    }
}

impl Serialize for BinId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for BinId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A name that the user chose for a bin: `[a-z0-9][a-z0-9_-]{0,62}`, not a reserved word, not in the form of a
/// generated id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct BinName(String);

/// Words with another meaning on one of the two listeners, or that browsers request automatically.
const RESERVED: &[&str] = &[
    "api", "assets", "bins", "compat", "favicon", "healthz", "login", "metrics", "new", "readyz", "robots", "smee",
    "static",
];

impl BinName {
    /// The name's text: as in URLs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BinName {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.as_bytes();
        let start = bytes.first().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let rest = bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(byte));
        if !start || !rest || bytes.len() > 63 {
            return Err(
                "a bin name has 1 to 63 characters a-z, 0-9, '-' or '_', and starts with a letter or digit".to_owned()
            );
        }
        if RESERVED.contains(&text) {
            return Err(format!("'{text}' is reserved; choose another name"));
        }
        if text.parse::<BinId>().is_ok() {
            return Err("this has the form of a generated bin id; choose another name".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for BinName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The public id of a captured request: a ULID whose last 48 bits are the request's `seq`,
/// so that a request is found by its id without an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(ulid::Ulid);

const SEQ_BITS: u32 = 48;

impl RequestId {
    /// The id of the request `seq`, received at that time; `salt` makes it differ from the ids of other databases.
    #[must_use]
    pub fn new(received_at: Timestamp, salt: u32, seq: Seq) -> Self {
        let millis = u128::try_from(received_at.as_millis()).unwrap_or(0) & ((1 << 48) - 1);
        Self(ulid::Ulid::from(
            (millis << 80) | (u128::from(salt) << SEQ_BITS) | u128::from(seq & ((1 << SEQ_BITS) - 1)),
        ))
    }

    /// The `seq` that the id was made for.
    #[must_use]
    pub fn seq(self) -> Seq {
        (u128::from(self.0) & ((1 << SEQ_BITS) - 1)) as Seq
    }

    /// As 16 bytes, most significant first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        u128::from(self.0).to_be_bytes()
    }

    /// From [`RequestId::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(ulid::Ulid::from(u128::from_be_bytes(bytes)))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RequestId {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ulid::Ulid::from_string(text).map(Self).map_err(|_| "a request id is a ULID: 26 characters of Crockford base32")
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_bin_id_reads_back() {
        let id = BinId::generate();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_ne!(id, BinId::generate());
        assert!("h3k9".parse::<BinId>().is_err());
        assert!("ilouilouilouilou".parse::<BinId>().is_err());
    }

    #[test]
    fn names_are_short_lower_case_and_not_reserved() {
        for good in ["a", "callaider", "0-_", &"x".repeat(63)] {
            assert!(good.parse::<BinName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a.b", "a/b", "é", "api", "bins", "0123456789abcdef", &"x".repeat(64)] {
            assert!(bad.parse::<BinName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_and_names_are_the_same_in_json() {
        let id: BinId = "0123456789abcdef".parse().unwrap();
        let name: BinName = "demo".parse().unwrap();
        let request = RequestId::new(Timestamp::from_secs(1_779_971_696), 7, 42);
        assert_eq!((id.as_str(), &*id.to_string()), ("0123456789abcdef", "0123456789abcdef"));
        assert_eq!((name.as_str(), &*name.to_string()), ("demo", "demo"));
        let json = serde_json::to_string(&(id, &name, request)).unwrap();
        assert_eq!(json, format!("[\"0123456789abcdef\",\"demo\",\"{request}\"]"));
        assert_eq!(serde_json::from_str::<(BinId, BinName, RequestId)>(&json).unwrap(), (id, name, request));
        assert!(
            serde_json::from_str::<BinName>("\"api\"").is_err() && serde_json::from_str::<RequestId>("\"x\"").is_err()
        );
        assert!("0123456789abcdeé".parse::<BinId>().is_err() && "0123456789ABCDEF".parse::<BinId>().is_err());
    }

    #[test]
    fn the_seq_of_an_id_is_apart_from_its_salt_and_its_time() {
        let most = (1 << 48) - 1;
        let id = RequestId::new(Timestamp::from_secs(1), u32::MAX, most);
        assert_eq!(id.seq(), most);
        assert_eq!(RequestId::new(Timestamp::from_secs(1), u32::MAX, most + 6).seq(), 5);
        let bytes = RequestId::new(Timestamp::from_secs(1), 0x0708_090a, 0x0b0c_0d0e_0f10).to_bytes();
        assert_eq!(bytes[6..], [7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        assert_eq!(RequestId::from_bytes(bytes).to_bytes(), bytes);
        assert_eq!(RequestId::new(Timestamp::from_secs(-1), 0, 1), RequestId::new(Timestamp::from_secs(0), 0, 1));
        assert_ne!(RequestId::new(Timestamp::from_secs(1), 0, 1), RequestId::new(Timestamp::from_secs(2), 0, 1));
    }

    #[test]
    fn a_request_id_carries_its_seq_and_time() {
        let id = RequestId::new(Timestamp::from_secs(1_779_971_696), 7, 42);
        assert_eq!(id.seq(), 42);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(RequestId::from_bytes(id.to_bytes()), id);
        assert!(id < RequestId::new(Timestamp::from_secs(1_779_971_697), 0, 43));
    }
}
