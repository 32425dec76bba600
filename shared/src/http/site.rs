//! What one server knows of itself; shared by its workers.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use ipnet::IpNet;

use super::missing::RouteTable;
use super::module::Module;
use crate::auth::TokenVerifier;
use crate::clock::Clock;
use crate::process::Lifecycle;

pub(super) struct Site {
    pub service: &'static str,
    pub modules: Vec<Module>,
    /// Of the first module: those of one server trust the same issuer.
    pub guard: TokenVerifier,
    pub clock: Clock,
    pub lifecycle: Lifecycle,
    pub proxies: Vec<IpNet>,
    pub origins: Vec<HeaderValue>,
    pub routes: RouteTable,
    pub document: Bytes,
    pub in_flight: InFlight,
}

impl Site {
    pub(super) fn is_stopping(&self) -> bool {
        self.lifecycle.stopping().is_cancelled()
    }
}

/// How many requests are being answered, bodies included; and connections that have just been let in count until their first
/// request does, lest they be sent away with it on the way.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<AtomicUsize>);

/// One of them, until dropped.
pub(super) struct Held(Arc<AtomicUsize>);

/// What a connection holds until its first request is here.
pub(super) struct Newcomer(Cell<Option<Held>>);

impl Newcomer {
    pub(super) fn has_asked(&self) {
        self.0.take();
    }
}

impl InFlight {
    pub(super) fn expect(&self) -> Newcomer {
        Newcomer(Cell::new(Some(self.enter())))
    }

    pub(super) fn enter(&self) -> Held {
        self.0.fetch_add(1, Ordering::SeqCst);
        Held(self.0.clone())
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
