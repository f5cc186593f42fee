//! Judges a case: compares what a run gave with `.out`, or writes `.out` from the oracle.
//! It does not know how a program is run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use crate::corpus::case::Case;
use crate::corpus::space::Outcome;
use crate::corpus::space::Space;

/// How one case ended.
pub enum Verdict {
    Passed,
    Skipped(String),
    Todo,
    Failed(String),
}

/// Runs the case and compares; a foreign make is not excused by `todo`.
pub fn compare(case: &Case, program: &Path, is_foreign: bool) -> Result<Verdict, String> {
    if let Some(need) = missing(&case.needs) {
        return Ok(Verdict::Skipped(need));
    }
    if is_foreign && let Some(reason) = &case.differs {
        return Ok(Verdict::Skipped(format!(
            "rmake itself, which differs: {reason}"
        )));
    }
    let tried = |case: &Case| match Space::new(case, program)?.steps(case) {
        Ok(outcomes) => Ok::<_, String>(problem(case, &outcomes)),
        Err(problem) => Ok(problem),
    };
    let mut problem = tried(case)?;
    if problem.is_empty()
        && !is_foreign
        && let Some(case) = case.with_processes()
    {
        problem = tried(&case)?;
        if !problem.is_empty() {
            problem.insert_str(0, "with --no-inprocess:\n");
        }
    }
    Ok(match (&case.todo, problem.is_empty()) {
        (Some(reason), true) if !is_foreign => {
            Verdict::Failed(format!("passes now; take its todo away: {reason}\n"))
        }
        (Some(_), false) if !is_foreign => Verdict::Todo,
        (_, true) => Verdict::Passed,
        (_, false) => Verdict::Failed(problem),
    })
}

/// Runs the case with the oracle and writes `.out`, and the `status:` lines if they are wrong.
pub fn bless(root: &Path, case: &Case, oracle: &Path) -> Result<Verdict, String> {
    if let Some(need) = missing(&case.needs) {
        return Ok(Verdict::Skipped(need));
    }
    if let Some(reason) = &case.differs {
        return Ok(Verdict::Skipped(format!("no bless, it differs: {reason}")));
    }
    let mut outcomes = Space::new(case, oracle)?.steps(case)?;
    if write_statuses(case, &outcomes)? {
        // The lines of the makefile have moved, and with them the numbers in messages.
        let case = Case::read(root, &case.name)?;
        outcomes = Space::new(&case, oracle)?.steps(&case)?;
    }
    let path = case.path.with_extension("out");
    let text = text_of(&outcomes);
    if fs::read(&path).unwrap_or_default() != text || !path.exists() {
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(Verdict::Passed)
}

fn text_of(outcomes: &[Outcome]) -> Vec<u8> {
    outcomes
        .iter()
        .flat_map(|outcome| outcome.text.clone())
        .collect()
}

/// Returns what is wrong, empty if nothing.
fn problem(case: &Case, outcomes: &[Outcome]) -> String {
    let mut problem = String::new();
    for (run, outcome) in case.runs().zip(outcomes) {
        if run.status != outcome.status {
            problem += &format!(
                "make {}: status {}, expected {}\n",
                run.line, outcome.status, run.status
            );
        }
    }
    let path = case.path.with_extension("out");
    match fs::read(&path) {
        Err(error) => problem += &format!("{}: {error}; bless it\n", path.display()),
        Ok(expected) => {
            let text = text_of(outcomes);
            if expected != text {
                problem += &diff(
                    &String::from_utf8_lossy(&expected),
                    &String::from_utf8_lossy(&text),
                );
            }
        }
    }
    problem
}

/// Corrects the `status:` lines of the case; returns whether there was anything to correct.
fn write_statuses(case: &Case, outcomes: &[Outcome]) -> Result<bool, String> {
    let mut lines: Vec<Vec<u8>> = case
        .text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let has_head = lines.first().is_some_and(|line| line.starts_with(b"#:"));
    let mut is_changed = false;
    let pairs: Vec<_> = case.runs().zip(outcomes).collect();
    for (run, outcome) in pairs
        .into_iter()
        .rev()
        .filter(|(run, outcome)| run.status != outcome.status)
    {
        is_changed = true;
        let line = format!("#: status: {}", outcome.status).into_bytes();
        match run.status_line {
            Some(index) => lines[index] = line,
            None if has_head => lines.insert(run.line_index + 1, line),
            None => lines.insert(0, line),
        }
    }
    if is_changed {
        fs::write(&case.path, lines.join(&b'\n')).map_err(|error| error.to_string())?;
    }
    Ok(is_changed)
}

/// Returns the first of these needs that this machine cannot give.
fn missing(needs: &[String]) -> Option<String> {
    needs.iter().find(|need| !is_there(need)).cloned()
}

fn is_there(need: &str) -> bool {
    match need {
        "fuse" => Path::new("/dev/fuse").exists(),
        "userns" => Command::new("unshare")
            .args(["-U", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success()),
        // Some messages are the shell's own.
        "dash" => fs::canonicalize("/bin/sh").is_ok_and(|path| path.ends_with("dash")),
        "x86_64" => cfg!(target_arch = "x86_64"),
        program => ["/usr/local/bin", "/usr/bin", "/bin"]
            .iter()
            .any(|directory| Path::new(directory).join(program).exists()),
    }
}

/// Returns the lines of both texts, `-` those that are missing and `+` those that are too many.
fn diff(expected: &str, actual: &str) -> String {
    let old: Vec<&str> = expected.split_inclusive('\n').collect();
    let new: Vec<&str> = actual.split_inclusive('\n').collect();
    let (rows, columns) = (old.len(), new.len());
    if rows * columns > 4_000_000 {
        return format!(
            "too long to compare line by line: {rows} lines expected, {columns} came\n"
        );
    }
    // lengths[i][j]: the longest common subsequence of old[i..] and new[j..].
    let mut lengths = vec![vec![0_u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            lengths[row][column] = if old[row] == new[column] {
                lengths[row + 1][column + 1] + 1
            } else {
                lengths[row + 1][column].max(lengths[row][column + 1])
            };
        }
    }
    let mut marked = Vec::new();
    let (mut row, mut column) = (0, 0);
    while row < rows || column < columns {
        let is_same = row < rows && column < columns && old[row] == new[column];
        let is_old =
            column == columns || row < rows && lengths[row + 1][column] >= lengths[row][column + 1];
        marked.push(match (is_same, is_old) {
            (true, _) => (' ', old[row]),
            (false, true) => ('-', old[row]),
            (false, false) => ('+', new[column]),
        });
        row += usize::from(is_same || is_old);
        column += usize::from(is_same || !is_old);
    }
    with_context(&marked)
}

/// Returns the marked lines that differ and two lines around each.
fn with_context(marked: &[(char, &str)]) -> String {
    let mut text = String::new();
    for (index, (mark, line)) in marked.iter().enumerate() {
        let around = index.saturating_sub(2)..(index + 3).min(marked.len());
        if marked[around].iter().any(|(mark, _)| *mark != ' ') {
            text += &format!("  {mark} {}\n", line.trim_end_matches('\n'));
        }
    }
    text
}
