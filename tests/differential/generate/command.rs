//! The runs of a generated case: command lines, environment, and what happens to the files in between.
//! It does not know the rules, only the names of goals and files.

use crate::differential::case::Change;
use crate::differential::case::Run;
use crate::differential::case::TICK;
use crate::differential::generate::Maker;
use crate::differential::generate::Theme;
use crate::differential::run::RUN_TICKS;

impl Maker {
    /// Returns one to three runs.
    pub fn runs(&mut self) -> Vec<Run> {
        let count = match (self.theme, self.random.below(100)) {
            (Theme::Text, 0..90) | (Theme::Broken, 0..75) | (_, 0..40) => 1,
            (_, 40..80) => 2,
            _ => 3,
        };
        let goals = self.goals();
        let mut runs = Vec::new();
        for number in 0..count {
            let mut run = Run::default();
            if number > 0 && self.random.chance(75) {
                let ticks = u64::try_from(number).expect("few runs") * RUN_TICKS;
                for _ in 0..self.random.range(1, 2) {
                    let change = self.some_change(ticks);
                    run.changes.push(change);
                }
            }
            self.add_arguments(&mut run);
            if self.random.chance(70) {
                run.args.extend(goals.iter().cloned());
            } else {
                run.args.extend(self.goals());
            }
            self.add_environment(&mut run);
            if asks(&run) && self.lines.iter().any(|line| line.contains("::")) {
                // With -q and a double-colon target among several goals GNU make 4.4.1 hangs.
                run.args
                    .retain(|word| !goals.contains(word) && !self.targets.contains(word));
            }
            runs.push(run);
        }
        runs
    }

    fn goals(&mut self) -> Vec<String> {
        let mut known = self.targets.clone();
        if self.random.chance(15) {
            known.extend(self.sources.iter().cloned());
            known.extend(["x.ic".to_owned(), "y.id".to_owned(), "Makefile".to_owned()]);
        }
        match self.random.below(100) {
            0..50 => Vec::new(),
            50..97 => {
                let mut some = self.random.some_of(&known, 3);
                some.retain(|name| !name.is_empty());
                some
            }
            _ => vec![
                self.random
                    .pick(&["nosuchgoal", "d", "a.nosuch", "./t1", "d/../t1"])
                    .to_owned(),
            ],
        }
    }

    fn some_change(&mut self, ticks: u64) -> Change {
        let mut names = self.sources.clone();
        names.extend(self.files.iter().map(|file| file.path.clone()));
        names.extend(self.targets.iter().cloned());
        names.retain(|name| {
            !name.ends_with('/') && !name.contains(['*', '(', ' ']) && name != "d" && name != "src"
        });
        let name = self.random.pick_of(&names);
        let late =
            (ticks + RUN_TICKS / 2 + u64::try_from(self.random.below(4)).expect("small")) * TICK;
        match self.random.below(20) {
            0..11 => Change::Touch(name, late),
            11 => Change::Touch(name, self.some_time()),
            12 | 13 => Change::SameTime(name, self.random.pick_of(&names)),
            14 if !name.ends_with(".mk") => Change::Write(name, "changed\n".to_owned(), late),
            14..19 if self.targets.contains(&name) || self.random.chance(15) => {
                Change::Remove(name)
            }
            14..19 => Change::Touch(name, late),
            _ => Change::Touch("Makefile".to_owned(), late),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a flat list of alternatives")]
    fn add_arguments(&mut self, run: &mut Run) {
        let count = match self.random.below(10) {
            0..4 => 0,
            4..8 => 1,
            _ => 2,
        };
        if self.is_parallel {
            run.args
                .push(self.random.pick(&["-j2", "-j4", "-kj3", "-j"]).to_owned());
            run.args.push("-k".to_owned());
        }
        for _ in 0..count {
            let word = match self.random.below(60) {
                0..7 => "-n".to_owned(),
                7..12 => "-k".to_owned(),
                12..15 => "-q".to_owned(),
                15..18 => "-t".to_owned(),
                18..21 => "-B".to_owned(),
                21..24 => format!("-W{}", self.known_file()),
                24..27 => format!("-o{}", self.known_file()),
                27..30 => "-r".to_owned(),
                30 => "-R".to_owned(),
                31..34 => "-s".to_owned(),
                34..36 => "-i".to_owned(),
                36 => "-w".to_owned(),
                37..41 => "--trace".to_owned(),
                41..46 => self
                    .random
                    .pick(&[
                        "V=1",
                        "A=cmd",
                        "MODE=x",
                        "LIST=p q r",
                        "A:=c $(B)",
                        "foo+=more",
                        "B=$(LIST)",
                        "x?=never",
                        "T=cmdline",
                        "A=",
                        "C=$(A) c",
                        "-e",
                        "E::=e f",
                    ])
                    .to_owned(),
                46 => "--warn-undefined-variables".to_owned(),
                47 => self
                    .random
                    .pick(&[
                        "-j1",
                        "-S",
                        "--no-print-directory",
                        "--no-silent",
                        "-L",
                        "--no-keep-going",
                        "-l",
                        "-O",
                        "-Oline",
                    ])
                    .to_owned(),
                48 => "--eval=V = from-eval".to_owned(),
                49 => self
                    .random
                    .pick(&["--eval=$(info hi $(A))", "-Ed: V=3", "--eval=%.q:;@echo $*"])
                    .to_owned(),
                50 => "-Id".to_owned(),
                51 => self
                    .random
                    .pick(&["-Cd", "-C.", "--directory=src"])
                    .to_owned(),
                52 => self
                    .random
                    .pick(&["-fMakefile", "-fnothere.mk", "-f-", "--file=Makefile"])
                    .to_owned(),
                53 => self
                    .random
                    .pick(&["--shuffle=reverse", "--shuffle=none", "--shuffle=identity"])
                    .to_owned(),
                54 => self
                    .random
                    .pick(&[
                        "-nk", "-ks", "-kB", "-nB", "-ik", "-qk", "-tk", "-rs", "-nw", "-sk",
                        "-nq", "-ns", "-kw", "-qB", "-tB", "-Bi", "-qs",
                    ])
                    .to_owned(),
                55 => self
                    .random
                    .pick(&[
                        "--dry-run",
                        "--keep-going",
                        "--touch",
                        "--question",
                        "--always-make",
                        "--silent",
                        "--just-print",
                        "--ignore-errors",
                        "--quiet",
                        "--old-file=a.in",
                        "--what-if=a.in",
                        "--no-builtin-rules",
                    ])
                    .to_owned(),
                56 => self.random.pick(&["--", "-", ""]).to_owned(),
                57 => self
                    .random
                    .pick(&[
                        "-Cnothere",
                        "--keep",
                        "--ques",
                        "--just",
                        "--no-print",
                        "--old=a.in",
                        "--assume-new=b.in",
                        "-W a.in",
                        "-j1 ",
                    ])
                    .trim_end()
                    .to_owned(),
                _ => "-k".to_owned(),
            };
            // Nothing else of such a run would be seen.
            let is_vain = word.contains("nothere") && self.theme != Theme::Broken;
            // The warnings about exported variables come in the order of a hash table.
            let is_open = word.starts_with("--warn")
                && self
                    .lines
                    .iter()
                    .any(|line| line.contains("xport") || line.contains("EXPORT"));
            let is_vain = is_vain || is_open;
            if !is_vain && (!word.is_empty() || self.random.chance(10)) {
                if word == "-f-" {
                    run.stdin = Some(self.lines.join("\n") + "\n");
                }
                run.args.push(word);
            }
        }
        if self.theme == Theme::Include && self.random.chance(15) {
            run.args.push("-Id".to_owned());
        }
    }

    fn known_file(&mut self) -> String {
        let mut names = self.sources.clone();
        names.extend(self.targets.iter().cloned());
        self.random.pick_of(&names)
    }

    fn add_environment(&mut self, run: &mut Run) {
        if self.random.chance(10) {
            let value = self.random.pick(&[
                "k",
                "n",
                "s",
                "i",
                "w",
                "-k",
                "ks",
                "-r",
                "rR",
                "B",
                "V=env",
                " -- A=mf",
                "--no-print-directory",
                "k -- V=1 A=2",
                "--trace",
                "e",
                "t",
                "q",
                "S",
                "-s --no-print-directory",
                "-Id",
                "A=mf\\ two",
            ]);
            run.env.push(("MAKEFLAGS".to_owned(), value.to_owned()));
        }
        for (percent, name, value) in [
            (15, "ENV1", "from env"),
            (8, "A", "envA"),
            (5, "foo", "env $(B)"),
            (4, "LIST", "e1 e2"),
            (2, "MAKELEVEL", "1"),
            (2, "GNUMAKEFLAGS", "-k"),
            (2, "MAKEFILES", "a.mk"),
            (1, "SHELL", "/bin/false"),
            (1, "VPATH", "src"),
        ] {
            if self.random.chance(percent) {
                run.env.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// Returns whether the run only asks if something is to be done.
fn asks(run: &Run) -> bool {
    let is_asking = |word: &str| {
        word == "--question"
            || (!word.starts_with("--") && !word.contains('=') && word.contains('q'))
    };
    run.args.iter().any(|word| is_asking(word))
        || run
            .env
            .iter()
            .any(|(name, value)| name == "MAKEFLAGS" && value.split(' ').any(is_asking))
}
