//! Writes the man page of every program into a folder, from the command lines as clap has them: `compose/systemd/man`.

use std::{io::Write, path::PathBuf};

use anyhow::Context;
use clap_mangen::Man;
use compose::services::Service;
use shared::program;

/// What a person who runs it as a service wants to know besides.
const MORE: &str = r#".SH FILES
.TP
/etc/helpdesk/*.env
Settings of the packaged units.
.TP
/etc/helpdesk/secrets
Their secrets, one file each, for root alone.
.TP
/usr/share/doc/helpdesk/*.config.default.toml
All keys with their defaults. In the environment they are in upper case.
.TP
helpdesk.toml
Settings as a file, in the working directory or where \fBHELPDESK_CONFIG\fR points.
.SH "EXIT STATUS"
.TP
0
An orderly stop, or yes.
.TP
1
A failure, or no; it is told in a sentence.
.TP
2
A command line that cannot be understood.
.TP
78
A configuration that cannot be used; all its faults are told at once.
.SH "SEE ALSO"
"#;

fn main() -> anyhow::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).context("usage: man_pages <folder>")?);
    std::fs::create_dir_all(&folder)?;
    let own = Service::ALL.into_iter().map(|service| program::command_line(service.name()));
    let programs: Vec<_> = std::iter::once(compose::cli::command_line()).chain(own).collect();
    let names: Vec<String> = programs.iter().map(shown).collect();
    for command in programs {
        let name = shown(&command);
        let others = names.iter().filter(|other| **other != name);
        let others: Vec<_> = others.map(|other| format!(".BR {other} (1)")).collect();
        let page = page(command)? + MORE + &others.join(",\n") + "\n";
        std::fs::write(folder.join(format!("{name}.1")), page)?;
    }
    Ok(())
}

fn shown(command: &clap::Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// One page for a program with all its commands: a page for each of them would be called as another program is.
fn page(command: clap::Command) -> anyhow::Result<String> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let man = Man::new(command.clone()).manual("Helpdesk").date("");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    writeln!(text, ".SH COMMANDS")?;
    describe(&command, &mut text)?;
    Ok(String::from_utf8(text)?)
}

/// The commands that can be given, each with its options.
fn describe(command: &clap::Command, text: &mut Vec<u8>) -> anyhow::Result<()> {
    for sub in command.get_subcommands() {
        if sub.has_subcommands() {
            describe(sub, text)?;
            continue;
        }
        let man = Man::new(sub.clone());
        let mut part = Vec::new();
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        let own = sub.get_arguments().any(|argument| argument.get_id() != "help");
        if own {
            man.render_options_section(&mut part)?;
        }
        writeln!(text, ".SS \"{}\"", sub.get_bin_name().unwrap_or_else(|| sub.get_name()))?;
        let part = String::from_utf8(part)?;
        // The headings within are this command's own and need not be said.
        for line in part.lines().filter(|line| !line.starts_with(".ie") && !line.starts_with(".el")) {
            if line.starts_with(".SH") { writeln!(text, ".PP")? } else { writeln!(text, "{line}")? }
        }
    }
    Ok(())
}
