use std::process::ExitCode;

fn main() -> ExitCode {
    shared::program::main::<migrations::tickets::Migrator, _, _>(
        "tickets",
        tickets::Config::read,
        tickets::run,
    )
}
