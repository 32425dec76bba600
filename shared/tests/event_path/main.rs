//! The way of an event, from the outbox to the effect, on the local bus or on JetStream.

mod asking;
mod consuming;
mod relaying;
mod replaying;
mod support;
mod waiting;
