//! A service as the server sees it: its routes, its dependencies, and who it believes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::auth::TokenVerifier;

/// One service's part of a server. One server may carry several.
#[derive(Clone)]
pub struct Module {
    /// The service's name.
    pub name: &'static str,
    /// Registers the routes; called once for each HTTP worker.
    pub configure: Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>,
    /// Its dependencies, by name.
    pub checks: Vec<(&'static str, Check)>,
    /// Verifies the access tokens.
    pub guard: TokenVerifier,
}

impl Module {
    /// A service with these routes.
    pub fn new(
        name: &'static str,
        guard: TokenVerifier,
        configure: impl Fn(&mut ServiceConfig) + Send + Sync + 'static,
    ) -> Self {
        Module { name, configure: Arc::new(configure), checks: Vec::new(), guard }
    }

    /// Adds a dependency to what `/ready` lists.
    pub fn check(mut self, name: &'static str, check: Check) -> Self {
        self.checks.push((name, check));
        self
    }
}

type Probe = dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// Asks how a dependency is. The fault is shown to anybody: it names no host, no URL, no credential.
#[derive(Clone)]
pub struct Check {
    pub(super) probe: Arc<Probe>,
    pub(super) needed: bool,
}

impl Check {
    /// Without this the service cannot answer: `/ready` is 503 while it fails.
    pub fn needed<F>(probe: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Check { probe: Arc::new(move || Box::pin(probe())), needed: true }
    }

    /// Without this the service does less, or later: `/ready` lists it as degraded and stays 200.
    pub fn wanted<F>(probe: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Check { needed: false, ..Check::needed(probe) }
    }
}
