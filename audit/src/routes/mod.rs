//! Audit's routes. All are for administrators, but for what is about the caller alone.

mod archives;
mod dto;
mod events;
mod export;
mod failed;
mod logs;
mod metrics;
mod metrics_dto;
mod rebuilds;
mod reports;
mod reports_dto;
mod search;
mod trust;

use actix_web::web::Data;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::service::App;

pub use dto::FeedEventOut;

/// The route table.
pub fn configure(cfg: &mut ServiceConfig, app: App) {
    cfg.app_data(Data::new(app))
        .service(logs::list)
        .service(logs::get)
        .service(search::search)
        .service(failed::list)
        .service(failed::retry)
        .service(events::feed)
        .service(export::export)
        .service(trust::verify)
        .service(trust::checkpoints)
        .service(trust::public_key)
        .service(trust::trail)
        .service(archives::list)
        .service(archives::get)
        .service(rebuilds::list)
        .service(rebuilds::request)
        .service(metrics::metrics)
        .service(reports::get);
}
