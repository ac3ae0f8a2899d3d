//! Pages for what goes wrong.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::shell::Shell;
use crate::store::StoreError;

/// Why there is no page.
#[derive(Debug)]
pub struct PageError {
    status: StatusCode,
    title: &'static str,
    sentence: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    shell: Shell,
    status: u16,
    title: &'static str,
    sentence: &'a str,
}

impl PageError {
    /// There is no such thing.
    #[must_use]
    pub fn not_found(sentence: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, title: "Not found", sentence: sentence.into() }
    }

    /// The sender's mistake, in a sentence.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, title: "That does not work", sentence: sentence.into() }
    }

    fn broken(cause: &dyn fmt::Display) -> Self {
        tracing::error!(%cause, "a page could not be made");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            title: "Something went wrong",
            sentence: "The page could not be made. The log says why.".to_owned(),
        }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        let unavailable = |sentence: &str| Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "Not now",
            sentence: sentence.to_owned(),
        };
        match error {
            StoreError::NotFound(what) => {
                Self::not_found(format!("There is no such {what}. It may have been deleted."))
            }
            StoreError::CursorGone => Self::not_found("There is no such cursor. It may have been deleted."),
            StoreError::TooLarge => Self::refused("This is larger than the database can store."),
            StoreError::Failed(cause) => Self::broken(&cause),
            StoreError::NameTaken(name) => Self::refused(format!("The name '{name}' is taken.")),
            StoreError::Busy => unavailable("The store is busy. Try again in a moment."),
            StoreError::Closed => unavailable("The server is shutting down."),
            StoreError::DiskFull => unavailable("The disk is full."),
            StoreError::Unavailable(cause) | StoreError::Corrupt(cause) => {
                tracing::error!(%cause, "the store cannot be read");
                unavailable("The database cannot be read. The log says why.")
            }
        }
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::broken(&error)
    }
}

impl From<actix_web::error::BlockingError> for PageError {
    fn from(error: actix_web::error::BlockingError) -> Self {
        Self::broken(&error)
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let page = ErrorPage {
            shell: Shell::plain(self.title),
            status: self.status.as_u16(),
            title: self.title,
            sentence: &self.sentence,
        };
        HttpResponse::build(self.status)
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("text/html; charset=utf-8")
            .body(page.render().unwrap_or_else(|_| self.sentence.clone()))
    }
}

/// A page as an answer. Never cached: it is about now.
pub(super) fn html(page: &impl Template) -> Result<HttpResponse, PageError> {
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(page.render()?))
}
