//! One row per option: its names, its value, its help, and what it does to [`Options`].
//! It does not know how words are recognised on a command line.

use crate::options::Debug;
use crate::options::Dist;
use crate::options::JobserverStyle;
use crate::options::Options;
use crate::options::OutputSync;
use crate::options::Shuffle;
use crate::options::Source;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;

/// Whether an option takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Never.
    None,
    /// Always: the rest of the word or the next word.
    Required(&'static str),
    /// Only joined to it.
    Optional(&'static str),
    /// Joined to it, or the next word if that is digits alone (`-j 4`).
    OptionalCount(&'static str),
    /// Joined to it, or the next word if that begins like a number (`-l 2.5`).
    OptionalNumber(&'static str),
}

/// Under which heading `--help` lists an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// As in GNU make.
    Gnu,
    /// Used between makes; not listed.
    Internal,
    /// rmake's own, handed on to sub-makes by RMAKEFLAGS.
    Own,
    /// rmake's own, for this make alone.
    OwnHere,
}

/// One option.
pub struct Flag {
    /// One-letter names.
    pub short: &'static [u8],
    /// Long names without their dashes; the first is the one shown.
    pub long: &'static [&'static str],
    /// Its value.
    pub value: Value,
    /// The values it can have, where they are words of a fixed list; the first is the one without a value.
    pub choices: &'static [&'static str],
    /// One line for `--help` and the man page.
    pub help: &'static str,
    /// Where it is listed.
    pub category: Category,
    /// Does what it asks. Fails with a text for the user.
    pub apply: fn(&mut Options, Option<&BStr>, Source) -> Result<(), Refusal>,
}

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Printed with the usage: `make: TEXT`.
    Usage(BString),
    /// `make: *** TEXT.  Stop.`
    Fatal(BString),
    /// `make: TEXT`, of an option that GNU make does not have.
    Own(BString),
}

use Category::Gnu;
use Category::Internal;
use Category::Own;
use Category::OwnHere;

macro_rules! flag {
    ($short:expr, $long:expr, $value:expr, $category:expr, $help:expr, $apply:expr) => {
        flag!($short, $long, $value, &[], $category, $help, $apply)
    };
    ($short:expr, $long:expr, $value:expr, $choices:expr, $category:expr, $help:expr, $apply:expr) => {
        Flag {
            short: $short,
            long: $long,
            value: $value,
            choices: $choices,
            help: $help,
            category: $category,
            apply: $apply,
        }
    };
}

/// All options in the order of `--help`.
pub const FLAGS: &[Flag] = &[
    flag!(
        b"bm",
        &[],
        Value::None,
        Gnu,
        "Accepted and ignored.",
        |_, _, _| Ok(())
    ),
    flag!(
        b"B",
        &["always-make"],
        Value::None,
        Gnu,
        "Remake every target, out of date or not.",
        |o, _, _| {
            o.always_make = true;
            Ok(())
        }
    ),
    flag!(
        b"C",
        &["directory"],
        Value::Required("DIRECTORY"),
        Gnu,
        "Work in DIRECTORY.",
        |o, v, _| {
            push_new(&mut o.directories, text(v, "-C")?);
            Ok(())
        }
    ),
    flag!(
        b"d",
        &[],
        Value::None,
        Gnu,
        "Print everything that --debug can print.",
        |o, _, _| {
            o.debug_all = true;
            o.debug = ALL_DEBUG;
            Ok(())
        }
    ),
    flag!(
        b"",
        &["debug"],
        Value::Optional("WHAT"),
        &[
            "basic", "all", "verbose", "implicit", "jobs", "makefile", "print", "why", "none"
        ],
        Gnu,
        "Print why and how targets are remade.",
        |o, v, _| {
            let word = v.map_or_else(|| BString::from("basic"), BString::from);
            add_debug(&mut o.debug, word.as_bstr())?;
            push_new(&mut o.debug_words, word);
            Ok(())
        }
    ),
    flag!(
        b"e",
        &["environment-overrides"],
        Value::None,
        Gnu,
        "Let the environment beat the makefile.",
        |o, _, _| {
            o.environment_overrides = true;
            Ok(())
        }
    ),
    flag!(
        b"E",
        &["eval"],
        Value::Required("TEXT"),
        Gnu,
        "Read TEXT as makefile lines first.",
        |o, v, _| {
            push_new(&mut o.evals, text(v, "-E")?);
            Ok(())
        }
    ),
    flag!(
        b"f",
        &["file", "makefile"],
        Value::Required("FILE"),
        Gnu,
        "Read FILE instead of the default makefile.",
        |o, v, _| {
            o.makefiles.push(text(v, "-f")?);
            Ok(())
        }
    ),
    flag!(
        b"h",
        &["help"],
        Value::None,
        Gnu,
        "Print this and end.",
        |o, _, _| {
            o.show_help = true;
            Ok(())
        }
    ),
    flag!(
        b"i",
        &["ignore-errors"],
        Value::None,
        Gnu,
        "Go on whatever a recipe returns.",
        |o, _, _| {
            o.ignore_errors = true;
            Ok(())
        }
    ),
    flag!(
        b"I",
        &["include-dir"],
        Value::Required("DIRECTORY"),
        Gnu,
        "Look for included makefiles in DIRECTORY too.",
        |o, v, _| {
            push_new(&mut o.include_dirs, text(v, "-I")?);
            Ok(())
        }
    ),
    flag!(
        b"j",
        &["jobs"],
        Value::OptionalCount("N"),
        Gnu,
        "Run N jobs at once, without N any number.",
        set_jobs
    ),
    flag!(
        b"",
        &["jobserver-style"],
        Value::Required("STYLE"),
        &["fifo", "pipe"],
        Gnu,
        "Hand out the jobserver as fifo or pipe.",
        |o, v, _| {
            o.jobserver_style = match v.map(|v| v.as_bytes()) {
                Some(b"fifo") => JobserverStyle::Fifo,
                Some(b"pipe") => JobserverStyle::Pipe,
                other => return Err(fatal("unknown jobserver auth style", other)),
            };
            Ok(())
        }
    ),
    flag!(
        b"k",
        &["keep-going"],
        Value::None,
        Gnu,
        "After a failure make what does not depend on it.",
        |o, _, s| {
            o.keep_going.set(true, s);
            Ok(())
        }
    ),
    flag!(
        b"l",
        &["load-average", "max-load"],
        Value::OptionalNumber("N"),
        Gnu,
        "Start no second job while the load is above N.",
        set_load
    ),
    flag!(
        b"L",
        &["check-symlink-times"],
        Value::None,
        Gnu,
        "Of a symbolic link and its target the later time counts.",
        |o, _, _| {
            o.check_symlinks = true;
            Ok(())
        }
    ),
    flag!(
        b"n",
        &["just-print", "dry-run", "recon"],
        Value::None,
        Gnu,
        "Print recipes without running them.",
        |o, _, _| {
            o.just_print = true;
            Ok(())
        }
    ),
    flag!(
        b"o",
        &["old-file", "assume-old"],
        Value::Required("FILE"),
        Gnu,
        "Take FILE as very old and leave it alone.",
        |o, v, _| {
            o.old_files.push(text(v, "-o")?);
            Ok(())
        }
    ),
    flag!(
        b"O",
        &["output-sync"],
        Value::Optional("TYPE"),
        &["target", "line", "recurse", "none"],
        Gnu,
        "Keep the output of each target or line together.",
        set_output_sync
    ),
    flag!(
        b"p",
        &["print-data-base"],
        Value::None,
        Gnu,
        "Print all rules and variables.",
        |o, _, _| {
            o.print_data_base = true;
            Ok(())
        }
    ),
    flag!(
        b"q",
        &["question"],
        Value::None,
        Gnu,
        "Run nothing; the exit status tells whether all is up to date.",
        |o, _, _| {
            o.question = true;
            Ok(())
        }
    ),
    flag!(
        b"r",
        &["no-builtin-rules"],
        Value::None,
        Gnu,
        "Do without the built-in rules.",
        |o, _, _| {
            o.no_builtin_rules = true;
            Ok(())
        }
    ),
    flag!(
        b"R",
        &["no-builtin-variables"],
        Value::None,
        Gnu,
        "Do without the built-in variables and rules.",
        |o, _, _| {
            o.no_builtin_variables = true;
            o.no_builtin_rules = true;
            Ok(())
        }
    ),
    flag!(
        b"",
        &["shuffle"],
        Value::Optional("HOW"),
        &["random", "reverse", "identity", "none"],
        Gnu,
        "Visit prerequisites in another order; a number is a seed.",
        set_shuffle
    ),
    flag!(
        b"s",
        &["silent", "quiet"],
        Value::None,
        Gnu,
        "Do not print recipes.",
        |o, _, s| {
            o.silent.set(true, s);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["no-silent"],
        Value::None,
        Gnu,
        "Print recipes after all.",
        |o, _, s| {
            o.silent.set(false, s);
            Ok(())
        }
    ),
    flag!(
        b"S",
        &["no-keep-going", "stop"],
        Value::None,
        Gnu,
        "End at the first failure after all.",
        |o, _, s| {
            o.keep_going.set(false, s);
            Ok(())
        }
    ),
    flag!(
        b"t",
        &["touch"],
        Value::None,
        Gnu,
        "Touch targets instead of running recipes.",
        |o, _, _| {
            o.touch = true;
            Ok(())
        }
    ),
    flag!(
        b"",
        &["trace"],
        Value::None,
        Gnu,
        "Print each recipe and why it is run.",
        |o, _, _| {
            o.trace = true;
            o.debug.print = true;
            o.debug.why = true;
            Ok(())
        }
    ),
    flag!(
        b"v",
        &["version"],
        Value::None,
        Gnu,
        "Print the version and end.",
        |o, _, _| {
            o.show_version = true;
            Ok(())
        }
    ),
    flag!(
        b"w",
        &["print-directory"],
        Value::None,
        Gnu,
        "Print the working directory.",
        |o, _, s| {
            o.print_directory.set(true, s);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["no-print-directory"],
        Value::None,
        Gnu,
        "Do not print the working directory.",
        |o, _, s| {
            o.print_directory.set(false, s);
            Ok(())
        }
    ),
    flag!(
        b"W",
        &["what-if", "new-file", "assume-new"],
        Value::Required("FILE"),
        Gnu,
        "Take FILE as just changed.",
        |o, v, _| {
            o.new_files.push(text(v, "-W")?);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["warn-undefined-variables"],
        Value::None,
        Gnu,
        "Warn of references to undefined variables.",
        |o, _, _| {
            o.warn_undefined = true;
            Ok(())
        }
    ),
    flag!(
        b"",
        &["jobserver-auth", "jobserver-fds"],
        Value::Required("AUTH"),
        Internal,
        "The jobserver of the make above.",
        |o, v, _| {
            o.jobserver_auth = v.map(BString::from);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["sync-mutex"],
        Value::Required("MUTEX"),
        Internal,
        "The lock that keeps output together.",
        |o, v, _| {
            o.sync_mutex = v.map(BString::from);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["temp-stdin"],
        Value::Required("FILE"),
        Internal,
        "A makefile that came by standard input.",
        |o, v, _| {
            o.temp_stdin = v.map(BString::from);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["explain"],
        Value::Optional("TARGET"),
        Own,
        "Say why each target is remade, or why TARGET is and what it was seen to read.",
        |o, v, _| {
            o.own.explain = Some(v.map_or_else(BString::default, BString::from));
            Ok(())
        }
    ),
    flag!(
        b"",
        &["hosts"],
        Value::Required("LIST"),
        Own,
        "Run .DIST recipes on these hosts: 'NAME SLOTS, …'.",
        |o, v, _| {
            o.own.hosts = v.map(BString::from);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["hosts-file"],
        Value::Required("FILE"),
        Own,
        "Read the host list from FILE instead of ~/.makehosts.",
        |o, v, _| {
            o.own.hosts_file = v.map(BString::from);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["dist"],
        Value::Required("WHEN"),
        &["never", "auto", "always"],
        Own,
        "Use other hosts: not at all, also without .DIST, or nothing else.",
        |o, v, _| {
            o.own.dist = match v.map(|value| value.as_bytes()) {
                Some(b"never") => Dist::Never,
                Some(b"always") => Dist::Always,
                _ => Dist::Auto,
            };
            Ok(())
        }
    ),
    flag!(
        b"",
        &["no-inprocess"],
        Value::None,
        Own,
        "Start the program again for each sub-make, instead of going on in a copy of the process.",
        |o, _, _| {
            o.own.no_inprocess = true;
            Ok(())
        }
    ),
    flag!(
        b"",
        &["keep-staging"],
        Value::None,
        Own,
        "Leave the directories of jobs on their hosts.",
        |o, _, _| {
            o.own.keep_staging = true;
            Ok(())
        }
    ),
    flag!(
        b"",
        &["debug-dist"],
        Value::None,
        Own,
        "Say what is sent to which host, as --debug=dist and -dD do.",
        |o, _, _| {
            o.own.debug_dist = true;
            Ok(())
        }
    ),
    flag!(
        b"",
        &["graph"],
        Value::Required("FORMAT"),
        &["dot", "json"],
        OwnHere,
        "Print the graph of targets and end.",
        |o, v, _| {
            o.own.graph = v.map(BString::from);
            Ok(())
        }
    ),
    flag!(
        b"",
        &["trace-events"],
        Value::Required("FILE"),
        OwnHere,
        "Write into FILE when and where each recipe ran, in Chrome's trace format.",
        |o, v, _| {
            o.own.trace_events = v.map(BString::from);
            Ok(())
        }
    ),
];

impl Flag {
    /// Returns whether GNU make lacks this option.
    pub fn is_own(&self) -> bool {
        matches!(self.category, Own | OwnHere)
    }
}

const ALL_DEBUG: Debug = Debug {
    basic: true,
    verbose: true,
    implicit: true,
    jobs: true,
    makefile: true,
    print: true,
    why: true,
};

fn fatal(what: &str, value: Option<&[u8]>) -> Refusal {
    let value = value.unwrap_or_default();
    Refusal::Fatal([what.as_bytes(), b" '", value, b"'"].concat().into())
}

fn text(value: Option<&BStr>, name: &str) -> Result<BString, Refusal> {
    match value {
        Some(value) if !value.is_empty() => Ok(BString::from(value)),
        _ => Err(Refusal::Usage(
            format!("the '{name}' option requires a non-empty string argument").into(),
        )),
    }
}

fn set_jobs(options: &mut Options, value: Option<&BStr>, source: Source) -> Result<(), Refusal> {
    let jobs = match value {
        None => 0,
        // GNU make takes a negative number for none given.
        Some(value) if value.strip_prefix(b"-").is_some_and(is_number) => return Ok(()),
        Some(value) => {
            let number = value
                .to_str()
                .ok()
                .and_then(|text| text.parse::<u32>().ok());
            let refusal =
                || Refusal::Usage("the '-j' option requires a positive integer argument".into());
            number
                .filter(|number| *number > 0 && *number <= i32::MAX as u32)
                .ok_or_else(refusal)?
        }
    };
    if source >= options.jobs_source {
        options.jobs = Some(jobs);
        options.jobs_source = source;
    }
    Ok(())
}

fn is_number(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit) && text.iter().any(|digit| *digit != b'0')
}

/// As C's atof: the number that the text begins with, else 0.
fn leading_number(text: &[u8]) -> f64 {
    let starts_with = |word: &[u8]| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if starts_with(b"inf") {
        return f64::INFINITY;
    }
    if starts_with(b"nan") {
        return f64::NAN;
    }
    if starts_with(b"0x") {
        let digits = text[2..].iter().map_while(|c| char::from(*c).to_digit(16));
        return digits.fold(0.0, |number, digit| number * 16.0 + f64::from(digit));
    }
    let end = text
        .iter()
        .position(|c| !matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let mut text = &text[..end.unwrap_or(text.len())];
    while !text.is_empty() {
        if let Some(number) = text.to_str().ok().and_then(|text| text.parse().ok()) {
            return number;
        }
        text = &text[..text.len() - 1];
    }
    0.0
}

fn set_load(options: &mut Options, value: Option<&BStr>, _: Source) -> Result<(), Refusal> {
    options.max_load = value.map(|value| leading_number(value));
    Ok(())
}

fn set_output_sync(options: &mut Options, value: Option<&BStr>, _: Source) -> Result<(), Refusal> {
    options.output_sync = Some(match value.map(|value| value.as_bytes()) {
        None | Some(b"target") => OutputSync::Target,
        Some(b"none") => OutputSync::None,
        Some(b"line") => OutputSync::Line,
        Some(b"recurse") => OutputSync::Recurse,
        other => return Err(fatal("unknown output-sync type", other)),
    });
    Ok(())
}

fn set_shuffle(options: &mut Options, value: Option<&BStr>, _: Source) -> Result<(), Refusal> {
    options.shuffle = match value.map(|value| value.as_bytes()) {
        None | Some(b"random") => Some(Shuffle::Seed(options.random_seed)),
        Some(b"") => return text(value, "--shuffle").map(drop),
        Some(b"none") => None,
        Some(b"reverse") => Some(Shuffle::Reverse),
        Some(b"identity") => Some(Shuffle::Identity),
        Some(other) => {
            let seed = other
                .to_str()
                .ok()
                .and_then(|text| text.parse::<u64>().ok());
            let refusal = || fatal("invalid shuffle mode: Invalid value:", Some(other));
            Some(Shuffle::Seed(seed.ok_or_else(refusal)? as u32))
        }
    };
    Ok(())
}

/// Adds a word to a list that names each thing once.
fn push_new(list: &mut Vec<BString>, word: BString) {
    if !list.contains(&word) {
        list.push(word);
    }
}

fn add_debug(debug: &mut Debug, words: &BStr) -> Result<(), Refusal> {
    for word in words
        .split(|c| matches!(c, b',' | b' '))
        .filter(|word| !word.is_empty())
    {
        match word[0] {
            b'a' => *debug = ALL_DEBUG,
            b'b' => debug.basic = true,
            b'v' => (debug.basic, debug.verbose) = (true, true),
            b'i' => (debug.basic, debug.implicit) = (true, true),
            b'j' => debug.jobs = true,
            b'm' => (debug.basic, debug.makefile) = (true, true),
            b'n' => *debug = Debug::default(),
            b'p' => debug.print = true,
            b'w' => debug.why = true,
            _ => return Err(fatal("unknown debug level specification", Some(word))),
        }
    }
    Ok(())
}
