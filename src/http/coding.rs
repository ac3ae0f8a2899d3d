//! Undoes `Content-Encoding`: several codings in a row, with bounded output; output before an error is kept.

use std::borrow::Cow;
use std::io::Read;

use serde::Serialize;

use super::text::BYTE_ORDER_MARK;

/// Most bytes of output. This stops decompression bombs; real webhooks are far smaller.
const MAX_OUTPUT: usize = 20 * 1024 * 1024;
/// Codings in a row that are undone. Senders use one; ten thousand would be an attack.
const MAX_CODINGS: usize = 5;
/// The window that an HTTP zstd stream may ask for: 8 MiB (RFC 9659, section 3).
const ZSTD_WINDOW_LOG: u32 = 23;
/// How a brotli stream begins that asks for a "large window" of up to 1 GiB, which HTTP does not allow (RFC 7932,
/// section 9.1).
const BROTLI_LARGE_WINDOW: u8 = 0x11;

/// A content coding (RFC 9110, section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coding {
    /// `gzip`, `x-gzip`
    Gzip,
    /// `deflate`: zlib, or raw deflate from senders that got it wrong.
    Deflate,
    /// `br`
    Brotli,
    /// `zstd`
    Zstd,
}

impl Coding {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            _ => return None,
        })
    }

    /// The name in the field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// How far the content encoding could be undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DecodeState {
    /// There is no content encoding.
    NotEncoded,
    /// All of it is decoded.
    Whole,
    /// The output reached its bound; there is more.
    Capped {
        /// The bound, in bytes.
        limit: usize,
    },
    /// The data is damaged, or ends too early. What came out before is there.
    Corrupt {
        /// The name of the coding in which it failed.
        coding: &'static str,
    },
    /// A coding that is not known; the bytes are as they were before it.
    Unknown {
        /// Its name as sent, cut.
        coding: String,
    },
}

/// A body with its content encoding undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The bytes as far as they could be decoded.
    pub bytes: Cow<'a, [u8]>,
    /// The codings that were undone, in the order of undoing.
    pub codings: Vec<Coding>,
    /// How it ended.
    pub state: DecodeState,
}

impl Decoded<'_> {
    /// One sentence for the user when decoding did not come to its end.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        match &self.state {
            DecodeState::NotEncoded | DecodeState::Whole => None,
            DecodeState::Capped { limit } => {
                Some(format!("Decoding stopped at {} MiB; there is more.", limit / (1024 * 1024)))
            }
            DecodeState::Corrupt { coding } if self.bytes.is_empty() => {
                Some(format!("The body says it is {coding}, and is not."))
            }
            DecodeState::Corrupt { coding } => {
                Some(format!("The {coding} data is damaged or ends too early; this is what could be decoded."))
            }
            DecodeState::Unknown { coding } => {
                Some(format!("The content encoding '{coding}' is not known; shown as sent."))
            }
        }
    }
}

/// The decoded body: by the coding whose magic bytes it begins with, else the one that `field` names. `None` when there
/// is no such coding, or the body is damaged or larger than decoding allows.
pub(crate) fn decode_by_magic(field: Option<&str>, bytes: &[u8]) -> Option<Vec<u8>> {
    let coding = match bytes {
        [0x1f, 0x8b, ..] => Coding::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Coding::Zstd,
        _ => field?.split(',').find_map(|name| Coding::named(name.trim()))?,
    };
    match undo(coding, bytes, MAX_OUTPUT) {
        (output, Ended::Whole) if !output.is_empty() => Some(output),
        _ => None,
    }
}

/// Undoes the codings that `field` names, the last one first (RFC 9110, section 8.4).
#[must_use]
pub(crate) fn decode<'a>(field: Option<&str>, bytes: &'a [u8]) -> Decoded<'a> {
    decode_up_to(field, bytes, MAX_OUTPUT)
}

/// Decoded bytes that are searched for facts: event names and ids are at the beginning, and a filter may read thousands
/// of bodies.
const MAX_READ: usize = 1024 * 1024;

/// A body as facts, filters and templates read it: codings undone as far as possible, up to 1 MiB, without a byte order
/// mark. Signatures use the bytes as sent.
pub(crate) fn plain<'a>(field: Option<&str>, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let decoded = match field {
        Some(_) => decode_up_to(field, bytes, MAX_READ).bytes,
        None => Cow::Borrowed(bytes),
    };
    match decoded {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            if bytes.starts_with(BYTE_ORDER_MARK) {
                bytes.drain(..BYTE_ORDER_MARK.len());
            }
            Cow::Owned(bytes)
        }
    }
}

fn decode_up_to<'a>(field: Option<&str>, bytes: &'a [u8], limit: usize) -> Decoded<'a> {
    let names = field
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
    let mut decoded = Decoded { bytes: Cow::Borrowed(bytes), codings: Vec::new(), state: DecodeState::NotEncoded };
    for name in names.rev() {
        let coding = Coding::named(name).filter(|_| decoded.codings.len() < MAX_CODINGS);
        let Some(coding) = coding else {
            decoded.state = DecodeState::Unknown { coding: name.chars().take(40).collect() };
            return decoded;
        };
        let (output, ended) = undo(coding, &decoded.bytes, limit);
        // Damage at the very start means that the body is not encoded like that: keep the bytes as sent.
        let nothing = output.is_empty() && matches!(ended, Ended::Corrupt);
        if !nothing {
            decoded.bytes = Cow::Owned(output);
            decoded.codings.push(coding);
        }
        decoded.state = match ended {
            Ended::Whole => DecodeState::Whole,
            Ended::Capped => DecodeState::Capped { limit },
            Ended::Corrupt => DecodeState::Corrupt { coding: coding.name() },
        };
        if !matches!(ended, Ended::Whole) {
            return decoded;
        }
    }
    decoded
}

enum Ended {
    Whole,
    Capped,
    Corrupt,
}

fn undo(coding: Coding, bytes: &[u8], limit: usize) -> (Vec<u8>, Ended) {
    match coding {
        Coding::Gzip => pour(flate2::bufread::MultiGzDecoder::new(bytes), limit),
        Coding::Deflate => {
            let (output, ended) = pour(flate2::bufread::ZlibDecoder::new(bytes), limit);
            if output.is_empty() && matches!(ended, Ended::Corrupt) {
                return pour(flate2::bufread::DeflateDecoder::new(bytes), limit);
            }
            (output, ended)
        }
        Coding::Brotli if bytes.first().is_some_and(|first| first & 0x7f == BROTLI_LARGE_WINDOW) => {
            (Vec::new(), Ended::Corrupt)
        }
        Coding::Brotli => pour(brotli_decompressor::Decompressor::new(bytes, 4_096), limit),
        Coding::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(bytes).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Ok(decoder)
            });
            decoder.map_or((Vec::new(), Ended::Corrupt), |decoder| pour(decoder, limit))
        }
    }
}

fn pour(mut decoder: impl Read, limit: usize) -> (Vec<u8>, Ended) {
    let mut output = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match decoder.read(&mut chunk) {
            Ok(0) => return (output, Ended::Whole),
            Ok(count) if output.len() + count > limit => {
                output.extend_from_slice(&chunk[..limit - output.len()]);
                return (output, Ended::Capped);
            }
            Ok(count) => output.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return (output, Ended::Corrupt),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn encode(coding: Coding, bytes: &[u8]) -> Vec<u8> {
        match coding {
            Coding::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Deflate => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Brotli => {
                let mut output = Vec::new();
                brotli::CompressorWriter::new(&mut output, 4_096, 1, 18).write_all(bytes).unwrap();
                output
            }
            Coding::Zstd => zstd::encode_all(bytes, 1).unwrap(),
        }
    }

    const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

    #[test]
    fn every_coding_is_undone_alone_and_stacked() {
        for first in ALL {
            let once = encode(first, b"hello hello");
            assert_eq!(&*decode(Some(first.name()), &once).bytes, b"hello hello");
            for second in ALL {
                let twice = encode(second, &once);
                let decoded =
                    decode(Some(&format!("{}, identity,{}", first.name().to_uppercase(), second.name())), &twice);
                assert_eq!((&*decoded.bytes, &decoded.state), (&b"hello hello"[..], &DecodeState::Whole));
                assert_eq!(decoded.codings, [second, first]);
            }
        }
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        raw.write_all(b"raw").unwrap();
        assert_eq!(&*decode(Some("deflate"), &raw.finish().unwrap()).bytes, b"raw");
        assert_eq!(decode(None, b"x").state, DecodeState::NotEncoded);
    }

    #[test]
    fn a_body_is_read_without_its_codings_and_its_byte_order_mark() {
        let marked = "\u{feff}{}".as_bytes();
        assert_eq!(&*plain(None, marked), b"{}");
        assert_eq!(&*plain(None, b"{}"), b"{}");
        for coding in ALL {
            assert_eq!(&*plain(Some(coding.name()), &encode(coding, marked)), b"{}");
        }
        assert_eq!(&*plain(Some("gzip"), b"{}"), b"{}");
        assert_eq!(plain(Some("gzip"), &encode(Coding::Gzip, &vec![0; 9 << 20])).len(), 1 << 20);
    }

    #[test]
    fn a_sentence_says_why_decoding_did_not_come_to_its_end() {
        let zeros = encode(Coding::Gzip, &vec![0; 21 << 20]);
        let capped = decode(Some("gzip"), &zeros);
        assert_eq!((capped.bytes.len(), capped.state.clone()), (20 << 20, DecodeState::Capped { limit: 20 << 20 }));
        let said = |field: &str, bytes: &[u8]| decode(Some(field), bytes).sentence();
        assert_eq!(capped.sentence().as_deref(), Some("Decoding stopped at 20 MiB; there is more."));
        assert_eq!(said("gzip", b"").as_deref(), Some("The body says it is gzip, and is not."));
        let damaged = said("gzip", &zeros[..zeros.len() / 2]);
        assert_eq!(
            damaged.as_deref(),
            Some("The gzip data is damaged or ends too early; this is what could be decoded.")
        );
        assert_eq!(said("lzw", b"x").as_deref(), Some("The content encoding 'lzw' is not known; shown as sent."));
        assert_eq!((said("", b"x"), said("br", &encode(Coding::Brotli, b"x"))), (None, None));
    }

    #[test]
    fn magic_bytes_say_the_coding_before_the_field_does_and_half_a_body_is_none() {
        for coding in ALL {
            let packed = encode(coding, b"hello");
            let by_field = decode_by_magic(Some(&format!("x, {}", coding.name())), &packed);
            assert_eq!(by_field.as_deref(), Some(&b"hello"[..]), "{coding:?}");
            let has_magic = matches!(coding, Coding::Gzip | Coding::Zstd);
            assert!(!has_magic || decode_by_magic(Some("deflate, br"), &packed).is_some(), "{coding:?}");
            assert_eq!(decode_by_magic(None, &packed).is_some(), has_magic);
            assert_eq!(decode_by_magic(Some(coding.name()), &packed[..packed.len() - 1]), None, "{coding:?}");
            assert_eq!(decode_by_magic(Some(coding.name()), &encode(coding, b"")), None, "{coding:?}");
        }
        assert_eq!(decode_by_magic(Some("compress"), b"hello"), None);
    }

    #[test]
    fn what_is_exactly_at_the_bound_is_whole_and_five_codings_are_undone() {
        for coding in ALL {
            let packed = encode(coding, &[7; 1_000]);
            let state = |limit| decode_up_to(Some(coding.name()), &packed, limit).state;
            assert_eq!((state(1_000), state(999)), (DecodeState::Whole, DecodeState::Capped { limit: 999 }));
        }
        let packed = |times: usize| (0..times).fold(b"hello".to_vec(), |bytes, _| encode(Coding::Gzip, &bytes));
        assert_eq!(decode(Some(&["gzip"; 5].join(",")), &packed(5)).state, DecodeState::Whole);
        let six = packed(6);
        let decoded = decode(Some(&["gzip"; 6].join(",")), &six);
        assert_eq!((decoded.codings.len(), &decoded.state), (5, &DecodeState::Unknown { coding: "gzip".to_owned() }));
        assert_eq!(decoded.bytes, packed(1));
    }

    #[test]
    fn a_brotli_stream_with_a_large_window_is_not_begun() {
        let params = brotli::enc::BrotliEncoderParams { large_window: true, lgwin: 28, ..Default::default() };
        let mut large = Vec::new();
        brotli::BrotliCompress(&mut &b"hello hello"[..], &mut large, &params).unwrap();
        assert_eq!(large[0] & 0x7f, BROTLI_LARGE_WINDOW, "it asks for one");
        let decoded = decode(Some("br"), &large);
        assert_eq!((&*decoded.bytes, decoded.state), (&large[..], DecodeState::Corrupt { coding: "br" }));
    }

    #[test]
    fn an_interrupted_read_is_tried_again() {
        struct Interrupted<'a>(bool, &'a [u8]);
        impl Read for Interrupted<'_> {
            fn read(&mut self, chunk: &mut [u8]) -> std::io::Result<usize> {
                self.0 = !self.0;
                if self.0 { Err(std::io::ErrorKind::Interrupted.into()) } else { self.1.read(chunk) }
            }
        }
        let (output, ended) = pour(Interrupted(false, b"hello"), 100);
        assert!(output == b"hello" && matches!(ended, Ended::Whole));
    }

    #[test]
    fn bombs_stop_at_the_bound() {
        let zeros = vec![0; 1_000_000];
        for coding in ALL {
            let bomb = encode(coding, &zeros);
            let decoded = decode_up_to(Some(coding.name()), &bomb, 100_000);
            assert_eq!((decoded.bytes.len(), decoded.state), (100_000, DecodeState::Capped { limit: 100_000 }));
        }
        let stacked = encode(Coding::Gzip, &encode(Coding::Gzip, &zeros));
        assert_eq!(decode_up_to(Some("gzip, gzip"), &stacked, 100_000).bytes.len(), 100_000);
        let many = "gzip,".repeat(10_000);
        assert!(matches!(decode(Some(&many), b"x").state, DecodeState::Corrupt { .. }));
        // A brotli stream may not ask for a gigabyte of window.
        assert!(matches!(decode(Some("br"), &[0x11, 0x1e, 0, 0]).state, DecodeState::Corrupt { .. }));
    }

    #[test]
    fn broken_data_keeps_what_came_out_before() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        for coding in ALL {
            let mut encoded = encode(coding, &text);
            encoded.truncate(encoded.len() / 2);
            let decoded = decode(Some(coding.name()), &encoded);
            assert_eq!(decoded.state, DecodeState::Corrupt { coding: coding.name() });
            assert!(!decoded.bytes.is_empty() && text.starts_with(&decoded.bytes), "{coding:?}");
        }
        let plain = decode(Some("gzip"), b"{\"not\":\"gzip\"}");
        assert_eq!(&*plain.bytes, b"{\"not\":\"gzip\"}");
        assert_eq!(plain.state, DecodeState::Corrupt { coding: "gzip" });
        assert_eq!(decode(Some("compress"), b"x").state, DecodeState::Unknown { coding: "compress".to_owned() });
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_decoded(bytes: Vec<u8>) {
            for coding in ALL {
                let _ = decode(Some(coding.name()), &bytes);
            }
        }
    }
}
