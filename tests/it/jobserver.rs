//! The jobserver between programs that speak it: never more jobs than allowed, and every token back at the end.
//! Jobs are counted by the log they append to; a job writes after it has begun and before it ends, so no count is too high.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;
use crate::tools;

/// `span NAME SECONDS`: one job that says in the log when it begins and ends.
const SPAN: &str =
    "#!/bin/sh\necho \"+ $1\" >>\"$SPAN_LOG\"\nsleep \"$2\"\necho \"- $1\" >>\"$SPAN_LOG\"\n";

/// A make with three jobs and, while `MAKES` names another program, two makes below it.
const TREE: &str = "\
NEXT := $(firstword $(MAKES))
REST := $(wordlist 2,9,$(MAKES))
LEAVES = $(addprefix leaf,1 2 3)
BELOW = $(if $(NEXT),$(addprefix below,1 2))
all: $(LEAVES) $(BELOW)
$(LEAVES): ; @span $(NAME)/$@ 0.1
$(BELOW): ; +@$(NEXT) --no-print-directory -f tree.mk MAKES='$(REST)' NAME=$(NAME)/$@
.PHONY: all $(LEAVES) $(BELOW)
";

/// The last recipe of the top make: it tells the jobserver's address and waits until the tokens are counted.
const TOP: &str = "\
all: counted
counted: work
\t+@printf '%s %s\\n' $$PPID \"$$MAKEFLAGS\" >counted.new; mv counted.new at-end; while [ ! -e go ]; do sleep 0.01; done
";

/// The rules that say what `work` is, how many jobs may run, and how they are to speak.
struct Build<'a> {
    space: &'a Space,
    work: &'a str,
    jobs: usize,
    style: &'a str,
    env: Vec<(&'a str, String)>,
}

/// What was counted in a build.
#[derive(Debug)]
struct Count {
    /// The most jobs at one time.
    most: usize,
    /// How many began, how many ended.
    begun: usize,
    ended: usize,
    /// Tokens in the jobserver while only the last job of the top make ran.
    tokens: usize,
}

impl Build<'_> {
    /// Runs the build and counts its jobs and tokens.
    fn run(&self) -> (Run, Count) {
        let space = self.space;
        space.tool("span", SPAN).write("span.log", "");
        space.write(
            "top.mk",
            format!("{TOP}{}\n.PHONY: all counted work\n", self.work),
        );
        let jobs = format!("-j{}", self.jobs);
        let style = format!("--jobserver-style={}", self.style);
        let mut call = space.call(&["--no-print-directory", "-f", "top.mk", &jobs, &style]);
        call = call.env("SPAN_LOG", space.path("span.log")).patience(120);
        for (name, value) in &self.env {
            call = call.env(name, value);
        }
        let mut running = call.start();
        running.wait_for("at-end");
        let tokens = tokens_at(&space.read("at-end").unwrap(), self.style);
        space.write("go", "");
        let run = running.finish();
        (run, count(space, tokens))
    }

    /// Runs the build and asserts what must hold for any: status, silence, jobs, tokens.
    fn check(&self, least: usize) -> Count {
        let (run, count) = self.run();
        let what = format!(
            "{} -j{} {}: {count:?}\n{}",
            self.work,
            self.jobs,
            self.style,
            run.shown()
        );
        assert_eq!(run.ended, Ended::Exit(0), "{what}");
        assert!(!run.err.contains("INTERNAL"), "tokens lost: {what}");
        assert!(!run.err.contains("jobserver"), "{what}");
        assert!(run.temporary_files.is_empty(), "{what}");
        assert_eq!(count.begun, count.ended, "{what}");
        assert!(count.most <= self.jobs, "too many jobs at once: {what}");
        assert!(count.most >= least, "too few jobs at once: {what}");
        assert_eq!(count.tokens, self.jobs - 1, "tokens not back: {what}");
        count
    }
}

/// Counts the tokens of the jobserver that `PID MAKEFLAGS` names.
fn tokens_at(told: &str, style: &str) -> usize {
    let (pid, flags) = told.trim().split_once(' ').unwrap();
    let auth = flags.rsplit("--jobserver-auth=").next().unwrap();
    let auth = auth.split(' ').next().unwrap();
    let path = match auth.strip_prefix("fifo:") {
        Some(path) => {
            assert_eq!(style, "fifo", "{told}");
            path.to_owned()
        }
        None => {
            assert_eq!(style, "pipe", "{told}");
            let (read, _) = auth
                .split_once(',')
                .unwrap_or_else(|| panic!("no jobserver in {told:?}"));
            format!("/proc/{pid}/fd/{read}")
        }
    };
    waiting_bytes(&open_fifo(Path::new(&path)))
}

fn open_fifo(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    options
        .open(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn waiting_bytes(file: &File) -> usize {
    usize::try_from(rustix::io::ioctl_fionread(file).unwrap()).unwrap()
}

/// Reads the log of the spans.
fn count(space: &Space, tokens: usize) -> Count {
    let log = space.read("span.log").unwrap();
    let mut count = Count {
        most: 0,
        begun: 0,
        ended: 0,
        tokens,
    };
    for line in log.lines() {
        match line.as_bytes().first() {
            Some(b'+') => count.begun += 1,
            Some(b'-') => count.ended += 1,
            _ => panic!("odd line in the log: {line:?}"),
        }
        count.most = count.most.max(count.begun - count.ended);
    }
    count
}

/// Names the program under test (`our`) and GNU make (`gnu`) in a space, by paths that end in `make`.
fn both_makes(space: &Space) -> [String; 2] {
    [
        ("our", tools::under_test()),
        ("gnu", tools::oracle().to_owned()),
    ]
    .map(|(name, program)| {
        let dir = space.root().join(name);
        fs::create_dir(&dir).unwrap();
        std::os::unix::fs::symlink(program, dir.join("make")).unwrap();
        dir.join("make").to_str().unwrap().to_owned()
    })
}

/// Runs the tree with the makes of `levels`, the first below the top make; `top` is "our" or "gnu".
fn tree(top: &str, levels: &[&str], style: &str, jobs: usize) {
    let space = match top {
        "our" => Space::new(),
        _ => Space::with(tools::oracle()),
    };
    let [our, gnu] = both_makes(&space);
    let named = |level: &&str| {
        if *level == "our" {
            our.as_str()
        } else {
            gnu.as_str()
        }
    };
    let makes: Vec<&str> = levels.iter().map(named).collect();
    space.write("tree.mk", TREE);
    let work = format!(
        "work: ; +@{} -f tree.mk MAKES='{}' NAME=top",
        makes[0],
        makes[1..].join(" ")
    );
    let build = Build {
        space: &space,
        work: &work,
        jobs,
        style,
        env: Vec::new(),
    };
    let count = build.check(jobs);
    let makes_in_all = (1 << levels.len()) - 1;
    assert_eq!(count.begun, 3 * makes_in_all, "{count:?}");
}

#[test]
fn our_own_children_fifo() {
    tree("our", &["our", "our"], "fifo", 4);
}

#[test]
fn our_own_children_pipe() {
    tree("our", &["our", "our"], "pipe", 4);
}

#[test]
fn gnu_make_below_us_fifo() {
    tree("our", &["gnu", "gnu"], "fifo", 3);
}

#[test]
fn gnu_make_below_us_pipe() {
    tree("our", &["gnu", "gnu"], "pipe", 3);
}

#[test]
fn we_below_gnu_make_fifo() {
    tree("gnu", &["our", "our"], "fifo", 3);
}

#[test]
fn we_below_gnu_make_pipe() {
    tree("gnu", &["our", "our"], "pipe", 3);
}

#[test]
fn alternating_three_levels_fifo() {
    tree("our", &["gnu", "our", "gnu"], "fifo", 5);
    tree("gnu", &["our", "gnu", "our"], "fifo", 2);
}

#[test]
fn alternating_three_levels_pipe() {
    tree("our", &["gnu", "our", "gnu"], "pipe", 2);
    tree("gnu", &["our", "gnu", "our"], "pipe", 5);
}

/// A client gives back what it took also when its build fails.
#[test]
fn tokens_come_back_from_a_failing_child() {
    for style in ["fifo", "pipe"] {
        for top in ["our", "gnu"] {
            let space = if top == "our" {
                Space::new()
            } else {
                Space::with(tools::oracle())
            };
            let [our, gnu] = both_makes(&space);
            let below = if top == "our" { gnu } else { our };
            let tree = TREE.replace(
                "$(LEAVES): ; @span",
                "$(LEAVES): ; @[ $@ = leaf1 ] || exit 1; span",
            );
            space.write("tree.mk", tree);
            let work = format!("work: ; -+@{below} -k -f tree.mk NAME=top MAKES='{below} {below}'");
            let build = Build {
                space: &space,
                work: &work,
                jobs: 3,
                style,
                env: Vec::new(),
            };
            let (run, count) = build.run();
            assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
            assert!(
                run.err.contains("Error 1") && !run.err.contains("INTERNAL"),
                "{}",
                run.shown()
            );
            assert_eq!(
                (count.begun, count.ended, count.tokens),
                (7, 7, 2),
                "{style} {top} {}",
                run.shown()
            );
        }
    }
}

/// A jobserver that is held by no make: its descriptor, its address for the client. Descriptors are 8 and 9.
fn foreign_server(space: &Space, style: &str, tokens: &str) -> (File, String) {
    let fifo = space.path("tokens");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let mut held = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&fifo)
        .unwrap();
    held.write_all(tokens.as_bytes()).unwrap();
    let auth = match style {
        "fifo" => format!("fifo:{}", fifo.display()),
        _ => "8,9".to_owned(),
    };
    (held, auth)
}

/// A token taken with its maker's byte must not be lost either when the server is no make at all.
#[test]
fn a_foreign_server_gets_its_tokens_back() {
    for style in ["fifo", "pipe"] {
        let space = Space::new();
        space
            .tool("span", SPAN)
            .write("span.log", "")
            .write("tree.mk", TREE);
        let (held, auth) = foreign_server(&space, style, "abc");
        let makes = ["make"; 2].join(" ");
        let call = space.call(&["-f", "tree.mk", "NAME=top", &format!("MAKES={makes}")]);
        let run = call
            .env("MAKEFLAGS", format!(" -j4 --jobserver-auth={auth}"))
            .env("SPAN_LOG", space.path("span.log"))
            .before("exec 8<>tokens 9<>tokens")
            .run();
        run.is(0, "", "");
        let count = count(&space, waiting_bytes(&held));
        assert_eq!(
            (count.most, count.begun, count.ended, count.tokens),
            (4, 21, 21, 3)
        );
    }
}

/// `sh -c` children without `+` must not get at the pipe; the fifo is open to any.
#[test]
fn recipes_see_the_jobserver_only_as_gnu_shows_it() {
    let space = Space::new();
    space.write(
        "Makefile",
        "all: a b\na: ; @echo \"a $$MAKEFLAGS\"\nb: a ; +@echo \"b $$MAKEFLAGS\"\n",
    );
    space.run(&["-j2", "--jobserver-style=pipe"]).is(
        0,
        "a  -j2 --jobserver-auth=3,4 --jobserver-auth=-2,-2\nb  -j2 --jobserver-auth=3,4\n",
        "",
    );
    let run = space.run(&["-j2"]);
    let pid = run
        .out
        .split("GMfifo")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let text = format!(" -j2 --jobserver-auth=fifo:SPACE/tmp/GMfifo{pid}\n");
    run.is(0, &format!("a {text}b {text}"), "");
}

#[test]
fn unusable_jobservers_are_told_and_lived_without() {
    let space = Space::new();
    space.write("Makefile", "all: a b\na b: ; @echo $@\n");
    let flags = |auth: &str| {
        space
            .call(&[])
            .env("MAKEFLAGS", format!(" -j4 --jobserver-auth={auth}"))
    };
    let warning =
        "make: warning: jobserver unavailable: using -j1.  Add '+' to parent make rule.\n";
    flags("50,51").run().is(0, "a\nb\n", warning);
    flags("-2,-2").run().is(0, "a\nb\n", warning);
    let missing = "make: cannot open jobserver DIR/none: No such file or directory\n";
    let path = format!("fifo:{}", space.path("none").display());
    flags(&path)
        .run()
        .is(0, "a\nb\n", &format!("{missing}{warning}"));
    let run = space
        .call(&["-j2"])
        .env("MAKEFLAGS", " -j4 --jobserver-auth=50,51")
        .run();
    assert_eq!(run.ended, Ended::Exit(0));
    space.run(&["-j2", "--jobserver-style=flags"]).is(
        2,
        "",
        "make: *** unknown jobserver auth style 'flags'.  Stop.\n",
    );
}

#[test]
fn a_forced_number_of_jobs_leaves_the_jobserver() {
    let space = Space::new();
    space.write(
        "Makefile",
        "all: ; +@make --no-print-directory -f sub.mk -j2\n",
    );
    space.write("sub.mk", "all: ; @echo ok\n");
    space.run(&["-j3"]).is(
        0,
        "ok\n",
        "make[1]: warning: -j2 forced in submake: resetting jobserver mode.\n",
    );
}

/// A child that keeps a token, or brings one too many, is told of at the end; the status stays.
#[test]
fn lost_and_foreign_tokens_are_told() {
    let space = Space::new();
    space.write(
        "Makefile",
        "take: ; +@fifo=$${MAKEFLAGS##*fifo:}; head -c 1 <$$fifo >taken\n\
         bring: ; +@fifo=$${MAKEFLAGS##*fifo:}; printf ++ >$$fifo\n",
    );
    let told = |has: usize| {
        format!("make: INTERNAL: Exiting with {has} jobserver tokens available; should be 3!\n")
    };
    space.run(&["-j3", "take"]).is(0, "", &told(2));
    space.run(&["-j3", "bring"]).is(0, "", &told(5));
}

/// `-j` in the makefile makes the jobserver as one on the command line does.
#[test]
fn jobs_set_in_the_makefile() {
    let space = Space::new();
    space
        .tool("span", SPAN)
        .write("span.log", "")
        .write("tree.mk", TREE);
    space.write(
        "Makefile",
        "MAKEFLAGS += -j3\nall: ; +@$(MAKE) --no-print-directory -f tree.mk MAKES='make make' NAME=top\n",
    );
    let run = space
        .call(&[])
        .env("SPAN_LOG", space.path("span.log"))
        .run();
    run.is(0, "", "");
    let count = count(&space, 0);
    assert_eq!(
        (count.most, count.begun, count.ended),
        (3, 21, 21),
        "{count:?}"
    );
}

/// Neither one job nor any number of them needs a jobserver.
#[test]
fn no_jobserver_without_a_limit() {
    let space = Space::new();
    space.tool("span", SPAN).write("tree.mk", TREE);
    for (jobs, most) in [("-j1", 1), ("-j", 21)] {
        space.write("span.log", "");
        let call = space.call(&["-f", "tree.mk", "MAKES=make make", "NAME=top", jobs]);
        call.env("SPAN_LOG", space.path("span.log"))
            .run()
            .is(0, "", "");
        let count = count(&space, 0);
        assert_eq!((count.begun, count.ended), (21, 21), "{count:?}");
        assert!(
            count.most <= most && (most == 1 || count.most > 5),
            "{jobs}: {count:?}"
        );
    }
    space.write("Makefile", "all: ; +@echo \"$$MAKEFLAGS\"\n");
    space.run(&["-j1"]).is(0, " -j1\n", "");
    space.run(&["-j"]).is(0, " -j\n", "");
}

/// A make that is serial itself hands the jobserver on.
#[test]
fn not_parallel_is_for_one_make_only() {
    let space = Space::new();
    space.write(
        "tree.mk",
        format!("{TREE}ifeq ($(NAME),top)\n.NOTPARALLEL:\nendif\n"),
    );
    let work = "work: ; +@$(MAKE) -f tree.mk MAKES='make' NAME=top";
    for style in ["fifo", "pipe"] {
        let build = Build {
            space: &space,
            work,
            jobs: 4,
            style,
            env: Vec::new(),
        };
        let count = build.check(3);
        assert_eq!((count.begun, count.most), (9, 3), "{count:?}");
        for file in ["at-end", "go"] {
            fs::remove_file(space.path(file)).unwrap();
        }
    }
}

/// Whatever ends a client, its server has all tokens afterwards, as the manual asks (POSIX Jobserver); GNU make keeps them.
#[test]
fn an_interrupted_client_gives_its_tokens_back() {
    for style in ["fifo", "pipe"] {
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
        ] {
            let space = Space::new();
            space.write(
                "Makefile",
                "all: a b c d\na b c: ; @: >in-$@; exec sleep 5\nd: ; @exec sleep 5\n",
            );
            let (held, auth) = foreign_server(&space, style, "ab");
            let call = space
                .call(&[])
                .env("MAKEFLAGS", format!(" -j3 --jobserver-auth={auth}"));
            let mut running = call.before("exec 8<>tokens 9<>tokens").start();
            for marker in ["in-a", "in-b", "in-c"] {
                running.wait_for(marker);
            }
            assert_eq!(waiting_bytes(&held), 0);
            running.signal_group(signal);
            let run = running.finish();
            let back = if tools::is_gnu() { 0 } else { 2 };
            assert_eq!(
                waiting_bytes(&held),
                back,
                "{style} {signal} {}",
                run.shown()
            );
        }
    }
}

/// With no token to be had there is still one job at a time.
#[test]
fn a_client_without_tokens_goes_on_alone() {
    for style in ["fifo", "pipe"] {
        let space = Space::new();
        space
            .tool("span", SPAN)
            .write("span.log", "")
            .write("tree.mk", TREE);
        let (held, auth) = foreign_server(&space, style, "");
        let call = space.call(&["-f", "tree.mk", "MAKES=make", "NAME=top"]);
        let call = call.env("MAKEFLAGS", format!(" -j3 --jobserver-auth={auth}"));
        let call = call
            .env("SPAN_LOG", space.path("span.log"))
            .before("exec 8<>tokens 9<>tokens");
        call.run().is(0, "", "");
        let count = count(&space, waiting_bytes(&held));
        assert_eq!(
            (count.most, count.begun, count.ended, count.tokens),
            (1, 9, 9, 0)
        );
    }
}

/// rustc processes of a workspace of independent crates are counted through a wrapper.
#[test]
fn cargo_below_us() {
    let Some(cargo) = tools::find("cargo") else {
        return tools::skip("jobserver::cargo_below_us", "no cargo in PATH");
    };
    for style in ["fifo", "pipe"] {
        let space = Space::new();
        let names: Vec<String> = (1..=5).map(|number| format!("part{number}")).collect();
        write_workspace(&space, &names);
        space.tool(
            "rustc-span",
            "#!/bin/sh\ncase \"$*\" in *'--crate-name part'*) span rustc 0.2 ;; esac\nexec \"$@\"\n",
        );
        let env = vec![
            (
                "RUSTC_WRAPPER",
                space
                    .root()
                    .join("bin/rustc-span")
                    .to_str()
                    .unwrap()
                    .to_owned(),
            ),
            (
                "CARGO_TARGET_DIR",
                space.path("target").to_str().unwrap().to_owned(),
            ),
            (
                "CARGO_HOME",
                std::env::var("CARGO_HOME").unwrap_or_else(|_| home(".cargo")),
            ),
            (
                "RUSTUP_HOME",
                std::env::var("RUSTUP_HOME").unwrap_or_else(|_| home(".rustup")),
            ),
            ("HOME", home("")),
            ("CARGO_BUILD_JOBS", "8".to_owned()),
        ];
        let work = format!(
            "work: a b cargo\na b: ; @span $@ 0.5\ncargo: ; +@{} build -q --offline --manifest-path ws/Cargo.toml",
            cargo.display()
        );
        let build = Build {
            space: &space,
            work: &work,
            jobs: 3,
            style,
            env,
        };
        let count = build.check(2);
        assert_eq!(count.begun, 7, "{count:?}");
    }
}

fn write_workspace(space: &Space, names: &[String]) {
    for name in names {
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        space.write(format!("ws/{name}/Cargo.toml"), manifest);
        space.write(
            format!("ws/{name}/src/lib.rs"),
            "pub fn one() -> u8 { 1 }\n",
        );
    }
    space.write(
        "ws/Cargo.toml",
        format!("[workspace]\nresolver = \"2\"\nmembers = {names:?}\n"),
    );
}

fn home(below: &str) -> String {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
    format!("{home}/{below}")
}

/// The link-time compilations are run by a make that gcc starts; they are counted through the name gcc calls itself by.
#[test]
fn gcc_lto_below_us() {
    let Some(gcc) = tools::find("gcc") else {
        return tools::skip("jobserver::gcc_lto_below_us", "no gcc in PATH");
    };
    for style in ["fifo", "pipe"] {
        let space = Space::new();
        write_parts(&space);
        space.tool(
            "gcc-span",
            &format!(
                "#!/bin/bash\ncase \"$*\" in *fltrans*|*ltrans*) span ltrans 0.2 ;; esac\nexec -a \"$0\" {} \"$@\"\n",
                gcc.display()
            ),
        );
        let work = "work: a b prog\na b: ; @span $@ 0.4\nOBJ = main.o $(patsubst %,part%.o,1 2 3 4 5 6)\n\
                    prog: $(OBJ) ; +@$(CC) -O1 -flto=jobserver -flto-partition=1to1 -o $@ $(OBJ)\n\
                    %.o: %.c ; @$(CC) -O1 -flto -c -o $@ $<\n\
                    CC := gcc-span";
        let env = vec![
            (
                "MAKE",
                space.root().join("bin/make").to_str().unwrap().to_owned(),
            ),
            // gcc looks for its parts beside the name it is called by, and finds only the wrapper there.
            ("GCC_EXEC_PREFIX", gcc_parts(&gcc)),
        ];
        let build = Build {
            space: &space,
            work,
            jobs: 3,
            style,
            env,
        };
        let (run, count) = build.run();
        let what = format!("{style}: {count:?}\n{}", run.shown());
        assert_eq!(run.ended, Ended::Exit(0), "{what}");
        assert!(
            !run.err.contains("INTERNAL") && run.temporary_files.is_empty(),
            "{what}"
        );
        assert_eq!(
            (count.begun, count.ended, count.tokens),
            (2 + 7, 2 + 7, 2),
            "{what}"
        );
        assert!(space.has("prog"));
        if style == "fifo" && run.err.contains("jobserver is not available") {
            tools::skip(
                "jobserver::gcc_lto_below_us (counting, fifo)",
                "this gcc speaks the pipe only",
            );
        } else {
            assert!(run.err.is_empty() && count.most <= 3, "{what}");
        }
    }
}

/// Six functions that stay apart when linked, and a program that calls them all.
fn write_parts(space: &Space) {
    for number in 1..=6 {
        space.write(
            format!("part{number}.c"),
            format!("__attribute__((noipa)) int part{number}(int x) {{ return x + {number}; }}\n"),
        );
    }
    let calls: String = (1..=6).map(|number| format!("+ part{number}(c)")).collect();
    let heads: String = (1..=6)
        .map(|number| format!("int part{number}(int);\n"))
        .collect();
    space.write(
        "main.c",
        format!("{heads}int main(int c, char **v) {{ return (0 {calls}) == 0; }}\n"),
    );
}

fn gcc_parts(gcc: &Path) -> String {
    let output = std::process::Command::new(gcc)
        .arg("-print-libgcc-file-name")
        .output()
        .unwrap();
    let libgcc = String::from_utf8(output.stdout).unwrap();
    let parts = Path::new(libgcc.trim()).ancestors().nth(3).unwrap();
    format!("{}/", parts.display())
}

/// A ninja that speaks the jobserver keeps to it; one that does not (before 1.13) must not be disturbed by it.
#[test]
fn ninja_below_us() {
    let Some(ninja) = tools::find("ninja") else {
        return tools::skip("jobserver::ninja_below_us", "no ninja in PATH");
    };
    let version = std::process::Command::new(&ninja)
        .arg("--version")
        .output()
        .unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let minor: usize = version.split('.').nth(1).unwrap().trim().parse().unwrap();
    let speaks = minor >= 13 || !version.starts_with("1.");
    if !speaks {
        let reason = format!(
            "ninja {} does not speak it: only that it works",
            version.trim()
        );
        tools::skip("jobserver::ninja_below_us (counting)", &reason);
    }
    for style in ["fifo", "pipe"] {
        let space = Space::new();
        let builds: String = (1..=6)
            .map(|number| format!("build n{number}: span\n"))
            .collect();
        space.write(
            "build.ninja",
            format!("rule span\n  command = span $out 0.1; touch $out\n{builds}"),
        );
        let work = format!(
            "work: a b ninja\na b: ; @span $@ 0.3\nninja: ; +@{} --quiet",
            ninja.display()
        );
        let build = Build {
            space: &space,
            work: &work,
            jobs: 3,
            style,
            env: Vec::new(),
        };
        let (run, count) = build.run();
        let what = format!("{style}: {count:?}\n{}", run.shown());
        assert_eq!(run.ended, Ended::Exit(0), "{what}");
        assert!(!run.err.contains("INTERNAL"), "{what}");
        assert_eq!(
            (count.begun, count.ended, count.tokens),
            (8, 8, 2),
            "{what}"
        );
        // ninja takes part in the fifo only.
        assert!(!speaks || style == "pipe" || count.most <= 3, "{what}");
    }
}
