//! Routes speak HTTP: they parse what comes in, call one use case, and put its answer into words.

mod dto;
mod listing;
mod open;
mod query;
mod schema;

use actix_web::web::Data;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::service::App;

/// The routes of tickets; the index of its API.
pub fn configure(config: &mut ServiceConfig, app: App) {
    config
        .app_data(Data::new(app))
        .service(open::open) // POST /tickets
        .service(query::list) // GET /tickets
        .service(query::read); // GET /tickets/{id}
}
