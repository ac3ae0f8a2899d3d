//! JSON as PHP's `json_encode` writes it with its less common flags and settings.

use super::dialect::{Dialect, LINES, PHP_CODE, PHP_SLASHES, PHP_UNICODE, SLASH, arrays, counted, dialect, escaped};
use super::json_writers::PHP;
use crate::json::print::{Escapes, Numbers, Style, Upper};

const fn hex(ascii: &'static str) -> Escapes {
    Escapes { ascii, upper: Upper::Listed, ..Escapes::PHP }
}

const fn unescaped_hex(ascii: &'static str) -> Escapes {
    Escapes { ascii, upper: Upper::Listed, ..LINES }
}

pub(super) const DIALECTS: &[Dialect] = &[
    dialect("php", 0, PHP_CODE, "PHP's json_encode", PHP),
    dialect("php-arrays", 0, PHP_CODE, "PHP's json_encode after json_decode into arrays", arrays(PHP)),
    dialect(
        "php-unicode-slashes",
        1,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES",
        escaped(PHP, LINES),
    ),
    dialect(
        "php-unicode-slashes-arrays",
        1,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES after json_decode into arrays",
        arrays(escaped(PHP, LINES)),
    ),
    dialect("php-slashes", 1, PHP_CODE, "PHP's json_encode with JSON_UNESCAPED_SLASHES", escaped(PHP, PHP_SLASHES)),
    dialect(
        "php-slashes-arrays",
        1,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_SLASHES after json_decode into arrays",
        arrays(escaped(PHP, PHP_SLASHES)),
    ),
    dialect("php-unicode", 1, PHP_CODE, "PHP's json_encode with JSON_UNESCAPED_UNICODE", escaped(PHP, PHP_UNICODE)),
    dialect(
        "php-unicode-arrays",
        1,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_UNICODE after json_decode into arrays",
        arrays(escaped(PHP, PHP_UNICODE)),
    ),
    dialect("php-hex", 1, PHP_CODE, "Symfony's JsonResponse (PHP's JSON_HEX flags)", escaped(PHP, hex("<>&'\""))),
    dialect(
        "php-hex-arrays",
        1,
        PHP_CODE,
        "Symfony's JsonResponse (PHP's JSON_HEX flags) after json_decode into arrays",
        arrays(escaped(PHP, hex("<>&'\""))),
    ),
    dialect("php-hex-tag", 2, PHP_CODE, "PHP's json_encode with JSON_HEX_TAG", escaped(PHP, hex("<>"))),
    dialect(
        "php-hex-tag-arrays",
        2,
        PHP_CODE,
        "PHP's json_encode with JSON_HEX_TAG after json_decode into arrays",
        arrays(escaped(PHP, hex("<>"))),
    ),
    dialect(
        "php-hex-tag-amp",
        2,
        PHP_CODE,
        "PHP's json_encode with JSON_HEX_TAG | JSON_HEX_AMP",
        escaped(PHP, hex("<>&")),
    ),
    dialect(
        "php-hex-tag-amp-arrays",
        2,
        PHP_CODE,
        "PHP's json_encode with JSON_HEX_TAG | JSON_HEX_AMP after json_decode into arrays",
        arrays(escaped(PHP, hex("<>&"))),
    ),
    dialect("php-hex-amp", 2, PHP_CODE, "PHP's json_encode with JSON_HEX_AMP", escaped(PHP, hex("&"))),
    dialect("php-hex-quot", 2, PHP_CODE, "PHP's json_encode with JSON_HEX_QUOT", escaped(PHP, hex("\""))),
    dialect("php-hex-apos", 2, PHP_CODE, "PHP's json_encode with JSON_HEX_APOS", escaped(PHP, hex("'"))),
    dialect(
        "php-hex-unicode-slashes",
        2,
        PHP_CODE,
        "PHP's json_encode with the JSON_HEX flags, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES",
        escaped(PHP, unescaped_hex("<>&'\"")),
    ),
    dialect(
        "php-line-terminators",
        2,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_LINE_TERMINATORS",
        escaped(PHP, SLASH),
    ),
    dialect(
        "php-line-terminators-arrays",
        2,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_LINE_TERMINATORS after json_decode into arrays",
        arrays(escaped(PHP, SLASH)),
    ),
    dialect("php-unescaped", 2, PHP_CODE, "PHP's json_encode with nothing escaped", escaped(PHP, Escapes::LEAST)),
    dialect(
        "php-unescaped-arrays",
        2,
        PHP_CODE,
        "PHP's json_encode with nothing escaped after json_decode into arrays",
        arrays(escaped(PHP, Escapes::LEAST)),
    ),
    dialect(
        "php-force-object",
        1,
        PHP_CODE,
        "PHP's json_encode with JSON_FORCE_OBJECT",
        Style { array_objects: true, ..PHP },
    ),
    dialect(
        "php-fraction",
        2,
        PHP_CODE,
        "PHP's json_encode with JSON_PRESERVE_ZERO_FRACTION",
        counted(PHP, Numbers::PHP_FRACTION),
    ),
    dialect(
        "php-fraction-arrays",
        1,
        PHP_CODE,
        "PHP's json_encode with JSON_PRESERVE_ZERO_FRACTION after json_decode into arrays",
        arrays(counted(PHP, Numbers::PHP_FRACTION)),
    ),
    dialect(
        "php-fraction-unicode-slashes-arrays",
        1,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION",
        arrays(counted(escaped(PHP, LINES), Numbers::PHP_FRACTION)),
    ),
    dialect("php-17", 1, PHP_CODE, "PHP's json_encode with serialize_precision=17", counted(PHP, Numbers::PHP_17)),
    dialect(
        "php-17-arrays",
        1,
        PHP_CODE,
        "PHP's json_encode with serialize_precision=17 after json_decode into arrays",
        arrays(counted(PHP, Numbers::PHP_17)),
    ),
    dialect(
        "php-17-unicode-slashes-arrays",
        2,
        PHP_CODE,
        "PHP's json_encode with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES and serialize_precision=17",
        arrays(counted(escaped(PHP, LINES), Numbers::PHP_17)),
    ),
    dialect(
        "php-14-arrays",
        2,
        PHP_CODE,
        "PHP's json_encode with serialize_precision=14",
        arrays(counted(PHP, Numbers::PHP_14)),
    ),
];
