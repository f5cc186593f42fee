//! Runs every case of `tests/makefiles/` with rmake and compares what a user would see with what GNU make 4.4.1 does.
//! It knows nothing of makefiles: a case is a text, the files around it, some runs and their expected output.
//!
//! A case is `tests/makefiles/<area>/<corner>.mk` and, beside it, `<corner>.out`. Its head is the lines at its top that
//! begin with `#:`; the whole file, head included, is the makefile of the case.
//!
//! ```text
//! #: args: -k all            arguments (default none); quotes and backslashes as in a shell
//! #: env: X=1                one per line; else only PATH, LC_ALL=C and TMPDIR
//! #: file: dir/in.txt hello  a file made before the run, 10 s newer than the one before it; the makefile is the oldest.
//!                            Escapes \n \t \r \\ \0 \xHH; a final \c means no newline at the end; a blank
//!                            in the name is \x20. `dir/` is a directory
//! #:|all: ; echo hello       one more line, as it stands, of the file above
//! #: link: name target       a symbolic link
//! #: mtime: name 25.5        seconds after the makefile's own mtime (fractions count), for files and links
//! #: mode: name 755          permissions
//! #: makefile: other.mk      the name the case gets in the directory (default Makefile); `-` for no makefile at all
//! #: argv0: dir/gmake        what the program is called by (default make); with a slash: a link there, in the directory
//! #: stdin: text             else /dev/null; escapes as in `file:`
//! #: status: 2               expected exit code (default 0), or `signal 15`; below a `run:` line it is of that run
//! #: tree: out a b           files that exist afterwards; `-c` must not
//! #: merged                  both streams as one, in the order the user sees
//! #: any-order               lines compared sorted (only where GNU make leaves the order open)
//! #: needs: cc ar            programs, or one of fuse userns x86_64, dash (as /bin/sh); otherwise skipped, and counted
//! #: differs: reason         .out is ours on purpose; listed in doc/differences.md
//! #: todo: reason            known to fail; the case fails once it passes
//! ```
//!
//! A flow is a case with several runs in one directory. Each `run:` line is one run with these arguments, each `do:` line
//! a command for `/bin/sh` between them, in the order of the head:
//!
//! ```text
//! #: run: all
//! #: do: touch -d @1700000000 in.txt
//! #: run: -k all
//! #: status: 2
//! ```
//!
//! Of a run `.out` holds stdout, a line `--- stderr` and stderr, a line `--- tree` and what became of the files around it
//! (`+` new, `-` gone, `~` changed, be it only its mtime), a line `--- left in TMPDIR` and what was left there; what is
//! empty is left out. In a flow each run begins with a line `=== make ARGS`. Only the temporary paths (`<dir>`, `<bin>`,
//! `<tmp>`; these three words also work in `args:`, `run:`, `env:` and `do:`) and process ids are replaced.
//!
//! ```text
//! cargo test --test makefiles                     all cases
//! cargo test --test makefiles -- functions/ wait  the cases whose name contains one of the words
//! RMAKE_BLESS=1        rewrites .out and `status:` by running the oracle, never rmake
//! RMAKE_ORACLE=PATH    the oracle, GNU make 4.4.1; else what tests/tools/oracle.sh prints
//! RMAKE_UNDER_TEST=PATH  runs this make instead of rmake: the oracle itself must pass every case
//! RMAKE_TEST_THREADS=N   cases at a time, default 2
//! ```

mod corpus;

use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use nix::sys::resource::Resource;
use nix::sys::resource::setrlimit;

use corpus::case::Case;
use corpus::check;
use corpus::check::Verdict;
use corpus::oracle;

fn main() -> ExitCode {
    // A dumped core would add to the messages about killed recipes, and a file to the tree.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/makefiles");
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_bless = std::env::var_os("RMAKE_BLESS").is_some_and(|value| value == "1");
    let program = match program(is_bless) {
        Ok(program) => program,
        Err(problem) => {
            eprintln!("makefiles: {problem}");
            return ExitCode::from(2);
        }
    };
    let mut problems = corpus::case::orphans(&root);
    let names: Vec<String> = corpus::case::names(&root)
        .into_iter()
        .filter(|name| words.is_empty() || words.iter().any(|word| name.contains(word.as_str())))
        .collect();
    let counts = run_all(&root, &names, &program, is_bless, &mut problems);
    for problem in &problems {
        println!("{problem}");
    }
    let verb = if is_bless { "blessed" } else { "passed" };
    println!(
        "makefiles: {} cases: {} {verb}, {} failed, {} skipped, {} todo",
        names.len(),
        counts.passed,
        problems.len(),
        counts.skipped,
        counts.todo
    );
    if problems.is_empty() && !names.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The make to run, and whether it is another one than ours.
pub struct Program {
    path: PathBuf,
    /// A foreign make is held to `todo` cases too: what rmake cannot do yet it can.
    is_foreign: bool,
}

#[derive(Default)]
struct Counts {
    passed: usize,
    skipped: usize,
    todo: usize,
}

/// Returns the oracle when blessing, else `RMAKE_UNDER_TEST` or our own binary.
fn program(is_bless: bool) -> Result<Program, String> {
    if is_bless {
        let path = oracle::path()?;
        return Ok(Program {
            path,
            is_foreign: true,
        });
    }
    if let Some(path) = std::env::var_os("RMAKE_UNDER_TEST") {
        let path = std::fs::canonicalize(&path)
            .map_err(|error| format!("RMAKE_UNDER_TEST {}: {error}", path.display()))?;
        let is_foreign =
            oracle::first_line_of_version(&path)? == oracle::VERSION && !oracle::is_rmake(&path)?;
        return Ok(Program { path, is_foreign });
    }
    let path = PathBuf::from(env!("CARGO_BIN_EXE_rmake"));
    Ok(Program {
        path,
        is_foreign: false,
    })
}

/// Runs the cases in parallel and prints each that is skipped; failures are added to `problems` in order of name.
fn run_all(
    root: &Path,
    names: &[String],
    program: &Program,
    is_bless: bool,
    problems: &mut Vec<String>,
) -> Counts {
    let threads = std::env::var("RMAKE_TEST_THREADS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2);
    let next = AtomicUsize::new(0);
    let verdicts: Mutex<Vec<(usize, Verdict)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, name)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    names.get(index).map(|name| (index, name))
                } {
                    let verdict = verdict(root, name, program, is_bless);
                    verdicts
                        .lock()
                        .expect("no case panics")
                        .push((index, verdict));
                }
            });
        }
    });
    let mut verdicts = verdicts.into_inner().expect("no case panics");
    verdicts.sort_by_key(|(index, _)| *index);
    let mut counts = Counts::default();
    for (index, verdict) in verdicts {
        match verdict {
            Verdict::Passed => counts.passed += 1,
            Verdict::Skipped(need) => {
                counts.skipped += 1;
                println!("skipped {}: needs {need}", names[index]);
            }
            Verdict::Todo => counts.todo += 1,
            Verdict::Failed(text) => problems.push(format!("FAILED {}\n{text}", names[index])),
        }
    }
    counts
}

fn verdict(root: &Path, name: &str, program: &Program, is_bless: bool) -> Verdict {
    let case = match Case::read(root, name) {
        Ok(case) => case,
        Err(problem) => return Verdict::Failed(problem),
    };
    let result = if is_bless {
        check::bless(root, &case, &program.path)
    } else {
        check::compare(&case, &program.path, program.is_foreign)
    };
    result.unwrap_or_else(Verdict::Failed)
}
