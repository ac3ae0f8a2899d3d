//! Numbers as the libraries of other languages print them after reading them. All print the shortest digits that read back
//! the same; they differ in what they read as a double and in when they write an exponent.

/// What a language makes of a number without point and exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// Every digit is kept.
    Kept,
    /// Kept as far as 64 bits go; larger ones are doubles.
    Bits64,
    /// A double like any other.
    Double,
}

/// How a language prints numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub const JAVASCRIPT: Self = Self {
        whole: Whole::Double,
        plain: (-5, 21),
        suffix: "",
        exponent: Exponent { mark: 'e', plus: true, width: 1, point_zero: false },
        negative_zero: "0",
        infinity: "null",
    };
    /// Go's `json.Marshal` of what was read into `any`.
    pub const GO: Self = Self { negative_zero: "-0", ..Self::JAVASCRIPT };
    /// Go's `fmt.Sprint` of the same.
    pub const GO_SPRINT: Self =
        Self { plain: (-3, 6), exponent: Exponent { width: 2, ..Self::JAVASCRIPT.exponent }, ..Self::GO };
    /// `json.dumps(json.loads(…))`
    pub const PYTHON: Self = Self {
        whole: Whole::Kept,
        plain: (-3, 16),
        suffix: ".0",
        exponent: Exponent { mark: 'e', plus: true, width: 2, point_zero: false },
        negative_zero: "-0.0",
        infinity: "Infinity",
    };
    /// Ruby's `JSON.generate(JSON.parse(…))`.
    pub const RUBY: Self =
        Self { plain: (-3, 15), exponent: Exponent { point_zero: true, ..Self::PYTHON.exponent }, ..Self::PYTHON };
    /// PHP's `json_encode(json_decode(…))`.
    pub const PHP: Self = Self {
        whole: Whole::Bits64,
        plain: (-3, 17),
        suffix: "",
        exponent: Exponent { mark: 'e', plus: true, width: 1, point_zero: true },
        negative_zero: "-0",
        infinity: "0",
    };
    /// The same with `JSON_PRESERVE_ZERO_FRACTION`.
    pub const PHP_FRACTION: Self = Self { suffix: ".0", negative_zero: "-0.0", ..Self::PHP };
    /// Java's `Double.toString`, as Jackson prints doubles; whole numbers stay.
    pub const JAVA: Self = Self {
        whole: Whole::Kept,
        plain: (-2, 7),
        suffix: ".0",
        exponent: Exponent { mark: 'E', plus: false, width: 1, point_zero: true },
        negative_zero: "-0.0",
        infinity: "Infinity",
    };
    /// Gson's of what was read into `Object`: every number is a double.
    pub const GSON: Self = Self { whole: Whole::Double, ..Self::JAVA };
    /// .NET's doubles, as System.Text.Json prints them.
    pub const DOTNET: Self = Self {
        whole: Whole::Kept,
        plain: (-3, 15),
        suffix: "",
        exponent: Exponent { mark: 'E', plus: true, width: 2, point_zero: false },
        negative_zero: "-0",
        infinity: "Infinity",
    };
    /// The same with `.0`, as Newtonsoft.Json prints them.
    pub const NEWTONSOFT: Self = Self { suffix: ".0", negative_zero: "-0.0", ..Self::DOTNET };
    /// Rust's `serde_json`.
    pub const RUST: Self = Self {
        whole: Whole::Bits64,
        plain: (-4, 16),
        suffix: ".0",
        exponent: Exponent { mark: 'e', plus: true, width: 1, point_zero: false },
        negative_zero: "-0.0",
        infinity: "null",
    };

    /// The number as the language prints it.
    pub(super) fn print(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        self.write(text, &mut out);
        out
    }

    /// The same after what is there already.
    pub(super) fn write(&self, text: &str, out: &mut String) {
        match Short::read(text).and_then(|short| self.suffix_of(&short)) {
            Some(suffix) => {
                out.push_str(Short::without_zeros(text));
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
        let is_plain = (self.plain.0..=self.plain.1).contains(&short.point);
        is_plain.then_some(if short.has_fraction { "" } else { self.suffix })
    }

    /// The number as it is printed after it was read.
    fn anew(&self, text: &str) -> String {
        if !text.contains(['.', 'e', 'E']) {
            let is_kept = match self.whole {
                Whole::Kept => text != "-0",
                Whole::Bits64 => {
                    text != "-0" && (text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() && *self == Self::RUST)
                }
                Whole::Double => false,
            };
            if is_kept {
                return text.to_owned();
            }
            // A whole zero has no sign; Rust reads it as a double.
            if self.whole == Whole::Kept || text == "-0" && self.whole == Whole::Bits64 && *self != Self::RUST {
                return "0".to_owned();
            }
        }
        let Some((is_negative, digits, point)) = shortest(text) else {
            let is_signed = text.starts_with('-') && self.infinity != "null";
            return signed(is_signed, self.infinity);
        };
        if digits == "0" {
            return if is_negative { self.negative_zero.to_owned() } else { format!("0{}", self.suffix) };
        }
        let body = if (self.plain.0..=self.plain.1).contains(&point) {
            plain(&digits, point, self.suffix)
        } else {
            exponent(&digits, point, self.exponent)
        };
        signed(is_negative, &body)
    }
}

/// A number other than zero of up to 15 digits and no exponent, as nearly all are. Those digits are the shortest that read back
/// as the same double, so none has to be computed.
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
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
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
        let has_point = whole.len() < unsigned.len();
        (1..=15).contains(&digits).then_some(Self { has_point, has_fraction: !written.is_empty(), point })
    }

    /// The text without the zeros that end its fraction.
    fn without_zeros(text: &str) -> &str {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
    }
}

/// Whether a double has to be computed to print the number anew, which takes many times as long as copying it.
pub fn needs_double(text: &str) -> bool {
    Short::read(text).is_none()
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

/// With an exponent.
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

    const ALL: [Numbers; 13] = [
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
        Numbers { suffix: ".0", ..Numbers::GO },
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
