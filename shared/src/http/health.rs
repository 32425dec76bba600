//! Whether the process lives, whether it is to be sent requests, and what it has counted.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::module::Check;
use super::site::Site;
use crate::telemetry;

/// A dependency that says nothing for so long is down.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// The answer of `/health`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`: who answers lives.
    pub status: String,
    /// The service's name.
    pub service: String,
    /// Its version.
    pub version: String,
}

/// The answer of `/ready`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// `ready`, `starting`, `draining` or `unavailable`.
    pub status: String,
    /// What the service depends on.
    pub checks: Vec<CheckState>,
}

/// The state of one dependency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckState {
    /// The dependency.
    pub name: String,
    /// `up`, `degraded` (the service does without) or `down`.
    pub status: String,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl CheckState {
    fn new(name: String, status: &str, detail: Option<String>) -> Self {
        CheckState { name, status: status.into(), detail }
    }
}

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(health).service(ready).service(metrics_text).service(openapi);
}

/// The process lives.
#[utoipa::path(tag = "operations", responses((status = 200, body = Health)))]
#[get("/health")]
pub(super) async fn health(site: web::Data<Site>) -> web::Json<Health> {
    web::Json(Health {
        status: "ok".into(),
        service: site.service.into(),
        version: env!("CARGO_PKG_VERSION").into(),
    })
}

/// Whether requests are to be sent here, with the state of each dependency.
#[utoipa::path(tag = "operations", responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
#[get("/ready")]
pub(super) async fn ready(site: web::Data<Site>) -> HttpResponse {
    let state = readiness(&site).await;
    if state.status == "ready" {
        return HttpResponse::Ok().json(state);
    }
    HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, "1")).json(state)
}

/// What has been counted and measured, for Prometheus.
#[utoipa::path(tag = "operations", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub(super) async fn metrics_text() -> HttpResponse {
    HttpResponse::Ok().content_type(telemetry::METRICS_TYPE).body(telemetry::metrics())
}

#[get("/openapi.json")]
async fn openapi(site: web::Data<Site>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(site.document.clone())
}

async fn readiness(site: &Site) -> Readiness {
    let mut checks: Vec<CheckState> = site
        .lifecycle
        .waiting_for()
        .into_iter()
        .map(|gate| CheckState::new(gate.into(), "down", Some("not there yet".into())))
        .collect();
    let alone = site.modules.len() == 1;
    let named = |module: &str, name: &str| if alone { name.to_string() } else { format!("{module}.{name}") };
    for module in &site.modules {
        let (status, detail) = match module.guard.waiting_for() {
            None => ("up", None),
            Some(what) => ("down", Some(format!("waiting for the {what}"))),
        };
        checks.push(CheckState::new(named(module.name, "tokens"), status, detail));
    }
    let starting = checks.iter().any(|check| check.status == "down");
    let probes = site.modules.iter().flat_map(|module| {
        module.checks.iter().map(|(name, check)| ask(named(module.name, name), check.clone()))
    });
    checks.extend(join_all(probes).await);
    let status = if site.is_stopping() {
        "draining"
    } else if starting {
        "starting"
    } else if checks.iter().any(|check| check.status == "down") {
        "unavailable"
    } else {
        "ready"
    };
    Readiness { status: status.into(), checks }
}

async fn ask(name: String, check: Check) -> CheckState {
    let fault = match tokio::time::timeout(CHECK_TIMEOUT, (check.probe)()).await {
        Ok(Ok(())) => return CheckState::new(name, "up", None),
        Ok(Err(fault)) => fault,
        Err(_) => "no answer within a second".to_string(),
    };
    CheckState::new(name, if check.needed { "down" } else { "degraded" }, Some(fault))
}
