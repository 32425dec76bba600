//! Programs built with Go, where Go is.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::command;
use crate::place;
use crate::stop::Stop;

/// A program by its module, version and package.
struct Program {
    name: &'static str,
    module: &'static str,
    version: &'static str,
    package: &'static str,
}

const NATS_SERVER: Program = Program {
    name: "nats-server",
    module: "github.com/nats-io/nats-server/v2",
    version: "v2.12.8",
    package: "github.com/nats-io/nats-server/v2",
};

const NATS_CLI: Program = Program {
    name: "nats",
    module: "github.com/nats-io/natscli",
    version: "v0.3.0",
    package: "github.com/nats-io/natscli/nats",
};

/// What `docker compose config` does, without Docker.
const COMPOSE_GO: Program = Program {
    name: "compose-go",
    module: "github.com/compose-spec/compose-go/v2",
    version: "v2.9.1",
    package: "github.com/compose-spec/compose-go/v2/cmd",
};

/// What GitHub would say of a workflow, without GitHub.
const ACTIONLINT: Program = Program {
    name: "actionlint",
    module: "github.com/rhysd/actionlint",
    version: "v1.7.12",
    package: "github.com/rhysd/actionlint/cmd/actionlint",
};

/// The server, for when PyPI gives none.
pub fn nats_server(stop: &Stop) -> anyhow::Result<PathBuf> {
    let go = place::on_path("go")
        .context("there is no Go to build one. Set TEST_NATS_SERVER=<a nats-server ≥ 2.10>")?;
    build(&go, &NATS_SERVER, stop)
}

/// The NATS CLI; none where there is no Go.
pub fn nats_cli(stop: &Stop) -> anyhow::Result<Option<PathBuf>> {
    place::on_path("go").map(|go| build(&go, &NATS_CLI, stop)).transpose()
}

/// The reader of compose files; none where there is no Go.
pub fn compose_go(stop: &Stop) -> anyhow::Result<Option<PathBuf>> {
    place::on_path("go").map(|go| build(&go, &COMPOSE_GO, stop)).transpose()
}

/// The linter of GitHub's workflows; none where there is no Go.
pub fn actionlint(stop: &Stop) -> anyhow::Result<Option<PathBuf>> {
    place::on_path("go").map(|go| build(&go, &ACTIONLINT, stop)).transpose()
}

/// Builds within a module of our own: `go install x@v` also asks the proxy for the list of all versions, which a mirror may
/// not have. Go checks what it fetches against its checksum database either way.
fn build(go: &PathBuf, program: &Program, stop: &Stop) -> anyhow::Result<PathBuf> {
    let built = place::tools().join("go").join(format!("{}-{}", program.name, program.version));
    if place::is_program(&built) {
        return Ok(built);
    }
    println!("Building {} {} with Go (a minute or two) …", program.name, program.version);
    let folder = tempfile::tempdir()?;
    let wish = format!("module tools\n\ngo 1.24\n\nrequire {} {}\n", program.module, program.version);
    std::fs::write(folder.path().join("go.mod"), wish)?;
    std::fs::create_dir_all(place::tools().join("go"))?;
    // Under another name first, so that a build that was cut short leaves nothing that looks whole.
    let unfinished = built.with_extension("unfinished");
    let mut build = Command::new(go);
    build.current_dir(folder.path()).args(["build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o"]);
    command::quiet(build.arg(&unfinished).arg(program.package), stop)?;
    std::fs::rename(&unfinished, &built)?;
    Ok(built)
}
