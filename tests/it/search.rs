//! Implicit rules: what is found without a search is what a search finds. `--debug=implicit` tells of each search and so
//! makes it in full; the rest of what both runs print must be the same.

use crate::space::Space;
use crate::tools::Chance;

const RULES: [&str; 14] = [
    "%.o: %.c",
    "%.o: %.c %.h",
    "%.x: %.o lib.h",
    "%_x: %.c",
    "d/%.x: %.y",
    "lib%.a: %.o",
    "%.h: %.h.in",
    "%.tab.c: %.y",
    "%: %.in",
    "%.z:: %.y",
    "%.q: gen/%.y",
    "%.c: src-%.c",
    "%.k:",
    "%: %_x",
];
const DIRECTORIES: [&str; 8] = ["", "", "d/", "d/", "gen/", "RCS/", "v/d/", "v/"];
const ROOTS: [&str; 7] = ["a", "b", "lib1", "src-a", "s.b", ".a", "x.tab"];
const ENDS: [&str; 14] = [
    "", ".o", ".c", ".h", ".h.in", ".y", ".x", "_x", ".in", ".a", ".c,v", ".q", ".tab.c", ".z",
];
/// The commands of the rules above and of the built-in ones that may be found.
const COMMANDS: [&str; 8] = ["echo ", "cc ", "ar ", "rm ", "mv ", "yacc ", "co ", "as "];

fn name(chance: &mut Chance) -> String {
    let directory = chance.pick(&DIRECTORIES);
    let root = chance.pick(&ROOTS);
    format!("{directory}{root}{}", chance.pick(&ENDS))
}

fn makefile(chance: &mut Chance) -> String {
    let mut text = String::from("all:\n");
    for line in [
        "VPATH = v",
        "vpath %.c v gen",
        "vpath %.y ./gen",
        ".SUFFIXES:",
        ".SUFFIXES: .q .y",
        ".SECONDEXPANSION:",
    ] {
        if chance.below(4) == 0 {
            text += &format!("{line}\n");
        }
    }
    for _ in 0..chance.below(6) {
        text += &format!("{}\n\techo $@ from $^\n", chance.pick(&RULES));
    }
    for _ in 0..chance.below(4) {
        text += &format!("{}: {}\n", name(chance), name(chance));
    }
    let goals: Vec<String> = (0..24).map(|_| name(chance)).collect();
    text + &format!("all: {}\n", goals.join(" "))
}

#[test]
fn what_is_not_searched_would_not_be_found() {
    let mut chance = Chance::new();
    let mut made = 0;
    for case in 0..80 {
        let space = Space::new();
        let text = makefile(&mut chance);
        space.write("Makefile", &text);
        let files: Vec<String> = (0..chance.below(60)).map(|_| name(&mut chance)).collect();
        for file in &files {
            space.write(file, "");
        }
        let plain = space.run(&["-nk"]);
        let told = space.run(&["-nk", "--debug=implicit"]);
        let commands = |text: &str| -> Vec<String> {
            let is_command = |line: &&str| COMMANDS.iter().any(|word| line.starts_with(word));
            text.lines().filter(is_command).map(str::to_owned).collect()
        };
        let (found, rest) = (commands(&plain.out), commands(&told.out));
        let seed = chance.seed;
        let shown = format!(
            "seed {seed}, case {case}, files {files:?}\n{text}\n{}",
            plain.shown()
        );
        assert_eq!(found, rest, "{shown}");
        assert_eq!(plain.err, told.err, "{shown}");
        made += rest.len();
    }
    assert!(made > 60, "only {made} lines were to be compared");
}
