//! What recipes may rely on in a sandbox: each with a script that a shell runs there, as root and as an ordinary user.

use crate::bench;
use crate::bench::Bench;
use crate::bench::Ran;
use nix::sys::signal::Signal;
use rmake::sandbox::order::End;
use rmake::sandbox::plan::Manner;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// Runs a script; it must succeed and write just this.
#[track_caller]
fn check(bench: &Bench, script: &str, output: &str, written: &[&str]) -> Ran {
    let ran = bench.run(script);
    assert_eq!(ran.ok(), output, "{script}");
    assert_eq!(ran.written, written, "{script}");
    ran
}

#[test]
fn what_is_written_is_found_and_stays_in_the_sandbox() {
    bench::in_both_manners("semantics::written", |bench| {
        bench.write("in", "hello\n");
        check(
            bench,
            "cat in; echo new > out; mkdir d; ln -s ../in d/l; ln out d/hard; chmod 751 d",
            "hello\n",
            &[
                "d: directory 751",
                "d/hard: file 644 4 \"new\"",
                "d/l: link to ../in",
                "out: name of hard",
            ],
        );
        assert!(!bench.path("out").exists());
    });
}

#[test]
fn what_is_there_can_be_changed_moved_and_removed() {
    bench::in_both_manners("semantics::changed", |bench| {
        for name in [
            "append",
            "chmod",
            "gone",
            "moved",
            "sub/deep/a",
            "sub/b",
            "emptied/x",
        ] {
            bench.write(name, "old\n");
        }
        symlink("append", bench.path("link")).unwrap();
        check(
            bench,
            "echo more >> append; chmod 600 chmod; rm gone; mv moved to; rm -r sub; rm emptied/x;
             cat link; ls emptied; test ! -e sub && test ! -e gone && test ! -e moved && cat to",
            "old\nmore\nold\n",
            &[
                "append: file 644 9 \"old\\nmore\"",
                "chmod: file 600 4 \"old\"",
                "emptied: directory 755",
                "emptied/x: gone",
                "gone: gone",
                "moved: gone",
                "sub: gone",
                "to: file 644 4 \"old\"",
            ],
        );
        check(
            bench,
            "rm -rf sub; mkdir sub; echo x > sub/new; ls sub",
            "new\n",
            &["sub: directory 755 opaque", "sub/new: file 644 2 \"x\""],
        );
    });
}

#[test]
fn a_directory_of_the_mirror_cannot_be_renamed_in_place() {
    bench::in_both_manners("semantics::rename", |bench| {
        bench.write("dir/file", "old\n");
        // rename(2) says EXDEV; mv(1) copies then.
        let ran = bench.run("perl -e 'rename(\"dir\", \"other\") or print $!+0'");
        assert_eq!(ran.ok(), "18");
        let ran = bench.run("mv dir other; cat other/file; mkdir n; mv n m; test -d m");
        assert_eq!(ran.ok(), "old\n");
    });
}

#[test]
fn attributes_are_those_of_home() {
    bench::in_both_manners("semantics::attributes", |bench| {
        bench.write("file", "12345");
        bench.write("run", "#!/bin/sh\necho ran\n");
        fs::set_permissions(bench.path("run"), fs::Permissions::from_mode(0o755)).unwrap();
        let touched = std::process::Command::new("touch")
            .args(["-d", "2001-02-03 04:05:06.123456789 UTC", "file"])
            .current_dir(&bench.dir)
            .status();
        assert!(touched.unwrap().success());
        let ran = bench.run(
            "stat -c '%s %a %u %g' file; TZ=UTC0 stat -c %y file; ./run; id -u; id -g; hostname; umask",
        );
        let expected =
            "5 644 1000 1000\n2001-02-03 04:05:06.123456789 +0000\nran\n1000\n1000\nhome\n0022\n";
        assert_eq!(ran.ok(), expected);
        // Copying up keeps the inode and the time.
        let ran = bench.run(
            "a=`stat -c '%i %y' file`; chmod 600 file; b=`stat -c '%i %y' file`; test \"$a\" = \"$b\"",
        );
        ran.ok();
    });
}

#[test]
fn files_of_all_kinds_work() {
    bench::in_both_manners("semantics::kinds", |bench| {
        bench.write("locked", "");
        let script = r#"
            set -e
            mkfifo p; (echo through > p &) ; cat p
            truncate -s 1G sparse; du -k sparse | cut -f1; stat -c %s sparse; rm sparse
            exec 9>locked; flock 9; flock -n locked true || echo locked
            perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un("sock")) or die $!; print "bound\n"'
            perl -e 'open(F, "+>", "f"); unlink "f"; print F "x"; seek F,0,0; print <F>, "\n"'
            echo x > /dev/null; echo x > /dev/shm/x; echo x > /tmp/only-here
            test -c /dev/tty && test -r /proc/self/status && ls /proc | grep -c '^[0-9]' > /dev/null
        "#;
        let ran = bench.run(script);
        assert_eq!(ran.ok(), "through\n0\n1073741824\nlocked\nbound\nx\n");
        assert_eq!(
            ran.written,
            ["locked: file 644 0 \"\"", "p: special", "sock: special"]
        );
        assert!(!fs::exists("/tmp/only-here").unwrap() && !fs::exists("/dev/shm/x").unwrap());
    });
}

#[test]
fn the_system_is_the_one_of_home() {
    bench::in_both_manners("semantics::system", |bench| {
        let ran = bench.run(
            "getent passwd root | cut -d: -f1; test -d /usr/bin; unshare -r true 2>&1; df / > /dev/null; \
             perl -MPOSIX -e 'print ttyname(0) || \"no terminal\", \"\\n\"'",
        );
        assert_eq!(ran.ok(), "root\nno terminal\n");
        // What belongs to root at home is not for a recipe to write.
        let ran = bench.run("(echo x > /etc/rmake-test) 2>/dev/null || echo refused");
        match ran.output.as_str() {
            "refused\n" => {}
            // A user alone in its namespace owns what it sees there; rmake refuses to commit it.
            other => assert_eq!(other, ""),
        }
        assert!(!fs::exists("/etc/rmake-test").unwrap());
    });
}

#[test]
fn a_bound_tree_is_this_machine_s_own_and_read_only() {
    for manner in [Manner::Privileged, Manner::Unprivileged] {
        let test = "semantics::bound";
        let Some(bench) = Bench::with(test, manner, 1, &["/usr"]) else {
            continue;
        };
        let ran =
            bench.run("touch /usr/rmake-test 2>/dev/null || echo refused; ls /usr > /dev/null");
        assert_eq!(ran.ok(), "refused\n");
        let asked = ran.seen.trace.found.iter();
        let within = asked.filter(|(path, _)| path.to_string().starts_with("/usr/"));
        assert_eq!(within.count(), 0);
    }
}

#[test]
fn how_a_command_ends_is_told() {
    bench::in_both_manners("semantics::ends", |bench| {
        assert_eq!(bench.run("exit 7").ends, [End::Exited(7)]);
        let killed = |signal: Signal| [End::Killed(signal as i32, false)];
        assert_eq!(bench.run("kill -TERM $$").ends, killed(Signal::SIGTERM));
        assert_eq!(bench.run("kill -KILL $$").ends, killed(Signal::SIGKILL));
    });
}

#[test]
fn a_signal_reaches_the_command() {
    bench::in_both_manners("semantics::signals", |bench| {
        let job = bench.start(
            0,
            "trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.01; done",
        );
        let begun = Instant::now();
        job.wait_for_line();
        bench
            .zygote
            .signal(job.number, Signal::SIGTERM as i32)
            .unwrap();
        let ran = bench.finish(job);
        assert_eq!(
            (ran.ends, &ran.output[..]),
            (vec![End::Exited(3)], "caught\n")
        );
        let job = bench.start(0, "trap '' TERM; echo ready; sleep 100 & wait; sleep 100");
        job.wait_for_line();
        bench
            .zygote
            .signal(job.number, Signal::SIGKILL as i32)
            .unwrap();
        let ran = bench.finish(job);
        assert!(ran.ends.is_empty());
        assert!(begun.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn what_a_recipe_leaves_running_ends_with_it() {
    bench::in_both_manners("semantics::daemons", |bench| {
        let ran =
            bench.run("(setsid sh -c 'sleep 1; echo late > late' >/dev/null 2>&1 &) ; echo $$");
        let first = ran.ok().to_owned();
        assert!(ran.written.is_empty());
        thread::sleep(Duration::from_millis(1200));
        let ran = bench.run("test ! -e late; echo $$");
        assert!(ran.written.is_empty());
        // Numbers differ, lest temporary files of two jobs have one name.
        assert_ne!(ran.ok(), first);
    });
}

#[test]
fn jobs_follow_each_other_in_one_namespace_until_one_leaves_something() {
    bench::in_both_manners("semantics::first", |bench| {
        let place = |script: &str| {
            // When the first process began, in hundredths of a second.
            let ran = bench.run(&format!(
                "{script}\nsleep 0.02; cut -d' ' -f22 /proc/1/stat"
            ));
            let output = ran.ok().trim_end().to_owned();
            assert_eq!(output.lines().count(), 1, "{output}");
            output
        };
        let nothing =
            "ls /dev/shm; ipcs | grep 0x; test ! -e left -a ! -e /tmp/only-left || echo there";
        let mut here = place(nothing);
        for script in [
            "echo x > left",
            "echo x > /tmp/only-left",
            "cat /dev/null | cat",
        ] {
            assert_eq!(place(script), here, "{script}");
        }
        for script in [
            "echo x > /dev/shm/left",
            "echo x > /dev/shm/left; rm /dev/shm/left",
            "mkdir /dev/shm/left",
            "sleep 100 > /dev/null 2>&1 &",
            "ipcmk -M 100 > /dev/null",
            "ipcmk -Q > /dev/null",
            "ipcmk -S 1 > /dev/null",
        ] {
            assert_eq!(place(script), here, "{script}");
            let next = place(nothing);
            assert_ne!(next, here, "{script}");
            here = next;
        }
        let job = bench.start(
            0,
            "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done",
        );
        job.wait_for_line();
        let signal = Signal::SIGTERM as i32;
        bench.zygote.signal(job.number, signal).unwrap();
        bench.finish(job).ok();
        assert_ne!(place(nothing), here);
    });
}

#[test]
fn mounts_of_a_job_are_not_those_of_the_next_one() {
    let manner = Manner::Privileged;
    let Some(bench) = Bench::new("semantics::mounts", manner, 1) else {
        return;
    };
    for change in [
        "mount -t tmpfs none /tmp",
        "mount --bind /etc /sys",
        "mount -t tmpfs none /proc && umount /proc",
        "umount -l /sys",
        "mount -o remount,hidepid=2 /proc",
    ] {
        let mounts = || bench.run_privileged("cut -d' ' -f5- /proc/self/mountinfo | grep -v '^/ '");
        let before = mounts().ok().to_owned();
        assert!(
            before.contains(" /sys ") || before.contains("/sys "),
            "{before}"
        );
        assert_eq!(bench.run_privileged(change).ok(), "");
        assert_eq!(mounts().ok(), before, "{change}");
    }
}

#[test]
fn the_name_of_the_host_is_that_of_home_again() {
    let Some(bench) = Bench::new("semantics::names", Manner::Privileged, 1) else {
        return;
    };
    for change in ["hostname another", "domainname another"] {
        let names = || bench.run_privileged("hostname; domainname");
        let before = names().ok().to_owned();
        bench.run_privileged(change).ok();
        assert_eq!(names().ok(), before, "{change}");
    }
}

#[test]
fn a_lock_on_a_file_that_others_may_open_is_noticed() {
    bench::in_both_manners("semantics::locks", |bench| {
        bench.write("there", "1");
        let locked = |script: &str| bench.run(script).locked.unwrap_or_default();
        let path = |name: &str| bench.path(name).to_str().unwrap().to_owned();
        assert_eq!(locked("cat there > copy; exec 5> new; echo x >&5"), "");
        assert_eq!(locked("flock there true; flock new true"), path("there"));
        assert_eq!(locked("flock -s new true"), path("new"));
        assert_eq!(locked("flock /tmp/lock true"), "/tmp/lock");
        let script = |call: &str| {
            format!("python3 -c 'import fcntl, tempfile; f = open(\"there\", \"r+\"); {call}'")
        };
        let call = "fcntl.lockf(f, fcntl.LOCK_EX)";
        assert_eq!(locked(&script(call)), path("there"));
        // Nobody else can open what has no name.
        let call = "fcntl.flock(tempfile.TemporaryFile(), fcntl.LOCK_EX)";
        assert_eq!(locked(&script(call)), "");
        assert_eq!(locked(&script("fcntl.fcntl(f, fcntl.F_GETFD)")), "");
        // The lock is granted.
        let ran = bench.run("flock new sh -c 'echo got; ! flock -n new true && echo held'");
        assert_eq!(ran.ok(), "got\nheld\n");
    });
}

#[test]
fn slots_do_not_see_each_other() {
    bench::in_both_manners("semantics::slots", |bench| {
        let script = "echo $$ > /tmp/mine; for i in 1 2 3 4 5; do sleep 0.05; cat /tmp/mine; done";
        let jobs = [bench.start(0, script), bench.start(1, script)];
        let outputs = jobs.map(|job| bench.finish(job).ok().to_owned());
        for output in &outputs {
            let mut lines: Vec<_> = output.lines().collect();
            lines.dedup();
            assert_eq!(lines.len(), 1, "{outputs:?}");
        }
        assert_ne!(outputs[0], outputs[1]);
    });
}

#[test]
fn a_step_that_fails_is_named() {
    bench::in_both_manners("semantics::failing", |bench| {
        fs::remove_dir(&bench.dir).unwrap();
        let ran = bench.run("true");
        let failure = ran.failure.unwrap();
        assert!(
            failure.contains("enter ") && failure.ends_with("No such file or directory"),
            "{failure}"
        );
    });
}

#[test]
fn two_hundred_sandboxes_leave_nothing() {
    bench::in_both_manners("semantics::many", |bench| {
        let count = |what: &str| fs::read_dir(what).unwrap().count();
        bench.run("true").ok();
        let before = (count("/proc/self/fd"), mounts());
        for _ in 0..100 {
            let jobs = [
                bench.start(0, "echo x > out"),
                bench.start(1, "cat /dev/null"),
            ];
            for job in jobs {
                bench.finish(job).ok();
            }
        }
        assert_eq!(mounts(), before.1);
        let after = count("/proc/self/fd");
        // Other tests of this process come and go.
        assert!(
            after < before.0 + 60,
            "{after} descriptors, {before:?} before"
        );
    });
}

fn mounts() -> usize {
    fs::read_to_string("/proc/self/mounts")
        .unwrap()
        .lines()
        .count()
}
