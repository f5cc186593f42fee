//! Compares what two makes showed for one case, blind to what GNU make itself leaves open.
//! It does not know how the runs were made.

use std::path::Path;

use crate::differential::case::Case;
use crate::differential::run::Mark;
use crate::differential::run::Outcome;

/// Where two makes differed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    Timeout,
    Status,
    Stdout,
    Stderr,
    Tree,
}

/// The first run in which two makes differed.
pub struct Difference {
    /// All that differed in that run.
    pub channels: Vec<Channel>,
    /// The first line that only the first make has, and the first that only the second has.
    pub lines: (String, String),
}

/// Returns the first difference between the outcomes of two makes, or None if a user could not tell them apart.
pub fn difference(
    case: &Case,
    root: &Path,
    first: &[Outcome],
    second: &[Outcome],
) -> Option<Difference> {
    for (one, two) in first.iter().zip(second) {
        let mut channels = Vec::new();
        let mut lines = None;
        let texts = [
            (Channel::Stdout, &one.stdout, &two.stdout),
            (Channel::Stderr, &one.stderr, &two.stderr),
        ];
        for (channel, one, two) in texts {
            let (one, two) = (shown(case, root, one), shown(case, root, two));
            if one != two {
                channels.push(channel);
                lines.get_or_insert(first_difference(&one, &two));
            }
        }
        if one.status != two.status {
            channels.push(Channel::Status);
            lines.get_or_insert((
                format!("status {}", one.status),
                format!("status {}", two.status),
            ));
        }
        if (one.status == "timeout") != (two.status == "timeout") {
            channels.push(Channel::Timeout);
        }
        let (one, two) = (tree_lines(one), tree_lines(two));
        if one != two {
            channels.push(Channel::Tree);
            lines.get_or_insert(first_difference(&one, &two));
        }
        if let Some(lines) = lines {
            return Some(Difference { channels, lines });
        }
    }
    None
}

/// Returns the lines of an output without the temporary path and what GNU make orders by a hash or a process id.
pub fn shown(case: &Case, root: &Path, output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    let text = text.replace(&*root.to_string_lossy(), "<root>");
    let mut lines: Vec<String> = text.split('\n').map(ordered).collect();
    if case.is_any_order {
        lines.sort_unstable();
    }
    lines
}

/// Returns a line about removed intermediate files with their names sorted: GNU make takes them from a hash table.
fn ordered(line: &str) -> String {
    if let Some(names) = line.strip_prefix("rm ") {
        let mut names: Vec<&str> = names.split(' ').collect();
        names.sort_unstable();
        return format!("rm {}", names.join(" "));
    }
    without_process_ids(line)
}

/// Returns the line without process ids and random names: `GMfifo123` of the jobserver, `GmXXXXXX` of a makefile read from stdin.
fn without_process_ids(line: &str) -> String {
    let mut rest = line;
    let mut text = String::new();
    while let Some(place) = rest.find("GMfifo").or_else(|| rest.find("Gm")) {
        let (head, tail) = rest.split_at(place);
        text.push_str(head);
        if let Some(tail) = tail.strip_prefix("GMfifo") {
            text.push_str("GMfifo");
            rest = tail.trim_start_matches(|letter: char| letter.is_ascii_digit());
        } else {
            let is_random = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            text.push_str("Gm");
            rest = match tail.get(2..8) {
                Some(name) if is_random(name) => &tail[8..],
                _ => &tail[2..],
            };
        }
    }
    text.push_str(rest);
    text
}

/// Returns one line for each thing in the tree.
pub fn tree_lines(outcome: &Outcome) -> Vec<String> {
    outcome
        .tree
        .iter()
        .map(|(path, thing)| {
            let mark = match thing.mark {
                Mark::Kept => "kept".to_owned(),
                Mark::Remade => "remade".to_owned(),
                Mark::Dated(time) => format!("dated {time}"),
            };
            match &thing.content {
                None => format!("tree: {path}/"),
                Some(content) => format!(
                    "tree: {path} {mark} {:?}",
                    String::from_utf8_lossy(content).trim_end_matches('\n')
                ),
            }
        })
        .collect()
}

/// Returns the first line that only the one has, and the first that only the other has.
fn first_difference(one: &[String], two: &[String]) -> (String, String) {
    let only = |lines: &[String], others: &[String]| {
        lines
            .iter()
            .find(|line| !line.trim().is_empty() && !others.contains(line))
            .cloned()
            .unwrap_or_else(|| "(nothing more)".to_owned())
    };
    (only(one, two), only(two, one))
}
