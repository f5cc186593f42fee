//! What rules about recipe lines mean for a job: whether it stays here, and whether makes below it do.
//! It does not know the rules.

use crate::eval::make::Make;
use crate::exec::Job;
use crate::exec::JobLine;
use crate::exec::command;
use crate::exec::command::Command;
use crate::exec::command::Newline;
use crate::exec::command::ShellOf;
use crate::exec::executor::Executor;
use crate::exec::executor::Sentence;
use crate::exec::executor::Stays;
use crate::id::TargetId;
use bstr::BString;
use bstr::ByteSlice;

/// What the rules mean for a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ruled {
    /// Why it stays here, if it does.
    pub stays: Option<Stays>,
    /// It is told what is sent where.
    pub is_debug: bool,
}

/// The variable that carries rmake's own options to sub-makes, and the one that keeps all their recipes here.
const FLAGS: &[u8] = b"RMAKEFLAGS=";
const NEVER: &[u8] = b"--dist=never";

/// What a line is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// Nothing, or an echo: rules do not speak of it.
    Nothing,
    /// A directory made, files removed.
    Little,
    /// Whatever.
    Something,
}

/// Asks the rules about a job, and marks the lines below which all makes stay here. A recipe one of whose lines is kept
/// is kept as a whole.
pub fn rule(
    make: &mut Make,
    executor: &mut dyn Executor,
    job: &mut Job,
    target: TargetId,
) -> Ruled {
    if !executor.has_rules() {
        return Ruled::default();
    }
    let worths: Vec<Worth> = job.lines.iter().map(|line| worth(job, line)).collect();
    let is_asked = |place: &usize| worths[*place] != Worth::Nothing;
    let asked: Vec<usize> = (0..worths.len()).filter(is_asked).collect();
    let name = asked
        .iter()
        .any(|place| job.lines[*place].recursive)
        .then(|| {
            let name = make.with_target(target, |make| make.value_of_text("MAKE"));
            BString::from(name.unwrap_or_default())
        });
    let sentence = |place: &usize| Sentence {
        text: job.lines[*place].text.replace("\\\n", "").into(),
        make: name.clone().filter(|_| job.lines[*place].recursive),
    };
    let rulings = executor.judge(asked.iter().map(sentence).collect());
    let mut ruled = Ruled::default();
    for (place, ruling) in asked.iter().zip(rulings) {
        let ruling = ruling.unwrap_or_default();
        ruled.is_debug |= ruling.is_debug;
        if ruling.is_local {
            ruled.stays = Some(Stays::Ruled);
            job.lines[*place].is_secluded = !ruling.recurses;
        }
    }
    if !worths.contains(&Worth::Something) {
        ruled.stays = ruled.stays.or(Some(Stays::Trivial));
    }
    ruled
}

/// Returns how a line of a job is executed.
pub fn shell_of<'a>(job: &'a Job, line: &'a JobLine) -> ShellOf<'a> {
    ShellOf {
        shell: &job.shell,
        flags: line.shell_flags.as_ref().unwrap_or(&job.shell_flags),
        ifs: job.ifs.as_ref().map(|ifs| ifs.as_slice()),
        newline: Newline::Ends,
    }
}

fn worth(job: &Job, line: &JobLine) -> Worth {
    let of = shell_of(job, line);
    if command::is_no_op(&line.text, of) {
        return Worth::Nothing;
    }
    match command::command(&line.text, of) {
        Command::Empty => Worth::Nothing,
        Command::Direct(words) => worth_of(&words),
        Command::Shell(_) => Worth::Something,
    }
}

fn worth_of(words: &[BString]) -> Worth {
    let Some((program, words)) = words.split_first() else {
        return Worth::Nothing;
    };
    let letters: &[u8] = match &program[..] {
        b"echo" => return Worth::Nothing,
        b"mkdir" => b"p",
        b"rm" => b"frR",
        _ => return Worth::Something,
    };
    let mut options = words.iter().filter_map(|word| word.strip_prefix(b"-"));
    match options.all(|option| option.iter().all(|letter| letters.contains(letter))) {
        true => Worth::Little,
        false => Worth::Something,
    }
}

/// Makes an environment one in which sub-makes use no other machines.
pub fn seclude(environment: &mut Vec<BString>) {
    let flags = environment
        .iter_mut()
        .find(|entry| entry.starts_with(FLAGS));
    match flags {
        // The last option counts.
        Some(flags) => flags.extend_from_slice(&[b" ", NEVER].concat()),
        None => environment.push([FLAGS, NEVER].concat().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_what_termite_does_without_a_process() {
        let table = [
            ("echo a b", Worth::Nothing),
            ("mkdir -p a b", Worth::Little),
            ("mkdir -m 700 a", Worth::Something),
            ("rm -rf a", Worth::Little),
            ("rm -f -R a -", Worth::Little),
            ("rm -i a", Worth::Something),
            ("/bin/rm a", Worth::Something),
            ("cc -c a.c", Worth::Something),
        ];
        for (text, expected) in table {
            let words: Vec<BString> = text.split(' ').map(BString::from).collect();
            assert!(worth_of(&words) == expected, "{text}");
        }
    }

    #[test]
    fn a_secluded_environment_says_never_last() {
        let mut environment: Vec<BString> = vec!["A=1".into(), "RMAKEFLAGS=--dist=auto".into()];
        seclude(&mut environment);
        assert_eq!(environment[1], "RMAKEFLAGS=--dist=auto --dist=never");
        environment.pop();
        seclude(&mut environment);
        assert_eq!(environment[1], "RMAKEFLAGS=--dist=never");
    }
}
