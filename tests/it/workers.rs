//! Recipes in sandboxes on other hosts, over real ssh: the worker gets there by itself, shows the tree, and leaves nothing.
//! It does not know how the hosts are made: `ground` does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::alike::tree;
use crate::ground::Ground;
use crate::space::Call;
use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;
use crate::tools;

const HOSTS: [&str; 3] = ["h1", "h2", "h3"];

/// How long a host may take to find out that nobody needs it any more.
const CLEANING: Duration = Duration::from_secs(10);

/// Returns a ground whose hosts let sandboxes be made; None, a counted skip of the test, where there is none.
fn ground(test: &str, hosts: usize) -> Option<Ground> {
    let ground = Ground::up(test, hosts)?;
    if !Path::new("/dev/fuse").exists() {
        tools::skip(test, "no /dev/fuse");
        return None;
    }
    for host in &HOSTS[..hosts] {
        ground.fuse(host, true);
    }
    let is_able = "unshare --user --mount true";
    if !ground.ssh("h1", is_able).status().unwrap().success() {
        tools::skip(test, "no namespaces of users");
        return None;
    }
    Some(ground)
}

/// Returns a run all of whose recipes go to a host.
fn call<'s>(space: &'s Space, ground: &Ground, hosts: &str, words: &[&str]) -> Call<'s> {
    let call = space.call(&["-j6", "--dist=always", "--hosts", hosts]);
    call.words(words).env("HOME", ground.home())
}

/// Waits until a host is as if nobody had ever been there: no process, no mount, no directory of anybody's.
fn is_clean(ground: &Ground, host: &str, shown: &str) {
    let text = "ps -u builder -o pid= -o args=; ls -A /tmp /dev/shm /var/tmp | grep -v ':$' | grep .; \
                cat /proc/[0-9]*/mountinfo | grep -E 'fuse|overlay' | grep -v /dev/fuse; \
                ls /home/builder/.cache/rmake | grep -vxE 'store|worker-[0-9a-f]*'; :";
    let begun = Instant::now();
    loop {
        let left = ground.exec(host, &["sh", "-c", text]);
        if left.is_empty() {
            return;
        }
        let what = format!("left on {host}:\n{left}{shown}");
        assert!(begun.elapsed() < CLEANING, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Returns the names and inodes of the workers on a host.
fn workers(ground: &Ground, host: &str) -> String {
    let text = "cd /home/builder/.cache/rmake && ls -i worker-* | cat";
    ground.exec(host, &["sh", "-c", text])
}

/// Returns what ran where.
fn ran(run: &Run, host: &str) -> usize {
    let line = format!("' runs on {host}");
    run.out.lines().filter(|text| text.ends_with(&line)).count()
}

/// A program of some files with headers that nobody declares, a library, and a generated file.
fn project(space: &Space) {
    let makefile = "\
CFLAGS = -O1 -Iinclude
names = a b c d e f g h i
all: tool version.txt
$(names:=.o): ; gcc $(CFLAGS) -c src/$*.c -o $@
%.o: src/%.c ; gcc $(CFLAGS) -c $< -o $@
libtool.a: $(names:=.o) ; ar rcsD $@ $^
main.o: generated.h
generated.h: ; sh src/generate.sh > $@
tool: main.o libtool.a ; gcc $^ -o $@
version.txt: tool ; ./tool > $@ && cat src/version >> $@ && ln -s version.txt version && mkdir -p doc/empty
";
    space.write("Makefile", makefile);
    let mut main = "#include <stdio.h>\n#include \"../generated.h\"\n".to_owned();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
        space.write(
            format!("src/{name}.c"),
            format!("#include <string.h>\n#include \"all.h\"\nint {name}(void) {{ return ALL + (int)strlen(\"{name}\"); }}\n"),
        );
        main += &format!("int {name}(void);\n");
    }
    main += "int main(void) { return printf(\"%d %s\\n\", a() + i(), GENERATED) < 0; }\n";
    space
        .write("src/main.c", main)
        .write(
            "include/all.h",
            "#include \"deep/deep.h\"\n#define ALL (DEEP + 1)\n",
        )
        .write("include/deep/deep.h", "#define DEEP 40\n")
        .write(
            "src/generate.sh",
            "sed 's/.*/#define GENERATED \"&\"/' src/version\n",
        )
        .write("src/version", "7.1\n");
}

fn clean(space: &Space) {
    for entry in fs::read_dir(space.path("")).unwrap().flatten() {
        let name = entry.file_name();
        if name == "Makefile" || name == "src" || name == "include" {
            continue;
        }
        let path = entry.path();
        match entry.file_type().unwrap().is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }
}

#[test]
fn nothing_is_declared_and_the_tree_is_that_of_a_local_build() {
    let Some(ground) = ground("workers::nothing_is_declared", 3) else {
        return;
    };
    let space = Space::new();
    project(&space);
    let here = space.call(&["-j2"]).env("HOME", ground.home()).run();
    assert_eq!(here.ended, Ended::Exit(0), "{}", here.shown());
    let wanted = tree(&space.path(""));
    let hosts = "h1 2, h2 2, h3 2";
    let mut found = Vec::new();
    let ssh = format!("ssh -F {}/.ssh/config", ground.home().display());
    for transport in ["", &ssh] {
        clean(&space);
        let there = call(&space, &ground, hosts, &["--explain"]);
        let run = there.env("RMAKE_SSH", transport).run();
        let shown = run.shown();
        assert_eq!((run.ended, &run.err[..]), (Ended::Exit(0), ""), "{shown}");
        assert!(tree(&space.path("")) == wanted, "another tree: {shown}");
        assert_eq!(run.temporary_files, Vec::<String>::new(), "{shown}");
        assert!(!shown.contains("runs here"), "{shown}");
        for host in HOSTS {
            assert!(ran(&run, host) > 1, "{host} has no share: {shown}");
            is_clean(&ground, host, &shown);
        }
        call(&space, &ground, hosts, &[])
            .run()
            .is(0, "make: Nothing to be done for 'all'.\n", "");
        found.push(HOSTS.map(|host| workers(&ground, host)));
    }
    assert_eq!(found[0], found[1], "it was put there twice");
    assert!(found[0].iter().all(|one| one.lines().count() == 1));
}

#[test]
fn a_host_that_refuses_sandboxes_is_staged_and_says_why() {
    let Some(ground) = ground("workers::a_host_that_refuses", 3) else {
        return;
    };
    ground.namespaces("h1", false);
    ground.fuse("h2", false);
    let uname = "cd /home/builder && mkdir bin && printf '#!/bin/sh\\necho Minix m68k\\n' > bin/uname && \
                 chmod 755 bin/uname && echo 'PATH=/home/builder/bin:$PATH' > .bashrc";
    ground.exec("h3", &["sh", "-c", uname]);
    ground.shell("h3", "bash");
    let space = Space::new();
    let recipe = "@if test -e undeclared; then echo whole; else echo declared; fi >> $@";
    let both = format!("all: x y\n.DIST: x\nx y:; {recipe}\n");
    space.write("Makefile", both).write("undeclared", "");
    let reasons = [
        ("h1", "namespaces of users ("),
        ("h2", "FUSE: /dev/fuse is not open to this user ("),
        ("h3", "Minix m68k is not Linux "),
    ];
    for (host, why) in reasons {
        for name in ["x", "y"] {
            let _ = fs::remove_file(space.path(name));
        }
        let hosts = format!("{host} 2");
        let words = ["-j2", "-dD", "--explain", "--hosts", &hosts];
        let run = space.call(&words).env("HOME", ground.home()).run();
        let shown = run.shown();
        assert_eq!((run.ended, &run.err[..]), (Ended::Exit(0), ""), "{shown}");
        assert!(
            run.out.contains(&format!("{host}: no sandboxes: {why}")),
            "{shown}"
        );
        assert!(
            run.out.contains("'y' runs here: .DIST does not name it"),
            "{shown}"
        );
        assert_eq!(ran(&run, host), 1, "{shown}");
        assert_eq!(space.read("x").as_deref(), Some("declared\n"), "{shown}");
        assert_eq!(space.read("y").as_deref(), Some("whole\n"), "{shown}");
        // Who asks for sandboxes gets no other way.
        let hosts = format!("{host} 2 executor=mirror");
        let run = call(&space, &ground, &hosts, &["-B"]).run();
        let shown = run.shown();
        assert_eq!(run.ended, Ended::Exit(2), "{shown}");
        assert!(run.err.contains(&format!("make: {host}: {why}")), "{shown}");
        assert!(run.err.contains("no host is left to make"), "{shown}");
    }
}

#[test]
fn the_way_is_the_list_s_to_choose() {
    let Some(ground) = ground("workers::the_way", 1) else {
        return;
    };
    let space = Space::new();
    space.write(
        "Makefile",
        ".DIST: %\nx:; @test -e Makefile && echo tree || echo none\n",
    );
    for (way, told) in [("", "tree\n"), ("mirror", "tree\n"), ("staged", "none\n")] {
        let setting = if way.is_empty() {
            String::new()
        } else {
            format!(" executor={way}")
        };
        let run = call(&space, &ground, &format!("h1 2{setting}"), &["-s"]).run();
        run.is(0, told, "");
    }
}

#[test]
fn a_home_that_cannot_hold_the_worker_does_not_matter() {
    let Some(ground) = ground("workers::a_home_that_cannot", 1) else {
        return;
    };
    let space = Space::new();
    space
        .write("Makefile", "x:; @cat undeclared > $@\n")
        .write("undeclared", "text\n");
    let build = |complaint: &str| {
        let _ = fs::remove_file(space.path("x"));
        let run = call(&space, &ground, "h1 2", &["-dD", "--explain"]).run();
        let shown = run.shown();
        assert_eq!((run.ended, &run.err[..]), (Ended::Exit(0), ""), "{shown}");
        assert_eq!(ran(&run, "h1"), 1, "{shown}");
        assert_eq!(space.read("x").as_deref(), Some("text\n"), "{shown}");
        let is_said = run
            .out
            .lines()
            .any(|line| line.starts_with("h1: /home/builder"));
        assert_eq!(is_said, !complaint.is_empty(), "{shown}");
        assert!(run.out.contains(complaint), "{shown}");
        is_clean(&ground, "h1", &shown);
    };
    let sh = |text: &str| drop(ground.exec("h1", &["sh", "-ec", text]));
    let mount = "mkdir -p /home/builder/.cache; chown builder /home/builder/.cache; \
                 mount -t tmpfs -o uid=4711,mode=700,";
    sh(&format!("{mount}size=1m x /home/builder/.cache"));
    build("h1: /home/builder/.cache/rmake cannot be written (full?); the worker goes to /tmp");
    sh("umount /home/builder/.cache");
    sh(&format!("{mount}noexec x /home/builder/.cache"));
    build(
        "h1: /home/builder/.cache/rmake does not let the worker run (mounted noexec?); the worker goes to /tmp",
    );
    sh("umount /home/builder/.cache");
    sh(&format!("{mount}ro x /home/builder/.cache"));
    build("h1: /home/builder/.cache/rmake cannot be written (full?); the worker goes to /tmp");
    sh("umount /home/builder/.cache");
    build("");
    // One that is not whole is put there anew, whatever is wrong with it.
    let mut known = workers(&ground, "h1");
    for spoil in [
        "truncate -s -1 worker-*",
        "printf x | dd of=$(ls worker-*) bs=1 seek=5000 conv=notrunc",
        "chmod 0 worker-*",
    ] {
        sh(&format!("cd /home/builder/.cache/rmake && {spoil}"));
        build("");
        let after = workers(&ground, "h1");
        // The new one is written while the last one is there; an inode from before that one may come again.
        assert_ne!(known, after);
        assert_eq!(after.lines().count(), 1, "{after}");
        known = after;
    }
}

/// Builds three objects one after the other; the second once the host has been asked about its system.
fn build_in_steps(space: &Space, ground: &Ground, between: impl FnOnce()) -> String {
    for name in ["a.o", "b.o", "c.o", "go"] {
        let _ = fs::remove_file(space.path(name));
    }
    let running = call(space, ground, "h1 1", &["-dD"]).start();
    let begun = Instant::now();
    let said = || fs::read_to_string(space.root().join("out")).unwrap_or_default();
    let has_asked = || is_same(&said()) || said().contains(OTHER);
    while has_lists() && !has_asked() && begun.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
    }
    between();
    space.write("go", "");
    let run = running.finish();
    let shown = run.shown();
    assert_eq!((run.ended, &run.err[..]), (Ended::Exit(0), ""), "{shown}");
    is_clean(ground, "h1", &shown);
    run.out
}

const OTHER: &str = " is another one there: it is shown from here\n";

fn is_same(out: &str) -> bool {
    let end = " is the same there for 'gcc'";
    let is_told = |line: &str| line.starts_with("h1: /usr") && line.ends_with(end);
    out.lines().any(is_told)
}

fn has_lists() -> bool {
    Path::new("/var/lib/dpkg/info").exists()
}

#[test]
fn the_system_of_a_host_is_used_only_where_it_is_the_same() {
    let Some(ground) = ground("workers::the_system", 1) else {
        return;
    };
    let space = Space::new();
    let makefile = "\
all: a.o b.o c.o
%.o: %.c ; gcc -c $< -o $@
b.o: pause
c.o: b.o
.LOCAL: pause
pause: a.o ; @until test -e go; do sleep 0.1; done
";
    space.write("Makefile", makefile);
    for name in ["a", "b", "c"] {
        let text = format!("#include <stdio.h>\nint {name} = BUFSIZ;\n");
        space.write(format!("{name}.c"), text).write("go", "");
    }
    let objects = || ["a", "b", "c"].map(|name| fs::read(space.path(format!("{name}.o"))).unwrap());
    space.run(&["-s"]);
    let wanted = objects();
    let out = build_in_steps(&space, &ground, || {});
    assert!(objects() == wanted, "other objects: {out}");
    assert_eq!(is_same(&out), has_lists(), "{out}");
    let sh = |text: &str| drop(ground.exec("h1", &["sh", "-ec", text]));
    // In turn: a header of the same length, one more that shadows it, none at all, other packages.
    let changed =
        "f=/usr/include/stdio.h; sed 's/ 8192/ 8193/' $f > /run/other; mount --bind /run/other $f";
    let shadow =
        "mount -t tmpfs x /usr/local/include; echo '#define BUFSIZ 1' > /usr/local/include/stdio.h";
    let ways = [
        (changed, "/usr/include/stdio.h"),
        (shadow, "/usr/local/include"),
        ("mount -t tmpfs x /usr/include", "/usr/include"),
        ("mount -t tmpfs x /var/lib/dpkg/info", "/var/lib/dpkg/info"),
    ];
    for (spoil, place) in ways {
        sh(spoil);
        let out = build_in_steps(&space, &ground, || {});
        assert!(objects() == wanted, "{spoil}: other objects: {out}");
        assert!(!is_same(&out), "{spoil}: {out}");
        assert_eq!(out.contains(OTHER), has_lists(), "{spoil}: {out}");
        sh(&format!("umount {place}"));
    }
    // A package is upgraded while the build runs.
    let out = build_in_steps(&space, &ground, || {
        sh(changed);
        std::thread::sleep(Duration::from_millis(2100));
    });
    assert!(objects() == wanted, "other objects: {out}");
    assert_eq!(is_same(&out), has_lists(), "{out}");
    sh("umount /usr/include/stdio.h");
}

/// Six targets that take a while, and what each has to be.
const SLOW: &str = "\
names = 1 2 3 4 5 6
all: $(names)
$(names): ; @echo half > $@; sleep 1.2; cat undeclared > $@
";

fn slow() -> Space {
    let space = Space::new();
    space.write("Makefile", SLOW).write("undeclared", "whole\n");
    space
}

/// Waits until so many recipes of `slow` run on each of these hosts.
fn until_running(ground: &Ground, hosts: &[&str], count: usize) {
    let begun = Instant::now();
    for host in hosts {
        loop {
            let text = "ps -eo args | grep -c '^sleep 1.2' || true";
            let seen = ground.exec(host, &["sh", "-c", text]);
            if seen.trim().parse() == Ok(count) {
                break;
            }
            let patience = Duration::from_secs(30);
            assert!(begun.elapsed() < patience, "{host}: {seen} run");
        }
    }
}

#[track_caller]
fn is_whole(space: &Space, run: &Run) {
    let shown = run.shown();
    assert_eq!(run.ended, Ended::Exit(0), "{shown}");
    for name in ["1", "2", "3", "4", "5", "6"] {
        assert_eq!(space.read(name).as_deref(), Some("whole\n"), "{shown}");
    }
}

const HOSTS_OF_TWO: &str = "h1 2, h2 2, h3 2";

/// Has recipes run on all hosts, so that the next ones begin at once.
fn warm_up(space: &Space, ground: &Ground) {
    let run = call(space, ground, HOSTS_OF_TWO, &[]).run();
    is_whole(space, &run);
    for name in ["1", "2", "3", "4", "5", "6"] {
        fs::remove_file(space.path(name)).unwrap();
    }
}

#[test]
fn jobs_of_a_worker_that_ends_run_elsewhere() {
    let Some(ground) = ground("workers::jobs_of_a_worker", 3) else {
        return;
    };
    let space = slow();
    warm_up(&space, &ground);
    let running = call(&space, &ground, HOSTS_OF_TWO, &["--explain"]).start();
    until_running(&ground, &HOSTS, 2);
    assert!(!space.has("1"), "nothing is seen before the end");
    ground.exec("h1", &["pkill", "-KILL", "^worker-"]);
    ground.kill_sshd("h2");
    let run = running.finish();
    is_whole(&space, &run);
    let shown = run.shown();
    let again = |host: &str| run.out.matches(&format!(" runs again: {host}: ")).count();
    assert_eq!(
        (again("h1"), again("h2"), again("h3")),
        (2, 2, 0),
        "{shown}"
    );
    assert!(
        run.err
            .contains("make: h1: it has ended; going on without it\n"),
        "{shown}"
    );
    assert!(run.err.contains("make: h2: connection lost: "), "{shown}");
    for host in HOSTS {
        is_clean(&ground, host, &shown);
    }
}

#[test]
fn a_worker_that_is_silent_is_done_without() {
    let Some(ground) = ground("workers::a_worker_that_is_silent", 3) else {
        return;
    };
    let space = slow();
    warm_up(&space, &ground);
    let mut running = call(&space, &ground, HOSTS_OF_TWO, &["--explain"]).start();
    until_running(&ground, &HOSTS, 2);
    ground.exec("h1", &["pkill", "-STOP", "^worker-"]);
    ground.freeze("h2");
    let frozen = Instant::now();
    while !running.has_ended() && frozen.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(10));
    }
    // Four recipes more on a host for two, after three and a half seconds.
    let took = frozen.elapsed();
    ground.exec("h1", &["pkill", "-CONT", "^worker-"]);
    ground.thaw("h2");
    let run = running.finish();
    assert!(took < Duration::from_secs(10), "{took:?}: {}", run.shown());
    is_whole(&space, &run);
    for host in ["h1", "h2"] {
        let lost = format!("make: {host}: no sign of life for 3.5 s; going on without it\n");
        assert!(run.err.contains(&lost), "{}", run.shown());
    }
    for host in HOSTS {
        is_clean(&ground, host, &run.shown());
    }
}

#[test]
fn a_worker_without_its_rmake_ends_with_all_it_has_started() {
    let Some(ground) = ground("workers::a_worker_without", 3) else {
        return;
    };
    let space = slow();
    warm_up(&space, &ground);
    let running = call(&space, &ground, HOSTS_OF_TWO, &["--explain"]).start();
    until_running(&ground, &HOSTS, 2);
    // Its processes, not those of the connection.
    let left = || {
        let text = "ps -u builder -o args= | grep -v sshd; cat /proc/[0-9]*/mountinfo | grep -E 'fuse|overlay' | \
                    grep -v /dev/fuse; :";
        ground.exec("h1", &["sh", "-c", text])
    };
    assert!(left().contains("worker-"));
    ground.cut("h1");
    let cut = Instant::now();
    while !left().is_empty() {
        assert!(cut.elapsed() < Duration::from_secs(10), "left: {}", left());
        std::thread::sleep(Duration::from_millis(50));
    }
    let run = running.finish();
    is_whole(&space, &run);
    ground.join("h1");
    for host in HOSTS {
        is_clean(&ground, host, &run.shown());
    }

    // Nobody says good-bye.
    fs::remove_file(space.path("1")).unwrap();
    fs::remove_file(space.path("2")).unwrap();
    let running = call(&space, &ground, "h3 2", &[]).start();
    until_running(&ground, &["h3"], 2);
    for pid in space.processes() {
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
    let run = running.finish();
    is_clean(&ground, "h3", &run.shown());
    assert!(!space.has("1") && !space.has("2"));
}

/// Puts the programs where another worker is beside them.
pub fn with_worker(space: &Space, text: &str) -> std::path::PathBuf {
    let place = space.root().join("other");
    fs::create_dir(&place).unwrap();
    let beside = tools::under_test();
    for name in ["rmake", "rmake-session"] {
        tools::copy_program(&beside.with_file_name(name), &place.join(name));
    }
    fs::write(place.join("rmake-worker"), text).unwrap();
    let all = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.join("rmake-worker"), all).unwrap();
    place.join("rmake")
}

#[test]
fn another_worker_is_not_spoken_with() {
    let Some(ground) = ground("workers::another_worker", 1) else {
        return;
    };
    // It says of itself what its name says, and then something that is not expected.
    let begin =
        "#!/bin/sh\nd=${0##*/worker-}\n[ \"$1\" != --digest ] || { echo ${d%%.*}; exit; }\n";
    let table = [
        (
            r"printf '\007\0\0\0rmake\n\011'; cat >/dev/null",
            "it speaks version 9 of the protocol, this is version ",
        ),
        (
            r"printf '\007\0\0\0hello\n\011'; cat >/dev/null",
            "what answers is not rmake",
        ),
        ("echo rmake-worker: no mood >&2", "no mood"),
    ];
    for (does, told) in table {
        let space = Space::new();
        space.write(
            "Makefile",
            ".DIST: x\nx:; @test -e Makefile && echo tree || echo none\n",
        );
        let program = with_worker(&space, &format!("{begin}{does}\n"));
        let run = call(&space, &ground, "h1 2 executor=mirror", &["x"]);
        let run = run.program(&program).run();
        let shown = run.shown();
        assert_eq!(run.ended, Ended::Exit(2), "{shown}");
        assert!(run.err.contains(&format!(": h1: {told}")), "{shown}");
        is_clean(&ground, "h1", &shown);
    }
    // Where nothing else is asked for, recipes are staged.
    let space = Space::new();
    space.write(
        "Makefile",
        ".DIST: x\nx:; @test -e Makefile && echo tree || echo none\n",
    );
    let program = with_worker(&space, &format!("{begin}{}\n", table[0].0));
    let run = call(&space, &ground, "h1 2", &["x"])
        .program(&program)
        .run();
    assert_eq!(
        (run.ended, &run.out[..]),
        (Ended::Exit(0), "none\n"),
        "{}",
        run.shown()
    );
    assert!(
        run.err.contains(": h1: no sandboxes: it speaks version 9 "),
        "{}",
        run.shown()
    );
    is_clean(&ground, "h1", &run.shown());
}

#[test]
fn of_other_workers_the_last_used_stay() {
    let Some(ground) = ground("workers::of_other_workers", 1) else {
        return;
    };
    let space = Space::new();
    space.write("Makefile", "all: ; @echo made > $@\n");
    let older = "cd /home/builder && mkdir -p .cache/rmake && cd .cache/rmake && for i in 1 2 3 4 5 6; do \
                 touch -d 2020-01-0$i worker-000$i; done; touch worker-0 other; chown -R builder /home/builder/.cache";
    ground.exec("h1", &["sh", "-c", older]);
    for _ in 0..2 {
        let run = call(&space, &ground, "h1 2 executor=mirror", &["-B"]).run();
        assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    }
    let names = "cd /home/builder/.cache/rmake && ls | cut -c 1-11 | tr '\\n' ' '";
    let names = ground.exec("h1", &["sh", "-c", names]);
    let names: Vec<&str> = names.split_whitespace().collect();
    let stay = ["worker-0", "worker-0005", "worker-0006", "other"];
    assert!(stay.iter().all(|name| names.contains(name)), "{names:?}");
    // The one that ran, and the store.
    assert_eq!(names.len(), stay.len() + 2, "{names:?}");
}

#[test]
fn many_that_bring_a_worker_do_not_hinder_each_other() {
    let Some(ground) = ground("workers::many_that_bring", 1) else {
        return;
    };
    let spaces = [slow(), slow(), slow()];
    let start = |space| call(space, &ground, "h1 6", &[]).start();
    let running: Vec<_> = spaces.iter().map(start).collect();
    let runs: Vec<Run> = running.into_iter().map(|one| one.finish()).collect();
    for (space, run) in spaces.iter().zip(&runs) {
        is_whole(space, run);
        assert_eq!(run.err, "");
    }
    is_clean(&ground, "h1", "");
    assert_eq!(workers(&ground, "h1").lines().count(), 1);
}
