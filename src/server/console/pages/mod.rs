//! The pages: a struct for each template beside the handler that fills it.

pub mod commands;
pub mod detail;
pub mod error;
pub mod format;
pub mod help;
pub mod home;
pub mod inspector;
pub mod list;
pub mod row;
pub mod settings;
pub mod shell;
pub mod tabs;
mod tree_parts;

use actix_web::web;

use super::assets;

/// Mounts every page and the assets. The state is `web::Data<ConsoleState>`.
pub fn configure(app: &mut web::ServiceConfig) {
    app.configure(assets::configure)
        .route("/", web::get().to(home::show))
        .route("/parts/bins", web::get().to(home::parts))
        .route("/help", web::get().to(help::show))
        .route("/bins", web::get().to(home::show))
        .route("/bins/{bin}", web::get().to(inspector::show))
        .route("/bins/{bin}/rows", web::get().to(list::rows))
        .route("/bins/{bin}/settings", web::get().to(settings::show))
        .route("/bins/{bin}/requests/{id}", web::get().to(inspector::show_request))
        .route("/bins/{bin}/requests/{id}/part", web::get().to(detail::part))
        .route("/bins/{bin}/requests/{id}/json", web::get().to(tree_parts::children))
        .route("/bins/{bin}/requests/{id}/json/find", web::get().to(tree_parts::find))
        .route("/bins/{bin}/requests/{id}/json/value", web::get().to(tree_parts::value))
        .route("/bins/{bin}/requests/{id}/image", web::get().to(tree_parts::image))
        .route("/bins/{bin}/requests/{id}/signed", web::get().to(tabs::signed_bytes))
        .route("/bins/{bin}/requests/{id}/try", web::post().to(tabs::try_secret));
}
