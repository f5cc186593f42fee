//! One generated case: the files of a directory and the runs in it, as plain data that can be cut down and printed.
//! It does not know how a case comes about, nor how it is run.

use std::fmt::Write;

/// The first mtime of a case, 2001-09-09, in seconds; the times of a case are nanoseconds after it.
pub const BASE: u64 = 1_000_000_000;
/// Nanoseconds between two ticks of a case.
pub const TICK: u64 = 10_000_000_000;

/// The files and the runs.
#[derive(Clone, Default)]
pub struct Case {
    /// What stands in the directory at first, in the order it is made; the makefile is one of them.
    pub files: Vec<File>,
    /// One after the other in the same directory.
    pub runs: Vec<Run>,
    /// Both streams go to one file, so that their order is compared too.
    pub is_merged: bool,
    /// The lines of the output are compared sorted: for what runs in parallel.
    pub is_any_order: bool,
    /// The make is called by the name `make` alone, else by its path.
    pub is_bare_name: bool,
}

/// A file, or a directory if its path ends in a slash.
#[derive(Clone)]
pub struct File {
    pub path: String,
    /// Without their newlines.
    pub lines: Vec<String>,
    /// Whether the last line has no newline.
    pub is_unfinished: bool,
    /// Nanoseconds after `BASE`.
    pub time: u64,
}

/// One run of the make.
#[derive(Clone, Default)]
pub struct Run {
    /// What is done to the files before it.
    pub changes: Vec<Change>,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// What it reads from its standard input, else nothing.
    pub stdin: Option<String>,
}

/// Something done to a file between two runs.
#[derive(Clone)]
pub enum Change {
    /// The file gets this mtime, in nanoseconds after `BASE`, and is made if it is missing.
    Touch(String, u64),
    /// The file gets the mtime of the other one.
    SameTime(String, String),
    /// The file is written anew.
    Write(String, String, u64),
    /// The file goes away.
    Remove(String),
}

impl File {
    /// Returns a file with this text.
    pub fn new(path: &str, text: &str, time: u64) -> File {
        File {
            path: path.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
            is_unfinished: false,
            time,
        }
    }

    /// Returns the text of the file.
    pub fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        if !self.is_unfinished && !self.lines.is_empty() {
            text.push('\n');
        }
        text
    }
}

impl Case {
    /// Returns the case as a shell script that makes the directory, runs the make given as its argument, and shows what it does.
    pub fn script(&self, title: &str) -> String {
        let mut text = format!("#!/bin/sh\n# {title}\n# usage: sh case.sh MAKE\n");
        text.push_str("make=$(command -v \"$1\") && make=$(readlink -f \"$make\") || exit 2\n");
        text.push_str("root=$(mktemp -d) && mkdir \"$root/bin\" \"$root/dir\" && ln -s \"$make\" \"$root/bin/make\" && cd \"$root/dir\" || exit 2\n");
        text.push_str("PATH=$root/bin:/usr/bin:/bin LC_ALL=C; export PATH LC_ALL; unset MAKEFLAGS MAKELEVEL MFLAGS\n");
        for file in &self.files {
            if let Some(directory) = file.path.strip_suffix('/') {
                let _ = writeln!(text, "mkdir -p {directory}");
                continue;
            }
            if let Some((directory, _)) = file.path.rsplit_once('/') {
                let _ = writeln!(text, "mkdir -p {directory}");
            }
            push_file(&mut text, &file.path, &file.text());
            let _ = writeln!(text, "touch -d {} {}", stamp(file.time), file.path);
        }
        for (number, run) in self.runs.iter().enumerate() {
            for change in &run.changes {
                push_change(&mut text, change);
            }
            let env: Vec<String> = run
                .env
                .iter()
                .map(|(name, value)| format!("{} ", quoted(&format!("{name}={value}"))))
                .collect();
            let args: Vec<String> = run.args.iter().map(|arg| quoted(arg)).collect();
            let name = if self.is_bare_name {
                "make"
            } else {
                "\"$root/bin/make\""
            };
            let input = match &run.stdin {
                Some(input) => {
                    push_file(&mut text, "../stdin", input);
                    "../stdin"
                }
                None => "/dev/null",
            };
            let merge = if self.is_merged { " 2>&1" } else { "" };
            let _ = writeln!(
                text,
                "echo '== run {}'\nenv {}{name} {} <{input}{merge}\necho \"== status $?\"; find . -type f | sort | xargs ls -l --time-style=full-iso",
                number + 1,
                env.concat(),
                args.join(" ")
            );
        }
        text
    }
}

fn push_file(text: &mut String, path: &str, content: &str) {
    let is_plain = content.ends_with('\n') && !content.contains('\0');
    if is_plain {
        let _ = write!(text, "cat > {path} <<'END_OF_FILE'\n{content}END_OF_FILE\n");
    } else {
        let content = content
            .replace('\\', "\\\\")
            .replace('%', "%%")
            .replace('\0', "\\000");
        let _ = writeln!(text, "printf {} > {path}", quoted(&content));
    }
}

fn push_change(text: &mut String, change: &Change) {
    let _ = match change {
        Change::Touch(path, time) => writeln!(text, "touch -d {} {path}", stamp(*time)),
        Change::SameTime(path, other) => writeln!(text, "touch -r {other} {path}"),
        Change::Write(path, content, time) => {
            push_file(text, path, content);
            writeln!(text, "touch -d {} {path}", stamp(*time))
        }
        Change::Remove(path) => writeln!(text, "rm -f {path}"),
    };
}

fn stamp(time: u64) -> String {
    format!(
        "@{}.{:09}",
        BASE + time / 1_000_000_000,
        time % 1_000_000_000
    )
}

/// Returns the word as a shell reads it back.
pub fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_=./:,+%@".contains(&byte));
    if is_plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
