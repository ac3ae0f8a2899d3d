//! Sizes in readable form, in powers of 1024.

/// Decimals of a size that are read: [`size_text`] writes one.
const MAX_DECIMALS: usize = 6;

/// Reads a size in bytes: a number with an optional unit (`k`, `M`, `G`, also as `KB` or `KiB`; case does not matter).
/// Before a unit it may have decimals, as sizes are shown: `1.2 KiB`. `None` for any other text, or a size too large
/// for 64 bits.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let decimals = text[digits..]
        .strip_prefix('.')
        .map_or(0, |rest| rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len());
    if decimals > 0 {
        return parse_decimal(&text[..digits], &text[digits + 1..][..decimals], text[digits + 1 + decimals..].trim());
    }
    text[..digits].parse::<u64>().ok()?.checked_mul(unit(text[digits..].trim())?)
}

/// Bytes of a unit.
fn unit(name: &str) -> Option<u64> {
    Some(match name.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    })
}

/// A size with decimals, rounded down to whole bytes.
fn parse_decimal(whole: &str, decimals: &str, name: &str) -> Option<u64> {
    let unit = unit(name).filter(|unit| *unit > 1)?;
    if decimals.len() > MAX_DECIMALS {
        return None;
    }
    let scale = 10_u64.pow(u32::try_from(decimals.len()).ok()?);
    let part = decimals.parse::<u64>().ok()?.checked_mul(unit)? / scale;
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(part)
}

/// A size for people: `512 B`, `1.2 KiB`, `10.4 MiB`.
pub(crate) fn size_text(bytes: u64) -> String {
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
        for (text, size) in
            [("0", 0), ("12", 12), ("1k", 1024), ("10MiB", 10 << 20), ("2 GB", 2 << 30)].into_iter().chain([
                ("5b", 5),
                ("1g", 1 << 30),
                ("1.000000 k", 1_024),
                ("1.5k", 1_536),
                ("1.2 KiB", 1_228),
                ("0.001MiB", 1_048),
            ])
        {
            assert_eq!(parse_size(text), Some(size), "{text}");
        }
        for bad in [
            "",
            "k",
            "1x",
            "-1",
            "99999999999G",
            "1.5",
            "1.",
            ".5k",
            "1.5.5k",
            "1.0000001k",
            "1.5b",
            "0.5",
            "1.5x",
            "18014398509481984k",
            "17179869183.9999999G",
        ] {
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
