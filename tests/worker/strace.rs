//! What a job's trace tells is what strace(1) saw it do with the same paths: looked up, looked up in vain, listed, opened,
//! and written. Each recipe runs three times in one slot.
//! It does not know how the mirror notices anything.

use crate::bench;
use crate::client::Client;
use crate::client::Ran;
use rmake::wire::message::Effect;
use rmake::wire::message::Made;
use rmake::wire::path::RelPath;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

/// Where strace writes what it sees: a directory beside the project's files, which counts for nothing.
const LOG: &str = ".strace";
/// The calls with a path as one argument; the second one for those that make a name of another.
const CALLS: &str = "%file,getdents64,clone,clone3,fork,vfork";

/// Recipes that are alike in nothing but that they run in a project of these files.
const RECIPES: [(&str, &str); 10] = [
    ("cc", "gcc -c -Inone -Iinclude src/a.c -o a.o"),
    ("c++", "g++ -c -Iinclude src/b.cc -o b.o"),
    ("link", "gcc made/a.o made/main.o -o program"),
    (
        "ar",
        "ar rcs liball.a made/a.o made/main.o && ar d made/old.a a.o",
    ),
    (
        "sh",
        "for f in src/*.c; do if test -e ${f%.c}.h; then echo $f; fi; done >list; [ -d none/deep ] || cat < data/x >> list; \
         cd data; for f in [xy]*; do echo $f; done >>../list",
    ),
    (
        "sed",
        "sed s/x/y/ data/x | awk '{ print $1 }' >out; sed -i s/y/z/ data/y",
    ),
    (
        "perl",
        "perl -I. -e 'require \"perl/module.pl\"; print told(\"data/x\")' >out",
    ),
    ("cp", "cp -r data copy && cp -p data/x data/new"),
    (
        "names",
        "ln -s data/x link; cat link way/x >out; mv old renamed; rm -r gone; ln data/x data/hard; chmod 600 mode; rm -f none",
    ),
    (
        "tool",
        "gcc src/tool.c -o tool && ./tool data/x >out && ./tool none/x >>out; :",
    ),
];

fn project(client: &Client) {
    for (name, text) in [
        ("include/a.h", "#include \"deep/deep.h\"\n"),
        ("include/deep/deep.h", "#define A 1\n"),
        (
            "src/a.c",
            "#include <stdio.h>\n#include \"a.h\"\nint a(void) { return A + EOF; }\n",
        ),
        ("src/a.h", "#include \"../include/a.h\"\n"),
        (
            "src/b.cc",
            "#include <vector>\n#include \"a.h\"\nstd::vector<int> b{A};\n",
        ),
        (
            "src/main.c",
            "int a(void);\nint main(void) { return a(); }\n",
        ),
        (
            "src/tool.c",
            "#include <stdio.h>\nint main(int n, char **w) { FILE *f = fopen(w[1], \"r\"); return f ? putchar(getc(f)) < 0 : 1; }\n",
        ),
        ("data/x", "x x\n"),
        ("data/y", "y\n"),
        ("data/deep/z", "z\n"),
        (
            "perl/module.pl",
            "sub told { open my $f, '<', shift; <$f> } 1;\n",
        ),
        ("old", "old\n"),
        ("mode", "mode\n"),
        ("gone/deep/x", "x\n"),
        ("gone/y", "y\n"),
        ("made/empty", ""),
    ] {
        client.write(name, text);
    }
    std::os::unix::fs::symlink("data", client.dir.join("way")).unwrap();
    let script = "cd made && gcc -c -I../include ../src/a.c ../src/main.c && ar rcs old.a a.o main.o && chmod -R a+rwX .";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(&client.dir)
        .status();
    assert!(made.unwrap().success());
}

/// What was done with the names below the project's directory.
#[derive(Debug, Default, Eq, PartialEq)]
struct Done {
    found: BTreeSet<String>,
    missing: BTreeSet<String>,
    listed: BTreeSet<String>,
    opened: BTreeSet<String>,
    written: BTreeSet<String>,
}

/// Follows what strace saw over the files as they were.
struct Watcher<'a> {
    dir: &'a Path,
    done: Done,
    /// Names that the job has made or changed, and whether they are there.
    own: BTreeMap<String, bool>,
}

impl Watcher<'_> {
    /// Returns the name below the directory, None for any other place.
    fn name(&self, path: &Path) -> Option<String> {
        let name = path.strip_prefix(self.dir).ok()?.to_str()?.to_owned();
        (!name.is_empty() && !name.starts_with(LOG)).then_some(name)
    }

    /// Looks a path up as the kernel does, below the job's own names nowhere. Returns where it leads, if it is there.
    fn look_up(&mut self, path: &Path, follows: bool) -> Option<PathBuf> {
        let mut at = PathBuf::from("/");
        let parts: Vec<_> = path.components().collect();
        for (place, part) in parts.iter().enumerate() {
            match part.as_os_str().to_str()? {
                "/" | "." => continue,
                ".." => {
                    at.pop();
                    continue;
                }
                name => at.push(name),
            }
            let is_last = place + 1 == parts.len();
            let Some(name) = self.name(&at) else {
                continue;
            };
            if self.own.get(&name) == Some(&false) {
                return None;
            }
            if self.is_own(&name) {
                continue;
            }
            let Ok(data) = fs::symlink_metadata(&at) else {
                self.done.missing.insert(name);
                return None;
            };
            self.done.found.insert(name);
            if data.is_symlink() && (follows || !is_last) {
                let rest: PathBuf = parts[place + 1..].iter().collect();
                let target = at.parent()?.join(fs::read_link(&at).unwrap()).join(rest);
                return self.look_up(&target, follows);
            }
        }
        Some(at)
    }

    /// Whether a name is the job's own by now, or lies in a directory that is.
    fn is_own(&self, name: &str) -> bool {
        self.own.contains_key(name)
            || Path::new(name).ancestors().skip(1).any(|top| {
                let is_there = self.dir.join(top).is_dir();
                !is_there && self.own.contains_key(top.to_str().unwrap_or_default())
            })
    }

    /// Notes that a path is made, changed, or removed.
    fn write(&mut self, path: &Path, is_there: bool) {
        self.look_up(path, false);
        if let Some(name) = self.name(path) {
            self.own.insert(name, is_there);
        }
    }

    /// Notes that what was in a file is needed, because the file is read or changed.
    fn open(&mut self, path: &Path) {
        if let Some(place) = self.look_up(path, true)
            && let Some(name) = self.name(&place)
            && !self.is_own(&name)
            && place.is_file()
        {
            self.done.opened.insert(name);
        }
    }

    fn call(&mut self, directory: &mut PathBuf, call: &str) {
        let Some((name, rest)) = call.split_once('(') else {
            return;
        };
        let (arguments, result) = rest.rsplit_once(" = ").unwrap_or((rest, "?"));
        let is_done = !result.starts_with(['-', '?']);
        if name == "getdents64" {
            let path = between(arguments, '<', '>').unwrap_or_default();
            if let Some(name) = self.name(Path::new(path)).filter(|name| !self.is_own(name)) {
                self.done.listed.insert(name);
            } else if Path::new(path) == self.dir {
                self.done.listed.insert(String::new());
            }
            return;
        }
        if let Some((_, rest)) = arguments.split_once("AT_FDCWD<")
            && let Some((path, _)) = rest.split_once('>')
        {
            *directory = path.into();
        }
        let paths = paths(arguments, directory);
        let Some(first) = paths.first() else {
            return;
        };
        let follows = !arguments.contains("NOFOLLOW")
            && !["readlink", "lstat", "unlink", "rmdir"].contains(&name);
        match (name, is_done) {
            ("chdir", true) => {
                self.look_up(first, true);
                *directory = clean(first);
            }
            ("execve", true) => self.open(first),
            // What comes behind it is what the link says.
            ("readlink" | "readlinkat", _) => drop(self.look_up(first, false)),
            ("open" | "openat" | "creat", true) => self.opens(first, arguments),
            ("rename" | "renameat" | "renameat2" | "link" | "linkat", true) => {
                self.open(first);
                self.write(&paths[1], true);
                if name.starts_with("rename") {
                    self.write(first, false);
                }
            }
            // The first one is a text.
            ("symlink" | "symlinkat", _) => {
                if let (Some(path), true) = (paths.last(), is_done) {
                    self.write(path, true);
                }
            }
            ("mkdir" | "mkdirat" | "mknod" | "mknodat", true) => self.write(first, true),
            ("unlink" | "unlinkat" | "rmdir", true) => self.write(first, false),
            ("chmod" | "fchmodat" | "utimensat" | "chown" | "truncate", true) => {
                self.open(first);
                self.write(first, true);
            }
            _ => {
                for path in &paths {
                    self.look_up(path, follows);
                }
            }
        }
    }

    fn opens(&mut self, path: &Path, arguments: &str) {
        let has = |flag: &str| arguments.contains(flag);
        let place = self
            .look_up(path, !has("O_NOFOLLOW"))
            .unwrap_or_else(|| path.to_owned());
        let writes = has("O_WRONLY") || has("O_RDWR");
        // What is cut off is not read before.
        if !has("O_PATH") && !has("O_DIRECTORY") && !has("O_TRUNC") {
            self.open(path);
        }
        if writes || has("O_CREAT") && !place.exists() {
            self.write(&place, true);
        }
    }

    /// Returns what was done in the end.
    fn finish(mut self) -> Done {
        let is_gone_with_its_directory = |name: &str| {
            let tops = Path::new(name).ancestors().skip(1);
            tops.filter_map(Path::to_str)
                .any(|top| self.own.get(top) == Some(&false))
        };
        let written = self.own.iter().filter(|(name, is_there)| {
            let was_there = fs::symlink_metadata(self.dir.join(name)).is_ok();
            (**is_there || was_there) && !is_gone_with_its_directory(name)
        });
        self.done.written = written.map(|(name, _)| name.clone()).collect();
        self.done
    }
}

fn between(text: &str, from: char, to: char) -> Option<&str> {
    text.split_once(from)?
        .1
        .split_once(to)
        .map(|(middle, _)| middle)
}

/// Returns the paths among the arguments of a call: texts, behind the directories they begin at.
fn paths(arguments: &str, directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut base = directory.to_owned();
    // What comes behind a structure is no path.
    for part in arguments.split(", ") {
        if part.starts_with(['[', '{']) {
            break;
        }
        if let Some(text) = part.strip_prefix('"') {
            found.push(base.join(text.trim_end_matches([')', ' ']).trim_end_matches('"')));
        } else if let Some(path) = between(part, '<', '>') {
            base = path.into();
        }
    }
    found
}

fn clean(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Returns what the logs of all processes tell.
fn seen(dir: &Path, logs: &BTreeMap<u32, String>) -> Done {
    let mut watcher = Watcher {
        dir,
        done: Done::default(),
        own: BTreeMap::new(),
    };
    // The calls of all processes in their order.
    let mut calls: Vec<(&str, u32, &str)> = Vec::new();
    for (process, log) in logs {
        calls.extend(log.lines().filter_map(|line| {
            let (time, call) = line.split_once(' ')?;
            Some((time, *process, call))
        }));
    }
    calls.sort_by_key(|(time, ..)| *time);
    let mut directories: BTreeMap<u32, PathBuf> = BTreeMap::new();
    for (_, process, call) in calls {
        let mut directory = directories
            .get(&process)
            .cloned()
            .unwrap_or_else(|| dir.to_owned());
        if ["fork", "vfork", "clone"]
            .iter()
            .any(|name| call.starts_with(name))
        {
            let child = call
                .rsplit(" = ")
                .next()
                .and_then(|text| text.split(' ').next()?.parse().ok());
            if let Some(child) = child {
                directories.entry(child).or_insert(directory);
            }
            continue;
        }
        watcher.call(&mut directory, call);
        directories.insert(process, directory);
    }
    watcher.finish()
}

/// Returns what the trace and the effects tell.
fn told(dir: &Path, ran: &Ran) -> Done {
    let names = |paths: &mut dyn Iterator<Item = &RelPath>| -> BTreeSet<String> {
        let absolute = paths.map(|path| PathBuf::from(path.to_absolute().to_string()));
        let names =
            absolute.filter_map(|path| Some(path.strip_prefix(dir).ok()?.to_str()?.to_owned()));
        names.filter(|name| !name.starts_with(LOG)).collect()
    };
    let trace = &ran.ended.trace;
    let without_top = |mut names: BTreeSet<String>| {
        names.remove("");
        names
    };
    Done {
        found: without_top(names(&mut trace.found.iter().map(|(path, _)| path))),
        missing: names(&mut trace.missing.iter()),
        listed: names(&mut trace.listed.iter()),
        opened: names(&mut trace.opened.iter()),
        written: names(&mut ran.effects.iter().map(|effect| &effect.path)),
    }
}

/// Returns what strace wrote, by process.
fn logs(dir: &Path, ran: &Ran) -> BTreeMap<u32, String> {
    let log = |Effect { path, what }: &Effect| {
        let path = PathBuf::from(path.to_absolute().to_string());
        let name = path.strip_prefix(dir.join(LOG)).ok()?.to_str()?;
        let process = name.strip_prefix("t.")?.parse().ok()?;
        let Made::File { transfer, .. } = what else {
            return None;
        };
        let text = String::from_utf8_lossy(&ran.contents[transfer]).into_owned();
        Some((process, text))
    };
    ran.effects.iter().filter_map(log).collect()
}

#[test]
fn a_trace_tells_what_strace_saw() {
    let test = "strace::a_trace_tells";
    for program in ["strace", "gcc", "g++", "perl"] {
        let mut command = Command::new(program);
        if command
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_err()
        {
            return bench::skip(test, &format!("no {program}"));
        }
    }
    Client::both(test, |client| {
        project(client);
        let mut wrong = Vec::new();
        for (name, recipe) in RECIPES {
            for turn in 1..=3 {
                let mut job = client.job("");
                let words = [
                    "sh",
                    "-c",
                    "mkdir .strace && exec strace -ff -y -ttt -s 4096 -e trace=\"$0\" -o .strace/t sh -c \"$1\"",
                    CALLS,
                    recipe,
                ];
                job.lines[0].words = words.map(Into::into).to_vec();
                job.bound = vec![RelPath::new(b"usr").unwrap()];
                let ran = client.run_job(job);
                ran.ok();
                let (seen, told) = (
                    seen(&client.dir, &logs(&client.dir, &ran)),
                    told(&client.dir, &ran),
                );
                assert!(!seen.found.is_empty() && !seen.written.is_empty(), "{name}");
                if seen != told {
                    wrong.push(format!("{name}, job {turn}: {}", differences(&seen, &told)));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

fn differences(seen: &Done, told: &Done) -> String {
    let rows = [
        ("found", &seen.found, &told.found),
        ("missing", &seen.missing, &told.missing),
        ("listed", &seen.listed, &told.listed),
        ("opened", &seen.opened, &told.opened),
        ("written", &seen.written, &told.written),
    ];
    let rows = rows.iter().filter(|(_, seen, told)| seen != told);
    let text = |(what, seen, told): &(&str, &BTreeSet<String>, &BTreeSet<String>)| {
        let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
            one.difference(other).cloned().collect()
        };
        format!(
            "{what}: strace alone {:?}, trace alone {:?}",
            only(seen, told),
            only(told, seen)
        )
    };
    rows.map(text).collect::<Vec<_>>().join("; ")
}
