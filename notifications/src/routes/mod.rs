//! The route table of notifications.

mod dto;
mod export;
mod ledger;
mod list;
mod preferences;
mod stream;
mod templates;

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::service::App;

/// Puts the routes on a server.
pub fn configure(cfg: &mut ServiceConfig, app: App) {
    cfg.app_data(web::Data::new(app))
        .service(list::list)
        .service(list::unread_count)
        .service(list::read_all)
        .service(list::read)
        .service(preferences::show)
        .service(preferences::change)
        .service(stream::follow)
        .service(export::export)
        .service(templates::list)
        .service(templates::preview)
        .service(templates::show)
        .service(templates::change)
        .service(templates::restore)
        .service(ledger::list)
        .service(ledger::retry);
}
