//! `/docs`: the API as a page to browse and try. Everything it loads comes from this program.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use utoipa_swagger_ui::Config;

use super::error::ApiError;

/// Scripts and data from here only. Swagger UI sets styles inline and draws its icons from `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    // Relative, so that it works behind a proxy that serves us under a path. No validator: that one is on the internet.
    let config = Config::from("../openapi.json").validator_url("none").persist_authorization(false);
    cfg.app_data(web::Data::new(Arc::new(config)))
        .route("/docs", web::get().to(entrance))
        .route("/docs/{file:.*}", web::get().to(file));
}

async fn entrance() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "docs/")).finish()
}

async fn file(
    path: web::Path<String>,
    config: web::Data<Arc<Config<'static>>>,
) -> Result<HttpResponse, ApiError> {
    let found = utoipa_swagger_ui::serve(&path, config.get_ref().clone()).map_err(ApiError::internal)?;
    let file = found.ok_or_else(ApiError::not_found)?;
    let mut response = HttpResponse::Ok();
    response.content_type(file.content_type).insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response.body(file.bytes.into_owned()))
}
