//! The worker as a whole: what is said to it and what it says.

use crate::bench;
use crate::client;
use crate::client::Client;
use rmake::store::digest::Digest;
use rmake::wire::message::Comparison;
use rmake::wire::message::LineEnd;
use rmake::wire::message::ToRmake;
use rmake::wire::message::ToWorker;
use rmake::wire::message::Trouble;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

#[test]
fn a_job_runs_elsewhere_and_all_of_it_comes_back() {
    Client::both("served::job", |client| {
        client.write("in", "hello\n");
        client.write("old", "old\n");
        client.write("sub/x", "x\n");
        let ran = client.run(
            "cat in; echo oops >&2; echo new > out; ln out hard; mkdir d; ln -s ../in d/l; rm -r sub; \
             chmod 600 old; touch in; mkdir /tmp/scratch; chmod 700 d",
        );
        assert_eq!(ran.ok(), "hello\n");
        assert_eq!(ran.errors, "oops\n");
        let expected = [
            "d: directory 700",
            "d/l: link to ../in",
            "hard: file 644 \"new\"",
            "in: file 644 \"hello\"",
            "old: file 600 \"old\"",
            "out: name of hard",
            "sub: removed",
        ];
        assert_eq!(ran.made(&client.dir), expected);
        assert!(!client.dir.join("out").exists());
        assert!(ran.ended.cpu > 0);
    });
}

#[test]
fn lines_run_in_order_until_one_fails() {
    Client::both("served::lines", |client| {
        let mut job = client.job("echo one > f; echo 1");
        job.lines.push(client::line("cat f; exit 3"));
        job.lines[1].ignore_errors = true;
        job.lines.push(client::line("kill -TERM $$"));
        job.lines.push(client::line("echo never"));
        let ran = client.run_job(job);
        assert_eq!(ran.output, "1\none\n");
        let killed = LineEnd::Killed {
            signal: 15,
            has_core: false,
        };
        assert_eq!(ran.ends, [LineEnd::Exited(0), LineEnd::Exited(3), killed]);
        assert_eq!(ran.ended.trouble, None);
        let mut job = client.job("");
        job.lines[0].words = vec!["no-such-program".into()];
        assert_eq!(client.run_job(job).ends, [LineEnd::NotExecuted(2)]);
    });
}

#[test]
fn a_compile_with_undeclared_headers_gives_the_same_object() {
    Client::both("served::compile", |client| {
        client.write("inc/b.h", "#define N 3\n");
        client.write("a.h", "#include \"inc/b.h\"\n");
        client.write(
            "x.c",
            "#include <stdio.h>\n#include \"a.h\"\nint f(void) { return printf(\"%d\", N); }\n",
        );
        let command = "gcc -g -O1 -c x.c -o x.o";
        let ran = client.run(command);
        ran.ok();
        let status = Command::new("sh")
            .args(["-c", command])
            .current_dir(&client.dir)
            .status();
        assert!(status.unwrap().success());
        let local = fs::read(client.dir.join("x.o")).unwrap();
        assert_eq!(ran.content("x.o"), local);
        let opened: Vec<_> = ran
            .ended
            .trace
            .opened
            .iter()
            .map(ToString::to_string)
            .collect();
        let header = client.dir.join("inc/b.h").display().to_string();
        assert!(opened.contains(&header), "{opened:?}");
        fs::remove_file(client.dir.join("x.o")).unwrap();
        // Once warm nothing is asked: neither for a directory nor for a content.
        client.take_asked();
        let ran = client.run(command);
        assert_eq!(ran.content("x.o"), local);
        let asked = client.take_asked();
        assert!(
            asked.lists.is_empty() && asked.fetches.is_empty(),
            "{asked:?}"
        );
    });
}

#[test]
fn what_rmake_tells_of_changes_is_what_the_next_job_sees() {
    Client::both("served::changes", |client| {
        client.write("file", "one\n");
        assert_eq!(
            client.run("cat file; test -e new || echo none").ok(),
            "one\nnone\n"
        );
        client.write("file", "two, and longer\n");
        client.write("new", "new\n");
        // Nothing was told.
        assert_eq!(client.run("test -e new || echo none").ok(), "none\n");
        client.tell_again();
        client.take_asked();
        assert_eq!(client.run("cat file new").ok(), "two, and longer\nnew\n");
        assert_eq!(client.take_asked().fetches.len(), 2);
        // A version that is not there any more is found out, and the job does not count.
        client.write("file", "three\n");
        client.tell_again();
        client.write("file", "four four\n");
        let ran = client.run("cat file");
        let expected = Trouble::Changed(client::relative(&client.dir.join("file")));
        assert_eq!(ran.ended.trouble, Some(expected));
    });
}

#[test]
fn a_result_is_an_input_that_need_not_come() {
    Client::both("served::result", |client| {
        let ran = client.run("head -c 300000 /dev/urandom > big; echo done");
        assert_eq!(ran.ok(), "done\n");
        fs::write(client.dir.join("big"), ran.content("big")).unwrap();
        bench::give_to_user(&client.dir.join("big"));
        client.tell_content("big");
        client.take_asked();
        let ran = client.run("cksum < big");
        let fetched = client.take_asked().fetches;
        assert!(
            !fetched.iter().any(|path| path.ends_with("/big")),
            "{fetched:?}"
        );
        let local = Command::new("sh")
            .args(["-c", "cksum < big"])
            .current_dir(&client.dir)
            .output();
        assert_eq!(ran.ok().as_bytes(), local.unwrap().stdout);
    });
}

#[test]
fn much_output_and_large_files_flow() {
    Client::both("served::flow", |client| {
        let ran = client.run("yes | head -c 3000000; head -c 5000000 /dev/zero > zeros; (cat zeros; echo end) > most");
        assert_eq!(ran.ok().len(), 3_000_000);
        let most = ran.made(&client.dir);
        assert_eq!(most, ["most: file 644 5000004", "zeros: file 644 5000000"]);
    });
}

#[test]
fn a_bound_tree_is_compared_before_it_is_used() {
    Client::both("served::bound", |client| {
        let usr = |name: &str| client::relative(Path::new("/usr").join(name).as_path());
        let mut file = fs::File::open("/usr/bin/env").unwrap();
        let (digest, size) = Digest::of_file(&mut file).unwrap();
        let mut comparison = Comparison {
            files: vec![(usr("bin/env"), size, digest)],
            directories: Vec::new(),
            missing: vec![usr("no/such/file")],
        };
        client.say(&ToWorker::Compare(comparison.clone()));
        assert_eq!(client.next(), ToRmake::Compared(None));
        comparison.missing.push(usr("bin"));
        client.say(&ToWorker::Compare(comparison));
        assert_eq!(client.next(), ToRmake::Compared(Some(usr("bin"))));
        let mut job = client.job("ls /usr > /dev/null && cat /etc/hostname > /dev/null; echo ok");
        job.bound = client.setup().bindable;
        let ran = client.run_job(job);
        assert_eq!(ran.ok(), "ok\n");
        let mut names = ran
            .ended
            .trace
            .found
            .iter()
            .map(|(path, _)| path.to_string());
        assert!(!names.any(|name| name.starts_with("/usr/")));
        let mut job = client.job("true");
        job.bound = vec![client::relative(&client.dir)];
        let trouble = client.run_job(job).ended.trouble;
        assert!(matches!(trouble, Some(Trouble::Sandbox(_))), "{trouble:?}");
    });
}

#[test]
fn a_signal_ends_a_job() {
    Client::both("served::signal", |client| {
        let job = client.job("echo ready; sleep 100");
        let number = job.number;
        client.say(&ToWorker::Job(Box::new(job)));
        while !matches!(client.next(), ToRmake::Output { .. }) {}
        let begun = Instant::now();
        client.say(&ToWorker::Signal {
            job: number,
            signal: 9,
        });
        let ran = client.hear_job();
        let killed = LineEnd::Killed {
            signal: 9,
            has_core: false,
        };
        assert_eq!(ran.ends, [killed]);
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(client.run("echo still here").ok(), "still here\n");
    });
}

#[test]
fn a_full_room_is_no_failure_of_the_recipe() {
    Client::both("served::room", |client| {
        let ran = client.run("head -c 300000000 /dev/zero > big");
        assert_eq!(ran.ended.trouble, Some(Trouble::NoSpace));
        assert_eq!(
            client.run("echo x > small").made(&client.dir),
            ["small: file 644 \"x\""]
        );
    });
}

#[test]
fn two_jobs_run_at_once_and_a_third_is_refused() {
    Client::both("served::slots", |client| {
        for _ in 0..3 {
            let job = client.job("sleep 1");
            client.say(&ToWorker::Job(Box::new(job)));
        }
        let mut troubles = Vec::new();
        while troubles.len() < 3 {
            if let ToRmake::Ended(ended) = client.next() {
                troubles.push(ended.trouble.is_some());
            }
        }
        assert_eq!(troubles, [true, false, false]);
    });
}

#[test]
fn a_worker_that_is_killed_leaves_nothing() {
    Client::both("served::killed", |client| {
        let mark = format!("sleep 31{}", std::process::id());
        let job = client.job(&mark);
        client.say(&ToWorker::Job(Box::new(job)));
        while !matches!(client.next(), ToRmake::Began(_)) {}
        let is_there = || {
            let found = Command::new("pgrep").args(["-f", &mark]).output().unwrap();
            !found.stdout.is_empty()
        };
        wait_until(&is_there);
        client.child.kill().unwrap();
        wait_until(&|| !is_there());
        *client = Client::start("served::killed", false).unwrap();
    });
}

#[test]
fn without_the_process_that_starts_jobs_the_worker_ends() {
    for generations in [1, 2] {
        let Some(mut client) = Client::start("served::zygote", false) else {
            return;
        };
        let job = client.job("sleep 100");
        client.say(&ToWorker::Job(Box::new(job)));
        while !matches!(client.next(), ToRmake::Began(_)) {}
        // The process itself, and the one before it that waits for it.
        let mut pid = client.child.id().to_string();
        for _ in 0..generations {
            let found = Command::new("pgrep").args(["-P", &pid]).output().unwrap();
            pid = String::from_utf8(found.stdout).unwrap().trim().to_owned();
        }
        let killed = Command::new("kill").args(["-9", &pid]).status().unwrap();
        assert!(killed.success());
        let begun = Instant::now();
        assert_eq!(client.child.wait().unwrap().code(), Some(2));
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn a_host_without_fuse_is_told_of() {
    if !nix::unistd::geteuid().is_root() {
        return bench::skip("served::without_fuse", "not root");
    }
    let said = |device: &str| {
        let mut client = Client::spawn_with(true, device).unwrap();
        client.say_hello();
        client.say(&ToWorker::Setup(client.setup()));
        let said = client.next();
        client.child.kill().unwrap();
        match said {
            ToRmake::Unable { missing, hint } => (missing.to_string(), hint.to_string()),
            other => panic!("{other:?}"),
        }
    };
    let (missing, hint) = said("rm /dev/fuse");
    assert!(
        missing.starts_with("FUSE: there is no /dev/fuse (step "),
        "{missing}"
    );
    assert_eq!(hint, "load the kernel's module fuse");
    let (missing, hint) = said("chmod 600 /dev/fuse");
    assert!(
        missing.starts_with("FUSE: /dev/fuse is not open to this user"),
        "{missing}"
    );
    assert!(hint.starts_with("chmod 666"), "{hint}");
}

fn wait_until(condition: &dyn Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !condition() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nonsense_ends_the_conversation() {
    let says = |bytes: &[u8]| {
        let mut client = Client::spawn(false).unwrap();
        client.write_raw(bytes);
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = client.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "{bytes:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    assert_eq!(says(b"SSH-2.0-OpenSSH_9.2\r\n"), Some(2));
    assert_eq!(says(b"\x07\0\0\0rmake\n\x09"), Some(2));
    // A good hello, then a frame that is too long, a job before the setup, noise.
    let hello = b"\x07\0\0\0rmake\n\x01";
    let after = |bytes: &[u8]| says(&[&hello[..], bytes].concat());
    assert_eq!(after(b"\xff\xff\xff\xff"), Some(2));
    assert_eq!(after(b"\x03\0\0\0\x03\x00\x01"), Some(2));
    assert_eq!(after(b"\x05\0\0\0\xff\xff\xff\xff\xff"), Some(2));
    // Silence: rmake is dead.
    assert_eq!(says(b""), Some(2));
}
