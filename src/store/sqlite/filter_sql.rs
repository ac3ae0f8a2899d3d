//! A filter as an SQL condition with the same meaning as in memory.
//!
//! SQL compares where a column holds the value; all else calls the same matchers as in memory. The matchers of the
//! running search are in a thread-local: a search stays on its thread.

use std::cell::RefCell;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error};

use super::cancel::Wanted;
use super::row_key::SEQ;
use super::values::{signed, unsigned};
use super::{codes, rows};
use crate::model::filter::{AttemptTest, Filter, Flag, Leaf, Named, Needs, Node, Pattern, Thing};
use crate::model::{Outcome, RequestId, Timestamp};
use crate::store::error::StoreError;

/// A condition over `request r` (and `content c`, where it needs that).
#[derive(Debug, Default)]
pub(crate) struct Condition {
    /// The SQL; its parameters start at `?1`.
    pub(crate) sql: String,
    pub(crate) params: Vec<Value>,
    /// The matchers behind `creel_matches`, by its first argument.
    leaves: Vec<Leaf>,
    /// Whether `content c` must be joined.
    pub(crate) content: bool,
}

/// The state that the SQL functions use while a search runs.
struct Running {
    leaves: Vec<Leaf>,
    wanted: Wanted,
    salt: u32,
}

thread_local! {
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
}

impl Condition {
    /// Nothing for the empty filter.
    pub(crate) fn new(filter: &Filter) -> Option<Self> {
        let root = filter.root()?;
        let mut condition = Self { content: root.needs() == Needs::Content, ..Self::default() };
        condition.node(root);
        Some(condition)
    }

    /// Runs a search with this condition's functions in place.
    pub(crate) fn running<T>(
        &self,
        wanted: &Wanted,
        salt: u32,
        search: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        RUNNING.set(Some(Running { leaves: self.leaves.clone(), wanted: wanted.clone(), salt }));
        let result = search();
        RUNNING.set(None);
        result
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::All(parts) => self.join(parts, " AND "),
            Node::Any(parts) => self.join(parts, " OR "),
            Node::Not(part) => {
                self.sql.push_str("NOT ");
                self.node(part);
            }
            Node::Leaf(leaf) => {
                self.sql.push('(');
                self.leaf(leaf);
                // NULL is no match, and its negation is one.
                self.sql.push_str(") IS TRUE");
            }
        }
    }

    fn join(&mut self, parts: &[Node], sign: &str) {
        // SQLite evaluates from left to right: cheap conditions first.
        let mut parts: Vec<&Node> = parts.iter().collect();
        parts.sort_by_key(|part| part.needs());
        self.sql.push('(');
        for (number, part) in parts.into_iter().enumerate() {
            if number > 0 {
                self.sql.push_str(sign);
            }
            self.sql.push('(');
            self.node(part);
            self.sql.push(')');
        }
        self.sql.push(')');
    }

    fn leaf(&mut self, leaf: &Leaf) {
        match leaf {
            // The head says how to decode the body.
            Leaf::Text(_) | Leaf::Header { .. } | Leaf::Json { .. } => self.call(leaf, "c.head, c.body"),
            Leaf::Method(pattern) => self.like(leaf, pattern, "r.method"),
            Leaf::Event(pattern) => self.like(leaf, pattern, "r.event"),
            Leaf::Session(Named::One(name)) => {
                self.params.push(Value::Text(name.clone()));
                self.sql.push_str(&format!("r.session = ?{}", self.params.len()));
            }
            Leaf::Session(Named::Like(_)) => self.call(leaf, "r.session"),
            Leaf::Provider(pattern) => self.like(leaf, pattern, "r.provider"),
            Leaf::Note(pattern) => self.like(leaf, pattern, "r.note"),
            Leaf::Path(_) | Leaf::Query { .. } => self.call(leaf, "r.target"),
            Leaf::Ip(_) => self.call(leaf, "r.client"),
            Leaf::Tag(_) => self.call(leaf, "r.tags"),
            Leaf::Id(_) => self.call(leaf, &format!("{SEQ}, r.received_at")),
            Leaf::Status(None) => self.sql.push_str("r.status IS NULL"),
            Leaf::Status(Some((from, to))) => self.between("r.status", i64::from(*from), i64::from(*to)),
            Leaf::Size(from, to) => self.between("r.body_size", signed(*from), signed(*to)),
            Leaf::Signature(status) => {
                self.bits(
                    codes::THREE_BITS << codes::SIGNATURE_SHIFT,
                    codes::signature(*status) << codes::SIGNATURE_SHIFT,
                );
            }
            Leaf::Fresh(status) => {
                self.bits(
                    codes::TWO_BITS << codes::FRESHNESS_SHIFT,
                    codes::freshness(*status) << codes::FRESHNESS_SHIFT,
                );
            }
            Leaf::After(moment) => self.compare("r.received_at >=", moment.as_micros()),
            Leaf::Before(moment) => self.compare("r.received_at <", moment.as_micros()),
            Leaf::Attempt(test) => self.attempt(*test),
            Leaf::Origin(origin) => {
                self.bits(codes::THREE_BITS << codes::ORIGIN_SHIFT, codes::origin(*origin) << codes::ORIGIN_SHIFT);
            }
            Leaf::Is(flag) => self.flag(*flag),
            Leaf::Has(thing) => self.sql.push_str(match thing {
                Thing::Note => "r.note IS NOT NULL",
                Thing::Tag => "r.tags IS NOT NULL",
                Thing::Body => "r.body_size > 0",
                Thing::Query => "instr(r.target, '?') > 0",
                Thing::Event => "r.event IS NOT NULL",
                Thing::Session => "r.session IS NOT NULL",
            }),
        }
    }

    fn attempt(&mut self, test: AttemptTest) {
        match test {
            AttemptTest::None => self.sql.push_str("r.attempt_outcome IS NULL"),
            AttemptTest::Any => self.sql.push_str("r.attempt_outcome IS NOT NULL"),
            AttemptTest::Delivered => self.between("r.attempt_status", 200, 299),
            AttemptTest::NotAccepted => self.sql.push_str("r.attempt_status NOT BETWEEN 200 AND 299"),
            AttemptTest::Failed => self.compare("r.attempt_outcome <>", codes::outcome(Outcome::Answered)),
            AttemptTest::Outcome(outcome) => self.compare("r.attempt_outcome =", codes::outcome(outcome)),
            AttemptTest::Status(from, to) => self.between("r.attempt_status", from.into(), to.into()),
            AttemptTest::Took(from, to) => self.between("r.attempt_us", signed(from), signed(to)),
        }
    }

    fn flag(&mut self, flag: Flag) {
        match flag {
            Flag::Duplicate => {
                self.sql.push_str("r.duplicate_of IS NOT NULL OR ");
                self.bits(codes::SAME_BEFORE, codes::SAME_BEFORE);
            }
            Flag::Unread => self.bits(codes::READ, 0),
            Flag::Read => self.bits(codes::READ, codes::READ),
            Flag::Pinned => self.bits(codes::PINNED, codes::PINNED),
            Flag::Incomplete => self.bits(codes::INCOMPLETE, codes::INCOMPLETE),
            Flag::Handshake => self.bits(codes::HANDSHAKE, codes::HANDSHAKE),
            Flag::Held => self.sql.push_str("r.held_until IS NOT NULL"),
            Flag::Rejected => {
                self.sql.push_str("NOT ");
                self.bits(codes::THREE_BITS << codes::REJECTION_SHIFT, 0);
            }
        }
    }

    /// Creel's own numbers are written into the statement; parameters hold only the user's texts.
    fn bits(&mut self, mask: i64, value: i64) {
        self.sql.push_str(&format!("(r.flags & {mask}) = {value}"));
    }

    fn between(&mut self, column: &str, from: i64, to: i64) {
        self.sql.push_str(&format!("{column} BETWEEN {from} AND {to}"));
    }

    fn compare(&mut self, comparison: &str, value: i64) {
        self.sql.push_str(&format!("{comparison} {value}"));
    }

    /// SQLite's NOCASE folds ASCII like the matchers do (filters hold no NUL, the one byte that it treats otherwise).
    fn like(&mut self, leaf: &Leaf, pattern: &Pattern, column: &str) {
        match pattern.exact() {
            Some(text) => {
                self.params.push(Value::Text(text.to_owned()));
                let number = self.params.len();
                self.sql.push_str(&format!("{column} = ?{number} COLLATE NOCASE"));
            }
            None => self.call(leaf, column),
        }
    }

    fn call(&mut self, leaf: &Leaf, arguments: &str) {
        self.sql.push_str(&format!("creel_matches({}, {arguments})", self.leaves.len()));
        self.leaves.push(leaf.clone());
    }
}

/// Makes the matchers known to a connection.
pub(crate) fn register(conn: &Connection) -> Result<(), StoreError> {
    for arguments in [2, 3] {
        conn.create_scalar_function(
            "creel_matches",
            arguments,
            FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY,
            |context| RUNNING.with_borrow(|running| decide(running.as_ref(), context)),
        )?;
    }
    Ok(())
}

fn decide(running: Option<&Running>, context: &Context<'_>) -> Result<bool, Error> {
    let Some(running) = running.filter(|running| !running.wanted.is_over()) else {
        return Err(Error::UserFunctionError("the search was cancelled".into()));
    };
    let Some(leaf) = usize::try_from(context.get::<i64>(0)?).ok().and_then(|number| running.leaves.get(number)) else {
        return Ok(false);
    };
    Ok(match leaf {
        Leaf::Text(_) | Leaf::Header { .. } | Leaf::Json { .. } => {
            leaf.content(bytes_of(context.get_raw(1)), bytes_of(context.get_raw(2)))
        }
        Leaf::Ip(_) => {
            rows::read_client(bytes_of(context.get_raw(1))).is_some_and(|client| leaf.text(&client.ip.to_string()))
        }
        Leaf::Tag(_) => rows::read_tags(context.get_raw(1).as_str_or_null()?).iter().any(|tag| leaf.text(tag)),
        Leaf::Id(_) => {
            let received_at = Timestamp::from_micros(context.get(2)?);
            leaf.text(&RequestId::new(received_at, running.salt, unsigned(context.get(1)?)).to_string())
        }
        _ => context.get_raw(1).as_str_or_null()?.is_some_and(|text| leaf.text(text)),
    })
}

const fn bytes_of(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_file_of_a_database_cannot_call_the_matchers() {
        let conn = Connection::open_in_memory().unwrap();
        register(&conn).unwrap();
        let fails = |sql: &str| conn.query_row(sql, [], |_| Ok(())).unwrap_err().to_string();
        for arguments in ["0, 'x'", "0, 'x', 'y'"] {
            let call = format!("SELECT creel_matches({arguments})");
            assert!(fails(&call).contains("the search was cancelled"), "there is none: {}", fails(&call));
            conn.execute_batch(&format!("DROP VIEW IF EXISTS v; CREATE VIEW v AS {call}")).unwrap();
            assert!(fails("SELECT * FROM v").contains("unsafe use of"), "{}", fails("SELECT * FROM v"));
        }
    }
}
