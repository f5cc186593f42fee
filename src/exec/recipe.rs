//! A recipe's text to its lines, and a target's recipe to a job: everything expanded, nothing run.
//! It does not know how lines are run.

use crate::error::Result;
use crate::eval::environment::Child;
use crate::eval::make::Make;
use crate::eval::variable::Origin;
use crate::exec::Job;
use crate::exec::JobLine;
use crate::exec::command;
use crate::exec::command::Newline;
use crate::exec::command::ShellOf;
use crate::graph::rule::Recipe;
use crate::graph::rule::RecipeLine;
use crate::graph::target::Flags;
use crate::id::JobId;
use crate::id::RecipeId;
use crate::id::TargetId;
use crate::loc::Loc;
use bstr::BString;
use bstr::ByteSlice;
use std::borrow::Cow;
use std::sync::Arc;

/// Returns the lines of a recipe, cut at first use.
pub fn lines(make: &mut Make, recipe: RecipeId) -> Arc<[RecipeLine]> {
    if let Some(lines) = &make.graph.recipes[recipe].lines {
        return lines.clone();
    }
    let how = Cut {
        one_shell: make.special.one_shell,
        posix: make.special.posix,
    };
    let mut lines = cut(&make.graph.recipes[recipe], how);
    for line in &mut lines {
        line.template = Some(Arc::new(make.compile(&line.text)));
    }
    let lines: Arc<[RecipeLine]> = lines.into();
    make.graph.recipes[recipe].lines = Some(lines.clone());
    lines
}

/// How a recipe's text is cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    /// `.ONESHELL`: all of it is one line.
    pub one_shell: bool,
    /// `.POSIX`: blanks before a backslash-newline inside a reference are kept.
    pub posix: bool,
}

/// Cuts a recipe's text into logical lines.
pub fn cut(recipe: &Recipe, how: Cut) -> Vec<RecipeLine> {
    let text: &[u8] = &recipe.text;
    if how.one_shell {
        return vec![line(text, 0, recipe.prefix, how)];
    }
    let mut lines = Vec::new();
    let mut offset = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = end_of_line(rest);
        let (text, after) = rest.split_at(end);
        lines.push(line(text, offset, recipe.prefix, how));
        // GNU make counts logical lines here, though the place it makes of them is told as a physical one.
        offset += 1;
        rest = after.get(1..).unwrap_or_default();
    }
    lines
}

/// Returns where the logical line ends that `text` begins with: at a newline not behind an odd number of backslashes.
fn end_of_line(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text)
        .find(|newline| !is_continued(&text[..*newline]))
        .unwrap_or(text.len())
}

/// Returns whether a newline behind `text` is taken away by a backslash.
fn is_continued(text: &[u8]) -> bool {
    let backslashes = text.iter().rev().take_while(|byte| **byte == b'\\').count();
    backslashes % 2 == 1
}

fn line(text: &[u8], offset: u32, prefix: u8, how: Cut) -> RecipeLine {
    let (flags, _) = prefixes(text);
    let names_make = text.contains_str("$(MAKE)") || text.contains_str("${MAKE}");
    RecipeLine {
        text: joined(text, prefix, how.posix).into_owned().into(),
        offset,
        silent: flags.silent,
        ignore_errors: flags.ignore_errors,
        recursive: flags.recursive || names_make,
        template: None,
    }
}

/// What the characters before a command ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Prefixes {
    silent: bool,
    ignore_errors: bool,
    recursive: bool,
}

/// Returns what stands before the command, and the command.
fn prefixes(text: &[u8]) -> (Prefixes, &[u8]) {
    let mut flags = Prefixes::default();
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'@' => flags.silent = true,
            b'-' => flags.ignore_errors = true,
            b'+' => flags.recursive = true,
            b' ' | b'\t' => {}
            _ => return (flags, &text[place..]),
        }
    }
    (flags, b"")
}

/// Takes away the recipe prefix behind each backslash-newline; inside a variable reference the backslash-newline and
/// the blanks around it become one blank.
fn joined(text: &[u8], prefix: u8, posix: bool) -> Cow<'_, [u8]> {
    if !text.contains_str("\\\n") {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = memchr::memchr2(b'$', b'\n', &text[at..]) {
        let here = at + next;
        out.extend_from_slice(&text[at..here]);
        at = here + 1;
        if text[here] == b'\n' {
            out.push(b'\n');
            if is_continued(&text[..here]) && text.get(at) == Some(&prefix) {
                at += 1;
            }
            continue;
        }
        out.push(b'$');
        if let Some(end) = end_of_reference(text, at) {
            collapse(&text[at..end], posix, &mut out);
            at = end;
        }
    }
    out.extend_from_slice(&text[at..]);
    Cow::Owned(out)
}

/// Returns the end of the reference whose `(` or `{` stands at `start`.
fn end_of_reference(text: &[u8], start: usize) -> Option<usize> {
    let (open, close) = match text.get(start)? {
        b'(' => (b'(', b')'),
        b'{' => (b'{', b'}'),
        _ => return None,
    };
    let mut depth = 0;
    for place in memchr::memchr2_iter(open, close, &text[start..]) {
        if text[start + place] == open {
            depth += 1;
        } else {
            depth -= 1;
        }
        if depth == 0 {
            return Some(start + place + 1);
        }
    }
    Some(text.len())
}

fn collapse(text: &[u8], posix: bool, out: &mut Vec<u8>) {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let mut at = 0;
    for newline in memchr::memchr_iter(b'\n', text) {
        if newline < at || !is_continued(&text[..newline]) {
            continue;
        }
        out.extend_from_slice(&text[at..newline - 1]);
        if !posix {
            while out.last().is_some_and(is_blank) {
                out.pop();
            }
        }
        out.push(b' ');
        let blanks = text[newline + 1..].iter().take_while(|byte| is_blank(byte));
        at = newline + 1 + blanks.count();
    }
    out.extend_from_slice(&text[at..]);
}

/// Returns whether any line of the recipe is run even under -n, -q and -t.
pub fn has_recursive_line(make: &mut Make, recipe: RecipeId) -> bool {
    lines(make, recipe).iter().any(|line| line.recursive)
}

/// Expands the whole recipe of `target`: all lines before the first runs.
/// Messages of the expansion belong to the output of job `id`, which [`crate::exec::local::Runner::new_id`] gave.
pub fn job(make: &mut Make, target: TargetId, id: JobId) -> Result<Job> {
    let (outer_job, outer_reading) = (make.job, make.reading);
    make.job = Some(id);
    let result = make.with_target(target, |make| expand(make, target, id));
    make.job = outer_job;
    make.reading = outer_reading;
    result
}

/// A `+` that only expansion brings to light makes its line recursive from now on: the target of a recipe of
/// such lines is asked for its mtime again, even under -n.
fn note_recursion(make: &mut Make, recipe: RecipeId, expanded: &[(Loc, Vec<u8>, RecipeLine)]) {
    let is_new = |text: &[u8], line: &RecipeLine| !line.recursive && prefixes(text).0.recursive;
    if !expanded.iter().any(|(_, text, line)| is_new(text, line)) {
        return;
    }
    let lines = expanded.iter().map(|(_, text, line)| {
        let recursive = line.recursive || prefixes(text).0.recursive;
        RecipeLine {
            recursive,
            ..line.clone()
        }
    });
    make.graph.recipes[recipe].lines = Some(lines.collect());
}

/// Returns each line of the recipe of `target` with its place and what it expands to.
fn expand_lines(make: &mut Make, target: TargetId) -> Result<Vec<(Loc, Vec<u8>, RecipeLine)>> {
    let mut expanded = Vec::new();
    if let Some(recipe) = make.graph.targets.recipe[target] {
        let loc = make.graph.recipes[recipe].loc;
        let is_builtin = make.names.bytes(loc.file).is_empty();
        for line in lines(make, recipe).iter() {
            let loc = loc.below(line.offset);
            // Of a built-in recipe nothing is told with a place.
            make.reading = Some(loc).filter(|_| !is_builtin);
            let mut text = Vec::with_capacity(line.text.len());
            match &line.template {
                Some(template) => make.expand_template(template, &mut text)?,
                None => make.expand_into(&line.text, &mut text)?,
            }
            expanded.push((loc, text, line.clone()));
        }
        note_recursion(make, recipe, &expanded);
        make.reading = Some(loc);
    }
    Ok(expanded)
}

fn expand(make: &mut Make, target: TargetId, id: JobId) -> Result<Job> {
    let expanded = expand_lines(make, target)?;
    let is_recursive = expanded.iter().any(|(_, _, line)| line.recursive);
    let shell = BString::from(make.value_of_text("SHELL")?);
    let shell_flags = command::split_words(&make.value_of_text(".SHELLFLAGS")?);
    let name = make.names.get(b"IFS");
    let ifs = match name {
        Some(name) => make.value_of(name)?.map(BString::from),
        None => None,
    };
    let of = ShellOf {
        shell: &shell,
        flags: &shell_flags,
        ifs: ifs.as_ref().map(|ifs| ifs.as_slice()),
        newline: Newline::Ends,
    };
    let lines = job_lines(make, target, &expanded, of);
    let child = match is_recursive {
        true => Child::Recursive,
        false => Child::Plain,
    };
    let name = make.graph.targets.name[target];
    Ok(Job {
        id,
        target: BString::from(make.names.bytes(name)),
        lines,
        shell,
        shell_flags,
        child,
        ifs,
        directory: make.directory.clone().unwrap_or_default(),
        quiet: make.graph.targets.flags[target].has(Flags::QUIET),
    })
}

/// Returns what is run of the expanded lines: each line of them, or with `.ONESHELL` all of one in one piece.
fn job_lines(
    make: &Make,
    target: TargetId,
    expanded: &[(Loc, Vec<u8>, RecipeLine)],
    of: ShellOf<'_>,
) -> Vec<JobLine> {
    let general = general_prefixes(make, target);
    let lenient = is_strict_by_posix(make, of.flags).then(|| vec![BString::from("-c")]);
    let mut lines = Vec::new();
    for (loc, text, line) in expanded {
        let from = Unsplit {
            line,
            place: BString::from(loc.place(&make.names).to_string()),
            general,
            lenient: lenient.as_deref(),
        };
        match make.special.one_shell {
            true => one_script(&stripped(text, of.shell), &from, of, &mut lines),
            false => split(text, &from, &mut lines),
        }
    }
    lines
}

/// Returns what options and special targets ask for all lines of `target`.
fn general_prefixes(make: &Make, target: TargetId) -> Prefixes {
    Prefixes {
        silent: make.is_silent() || make.graph.targets.flags[target].has(Flags::SILENT),
        ignore_errors: make.options.ignore_errors
            || make.graph.targets.flags[target].has(Flags::IGNORE_ERRORS),
        recursive: false,
    }
}

/// Under `.POSIX` the default flags are `-ec`, but not for lines whose errors are ignored.
fn is_strict_by_posix(make: &Make, flags: &[BString]) -> bool {
    let is_default = |name| {
        let variable = make.variables.lookup(make.scope, name);
        variable.is_none_or(|variable| variable.origin == Origin::Default)
    };
    make.special.posix
        && matches!(flags, [flag] if flag == "-ec")
        && make.names.get(b".SHELLFLAGS").is_none_or(is_default)
}

/// An expanded line and what its parts have in common.
struct Unsplit<'a> {
    line: &'a RecipeLine,
    place: BString,
    general: Prefixes,
    lenient: Option<&'a [BString]>,
}

/// A line may have expanded to several: each has prefixes of its own besides those of the whole.
fn split(text: &[u8], from: &Unsplit<'_>, lines: &mut Vec<JobLine>) {
    let mut rest = text;
    while !rest.is_empty() {
        let (text, after) = rest.split_at(end_of_line(rest));
        lines.extend(job_line(text, from));
        rest = after.get(1..).unwrap_or_default();
    }
}

/// A script is one line, but for the rest of it that is run once more: see [`command::resumption`].
fn one_script(text: &[u8], from: &Unsplit<'_>, of: ShellOf<'_>, lines: &mut Vec<JobLine>) {
    let mut rest = job_line(text, from);
    while let Some(mut line) = rest.take() {
        if let Some(place) = command::resumption(&line.text, of) {
            rest = job_line(&line.text[place + 1..], from);
            line.shown = place;
        }
        lines.push(line);
    }
}

fn job_line(text: &[u8], from: &Unsplit<'_>) -> Option<JobLine> {
    let (own, text) = prefixes(text);
    if text.is_empty() {
        return None;
    }
    let ignores = from.line.ignore_errors || own.ignore_errors;
    Some(JobLine {
        text: BString::from(text),
        shown: text.len(),
        place: from.place.clone(),
        silent: from.line.silent || own.silent || from.general.silent,
        ignore_errors: ignores || from.general.ignore_errors,
        recursive: from.line.recursive || own.recursive,
        shell_flags: from.lenient.filter(|_| ignores).map(<[BString]>::to_vec),
        is_secluded: false,
    })
}

/// `.ONESHELL`: for a POSIX shell every line loses the prefixes it would have as a line of its own.
fn stripped(text: &[u8], shell: &[u8]) -> Vec<u8> {
    if !command::is_posix_shell(shell) {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(newline) = memchr::memchr(b'\n', rest) {
        out.extend_from_slice(&rest[..=newline]);
        if is_continued(&rest[..newline]) {
            rest = &rest[newline + 1..];
            continue;
        }
        let is_prefix = |byte: &u8| matches!(byte, b' ' | b'\t' | b'@' | b'-' | b'+');
        let after = &rest[newline + 1..];
        let start = after.iter().position(|byte| !is_prefix(byte));
        rest = &after[start.unwrap_or(after.len())..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NameId;
    use crate::loc::Loc;

    fn recipe(text: &str, prefix: u8) -> Recipe {
        Recipe {
            loc: Loc {
                file: NameId(0),
                line: 1,
            },
            text: text.as_bytes().into(),
            prefix,
            lines: None,
        }
    }

    fn cut_lines(text: &str, how: Cut) -> Vec<(String, u32)> {
        let lines = cut(&recipe(text, b'\t'), how);
        let text = |line: &RecipeLine| BString::from(&line.text[..]).to_string();
        lines.iter().map(|line| (text(line), line.offset)).collect()
    }

    #[test]
    fn logical_lines_end_where_no_backslash_joins_them() {
        let check = |text: &str, expected: &[(&str, u32)]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(t, o)| ((*t).to_owned(), *o))
                .collect();
            assert_eq!(cut_lines(text, Cut::default()), expected, "{text:?}");
        };
        check("a\nb\n", &[("a", 0), ("b", 1)]);
        check("a\n\nb", &[("a", 0), ("", 1), ("b", 2)]);
        check("a\\\n\tb\\\n  c\nd", &[("a\\\nb\\\n  c", 0), ("d", 1)]);
        check("a\\\\\nb", &[("a\\\\", 0), ("b", 1)]);
        check("a\\\n\t\tb", &[("a\\\n\tb", 0)]);
        check("", &[]);
    }

    #[test]
    fn backslash_newlines_inside_references_become_a_blank() {
        let check = |text: &str, expected: &str| {
            assert_eq!(cut_lines(text, Cut::default())[0].0, expected, "{text:?}");
        };
        check(
            "$(call f,\"a \\\n    b\"); \\\n\tc",
            "$(call f,\"a b\"); \\\nc",
        );
        check("${X:x=\\\n\t{ } y} z", "${X:x= { } y} z");
        check("$(a \\\n\\\n b)", "$(a b)");
        check("'$$(x \\\n\tb)'", "'$$(x b)'");
        check("'$x(x \\\n\tb)'", "'$x(x \\\nb)'");
        check(
            "$(subst x,y ,axb  \\\\\\\n\t c)",
            "$(subst x,y ,axb  \\\\ c)",
        );
        let posix = Cut {
            posix: true,
            ..Cut::default()
        };
        assert_eq!(cut_lines("$(a  \\\n b)", posix)[0].0, "$(a   b)");
    }

    #[test]
    fn prefixes_and_the_name_of_make_set_flags() {
        let flags = |text: &str| {
            let line = cut(&recipe(text, b'\t'), Cut::default())[0].clone();
            (line.silent, line.ignore_errors, line.recursive)
        };
        assert_eq!(flags("echo"), (false, false, false));
        assert_eq!(flags(" @ - echo"), (true, true, false));
        assert_eq!(flags("+echo"), (false, false, true));
        assert_eq!(flags("cd x && $(MAKE)"), (false, false, true));
        assert_eq!(flags("@${MAKE}"), (true, false, true));
        assert_eq!(flags("$X $(MAKEFLAGS)"), (false, false, false));
    }

    #[test]
    fn a_line_may_expand_to_several() {
        let line = cut(&recipe("-$(X)", b'\t'), Cut::default())[0].clone();
        let from = Unsplit {
            line: &line,
            place: "m:1".into(),
            general: Prefixes::default(),
            lenient: Some(&["-c".into()]),
        };
        let mut lines = Vec::new();
        split(b"@echo a\n\n@\n +echo b\\\n c\n", &from, &mut lines);
        let found: Vec<_> = lines
            .iter()
            .map(|line| (line.text.to_string(), line.silent, line.recursive))
            .collect();
        let expected = [("echo a", true, false), ("echo b\\\n c", false, true)];
        assert_eq!(found, expected.map(|(t, s, r)| (t.to_owned(), s, r)));
        assert!(lines.iter().all(|line| line.ignore_errors));
        assert!(lines.iter().all(|line| line.shell_flags.is_some()));
    }

    #[test]
    fn one_shell_gets_all_lines_without_their_prefixes() {
        let how = Cut {
            one_shell: true,
            ..Cut::default()
        };
        let lines = cut_lines("@a\n  -@ +b\n\n@\nc\n", how);
        assert_eq!(lines, [("@a\n  -@ +b\n\n@\nc\n".to_owned(), 0)]);
        let text = lines[0].0.as_bytes();
        assert_eq!(stripped(text, b"/bin/sh"), b"@a\nb\n\n\nc\n");
        assert_eq!(stripped(text, b"perl"), text);
        assert_eq!(stripped(b"a \\\n  @b\n @c", b"sh"), b"a \\\n  @b\nc");
    }
}
