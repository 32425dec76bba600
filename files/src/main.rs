//! The files service on its own; all six in one process is `helpdesk`.

fn main() -> std::process::ExitCode {
    shared::program::main::<migrations::files::Migrator, _, _>("files", files::Config::read, files::run)
}
