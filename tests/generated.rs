//! The man page and the completions are what the table of options makes of them; `RMAKE_BLESS=1` writes them anew.
//! It does not know what an option does.

use std::fs;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::Roff;
use clap_mangen::roff::bold;
use clap_mangen::roff::italic;
use clap_mangen::roff::roman;
use rmake::cli::flags::Category;
use rmake::cli::flags::FLAGS;
use rmake::cli::flags::Flag;
use rmake::cli::help::names;

const DESCRIPTION: &[&str] = &[
    "rmake reads a makefile and brings its targets up to date. It takes makefiles, options, environment and messages \
     from GNU make 4.4.1 and is meant to be used in its place: called by whatever name, it behaves the same.",
    "Words that are no options are goals, or assignments that beat those of the makefile. Without a goal the first \
     target of the makefile is made. Without -f the makefile is GNUmakefile, makefile or Makefile, whichever of them \
     is there first.",
    "The language of makefiles is described in the manual of GNU make.",
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "MAKEFLAGS",
        "Options and assignments, as if given on the command line before all others. The first word may be letters \
         without a dash. Set for sub-makes.",
    ),
    (
        "GNUMAKEFLAGS",
        "As MAKEFLAGS, read before it and emptied for sub-makes.",
    ),
    (
        "RMAKEFLAGS",
        "Options that only rmake has, apart from the others so that a GNU make below can do without. Set for \
         sub-makes if there are any.",
    ),
    (
        "RMAKE_HOSTS",
        "The list of hosts itself, its lines parted by newlines or commas, as with --hosts.",
    ),
    (
        "RMAKE_SSH",
        "A program, with its options, to reach hosts by in place of libssh2: ssh, say.",
    ),
    (
        "DISTCC_HOSTS, DISTCC_DIR",
        "distcc's list of hosts and its directory, read where there is no other list: @HOST/SLOTS is a host by ssh, \
         localhost/SLOTS says how many jobs run here, --randomize mixes the order.",
    ),
    (
        "DISTCC_FALLBACK, DISTCC_SSH, DISTCC_BACKOFF_PERIOD, DISTCC_SAVE_TEMPS",
        "0: as --dist=always. The program for ssh, one word. For how many seconds a host that failed is first put off. \
         1: as --keep-staging.",
    ),
    (
        "DISTCC_VERBOSE, DISTCC_LOG",
        "1: as --debug=dist, once recipes run elsewhere. A file to which that is appended then, in place of standard \
         output. What else begins with DISTCC has no meaning here; --debug=dist names it.",
    ),
    (
        "RMAKE_SESSION",
        "The socket of the make above that has hosts, for sub-makes. Set by rmake.",
    ),
    ("MAKEFILES", "Makefiles to read before all others."),
    ("MAKELEVEL", "How many makes stand above this one."),
    (
        "MAKE_RESTARTS",
        "How often the makefiles were read again because one of them was remade.",
    ),
    (
        "MAKE_TMPDIR",
        "Where temporary files go. Else TMPDIR says so, else they go to /tmp.",
    ),
    ("MAKE_TERMOUT", "The terminal that standard output is."),
    ("MAKE_TERMERR", "The terminal that standard error is."),
];

const STATUS: &[(&str, &str)] = &[
    ("0", "All goals are up to date."),
    (
        "1",
        "With -q: a goal is not up to date. Also if standard output could not be written.",
    ),
    ("2", "Something failed, or the command line is wrong."),
];

const FILES: &[(&str, &str)] = &[
    ("GNUmakefile", "Read if there is no -f."),
    ("makefile", "Read if there is no GNUmakefile either."),
    ("Makefile", "Read if there is none of the two."),
    (
        "~/.makehosts",
        "Other machines for recipes, a line each: NAME SLOTS, where NAME is what ssh(1) takes. With -j the recipes of \
         the prerequisites of .DIST in makefiles (names or % patterns; none stands for all) run there, but for those of \
         .LOCAL. Where a host lets users make namespaces and open /dev/fuse they run in sandboxes that show the tree of \
         home, and nothing has to be declared; else with their declared prerequisites in a directory of their own. \
         executor=mirror or executor=staged behind SLOTS asks for one of them. localhost SLOTS says how many jobs run \
         here. +local SLOTS is a worker on this machine that runs recipes in sandboxes.",
    ),
    (
        "~/.cache/rmake",
        "On a host: the worker that runs recipes in sandboxes there, by its digest, and contents of files that it has \
         been sent (8 GiB at most). All of it may be removed at any time.",
    ),
    (
        ".rmake-localrc, .termite-localrc",
        "Rules for which recipes stay here, the nearest in the directory of the build or above it; what none keeps may go, \
         without .DIST. Lines that begin with # or // are comments; the rest is JSON: [{\"Regexp\": \"configure\", \"Local\": \
         true, \"Recurse\": false}, …]. The first expression (RE2) that is found in a recipe line decides for it; with \
         Recurse makes below that line use other machines, too; Debug is as -dD.",
    ),
    (
        "~/.cache/rmake/traces",
        "What recipes were seen to read and write in sandboxes, for their next run there and for --explain=TARGET. It can \
         be removed. XDG_CACHE_HOME says where else ~/.cache is.",
    ),
    (
        "/usr/include, /usr/gnu/include, /usr/local/include",
        "Searched for included makefiles behind the directories of -I.",
    ),
];

#[test]
fn the_man_page_is_current() {
    let mut page = Vec::new();
    write_page(&mut page).expect("a vector takes all");
    is_current("man/rmake.1", &page);
}

#[test]
fn the_completions_are_current() {
    for (shell, path) in [
        (Shell::Bash, "completions/rmake.bash"),
        (Shell::Zsh, "completions/_rmake"),
        (Shell::Fish, "completions/rmake.fish"),
    ] {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command(), "rmake", &mut text);
        is_current(path, &text);
    }
}

fn command() -> Command {
    rmake::cli::command::command()
}

/// Compares a file with what it should be, or writes it.
fn is_current(path: &str, expected: &[u8]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("RMAKE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&file, expected).expect("the file can be written");
        return;
    }
    let found = fs::read(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is not what the table of options makes of it: RMAKE_BLESS=1 cargo test --test generated"
    );
}

fn write_page(page: &mut Vec<u8>) -> std::io::Result<()> {
    let man = Man::new(command())
        .title("RMAKE")
        .source(concat!("rmake ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    man.render_title(page)?;
    man.render_name_section(page)?;
    synopsis().to_writer(page)?;
    let mut description = section("DESCRIPTION");
    for paragraph in DESCRIPTION {
        description.control("PP", []).text([roman(*paragraph)]);
    }
    description.to_writer(page)?;
    options().to_writer(page)?;
    list("ENVIRONMENT", ENVIRONMENT).to_writer(page)?;
    list("EXIT STATUS", STATUS).to_writer(page)?;
    list("FILES", FILES).to_writer(page)?;
    differences().to_writer(page)?;
    let mut also = section("SEE ALSO");
    also.text([
        bold("make"),
        roman("(1), "),
        bold("sh"),
        roman("(1), and the manual of GNU make: "),
        bold("info make"),
    ]);
    also.to_writer(page)
}

fn section(title: &str) -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", [title]);
    roff
}

fn synopsis() -> Roff {
    let mut roff = section("SYNOPSIS");
    roff.text([
        bold("rmake"),
        roman(" ["),
        italic("OPTION"),
        roman("]... ["),
        italic("NAME"),
        roman("="),
        italic("VALUE"),
        roman("]... ["),
        italic("TARGET"),
        roman("]..."),
    ]);
    roff
}

/// All options with all their names, those of GNU make first.
fn options() -> Roff {
    let mut roff = section("OPTIONS");
    add_options(&mut roff, |flag| flag.category == Category::Gnu);
    roff.control("SS", ["Options that GNU make does not have"]);
    add_options(&mut roff, Flag::is_own);
    roff
}

fn add_options(roff: &mut Roff, is_wanted: fn(&Flag) -> bool) {
    for flag in FLAGS.iter().filter(|flag| is_wanted(flag)) {
        let mut help = flag.help.to_owned();
        if !flag.choices.is_empty() {
            help = format!("{help} Values: {}.", flag.choices.join(", "));
        }
        roff.control("TP", [])
            .text([bold(names(flag).join(", "))])
            .text([roman(help)]);
    }
}

fn list(title: &str, entries: &[(&str, &str)]) -> Roff {
    let mut roff = section(title);
    for (name, text) in entries {
        roff.control("TP", [])
            .text([bold(*name)])
            .text([roman(*text)]);
    }
    roff
}

/// The rows of the tables of `doc/differences.md` that have so many cells, but for their heads.
fn rows<const CELLS: usize>() -> Vec<[String; CELLS]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("doc/differences.md");
    let text = fs::read_to_string(path).expect("doc/differences.md is there");
    let rows = text.lines().filter_map(|row| {
        let row = row.strip_prefix("| ")?.strip_suffix('|')?;
        let cells: Vec<String> = row
            .split(" | ")
            .map(|cell| cell.trim().replace('`', ""))
            .collect();
        let count = cells.len();
        assert!(
            [3, 4].contains(&count),
            "neither three nor four cells: {row}"
        );
        cells.try_into().ok()
    });
    let rows: Vec<_> = rows.skip(1).collect();
    assert!(!rows.is_empty(), "no rows of {CELLS} cells");
    rows
}

/// The differences from GNU make, from the document that lists them.
fn differences() -> Roff {
    let mut roff = section("DIFFERENCES");
    roff.text([roman("From GNU make 4.4.1, on purpose:")]);
    for [what, theirs, ours, why] in rows() {
        let text = format!("{ours} (GNU make: {theirs}). Reason: {why}.");
        roff.control("TP", [])
            .text([bold(what.as_str())])
            .text([roman(text)]);
    }
    let head =
        "What a recipe on another machine, or in a sandbox of this one, finds otherwise than here:";
    roff.control("PP", []).text([roman(head)]);
    for [what, there, remedy] in rows() {
        let mut text = format!("{there}.");
        if !remedy.is_empty() {
            text += &format!(" If it matters: {remedy}.");
        }
        roff.control("TP", [])
            .text([bold(what.as_str())])
            .text([roman(text)]);
    }
    roff
}
