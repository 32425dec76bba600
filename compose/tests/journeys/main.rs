//! Journeys across the six services, over HTTP, on the embedded backends or on those that the environment names.

mod asyncapi;
mod errors;
mod house;
mod openapi;
mod session;
mod ticket;
mod users;
