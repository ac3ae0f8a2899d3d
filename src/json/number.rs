//! Numbers as the libraries of other languages print them after reading them. All print the shortest digits that read
//! back the same; they differ in which numbers they read as a double and in when they write an exponent.

/// What a language makes of a number without point and exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whole {
    /// Every digit is kept.
    Kept,
    /// Kept as far as 64 bits go; larger ones are doubles.
    Bits64,
    /// A double like any other.
    Double,
    /// No number is a double: all keep their digits, with exponents as Java's `BigDecimal` and Python's `Decimal` write
    /// them.
    Decimal,
    /// The same, never with an exponent, as databases have it.
    Plain,
}

/// How a language prints numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Numbers {
    whole: Whole,
    /// Where the point of a number may be to be written without exponent: before its first digit (≤ 0) or after it.
    plain: (i32, i32),
    /// After a double without fraction.
    suffix: &'static str,
    exponent: Exponent,
    /// What negative zero becomes.
    negative_zero: &'static str,
    /// What is too large for a double; the sign goes before it unless it is `null`.
    infinity: &'static str,
    /// Significant digits of a double; `None` for the fewest that read back the same.
    digits: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Exponent {
    mark: char,
    /// Whether a positive one has a plus sign.
    plus: bool,
    /// Fewest digits.
    width: usize,
    /// Whether a single digit before it gets `.0`.
    point_zero: bool,
}

impl Numbers {
    /// `JSON.stringify(JSON.parse(…))`
    pub(crate) const JAVASCRIPT: Self = Self {
        whole: Whole::Double,
        plain: (-5, 21),
        suffix: "",
        exponent: Exponent { mark: 'e', plus: true, width: 1, point_zero: false },
        negative_zero: "0",
        infinity: "null",
        digits: None,
    };
    /// Go's `json.Marshal` of what was read into `any`.
    pub(crate) const GO: Self = Self { negative_zero: "-0", ..Self::JAVASCRIPT };
    /// Go's `fmt.Sprint` of the same.
    pub(crate) const GO_SPRINT: Self =
        Self { plain: (-3, 6), exponent: Exponent { width: 2, ..Self::JAVASCRIPT.exponent }, ..Self::GO };
    /// `json.dumps(json.loads(…))`
    pub(crate) const PYTHON: Self = Self {
        whole: Whole::Kept,
        plain: (-3, 16),
        suffix: ".0",
        exponent: Exponent { mark: 'e', plus: true, width: 2, point_zero: false },
        negative_zero: "-0.0",
        infinity: "Infinity",
        digits: None,
    };
    /// Ruby's `JSON.generate(JSON.parse(…))`.
    pub(crate) const RUBY: Self =
        Self { plain: (-3, 15), exponent: Exponent { point_zero: true, ..Self::PYTHON.exponent }, ..Self::PYTHON };
    /// PHP's `json_encode(json_decode(…))`.
    pub(crate) const PHP: Self = Self {
        whole: Whole::Bits64,
        plain: (-3, 17),
        suffix: "",
        exponent: Exponent { mark: 'e', plus: true, width: 1, point_zero: true },
        negative_zero: "-0",
        infinity: "0",
        digits: None,
    };
    /// The same with `JSON_PRESERVE_ZERO_FRACTION`.
    pub(crate) const PHP_FRACTION: Self = Self { suffix: ".0", negative_zero: "-0.0", ..Self::PHP };
    /// PHP's with `serialize_precision = 17`, as many servers have it, and with `precision`, which PHP 7.0 used.
    pub(crate) const PHP_17: Self = Self { digits: Some(17), ..Self::PHP };
    pub(crate) const PHP_14: Self = Self { plain: (-3, 14), digits: Some(14), ..Self::PHP };
    /// Perl's, by `%.15g`.
    pub(crate) const PERL: Self = Self {
        whole: Whole::Bits64,
        plain: (-3, 20),
        suffix: "",
        negative_zero: "0",
        digits: Some(15),
        ..Self::PYTHON
    };
    /// jq's before version 1.7.
    pub(crate) const JQ: Self =
        Self { whole: Whole::Double, plain: (-3, 15), suffix: "", negative_zero: "-0", ..Self::PYTHON };
    /// Swift's `JSONSerialization`: whole numbers stay.
    pub(crate) const SWIFT: Self = Self {
        whole: Whole::Kept,
        exponent: Self::PYTHON.exponent,
        plain: (-3, 16),
        negative_zero: "-0",
        ..Self::JAVASCRIPT
    };
    /// Java's `BigDecimal`, Python's `Decimal`.
    pub(crate) const DECIMAL: Self = Self { whole: Whole::Decimal, ..Self::PYTHON };
    /// The same of `jsonb`, never with an exponent.
    pub(crate) const PLAIN: Self = Self { whole: Whole::Plain, ..Self::PYTHON };
    /// Java's `Double.toString`, as Jackson prints doubles; whole numbers stay.
    pub(crate) const JAVA: Self = Self {
        whole: Whole::Kept,
        plain: (-2, 7),
        suffix: ".0",
        exponent: Exponent { mark: 'E', plus: false, width: 1, point_zero: true },
        negative_zero: "-0.0",
        infinity: "Infinity",
        digits: None,
    };
    /// Gson's of what was read into `Object`: every number is a double.
    pub(crate) const GSON: Self = Self { whole: Whole::Double, ..Self::JAVA };
    /// .NET's doubles, as System.Text.Json prints them.
    pub(crate) const DOTNET: Self = Self {
        whole: Whole::Kept,
        plain: (-3, 15),
        suffix: "",
        exponent: Exponent { mark: 'E', plus: true, width: 2, point_zero: false },
        negative_zero: "-0",
        infinity: "Infinity",
        digits: None,
    };
    /// The same with `.0`, as Newtonsoft.Json prints them.
    pub(crate) const NEWTONSOFT: Self = Self { suffix: ".0", negative_zero: "-0.0", ..Self::DOTNET };
    /// Rust's `serde_json`.
    pub(crate) const RUST: Self = Self {
        whole: Whole::Bits64,
        plain: (-4, 16),
        suffix: ".0",
        exponent: Exponent { mark: 'e', plus: true, width: 1, point_zero: false },
        negative_zero: "-0.0",
        infinity: "null",
        digits: None,
    };

    /// Whether whole numbers of up to 15 digits stay as they are.
    pub(crate) fn keeps_short_whole(&self) -> bool {
        let is_plain = self.digits.is_none() && self.suffix.is_empty() && self.plain.1 >= 15;
        self.whole != Whole::Double || is_plain
    }

    /// The number as the language prints it.
    pub(crate) fn print(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        self.write(text, &mut out);
        out
    }

    /// The same after what is there already.
    pub(super) fn write(&self, text: &str, out: &mut String) {
        match Short::read(text).and_then(|short| Some((self.suffix_of(&short)?, short.has_point))) {
            Some((suffix, has_point)) => {
                out.push_str(if has_point { Short::without_zeros(text) } else { text });
                out.push_str(suffix);
            }
            None => out.push_str(&self.anew(text)),
        }
    }

    /// What comes after a short number; `None` where it gets an exponent.
    fn suffix_of(&self, short: &Short) -> Option<&'static str> {
        if !short.has_point && self.whole != Whole::Double {
            return Some("");
        }
        // With a given number of digits none is the shortest.
        if self.digits.is_some() || matches!(self.whole, Whole::Decimal | Whole::Plain) {
            return None;
        }
        let is_plain = (self.plain.0..=self.plain.1).contains(&short.point);
        is_plain.then_some(if short.has_fraction { "" } else { self.suffix })
    }

    /// The number as it is printed after it was read.
    fn anew(&self, text: &str) -> String {
        if matches!(self.whole, Whole::Decimal | Whole::Plain) {
            return decimal(text, self.whole == Whole::Plain);
        }
        if !text.contains(['.', 'e', 'E']) {
            let is_kept = match self.whole {
                Whole::Kept => text != "-0",
                Whole::Bits64 => {
                    text != "-0"
                        && (text.parse::<i64>().is_ok()
                            || text.parse::<u64>().is_ok() && matches!(*self, Self::RUST | Self::PERL))
                }
                Whole::Double | Whole::Decimal | Whole::Plain => false,
            };
            if is_kept {
                return text.to_owned();
            }
            // A whole zero has no sign; Rust reads it as a double.
            if self.whole == Whole::Kept || text == "-0" && self.whole == Whole::Bits64 && *self != Self::RUST {
                return "0".to_owned();
            }
        }
        let Some((is_negative, digits, point)) = digits_of(text, self.digits) else {
            let is_signed = text.starts_with('-') && self.infinity != "null";
            return signed(is_signed, self.infinity);
        };
        if digits == "0" {
            return if is_negative { self.negative_zero.to_owned() } else { format!("0{}", self.suffix) };
        }
        // jq counts the zeros behind the digits alone.
        let behind = if *self == Self::JQ { i32::try_from(digits.len()).unwrap_or_default() } else { 0 };
        let body = if (self.plain.0..=self.plain.1 + behind).contains(&point) {
            plain(&digits, point, self.suffix)
        } else {
            exponent(&digits, point, self.exponent)
        };
        signed(is_negative, &body)
    }
}

/// A number other than zero of up to 15 digits and no exponent, as nearly all are. Those digits are the shortest that
/// read back as the same double, so none has to be computed.
struct Short {
    has_point: bool,
    /// Whether anything but zeros comes after it.
    has_fraction: bool,
    /// The place of the point before (≤ 0) or in the digits.
    point: i32,
}

impl Short {
    fn read(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        // Most numbers are whole ones.
        if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_short = (1..=15).contains(&unsigned.len()) && !unsigned.starts_with('0');
            let point = i32::try_from(unsigned.len()).ok()?;
            return is_short.then_some(Self { has_point: false, has_fraction: false, point });
        }
        let (whole, fraction) = unsigned.split_once('.')?;
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let written = fraction.trim_end_matches('0');
        let (digits, point) = if whole == "0" {
            let digits = written.trim_start_matches('0').len();
            (digits, -i32::try_from(written.len() - digits).ok()?)
        } else {
            (whole.len() + written.len(), i32::try_from(whole.len()).ok()?)
        };
        (1..=15).contains(&digits).then_some(Self { has_point: true, has_fraction: !written.is_empty(), point })
    }

    /// The text of a number with a point, without the zeros that end its fraction.
    fn without_zeros(text: &str) -> &str {
        text.trim_end_matches('0').trim_end_matches('.')
    }
}

/// Whether a double has to be computed to print the number anew, which takes many times as long as copying it.
pub(crate) fn needs_double(text: &str) -> bool {
    Short::read(text).is_none()
}

/// The sign, the digits, and the place of the point before (≤ 0) or in them. `None` for what a double cannot hold.
fn digits_of(text: &str, count: Option<usize>) -> Option<(bool, String, i32)> {
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    let scientific = match count {
        Some(count) => format!("{:.*e}", count.saturating_sub(1), value.abs()),
        None => format!("{:e}", value.abs()),
    };
    let (mantissa, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let digits = mantissa.replace('.', "");
    let digits = if count.is_some() { digits.trim_end_matches('0') } else { &digits };
    let digits = if digits.is_empty() { "0" } else { digits };
    Some((value.is_sign_negative(), digits.to_owned(), exponent + 1))
}

/// Digits that plain notation may add to a decimal number.
const MAX_ZEROS: i64 = 400;

/// A decimal number with all its digits, by the rules of Java's `BigDecimal.toString`; `is_plain` for none with an
/// exponent.
fn decimal(text: &str, is_plain: bool) -> String {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<i64>() else { return text.to_owned() };
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let (Ok(after), Ok(count)) = (i64::try_from(fraction.len()), i64::try_from(digits.len())) else {
        return text.to_owned();
    };
    let is_negative = text.starts_with('-') && digits != "0";
    let scale = after - exponent;
    let adjusted = count - 1 - scale;
    if (is_plain && scale.abs() <= MAX_ZEROS) || (scale >= 0 && adjusted >= -6) {
        let point = i32::try_from(count - scale).unwrap_or_default();
        let body = if scale == 0 { digits.to_owned() } else { plain(digits, point, "") };
        return signed(is_negative, &body);
    }
    let (first, rest) = digits.split_at(1);
    let fraction = if rest.is_empty() { String::new() } else { format!(".{rest}") };
    signed(is_negative, &format!("{first}{fraction}E{adjusted:+}"))
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

fn exponent(digits: &str, point: i32, how: Exponent) -> String {
    let (first, rest) = digits.split_at(1);
    let fraction = match rest {
        "" if how.point_zero => ".0".to_owned(),
        "" => String::new(),
        rest => format!(".{rest}"),
    };
    let power = point - 1;
    let sign = match power {
        ..0 => "-",
        0.. if how.plus => "+",
        0.. => "",
    };
    format!("{first}{fraction}{}{sign}{:0width$}", how.mark, power.unsigned_abs(), width = how.width)
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
            assert_eq!(Numbers::JAVASCRIPT.print(text), expected, "{text}");
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
            assert_eq!(Numbers::PYTHON.print(text), expected, "{text}");
        }
    }

    #[test]
    fn every_language_has_its_own_zero_fraction_and_infinity() {
        const TEXTS: [&str; 6] = ["-0", "-0.0", "3", "3.0", "1e400", "12345678901234567890"];
        const BIG: &str = "12345678901234567890";
        const ROUND: &str = "12345678901234567000";
        for (numbers, expected) in [
            (Numbers::JAVASCRIPT, ["0", "0", "3", "3", "null", ROUND]),
            (Numbers::GO, ["-0", "-0", "3", "3", "null", ROUND]),
            (Numbers::GO_SPRINT, ["-0", "-0", "3", "3", "null", "1.2345678901234567e+19"]),
            (Numbers::PYTHON, ["0", "-0.0", "3", "3.0", "Infinity", BIG]),
            (Numbers::RUBY, ["0", "-0.0", "3", "3.0", "Infinity", BIG]),
            (Numbers::PHP, ["0", "-0", "3", "3", "0", "1.2345678901234567e+19"]),
            (Numbers::PHP_FRACTION, ["0", "-0.0", "3", "3.0", "0", "1.2345678901234567e+19"]),
            (Numbers::JAVA, ["0", "-0.0", "3", "3.0", "Infinity", BIG]),
            (Numbers::GSON, ["-0.0", "-0.0", "3.0", "3.0", "Infinity", "1.2345678901234567E19"]),
            (Numbers::DOTNET, ["0", "-0", "3", "3", "Infinity", BIG]),
            (Numbers::NEWTONSOFT, ["0", "-0.0", "3", "3.0", "Infinity", BIG]),
            (Numbers::RUST, ["-0.0", "-0.0", "3", "3.0", "null", BIG]),
        ] {
            assert_eq!(TEXTS.map(|text| numbers.print(text)), expected, "{numbers:?}");
        }
        assert_eq!(Numbers::JAVASCRIPT.print("-1e400"), "null");
        assert_eq!(Numbers::PHP.print("9223372036854775807"), "9223372036854775807");
        assert_eq!(Numbers::PHP.print("-9223372036854775808"), "-9223372036854775808");
    }

    #[test]
    fn every_language_writes_an_exponent_from_its_own_size_on() {
        for (numbers, expected) in [
            (
                Numbers::GO,
                [("1e20", "100000000000000000000"), ("1e21", "1e+21"), ("1e-6", "0.000001"), ("1e-7", "1e-7")],
            ),
            (Numbers::GO_SPRINT, [("1e5", "100000"), ("1.5e6", "1.5e+06"), ("1e-4", "0.0001"), ("1e-5", "1e-05")]),
            (
                Numbers::RUBY,
                [("1e14", "100000000000000.0"), ("1e15", "1.0e+15"), ("1e-4", "0.0001"), ("1e-5", "1.0e-05")],
            ),
            (
                Numbers::PHP,
                [("1e16", "10000000000000000"), ("1e17", "1.0e+17"), ("1e-4", "0.0001"), ("1e-5", "1.0e-5")],
            ),
            (Numbers::JAVA, [("1e6", "1000000.0"), ("1e7", "1.0E7"), ("1e-3", "0.001"), ("1.5e-4", "1.5E-4")]),
            (Numbers::DOTNET, [("1e14", "100000000000000"), ("1e15", "1E+15"), ("1e-4", "0.0001"), ("1e-5", "1E-05")]),
            (
                Numbers::NEWTONSOFT,
                [("1e14", "100000000000000.0"), ("1e15", "1E+15"), ("1e-4", "0.0001"), ("1e-5", "1E-05")],
            ),
            (Numbers::RUST, [("1e15", "1000000000000000.0"), ("1e16", "1e+16"), ("1e-5", "0.00001"), ("1e-6", "1e-6")]),
        ] {
            for (text, expected) in expected {
                assert_eq!(numbers.print(text), expected, "{numbers:?}");
            }
        }
    }

    #[test]
    fn rust_is_what_serde_json_writes() {
        for text in
            ["0", "-0", "-0.0", "1.50", "1e3", "1e15", "1e16", "1e17", "1e-5", "1e-6", "1.5e-7", "18446744073709551615"]
        {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(Numbers::RUST.print(text), value.to_string());
        }
    }

    #[test]
    fn a_double_is_computed_for_exponents_zeros_and_many_digits_only() {
        for (text, needed) in [
            ("1.5", false),
            ("-0.001", false),
            ("123456789012345", false),
            ("1234567890.12345", false),
            ("1234567890123456", true),
            ("1e5", true),
            ("0", true),
            ("0.0", true),
            ("x", true),
        ] {
            assert_eq!(needs_double(text), needed, "{text}");
        }
    }

    #[test]
    fn as_others_print_them() {
        for (numbers, text, expected) in [
            (Numbers::PHP_17, "0.1", "0.10000000000000001"),
            (Numbers::PHP_17, "12.50", "12.5"),
            (Numbers::PHP_17, "1.0", "1"),
            (Numbers::PHP_17, "0.00001", "1.0000000000000001e-5"),
            (Numbers::PHP_14, "0.30000000000000004", "0.3"),
            (Numbers::PERL, "1.50", "1.5"),
            (Numbers::PERL, "0.00001", "1e-05"),
            (Numbers::JQ, "123456789012345678", "123456789012345680"),
            (Numbers::JQ, "1.5e-9", "1.5e-09"),
            (Numbers::DECIMAL, "12.50", "12.50"),
            (Numbers::DECIMAL, "1.5e-9", "1.5E-9"),
            (Numbers::DECIMAL, "1e21", "1E+21"),
            (Numbers::DECIMAL, "0.00001", "0.00001"),
            (Numbers::DECIMAL, "7", "7"),
            (Numbers::PLAIN, "1.5e-9", "0.0000000015"),
            (Numbers::PLAIN, "-2e3", "-2000"),
        ] {
            assert_eq!(numbers.print(text), expected, "{text}");
        }
    }

    #[test]
    fn whole_numbers_of_up_to_15_digits_stay_as_they_are_where_it_is_said() {
        let texts = ["1", "-7", "10", "123456", "1000000", "-12345678", "123456789012345", "999999999999999"];
        for numbers in ALL {
            let stays = texts.iter().all(|text| numbers.print(text) == *text);
            assert_eq!(numbers.keeps_short_whole(), stays, "{numbers:?}");
        }
    }

    const ALL: [Numbers; 20] = [
        Numbers::JAVASCRIPT,
        Numbers::GO,
        Numbers::GO_SPRINT,
        Numbers::PYTHON,
        Numbers::RUBY,
        Numbers::PHP,
        Numbers::PHP_FRACTION,
        Numbers::JAVA,
        Numbers::GSON,
        Numbers::DOTNET,
        Numbers::NEWTONSOFT,
        Numbers::RUST,
        Numbers::PHP_17,
        Numbers::PHP_14,
        Numbers::PERL,
        Numbers::JQ,
        Numbers::SWIFT,
        Numbers { suffix: ".0", ..Numbers::GO },
        Numbers::GSON,
        Numbers::NEWTONSOFT,
    ];

    proptest::proptest! {
        #[test]
        fn what_needs_no_double_is_printed_as_it_would_be_by_way_of_one(
            text in "-?(0|[1-9][0-9]{0,17})(\\.([0-9]{1,17}|[0-9]{0,3}0{1,4}))?"
        ) {
            for numbers in ALL {
                proptest::prop_assert_eq!(numbers.print(&text), numbers.anew(&text), "{:?}", numbers);
            }
        }

        #[test]
        fn what_is_printed_is_the_same_number(value: f64) {
            if value.is_finite() {
                let text = format!("{value:e}");
                let bits = |text: String| text.parse::<f64>().unwrap().to_bits();
                // JavaScript prints negative zero without its sign.
                let positive = if value == 0.0 { 0.0 } else { value };
                proptest::prop_assert_eq!(bits(Numbers::JAVASCRIPT.print(&text)), positive.to_bits());
                proptest::prop_assert_eq!(bits(Numbers::PYTHON.print(&text)), value.to_bits());
            }
        }
    }
}
