//! The login page: turns the token into a cookie, for browsers.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::assets;
use super::extract::{State, read_body, require_type};
use super::pages::html;
use super::problem::{Code, Problem};

/// A token is short; a longer body holds none.
const MAX_FORM: usize = 8 << 10;

/// The form, with what was wrong with the last try.
#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    error: Option<&'a str>,
}

#[derive(Deserialize)]
struct Form {
    token: String,
}

pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.service(web::resource("/login").get(show).post(log_in));
}

async fn show() -> Result<HttpResponse, Problem> {
    html(&LoginPage { error: None })
}

/// The only form post that the console takes. The guard has checked that it comes from the console's own page.
async fn log_in(state: State, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    require_type(&request, &["application/x-www-form-urlencoded"])?;
    let body = read_body(payload.into_inner(), MAX_FORM).await?;
    let form: Form = serde_urlencoded::from_bytes(&body)
        .map_err(|_| Problem::new(Code::InvalidBody, "The form has one field: token."))?;
    match state.security.log_in(&form.token).await {
        Ok(session) => Ok(HttpResponse::SeeOther().cookie(session).insert_header((header::LOCATION, "/")).finish()),
        Err(problem) => {
            let mut response = html(&LoginPage { error: Some(problem.detail()) })?;
            *response.status_mut() = problem.code().status();
            Ok(response)
        }
    }
}
