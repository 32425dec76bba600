//! The notifications service as a program of its own.

fn main() -> std::process::ExitCode {
    shared::program::main::<migrations::notifications::Migrator, _, _>(
        "notifications",
        notifications::Config::read,
        notifications::run,
    )
}
