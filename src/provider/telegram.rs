//! Telegram Bot API: an update names its event by the one field that it holds beside `update_id`.
//! Source: core.telegram.org/bots/api, "Update".

use super::{Detail, EventInput, Provider, Reading, detail_list};

pub(super) static PROVIDER: Provider = Provider {
    id: "telegram",
    name: "Telegram",
    schemes: &["telegram"],
    own_header: false,
    events: &EVENTS,
    docs: "https://core.telegram.org/bots/api#update",
    duplicates: "The same update_id.",
    marks: &["x-telegram-bot-api-secret-token"],
    confirm: None,
    read,
    details,
};

const EVENTS: [&str; 14] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "poll",
    "poll_answer",
    "pre_checkout_query",
    "shipping_query",
];

fn read(input: &EventInput<'_>) -> Reading {
    let json = input.pick(&[
        "/message",
        "/edited_message",
        "/channel_post",
        "/edited_channel_post",
        "/callback_query",
        "/inline_query",
        "/chosen_inline_result",
        "/my_chat_member",
        "/chat_member",
        "/chat_join_request",
        "/poll",
        "/poll_answer",
        "/pre_checkout_query",
        "/shipping_query",
        "/update_id",
        "/message/chat/id",
        "/edited_message/chat/id",
        "/callback_query/message/chat/id",
    ]);
    let name = EVENTS.iter().enumerate().find(|(index, _)| json.there(*index)).map(|(_, name)| *name);
    Reading {
        session: (15..18).find_map(|index| json.scalar(index)).map(std::borrow::Cow::into_owned),
        ..Reading::of_json(&json, name, json.scalar(14).as_deref())
    }
}

fn details(input: &EventInput<'_>) -> Vec<Detail> {
    let json = input.pick(&["/message/text", "/message/from/username", "/callback_query/data"]);
    detail_list([("text", json.scalar(0)), ("from", json.scalar(1)), ("data", json.scalar(2))])
}
