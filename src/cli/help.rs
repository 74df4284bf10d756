//! The list of commands, in groups.

use std::fmt::Write as _;

use clap::Command;

/// Which commands belong together. A command that is in no group is listed last.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Run it", &["start", "demo", "run", "snippet", "check", "health", "wait", "trust"]),
    ("Say what happens next", &["next", "fault", "time", "keys", "step"]),
    ("Ask what happened", &["watch", "flows", "expect", "sessions", "logout", "lesson"]),
    ("Tokens, people and apps", &["token", "decode", "users", "clients"]),
    ("Realms and files", &["realm", "snapshot", "reset", "openapi", "schema", "completions", "help"]),
];

/// The same command, whose help lists its commands in groups.
pub(super) fn grouped(command: Command) -> Command {
    let mut list = String::new();
    for (title, names) in GROUPS {
        let _ = writeln!(list, "{title}:");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map_or_else(|| "Print this, or the help of a command".to_owned(), ToString::to_string);
            let _ = writeln!(list, "  {name:<12} {about}");
        }
        list.push('\n');
    }
    command.help_template(format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{list}Options:\n{{options}}\n"))
}
