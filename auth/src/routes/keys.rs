use actix_web::{get, web::Data};
use shared::http::Answer;

use super::dto::KeysOut;
use crate::service::App;

/// Short enough for a key to be known everywhere long before it signs.
const CACHED: &str = "public, max-age=300";

/// The public keys that verify access tokens
///
/// Those that signed tokens which may still be alive, the one that signs, and near a rotation the next one.
#[utoipa::path(tag = "auth", responses((status = 200, body = KeysOut)))]
#[get("/.well-known/jwks.json")]
pub async fn published(app: Data<App>) -> Answer {
    Answer::ok(&app.published_keys().await).header("cache-control", CACHED)
}
