//! Routes speak HTTP: they parse what comes in, call one use case, and put its answer into words.

mod avatar;
mod dto;
mod form;
mod listing;
mod people;
mod profile;

use actix_web::web::Data;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::service::App;

/// The routes of users; the index of its API. The words of one's own come before the ids of others.
pub fn configure(config: &mut ServiceConfig, app: App) {
    config
        .app_data(Data::new(app))
        .service(profile::read) //       GET    /users/profile
        .service(profile::edit) //       PUT    /users/profile
        .service(profile::activities) // GET    /users/profile/activities
        .service(profile::export) //     GET    /users/profile/export
        .service(avatar::change) //      POST   /users/avatar
        .service(avatar::remove) //      DELETE /users/avatar
        .service(people::list) //        GET    /users
        .service(people::stats) //       GET    /users/stats
        .service(people::read) //        GET    /users/{id}
        .service(people::edit) //        PUT    /users/{id}
        .service(people::delete) //      DELETE /users/{id}
        .service(people::change_role) // PUT    /users/{id}/role
        .service(people::activities); // GET    /users/{id}/activities
}
