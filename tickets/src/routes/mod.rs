//! Routes speak HTTP: they parse what comes in, call one use case, and put its answer into words.

mod admin;
mod change;
mod dto;
mod listing;
mod open;
mod query;
mod schema;
mod story;

use actix_web::web::Data;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::service::App;

/// The routes of tickets; the index of its API.
pub fn configure(config: &mut ServiceConfig, app: App) {
    config
        .app_data(Data::new(app))
        .service(open::open) //             POST   /tickets
        .service(query::list) //            GET    /tickets
        .service(query::export) //          GET    /tickets/export
        .service(query::read) //            GET    /tickets/{id}
        .service(change::edit) //           PUT    /tickets/{id}
        .service(change::delete) //         DELETE /tickets/{id}
        .service(change::close) //          POST   /tickets/{id}/close
        .service(change::reopen) //         POST   /tickets/{id}/reopen
        .service(change::comment) //        POST   /tickets/{id}/comments
        .service(story::comments) //        GET    /tickets/{id}/comments
        .service(story::history) //         GET    /tickets/{id}/history
        .service(story::attachments) //     GET    /tickets/{id}/attachments
        .service(story::sla) //             GET    /tickets/{id}/sla
        .service(admin::list) //            GET    /admin/tickets
        .service(admin::statistics) //      GET    /admin/tickets/stats
        .service(admin::assign) //          PUT    /admin/tickets/{id}/assign
        .service(admin::set_status); //     PUT    /admin/tickets/{id}/status
}
