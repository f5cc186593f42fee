//! What is said to the shells on a host: the first command, the two programs, the script of a job.
//! It does not know how it gets there.

use crate::exec::executor::RemoteJob;
use crate::exec::executor::RemoteLine;
use bstr::BString;
use bstr::ByteSlice;
use bstr::ByteVec;

/// The command of each channel. Any login shell hands it to a POSIX shell: neither csh nor fish finds anything to change
/// between these quotes. It reads a program up to a line with a dot, byte by byte as `read` does, and runs it.
pub const BOOT: &str = concat!(
    "exec /bin/sh -c 'n=$(printf \"\\n.\"); n=${n%.}; s=; ",
    "while IFS= read -r l; do [ \"$l\" = . ] && break; s=\"$s$l$n\"; done; eval \"$s\"'"
);

const SLOT: &str = include_str!("slot.sh");
const CONTROL: &str = include_str!("control.sh");

/// PATH where the environment has none, for programs that are executed directly (as glibc's execvp has it).
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// What names the directories of this session on a host.
#[derive(Clone, Debug)]
pub struct Naming {
    /// `/tmp/make-SOURCEHOST-`.
    pub prefix: String,
    /// Seconds since the epoch, when the session began.
    pub time: u64,
    /// Nobody guesses it: it begins each message.
    pub nonce: String,
}

impl Naming {
    /// Returns the program of a slot; `keep`: the directories of its jobs stay.
    pub fn slot(&self, random: &str, keep: bool) -> Vec<u8> {
        let Naming {
            prefix,
            time,
            nonce,
        } = self;
        let begin = quoted(format!("{prefix}{time}-{random}").as_bytes());
        let keep = flag(keep);
        let code = code(SLOT);
        format!("m={nonce} b={begin} keep={keep}\n{code}.\n").into_bytes()
    }

    /// Returns the program that goes beside all slots.
    pub fn control(&self, random: &str) -> Vec<u8> {
        let Naming {
            prefix,
            time,
            nonce,
        } = self;
        let prefix = quoted(prefix.as_bytes());
        let code = code(CONTROL);
        format!("m={nonce} h={prefix} r={time}-{random}\n{code}.\n").into_bytes()
    }
}

/// Returns a program without its comments: the shell reads it byte by byte.
pub fn code(program: &str) -> String {
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let lines = program.lines().filter(is_code);
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// How a job is to be run.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// How many bytes of archive follow the script.
    pub size: u64,
    /// The slot knows the environment from the job before.
    pub is_known: bool,
}

fn flag(on: bool) -> &'static str {
    if on { "1" } else { "" }
}

/// Returns the script of a job, its final dot included.
pub fn job(job: &RemoteJob, how: How) -> Vec<u8> {
    let mut out = Vec::new();
    out.push_str(format!("two={}\n", flag(!job.is_combined)));
    if job.is_combined {
        out.push_str("exec 4>&3\n");
    }
    out.push_str(format!("umask {:o}\n", job.umask));
    if !how.is_known {
        out.push_str("v() { i=$1; shift; run \"$i\" env -i");
        for entry in &job.environment {
            out.push(b' ');
            out.push_str(quoted(&without_jobserver(entry)));
        }
        out.push_str(" \"$@\"; }\n");
    }
    out.push_str("t() {\n");
    for (number, line) in job.lines.iter().enumerate() {
        push_line(number, line, search_path(job), &mut out);
    }
    out.push_str(format!(":\n}}\nbegin {} && {{\nt\nout", how.size));
    for output in &job.outputs {
        out.push(b' ');
        out.push_str(quoted(&[b"./", &output[..]].concat()));
    }
    out.push_str("\n}\nfinish\n.\n");
    out
}

fn push_line(number: usize, line: &RemoteLine, path: &[u8], out: &mut Vec<u8>) {
    let words: Vec<BString> = line.words.iter().map(|word| quoted(word)).collect();
    let run = [format!("v {number} ").as_bytes(), &bstr::join(" ", &words)].concat();
    match (line.is_direct, words.first()) {
        (true, Some(program)) => {
            let path = quoted(path);
            out.push_str(format!("has {path} {program}; case $? in 0) "));
            out.push_str(run);
            out.push_str(format!(
                " ;; 2) ended {number} denied 127 ;; *) ended {number} missing 127 ;; esac"
            ));
        }
        _ => out.push_str(run),
    }
    out.push_str(if line.ignore_errors {
        "\n"
    } else {
        " || return\n"
    });
}

fn search_path(job: &RemoteJob) -> &[u8] {
    let path = |entry: &BString| entry.starts_with(b"PATH=");
    let entry = job.environment.iter().find(|entry| path(entry));
    entry.map_or(DEFAULT_PATH, |entry| &entry[b"PATH=".len()..])
}

/// Takes from MAKEFLAGS what names files of this machine only.
fn without_jobserver(entry: &[u8]) -> BString {
    if !entry.starts_with(b"MAKEFLAGS=") && !entry.starts_with(b"MFLAGS=") {
        return entry.into();
    }
    let end = entry.find(b" -- ").unwrap_or(entry.len());
    let (options, rest) = entry.split_at(end);
    let is_ours = |word: &&[u8]| {
        !word.starts_with(b"--jobserver-auth=") && !word.starts_with(b"--sync-mutex=")
    };
    let kept: Vec<&[u8]> = options.split_str(" ").filter(is_ours).collect();
    [&bstr::join(" ", kept)[..], rest].concat().into()
}

/// Returns a word as a shell takes it, on one line. A NUL ends it, as it ends the arguments of a program.
pub fn quoted(word: &[u8]) -> BString {
    let word = word.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut out = BString::from("'");
    for byte in word {
        match byte {
            b'\'' => out.push_str("'\\''"),
            b'\n' => out.push_str("'\"$n\"'"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::JobId;
    use std::io::BufRead;
    use std::io::BufReader;
    use std::io::Write;
    use std::process::Child;
    use std::process::Command;
    use std::process::Stdio;

    fn a_job(lines: &[(&[&str], bool, bool)], outputs: &[&str]) -> RemoteJob {
        let line = |(words, is_direct, ignore_errors): &(&[&str], bool, bool)| RemoteLine {
            words: words.iter().map(|word| BString::from(*word)).collect(),
            is_direct: *is_direct,
            ignore_errors: *ignore_errors,
        };
        RemoteJob {
            id: JobId(0),
            target: "t".into(),
            lines: lines.iter().map(line).collect(),
            environment: vec!["PATH=/usr/bin:/bin".into(), "V=a 'b'\n.\nc".into()],
            directory: "/".into(),
            inputs: Vec::new(),
            outputs: outputs.iter().map(|name| BString::from(*name)).collect(),
            is_combined: false,
            umask: 0o027,
        }
    }

    fn slot() -> Child {
        Command::new("/bin/sh")
            .args(["-c", BOOT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn script(job: &RemoteJob) -> Vec<u8> {
        let how = How {
            size: 0,
            is_known: false,
        };
        crate::remote::staged::script::job(job, how)
    }

    /// Runs a job in a slot of this machine's shell; returns both streams with `M` for the mark, without ready.
    fn run(job: &RemoteJob) -> (String, String) {
        let place = tempfile::tempdir().unwrap();
        let prefix = format!("{}/make-", place.path().display());
        let naming = Naming {
            prefix: prefix.clone(),
            time: 0,
            nonce: "M".into(),
        };
        let mut child = slot();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&naming.slot("r", false)).unwrap();
        stdin.write_all(&script(job)).unwrap();
        drop(stdin);
        let child_pid = child.id();
        let output = child.wait_with_output().unwrap();
        let pid = child_pid.to_string();
        let text = |bytes: &[u8]| {
            let text = bytes.to_str_lossy().replace('\x1e', "");
            text.replace(&prefix, "").replace(&pid, "PID")
        };
        let out = text(&output.stdout);
        let (ready, rest) = out.split_once('\n').unwrap();
        assert!(ready.starts_with("M ready "), "{ready}");
        let left = std::fs::read_dir(place.path()).unwrap().count();
        assert_eq!(left, 0, "something was left behind");
        (rest.to_owned(), text(&output.stderr))
    }

    #[test]
    fn lines_run_in_order_until_one_fails() {
        let job = a_job(
            &[
                (
                    &["/bin/sh", "-c", "echo \"$V\"; umask; pwd | sed 's/.*-//'"],
                    false,
                    false,
                ),
                (&["false"], true, true),
                (&["no-such-program", "x"], true, true),
                (&["./no-such-program", "x"], true, true),
                (&["/etc", "x"], true, true),
                (
                    &["/bin/sh", "-c", "echo e >&2; kill -TERM $$"],
                    false,
                    false,
                ),
                (&["echo", "not run"], true, false),
            ],
            &[],
        );
        let (out, err) = run(&job);
        assert_eq!(
            out,
            "M begun 0-r-1.PID\na 'b'\n.\nc\n0027\n1.PID\nM line 0 exit 0\nM line 1 exit 1\nM line 2 missing 127\n\
             M line 3 missing 127\nM line 4 denied 127\nM line 5 signal 143\nM over\n"
        );
        assert_eq!(err, "M\nM\nM\nM\nM\ne\nM\n");
    }

    #[test]
    fn a_slot_that_nobody_listens_to_cleans_up() {
        let line: &[&str] = &["/bin/sh", "-c", "sleep 0.3; echo x"];
        let job = a_job(&[(line, false, false), (line, false, false)], &[]);
        let place = tempfile::tempdir().unwrap();
        let naming = Naming {
            prefix: format!("{}/make-", place.path().display()),
            time: 0,
            nonce: "M".into(),
        };
        let mut child = slot();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&naming.slot("r", false)).unwrap();
        stdin.write_all(&script(&job)).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let begun = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains(" begun ")));
        assert!(begun.is_some());
        drop((lines, stdin, child.stderr.take()));
        child.wait().unwrap();
        let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn targets_come_back_as_an_archive() {
        let job = a_job(
            &[
                (&["touch", "-x", "./-x"], true, true),
                (&["/bin/sh", "-c", "echo 1 >-x"], false, false),
            ],
            &["-x", "none"],
        );
        let (out, _) = run(&job);
        assert!(out.contains("M archive\n./-x\0"), "{out:?}");
        assert!(out.ends_with("M over\n"), "{out:?}");
    }

    #[test]
    fn every_byte_survives_quoting() {
        let word: Vec<u8> = (1..=255).collect();
        let script = [b"n='\n'; printf %s ".as_slice(), &quoted(&word)].concat();
        let mut child = Command::new("/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&script).unwrap();
        assert_eq!(child.wait_with_output().unwrap().stdout, word);
    }

    #[test]
    fn jobservers_stay_at_home() {
        let table = [
            ("A=--jobserver-auth=x", "A=--jobserver-auth=x"),
            (
                "MAKEFLAGS=k -j4 --jobserver-auth=fifo:/tmp/f -- X=1",
                "MAKEFLAGS=k -j4 -- X=1",
            ),
            ("MFLAGS=-j4 --sync-mutex=fnm:/tmp/x", "MFLAGS=-j4"),
        ];
        for (entry, expected) in table {
            assert_eq!(without_jobserver(entry.as_bytes()), expected);
        }
    }
}
