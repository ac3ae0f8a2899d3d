//! Sizes as people write and read them, in powers of 1024.

/// Reads a size in bytes: a number with an optional unit (`k`, `M`, `G`, also as `KB` or `KiB`; case does not matter).
/// `None` when it is no such text, or too large for 64 bits.
pub fn parse_size(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(unit)
}

/// A size for people: `512 B`, `1.2 KiB`, `10.4 MiB`.
pub fn size_text(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let value = bytes as f64;
    // Rounding must not show 1024.0 of a unit.
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_525 => format!("{:.1} KiB", value / f64::from(1 << 10)),
        1_048_525..1_073_689_396 => format!("{:.1} MiB", value / f64::from(1 << 20)),
        _ => format!("{:.1} GiB", value / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, size) in [("0", 0), ("12", 12), ("1k", 1024), ("10MiB", 10 << 20), ("2 GB", 2 << 30)] {
            assert_eq!(parse_size(text), Some(size), "{text}");
        }
        for bad in ["", "k", "1x", "-1", "99999999999G"] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_size_is_shown_with_the_unit_that_keeps_it_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (1_048_524, "1023.9 KiB"),
            (1_048_525, "1.0 MiB"),
            (10 << 20, "10.0 MiB"),
            (1_073_689_395, "1023.9 MiB"),
            (1_073_689_396, "1.0 GiB"),
            (u64::MAX, "17179869184.0 GiB"),
        ] {
            assert_eq!(size_text(bytes), text);
        }
    }
}
