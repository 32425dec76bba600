//! Writes the Postman collections into the folder that is named: `cargo xtask generate` does so. What is sent, and what must come
//! back, is in a file for each service and in `journey.rs`; that it is what the OpenAPI document says is seen to here.

mod audit;
mod auth;
mod call;
mod collection;
mod contract;
mod files;
#[allow(dead_code, reason = "the journeys use the rest of it")]
#[path = "../../tests/journeys/house.rs"]
mod house;
mod journey;
mod notifications;
mod people;
mod tickets;
mod users;

use std::path::PathBuf;

use anyhow::Context;

use contract::Contract;
use house::House;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: postman <folder>")?);
    let house = House::open().await;
    let contract = Contract::new(reqwest::get(format!("{}/openapi.json", house.url)).await?.json().await?);
    let collections = [
        auth::collection(),
        users::collection(),
        tickets::collection(),
        files::collection(),
        notifications::collection(),
        audit::collection(),
        journey::collection(),
    ];
    for collection in collections {
        let text = serde_json::to_string_pretty(&collection.written(&contract)?)? + "\n";
        std::fs::write(folder.join(format!("{}.postman_collection.json", collection.name)), text)?;
    }
    Ok(())
}
