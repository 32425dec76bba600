use std::time::Duration;

use anyhow::Context;
use shared::program;

use crate::{banner, settings::ProcessSettings};

/// What `helpdesk config check` says when nothing is wrong: where everything goes.
#[must_use]
pub fn report(settings: &ProcessSettings) -> String {
    let own = settings.services.iter().map(|service| (service.service().name(), &service.common().http));
    let urls: Vec<_> = own
        .chain(settings.gateway().map(|http| ("helpdesk", http)))
        .map(|(name, http)| (name, format!("http://{}", std::net::SocketAddr::new(http.host, http.port))))
        .collect();
    let urls: Vec<_> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let purpose = if settings.common.is_production() { "production" } else { "development" };
    let mut text = format!("The configuration is good, for {purpose}.\n\n");
    if let Some((_, url)) = urls.iter().find(|(name, _)| *name == "helpdesk") {
        text.push_str(&format!("  Everything       {url}\n\n"));
    }
    text + &banner::table(settings, &urls) + "\n" + &banner::places(settings)
}

/// Asks a URL whether all is well there; says so, or why not.
///
/// # Errors
/// When it does not answer in three seconds, or with something else than a success.
pub fn ask(url: &str) -> anyhow::Result<String> {
    program::runtime()?.block_on(async {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build()?;
        let answer = client.get(url).send().await.map_err(reqwest::Error::without_url);
        let status =
            answer.with_context(|| format!("{} does not answer", shared::config::redacted(url)))?.status();
        anyhow::ensure!(status.is_success(), "{} answers {status}", shared::config::redacted(url));
        Ok("ready".to_owned())
    })
}
