//! Routes speak HTTP: they parse what comes in, call one use case, and put its answer into words.

mod accounts;
mod administration;
mod dto;
mod keys;
mod passwords;
mod sessions;
mod tokens;
mod visitor;

use actix_web::web::Data;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::service::App;

/// The routes of auth; the index of its API.
pub fn configure(config: &mut ServiceConfig, app: App) {
    config
        .app_data(Data::new(app))
        .service(accounts::register) //          POST   /auth/register
        .service(tokens::login) //               POST   /auth/login
        .service(tokens::logout) //              POST   /auth/logout
        .service(tokens::refresh) //             POST   /auth/refresh
        .service(tokens::verify) //              GET    /auth/verify
        .service(passwords::forgot) //           POST   /auth/forgot-password
        .service(passwords::reset) //            POST   /auth/reset-password
        .service(accounts::me) //                GET    /auth/me
        .service(accounts::export) //            GET    /auth/export
        .service(accounts::verify_email) //      POST   /auth/verify-email
        .service(accounts::resend) //            POST   /auth/resend-verification
        .service(passwords::change) //           POST   /auth/change-password
        .service(sessions::list) //              GET    /auth/sessions
        .service(sessions::end) //               DELETE /auth/sessions/{id}
        .service(administration::set_role) //    PUT    /auth/users/{id}/role
        .service(administration::set_status) //  PUT    /auth/users/{id}/status
        .service(administration::delete) //      DELETE /auth/users/{id}
        .service(keys::published); //            GET    /.well-known/jwks.json
}
