use std::{
    cell::RefCell,
    process::ExitCode,
    time::{Duration, Instant},
};

use shared::{
    config::Sources,
    process::Process,
    program::{Inherited, inform, log_panics, prepare_data_dir, run},
};

use crate::{
    all_in_one,
    banner::{self, Addresses},
    data_dir::DataDir,
    ports::Ports,
    settings::ProcessSettings,
};

/// How often a starting process looks whether it is ready.
const LOOK: Duration = Duration::from_millis(50);

/// Serves from here until the end of the process.
pub fn launch(settings: ProcessSettings, sources: Sources) -> ExitCode {
    let since = Instant::now();
    let (telemetry, drain) = (settings.common.telemetry.clone(), settings.common.http.drain);
    run(&telemetry, drain, async |process: &Process| {
        log_panics();
        prepare_data_dir(&settings.common)?;
        let _data_dir =
            settings.owns_data_dir().then(|| DataDir::take(&settings.common.data_dir)).transpose()?;
        let ports = Ports::take(&settings, Inherited::take()?)?;
        inform(process, ports.addresses());
        let settings = settings.found_at(&sources, &ports)?;
        let addresses = Addresses::of(&ports);

        let newcomer = RefCell::new(None);
        let started =
            all_in_one::start(&settings, process, |admin| drop(newcomer.replace(Some(admin)))).await;
        let newcomer = newcomer.into_inner();
        let modules = match started {
            Ok(modules) => modules,
            Err(fault) => {
                print!("{}", newcomer.as_ref().map(banner::administrator).unwrap_or_default());
                return Err(fault);
            }
        };
        let announce = async {
            if is_ready(addresses.entrance(), process).await {
                print!("{}", banner::banner(&settings, &addresses, newcomer.as_ref(), since.elapsed()));
            }
        };
        let (served, ()) = tokio::join!(all_in_one::serve_all(&settings, modules, ports, process), announce);
        served
    })
}

/// Waits until the process says that it is ready; `false` when it stops before.
async fn is_ready(url: &str, process: &Process) -> bool {
    let stopping = process.lifecycle.stopping();
    let ready = format!("{url}/ready");
    while !stopping.is_cancelled() {
        if reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
            return true;
        }
        tokio::time::sleep(LOOK).await;
    }
    false
}
