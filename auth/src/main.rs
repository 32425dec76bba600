use std::process::ExitCode;

fn main() -> ExitCode {
    shared::program::main::<migrations::auth::Migrator, _, _>("auth", auth::Config::read, auth::run)
}
