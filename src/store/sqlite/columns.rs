//! The columns of `request`: their names, and their positions in every statement that lists them.

/// Makes a position (from 0) of each column.
macro_rules! positions {
    ($($column:ident,)+) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "only counts; the constants are what is used")]
        enum Position { $($column,)+ }

        $(pub(crate) const $column: usize = Position::$column as usize;)+
    };
}
pub(super) use positions;

macro_rules! placeholder {
    ($column:ident) => {
        ", ?"
    };
}

/// Makes a position (from 0) of each column, and the statements that list them in this order: first the `plain`
/// columns, which every request has; `later` ones are written when a sender is held or something is sent.
macro_rules! columns {
    (
        plain { $first:ident = $first_name:literal, $($plain:ident = $plain_name:literal,)+ }
        more { $($more:ident = $more_name:literal,)+ }
        later { $($later:ident = $later_name:literal,)+ }
    ) => {
        positions! { $first, $($plain,)+ $($more,)+ $($later,)+ }

        /// Writes a request without its rare columns, which stay NULL. Every bound value costs time.
        pub(crate) const INSERT_PLAIN: &str = concat!(
            "INSERT INTO request (", $first_name, $(", ", $plain_name,)+ ") VALUES (?", $(placeholder!($plain),)+ ")"
        );
        /// Writes a request with all its columns.
        pub(crate) const INSERT_FULL: &str = concat!(
            "INSERT INTO request (", $first_name, $(", ", $plain_name,)+ $(", ", $more_name,)+
            ") VALUES (?", $(placeholder!($plain),)+ $(placeholder!($more),)+ ")"
        );
        /// Reads all columns, for [`super::rows::summary`]; conditions follow.
        pub(crate) const SELECT: &str = concat!(
            "SELECT ", $first_name, $(", ", $plain_name,)+ $(", ", $more_name,)+ $(", ", $later_name,)+
            " FROM request"
        );
        /// Reads all columns of one request.
        pub(crate) const SELECT_ONE: &str = concat!(
            "SELECT ", $first_name, $(", ", $plain_name,)+ $(", ", $more_name,)+ $(", ", $later_name,)+
            " FROM request WHERE place = ?"
        );
    };
}

columns! {
    plain {
        // `place` is the name of the key in the schema; see `row_key`.
        ROW_KEY = "place",
        RECEIVED_AT = "received_at",
        FLAGS = "flags",
        STATUS = "status",
        DURATION_US = "duration_us",
        BODY_TOOK_US = "body_took_us",
        HEAD_SIZE = "head_size",
        BODY_SIZE = "body_size",
        DECLARED_SIZE = "declared_size",
        CLIENT = "client",
        METHOD = "method",
        TARGET = "target",
        CONTENT_TYPE = "content_type",
    }
    more {
        PROVIDER = "provider",
        EVENT = "event",
        SESSION = "session",
        DUPLICATE_KEY = "duplicate_key",
        DUPLICATE_HASH = "duplicate_hash",
        DUPLICATE_OF = "duplicate_of",
        FACTS = "facts",
        NOTE = "note",
        TAGS = "tags",
    }
    later {
        ATTEMPT_OUTCOME = "attempt_outcome",
        ATTEMPT_STATUS = "attempt_status",
        ATTEMPT_AT = "attempt_at",
        ATTEMPT_US = "attempt_us",
        FORWARDED = "forwarded",
        HELD_UNTIL = "held_until",
    }
}
