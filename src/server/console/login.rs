//! The login page: turns the token into a cookie, for browsers.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::extract::{read_body, require_type, state};
use super::problem::{Code, Problem};
use super::security::COOKIE;

/// A token is short; a body that is longer is none.
const MAX_FORM: usize = 8 << 10;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Creel: log in</title>
<link rel="stylesheet" href="{{ crate::server::console::assets::url("base.css") }}"></head>
<body><main class="page login"><h1>Creel</h1>
<form class="field" method="post" action="/login">
<p><label for="token">Token (from <code>--token</code> or <code>CREEL_TOKEN</code>)</label></p>
<p><input class="input" id="token" name="token" type="password" autocomplete="current-password" required autofocus></p>
{% if let Some(text) = error %}<p class="error-text" role="alert">{{ text }}</p>{% endif %}
<p><button class="btn primary">Log in</button></p>
</form></main></body></html>
"#
)]
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

fn page(error: Option<&str>) -> Result<String, Problem> {
    LoginPage { error }.render().map_err(|_| Problem::new(Code::Internal, "The page could not be made."))
}

async fn show() -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page(None)?))
}

/// The only form post that the console takes. The guard has seen that it comes from the console's own page.
async fn log_in(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    require_type(&request, &["application/x-www-form-urlencoded"])?;
    let body = read_body(payload.into_inner(), MAX_FORM).await?;
    let form: Form = serde_urlencoded::from_bytes(&body)
        .map_err(|_| Problem::new(Code::InvalidBody, "The form has one field: token."))?;
    match state(&request)?.security.log_in(&form.token).await {
        Ok(session) => {
            // Strict: links from other sites arrive without it. No `Secure`: the console speaks plain HTTP on loopback.
            let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
            Ok(HttpResponse::SeeOther()
                .insert_header((header::SET_COOKIE, cookie))
                .insert_header((header::LOCATION, "/"))
                .finish())
        }
        Err(problem) => Ok(HttpResponse::build(problem.code().status())
            .content_type("text/html; charset=utf-8")
            .body(page(Some(problem.detail()))?)),
    }
}
