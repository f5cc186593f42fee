//! Texts spoiled at random: pieces of makefiles and of command lines cut out, put in, doubled, changed.
//! It does not know what becomes of them.

use std::fs;
use std::path::Path;

use crate::tools::Chance;

/// Pieces that mean something to the reader of makefiles or of command lines.
const PIECES: &[&str] = &[
    "$(",
    "${",
    ")",
    "}",
    "$$",
    "$",
    ":",
    "::",
    "&:",
    ":=",
    "::=",
    ":::=",
    "+=",
    "?=",
    "!=",
    "=",
    "\n",
    "\n\t",
    "\\\n",
    "\\",
    "#",
    "%",
    ";",
    "|",
    ",",
    "define X\n",
    "endef\n",
    "ifeq (a,b)\n",
    "else\n",
    "endif\n",
    "ifdef X\n",
    "include ",
    "-include ",
    "override ",
    "private ",
    "export ",
    "unexport ",
    "undefine X\n",
    "vpath % a\n",
    ".SECONDEXPANSION:\n",
    ".POSIX:\n",
    ".ONESHELL:\n",
    ".RECIPEPREFIX = >\n",
    ".SUFFIXES:\n",
    ".WAIT",
    "$@",
    "$<",
    "$^",
    "$*",
    "$(call X,",
    "$(foreach i,a b,",
    "$(if ",
    "$(eval ",
    "$(let a b,",
    "$(subst ",
    "$(patsubst %,",
    "$(wordlist 1,",
    "$(word 99999999999999999999,",
    "$(intcmp ",
    "$(sort ",
    "$(filter %",
    "$(wildcard *",
    "$(value ",
    "$(origin ",
    "a(b c)",
    "lib(",
    "-l",
    "~",
    "*",
    "[",
    "\0",
    "\u{feff}",
    "\t",
    "  ",
    "\r\n",
    "'",
    "\"",
    "999999999999",
    "-1",
];

const FLAGS: &[&str] = &[
    "-j",
    "-j4",
    "-j0",
    "-jx",
    "-l",
    "-l2.5",
    "-lx",
    "-O",
    "-Oline",
    "-Ojunk",
    "-k",
    "-S",
    "-i",
    "-s",
    "-w",
    "-n",
    "-q",
    "-t",
    "-B",
    "-e",
    "-r",
    "-R",
    "-d",
    "-p",
    "-L",
    "-v",
    "-h",
    "-C",
    "-C.",
    "-I",
    "-Ia",
    "-I-",
    "-f",
    "-f-",
    "-E",
    "-EX=1",
    "--eval=$(",
    "-o",
    "-oa",
    "-W",
    "-Wb",
    "--",
    "-",
    "",
    "--debug=x",
    "--debug=a,b",
    "--shuffle=",
    "--shuffle=reverse",
    "--shuffle=7",
    "--jobserver-auth=3,4",
    "--jobserver-auth=fifo:none",
    "--jobserver-fds=9,9",
    "--jobserver-style=fifo",
    "--sync-mutex=fnm:none",
    "--no-silent",
    "--s",
    "--no",
    "--warn-undefined-variables",
    "--temp-stdin=none",
    "X=1",
    "X:=$(",
    "X+=",
    "=",
    "X::=",
    "X!=",
    ":=",
    "a",
    "%",
    "a=b c",
    "--max-load",
    "kswnB",
    "ks -- X=1",
    " -- X=\\ \\\\$$",
    "-\u{e9}",
    "--version=1",
    "--print-data-base",
];

/// Where the bounded run takes its makefiles from, beside the ones built in here.
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/makefiles");

const STARTS: &[&str] = &[
    "X = $(Y)\nY := a b c\nall: $(X) | dir\n\t@echo $@ $^ $(words $(Y))\n%.o: %.c ; cc -c $<\ndir a b c:;\n",
    "define F\n$(1): $(2)\n\t$$(info $$@)\nendef\n$(foreach t,a b,$(eval $(call F,$(t),x)))\nx:;\n",
    "ifeq ($(origin X),undefined)\nX ?= 1\nelse ifdef Y\nX += 2\nendif\n.PHONY: all\nall: X = 3\nall: ; @:\n",
    ".SECONDEXPANSION:\na b: $$(addsuffix .x,$$@) $$(wildcard *)\na.x b.x: ;\nlib.a(m1 m2): a\n",
    "override CFLAGS := $(patsubst %,-I%,$(sort c b a))\nexport CFLAGS\nvpath %.c src\ninclude $(wildcard *.none)\n.c.o: ; x\nt &: a ; y\na::;\n",
];

/// Reads all cases of the corpus that could not do harm or wait for something.
pub fn starts() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = STARTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    collect(Path::new(CORPUS), &mut found);
    found
}

fn collect(dir: &Path, found: &mut Vec<Vec<u8>>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "mk") {
            found.push(fs::read(&path).unwrap());
        }
    }
}

/// Spoils a text a little: pieces put in, cut out, doubled, bytes changed, another text joined.
pub fn spoil(chance: &mut Chance, starts: &[Vec<u8>]) -> Vec<u8> {
    let mut text = starts[chance.below(starts.len())].clone();
    for _ in 0..=chance.below(8) {
        let at = chance.below(text.len() + 1);
        let end = (at + chance.below(40)).min(text.len());
        match chance.below(6) {
            0 | 1 => insert(&mut text, at, chance.pick(PIECES).as_bytes()),
            2 => drop(text.drain(at..end)),
            3 => {
                let part = text[at..end].to_vec();
                insert(&mut text, at, &part.repeat(1 + chance.below(3)));
            }
            4 if at < text.len() => text[at] = u8::try_from(chance.below(256)).unwrap(),
            _ => {
                let other = &starts[chance.below(starts.len())];
                let from = chance.below(other.len() + 1);
                let part = other[from..].to_vec();
                insert(&mut text, at, &part);
            }
        }
    }
    text.truncate(100_000);
    disarmed(text)
}

fn insert(text: &mut Vec<u8>, at: usize, part: &[u8]) {
    text.splice(at..at, part.iter().copied());
}

/// Takes out what could write files, load code or use a shell in spite of all.
pub fn disarmed(mut text: Vec<u8>) -> Vec<u8> {
    for (word, instead) in [("file", "fill"), ("load", "lode"), ("SHELL", "SHALL")] {
        let (word, instead) = (word.as_bytes(), instead.as_bytes());
        while let Some(at) = text.windows(word.len()).position(|window| window == word) {
            text[at..at + word.len()].copy_from_slice(instead);
        }
    }
    text
}

/// Words from `FLAGS`, now and then with a byte changed.
pub fn some_words(chance: &mut Chance) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    for _ in 0..1 + chance.below(5) {
        let mut word = chance.pick(FLAGS).as_bytes().to_vec();
        if chance.below(4) == 0 && !word.is_empty() {
            let at = chance.below(word.len());
            word[at] = u8::try_from(1 + chance.below(255)).unwrap();
        }
        words.push(word);
    }
    words
}
