//! The command line, MAKEFLAGS and the environment: words in, [`Options`] out.
//! It does not know makefiles, nor how anything is run.

pub mod command;
pub mod env;
pub mod flags;
pub mod help;
pub mod makeflags;
pub mod normalize;

use crate::cli::flags::Refusal;
use crate::cli::normalize::Complaints;
use crate::options::Options;
use crate::options::Source;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;

/// What the process was started with.
pub struct Invocation<'a> {
    /// All of argv.
    pub arguments: &'a [BString],
    /// The environment.
    pub environment: &'a [(BString, BString)],
    /// Something that differs from run to run, for `--shuffle`.
    pub seed: u32,
}

/// Expands GNUMAKEFLAGS or MAKEFLAGS of the environment, with the options known so far. None: it cannot be, and the
/// reason was told.
pub type Expand<'a> = &'a mut dyn FnMut(&Options, &str) -> Option<Vec<u8>>;

/// What is to be done.
#[derive(Debug)]
pub enum Parsed {
    /// Make.
    Run(Box<Options>),
    /// Print this on standard output and end with status 0.
    Print(String),
    /// Print this on standard error and end with status 2.
    Refuse(BString),
}

/// Reads GNUMAKEFLAGS, MAKEFLAGS, RMAKEFLAGS and the command line, in this order.
pub fn parse(invocation: &Invocation<'_>, expand: Expand<'_>) -> Parsed {
    let mut options = Options {
        random_seed: invocation.seed,
        ..Options::default()
    };
    let value = |name: &str| {
        let found = invocation.environment.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value)
    };
    let command = invocation
        .arguments
        .first()
        .map_or(BStr::new(b"rmake"), |word| word.as_bstr());
    let program = BStr::new(command.rsplit(|c| *c == b'/').next().unwrap_or_default());
    for name in [env::GNUMAKEFLAGS, env::MAKEFLAGS, env::RMAKEFLAGS] {
        if let Some(value) = value(name).filter(|value| !value.is_empty()) {
            // Doubled dollars are the rule, references an exception for which a make has to be set up.
            let is_plain = name == env::RMAKEFLAGS || !value.replace("$$", "").contains(&b'$');
            let value = match is_plain {
                true => Some(value.replace("$$", "$")),
                false => expand(&options, name),
            };
            let Some(value) = value else {
                return Parsed::Refuse(BString::default());
            };
            let complaints = makeflags::read(&mut options, &value, Source::Environment);
            if let Some(refusal) = refusal(&complaints, BStr::new(b""), program) {
                return refusal;
            }
        }
    }
    let words: Vec<&BStr> = invocation
        .arguments
        .iter()
        .skip(1)
        .map(|word| word.as_bstr())
        .collect();
    let complaints = normalize::read(&mut options, &words, Source::CommandLine);
    if options.show_version {
        return Parsed::Print(help::version());
    }
    if let Some(refusal) = refusal(&complaints, command, program) {
        return refusal;
    }
    if options.show_help {
        return Parsed::Print(help::usage(program));
    }
    options.shuffle_in_force = options.shuffle;
    Parsed::Run(Box::new(options))
}

/// Returns how wrong words are answered: all complaints, then the usage.
fn refusal(complaints: &Complaints, command: &BStr, program: &BStr) -> Option<Parsed> {
    if complaints.is_empty() {
        return None;
    }
    let mut text = BString::default();
    for unknown in &complaints.unknown {
        text.extend_from_slice(&[command.as_bytes(), b": ", unknown, b"\n"].concat());
    }
    for refused in &complaints.refused {
        match refused {
            Refusal::Own(reason) => {
                text.extend_from_slice(&[program.as_bytes(), b": ", reason, b"\n"].concat());
                return Some(Parsed::Refuse(text));
            }
            Refusal::Usage(reason) => {
                text.extend_from_slice(&[program.as_bytes(), b": ", reason, b"\n"].concat())
            }
            Refusal::Fatal(reason) => {
                text.extend_from_slice(
                    &[program.as_bytes(), b": *** ", reason, b".  Stop.\n"].concat(),
                );
                return Some(Parsed::Refuse(text));
            }
        }
    }
    text.extend_from_slice(help::usage(program).as_bytes());
    Some(Parsed::Refuse(text))
}
