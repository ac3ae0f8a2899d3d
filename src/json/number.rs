//! Numbers as JavaScript and Python print them after reading them. Both print the shortest digits that read back the same;
//! they differ in when they write an exponent.

/// The number as `JSON.stringify(JSON.parse(…))` writes it. `null` for what is too large.
pub(super) fn javascript(text: &str) -> String {
    let Some((negative, digits, point)) = shortest(text) else { return "null".to_owned() };
    if digits == "0" {
        // Negative zero loses its sign.
        return digits;
    }
    let body = if (-5..=21).contains(&point) { plain(&digits, point, "") } else { exponent(&digits, point, 1) };
    signed(negative, &body)
}

/// The number as `json.dumps(json.loads(…))` writes it: whole numbers keep every digit.
pub(super) fn python(text: &str) -> String {
    if !text.contains(['.', 'e', 'E']) {
        return if text == "-0" { "0".to_owned() } else { text.to_owned() };
    }
    let negative = text.starts_with('-');
    let Some((_, digits, point)) = shortest(text) else { return signed(negative, "Infinity") };
    let body = if digits == "0" {
        "0.0".to_owned()
    } else if (-3..=16).contains(&point) {
        plain(&digits, point, ".0")
    } else {
        exponent(&digits, point, 2)
    };
    signed(negative, &body)
}

/// The sign, the shortest digits, and the place of the point before (≤ 0) or in them. `None` for what a double cannot hold.
fn shortest(text: &str) -> Option<(bool, String, i32)> {
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    Some((value.is_sign_negative(), mantissa.replace('.', ""), exponent + 1))
}

fn signed(negative: bool, body: &str) -> String {
    if negative { format!("-{body}") } else { body.to_owned() }
}

/// Without exponent; `whole` follows a number without a fraction.
fn plain(digits: &str, point: i32, whole: &str) -> String {
    match usize::try_from(point) {
        Ok(0) | Err(_) => format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0))),
        Ok(point) if point >= digits.len() => format!("{digits}{}{whole}", "0".repeat(point - digits.len())),
        Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
    }
}

/// With an exponent of at least that many digits.
fn exponent(digits: &str, point: i32, width: usize) -> String {
    let (first, rest) = digits.split_at(1);
    let point_and_rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
    let power = point - 1;
    let sign = if power < 0 { '-' } else { '+' };
    format!("{first}{point_and_rest}e{sign}{:0width$}", power.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_javascript_prints_them() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("-2.5e0", "-2.5"),
            ("1E3", "1000"),
            ("1e21", "1e+21"),
            ("100000000000000000000", "100000000000000000000"),
            ("123456789012345678", "123456789012345680"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1.5e-9", "1.5e-9"),
            ("1e400", "null"),
            ("0.1", "0.1"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ] {
            assert_eq!(javascript(text), expected, "{text}");
        }
    }

    #[test]
    fn as_python_prints_them() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("1.0", "1.0"),
            ("1.50", "1.5"),
            ("1E3", "1000.0"),
            ("1e16", "1e+16"),
            ("1e15", "1000000000000000.0"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.5e-9", "1.5e-09"),
            ("1e400", "Infinity"),
            ("-1e400", "-Infinity"),
            ("1e100", "1e+100"),
            ("123456789.125", "123456789.125"),
        ] {
            assert_eq!(python(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_is_the_same_number(value: f64) {
            if value.is_finite() {
                let text = format!("{value:e}");
                let bits = |text: String| text.parse::<f64>().unwrap().to_bits();
                // JavaScript prints negative zero without its sign.
                let positive = if value == 0.0 { 0.0 } else { value };
                proptest::prop_assert_eq!(bits(javascript(&text)), positive.to_bits());
                proptest::prop_assert_eq!(bits(python(&text)), value.to_bits());
            }
        }
    }
}
