//! The JSON API: one file per resource.

mod answers;
mod attempts;
mod bins;
mod catalogues;
mod check;
mod checklist;
mod contract;
pub(crate) mod declared;
mod diff;
mod event_schemas;
mod events;
mod expect;
mod export;
mod forward;
mod import;
mod input;
mod input_forward;
mod input_place;
mod input_replay;
mod input_response;
mod input_send;
mod marks;
mod on_match;
mod replay;
mod requests;
mod response;
mod schemas;
mod secrets;
mod send;
mod sessions;
mod signature;
mod timeline;
mod transcript;
mod wait;

use utoipa_actix_web::service_config::ServiceConfig;

pub(super) use export::Exports;
pub(super) use import::Room;

/// Every route of the API.
pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.configure(bins::configure)
        .configure(secrets::configure)
        .configure(response::configure)
        .configure(wait::configure)
        .configure(marks::configure)
        .configure(requests::configure)
        .configure(signature::configure)
        .configure(catalogues::configure)
        .configure(contract::configure)
        .configure(sessions::configure)
        .configure(timeline::configure)
        .configure(transcript::configure)
        .configure(checklist::configure)
        .configure(events::configure)
        .configure(expect::configure)
        .configure(event_schemas::configure)
        .configure(export::configure)
        .configure(import::configure)
        .configure(diff::configure)
        .configure(replay::configure)
        .configure(attempts::configure)
        .configure(answers::configure)
        .configure(on_match::configure)
        .configure(send::configure)
        .configure(check::configure)
        .configure(forward::configure);
}
