//! The server around the routes, spoken to over HTTP.

mod answers;
mod calls;
mod documents;
mod once;
mod refusals;
mod stage;
mod stopping;
mod unread;
