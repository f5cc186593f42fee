//! Cuts a case down while it still shows a difference, in a bounded number of trials.
//! It does not know makefiles: it drops runs, arguments, files, lines, words and balanced references.

use std::time::Duration;
use std::time::Instant;

use crate::differential::case::Case;

/// Drops parts of a case as long as `differs` says that what is left still differs.
pub struct Minimiser<'a> {
    /// Whether a smaller case still differs.
    pub differs: &'a mut dyn FnMut(&Case) -> bool,
    /// How many trials are left.
    pub trials: usize,
    /// When to stop.
    pub deadline: Instant,
}

/// Returns a smaller case that still differs, after at most so many trials and so long.
pub fn minimise(
    case: Case,
    trials: usize,
    time: Duration,
    differs: &mut dyn FnMut(&Case) -> bool,
) -> Case {
    let mut minimiser = Minimiser {
        differs,
        trials,
        deadline: Instant::now() + time,
    };
    let mut case = case;
    loop {
        let size = size(&case);
        case = minimiser.drop_runs(case);
        case = minimiser.drop_files(case);
        case = minimiser.drop_lines(case);
        case = minimiser.drop_arguments(case);
        case = minimiser.drop_parts_of_lines(case);
        if self::size(&case) >= size || minimiser.is_over() {
            return case;
        }
    }
}

fn size(case: &Case) -> usize {
    let files: usize = case
        .files
        .iter()
        .map(|file| 1 + file.lines.iter().map(|line| 1 + line.len()).sum::<usize>())
        .sum();
    let runs: usize = case
        .runs
        .iter()
        .map(|run| 1 + run.args.len() + run.env.len() + run.changes.len())
        .sum();
    files + runs
}

impl Minimiser<'_> {
    fn is_over(&self) -> bool {
        self.trials == 0 || Instant::now() > self.deadline
    }

    /// Keeps the smaller case if it still differs.
    fn attempt(&mut self, case: &mut Case, smaller: Case) -> bool {
        if self.is_over() {
            return false;
        }
        self.trials -= 1;
        let is_smaller = (self.differs)(&smaller);
        if is_smaller {
            *case = smaller;
        }
        is_smaller
    }

    fn drop_runs(&mut self, mut case: Case) -> Case {
        for index in (0..case.runs.len()).rev() {
            if case.runs.len() > 1 {
                let mut smaller = case.clone();
                smaller.runs.remove(index);
                self.attempt(&mut case, smaller);
            }
        }
        case
    }

    fn drop_files(&mut self, mut case: Case) -> Case {
        for index in (0..case.files.len()).rev() {
            let mut smaller = case.clone();
            smaller.files.remove(index);
            self.attempt(&mut case, smaller);
        }
        case
    }

    fn drop_arguments(&mut self, mut case: Case) -> Case {
        for run in 0..case.runs.len() {
            for index in (0..case.runs[run].args.len()).rev() {
                let mut smaller = case.clone();
                smaller.runs[run].args.remove(index);
                self.attempt(&mut case, smaller);
            }
            for index in (0..case.runs[run].env.len()).rev() {
                let mut smaller = case.clone();
                smaller.runs[run].env.remove(index);
                self.attempt(&mut case, smaller);
            }
            for index in (0..case.runs[run].changes.len()).rev() {
                let mut smaller = case.clone();
                smaller.runs[run].changes.remove(index);
                self.attempt(&mut case, smaller);
            }
        }
        if case.is_merged {
            let mut smaller = case.clone();
            smaller.is_merged = false;
            self.attempt(&mut case, smaller);
        }
        case
    }

    /// Drops chunks of lines, half as long each time.
    fn drop_lines(&mut self, mut case: Case) -> Case {
        for file in 0..case.files.len() {
            let mut chunk = case.files[file].lines.len().div_ceil(2);
            while chunk > 0 && !self.is_over() {
                let mut start = 0;
                while start < case.files[file].lines.len() {
                    let end = (start + chunk).min(case.files[file].lines.len());
                    let mut smaller = case.clone();
                    smaller.files[file].lines.drain(start..end);
                    if !self.attempt(&mut case, smaller) {
                        start = end;
                    }
                }
                chunk /= 2;
            }
        }
        case
    }

    /// Drops words, then balanced references, then what surrounds a reference.
    fn drop_parts_of_lines(&mut self, mut case: Case) -> Case {
        for file in 0..case.files.len() {
            for line in 0..case.files[file].lines.len() {
                let mut place = 0;
                loop {
                    let shorter = shorter(&case.files[file].lines[line]);
                    if place >= shorter.len() || self.is_over() {
                        break;
                    }
                    let mut smaller = case.clone();
                    smaller.files[file].lines[line].clone_from(&shorter[place]);
                    if !self.attempt(&mut case, smaller) {
                        place += 1;
                    }
                }
            }
        }
        case
    }
}

/// Returns the line with one part left out, for each part that can be.
fn shorter(line: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (start, inner, end) in references(line) {
        let (head, body, tail) = (&line[..start], &line[inner.0..inner.1], &line[end..]);
        lines.push(format!("{head}{tail}"));
        if let Some((_, argument)) = body.split_once([' ', ',']) {
            lines.push(format!("{head}{argument}{tail}"));
            if let Some((_, last)) = body.rsplit_once(',') {
                lines.push(format!("{head}{last}{tail}"));
            }
        }
    }
    let starts = line
        .char_indices()
        .filter(|(_, letter)| *letter == ' ')
        .map(|(place, _)| place);
    let places: Vec<usize> = starts.chain([line.len()]).collect();
    let mut from = 0;
    for place in places {
        let word = &line[from..place];
        if !word.trim().is_empty() {
            lines.push(format!("{}{}", &line[..from], &line[place..]));
        }
        from = place;
    }
    lines.retain(|shorter| shorter.len() < line.len());
    lines
}

/// Returns start, inside and end of each `$(…)` and `${…}`.
fn references(line: &str) -> Vec<(usize, (usize, usize), usize)> {
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    for start in 0..bytes.len().saturating_sub(1) {
        let (open, close) = match (bytes[start], bytes[start + 1]) {
            (b'$', b'(') => (b'(', b')'),
            (b'$', b'{') => (b'{', b'}'),
            _ => continue,
        };
        let mut depth = 0;
        for (place, byte) in bytes.iter().enumerate().skip(start + 1) {
            if *byte == open {
                depth += 1;
            } else if *byte == close {
                depth -= 1;
                if depth == 0 {
                    found.push((start, (start + 2, place), place + 1));
                    break;
                }
            }
        }
    }
    found
}
