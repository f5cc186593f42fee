//! Reads a case: the directives at its head, described in `tests/makefiles.rs`, and its text.
//! It does not know how a case is run.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// One case: what to put into an empty directory, what to run there, what to expect.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    /// The `.mk` file.
    pub path: PathBuf,
    pub text: Vec<u8>,
    /// The name the case gets in the directory; None for no makefile.
    pub makefile: Option<String>,
    pub argv0: String,
    pub env: Vec<(String, String)>,
    pub files: Vec<Entry>,
    /// Seconds and nanoseconds after the base time, by name.
    pub mtimes: Vec<(String, i64, i64)>,
    pub modes: Vec<(String, u32)>,
    pub stdin: Vec<u8>,
    pub steps: Vec<Step>,
    /// Whether the head has `run:` lines.
    pub is_flow: bool,
    pub tree: Vec<String>,
    pub is_merged: bool,
    pub is_any_order: bool,
    pub needs: Vec<String>,
    pub differs: Option<String>,
    pub todo: Option<String>,
}

/// Something to make in the directory, in the order of the head.
#[derive(Clone)]
pub enum Entry {
    File(String, Vec<u8>),
    Directory(String),
    Link(String, String),
}

/// One step of a case.
#[derive(Clone)]
pub enum Step {
    Run(Run),
    Do(String),
}

/// One run of make.
#[derive(Clone)]
pub struct Run {
    /// The arguments as written.
    pub line: String,
    /// `0`, `2`, `signal 15`.
    pub status: String,
    /// Index of the head's line that names the status, if there is one.
    pub status_line: Option<usize>,
    /// Index of the head's line after which a status line of this run belongs.
    pub line_index: usize,
}

impl Case {
    /// Returns the case of this name, or what is wrong with its head.
    pub fn read(root: &Path, name: &str) -> Result<Case, String> {
        let path = root.join(format!("{name}.mk"));
        let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut case = Case::empty(name, path, text);
        let lines: Vec<Vec<u8>> = case
            .text
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        let head = lines
            .iter()
            .take_while(|line| line.starts_with(b"#:"))
            .count();
        if lines[head..].iter().any(|line| line.starts_with(b"#: ")) {
            return Err("a directive below the head".to_owned());
        }
        if head > 0 && lines[head - 1].ends_with(b"\\") {
            return Err(
                "the last directive ends in a backslash and would hide the line after it"
                    .to_owned(),
            );
        }
        for (index, line) in lines[..head].iter().enumerate() {
            case.directive(index, line)
                .map_err(|problem| format!("line {}: {problem}", index + 1))?;
        }
        if !case.steps.iter().any(|step| matches!(step, Step::Run(_))) {
            case.steps.push(Step::Run(Run::new("", head.max(1) - 1)));
        }
        Ok(case)
    }

    fn empty(name: &str, path: PathBuf, text: Vec<u8>) -> Case {
        Case {
            name: name.to_owned(),
            path,
            text,
            makefile: Some("Makefile".to_owned()),
            argv0: "make".to_owned(),
            env: Vec::new(),
            files: Vec::new(),
            mtimes: Vec::new(),
            modes: Vec::new(),
            stdin: Vec::new(),
            steps: Vec::new(),
            is_flow: false,
            tree: Vec::new(),
            is_merged: false,
            is_any_order: false,
            needs: Vec::new(),
            differs: None,
            todo: None,
        }
    }

    #[expect(clippy::too_many_lines, reason = "the table of directives")]
    fn directive(&mut self, index: usize, line: &[u8]) -> Result<(), String> {
        if let Some(text) = line.strip_prefix(b"#:|") {
            let Some(Entry::File(_, content)) = self.files.last_mut() else {
                return Err("`#:|` without a file above it".to_owned());
            };
            content.extend_from_slice(text);
            content.push(b'\n');
            return Ok(());
        }
        let line = std::str::from_utf8(line).map_err(|error| error.to_string())?;
        let Some(line) = line.strip_prefix("#: ") else {
            return Err("a directive is `#: word`".to_owned());
        };
        let (word, rest) = line.split_once(':').unwrap_or((line, ""));
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        let first = name(first)?;
        let second = second.to_owned();
        match word {
            "args" => self.args(rest, index)?,
            "run" => {
                self.is_flow = true;
                self.steps.push(Step::Run(Run::new(rest, index)));
            }
            "do" => self.steps.push(Step::Do(rest.to_owned())),
            "env" => {
                let (name, value) = rest.split_once('=').ok_or("env: without `=`")?;
                self.env.push((name.to_owned(), value.to_owned()));
            }
            "file" if first.ends_with('/') => self.files.push(Entry::Directory(first)),
            "file" => {
                let content = if second.is_empty() {
                    Vec::new()
                } else {
                    unescape(&second)?
                };
                self.files.push(Entry::File(first, content));
            }
            "link" => self.files.push(Entry::Link(first, second)),
            "mtime" => {
                let (seconds, nanos) = time(&second)?;
                self.mtimes.push((first, seconds, nanos));
            }
            "mode" => {
                let mode = u32::from_str_radix(&second, 8).map_err(|error| error.to_string())?;
                self.modes.push((first, mode));
            }
            "makefile" => self.makefile = (rest != "-").then(|| rest.to_owned()),
            "argv0" => self.argv0 = rest.to_owned(),
            "stdin" => self.stdin = unescape(rest)?,
            "status" => self.status(rest, index),
            "tree" => self.tree.extend(rest.split_whitespace().map(str::to_owned)),
            "merged" => self.is_merged = true,
            "any-order" => self.is_any_order = true,
            "needs" => self
                .needs
                .extend(rest.split_whitespace().map(str::to_owned)),
            "differs" => self.differs = Some(rest.to_owned()),
            "todo" => self.todo = Some(rest.to_owned()),
            _ => return Err(format!("unknown directive {word}")),
        }
        Ok(())
    }

    fn args(&mut self, rest: &str, index: usize) -> Result<(), String> {
        if self.is_flow {
            return Err("`args:` and `run:` in one case".to_owned());
        }
        match self.last_run() {
            // A status line stood above: it made the run.
            Some(run) if run.line.is_empty() => run.line = rest.to_owned(),
            Some(_) => return Err("two `args:` lines; write `run:` lines".to_owned()),
            None => self.steps.push(Step::Run(Run::new(rest, index))),
        }
        Ok(())
    }

    fn status(&mut self, rest: &str, index: usize) {
        if self.last_run().is_none() {
            self.steps.push(Step::Run(Run::new("", index)));
        }
        if let Some(run) = self.last_run() {
            run.status = rest.to_owned();
            run.status_line = Some(index);
        }
    }

    /// Returns the case with each sub-make a start of the program, None if it has none.
    pub fn with_processes(&self) -> Option<Case> {
        let has = |word: &[u8]| self.text.windows(word.len()).any(|part| part == word);
        (has(b"$(MAKE)") || has(b"${MAKE}")).then(|| {
            let mut case = self.clone();
            let flag = ("RMAKEFLAGS".to_owned(), "--no-inprocess".to_owned());
            case.env.push(flag);
            case
        })
    }

    fn last_run(&mut self) -> Option<&mut Run> {
        self.steps.iter_mut().rev().find_map(|step| match step {
            Step::Run(run) => Some(run),
            Step::Do(_) => None,
        })
    }

    /// Returns the runs of the case in order.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.steps.iter().filter_map(|step| match step {
            Step::Run(run) => Some(run),
            Step::Do(_) => None,
        })
    }
}

impl Run {
    fn new(line: &str, line_index: usize) -> Run {
        Run {
            line: line.to_owned(),
            status: "0".to_owned(),
            status_line: None,
            line_index,
        }
    }
}

/// Returns the names (`area/corner`) of all cases, sorted.
pub fn names(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    visit(root, "", &mut |path, name| {
        if path.extension().is_some_and(|extension| extension == "mk") {
            names.push(name.trim_end_matches(".mk").to_owned());
        }
    });
    names.sort();
    names
}

/// Returns a complaint for each file of the corpus that no case uses, and for each case that the list of
/// `README.md` does not name.
pub fn orphans(root: &Path) -> Vec<String> {
    let list = fs::read_to_string(root.join("README.md")).unwrap_or_default();
    let listed: HashSet<&str> = list.split([' ', ',', ';', '\n']).collect();
    let mut problems = Vec::new();
    visit(root, "", &mut |path, name| {
        let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        match path.extension().and_then(OsStr::to_str) {
            Some("mk") if listed.contains(stem) => {}
            Some("mk") => problems.push(format!("FAILED {name}: not listed in README.md\n")),
            Some("md") => {}
            Some("out") if path.with_extension("mk").exists() => {}
            _ => problems.push(format!("FAILED {name}: belongs to no case\n")),
        }
    });
    problems
}

fn visit(directory: &Path, prefix: &str, found: &mut dyn FnMut(&Path, &str)) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            visit(&path, &format!("{name}/"), found);
        } else {
            found(&path, &name);
        }
    }
}

/// Returns the words of an argument line, split as a shell would without expansions.
pub fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(char) = rest.next() {
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(char),
            (None, '\'' | '"') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (_, '\\') => {
                let next = rest.next().ok_or("a backslash at the end")?;
                word.get_or_insert_default().push(next);
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(char),
        }
    }
    if quote.is_some() {
        return Err("an open quote".to_owned());
    }
    words.extend(word);
    Ok(words)
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'\\') => bytes.push(b'\\'),
            Some(b'0') => bytes.push(0),
            Some(b'c') if rest.len() == 0 => return Ok(bytes),
            Some(b'x') => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                let byte = u8::from_str_radix(&digits, 16).map_err(|error| error.to_string())?;
                bytes.push(byte);
            }
            _ => return Err(format!("unknown escape in {text}")),
        }
    }
    bytes.push(b'\n');
    Ok(bytes)
}

/// Returns a file name of the head, where `\x20` is a blank.
fn name(text: &str) -> Result<String, String> {
    if !text.contains("\\x") {
        return Ok(text.to_owned());
    }
    let mut bytes = unescape(text)?;
    bytes.pop();
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// Returns seconds and nanoseconds of `12.5`.
fn time(text: &str) -> Result<(i64, i64), String> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds = seconds.parse().map_err(|_| format!("not a time: {text}"))?;
    let nanos = format!("{fraction:0<9}")
        .parse()
        .map_err(|_| format!("not a time: {text}"))?;
    Ok((seconds, nanos))
}
