//! The columns of `attempt`: their positions in the statements that list them.

use super::columns::positions;

/// What a list without bytes has in place of a column: the column itself, or what is given for it.
macro_rules! without_bytes {
    ($sql:literal) => {
        $sql
    };
    ($sql:literal, $empty:literal) => {
        $empty
    };
}

/// Makes a position (from 0) of each column, and the statements that list them in this order. The `joined` column is
/// only in the second one.
macro_rules! columns {
    (
        attempt { $first:ident = $first_sql:literal, $($column:ident = $sql:literal $(or $empty:literal)?,)+ }
        joined { $joined:ident = $joined_sql:literal, }
    ) => {
        positions! { $first, $($column,)+ $joined, }

        /// Reads attempts; heads and bodies are cut to the lengths in the first two parameters. Conditions follow.
        pub(crate) const SELECT: &str = concat!("SELECT ", $first_sql, $(", ", $sql,)+ " FROM attempt a");
        /// Reads attempts without the bytes of heads and bodies, each with its request. Conditions follow.
        pub(crate) const SELECT_WITHOUT_BYTES: &str = concat!(
            "SELECT ", $first_sql, $(", ", without_bytes!($sql $(, $empty)?),)+ ", ", $joined_sql,
            " FROM attempt a JOIN request r ON r.place = a.request"
        );
    };
}

columns! {
    attempt {
        // `place` is the name of the key in the schema; see `row_key`.
        ROW_KEY = "a.place",
        REQUEST = "a.request",
        WHY = "a.why",
        OUTCOME = "a.outcome",
        STARTED_AT = "a.started_at",
        TOTAL_US = "a.total_us",
        RESOLVE_US = "a.resolve_us",
        CONNECT_US = "a.connect_us",
        TLS_US = "a.tls_us",
        FIRST_BYTE_US = "a.first_byte_us",
        TARGET = "a.target",
        SENTENCE = "a.sentence",
        SENT_BODY = "a.sent_body",
        STATUS = "a.status",
        BODY_SIZE = "a.body_size",
        BODY_CUT = "a.body_cut",
        SENT_HEAD = "substr(a.sent_head, 1, ?1)" or "x''",
        // Without bytes it still says whether there is a response.
        HEAD = "substr(a.head, 1, ?1)" or "CASE WHEN a.head IS NOT NULL THEN x'' END",
        BODY = "substr(a.body, 1, ?2)" or "x''",
        SIGNATURE = "a.signature",
    }
    joined {
        RECEIVED_AT = "r.received_at",
    }
}
