//! What the command line, MAKEFLAGS and the makefile asked of one make invocation.
//! It does not know how options are spelled: `cli` reads and writes them.

use bstr::BString;

/// Where an option was given. Of the flip pairs (-k/-S, -w/--no-print-directory, -s/--no-silent)
/// the later source wins, whatever the order in time (spec: makefile < environment < command line).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nobody gave it.
    #[default]
    Default,
    /// An assignment to MAKEFLAGS in a makefile.
    Makefile,
    /// MAKEFLAGS or GNUMAKEFLAGS of the environment.
    Environment,
    /// The command line.
    CommandLine,
}

/// An on/off option and who set it last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switch {
    /// The present state.
    pub on: bool,
    /// Who decided it.
    pub source: Source,
}

impl Switch {
    /// Sets the switch unless a stronger source has decided it.
    pub fn set(&mut self, on: bool, source: Source) {
        if source >= self.source {
            *self = Switch { on, source };
        }
    }
}

/// `--debug` and `-d`: which kinds of messages to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Debug {
    /// b: what was out of date and whether it was remade.
    pub basic: bool,
    /// v: every target considered.
    pub verbose: bool,
    /// i: the search for implicit rules.
    pub implicit: bool,
    /// j: processes started and ended.
    pub jobs: bool,
    /// m: the remaking of makefiles.
    pub makefile: bool,
    /// p: print recipes even if silent.
    pub print: bool,
    /// w: why a target is remade.
    pub why: bool,
}

/// What a makefile's MAKEFLAGS is refused for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadOption {
    /// Told, and ignored.
    Told(BString),
    /// The end.
    Fatal(BString),
}

/// `-O`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputSync {
    /// Output goes out as it comes.
    #[default]
    None,
    /// Grouped by recipe line.
    Line,
    /// Grouped by target.
    Target,
    /// Grouped by target, a sub-make counting as one recipe line.
    Recurse,
}

/// `--shuffle`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shuffle {
    /// Prerequisites and goals in their own order.
    #[default]
    None,
    /// Pseudo-random order from this seed.
    Seed(u32),
    /// Last first.
    Reverse,
    /// The machinery of shuffling with the order unchanged.
    Identity,
}

/// How a make hands out its jobserver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobserverStyle {
    /// A named pipe, falling back to a pipe where none can be made.
    #[default]
    Fifo,
    /// Two inherited descriptors.
    Pipe,
}

/// A `V=x` word of the command line or of MAKEFLAGS, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The whole word, operator included: `CFLAGS+=-g`.
    pub text: BString,
    /// Where it was given.
    pub source: Source,
    /// --warn-undefined-variables stood before it.
    pub warn_undefined: bool,
}

/// Everything that can be asked of a make.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// -B: remake everything.
    pub always_make: bool,
    /// -d, --debug.
    pub debug: Debug,
    /// The words of each `--debug=` in the order given, for MAKEFLAGS. `-d` is not among them.
    pub debug_words: Vec<BString>,
    /// -d was given (shown as `d` in MAKEFLAGS).
    pub debug_all: bool,
    /// -e: environment variables beat makefile assignments.
    pub environment_overrides: bool,
    /// -i.
    pub ignore_errors: bool,
    /// -k (on) and -S (off).
    pub keep_going: Switch,
    /// -L: use the latest mtime between symlink and target.
    pub check_symlinks: bool,
    /// -n.
    pub just_print: bool,
    /// -p.
    pub print_data_base: bool,
    /// -q.
    pub question: bool,
    /// -r.
    pub no_builtin_rules: bool,
    /// -R.
    pub no_builtin_variables: bool,
    /// -s (on) and --no-silent (off).
    pub silent: Switch,
    /// -t.
    pub touch: bool,
    /// --trace.
    pub trace: bool,
    /// -w (on) and --no-print-directory (off). With source Default the make decides
    /// (on with -C or in a sub-make unless -s).
    pub print_directory: Switch,
    /// --warn-undefined-variables.
    pub warn_undefined: bool,
    /// -C, in order; each relative to the one before.
    pub directories: Vec<BString>,
    /// -f, in order; `-` is standard input.
    pub makefiles: Vec<BString>,
    /// -E, in order, with where each was given.
    pub evals: Vec<BString>,
    /// -I, in order; `-` resets the list.
    pub include_dirs: Vec<BString>,
    /// -j: None when not given, `Some(0)` unlimited.
    pub jobs: Option<u32>,
    /// Who gave -j.
    pub jobs_source: Source,
    /// -l: None no limit (or a bare -l), else the load average.
    pub max_load: Option<f64>,
    /// -o.
    pub old_files: Vec<BString>,
    /// -W.
    pub new_files: Vec<BString>,
    /// -O as a mode, None when not given.
    pub output_sync: Option<OutputSync>,
    /// --shuffle, None when not given.
    pub shuffle: Option<Shuffle>,
    /// The order at the start: what a makefile adds to MAKEFLAGS only travels.
    pub shuffle_in_force: Option<Shuffle>,
    /// --jobserver-style.
    pub jobserver_style: JobserverStyle,
    /// --jobserver-auth= (or --jobserver-fds=) as received from the parent make.
    pub jobserver_auth: Option<BString>,
    /// --sync-mutex= as received from the parent make.
    pub sync_mutex: Option<BString>,
    /// --temp-stdin=: the file that holds what was read from standard input.
    pub temp_stdin: Option<BString>,
    /// Goals in order, as given on the command line.
    pub goals: Vec<BString>,
    /// Assignments in the order given.
    pub definitions: Vec<Definition>,
    /// -h was given.
    pub show_help: bool,
    /// -v was given.
    pub show_version: bool,
    /// What a `--shuffle` without a seed takes as its seed.
    pub random_seed: u32,
    /// rmake's own options as they travel in RMAKEFLAGS.
    pub own_flags: BString,
    /// Options that GNU make does not have.
    pub own: Own,
}

/// Options that GNU make does not have.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// --graph=FORMAT: print the graph of jobs (dot or json) and end.
    pub graph: Option<BString>,
    /// --explain: say why each target is remade; if it is not empty, of this target only.
    pub explain: Option<BString>,
    /// --hosts=LIST: the host list itself.
    pub hosts: Option<BString>,
    /// --hosts-file=FILE: where it stands.
    pub hosts_file: Option<BString>,
    /// --dist.
    pub dist: Dist,
    /// --trace-events=FILE: when each job ran, where, and what it was seen to do.
    pub trace_events: Option<BString>,
    /// --no-inprocess: each sub-make is a program that is started.
    pub no_inprocess: bool,
    /// --keep-staging: directories on hosts are left there.
    pub keep_staging: bool,
    /// -dD, --debug=dist.
    pub debug_dist: bool,
}

/// `--dist`: whether recipes run on other machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dist {
    /// When a `.DIST` target asks for it.
    #[default]
    Unsaid,
    /// Not at all.
    Never,
    /// Also when no makefile asks for it.
    Auto,
    /// A job for which no host is left is an error.
    Always,
}

impl Options {
    /// Returns whether recipes are only shown or skipped (-n, -q, -t).
    pub fn is_dry(&self) -> bool {
        self.just_print || self.question || self.touch
    }
}
