//! Detects damage in a log that a process left behind. SQLite reads a log up to its first frame with a wrong checksum
//! and says nothing about the rest, because a crash often leaves torn frames at the end.

use std::fs::File;
use std::io::{self, BufReader, Read};

/// SQLite's file format, section 4: the log's header and the header of a frame.
const HEADER: usize = 32;
const FRAME: usize = 24;
/// The log's magic number; its last bit says in which order checksums take the bytes.
const MAGIC: u32 = 0x377f_0682;

/// The offset of the damage, if committed frames are lost by it.
pub(crate) fn damage(log: &File) -> io::Result<Option<u64>> {
    let mut log = BufReader::with_capacity(1 << 20, log);
    let mut header = [0; HEADER];
    if !fill(&mut log, &mut header)? {
        // A log shorter than its header: nothing was committed to it.
        return Ok(None);
    }
    let magic = number(&header, 0);
    let big_endian = magic & 1 == 1;
    let mut sum = checksum((0, 0), &header[..24], big_endian);
    if magic & !1 != MAGIC || sum != (number(&header, 24), number(&header, 28)) {
        return Ok(Some(0));
    }
    let page = match number(&header, 8) as usize {
        size @ 512..=65_536 if size.is_power_of_two() => size,
        _ => return Ok(Some(0)),
    };
    let mut frame = vec![0; FRAME + page];
    let (mut at, mut bad) = (HEADER as u64, None);
    while fill(&mut log, &mut frame)? {
        if frame[8..16] != header[16..24] {
            // A frame left from before the log started over.
            break;
        }
        if bad.is_none() {
            sum = checksum(checksum(sum, &frame[..8], big_endian), &frame[FRAME..], big_endian);
            if sum != (number(&frame, 16), number(&frame, 20)) {
                bad = Some(at);
            }
        } else if number(&frame, 4) > 0 {
            // A commit after the bad frame: not a crash, because frames are written in order.
            return Ok(bad);
        }
        at += frame.len() as u64;
    }
    Ok(None)
}

/// Fills `buffer`; returns whether the log was long enough.
fn fill(log: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
}

fn checksum(from: (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    let (mut one, mut two) = from;
    let (pairs, _) = bytes.as_chunks::<8>();
    for [a, b, c, d, e, f, g, h] in pairs {
        let word = |bytes| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        one = one.wrapping_add(word([*a, *b, *c, *d])).wrapping_add(two);
        two = two.wrapping_add(word([*e, *f, *g, *h])).wrapping_add(one);
    }
    (one, two)
}

#[cfg(test)]
mod tests;
