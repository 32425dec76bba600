//! The audit service on its own.

fn main() -> std::process::ExitCode {
    shared::program::main::<migrations::audit::Migrator, _, _>("audit", audit::Config::read, audit::run)
}
