//! The texts of `--help`, `--version` and of a wrong command line.
//! It does not know who prints them.

use crate::cli::command;
use crate::cli::flags::Category;
use crate::cli::flags::FLAGS;
use crate::cli::flags::Flag;
use crate::cli::flags::Value;
use bstr::BStr;
use std::fmt::Write;

/// Returns the text of `--version`: the first two lines are GNU make's, for the programs that look at them.
pub fn version() -> String {
    format!(
        "GNU Make 4.4.1\n\
         Built for x86_64-pc-linux-gnu\n\
         This is rmake {}, a drop-in for GNU make that is not made by its authors.\n\
         License: MIT or Apache-2.0. There is no warranty.\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Returns the text of `--help`.
pub fn usage(program: &BStr) -> String {
    let mut text = format!("Usage: {program} [options] [target] ...\nOptions:\n");
    list(&mut text, Category::Gnu);
    text.push_str("Options that GNU make does not have:\n");
    text.push_str(&command::help());
    text.push_str("\nThis program built for x86_64-pc-linux-gnu\n");
    text
}

fn list(text: &mut String, category: Category) {
    const COLUMN: usize = 30;
    for flag in FLAGS.iter().filter(|flag| flag.category == category) {
        let names = format!("  {}", names(flag).join(", "));
        let gap = match names.len() + 2 > COLUMN {
            true => format!("\n{:COLUMN$}", ""),
            false => " ".repeat(COLUMN - names.len()),
        };
        let choices = match flag.choices {
            [] => String::new(),
            choices => format!(" [{}]", choices.join(", ")),
        };
        let _ = writeln!(text, "{names}{gap}{}{choices}", flag.help);
    }
}

/// Returns all names of an option with its value: `-C DIRECTORY`, `--directory=DIRECTORY`.
pub fn names(flag: &Flag) -> Vec<String> {
    let (short, long) = match flag.value {
        Value::None => (String::new(), String::new()),
        Value::Required(value) => (format!(" {value}"), format!("={value}")),
        Value::Optional(value) => (format!("[{value}]"), format!("[={value}]")),
        Value::OptionalCount(value) | Value::OptionalNumber(value) => {
            (format!(" [{value}]"), format!("[={value}]"))
        }
    };
    let shorts = flag
        .short
        .iter()
        .map(|letter| format!("-{}{short}", char::from(*letter)));
    shorts
        .chain(flag.long.iter().map(|name| format!("--{name}{long}")))
        .collect()
}
