//! The mirror of a slot over several jobs: what is asked again, what is not, and what a job sees of changes.

use crate::bench;
use crate::bench::Bench;
use rmake::sandbox::plan::Manner;
use rmake::wire::path::RelPath;
use rmake::worker::mirror::server::Requests;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

fn names<'a>(paths: impl Iterator<Item = &'a RelPath>, dir: &Path) -> Vec<String> {
    let dir = format!("{}/", dir.display());
    let mut names: Vec<_> = paths
        .filter_map(|path| path.to_string().strip_prefix(&dir).map(str::to_owned))
        .collect();
    names.sort();
    names
}

#[test]
fn what_did_not_change_is_not_read_again() {
    bench::in_both_manners("mirror::kept", |bench| {
        bench.write("file", &"content\n".repeat(1 << 20));
        let first = bench.run("cksum < file");
        assert!(first.seen.requests.reads >= 8, "{:?}", first.seen.requests);
        for _ in 0..2 {
            let later = bench.run("cksum < file");
            assert_eq!(later.ok(), first.ok());
            // A library's page may come later than its first use.
            assert!(later.seen.requests.reads <= 4, "{:?}", later.seen.requests);
            let opened = names(later.seen.trace.opened.iter(), &bench.dir);
            assert_eq!(opened, ["file"]);
        }
    });
}

#[test]
fn what_changed_is_seen_by_the_next_job() {
    bench::in_both_manners("mirror::changed", |bench| {
        bench.write("file", "one\n");
        bench.write("dir", "file\n");
        bench.write("gone", "x\n");
        bench.write("a", "a\n");
        bench.write("b", "b\n");
        symlink("a", bench.path("link")).unwrap();
        let ran = bench.run("cat file dir gone link; test -e new || echo no");
        assert_eq!(ran.ok(), "one\nfile\nx\na\nno\n");
        // Equal in size and time, but another content.
        let modified = fs::metadata(bench.path("file"))
            .unwrap()
            .modified()
            .unwrap();
        fs::write(bench.path("file"), "two\n").unwrap();
        fs::File::options()
            .write(true)
            .open(bench.path("file"))
            .unwrap()
            .set_modified(modified)
            .unwrap();
        fs::remove_file(bench.path("dir")).unwrap();
        bench.write("dir/inner", "inner\n");
        fs::remove_file(bench.path("gone")).unwrap();
        fs::remove_file(bench.path("link")).unwrap();
        symlink("b", bench.path("link")).unwrap();
        bench.write("new", "new\n");
        let ran = bench.run("cat file dir/inner link new; test -e gone || echo gone");
        assert_eq!(ran.ok(), "two\ninner\nb\nnew\ngone\n");
    });
}

#[test]
fn every_job_of_a_slot_leaves_the_same_trace() {
    bench::in_both_manners("mirror::trace", |bench| {
        bench.write("d/x", "x\n");
        bench.write("d/y", "y\n");
        let script = "cat d/x; ls d; test -e d/z || test -d none/at/all || echo ok > out";
        let traces: Vec<_> = (0..3)
            .map(|_| {
                let ran = bench.run(script);
                assert_eq!(ran.ok(), "x\nx\ny\n");
                let trace = ran.seen.trace;
                let found = trace.found.iter().map(|(path, _)| path);
                [
                    names(found, &bench.dir),
                    names(trace.missing.iter(), &bench.dir),
                    names(trace.listed.iter(), &bench.dir),
                    names(trace.opened.iter(), &bench.dir),
                ]
            })
            .collect();
        assert_eq!(traces[0][0], ["d", "d/x"]);
        assert_eq!(traces[0][1], ["d/z", "none", "out"]);
        assert_eq!(traces[0][2], ["d"]);
        assert_eq!(traces[0][3], ["d/x"]);
        assert_eq!(traces[1], traces[0]);
        assert_eq!(traces[2], traces[0]);
    });
}

#[test]
fn a_compile_is_traced_and_asks_little_once_warm() {
    for manner in [Manner::Privileged, Manner::Unprivileged] {
        let Some(bench) = Bench::with("mirror::compile", manner, 1, &["/usr"]) else {
            continue;
        };
        bench.write("inc/b.h", "#define N 3\n");
        bench.write("a.h", "#include \"inc/b.h\"\n");
        bench.write(
            "x.c",
            "#include <stdio.h>\n#include \"a.h\"\nint main(void) { return N; }\n",
        );
        let mut last = Requests::default();
        for _ in 0..3 {
            let ran = bench.run("gcc -Iinc -c x.c -o x.o");
            ran.ok();
            let opened = names(ran.seen.trace.opened.iter(), &bench.dir);
            assert_eq!(opened, ["a.h", "inc/b.h", "x.c"]);
            last = ran.seen.requests;
        }
        assert!(
            last.reads <= 4 && last.lookups <= 30 && last.opens <= 30,
            "{last:?}"
        );
    }
}

#[test]
fn a_large_directory_and_strange_names_are_listed_whole() {
    bench::in_both_manners("mirror::names", |bench| {
        let long = "x".repeat(255);
        bench.write(&format!("d/{long}"), "");
        for number in 0..5000 {
            fs::write(bench.path(&format!("d/file-{number}")), "").unwrap();
        }
        let strange = OsStr::from_bytes(b"d/\xff\xfe \n");
        fs::write(bench.dir.join(strange), "").unwrap();
        let ran = bench.run("ls -U d | tr -d '\\n' | wc -c; ls -d d/x*x | wc -c; find d -type f -print0 | tr -dc '\\0' | wc -c");
        let bytes: usize = (0..5000).map(|n| format!("file-{n}").len()).sum();
        // Not a terminal: ls writes names as they are.
        assert_eq!(ran.ok(), format!("{}\n258\n5002\n", bytes + 255 + 3));
        let ran = bench.run(&format!("cat d/{long}y 2>/dev/null || echo too long"));
        assert_eq!(ran.ok(), "too long\n");
    });
}
