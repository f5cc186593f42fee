//! What a target declares to a host: may its recipe leave this machine, what does it read, what does it make.
//! It does not know hosts.

use crate::eval::make::Make;
use crate::exec::Job;
use crate::exec::executor::Leave;
use crate::exec::executor::Stays;
use crate::graph::target::Flags;
use crate::id::TargetId;
use crate::options::Dist;
use crate::pattern::Pattern;
use bstr::BString;
use bstr::ByteSlice;
use rustc_hash::FxHashSet;
use std::fs;

/// Programs that send their work to other machines by themselves.
const DISTRIBUTORS: &[&[u8]] = &[b"distcc", b"icecc", b"pump", b"sccache-dist"];

/// Directories whose compilers do so.
const MASQUERADES: &[&[u8]] = &[b"/usr/lib/distcc/", b"/usr/lib/icecc/bin/"];

/// Flags that ask for code for the machine itself.
const NATIVE: &[&str] = &["-march=native", "-mtune=native", "-mcpu=native"];

/// Targets as a special target lists them: names and `%` patterns.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    names: FxHashSet<BString>,
    patterns: Vec<Pattern>,
}

impl Listed {
    /// Returns what the special target `name` lists, None if no makefile has it.
    pub fn of(make: &Make, name: &[u8]) -> Option<Listed> {
        let targets = &make.graph.targets;
        let special = targets.lookup(make.names.get(name)?)?;
        if !targets.flags[special].has(Flags::IS_TARGET) {
            return None;
        }
        let mut listed = Listed::default();
        for prereq in targets.prereqs(special) {
            let name = make.names.bytes(targets.name[prereq.target]);
            match name.contains(&b'%') {
                true => listed.patterns.push(Pattern::new(name)),
                false => drop(listed.names.insert(name.into())),
            }
        }
        Some(listed)
    }

    /// Returns whether nothing is listed: that stands for everything.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.patterns.is_empty()
    }

    /// Returns whether `name` is listed.
    pub fn has(&self, name: &[u8]) -> bool {
        self.names.contains(name.as_bstr())
            || self.patterns.iter().any(|one| one.stem(name).is_some())
    }
}

/// Which targets may leave this machine.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// `.DIST`.
    pub dist: Option<Listed>,
    /// `.LOCAL`.
    pub local: Option<Listed>,
    /// `--dist=auto`, `--dist=always`: where no declaration is needed everything may go.
    pub is_everything: bool,
}

impl Policy {
    /// Returns what the makefiles say.
    pub fn of(make: &Make) -> Policy {
        Policy {
            dist: Listed::of(make, b".DIST"),
            local: Listed::of(make, b".LOCAL"),
            is_everything: matches!(make.options.own.dist, Dist::Auto | Dist::Always),
        }
    }

    /// Returns whether a makefile asks for other machines.
    pub fn asks(&self) -> bool {
        self.dist.is_some()
    }

    /// Returns whether a job may leave, for which it was found what travels with it or why it stays. Where the user's whole
    /// tree is seen nothing has to be declared, and without `.DIST` everything may go that was asked for.
    pub fn leave(&self, job: &Job, declared: &Result<Declared, Stays>) -> Leave {
        match declared {
            Ok(_) => Leave::Anyhow,
            Err(Stays::Absolute | Stays::Above | Stays::Member | Stays::Special) => Leave::Mirrored,
            Err(Stays::NotListed) if self.dist.is_none() && self.is_everything => {
                let mut lines = job.lines.iter();
                match lines.all(|line| check_command(&line.text).is_ok()) {
                    true => Leave::Mirrored,
                    false => Leave::No,
                }
            }
            Err(_) => Leave::No,
        }
    }

    fn check(&self, target: &[u8]) -> Result<(), Stays> {
        if self
            .local
            .as_ref()
            .is_some_and(|local| local.is_empty() || local.has(target))
        {
            return Err(Stays::Local);
        }
        match &self.dist {
            Some(dist) if dist.is_empty() || dist.has(target) => Ok(()),
            _ => Err(Stays::NotListed),
        }
    }
}

/// What travels with a job, all relative to its directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Prerequisites that exist.
    pub inputs: Vec<BString>,
    /// Targets.
    pub outputs: Vec<BString>,
}

/// Returns what is to travel with a job, or why the job stays.
pub fn declared(
    make: &Make,
    policy: &Policy,
    job: &Job,
    target: TargetId,
) -> Result<Declared, Stays> {
    policy.check(&job.target)?;
    if job.lines.iter().any(|line| line.recursive) {
        return Err(Stays::Recursive);
    }
    for line in &job.lines {
        check_command(&line.text)?;
    }
    let targets = &make.graph.targets;
    let name_of = |target: TargetId| make.names.bytes(targets.name[target]);
    let mut declared = Declared::default();
    for made in std::iter::once(target).chain(targets.also_make(target).iter().copied()) {
        let name = name_of(made);
        // A phony target is no file.
        if targets.flags[made].has(Flags::PHONY) {
            continue;
        }
        check_name(name)?;
        let path = [&job.directory[..], b"/", name].concat();
        let is_link = |data: fs::Metadata| data.file_type().is_symlink();
        if fs::symlink_metadata(crate::sys::fd::path(&path)).is_ok_and(is_link) {
            return Err(Stays::Special);
        }
        declared.outputs.push(name.into());
    }
    let mut seen = FxHashSet::default();
    for prereq in targets.prereqs(target) {
        let name = name_of(prereq.target);
        if !seen.insert(name) || targets.flags[prereq.target].has(Flags::PHONY) {
            continue;
        }
        check_name(name)?;
        let path = [&job.directory[..], b"/", name].concat();
        let Ok(data) = fs::symlink_metadata(crate::sys::fd::path(&path)) else {
            continue;
        };
        let kind = data.file_type();
        if !kind.is_file() && !kind.is_dir() && !kind.is_symlink() {
            return Err(Stays::Special);
        }
        declared.inputs.push(name.into());
    }
    Ok(declared)
}

fn check_name(name: &[u8]) -> Result<(), Stays> {
    if name.starts_with(b"/") {
        return Err(Stays::Absolute);
    }
    if name.ends_with(b")") && name.contains(&b'(') {
        return Err(Stays::Member);
    }
    let mut depth = 0_i32;
    for part in name.split_str("/") {
        match part {
            b"" | b"." => {}
            b".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return Err(Stays::Above);
        }
    }
    Ok(())
}

fn check_command(text: &[u8]) -> Result<(), Stays> {
    let mut words = text.split(u8::is_ascii_whitespace);
    let first = words.find(|word| !word.is_empty()).unwrap_or_default();
    let name = first.rsplit(|byte| *byte == b'/').next().unwrap_or(first);
    let is_masquerade = |place: &&[u8]| first.starts_with(place);
    if DISTRIBUTORS.contains(&name) || MASQUERADES.iter().any(is_masquerade) {
        return Err(Stays::Distributes);
    }
    if NATIVE.iter().any(|flag| text.contains_str(flag)) {
        return Err(Stays::Native);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_directory_stay() {
        let table: &[(&str, Result<(), Stays>)] = &[
            ("a.o", Ok(())),
            ("obj/../a.o", Ok(())),
            ("./d/a.o", Ok(())),
            ("a(b).o", Ok(())),
            ("/tmp/a.o", Err(Stays::Absolute)),
            ("../a.o", Err(Stays::Above)),
            ("d/../../a.o", Err(Stays::Above)),
            ("lib.a(a.o)", Err(Stays::Member)),
        ];
        for (name, expected) in table {
            assert_eq!(check_name(name.as_bytes()), *expected, "{name}");
        }
    }

    #[test]
    fn commands_that_belong_here_stay() {
        let table: &[(&str, Result<(), Stays>)] = &[
            ("cc -c a.c", Ok(())),
            ("distcc cc -c a.c", Err(Stays::Distributes)),
            ("/usr/bin/icecc cc -c a.c", Err(Stays::Distributes)),
            ("/usr/lib/distcc/gcc -c a.c", Err(Stays::Distributes)),
            ("cc -O2 -march=native -c a.c", Err(Stays::Native)),
            ("", Ok(())),
        ];
        for (text, expected) in table {
            assert_eq!(check_command(text.as_bytes()), *expected, "{text}");
        }
    }
}
