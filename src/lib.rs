//! rmake: a drop-in for GNU make. Modules in reading order; [`run`] joins the layers.

pub mod error;
pub mod event;
pub mod hash_order;
pub mod id;
pub mod loc;
pub mod name;
pub mod options;
pub mod pattern;
pub mod stack;

pub mod cli;
pub mod eval;
pub mod exec;
pub mod files;
pub mod graph;
pub mod parser;
#[cfg(feature = "remote")]
pub mod remote;
pub mod report;
#[cfg(feature = "worker")]
pub mod sandbox;
#[cfg(any(feature = "remote", feature = "worker"))]
pub mod store;
pub mod sys;
#[cfg(any(feature = "remote", feature = "worker"))]
pub mod wire;
#[cfg(feature = "worker")]
pub mod worker;

use crate::cli::Invocation;
use crate::cli::Parsed;
use crate::error::Diagnostic;
use crate::error::Fatal;
use crate::error::MakeError;
use crate::error::Severity;
#[cfg(feature = "remote")]
use crate::eval::environment::SESSION;
use crate::eval::make::Make;
use crate::eval::make::MakeflagsCodec;
use crate::eval::make::ReadMakefile;
use crate::eval::start::Start;
use crate::event::Event;
use crate::event::Sink;
use crate::event::Stream;
#[cfg(feature = "remote")]
use crate::exec::declared::Policy;
#[cfg(feature = "remote")]
use crate::exec::executor::Executor;
use crate::exec::local::Runner;
use crate::exec::local::Setup;
use crate::exec::walk::Stop;
use crate::exec::walk::Walk;
use crate::exec::walk::goals::Goal;
use crate::exec::walk::makefiles::Remade;
use crate::files::Mtime;
use crate::files::View;
use crate::graph::dag::Dag;
use crate::graph::target::Flags;
use crate::graph::target::Status;
use crate::name::strip_dot_slash;
#[cfg(feature = "remote")]
use crate::options::Dist;
use crate::options::Options;
use crate::options::OutputSync;
use crate::options::Source;
#[cfg(feature = "remote")]
use crate::remote::client::NoSession;
use crate::report::plain::Plain;
use crate::report::timeline::Timeline;
#[cfg(feature = "remote")]
use bstr::BStr;
use bstr::BString;
#[cfg(feature = "remote")]
use bstr::ByteSlice;
use std::os::unix::ffi::OsStringExt;

/// Everything went well.
const SUCCESS: i32 = 0;
/// -q: something is out of date; or standard output could not be written.
const TROUBLE: i32 = 1;
/// Anything else.
const FAILURE: i32 = 2;
/// The program cannot be executed again after its makefiles were remade: a shell's status for that.
const CANNOT_RUN: i32 = 127;

/// What the process was started with.
struct Process {
    arguments: Vec<BString>,
    environment: Vec<(BString, BString)>,
    /// argv\[0]; absolute if it holds a slash, from the directory before any -C.
    command: BString,
    program: BString,
    level: u32,
    /// Empty if there was none at the start, None as long as it is not known.
    directory: Option<BString>,
}

impl Process {
    /// Returns the value of an environment variable.
    fn variable(&self, name: &str) -> Option<BString> {
        let entry = self.environment.iter().find(|(key, _)| key == name);
        entry.map(|(_, value)| value.clone())
    }

    /// Returns a reporter to the user's streams.
    fn reporter(&self) -> Plain {
        Plain::new(
            &self.program.to_string(),
            self.level,
            Box::new(std::io::stdout()),
            Box::new(std::io::stderr()),
        )
    }
}

/// Runs rmake as this process's command: arguments, environment and directory are the process's own.
/// Returns the exit status.
pub fn run() -> i32 {
    run_as(
        std::env::args_os()
            .map(|word| word.into_vec().into())
            .collect(),
    )
}

/// Runs rmake as a command with these words; environment and directory are the process's own.
fn run_as(arguments: Vec<BString>) -> i32 {
    let mut process = this_process(arguments);
    let before = process.reporter();
    let first = working_directory(&before).unwrap_or_default();
    if process.command.contains(&b'/') && !process.command.starts_with(b"/") {
        process.command = BString::from([&first[..], b"/", &process.command].concat());
    }
    let seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.subsec_nanos());
    let invocation = Invocation {
        arguments: &process.arguments,
        environment: &process.environment,
        seed,
    };
    let mut make = None;
    let expand = &mut |options: &Options, name: &str| {
        let make = make.get_or_insert_with(|| make_before_flags(&process, &before));
        flags_of_environment(make, options, name, &before)
    };
    let mut options = match cli::parse(&invocation, expand) {
        Parsed::Run(options) => *options,
        Parsed::Print(text) => return print_and_end(&process.program, &text),
        Parsed::Refuse(text) => {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), &text);
            before.close();
            return FAILURE;
        }
    };
    drop(make);
    process.level = level_of(&process.environment);
    process.directory = Some(first);
    let plain = process.reporter();
    if before.has_entered() {
        plain.expect_entered();
    }
    if !options.directories.is_empty() {
        // Whatever goes wrong on the way is told in the first directory.
        announce(&options, &process, &plain, false);
        if let Err(text) = change_directory(&options) {
            return refuse(&plain, text);
        }
        process.directory = working_directory(&plain);
    }
    let directory = process.directory.as_ref().map(AsRef::as_ref);
    cli::command::fix_hosts_file(&mut options, directory);
    hand_on_own_flags(&mut process.environment, &options);
    let status = invoke(&process, &options, &plain);
    close_output(&plain, &process, status)
}

/// Returns what the process was started with. Its level and directory come later.
fn this_process(arguments: Vec<BString>) -> Process {
    let environment = sys::process::environment();
    let command = arguments.first().cloned();
    let command = command.unwrap_or_else(|| BString::from("rmake"));
    let program = BString::from(command.rsplit(|c| *c == b'/').next().unwrap_or_default());
    Process {
        arguments,
        environment,
        command,
        program,
        level: 0,
        directory: None,
    }
}

/// Returns the make in which the flags of the environment are expanded: it knows that environment, no directory yet.
fn make_before_flags(process: &Process, plain: &Plain) -> Make {
    let options = Options::default();
    let runner = runner(process, &options, plain, None);
    Make::before_flags(start(process, &options, 0, &runner))
}

/// Returns the flags of the environment in the variable `name`, expanded; None after telling why it cannot be.
fn flags_of_environment(
    make: &mut Make,
    options: &Options,
    name: &str,
    plain: &Plain,
) -> Option<Vec<u8>> {
    plain.clone().emit(Event::Directory {
        path: None,
        announce: is_announced(options, 0),
        around_blocks: false,
    });
    let value = make.flags_of_environment(options, name);
    value.map_err(|fatal| tell(plain, &fatal)).ok()
}

/// Returns how many makes are above this one.
fn level_of(environment: &[(BString, BString)]) -> u32 {
    let level = environment
        .iter()
        .find(|(key, _)| key == cli::env::MAKELEVEL);
    level
        .and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok())
        .unwrap_or(0)
}

/// Ends the run with a fatal error.
fn refuse(plain: &Plain, text: BString) -> i32 {
    let diagnostic = Diagnostic {
        place: None,
        severity: Severity::Fatal,
        text,
    };
    plain.clone().emit(Event::Diagnostic {
        job: None,
        diagnostic,
    });
    plain.close();
    FAILURE
}

fn print_and_end(program: &[u8], text: &str) -> i32 {
    let mut out = std::io::stdout();
    let written = std::io::Write::write_all(&mut out, text.as_bytes())
        .and_then(|()| std::io::Write::flush(&mut out));
    let Err(error) = written else {
        return SUCCESS;
    };
    let reason = error::reason(&error);
    let text = [
        program,
        b": write error: stdout: ",
        reason.as_bytes(),
        b"\n",
    ]
    .concat();
    let _ = std::io::Write::write_all(&mut std::io::stderr(), &text);
    TROUBLE
}

/// Returns the directory of the process; None after telling that there is none.
fn working_directory(plain: &Plain) -> Option<BString> {
    match std::env::current_dir() {
        Ok(path) => Some(path.into_os_string().into_vec().into()),
        Err(error) => {
            let text = format!("getcwd: {}", error::reason(&error));
            tell_notice(plain, text.into());
            None
        }
    }
}

fn tell_notice(plain: &Plain, text: BString) {
    let diagnostic = Diagnostic {
        place: None,
        severity: Severity::Notice,
        text,
    };
    plain.clone().emit(Event::Diagnostic {
        job: None,
        diagnostic,
    });
}

/// Returns whether the working directory is announced: on request, else below another make and with -C unless -s.
fn is_announced(options: &Options, level: u32) -> bool {
    match options.print_directory.source {
        Source::Default => (level > 0 || !options.directories.is_empty()) && !options.silent.on,
        _ => options.print_directory.on,
    }
}

/// Puts rmake's own options where sub-makes find them; GNU make's do not look there.
fn hand_on_own_flags(environment: &mut Vec<(BString, BString)>, options: &Options) {
    if options.own_flags.is_empty() {
        return;
    }
    let flags = options.own_flags.clone();
    match environment
        .iter_mut()
        .find(|(key, _)| key == cli::env::RMAKEFLAGS)
    {
        Some((_, value)) => *value = flags,
        None => environment.push((cli::env::RMAKEFLAGS.into(), flags)),
    }
}

/// -C, each relative to the one before.
fn change_directory(options: &Options) -> Result<(), BString> {
    for directory in &options.directories {
        let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(directory.to_vec()));
        std::env::set_current_dir(&path).map_err(|error| {
            let reason = error::reason(&error);
            BString::from([&directory[..], b": ", reason.as_bytes()].concat())
        })?;
    }
    Ok(())
}

/// `make: write error: stdout`, without the reason: what was written is known to be lost, not why.
fn close_output(plain: &Plain, process: &Process, status: i32) -> i32 {
    if plain.close().is_none() {
        return status;
    }
    let level = match process.level {
        0 => String::new(),
        level => format!("[{level}]"),
    };
    let name = [&process.program[..], level.as_bytes()].concat();
    let text = [&name[..], b": write error: stdout\n"].concat();
    let _ = std::io::Write::write_all(&mut std::io::stderr(), &text);
    if status == SUCCESS { TROUBLE } else { status }
}

/// One make invocation, begun again as long as its makefiles change.
fn invoke(process: &Process, options: &Options, plain: &Plain) -> i32 {
    let timeline = options.own.trace_events.as_ref();
    let timeline = timeline.map(|_| Timeline::default());
    let mut runner = runner(process, options, plain, timeline.as_ref());
    let mut restarts = given_restarts(process, plain);
    let mut options = options.clone();
    loop {
        let start = start(process, &options, restarts, &runner);
        announce(&start.options, process, plain, runner.holds_output());
        let mut make = match Make::new(start) {
            Ok(make) => make,
            Err(fatal) => return tell(plain, &fatal),
        };
        let out = sys::fd::terminal(&std::io::stdout());
        let err = sys::fd::terminal(&std::io::stderr());
        make.define_terminals([(cli::env::MAKE_TERMOUT, out), (cli::env::MAKE_TERMERR, err)]);
        if let Some(status) = make_once(&mut make, &mut runner, process, plain, restarts) {
            runner.close(&mut make);
            #[cfg(feature = "remote")]
            tell_seen(&mut make);
            if let (Some(timeline), Some(file)) = (&timeline, &options.own.trace_events) {
                write_timeline(timeline, file, &make, plain);
            }
            leave_to_the_end(&mut make);
            return status;
        }
        restarts += 1;
        tell_restart(&mut make, process, restarts);
        if let Err(error) = may_run_again(process) {
            tell_not_runnable(process, plain, &error);
            runner.close(&mut make);
            return CANNOT_RUN;
        }
        options.temp_stdin = make.options.temp_stdin.clone();
    }
}

/// Returns what runs the recipes of this process.
fn runner(
    process: &Process,
    options: &Options,
    plain: &Plain,
    timeline: Option<&Timeline>,
) -> Runner {
    let sink = Box::new(plain.clone());
    Runner::new(Setup {
        sink: match timeline {
            Some(timeline) => timeline.watch(sink),
            None => sink,
        },
        make_tmpdir: process.variable(cli::env::MAKE_TMPDIR),
        tmpdir: process.variable(cli::env::TMPDIR),
        directory: process.directory.clone().unwrap_or_default(),
        output_sync: options.output_sync.unwrap_or_default(),
        call: (!options.own.no_inprocess).then_some(run_as),
    })
}

/// Returns what a `Make` begins with.
fn start(process: &Process, options: &Options, restarts: u32, runner: &Runner) -> Start {
    Start {
        command: process.command.clone(),
        program: process.program.clone(),
        level: process.level,
        restarts,
        directory: process.directory.clone(),
        environment: process.environment.clone(),
        options: options.clone(),
        codec: MakeflagsCodec {
            decode: cli::makeflags::decode,
            encode: cli::makeflags::encode,
        },
        view: View::of_disk(),
        ctx: runner.ctx(),
    }
}

/// Returns how often the environment says that this make has begun again; a minus: its directory is told already.
fn given_restarts(process: &Process, plain: &Plain) -> u32 {
    let Some(given) = process.variable(cli::env::MAKE_RESTARTS) else {
        return 0;
    };
    if given.starts_with(b"-") {
        plain.expect_entered();
    }
    let digits = std::str::from_utf8(&given).unwrap_or_default();
    digits.trim_start_matches('-').parse().unwrap_or(0)
}

/// Says that the program cannot be executed again.
fn tell_not_runnable(process: &Process, plain: &Plain, error: &std::io::Error) {
    let reason = error::reason(error);
    let text = [&process.command[..], b": ", reason.as_bytes()].concat();
    tell_notice(plain, text.into());
}

/// `--debug=b`: says that everything begins again, as GNU make says that it executes itself.
fn tell_restart(make: &mut Make, process: &Process, restarts: u32) {
    if make.options.debug.basic {
        let words = bstr::join(" ", &process.arguments);
        let stdin = make.options.temp_stdin.as_ref();
        let stdin = stdin.map_or(Vec::new(), |file| [b" --temp-stdin=", &file[..]].concat());
        let line = [
            format!("Re-executing[{restarts}]: ").as_bytes(),
            &words,
            &stdin,
            b"\n",
        ]
        .concat();
        make.debug(line);
    }
}

/// GNU make begins again by executing its own file: a build that has made that file useless ends there.
fn may_run_again(process: &Process) -> std::io::Result<()> {
    match process.command.contains(&b'/') {
        true => sys::fd::may_execute(&process.command),
        false => Ok(()),
    }
}

/// The process is about to end: what holds nothing but memory is not taken apart piece by piece.
fn leave_to_the_end(make: &mut Make) {
    std::mem::forget(std::mem::take(&mut make.graph));
    std::mem::forget(std::mem::take(&mut make.variables));
    std::mem::forget(std::mem::take(&mut make.names));
}

/// Tells the reporter the directory and whether it is to be announced.
fn announce(options: &Options, process: &Process, plain: &Plain, holds_output: bool) {
    let announce = is_announced(options, process.level);
    let is_small = matches!(
        options.output_sync,
        Some(OutputSync::Line | OutputSync::Target)
    );
    let around_blocks = is_small && holds_output;
    let path = process.directory.clone();
    plain.clone().emit(Event::Directory {
        path,
        announce,
        around_blocks,
    });
}

fn tell(plain: &Plain, fatal: &Fatal) -> i32 {
    plain.clone().emit(Event::Diagnostic {
        job: None,
        diagnostic: fatal.diagnostic(),
    });
    FAILURE
}

/// Reads the makefiles, remakes them and makes the goals. Returns the exit status, None to begin again.
fn make_once(
    make: &mut Make,
    runner: &mut Runner,
    process: &Process,
    plain: &Plain,
    restarts: u32,
) -> Option<i32> {
    if make.options.debug.basic {
        make.debug(cli::help::version().into_bytes());
        make.debug(b"Reading makefiles...\n".to_vec());
    }
    let read = make.read_makefiles().and_then(|()| make.finish_reading());
    announce(&make.options, process, plain, runner.holds_output());
    let opened = read.and_then(|()| runner.open_slots(make));
    announce(&make.options, process, plain, runner.holds_output());
    let completed = opened.and_then(|()| make.complete_rules());
    mark_goals(make);
    let mut walk = Walk::new(make, runner);
    if let Err(fatal) = completed {
        return Some(end(&mut walk, Err(Stop::Fatal(fatal))));
    }
    walk.runner.tell_reading();
    walk.always_make = walk.make.options.always_make && restarts == 0;
    walk.assume_old();
    if restarts == 0 {
        walk.assume_new();
    }
    match walk.remake_makefiles() {
        Ok(Remade::Restart) => {
            walk.remove_intermediates(None);
            return None;
        }
        Ok(Remade::Nothing) => walk.runner.remove_temporary_files(),
        Err(stop) => return Some(end(&mut walk, Err(stop))),
    }
    #[cfg(feature = "remote")]
    if let Err(fatal) = distribute(&mut walk) {
        return Some(end(&mut walk, Err(Stop::Fatal(fatal))));
    }
    walk.always_make = walk.make.options.always_make;
    if restarts > 0 {
        walk.assume_new();
    }
    let mut goals = match goals(walk.make) {
        Ok(goals) => goals,
        Err(fatal) => return Some(end(&mut walk, Err(Stop::Fatal(fatal)))),
    };
    walk.shuffle_goals(&mut goals);
    if let Some(format) = walk.make.options.own.graph.clone() {
        return Some(print_graph(&mut walk, &goals, &format));
    }
    if walk.make.options.debug.basic {
        walk.make.debug(b"Updating goal targets....\n".to_vec());
    }
    let result = walk.update_goals(goals, false);
    Some(end(&mut walk, result))
}

/// Lets recipes run by this executor, told as a distcc setup says.
///
/// # Errors
/// Those of second expansion.
#[cfg(feature = "remote")]
fn begin_to_distribute(walk: &mut Walk<'_>, executor: Box<dyn Executor>) -> Result<(), Box<Fatal>> {
    if let Err(Stop::Fatal(fatal)) = walk.expand_lists() {
        return Err(fatal);
    }
    let distcc = remote::distcc::Variables::of(&walk.make.environment);
    if executor.has_rules() && walk.make.options.own.dist == Dist::Unsaid {
        // What no rule keeps here may go, and so may what sub-makes have.
        walk.make.options.own.dist = Dist::Auto;
        hand_on_dist(walk.make, "auto");
    }
    let own = &mut walk.make.options.own;
    let log = distcc.log.filter(|_| distcc.is_verbose && !own.debug_dist);
    own.debug_dist |= distcc.is_verbose;
    let file = std::fs::File::options().append(true).create(true).clone();
    let log = log.and_then(|path| match file.open(sys::fd::path(&path)) {
        Ok(file) => Some(file),
        Err(error) => {
            let why = format!("DISTCC_LOG: {path}: {}", sys::process::error_text(&error));
            walk.runner.warn(&why.into());
            None
        }
    });
    walk.runner.distribute(walk.make, executor, log);
    Ok(())
}

/// Lets recipes run on other machines if -j was given, somebody asks for it, and there is a host to be had.
///
/// # Errors
/// `--dist=always`, and there is none.
#[cfg(feature = "remote")]
fn distribute(walk: &mut Walk<'_>) -> Result<(), Box<Fatal>> {
    let options = &walk.make.options;
    let own = &options.own;
    let is_off = options.jobs.is_none() || options.is_dry() || own.graph.is_some();
    if is_off || own.dist == Dist::Never {
        return Ok(());
    }
    if own.dist == Dist::Unsaid && !Policy::of(walk.make).asks() {
        // A make that has one above it leaves its sub-makes, and where there are rules, to that one.
        if walk.make.level > 0 {
            return Ok(());
        }
        if !remote::client::has_rules(&request(walk.make)) {
            walk.runner.distribute_below(begin_for_others);
            return Ok(());
        }
    }
    let is_strict = own.dist == Dist::Always;
    let joined = session_above(walk.make).and_then(remote::client::join);
    let begun = match joined {
        Some(joined) => Ok(joined),
        None => begin(walk.make, false).inspect(|begun| {
            walk.make.tell_below(SESSION, begun.socket());
        }),
    };
    let why = match begun {
        Ok(executor) => return begin_to_distribute(walk, executor),
        Err(NoSession::NoList) => "--dist=always: there is no host list".into(),
        Err(NoSession::NoHost(notices)) => {
            notices.iter().for_each(|notice| walk.runner.warn(notice));
            "--dist=always: the host list has no host that can be used".into()
        }
        Err(NoSession::Cannot(why)) => {
            if !is_strict {
                walk.runner.warn(&why);
                hand_on_dist(walk.make, "never");
            }
            why
        }
    };
    match is_strict {
        true => Err(walk.make.fatal_at(None, MakeError::Text(why))),
        false => Ok(()),
    }
}

/// `--trace-events=FILE`: writes it.
fn write_timeline(timeline: &Timeline, file: &BString, make: &Make, plain: &Plain) {
    #[cfg(feature = "remote")]
    if let Some(directory) = &make.directory {
        timeline.count(&mut remote::mirror::kept::counts(directory));
    }
    #[cfg(not(feature = "remote"))]
    let _ = make;
    if let Err(error) = std::fs::write(sys::fd::path(file), timeline.json()) {
        let reason = error::reason(&error);
        let text = [&file[..], b": ", reason.as_bytes()].concat();
        tell_notice(plain, text.into());
    }
}

/// `--explain=TARGET`: tells what its recipe was last seen to do where somebody looked.
#[cfg(feature = "remote")]
fn tell_seen(make: &mut Make) {
    let wanted = make.options.own.explain.clone();
    let target = wanted.as_ref().and_then(|name| make.names.get(name));
    let target = target.and_then(|name| make.graph.targets.lookup(name));
    let (Some(name), Some(target), Some(directory)) = (wanted, target, make.directory.clone())
    else {
        return;
    };
    let targets = &make.graph.targets;
    let prereqs = targets.prereqs(target).iter();
    let declared = prereqs.map(|one| make.names.bytes(targets.name[one.target]).into());
    let declared: Vec<BString> = declared.collect();
    for line in remote::mirror::kept::told(&directory, &name, &declared) {
        let text = [b"'", &name[..], b"' ", &line].concat().into();
        let diagnostic = Diagnostic {
            place: None,
            severity: Severity::Info,
            text,
        };
        make.ctx.emit(Event::Diagnostic {
            job: None,
            diagnostic,
        });
    }
}

/// Has sub-makes take `--dist=WHEN` from RMAKEFLAGS.
#[cfg(feature = "remote")]
fn hand_on_dist(make: &mut Make, when: &str) {
    let flags = cli::command::own_flags_with(&make.options, "dist", when);
    make.tell_below(cli::env::RMAKEFLAGS, flags);
}

/// Returns the socket of the session that a make above has begun.
#[cfg(feature = "remote")]
fn session_above(make: &Make) -> Option<&BStr> {
    let is_it = |(name, _): &&(BString, BString)| *name == SESSION;
    let entry = make.environment.iter().find(is_it);
    entry.map(|(_, socket)| socket.as_bstr())
}

/// Returns what a session is asked for.
#[cfg(feature = "remote")]
fn request(make: &Make) -> remote::client::Request<'_> {
    let own = &make.options.own;
    remote::client::Request {
        hosts: own.hosts.as_ref().map(|list| list.as_bstr()),
        hosts_file: own.hosts_file.as_ref().map(|file| file.as_bstr()),
        is_strict: own.dist == Dist::Always,
        keep_staging: own.keep_staging,
        directory: make.directory.as_ref().map(|path| path.as_bstr()),
        environment: &make.environment,
    }
}

/// Begins a session with the hosts of the list that applies.
#[cfg(feature = "remote")]
fn begin(make: &Make, is_idle: bool) -> Result<Box<dyn Executor>, NoSession> {
    let request = request(make);
    let list = remote::client::find(&request)?;
    remote::client::begin(list, &request, is_idle)
}

/// Begins the session that the sub-makes share of a make that has no jobs for others: the first of them that wants the
/// hosts has them connected to.
#[cfg(feature = "remote")]
fn begin_for_others(make: &Make) -> Option<Box<dyn Executor>> {
    match session_above(make) {
        Some(_) => None,
        None => begin(make, true).ok(),
    }
}

/// `--graph=FORMAT`: prints what the goals need instead of making it.
fn print_graph(walk: &mut Walk<'_>, goals: &[Goal], format: &[u8]) -> i32 {
    let targets: Vec<_> = goals.iter().map(|goal| goal.target).collect();
    if let Err(stop) = walk.find_rules(&targets) {
        return end(walk, Err(stop));
    }
    let make = &mut *walk.make;
    let dag = Dag::of(&make.graph, &targets);
    let text = match format {
        b"json" => dag.json(&make.graph, &make.names),
        _ => dag.dot(&make.graph, &make.names),
    };
    make.print(Stream::Out, text.into_bytes());
    SUCCESS
}

/// Marks the targets that the command line names: a makefile among them is remade as -n, -q and -t say.
fn mark_goals(make: &mut Make) {
    for name in &make.options.goals {
        let id = make.names.intern(strip_dot_slash(name));
        let target = make.graph.targets.enter(id);
        make.graph.targets.flags[target].add(Flags::COMMAND_LINE);
    }
}

/// The goals: those of the command line, else `.DEFAULT_GOAL`.
fn goals(make: &mut Make) -> error::Result<Vec<Goal>> {
    let mut names: Vec<BString> = make.options.goals.clone();
    if names.is_empty() {
        match make.find_default_goal()? {
            Some(goal) => names.push(BString::from(make.names.bytes(goal))),
            None => {
                let was_read = |makefile: &ReadMakefile| makefile.mtime != Mtime::NONEXISTENT;
                let is_any = make.options.temp_stdin.is_some();
                let error = match is_any || make.makefiles.iter().any(was_read) {
                    true => MakeError::NoTargets,
                    false => MakeError::NoMakefile,
                };
                return Err(make.fatal_at(None, error));
            }
        }
    }
    let mut goals = Vec::new();
    for name in names {
        let id = make.names.intern(strip_dot_slash(&name));
        goals.push(Goal::new(make.graph.targets.enter(id)));
    }
    Ok(goals)
}

/// Ends a walk: waits for what runs, cleans up, and returns the exit status.
fn end(walk: &mut Walk<'_>, result: Result<Status, Stop>) -> i32 {
    let status = match result {
        Ok(Status::Success | Status::None) => SUCCESS,
        Ok(Status::Question) | Err(Stop::Question) => TROUBLE,
        Ok(Status::Failed) | Err(Stop::Failed) => FAILURE,
        Err(Stop::Fatal(fatal)) => {
            let job = walk.make.job.take();
            walk.make.ctx.emit(Event::Diagnostic {
                job,
                diagnostic: fatal.diagnostic(),
            });
            FAILURE
        }
        Err(Stop::Signal(signal)) => {
            walk.interrupt(signal);
            walk.runner.close(walk.make);
            sys::signal::die_by(signal);
        }
    };
    walk.wait_for_unfinished(status != SUCCESS);
    walk.remove_intermediates(None);
    if walk.make.options.print_data_base {
        walk.make.print_data_base();
    }
    if walk.clock_skew {
        walk.make.notice(None, &error::Notice::ClockSkew);
    }
    status
}
