//! README's two commands are read from README itself: the first builds and tests the example, the second is CI's.
//! It does not build rmake: what cargo would build and start is the program under test.

use std::fs;
use std::path::Path;

use crate::space::Ended;
use crate::space::Run;
use crate::space::Space;

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the words that rmake gets in README's first two commands.
fn commands() -> [Vec<String>; 2] {
    let text = fs::read_to_string(Path::new(PROJECT).join("README.md")).unwrap();
    let words_behind = |prefix: &str| {
        let words = text.lines().find_map(|line| line.strip_prefix(prefix));
        unquoted(words.unwrap())
    };
    [
        words_behind("    cargo build --release && target/release/rmake "),
        words_behind("    cargo run --release -- "),
    ]
}

/// Returns the words of a command whose only quotes are single ones.
fn unquoted(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (place, part) in command.split('\'').enumerate() {
        let is_quoted = place % 2 == 1;
        let mut pieces = part.split(|c: char| !is_quoted && c == ' ');
        let last = words.len() - 1;
        words[last].push_str(pieces.next().unwrap());
        words.extend(pieces.map(str::to_owned));
    }
    words
}

/// Copies a directory with all below it, but for what was built there.
fn copy(from: &Path, space: &Space, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let below = format!("{to}/{name}");
        match entry.file_type().unwrap().is_dir() {
            true if name == "build" => {}
            true => copy(&entry.path(), space, &below),
            false => drop(space.write(&below, fs::read(entry.path()).unwrap())),
        }
    }
}

/// Runs a command in a space that is also its user's home.
fn run(space: &Space, words: &[&str]) -> Run {
    space.call(words).env("HOME", space.root()).run()
}

#[test]
fn the_first_command_builds_the_example() {
    let space = Space::new();
    copy(&Path::new(PROJECT).join("examples"), &space, "examples");
    let [words, _] = commands();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let first = run(&space, &words);
    assert_eq!(first.ended, Ended::Exit(0), "{}", first.shown());
    assert!(
        first.out.contains("\ntally: test passed\n"),
        "{}",
        first.shown()
    );
    assert!(first.out.contains(" -c -o build/main.o "));
    assert_eq!(first.err, "", "there is a worker");
    let tally = space.path("examples/tally/build/tally");
    let counted = space
        .call(&["-n", "1", "examples/tally/data/sample.txt"])
        .program(&tally)
        .run();
    assert_eq!(counted.ended, Ended::Exit(0), "{}", counted.shown());
    assert_eq!(counted.out.lines().count(), 1, "{}", counted.shown());
    // All is made: the second time only the test runs.
    let second = run(&space, &words);
    assert_eq!(second.ended, Ended::Exit(0), "{}", second.shown());
    assert!(!second.out.contains(" -c -o "), "{}", second.shown());
    // The header is in the dependency files that the compiler has written.
    fs::remove_file(&tally).unwrap();
    let header = "examples/tally/include/tally.h";
    space.write(header, space.read(header).unwrap());
    let third = run(&space, &words);
    assert!(
        third.out.contains(" -c -o build/main.o "),
        "{}",
        third.shown()
    );
    assert!(tally.is_file());
}

/// The command itself runs all tests, this one too: here its target is looked up.
#[test]
fn the_second_command_is_what_ci_runs() {
    let [_, words] = commands();
    let [target] = &words[..] else {
        panic!("one target: {words:?}");
    };
    let space = Space::new();
    // `-n` and `-q` would run recipe lines that call make.
    let database = space.run(&["-C", PROJECT, "-p", "-n", "--eval=nothing: ; @:", "nothing"]);
    assert_eq!(database.ended, Ended::Exit(0), "{}", database.shown());
    let rule = format!("\n{target}:");
    assert!(
        database.out.contains(&rule),
        "no target {target} in Makefile"
    );
    let ci = fs::read_to_string(Path::new(PROJECT).join(".ci/run")).unwrap();
    let command = format!("\ncargo run --release --quiet -- {target} && exit\n");
    assert!(ci.contains(&command), "{ci}");
}

/// Every target that README and CONTRIBUTING name as `rmake TARGET` is in the makefile.
#[test]
fn targets_that_are_told_of_exist() {
    let makefile = fs::read_to_string(Path::new(PROJECT).join("Makefile")).unwrap();
    let phony: Vec<&str> = makefile
        .lines()
        .filter_map(|line| line.strip_prefix(".PHONY:"))
        .chain(
            makefile
                .lines()
                .filter_map(|line| line.strip_prefix("STEPS :=")),
        )
        .flat_map(str::split_whitespace)
        .collect();
    let mut told = 0;
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(Path::new(PROJECT).join(document)).unwrap();
        for word in text.split("`rmake ").skip(1) {
            let target = word.split(['`', ' ']).next().unwrap();
            assert!(phony.contains(&target), "{document}: `rmake {target}`");
            told += 1;
        }
    }
    assert!(told >= 4, "{told}");
}
