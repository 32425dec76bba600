use std::process::ExitCode;

fn main() -> ExitCode {
    shared::program::main::<migrations::users::Migrator, _, _>("users", users::Config::read, users::run)
}
