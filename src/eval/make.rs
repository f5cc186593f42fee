//! One make invocation: its options, names, variables, graph and what it has read.
//! It does not know how recipes are run.

use crate::error::Diagnostic;
use crate::error::Fatal;
use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Severity;
use crate::eval::environment::Environments;
use crate::eval::include::Reading;
use crate::eval::variable::Variables;
use crate::event::Event;
use crate::event::Stream;
use crate::files::View;
use crate::graph::Graph;
use crate::id::JobId;
use crate::id::ScopeId;
use crate::id::TargetId;
use crate::loc::Loc;
use crate::name::Names;
use crate::options::BadOption;
use crate::options::Options;
use crate::options::Source;
use bstr::BString;

/// What eval may ask of the session that the make runs in.
pub trait Ctx: Send {
    /// Runs a command for `$(shell)` or `!=`, waiting for it. Other children that end meanwhile are kept for later.
    fn shell(&mut self, request: &ShellRequest) -> ShellResult;
    /// Passes an event on.
    fn emit(&mut self, event: Event);
    /// Keeps a text in a temporary file and returns its path; what stands in the way is told. The file is removed
    /// with the session, if not before, also when a signal ends it.
    fn temporary_file(&mut self, text: &[u8]) -> Option<BString>;
    /// Returns the present time, nanoseconds since 1970.
    fn now(&mut self) -> i64;
}

/// A command for the shell.
#[derive(Clone, Debug)]
pub struct ShellRequest {
    /// The command line as expanded.
    pub command: BString,
    /// `SHELL`.
    pub shell: BString,
    /// `.SHELLFLAGS`, split.
    pub shell_flags: Vec<BString>,
    /// `IFS` as make knows it, if set: the direct execution of simple commands is off then.
    pub ifs: Option<BString>,
    /// The complete environment, `NAME=VALUE` each.
    pub environment: Vec<BString>,
    /// `.ONESHELL`: newlines end commands.
    pub one_shell: bool,
    /// The job whose recipe is being expanded (`Make::job`): its standard error belongs to that job's output.
    pub job: Option<JobId>,
}

/// What the command said.
#[derive(Clone, Debug, Default)]
pub struct ShellResult {
    /// Its standard output, as it came.
    pub output: Vec<u8>,
    /// Its exit status for `.SHELLSTATUS` (127 when it could not be started, 128 and the signal's number when
    /// killed). An empty command runs nothing and leaves the status of the one before.
    pub status: i32,
}

/// The two functions of `cli` that eval needs for the variable MAKEFLAGS.
#[derive(Clone, Copy)]
pub struct MakeflagsCodec {
    /// Reads the value of MAKEFLAGS into the options.
    pub decode: fn(&mut Options, &[u8], Source) -> Vec<BadOption>,
    /// Writes the options as a value of MAKEFLAGS: one-letter group, long options, `--eval`s; without variables.
    /// At recipe time the jobserver and sync-mutex words are part of it.
    pub encode: fn(&Options) -> Vec<u8>,
}

/// Special targets that act on the whole make.
#[derive(Clone, Debug, Default)]
pub struct Special {
    /// `.SECONDEXPANSION:`
    pub second_expansion: bool,
    /// `.ONESHELL:`
    pub one_shell: bool,
    /// `.POSIX:`
    pub posix: bool,
    /// `.DELETE_ON_ERROR:`
    pub delete_on_error: bool,
    /// `.EXPORT_ALL_VARIABLES:` or a bare `export`.
    pub export_all: bool,
    /// `.NOTPARALLEL:` without prerequisites.
    pub not_parallel: bool,
    /// `.SILENT:` without prerequisites.
    pub silent: bool,
    /// `.SECONDARY:` without prerequisites.
    pub all_secondary: bool,
    /// `.NOTINTERMEDIATE:` without prerequisites.
    pub none_intermediate: bool,
}

/// A makefile that was read, in order; it becomes a goal before the real goals.
#[derive(Clone, Debug)]
pub struct ReadMakefile {
    /// Its target.
    pub target: TargetId,
    /// Named by an `include`, not by -f, MAKEFILES or as a default name.
    pub is_included: bool,
    /// `-include`, or a default name: no error when it is missing.
    pub dont_care: bool,
    /// Its mtime when it was read; NONEXISTENT when it could not be.
    pub mtime: crate::files::Mtime,
    /// The error that kept it from being read.
    pub error: Option<BString>,
    /// Where the include stands.
    pub loc: Option<Loc>,
}

/// One make invocation. A value: restart by dropping it and making another.
pub struct Make {
    /// Basename of argv\[0], for messages.
    pub program: BString,
    /// MAKELEVEL of this make.
    pub level: u32,
    /// The directory it works in, absolute; empty if there was none at the start, None if it is not known.
    pub directory: Option<BString>,
    /// The environment it was started with.
    pub environment: Vec<(BString, BString)>,
    /// What its children are told besides, in place of variables of these names: see [`Make::tell_below`].
    pub told_below: Vec<(&'static str, BString)>,
    /// What is remembered while the environment of a child is built.
    pub(crate) environments: Environments,
    /// Options, MAKEFLAGS included.
    pub options: Options,
    /// cli's reading and writing of MAKEFLAGS.
    pub codec: MakeflagsCodec,
    /// Names.
    pub names: Names,
    /// Variables.
    pub variables: Variables,
    /// The scope in which text is expanded now.
    pub scope: ScopeId,
    /// Targets and rules.
    pub graph: Graph,
    /// The file system.
    pub view: View,
    /// The session.
    pub ctx: Box<dyn Ctx>,
    /// Special targets seen.
    pub special: Special,
    /// Makefiles read, in order.
    pub makefiles: Vec<ReadMakefile>,
    /// The line being read or expanded, for messages.
    pub reading: Option<Loc>,
    /// The job whose recipe is being expanded: its messages belong to its output.
    pub job: Option<JobId>,
    /// The `include` whose file is being remade and could not be read: told before the error of its rule.
    pub include_error: Option<(Option<Loc>, BString)>,
    /// What is kept while makefiles are read.
    pub reader: Reading,
    /// Objects named by `load`.
    pub objects: crate::eval::load::Objects,
}

impl Make {
    /// Returns whether nothing is shown of what is done: -s or `.SILENT:`.
    pub fn is_silent(&self) -> bool {
        self.options.silent.on || self.special.silent
    }

    /// Returns a fatal error at the line being read.
    pub fn fatal(&self, error: MakeError) -> Box<Fatal> {
        self.fatal_at(self.reading, error)
    }

    /// Returns a fatal error at `loc`.
    pub fn fatal_at(&self, loc: Option<Loc>, error: MakeError) -> Box<Fatal> {
        let place = loc.map(|loc| loc.place(&self.names));
        Box::new(Fatal { place, error })
    }

    /// Tells a notice at `loc` (None: the program itself).
    pub fn notice(&mut self, loc: Option<Loc>, notice: &Notice) {
        let place = loc.map(|loc| loc.place(&self.names));
        let diagnostic = Diagnostic {
            place,
            severity: Severity::Notice,
            text: notice.text(),
        };
        let job = self.job;
        self.ctx.emit(Event::Diagnostic { job, diagnostic });
    }

    /// `FILE:N: inc: No such file or directory`, once, when the include's file could not be made.
    pub fn tell_include_error(&mut self) {
        if let Some((loc, text)) = self.include_error.take() {
            let place = loc.map(|loc| loc.place(&self.names));
            let (job, severity) = (self.job, Severity::Notice);
            let diagnostic = Diagnostic {
                place,
                severity,
                text,
            };
            self.ctx.emit(Event::Diagnostic { job, diagnostic });
        }
    }

    /// Tells a line of `-d`, which holds its newline.
    pub fn debug(&mut self, bytes: Vec<u8>) {
        self.ctx.emit(Event::Debug {
            bytes: BString::from(bytes),
        });
    }

    /// Passes text on to the user as it is.
    pub fn print(&mut self, stream: Stream, bytes: Vec<u8>) {
        let job = self.job;
        self.ctx.emit(Event::Text {
            job,
            stream,
            bytes: BString::from(bytes),
        });
    }
}
