//! Saves and prints a case in which two makes differed, and counts what the cases of a run were like.
//! It does not decide whether they differed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use crate::differential::case::Case;
use crate::differential::case::quoted;
use crate::differential::compare;
use crate::differential::compare::Difference;
use crate::differential::run::Mark;
use crate::differential::run::Outcome;

/// How many lines of a diff are printed.
const SHORT: usize = 24;

/// Writes the case and what both makes showed into a directory.
pub fn save(
    directory: &Path,
    title: &str,
    original: &Case,
    case: &Case,
    shown: &[(&str, Vec<String>)],
) -> io::Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory)?;
    fs::write(directory.join("case.sh"), case.script(title))?;
    fs::write(directory.join("original.sh"), original.script(title))?;
    for (name, lines) in shown {
        fs::write(
            directory.join(format!("{name}.out")),
            lines.join("\n") + "\n",
        )?;
    }
    Ok(())
}

/// Returns all that one make showed, as lines.
pub fn transcript(case: &Case, root: &Path, outcomes: &[Outcome]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, outcome) in outcomes.iter().enumerate() {
        let args: Vec<String> = case.runs[index]
            .args
            .iter()
            .map(|arg| quoted(arg))
            .collect();
        lines.push(format!("=== run {}: make {}", index + 1, args.join(" ")));
        let text = |output: &[u8]| {
            let mut lines = compare::shown(case, root, output);
            if lines.last().is_some_and(String::is_empty) {
                lines.pop();
            }
            lines
        };
        lines.extend(text(&outcome.stdout));
        if !outcome.stderr.is_empty() {
            lines.push("--- stderr".to_owned());
            lines.extend(text(&outcome.stderr));
        }
        lines.push(format!("--- status {}", outcome.status));
        lines.extend(compare::tree_lines(outcome));
    }
    lines
}

/// Returns the makefiles of a small case and the lines in which the two makes differed.
pub fn short_text(case: &Case, first: &[String], second: &[String]) -> String {
    let mut text = String::new();
    for file in &case.files {
        let is_makefile = file.path.to_lowercase().ends_with("makefile")
            || file.path.contains(".mk")
            || file.path == "GNUmakefile";
        if !is_makefile {
            let _ = writeln!(text, "  file {}", file.path);
            continue;
        }
        let _ = writeln!(text, "  {}:", file.path);
        for line in file.lines.iter().take(SHORT) {
            let _ = writeln!(
                text,
                "    | {}",
                line.replace('\t', "\\t").replace('\0', "\\0")
            );
        }
    }
    for run in &case.runs {
        let env: Vec<String> = run
            .env
            .iter()
            .map(|(name, value)| format!("{name}={} ", quoted(value)))
            .collect();
        let args: Vec<String> = run.args.iter().map(|arg| quoted(arg)).collect();
        let _ = writeln!(text, "  $ {}make {}", env.concat(), args.join(" "));
    }
    for line in diff(first, second).into_iter().take(SHORT) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// Returns the lines only the first has with `-`, those only the second has with `+`, in order.
fn diff(first: &[String], second: &[String]) -> Vec<String> {
    let (rows, columns) = (first.len(), second.len());
    let mut longest = vec![vec![0_u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row][column] = if first[row] == second[column] {
                longest[row + 1][column + 1] + 1
            } else {
                longest[row + 1][column].max(longest[row][column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    while row < rows || column < columns {
        if row < rows && column < columns && first[row] == second[column] {
            row += 1;
            column += 1;
        } else if column == columns
            || (row < rows && longest[row + 1][column] >= longest[row][column + 1])
        {
            lines.push(format!("- {}", first[row]));
            row += 1;
        } else {
            lines.push(format!("+ {}", second[column]));
            column += 1;
        }
    }
    lines
}

/// Returns what kind of difference it is, so that equal ones are minimised once: its first lines without names and numbers.
pub fn signature(difference: &Difference) -> String {
    let (one, two) = &difference.lines;
    let two = &blurred(two);
    let one = &blurred(one);
    format!("{:?} | {one} | {two}", difference.channels)
}

/// Returns which messages differ, so that a case that is cut down keeps to its kind: of what recipes and `$(info)` say, only that
/// it is no message of make's.
pub fn kind(difference: &Difference) -> (String, String) {
    let kind = |line: &str| {
        let is_message = [
            "***",
            "warning: ",
            "make: ",
            "make[",
            "update target",
            "(nothing more)",
        ];
        if is_message.iter().any(|text| line.contains(text)) {
            blurred(line)
        } else {
            "text".to_owned()
        }
    };
    let (one, two) = &difference.lines;
    (kind(one), kind(two))
}

fn blurred(line: &str) -> String {
    let mut text = String::new();
    let mut is_quoted = false;
    for letter in line.chars().take(160) {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                text.push(letter);
            }
            _ if is_quoted => {}
            '0'..='9' => {
                if !text.ends_with('#') {
                    text.push('#');
                }
            }
            _ => text.push(letter),
        }
    }
    let mut words: Vec<&str> = text.split(' ').collect();
    words.truncate(9);
    words.join(" ")
}

/// What the cases of a run were like.
#[derive(Default)]
pub struct Statistics {
    runs: usize,
    statuses: BTreeMap<String, usize>,
    /// Runs that made at least one file, and those that made more than three.
    making: usize,
    busy: usize,
    /// Texts of make's own complaints without names and numbers.
    complaints: BTreeMap<String, usize>,
    lines: usize,
}

impl Statistics {
    /// Counts the runs of one case.
    pub fn add(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            self.runs += 1;
            *self.statuses.entry(outcome.status.clone()).or_default() += 1;
            let remade = outcome
                .tree
                .values()
                .filter(|thing| thing.mark == Mark::Remade)
                .count();
            self.making += usize::from(remade > 0);
            self.busy += usize::from(remade > 3);
            for output in [&outcome.stdout, &outcome.stderr] {
                let text = String::from_utf8_lossy(output);
                self.lines += text.lines().count();
                for line in text.lines() {
                    if line.contains("***")
                        || line.contains("warning: ")
                        || line.starts_with("make")
                    {
                        *self.complaints.entry(blurred(line)).or_default() += 1;
                    }
                }
            }
        }
    }

    /// Returns the counts in a few lines; the complaints too if asked.
    pub fn text(&self, detail: Detail) -> String {
        let percent = |count: usize| 100 * count / self.runs.max(1);
        let mut text = String::new();
        let statuses: Vec<String> = self
            .statuses
            .iter()
            .map(|(status, count)| format!("{status}: {}%", percent(*count)))
            .collect();
        let _ = writeln!(
            text,
            "{} runs, exit {}; {}% make a file, {}% more than three; {} lines of output a run; {} kinds of messages",
            self.runs,
            statuses.join(", "),
            percent(self.making),
            percent(self.busy),
            self.lines / self.runs.max(1),
            self.complaints.len()
        );
        if detail == Detail::Messages {
            let mut complaints: Vec<_> = self.complaints.iter().collect();
            complaints.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (complaint, count) in complaints {
                let _ = writeln!(text, "{count:6} {complaint}");
            }
        }
        text
    }
}

/// How much is told of the statistics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Counts,
    Messages,
}
