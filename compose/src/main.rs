//! `helpdesk`: all six services in one process.

fn main() -> std::process::ExitCode {
    compose::cli::main()
}
