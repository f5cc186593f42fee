//! A command line to the argv that is executed: a simple command directly, anything else through the shell.
//! It does not know how processes are started.

use bstr::BString;

/// What the direct execution of simple commands depends on.
#[derive(Clone, Copy, Debug)]
pub struct ShellOf<'a> {
    /// `SHELL`.
    pub shell: &'a [u8],
    /// `.SHELLFLAGS`, split by [`split_words`].
    pub flags: &'a [BString],
    /// `IFS` as make knows it.
    pub ifs: Option<&'a [u8]>,
    /// What a newline without a backslash is.
    pub newline: Newline,
}

/// What a newline without a backslash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newline {
    /// The end of a command: the whole is a script (`.ONESHELL`).
    Ends,
    /// Part of a word (`$(shell)`). To a shell it is not handed at all, unless a backslash stands before it.
    InWord,
}

/// What is to be executed for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Nothing but blanks.
    Empty,
    /// A simple command: its words, the first to be found in PATH.
    Direct(Vec<BString>),
    /// The shell with its flags and the line.
    Shell(Vec<BString>),
}

/// `SHELL` without which nothing is executed directly.
const DEFAULT_SHELL: &[u8] = b"/bin/sh";

/// The kernel's limit for one argument, its final NUL included (MAX_ARG_STRLEN with pages of 4 KiB).
const LONGEST_ARGUMENT: usize = 128 * 1024;

/// Characters that only a shell understands, outside of single quotes.
const SPECIAL: &[u8] = b"#;\"*?[]&|<>(){}$`^~!";

/// Commands that only a shell has (GNU make's list for Unix).
const BUILTINS: &[&[u8]] = &[
    b".",
    b":",
    b"alias",
    b"bg",
    b"break",
    b"case",
    b"cd",
    b"command",
    b"continue",
    b"eval",
    b"exec",
    b"exit",
    b"export",
    b"fc",
    b"fg",
    b"for",
    b"getopts",
    b"hash",
    b"if",
    b"jobs",
    b"login",
    b"logout",
    b"read",
    b"readonly",
    b"return",
    b"set",
    b"shift",
    b"test",
    b"times",
    b"trap",
    b"type",
    b"ulimit",
    b"umask",
    b"unalias",
    b"unset",
    b"wait",
    b"while",
];

/// Shells whose inner recipe prefix characters `.ONESHELL` removes.
const POSIX_SHELLS: &[&[u8]] = &[b"sh", b"bash", b"dash", b"ksh", b"rksh", b"zsh", b"ash"];

/// Returns what to execute for `line`.
pub fn command(line: &[u8], of: ShellOf<'_>) -> Command {
    let line = skip_blanks(line);
    if line.is_empty() {
        return Command::Empty;
    }
    if !may_be_direct(of) {
        return Command::Shell(shell_words(line, of));
    }
    match simple_words(line, of.newline) {
        Ok(words) if words.is_empty() => Command::Empty,
        Ok(words) => Command::Direct(words),
        Err(_) => Command::Shell(shell_words(line, of)),
    }
}

/// Returns the directory and the words of a line that is `cd DIRECTORY && COMMAND`, the command being a simple one, for the
/// default shell.
pub fn in_directory(line: &[u8], of: ShellOf<'_>) -> Option<(BString, Vec<BString>)> {
    let rest = skip_blanks(line).strip_prefix(b"cd")?;
    let (before, after) = rest.split_at(memchr::memmem::find(rest, b"&&")?);
    if !may_be_direct(of) || !rest.starts_with(b" ") {
        return None;
    }
    let directory = simple_words(before, of.newline).ok()?;
    let words = simple_words(&after[2..], of.newline).ok()?;
    match <[BString; 1]>::try_from(directory) {
        Ok([directory]) if !words.is_empty() => Some((directory, words)),
        _ => None,
    }
}

/// Returns where the newline stands up to which a script is shown and behind which it is run once more: GNU make, which
/// looks whether the script is a simple command, takes up there when it has met a newline in single quotes.
pub fn resumption(script: &[u8], of: ShellOf<'_>) -> Option<usize> {
    if !may_be_direct(of) {
        return None;
    }
    match simple_words(script, of.newline) {
        Err(NotSimple::QuotedNewline(place)) => Some(place),
        Ok(_) | Err(NotSimple::ForShell) => None,
    }
}

/// Returns whether the line is `:` alone for the default shell: make does not even start it.
pub fn is_no_op(line: &[u8], of: ShellOf<'_>) -> bool {
    may_be_direct(of) && line == b":"
}

/// Returns whether `.ONESHELL` is to remove inner prefix characters for this `SHELL`.
pub fn is_posix_shell(shell: &[u8]) -> bool {
    let name = shell.rsplit(|byte| *byte == b'/').next().unwrap_or(shell);
    POSIX_SHELLS.contains(&name)
}

/// Returns another way to run the same script when its line is longer than the kernel takes as one argument: in pieces,
/// put together by the shell. None unless `words` are a POSIX shell, flags and a line longer than that.
pub fn in_pieces(words: &[BString]) -> Option<Vec<BString>> {
    let (line, before) = words.split_last()?;
    let (flag, _) = before.get(1..)?.split_last()?;
    let is_script = flag.starts_with(b"-") && flag.ends_with(b"c");
    if line.len() < LONGEST_ARGUMENT || !is_script || !is_posix_shell(&before[0]) {
        return None;
    }
    let pieces = line.chunks(LONGEST_ARGUMENT - 1);
    // `$0` and the absence of `$1` are what they are without this: the pieces are expanded before the shift.
    let mut script = BString::from("eval \"shift $#; ");
    for number in 1..=pieces.len() {
        script.extend_from_slice(format!("${{{number}}}").as_bytes());
    }
    script.push(b'"');
    let mut words = before.to_vec();
    words.push(script);
    words.push(before[0].clone());
    words.extend(pieces.map(BString::from));
    Some(words)
}

fn may_be_direct(of: ShellOf<'_>) -> bool {
    of.shell == DEFAULT_SHELL
        && matches!(of.flags, [flag] if flag == "-c" || flag == "-ec")
        && of.ifs.is_none_or(|ifs| ifs.iter().all(is_blank))
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

fn shell_words(line: &[u8], of: ShellOf<'_>) -> Vec<BString> {
    let mut words = split_words(of.shell);
    words.extend_from_slice(of.flags);
    match of.newline {
        Newline::Ends => words.push(BString::from(line)),
        Newline::InWord => words.extend(one_line(line)),
    }
    words
}

/// Returns `line` without the newlines that no backslash stands before, None if nothing is left.
fn one_line(line: &[u8]) -> Option<BString> {
    let mut out = BString::default();
    for (at, byte) in line.iter().enumerate() {
        if *byte != b'\n' || (at > 0 && line[at - 1] == b'\\') {
            out.push(*byte);
        }
    }
    Some(out).filter(|out| !out.is_empty())
}

fn skip_blanks(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    &line[start.unwrap_or(line.len())..]
}

/// Splits a value at blanks, quotes and backslashes taken as a shell does (`SHELL`, `.SHELLFLAGS`).
pub fn split_words(text: &[u8]) -> Vec<BString> {
    let mut words = Vec::new();
    let mut word: Option<BString> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(mark), byte) if byte == mark => quote = None,
            (Some(b'"') | None, b'\\') => {
                let next = bytes.next().unwrap_or(b'\\');
                word.get_or_insert_default().push(next);
            }
            (Some(_), byte) => word.get_or_insert_default().push(byte),
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (None, b' ' | b'\t' | b'\n') => words.extend(word.take()),
            (None, byte) => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}

/// Why a line is no simple command.
enum NotSimple {
    /// Only a shell understands it.
    ForShell,
    /// A newline that ends commands stands here, in single quotes.
    QuotedNewline(usize),
}

/// Returns the words of a simple command.
fn simple_words(line: &[u8], newline: Newline) -> Result<Vec<BString>, NotSimple> {
    let mut words: Vec<BString> = Vec::new();
    let mut word: Option<BString> = None;
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        at += 1;
        match byte {
            b'\'' => {
                let end = end_of_quote(line, at, newline)?;
                word.get_or_insert_default()
                    .extend_from_slice(&line[at..end]);
                at = end + 1;
            }
            b'\\' => {
                let next = line.get(at).filter(|byte| **byte != b'\n');
                if let Some(byte) = next {
                    word.get_or_insert_default().push(*byte);
                }
                at += 1;
            }
            b' ' | b'\t' => end_word(&mut words, &mut word)?,
            b'\n' if newline == Newline::Ends => return Err(NotSimple::ForShell),
            b'=' if words.is_empty() => return Err(NotSimple::ForShell),
            byte if SPECIAL.contains(byte) => return Err(NotSimple::ForShell),
            byte => word.get_or_insert_default().push(*byte),
        }
    }
    end_word(&mut words, &mut word)?;
    Ok(words)
}

/// Returns where the single quote stands that ends the quoted text from `start` on.
fn end_of_quote(line: &[u8], start: usize, newline: Newline) -> Result<usize, NotSimple> {
    for place in memchr::memchr2_iter(b'\'', b'\n', &line[start..]) {
        let place = start + place;
        if line[place] == b'\'' {
            return Ok(place);
        }
        if newline == Newline::Ends && line[place - 1] != b'\\' {
            return Err(NotSimple::QuotedNewline(place));
        }
    }
    Err(NotSimple::ForShell)
}

/// Takes a finished word, unless it is the first one and names a command of the shell's own.
fn end_word(words: &mut Vec<BString>, word: &mut Option<BString>) -> Result<(), NotSimple> {
    let Some(word) = word.take() else {
        return Ok(());
    };
    let is_builtin = words.is_empty() && BUILTINS.contains(&word.as_slice());
    words.push(word);
    match is_builtin {
        true => Err(NotSimple::ForShell),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_default(line: &str) -> Command {
        with(line, "/bin/sh", "-c", None)
    }

    fn with(line: &str, shell: &str, flags: &str, ifs: Option<&str>) -> Command {
        let flags = split_words(flags.as_bytes());
        let of = ShellOf {
            shell: shell.as_bytes(),
            flags: &flags,
            ifs: ifs.map(str::as_bytes),
            newline: Newline::Ends,
        };
        assert_eq!(is_no_op(line.as_bytes(), of), line == ":");
        command(line.as_bytes(), of)
    }

    fn words(words: &[&str]) -> Vec<BString> {
        words.iter().map(|word| BString::from(*word)).collect()
    }

    /// Each line was run by GNU make 4.4.1 under a tracer.
    #[test]
    fn simple_commands_are_split_as_gnu_make_splits_them() {
        let table: &[(&str, &[&str])] = &[
            ("echo a b", &["echo", "a", "b"]),
            ("echo 'a b' c", &["echo", "a b", "c"]),
            ("echo a\\ b", &["echo", "a b"]),
            ("echo a\\b", &["echo", "ab"]),
            ("echo \\\\ \\$x", &["echo", "\\", "$x"]),
            ("echo 'a\"b' ", &["echo", "a\"b"]),
            ("echo a=b", &["echo", "a=b"]),
            ("echo =b", &["echo", "=b"]),
            ("/bin/echo A=b", &["/bin/echo", "A=b"]),
            ("'echo' x", &["echo", "x"]),
            ("echo '' x", &["echo", "", "x"]),
            ("echo a %b", &["echo", "a", "%b"]),
            ("true", &["true"]),
            ("source x", &["source", "x"]),
            ("time ls", &["time", "ls"]),
            ("until x", &["until", "x"]),
            ("local a", &["local", "a"]),
            ("kill 1", &["kill", "1"]),
            ("then", &["then"]),
            ("echo a \\\nb c", &["echo", "a", "b", "c"]),
            ("echo 'a \\\nb' c", &["echo", "a \\\nb", "c"]),
            ("echo a\\\nb c", &["echo", "ab", "c"]),
            ("echo a\\\n  b c", &["echo", "a", "b", "c"]),
            ("\\\n echo a", &["echo", "a"]),
            ("echo a \\\n\\\n b", &["echo", "a", "b"]),
            ("echo a\\\n", &["echo", "a"]),
            ("\t  echo   a\tb  ", &["echo", "a", "b"]),
            ("echo a'b'c", &["echo", "abc"]),
            ("echo '\\' x", &["echo", "\\", "x"]),
            ("echo a\\ ", &["echo", "a "]),
            ("'x=y' z", &["x=y", "z"]),
            ("x\\=y z", &["x=y", "z"]),
            ("echo a\u{b}b", &["echo", "a\u{b}b"]),
            ("echo 'a'\\''b'", &["echo", "a'b"]),
            ("echo \\;", &["echo", ";"]),
            ("'' x", &["", "x"]),
        ];
        for (line, expected) in table {
            assert_eq!(
                of_default(line),
                Command::Direct(words(expected)),
                "{line:?}"
            );
        }
    }

    #[test]
    fn what_a_shell_alone_understands_goes_to_the_shell() {
        let lines = [
            "echo \"a b\"",
            "A=b echo c",
            "a=b",
            "=b echo",
            "./a=b c",
            "echo a~b",
            "echo a^b",
            "! true",
            "echo '",
            "echo \"abc",
            "echo a#b",
            "echo a{b}",
            ": a",
            ":",
            ". x",
            "exit 3",
            "cd /",
            "test 1",
            "[ 1 ]",
            "echo [1",
            "echo a]",
            "\\exit 3",
            "'exit' 3",
            "e'xit' 3",
            "ex\\it 3",
            "if x",
            "ls | cat",
            "ulimit -s",
            "umask",
            "wait",
            "echo a?b",
            "echo a\nb",
        ];
        for line in lines {
            let expected = words(&["/bin/sh", "-c", line]);
            assert_eq!(of_default(line), Command::Shell(expected));
        }
        assert_eq!(of_default("  \t "), Command::Empty);
    }

    #[test]
    fn a_change_of_directory_and_a_simple_command_are_told_apart() {
        let of = |line: &str, shell: &str| {
            let flags = split_words(b"-c");
            let of = ShellOf {
                shell: shell.as_bytes(),
                flags: &flags,
                ifs: None,
                newline: Newline::Ends,
            };
            in_directory(line.as_bytes(), of)
        };
        for (line, directory, expected) in [
            ("cd a && make b c", "a", &["make", "b", "c"][..]),
            (" cd 'a b'&&make", "a b", &["make"]),
            ("cd a/b && \\\n  make 'x=&& y'", "a/b", &["make", "x=&& y"]),
        ] {
            let found = of(line, "/bin/sh");
            assert_eq!(found, Some((directory.into(), words(expected))), "{line}");
            assert_eq!(of(line, "/bin/bash"), None);
        }
        for line in [
            "cd a; make",
            "cd a b && make",
            "cd && make",
            "cd a &&",
            "cda && make",
            "cd $x && make",
            "cd a && X=1 make",
            "cd a && make && make",
            "cd a && make || exit 1",
            "cd a && (make)",
            "cd 'a&&b' && make",
            "cd a && cd b",
            "cd a\nmake && make",
            "(cd a && make)",
        ] {
            assert_eq!(of(line, "/bin/sh"), None, "{line}");
        }
    }

    #[test]
    fn another_shell_other_flags_or_ifs_leave_nothing_to_direct_execution() {
        let with =
            |shell: &str, flags: &str, ifs: Option<&str>| with("echo a b", shell, flags, ifs);
        let direct = Command::Direct(words(&["echo", "a", "b"]));
        assert_eq!(with("/bin/sh", "-ec", Some(" ")), direct);
        assert_eq!(with("/bin/sh", "-c", Some("")), direct);
        let shell = |list: &[&str]| Command::Shell(words(list));
        let line = "echo a b";
        assert_eq!(
            with("/bin/sh", "-c", Some(":")),
            shell(&["/bin/sh", "-c", line])
        );
        assert_eq!(
            with("/bin/sh -x", "-c", None),
            shell(&["/bin/sh", "-x", "-c", line])
        );
        assert_eq!(
            with("/bin/sh", "-e -c", None),
            shell(&["/bin/sh", "-e", "-c", line])
        );
        assert_eq!(with("/bin/sh", "", None), shell(&["/bin/sh", line]));
        assert_eq!(with("", "-c", None), shell(&["-c", line]));
        assert_eq!(
            with("perl", "-w -E 'use x \"all\";' -E", None),
            shell(&["perl", "-w", "-E", "use x \"all\";", "-E", line])
        );
    }

    #[test]
    fn a_script_is_resumed_behind_a_newline_in_its_first_quotes() {
        let check = |script: &[u8], expected| {
            let flags = split_words(b"-c");
            let of = ShellOf {
                shell: b"/bin/sh",
                flags: &flags,
                ifs: None,
                newline: Newline::Ends,
            };
            let script = BString::from(script);
            assert_eq!(resumption(&script, of), expected, "{script:?}");
            let newline = Newline::InWord;
            assert_eq!(resumption(&script, ShellOf { newline, ..of }), None);
            let shell = b"/bin/bash";
            assert_eq!(resumption(&script, ShellOf { shell, ..of }), None);
        };
        check(b"echo 'a\nb\nc'", Some(7));
        check(b"'\n'", Some(1));
        check(b"echo a=b '' 'a\nb", Some(14));
        check(b"echo 'a\\\nb\nc'; d", Some(10));
        check(b"echo 'a\\\\\nb'", None);
        check(b"echo a\necho 'a\nb'", None);
        check(b"cd . 'a\nb'", None);
        check(b"a=b 'a\nb'", None);
        check(b"echo \"'a\nb'\"", None);
        check(b"echo \\'a\nb", None);
    }

    #[test]
    fn a_newline_of_a_shell_function_parts_neither_words_nor_commands() {
        let flags = split_words(b"-c");
        let of = ShellOf {
            shell: b"/bin/sh",
            flags: &flags,
            ifs: None,
            newline: Newline::InWord,
        };
        let direct = Command::Direct(words(&["echo", "a\necho", "b"]));
        assert_eq!(command(b"echo a\necho b", of), direct);
        let direct = Command::Direct(words(&["\necho", "\n\\\n"]));
        assert_eq!(command(b" \necho '\n'\\\n'\\\n'", of), direct);
        let shell = words(&["/bin/sh", "-c", "echo a;echo b\\\nc"]);
        assert_eq!(command(b"echo a;\necho b\\\nc", of), Command::Shell(shell));
        assert_eq!(command(b" \t", of), Command::Empty);
    }

    #[test]
    fn a_line_beyond_the_longest_argument_is_put_together_by_the_shell() {
        let long = format!("echo \"$0 $# {}\"; exit 3", "x".repeat(300_000));
        let all = words(&["/bin/sh", "-c", &long]);
        let pieces = in_pieces(&all).unwrap();
        assert!(pieces.iter().all(|word| word.len() < LONGEST_ARGUMENT));
        let run = |words: &[BString]| {
            let words = words.iter().map(|word| word.to_string());
            let words: Vec<String> = words.collect();
            let output = std::process::Command::new(&words[0])
                .args(&words[1..])
                .output();
            output.map(|output| (output.stdout.len(), output.status.code()))
        };
        assert!(run(&all).is_err());
        assert_eq!(
            run(&pieces).unwrap(),
            (300_000 + "/bin/sh 0 \n".len(), Some(3))
        );
        assert_eq!(in_pieces(&words(&["/bin/sh", "-c", "short"])), None);
        assert_eq!(in_pieces(&words(&["perl", "-c", &long])), None);
        assert_eq!(in_pieces(&words(&[&long])), None);
    }

    #[test]
    fn posix_shells_are_known_by_their_last_name() {
        for shell in ["sh", "/bin/bash", "dash", "ksh", "rksh", "zsh", "/x/ash"] {
            assert!(is_posix_shell(shell.as_bytes()), "{shell}");
        }
        for shell in ["perl", "sh -x", "mksh", "rbash", "csh", "bash5", ""] {
            assert!(!is_posix_shell(shell.as_bytes()), "{shell}");
        }
    }
}
