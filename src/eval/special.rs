//! Special targets: what acts when its rule is read, and what is decided when all is read.
//! It does not know how rules are stored.

use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::eval::assign::MakeflagsTime;
use crate::eval::make::Make;
use crate::eval::names::ListKind;
use crate::eval::variable::Flavor;
use crate::eval::variable::Origin;
use crate::files::Mtime;
use crate::graph::builtin::SUFFIXES;
use crate::graph::suffix::Catalogue;
use crate::graph::target::Flags;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::id::NameId;
use crate::id::TargetId;
use crate::parser::line::trim;

/// Special targets that mark their prerequisites.
const MARKS: &[(&str, u32)] = &[
    (".PRECIOUS", Flags::PRECIOUS),
    (".LOW_RESOLUTION_TIME", Flags::LOW_RESOLUTION),
    (".PHONY", Flags::PHONY),
    (".NOTINTERMEDIATE", Flags::NOT_INTERMEDIATE),
    (".INTERMEDIATE", Flags::INTERMEDIATE),
    (".SECONDARY", Flags::INTERMEDIATE | Flags::SECONDARY),
    (".IGNORE", Flags::IGNORE_ERRORS),
    (".SILENT", Flags::SILENT),
];

/// Variables that `.POSIX` gives other default values.
const POSIX_VARIABLES: &[(&str, &str)] = &[
    (".SHELLFLAGS", "-ec"),
    ("CC", "c99"),
    ("CFLAGS", "-O1"),
    ("FC", "fort77"),
    ("FFLAGS", "-O1"),
    ("SCCSGETFLAGS", "-s"),
    ("ARFLAGS", "-rv"),
];

impl Make {
    /// Lets the special targets of a rule act that count for the very next line, and takes the
    /// first other target as the default goal if there is none yet.
    pub fn choose_default_goal(&mut self, targets: &[NameId]) {
        let mut has_goal = self.reader.no_default_goal || self.has_value(b".DEFAULT_GOAL");
        for name in targets {
            let text = self.names.bytes(*name);
            if text.first() == Some(&b'.') && !text.contains(&b'/') {
                match text {
                    b".POSIX" => self.be_posix(),
                    b".SECONDEXPANSION" => self.special.second_expansion = true,
                    b".ONESHELL" => self.special.one_shell = true,
                    _ => {}
                }
                continue;
            }
            if has_goal || text.contains(&b'%') || self.is_suffix(*name) {
                continue;
            }
            let goal = self.names.bytes(*name).to_vec();
            self.define(b".DEFAULT_GOAL", &goal, Flavor::Simple, Origin::File);
            has_goal = self.has_value(b".DEFAULT_GOAL");
        }
    }

    fn be_posix(&mut self) {
        self.special.posix = true;
        if self.reader.is_posix_defined {
            return;
        }
        self.reader.is_posix_defined = true;
        for (name, value) in POSIX_VARIABLES {
            if self
                .origin_of(name.as_bytes())
                .is_none_or(|origin| origin == Origin::Default)
            {
                self.define(
                    name.as_bytes(),
                    value.as_bytes(),
                    Flavor::Simple,
                    Origin::Default,
                );
            }
        }
    }

    /// Returns whether a name is a suffix or two suffixes of the list.
    fn is_suffix(&self, name: NameId) -> bool {
        let Some(list) = self
            .names
            .get(b".SUFFIXES")
            .and_then(|id| self.graph.targets.lookup(id))
        else {
            return false;
        };
        let text = self.names.bytes(name);
        let suffixes = self.graph.targets.prereqs(list);
        let name_of = |prereq: &Prereq| self.names.bytes(self.graph.targets.name[prereq.target]);
        let is_known = |text: &[u8]| {
            suffixes
                .iter()
                .any(|prereq| !prereq.flags.has(PrereqFlags::PENDING) && name_of(prereq) == text)
        };
        if !text.contains(&b'.') {
            return suffixes.iter().any(|prereq| {
                !prereq.flags.has(PrereqFlags::PENDING)
                    && text.strip_prefix(name_of(prereq)).is_some_and(is_known)
            });
        }
        is_known(text) && !text.starts_with(b".")
    }

    /// Enters the built-in suffixes as prerequisites of `.SUFFIXES`, before anything is read.
    pub fn enter_suffixes(&mut self) {
        let list = self.names.intern(b".SUFFIXES");
        let list = self.graph.targets.enter(list);
        self.graph.targets.flags[list].add(Flags::BUILTIN);
        if self.options.no_builtin_rules {
            self.define(b"SUFFIXES", b"", Flavor::Simple, Origin::Default);
            return;
        }
        for suffix in SUFFIXES.split(' ') {
            let name = self.names.intern(suffix.as_bytes());
            let target = self.graph.targets.enter(name);
            self.graph.targets.flags[target].add(Flags::BUILTIN);
            let flags = PrereqFlags::default();
            self.graph
                .targets
                .push_prereq(list, Prereq { target, flags });
        }
        self.define(
            b"SUFFIXES",
            SUFFIXES.as_bytes(),
            Flavor::Simple,
            Origin::Default,
        );
    }

    /// Takes back the built-in suffixes and variables when `-r` or `-R` was set in a makefile. A list that the
    /// makefile has made longer stays whole.
    pub fn drop_builtins(&mut self) {
        if self.options.no_builtin_variables {
            self.options.no_builtin_rules = true;
        }
        if self.options.no_builtin_rules && !self.reader.rules_are_dropped {
            self.reader.rules_are_dropped = true;
            if let Some(list) = self.special_target(".SUFFIXES") {
                let is_own = |prereq: &Prereq| prereq.flags.has(PrereqFlags::EXPLICIT);
                if !self.graph.targets.prereqs(list).iter().any(is_own) {
                    self.graph.targets.set_prereqs(list, &[]);
                }
            }
            self.define(b"SUFFIXES", b"", Flavor::Simple, Origin::Default);
        }
        if self.options.no_builtin_variables && !self.reader.variables_are_dropped {
            self.reader.variables_are_dropped = true;
            for (name, _) in crate::eval::builtin::VARIABLES {
                if self.origin_of(name.as_bytes()) == Some(Origin::Default) {
                    let name = self.names.intern(name.as_bytes());
                    self.undefine(name, Origin::Default);
                }
            }
        }
    }

    fn special_target(&self, name: &str) -> Option<TargetId> {
        let name = self.names.get(name.as_bytes())?;
        self.graph.targets.lookup(name)
    }

    /// Ends the reading: after it no option changes any more.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn finish_reading(&mut self) -> Result<()> {
        self.reading = None;
        self.reader.is_finished = true;
        self.take_flags_again()?;
        self.drop_builtins();
        self.define_overrides_again()
    }

    /// Completes what only the whole makefile decides: suffix rules become pattern rules, special
    /// targets mark their prerequisites.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn complete_rules(&mut self) -> Result<()> {
        self.mark_targets()?;
        self.act_on_the_whole()?;
        self.serialize_targets();
        self.add_extra_prerequisites()?;
        self.convert_suffixes();
        let extra = self.value_of_text(".EXTRA_PREREQS")?;
        self.graph.extra_prereqs = self.extra_prerequisites(&extra)?;
        let vpath = self.value_of_text("VPATH")?;
        let gpath = self.value_of_text("GPATH")?;
        self.graph.vpath.set_general(&vpath, &gpath);
        Ok(())
    }

    /// Returns a special target's entries: several when it was written with `::`.
    fn entries(&self, name: &str) -> Vec<TargetId> {
        let mut entries = Vec::new();
        let mut next = self.special_target(name);
        while let Some(entry) = next {
            entries.push(entry);
            let rare = self.graph.targets.rare(entry);
            next = rare.and_then(|rare| rare.next_double_colon);
        }
        entries
    }

    fn mark_targets(&mut self) -> Result<()> {
        for (name, bits) in MARKS {
            for entry in self.entries(name) {
                let list = self.graph.targets.prereqs(entry).to_vec();
                for prereq in list {
                    if prereq.flags.has(PrereqFlags::PENDING) {
                        continue;
                    }
                    let flags = self.graph.targets.flags[prereq.target];
                    if flags.has(Flags::NOT_INTERMEDIATE) && bits & Flags::INTERMEDIATE != 0 {
                        let target = self.names.show(self.graph.targets.name[prereq.target]);
                        let error = MakeError::Opposites(target.to_owned(), name);
                        return Err(self.fatal(error));
                    }
                    self.mark(prereq.target, *bits);
                }
            }
        }
        Ok(())
    }

    fn mark(&mut self, target: TargetId, bits: u32) {
        let mut next = Some(target);
        while let Some(entry) = next {
            let targets = &mut self.graph.targets;
            targets.flags[entry].add(bits);
            if bits & Flags::PHONY != 0 {
                targets.flags[entry].add(Flags::IS_TARGET);
                targets.mtime[entry] = Mtime::NONEXISTENT;
                targets.mtime_before[entry] = Mtime::NONEXISTENT;
            }
            let rare = self.graph.targets.rare(entry);
            next = rare.and_then(|rare| rare.next_double_colon);
        }
    }

    /// Special targets without prerequisites speak of all targets.
    fn act_on_the_whole(&mut self) -> Result<()> {
        let is_rule = |make: &Make, name: &str| {
            make.special_target(name)
                .filter(|target| make.graph.targets.flags[*target].has(Flags::IS_TARGET))
        };
        let is_bare = |make: &Make, name: &str| {
            is_rule(make, name).is_some_and(|target| make.graph.targets.prereqs(target).is_empty())
        };
        self.special.delete_on_error |= is_rule(self, ".DELETE_ON_ERROR").is_some();
        self.special.export_all |= is_rule(self, ".EXPORT_ALL_VARIABLES").is_some();
        // As under -i, which MAKEFLAGS then tells; of -s it does not.
        if is_bare(self, ".IGNORE") {
            self.options.ignore_errors = true;
            self.define_makeflags(MakeflagsTime::Running);
        }
        self.special.silent |= is_bare(self, ".SILENT");
        self.special.all_secondary |= is_bare(self, ".SECONDARY");
        self.special.none_intermediate |= is_bare(self, ".NOTINTERMEDIATE");
        self.special.not_parallel |= is_bare(self, ".NOTPARALLEL");
        if self.special.all_secondary && self.special.none_intermediate {
            return Err(self.fatal(MakeError::AllOpposites));
        }
        if self.special.all_secondary {
            for target in self.graph.targets.ids() {
                let flags = &mut self.graph.targets.flags[target];
                if !flags.has(Flags::NOT_INTERMEDIATE) {
                    flags.add(Flags::INTERMEDIATE | Flags::SECONDARY);
                }
            }
        }
        Ok(())
    }

    /// `.NOTPARALLEL: targets`: the prerequisites of those are made one after another.
    fn serialize_targets(&mut self) {
        for entry in self.entries(".NOTPARALLEL") {
            let list = self.graph.targets.prereqs(entry).to_vec();
            for prereq in list {
                if prereq.flags.has(PrereqFlags::PENDING) {
                    continue;
                }
                self.mark(prereq.target, Flags::NOT_PARALLEL);
            }
        }
    }

    /// `.EXTRA_PREREQS`: the global one for every target without variables of its own, that of the
    /// others for them.
    fn add_extra_prerequisites(&mut self) -> Result<()> {
        let Some(name) = self.names.get(b".EXTRA_PREREQS") else {
            return Ok(());
        };
        let text = self.value_of(name)?.unwrap_or_default();
        let global = self.extra_prerequisites(&text)?;
        let targets: Vec<TargetId> = self.graph.targets.ids().collect();
        for target in targets {
            let rare = self.graph.targets.rare(target);
            if rare.is_some_and(|rare| rare.first_double_colon.is_some()) {
                continue; // of the rules of a `::` target only the first gets them
            }
            let own = match self.graph.targets.scope[target] {
                Some(scope) => {
                    let set = self.variables.scopes[scope].set;
                    let found = self.variables.sets[set].get(name);
                    let value = found.map(|variable| (variable.value.clone(), variable.flavor));
                    match value {
                        None => continue,
                        Some((value, Flavor::Simple)) => self.extra_prerequisites(&value)?,
                        Some((value, Flavor::Recursive)) => {
                            let text = self.expand(&value)?;
                            self.extra_prerequisites(&text)?
                        }
                    }
                }
                None if self.graph.targets.flags[target].has(Flags::IS_TARGET) => global.clone(),
                None => continue,
            };
            if own.iter().any(|prereq| prereq.target == target) {
                continue;
            }
            for prereq in own {
                self.graph.targets.push_prereq(target, prereq);
            }
        }
        Ok(())
    }

    /// Returns the prerequisites that a value of `.EXTRA_PREREQS` names.
    ///
    /// # Errors
    /// As [`Make::for_each_name`].
    pub fn extra_prerequisites(&mut self, text: &[u8]) -> Result<Vec<Prereq>> {
        let list = self.unmarked_prerequisites(text, None)?.into_iter();
        Ok(list
            .map(|mut prereq| {
                prereq.flags.add(PrereqFlags::EXTRA);
                prereq
            })
            .collect())
    }

    fn convert_suffixes(&mut self) {
        let mut suffixes = Vec::new();
        for entry in self.entries(".SUFFIXES") {
            let list = self.graph.targets.prereqs(entry).iter();
            let ready = list.filter(|prereq| !prereq.flags.has(PrereqFlags::PENDING));
            suffixes.extend(ready.map(|prereq| self.graph.targets.name[prereq.target]));
        }
        let catalogue = match self.options.no_builtin_rules {
            true => Catalogue::Unwanted,
            false => Catalogue::Wanted,
        };
        let dotted = std::mem::take(&mut self.reader.dotted);
        let ignored = self.graph.convert_suffix_rules(
            &mut self.names,
            &suffixes,
            &dotted,
            catalogue,
            self.special.posix,
        );
        for recipe in ignored {
            let loc = self.graph.recipes[recipe].loc;
            let is_builtin = self.names.bytes(loc.file).is_empty();
            let loc = (!is_builtin).then_some(loc);
            self.notice(loc, &Notice::SuffixRulePrerequisites);
        }
    }

    /// Returns the goal that `.DEFAULT_GOAL` names, None when it names nothing.
    ///
    /// # Errors
    /// When it names several.
    pub fn find_default_goal(&mut self) -> Result<Option<NameId>> {
        let goal = self.value_of_text(".DEFAULT_GOAL")?;
        if trim(&goal).is_empty() {
            return Ok(None);
        }
        let whole = self.names.get(&goal);
        let whole = whole.filter(|name| self.graph.targets.lookup(*name).is_some());
        if whole.is_some() {
            return Ok(whole);
        }
        let names = self.names_in(&goal, ListKind::Targets)?;
        match names[..] {
            [] => Ok(None),
            [name] => Ok(Some(name)),
            _ => Err(self.fatal_at(None, MakeError::ManyDefaultGoals)),
        }
    }
}
