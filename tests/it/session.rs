//! One session for a whole tree of makes: its program, who shares it, and what becomes of a build that loses it.
//! It does not know how the hosts are made: `ground` does.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::ground::Ground;
use crate::space::Ended;
use crate::space::Space;
use crate::tools;

/// Writes when it began and ended, where, and how many connections its host has to the user's machine (proc(5): the port
/// of sshd, the state of being established).
const RECIPE: &str = "\
\t@b=$$(date +%s%N); sleep 0.4; uname -n > $@; echo $$b $$(date +%s%N) >> $@; \\
\tgrep -c '^ *[0-9]*: [0-9A-F]*:08AE [0-9A-F:]* 01 ' /proc/net/tcp >> $@ || true
";

/// What such a recipe has written.
struct Ran {
    host: String,
    times: [u64; 2],
    connections: u32,
}

fn ran(space: &Space, name: &str) -> Ran {
    let text = space.read(name).unwrap();
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap();
    Ran {
        host: word().to_owned(),
        times: [word().parse().unwrap(), word().parse().unwrap()],
        connections: word().parse().unwrap(),
    }
}

/// Returns the most recipes that ran on a host at the same time.
fn most_at_once(all: &[Ran], host: &str) -> usize {
    let there: Vec<_> = all.iter().filter(|ran| ran.host == host).collect();
    let at = |moment: u64| {
        let is_then = |ran: &&&Ran| ran.times[0] <= moment && moment < ran.times[1];
        there.iter().filter(is_then).count()
    };
    there.iter().map(|ran| at(ran.times[0])).max().unwrap_or(0)
}

/// Returns the session's programs among the processes of a space.
fn programs(space: &Space) -> Vec<i32> {
    let is_it = |pid: &i32| {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name == "rmake-session\n"
    };
    space.processes().into_iter().filter(is_it).collect()
}

/// A makefile with two sub-makes, one of which has a sub-make of its own; `.DIST` stands only in those.
fn tree(space: &Space, top: &str) -> Vec<String> {
    let targets = "x1 x2 x3 x4";
    let leaf = format!(".DIST:\nall: {targets}\n{targets}:\n{RECIPE}");
    let below = format!(
        "all: {targets} c\n.DIST: {targets}\n{targets}:\n{RECIPE}c:; @+$(MAKE) -C c\n.PHONY: c\n"
    );
    space
        .write("Makefile", top)
        .write("a/Makefile", &leaf)
        .write("b/Makefile", &below)
        .write("b/c/Makefile", &leaf);
    let directories = ["a", "b", "b/c"];
    let names = directories.iter().flat_map(|directory| {
        let names = targets.split(' ');
        names.map(move |name| format!("{directory}/{name}"))
    });
    names.collect()
}

const TOP: &str = "all: a b\na b:; @$(MAKE) -C $@\n.PHONY: a b\n";

#[test]
fn sub_makes_share_connections_and_slots() {
    let Some(ground) = Ground::up("session::sub_makes_share", 2) else {
        return;
    };
    ground.hosts_file(&[("h1", 2), ("h2", 1)]);
    for top in [TOP, &format!(".DIST: nothing\n{TOP}")] {
        let space = Space::new();
        let names = tree(&space, top);
        let call = space.call(&["-j12", "-s", "--dist=always"]);
        // --dist=always asks by itself: then the first make distributes, too.
        let call = match top == TOP {
            true => space.call(&["-j12", "-s"]),
            false => call,
        };
        let mut running = call.env("HOME", ground.home()).start();
        running.wait_for("a/x1");
        assert_eq!(programs(&space).len(), 1);
        let run = running.finish();
        run.is(0, "", "");
        let all: Vec<Ran> = names.iter().map(|name| ran(&space, name)).collect();
        for (host, slots) in [("h1", 2), ("h2", 1)] {
            assert_eq!(most_at_once(&all, host), slots, "{host}");
        }
        // The kernel's list may miss a connection while others come and go.
        let there = |ran: &&Ran| ["h1", "h2"].contains(&ran.host.as_str());
        let connections = all.iter().filter(there).map(|ran| ran.connections).max();
        assert_eq!(connections, Some(1));
    }
}

#[test]
fn gnu_make_below_is_unharmed() {
    let Some(ground) = Ground::up("session::gnu_make_below", 1) else {
        return;
    };
    let Some(gnu) = tools::find("make") else {
        return tools::skip("session::gnu_make_below", "no make in PATH");
    };
    ground.hosts_file(&[("h1", 2)]);
    let space = Space::new();
    let top = format!(
        "all: far near\n.DIST: far\nfar:; @uname -n > $@\nnear:; @+{} -C below\n",
        gnu.display()
    );
    space.write("Makefile", top).write(
        "below/Makefile",
        ".DIST: x\nall: x\nx:; @echo here > $@; echo $(MAKEFLAGS) | grep -c rmake || true\n",
    );
    let run = space
        .call(&["-j2", "--jobserver-style=pipe"])
        .env("HOME", ground.home())
        .run();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert_eq!(run.err, "");
    assert!(run.out.contains("\n0\n"), "{}", run.shown());
    assert_eq!(space.read("far").as_deref(), Some("h1\n"));
    assert_eq!(space.read("below/x").as_deref(), Some("here\n"));
}

#[test]
fn a_build_that_loses_its_session_goes_on_here() {
    let Some(ground) = Ground::up("session::a_build_that_loses", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 3)]);
    let space = Space::new();
    space.write(
        "Makefile",
        ".DIST: %\nall: a b c d\na b c d:; @echo $@; sleep 0.5; echo $@ > $@\nd: a\n",
    );
    let running = space.call(&["-j3"]).env("HOME", ground.home()).start();
    let begun = Instant::now();
    let sleeps = || {
        ground.exec(
            "h1",
            &["sh", "-c", "ps -eo args | grep -c '^sleep 0.5' || true"],
        )
    };
    while !sleeps().starts_with('3') {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never began");
    }
    for pid in programs(&space) {
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    }
    let run = running.finish();
    assert_eq!(run.ended, Ended::Exit(0), "{}", run.shown());
    assert_eq!(
        run.err,
        "make: rmake-session has ended; going on without other machines\n"
    );
    // What had been said there is said again here.
    let lines: BTreeSet<&str> = run.out.lines().collect();
    assert_eq!(lines, BTreeSet::from(["a", "b", "c", "d"]));
    assert!(run.temporary_files.is_empty());
    for name in ["a", "b", "c", "d"] {
        assert_eq!(space.read(name), Some(format!("{name}\n")));
    }
}

#[test]
fn nothing_is_left_of_a_build_that_is_killed() {
    let Some(ground) = Ground::up("session::nothing_is_left", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 3)]);
    let space = Space::new();
    space.write("Makefile", ".DIST: %\nall: a b\na b:; @sleep 7777\n");
    let running = space.call(&["-j3"]).env("HOME", ground.home()).start();
    let count = ["sh", "-c", "ps -eo args | grep -c '^sleep 7777' || true"];
    let begun = Instant::now();
    while !ground.exec("h1", &count).starts_with('2') {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never began");
    }
    running.signal(Signal::SIGKILL);
    let sent = Instant::now();
    let is_ours = |name: &String| name.starts_with("rmake-");
    let left = || {
        let staging = ground.exec("h1", &["sh", "-c", "ls -d /tmp/make-* 2>/dev/null || true"]);
        let sleeps = ground.exec("h1", &count);
        (
            programs(&space).len(),
            staging,
            sleeps,
            space
                .temporary_files()
                .iter()
                .filter(|name| is_ours(name))
                .count(),
        )
    };
    while left() != (0, String::new(), "0\n".to_owned(), 0) {
        let left = left();
        assert!(sent.elapsed() < Duration::from_secs(3), "{left:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(running);
}

#[test]
fn a_stale_or_foreign_socket_is_no_session() {
    let Some(ground) = Ground::up("session::a_stale_or_foreign_socket", 1) else {
        return;
    };
    ground.hosts_file(&[("h1", 3)]);
    let space = Space::new();
    space.write("Makefile", ".DIST: %\na:; @uname -n > $@\n");
    let noise = std::os::unix::net::UnixListener::bind(space.path("noise")).unwrap();
    let answering = std::thread::spawn(move || {
        let (mut socket, _) = noise.accept().unwrap();
        std::io::Write::write_all(&mut socket, b"SSH-2.0-OpenSSH_9\r\n").unwrap();
    });
    for socket in ["no-such", "Makefile", "noise"] {
        let _ = fs::remove_file(space.path("a"));
        let call = space.call(&["-j3"]).env("HOME", ground.home());
        let run = call.env("RMAKE_SESSION", space.path(socket)).run();
        run.is(0, "", "");
        assert_eq!(space.read("a").as_deref(), Some("h1\n"), "{socket}");
    }
    answering.join().unwrap();
}

#[test]
fn who_starts_the_program_by_hand_is_told() {
    let program = env!("CARGO_BIN_EXE_rmake-session");
    let mut command = std::process::Command::new(program);
    let output = command
        .args(["--help"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "rmake-session: rmake starts this program; it is not meant for hands\n"
    );
}
