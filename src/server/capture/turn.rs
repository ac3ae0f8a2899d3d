//! The progress of the current message: a pure state machine.
//!
//! A message arrives and is answered at the same time. Most are complete before a handler sees them; a large body still
//! arrives while its handler runs; and a response may be sent before the body has ended. The next message is shown to
//! the parser when both are done.
//!
//! | turn | head complete | handler takes head | message ends | body breaks rules | response encoded | response sent |
//! |---|---|---|---|---|---|---|
//! | `First`, `Next` | `Body(Parser)` | `Body(Handler)` * | | | | |
//! | `Body(Parser)` | | `Body(Handler)` | `Held(Parser)` | `Broken(Parser)` | | |
//! | `Body(Handler)` | | | `Held(Handler)` | `Broken(Handler)` | `Body(Dispatcher)` | |
//! | `Body(Dispatcher)` | | | `Held(Dispatcher)` | `Broken(Dispatcher)` | | `Rest` |
//! | `Broken(Parser)` | | `Broken(Handler)` | | | | |
//! | `Broken(Handler)` | | | | | `Broken(Dispatcher)` | |
//! | `Broken(Dispatcher)` | | | | | | `Rest` |
//! | `Held(Parser)` | | `Held(Handler)` | | | | |
//! | `Held(Handler)` | | | | | `Held(Dispatcher)` | |
//! | `Held(Dispatcher)` | | | | | | `Next` |
//! | `Rest` | `Body(Parser)` * | `Body(Handler)` * | `Next` | | | |
//!
//! An empty cell: the event changes nothing. Cells with a star happen only if recorder and parser disagree on where a
//! message begins; the request is answered nevertheless.

/// Who has the current request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// The parser: no handler has seen it. If anything is written, it is the parser's own error response.
    Parser,
    /// A handler, which has taken its head.
    Handler,
    /// The dispatcher: the last byte of the response is in its buffer.
    Dispatcher,
}

/// The progress of the current message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The connection's first head is awaited.
    First,
    /// All earlier requests are answered; the next head is awaited.
    Next,
    /// The head is complete, the body is not.
    Body(Holder),
    /// The body breaks the rules of chunked coding: nothing after that is read.
    Broken(Holder),
    /// The message is complete. Until its response is sent, nothing more is shown to the parser.
    Held(Holder),
    /// The response is sent, and the rest of the body still arrives.
    Rest,
}

impl Turn {
    /// A head is complete.
    pub(super) const fn head_complete(self) -> Self {
        match self {
            Self::First | Self::Next | Self::Rest => Self::Body(Holder::Parser),
            Self::Body(_) | Self::Broken(_) | Self::Held(_) => self,
        }
    }

    /// A handler takes the head.
    pub(super) const fn taken(self) -> Self {
        match self {
            Self::First | Self::Next | Self::Rest | Self::Body(_) => Self::Body(Holder::Handler),
            Self::Broken(_) => Self::Broken(Holder::Handler),
            Self::Held(_) => Self::Held(Holder::Handler),
        }
    }

    /// The message ends.
    pub(super) const fn ended(self) -> Self {
        match self {
            Self::Body(holder) => Self::Held(holder),
            Self::Rest => Self::Next,
            Self::First | Self::Next | Self::Broken(_) | Self::Held(_) => self,
        }
    }

    /// The body breaks the rules.
    pub(super) const fn broken(self) -> Self {
        match self {
            Self::Body(holder) => Self::Broken(holder),
            Self::First | Self::Next | Self::Broken(_) | Self::Held(_) | Self::Rest => self,
        }
    }

    /// The last byte of the response is in the dispatcher's buffer.
    pub(super) const fn encoded(self) -> Self {
        match self {
            Self::Body(Holder::Handler) => Self::Body(Holder::Dispatcher),
            Self::Broken(Holder::Handler) => Self::Broken(Holder::Dispatcher),
            Self::Held(Holder::Handler) => Self::Held(Holder::Dispatcher),
            _ => self,
        }
    }

    /// The socket has taken all that was written.
    pub(super) const fn sent(self) -> Self {
        match self {
            Self::Body(Holder::Dispatcher) | Self::Broken(Holder::Dispatcher) => Self::Rest,
            Self::Held(Holder::Dispatcher) => Self::Next,
            _ => self,
        }
    }

    /// Whether no handler has seen the current request: what is written then is the parser's own error response.
    pub(super) const fn is_with_parser(self) -> bool {
        matches!(
            self,
            Self::First
                | Self::Next
                | Self::Body(Holder::Parser)
                | Self::Broken(Holder::Parser)
                | Self::Held(Holder::Parser)
        )
    }

    /// Whether no request is under way.
    pub(super) const fn awaits_head(self) -> bool {
        matches!(self, Self::First | Self::Next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Event = fn(Turn) -> Turn;

    /// The turns that a message goes through.
    fn turns(events: &[Event]) -> Vec<Turn> {
        let mut turn = Turn::Next;
        events
            .iter()
            .map(|event| {
                turn = event(turn);
                turn
            })
            .collect()
    }

    #[test]
    fn a_message_is_done_when_it_is_complete_and_its_response_sent_in_whichever_order() {
        use Holder::{Dispatcher, Handler, Parser};
        use Turn::{Body, Held, Next, Rest};
        let (head, taken, ended): (Event, Event, Event) = (Turn::head_complete, Turn::taken, Turn::ended);
        let (encoded, sent): (Event, Event) = (Turn::encoded, Turn::sent);
        assert_eq!(
            turns(&[head, ended, taken, encoded, sent]),
            [Body(Parser), Held(Parser), Held(Handler), Held(Dispatcher), Next]
        );
        assert_eq!(
            turns(&[head, taken, ended, encoded, sent]),
            [Body(Parser), Body(Handler), Held(Handler), Held(Dispatcher), Next]
        );
        assert_eq!(
            turns(&[head, taken, encoded, ended, sent]),
            [Body(Parser), Body(Handler), Body(Dispatcher), Held(Dispatcher), Next]
        );
        assert_eq!(
            turns(&[head, taken, encoded, sent, ended]),
            [Body(Parser), Body(Handler), Body(Dispatcher), Rest, Next]
        );
        // `100 Continue` is sent before there is a response.
        assert_eq!(turns(&[head, taken, sent, ended]), [Body(Parser), Body(Handler), Body(Handler), Held(Handler)]);
    }

    #[test]
    fn a_broken_body_is_answered_and_never_followed_by_another_message() {
        let broken = turns(&[Turn::head_complete, Turn::broken, Turn::taken, Turn::ended, Turn::encoded]);
        assert_eq!(
            broken[1..],
            [Holder::Parser, Holder::Handler, Holder::Handler, Holder::Dispatcher].map(Turn::Broken)
        );
        assert_eq!(broken[4].sent(), Turn::Rest);
    }

    #[test]
    fn where_recorder_and_parser_disagree_the_request_is_answered_and_the_next_one_taken() {
        let turn = Turn::First.taken();
        assert!(!turn.is_with_parser(), "what its handler says is not replaced");
        assert_eq!(turn.head_complete().encoded().sent(), Turn::Rest);
        assert_eq!(Turn::Rest.head_complete(), Turn::Body(Holder::Parser));
        assert_eq!(Turn::Rest.taken(), Turn::Body(Holder::Handler));
    }
}
