//! HTTP as all six services speak it: bodies, queries and errors in one form, and the server around the routes.

mod address;
mod answer;
mod authentication;
mod body;
pub mod client;
mod code;
mod conditional;
mod cors;
mod docs;
mod document;
mod error;
mod faults;
mod frame;
mod health;
mod input;
mod json;
mod missing;
mod module;
mod query;
mod request_id;
mod serve;
mod site;
mod span;
mod when;

pub use address::ClientAddress;
pub use answer::Answer;
pub(crate) use authentication::Authentication;
pub(crate) use body::BodyHash;
pub use body::{MAX_BODY, MaybeValid, Valid};
pub use client::{CallError, ClientSettings, ServiceClient};
pub use code::Code;
pub use conditional::{IfMatch, IfNoneMatch, etag};
pub use document::document;
pub use error::{ApiError, FieldError, PROBLEM_JSON, Problem};
pub use faults::is_passing;
pub use input::{FieldErrors, FieldFault, Input};
pub use json::MAX_DEPTH;
pub use module::{Check, Module};
pub use query::{Listing, NoFilter, Params, PathId, bad_query};
pub use request_id::RequestId;
pub use serve::serve;
pub use when::When;

pub use crate::auth::{Admin, Agent, Caller, MaybeCaller};
pub use crate::once::{Once, OnceError};
