//! placeholder
use actix_web::{HttpResponse, HttpRequest};
use super::error::PageError;
pub(super) async fn show(_request: HttpRequest) -> Result<HttpResponse, PageError> { Err(PageError::not_found("soon")) }
