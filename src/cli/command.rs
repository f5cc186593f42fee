//! The table of options as clap commands: all of it for the man page and the completions, rmake's own to be parsed.
//! It does not know GNU make's way of reading a command line.

use crate::cli::flags::Category;
use crate::cli::flags::FLAGS;
use crate::cli::flags::Flag;
use crate::cli::flags::Refusal;
use crate::cli::flags::Value;
use crate::cli::makeflags::quoted;
use crate::options::Options;
use crate::options::Source;
use bstr::BStr;
use bstr::BString;
use clap::Arg;
use clap::ArgAction;
use clap::Command;
use clap::ValueHint;
use clap::builder::OsStringValueParser;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap::builder::ValueParser;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::ffi::OsStringExt;

/// Returns the command with all options that users may give, for documents and completions. Words are not parsed
/// with it: GNU make's rules are other than clap's.
pub fn command() -> Command {
    let is_shown = |flag: &&Flag| flag.category != Category::Internal;
    let goals = Arg::new("target")
        .value_name("TARGET")
        .num_args(0..)
        .value_hint(ValueHint::Other)
        .help("A goal, or an assignment NAME=VALUE that beats the makefile's.");
    base()
        .about("a drop-in for GNU make")
        .version(env!("CARGO_PKG_VERSION"))
        .args(FLAGS.iter().filter(is_shown).map(argument))
        .arg(goals)
}

/// Returns the command with the options that GNU make does not have.
fn own() -> Command {
    let own = FLAGS.iter().filter(|flag| flag.is_own());
    base().args(own.map(argument))
}

fn base() -> Command {
    Command::new("rmake")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
}

/// Returns the name by which clap knows an option: its first long name, else its letters.
fn id(flag: &Flag) -> &'static str {
    let letters = std::str::from_utf8(flag.short).unwrap_or_default();
    flag.long.first().copied().unwrap_or(letters)
}

fn argument(flag: &Flag) -> Arg {
    let mut letters = flag.short.iter().map(|letter| char::from(*letter));
    let mut argument = Arg::new(id(flag)).help(flag.help);
    if let Some(letter) = letters.next() {
        argument = argument.short(letter);
    }
    argument = argument.visible_short_aliases(letters);
    if let Some((long, others)) = flag.long.split_first() {
        argument = argument.long(*long).visible_aliases(others);
    }
    let (name, is_optional) = match flag.value {
        Value::None => return argument.action(ArgAction::Count),
        Value::Required(name) => (name, false),
        Value::Optional(name) | Value::OptionalCount(name) | Value::OptionalNumber(name) => {
            (name, true)
        }
    };
    argument = argument
        .value_name(name)
        .action(ArgAction::Append)
        .value_hint(match name {
            "FILE" => ValueHint::FilePath,
            "DIRECTORY" => ValueHint::DirPath,
            _ => ValueHint::Other,
        });
    if is_optional {
        argument = argument.num_args(0..=1);
    }
    if matches!(flag.value, Value::Optional(_)) {
        argument = argument.require_equals(true);
    }
    match flag.choices {
        [] if name == "FILE" => argument.value_parser(OsStringValueParser::new().try_map(named)),
        [] => argument.value_parser(ValueParser::os_string()),
        choices => argument.value_parser(PossibleValuesParser::new(choices)),
    }
}

/// Takes the name of a file, which is not empty: no file can be called so.
fn named(name: OsString) -> Result<OsString, &'static str> {
    match name.is_empty() {
        true => Err("no file has an empty name"),
        false => Ok(name),
    }
}

/// Returns rmake's own options as `--help` shows them.
pub fn help() -> String {
    let mut command = own().help_template("{options}\n");
    command.render_help().to_string()
}

/// Returns an option as one word: `--NAME` or `--NAME=VALUE`.
pub fn word(flag: &Flag, value: Option<&BStr>) -> BString {
    let mut word = BString::from("--");
    word.extend_from_slice(id(flag).as_bytes());
    if let Some(value) = value {
        word.push(b'=');
        word.extend_from_slice(value);
    }
    word
}

/// Reads words that are all options of rmake's own, and adds those for sub-makes to what RMAKEFLAGS carries.
///
/// # Errors
/// The first word that is wrong.
pub fn read_own(options: &mut Options, words: &[BString], source: Source) -> Result<(), Refusal> {
    let words = words.iter().map(|word| OsString::from_vec(word.to_vec()));
    let matches = own()
        .try_get_matches_from(words)
        .map_err(|error| Refusal::Own(one_line(&error.to_string())))?;
    for flag in FLAGS.iter().filter(|flag| flag.is_own()) {
        let id = id(flag);
        if matches.value_source(id) != Some(clap::parser::ValueSource::CommandLine) {
            continue;
        }
        // Of several the last one counts.
        let value = matches.get_raw(id).and_then(Iterator::last);
        // clap counts options without a value, and that is what it gives then.
        let value = value.filter(|_| !matches!(flag.value, Value::None));
        let value = value.map(|value: &OsStr| BStr::new(value.as_bytes()));
        (flag.apply)(options, value, source)?;
        if flag.category == Category::Own {
            add_own_flag(options, flag, value);
        }
    }
    Ok(())
}

/// Makes the name of the host file one that sub-makes understand in their directories, too.
pub fn fix_hosts_file(options: &mut Options, directory: Option<&BStr>) {
    let (Some(file), Some(directory)) = (&options.own.hosts_file, directory) else {
        return;
    };
    if file.starts_with(b"/") {
        return;
    }
    let mut path = BString::from(directory);
    path.extend_from_slice(b"/");
    path.extend_from_slice(file);
    let flag = FLAGS.iter().find(|flag| id(flag) == "hosts-file");
    if let Some(flag) = flag {
        add_own_flag(options, flag, Some(path.as_ref()));
    }
    options.own.hosts_file = Some(path);
}

/// Returns what RMAKEFLAGS carries once an option is put into it.
pub fn own_flags_with(options: &Options, name: &str, value: &str) -> BString {
    let mut options = options.clone();
    if let Some(flag) = FLAGS.iter().find(|flag| id(flag) == name) {
        add_own_flag(&mut options, flag, Some(BStr::new(value)));
    }
    options.own_flags
}

/// Puts an option into what RMAKEFLAGS carries, in the place of an earlier one of the same name.
fn add_own_flag(options: &mut Options, flag: &Flag, value: Option<&BStr>) {
    let name = word(flag, None);
    let is_other = |word: &&[u8]| {
        let rest = word.strip_prefix(name.as_slice());
        !word.is_empty() && rest.is_none_or(|rest| !matches!(rest.first(), None | Some(b'=')))
    };
    let kept = split_quoted(&options.own_flags);
    let mut words: Vec<&[u8]> = kept.into_iter().filter(is_other).collect();
    let word = quoted(&word(flag, value));
    words.push(&word);
    options.own_flags = bstr::join(" ", words).into();
}

/// Splits at blanks without a backslash before them.
fn split_quoted(text: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (place, byte) in text.iter().enumerate() {
        if *byte == b' ' && !is_escaped {
            words.push(&text[start..place]);
            start = place + 1;
        }
        is_escaped = *byte == b'\\' && !is_escaped;
    }
    words.push(&text[start..]);
    words
}

/// Returns what clap says, without its heading and its hint, on one line.
fn one_line(text: &str) -> BString {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines = text.lines().take_while(|line| !line.is_empty());
    let words: Vec<&str> = lines.map(str::trim).collect();
    words.join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::normalize;

    fn read(words: &[&str]) -> (Options, normalize::Complaints) {
        let mut options = Options::default();
        let words: Vec<&BStr> = words.iter().map(|word| BStr::new(*word)).collect();
        let complaints = normalize::read(&mut options, &words, Source::CommandLine);
        (options, complaints)
    }

    #[test]
    fn the_table_is_a_sound_command() {
        command().debug_assert();
        own().debug_assert();
    }

    #[test]
    fn own_options_are_read_among_gnu_makes() {
        let check = |words: &[&str], graph: Option<&str>, explain: Option<&str>, flags: &str| {
            let (options, complaints) = read(words);
            assert!(complaints.is_empty(), "{words:?}: {complaints:?}");
            assert_eq!(options.own.graph, graph.map(BString::from), "{words:?}");
            assert_eq!(options.own.explain, explain.map(BString::from), "{words:?}");
            assert_eq!(options.own_flags, flags, "{words:?}");
        };
        check(&["-k", "all"], None, None, "");
        check(
            &["--keep-staging", "--keep-staging"],
            None,
            None,
            "--keep-staging",
        );
        check(&["--graph", "dot", "-k"], Some("dot"), None, "");
        check(&["--gr=dot", "--graph=json"], Some("json"), None, "");
        check(&["--explain", "all"], None, Some(""), "--explain");
        check(&["--explain=a b"], None, Some("a b"), "--explain=a\\ b");
        check(
            &["--explain=a b", "--expl=$c"],
            None,
            Some("$c"),
            "--explain=$$c",
        );
    }

    #[test]
    fn a_wrong_value_is_told_on_one_line() {
        let (_, complaints) = read(&["--graph=png"]);
        let text = "invalid value 'png' for '--graph <FORMAT>' [possible values: dot, json]";
        assert_eq!(complaints.refused, [Refusal::Own(text.into())]);
        let (_, complaints) = read(&["--trace-events="]);
        let text = "invalid value '' for '--trace-events <FILE>': no file has an empty name";
        assert_eq!(complaints.refused, [Refusal::Own(text.into())]);
    }

    #[test]
    fn an_earlier_option_of_the_same_name_is_replaced() {
        let mut options = Options::default();
        for value in ["--explain=a b", "--explain"] {
            let read = read_own(&mut options, &[value.into()], Source::Environment);
            assert_eq!(read, Ok(()));
        }
        assert_eq!(options.own_flags, "--explain");
    }
}
