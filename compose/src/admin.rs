use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::Context;
use shared::{clock::Clock, program};

/// Makes an administrator, or makes one of an account that is there and gives it the password. Without a file the
/// password is made up; what is answered then shows it.
///
/// # Errors
/// In words: the address or the password is refused, the file cannot be read, the database is away.
pub fn create(config: &auth::Config, email: &str, password_file: Option<&Path>) -> anyhow::Result<String> {
    let given = password_file.map(password_of).transpose()?;
    let password = given.clone().unwrap_or_else(auth::generated_password);
    program::prepare_data_dir(&config.common)?;
    program::runtime()?.block_on(auth::appoint_admin(config, &Clock::system(), email, password.expose()))?;
    Ok(match given {
        Some(_) => format!("{email} is an administrator."),
        None => format!(
            "{email} is an administrator. The password is shown this once:\n\n    {}",
            password.expose()
        ),
    })
}

/// The first line of a file, or of the standard input.
fn password_of(path: &Path) -> anyhow::Result<shared::config::Secret> {
    let shown = path.display();
    let source: Box<dyn Read> = match path.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(std::fs::File::open(path).with_context(|| format!("{shown} cannot be read"))?),
    };
    let mut line = String::new();
    BufReader::new(source.take(4096))
        .read_line(&mut line)
        .with_context(|| format!("{shown} cannot be read"))?;
    let password = line.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!password.is_empty(), "the first line of {shown} is empty: it is to hold the password");
    Ok(shared::config::Secret::new(password))
}
