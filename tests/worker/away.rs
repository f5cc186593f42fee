//! Both ends together: rmake's side of the mirror, a worker as its child, what a job makes put into place at home.

use crate::bench;
use crate::client::line;
use crate::client::relative;
use rmake::exec::effects;
use rmake::remote::mirror::made;
use rmake::remote::mirror::made::Changes;
use rmake::remote::mirror::made::Trees;
use rmake::remote::mirror::made::Unwanted;
use rmake::remote::mirror::talk::Heard;
use rmake::remote::mirror::talk::Talk;
use rmake::remote::mirror::tree::Tree;
use rmake::wire::message::Ended;
use rmake::wire::message::Job;
use rmake::wire::message::JobNumber;
use rmake::wire::message::LineEnd;
use rmake::wire::message::Setup;
use rmake::wire::path::RelPath;
use std::fs;
use std::io::Read;
use std::io::Write;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// A worker, the tree it is shown, and a directory in which jobs run.
struct Pair {
    worker: Child,
    output: mpsc::Receiver<Vec<u8>>,
    talk: Talk,
    tree: Tree,
    dir: PathBuf,
    jobs: u32,
    /// Bytes that went to the worker and came from it.
    carried: (usize, usize),
    _temporary: TempDir,
}

struct Ran {
    output: String,
    ends: Vec<LineEnd>,
    ended: Ended,
    changes: Result<Changes, Unwanted>,
}

impl Pair {
    fn start(test: &str) -> Option<Pair> {
        let temporary = tempfile::Builder::new()
            .prefix("rmake-away-")
            .tempdir()
            .unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let dir = root.join("w");
        fs::create_dir(&dir).unwrap();
        let mut worker = Command::new(bench::worker())
            .arg(format!("--store={}", root.join("store").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, output) = mpsc::channel();
        let stdout = worker.stdout.take().unwrap();
        thread::spawn(move || read(stdout, &sender));
        let watched = vec![relative(&dir)];
        let setup = Setup {
            uid: nix::unistd::geteuid().as_raw(),
            gid: nix::unistd::getegid().as_raw(),
            groups: Vec::new(),
            host_name: "home".into(),
            slots: 2,
            watched: watched.clone(),
            bindable: vec![RelPath::new(b"usr").unwrap()],
        };
        let mut pair = Pair {
            worker,
            output,
            talk: Talk::new(setup).unwrap(),
            tree: Tree::new(watched),
            dir,
            jobs: 0,
            carried: (0, 0),
            _temporary: temporary,
        };
        match pair.next() {
            Heard::Ready => Some(pair),
            Heard::Unable { missing, .. } => {
                bench::skip(test, &missing.to_string());
                None
            }
            other => panic!("{other:?}"),
        }
    }

    /// Returns the next thing that is heard.
    fn next(&mut self) -> Heard {
        self.all_until(|_| true).pop().unwrap()
    }

    /// Returns what is heard until something is what is waited for.
    fn all_until(&mut self, is_it: impl Fn(&Heard) -> bool) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            let bytes = self.talk.take_bytes().unwrap();
            if !bytes.is_empty() {
                self.carried.0 += bytes.len();
                self.worker
                    .stdin
                    .as_mut()
                    .unwrap()
                    .write_all(&bytes)
                    .unwrap();
                continue;
            }
            match self.output.recv_timeout(Duration::from_millis(900)) {
                Ok(bytes) => {
                    self.carried.1 += bytes.len();
                    for heard in self.talk.feed(&bytes, &mut self.tree).unwrap() {
                        if let Heard::Output { job, bytes, .. } = &heard {
                            self.talk.passed_on(*job, bytes.len()).unwrap();
                        }
                        all.push(heard);
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => self.talk.beat().unwrap(),
                Err(error) => panic!("{error}"),
            }
            if all.iter().any(&is_it) {
                return all;
            }
        }
    }

    /// Runs a shell line; what it makes is not put into place yet.
    fn run(&mut self, script: &str, bound: &[&str]) -> Ran {
        self.jobs += 1;
        let changes = self.tree.changes();
        self.talk.tell(&changes).unwrap();
        self.talk
            .start(Job {
                number: JobNumber(self.jobs),
                lines: vec![line(script)],
                environment: vec!["PATH=/usr/bin:/bin".into()],
                directory: relative(&self.dir),
                is_combined: true,
                umask: 0o022,
                bound: bound
                    .iter()
                    .map(|path| RelPath::new(path.as_bytes()).unwrap())
                    .collect(),
            })
            .unwrap();
        let (mut output, mut ends) = (Vec::new(), Vec::new());
        for heard in self.all_until(|heard| matches!(heard, Heard::Ended(_))) {
            match heard {
                Heard::Output { bytes, .. } => output.extend_from_slice(&bytes),
                Heard::LineEnded { end, .. } => ends.push(end),
                Heard::Ended(ended) => {
                    let (ended, made) = *ended;
                    return Ran {
                        output: String::from_utf8_lossy(&output).into_owned(),
                        ends,
                        ended,
                        changes: made.changes(&Trees {
                            home: None,
                            roots: vec![relative(&self.dir)],
                            scrap: Vec::new(),
                        }),
                    };
                }
                _ => {}
            }
        }
        unreachable!()
    }

    /// Runs a shell line and puts what it makes into place. Returns its output.
    #[track_caller]
    fn make(&mut self, script: &str) -> String {
        let ran = self.run(script, &["usr"]);
        assert_eq!(ran.ended.trouble, None, "{}", ran.output);
        assert_eq!(ran.ends, [LineEnd::Exited(0)], "{}", ran.output);
        let Changes { changes, digests } = ran.changes.unwrap();
        effects::commit(changes).unwrap();
        made::note_all(&mut self.tree, &digests);
        ran.output
    }

    fn home(&self, script: &str) -> String {
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(&self.dir)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.worker.stdin.take());
        let _ = self.worker.wait();
    }
}

fn read(mut from: ChildStdout, to: &mpsc::Sender<Vec<u8>>) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        if to.send(chunk[..count].to_vec()).is_err() {
            return;
        }
    }
}

/// What `find` tells of a tree: types, modes, contents, links.
const TELL: &str =
    "find . -type f -printf '%p %m ' -exec cksum '{}' ';' -o -printf '%p %y %l\\n' | sort";

#[test]
fn a_build_away_is_the_build_at_home() {
    let Some(mut pair) = Pair::start("away::build") else {
        return;
    };
    let sources = "mkdir inc; echo '#define N 3' > inc/n.h; echo '#include \"inc/n.h\"' > all.h
        printf '#include <stdio.h>\\n#include \"all.h\"\\nint f(void);\\nint main(void) { return printf(\"%%d\\\\n\", N + f()) < 0; }\\n' > main.c
        printf '#include \"all.h\"\\nint f(void) { return N; }\\n' > f.c";
    let steps = [
        "gcc -g -c main.c -o main.o",
        "gcc -g -c f.c -o f.o",
        "mkdir -p lib && ar rcD lib/libf.a f.o",
        "gcc main.o -Llib -lf -o prog && ln -s prog latest",
        "./prog > out && rm f.o && mv main.o lib/ && chmod 600 out",
        "rm -r inc && mkdir inc && ./latest > inc/made",
    ];
    pair.home(sources);
    for step in steps {
        pair.home(step);
    }
    let local = pair.home(TELL);
    pair.home("rm -rf ./*");
    pair.home(sources);
    for step in steps {
        pair.make(step);
    }
    assert_eq!(pair.home(TELL), local);
    assert_eq!(pair.home("cat out"), "6\n");
}

#[test]
fn what_is_edited_at_home_is_seen_by_the_next_job() {
    let Some(mut pair) = Pair::start("away::edited") else {
        return;
    };
    pair.home("mkdir d; echo one > a; echo x > d/x");
    assert_eq!(
        pair.make("cat a d/x; test -e b || echo no b"),
        "one\nx\nno b\n"
    );
    pair.home("echo two > a; echo b > b; rm -r d; mkdir d; echo y > d/y");
    assert_eq!(pair.make("cat a b; ls d"), "two\nb\ny\n");
    // What a job has made need not be fetched again, and is what the next one sees.
    pair.make("echo three > a; mkdir e; echo z > e/z");
    assert_eq!(pair.make("cat a e/z"), "three\nz\n");
    pair.home("mv e f");
    assert_eq!(pair.make("cat f/z; test -e e || echo gone"), "z\ngone\n");
}

#[test]
fn what_is_written_elsewhere_is_not_put_into_place() {
    let Some(mut pair) = Pair::start("away::outside") else {
        return;
    };
    let ran = pair.run("echo x > /var/rmake-test-away", &[]);
    assert_eq!(ran.ends, [LineEnd::Exited(0)]);
    let path = RelPath::new(b"var/rmake-test-away").unwrap();
    assert_eq!(ran.changes.err(), Some(Unwanted::Outside(path)));
    assert!(!fs::exists("/var/rmake-test-away").unwrap());
}

#[test]
fn a_file_for_its_owner_alone_stays_at_home() {
    let Some(mut pair) = Pair::start("away::private") else {
        return;
    };
    pair.home("echo secret > key; chmod 600 key");
    let ran = pair.run("cat key || echo none", &[]);
    assert!(
        !ran.output.contains("secret") && ran.output.ends_with("none\n"),
        "{}",
        ran.output
    );
    assert_eq!(ran.ended.trace.withheld, [relative(&pair.dir.join("key"))]);
}

#[test]
fn large_contents_go_both_ways() {
    let Some(mut pair) = Pair::start("away::large") else {
        return;
    };
    pair.home("head -c 20000000 /dev/urandom > big");
    pair.make("cp big copy; truncate -s 50M sparse; echo end >> sparse");
    assert_eq!(
        pair.home("cmp big copy && stat -c %s sparse && tail -c 4 sparse"),
        "52428804\nend\n"
    );
}

#[test]
fn what_a_job_saw_the_last_time_is_there_before_it_asks() {
    let test = "away::expected";
    let Some(mut first) = Pair::start(test) else {
        return;
    };
    let script = "cat d/a d/b/c; test -e d/none || ls d";
    let set_up = "mkdir -p d/b; echo a > d/a; echo c > d/b/c";
    first.home(set_up);
    let trace = first.run(script, &["usr"]).ended.trace;
    // Another worker, which knows nothing of the directory yet but what its first sandbox looked at.
    let counts = [false, true].map(|is_expected| {
        let mut pair = Pair::start(test).unwrap();
        pair.tree = Tree::new(vec![relative(&first.dir)]);
        pair.dir.clone_from(&first.dir);
        if is_expected {
            pair.talk.expect(&trace, &mut pair.tree).unwrap();
        }
        let before = pair.talk.questions();
        let ran = pair.run(script, &["usr"]);
        assert_eq!(ran.output, "a\nc\na\nb\n");
        pair.talk.questions() - before
    });
    assert!(counts[1] * 3 < counts[0], "{counts:?}");
}

/// What a compile may ask for and carry: counted, since time says little on a machine that others use, too.
#[test]
fn a_compile_asks_and_carries_little() {
    let Some(mut pair) = Pair::start("away::compile") else {
        return;
    };
    pair.home(
        "mkdir -p src inc/deep
        for h in 1 2 3 4 5; do head -c 3000 /dev/zero | tr '\\0' ' ' >inc/$h.h; echo int h$h\\; >>inc/$h.h; done
        echo '#include \"../1.h\"' >inc/deep/6.h
        for s in a b c; do printf '#include <stdio.h>\n#include \"%s.h\"\n' 2 3 4 5 deep/6 >src/$s.c; echo int $s\\; >>src/$s.c; done",
    );
    let mut counted = |what: &str, script: &str| {
        let (questions, carried) = (pair.talk.questions(), pair.carried);
        pair.home(what);
        pair.make(script);
        let (to, from) = (pair.carried.0 - carried.0, pair.carried.1 - carried.1);
        (pair.talk.questions() - questions, to, from)
    };
    let compile = |name: &str| format!("gcc -O0 -Iinc -c src/{name}.c -o {name}.o");
    let cold = counted(":", &compile("a"));
    let like_it = counted(":", &compile("b"));
    let again = counted(":", &compile("a"));
    let edited = counted("echo >>inc/3.h", &compile("b"));
    let trivial = counted(":", "cp src/a.c copy");
    // Measured: 15 questions, 35,881 bytes there, 3,133 back; 1, 431, 2,478; 0, 198, 2,442; 1, 3,319, 2,490; 1, 242, 558.
    let most = [
        ("first of all", cold, (20, 45_000, 5_000)),
        ("of another source", like_it, (1, 1_000, 4_000)),
        ("of the same once more", again, (0, 500, 4_000)),
        ("after an edit", edited, (1, 4_000, 4_000)),
        ("cp", trivial, (1, 500, 1_000)),
    ];
    for (what, counts, most) in most {
        let is_little = counts.0 <= most.0 && counts.1 <= most.1 && counts.2 <= most.2;
        assert!(is_little, "{what}: {counts:?}, at most {most:?}");
    }
}
