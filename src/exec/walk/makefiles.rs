//! Makefiles are goals too: brought up to date before the real goals, and read again if one changed
//! (manual, "How Makefiles Are Remade").
//! It does not know how makefiles are read.

use crate::error::Diagnostic;
use crate::error::Notice;
use crate::error::Severity;
use crate::eval::make::ReadMakefile;
use crate::event::Event;
use crate::exec::walk::Stop;
use crate::exec::walk::Walk;
use crate::exec::walk::Walked;
use crate::exec::walk::goals::Goal;
use crate::files::Mtime;
use crate::graph::target::Flags;
use crate::graph::target::Status;
use crate::loc::Loc;
use rustc_hash::FxHashMap;

/// What came of the makefiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remade {
    /// None has changed.
    Nothing,
    /// At least one has: everything is to be read again.
    Restart,
}

impl Walk<'_> {
    /// Remakes the makefiles that need it.
    ///
    /// # Errors
    /// When one that is needed cannot be made.
    pub fn remake_makefiles(&mut self) -> Walked<Remade> {
        let makefiles = self.make.makefiles.clone();
        for makefile in &makefiles {
            // A makefile is mentioned: it is never an intermediate file.
            self.make.graph.targets.flags[makefile.target].add(Flags::EXPLICIT);
        }
        let mut goals = Vec::new();
        let mut before = Vec::new();
        // A makefile that is missing at several places is told of at the first one, even if that one was optional.
        let mut places = FxHashMap::default();
        let mut is_missing = false;
        for makefile in &makefiles {
            if self.is_left_out(makefile) {
                before.push(None);
                is_missing |= makefile.error.is_some() && !makefile.dont_care;
                continue;
            }
            before.push(Some(self.mtime_without_search(makefile.target)));
            let mut goal = Goal::new(makefile.target);
            goal.dont_care = makefile.dont_care;
            if makefile.is_included && !makefile.dont_care {
                let loc = places.get(&makefile.target).copied();
                let loc = loc.unwrap_or(makefile.loc);
                goal.include_error = makefile.error.clone().map(|error| (loc, error));
            }
            goals.push(goal);
            places.entry(makefile.target).or_insert(makefile.loc);
        }
        if self.make.options.debug.basic || self.make.options.debug.makefile {
            self.debug_line(0, b"Updating makefiles....");
        }
        // Nothing is told of makefiles unless it is asked for.
        let debug = self.make.options.debug;
        if !debug.makefile {
            self.make.options.debug = crate::options::Debug::default();
        }
        let status = self.update_goals(goals, true);
        self.make.options.debug = debug;
        let status = status?;
        if is_missing {
            self.tell_unread(&makefiles);
        }
        match status {
            Status::Failed => match self.judge_failure(&makefiles, &before)? {
                Remade::Nothing if is_missing => Err(Stop::Failed),
                remade => Ok(remade),
            },
            _ if is_missing => Err(Stop::Failed),
            Status::None | Status::Question => {
                self.make.reload_objects()?;
                Ok(Remade::Nothing)
            }
            Status::Success => Ok(Remade::Restart),
        }
    }

    /// Phony makefiles and `::` ones without prerequisites would be remade each time, for ever.
    fn is_left_out(&mut self, makefile: &ReadMakefile) -> bool {
        let target = makefile.target;
        if self.has(target, Flags::PHONY) {
            return true;
        }
        let mut entry = Some(self.head(target));
        while let Some(target) = entry {
            let targets = &self.make.graph.targets;
            let is_loop = targets.flags[target].has(Flags::DOUBLE_COLON)
                && targets.recipe[target].is_some()
                && targets.prereqs(target).is_empty();
            if is_loop {
                if self.is_verbose() {
                    let name = self.name(target);
                    let text = Notice::MightLoop(name).text();
                    self.debug_line(0, &text);
                }
                return true;
            }
            entry = self.next_entry(target);
        }
        false
    }

    /// An include that could not be read, and for which no rule was tried, is an error whatever was remade. The last one
    /// is told first.
    fn tell_unread(&mut self, makefiles: &[ReadMakefile]) {
        for makefile in makefiles.iter().rev() {
            let is_missing = !makefile.dont_care && self.is_left_out(makefile);
            if let Some(error) = makefile.error.clone().filter(|_| is_missing) {
                let place = makefile.loc.map(|loc| loc.place(&self.make.names));
                let diagnostic = Diagnostic {
                    place,
                    severity: Severity::Notice,
                    text: error,
                };
                self.make.ctx.emit(Event::Diagnostic {
                    job: None,
                    diagnostic,
                });
            }
        }
    }

    fn judge_failure(
        &mut self,
        makefiles: &[ReadMakefile],
        before: &[Option<Mtime>],
    ) -> Walked<Remade> {
        let mut any_remade = false;
        let mut any_failed = false;
        for (makefile, before) in makefiles.iter().zip(before) {
            let Some(before) = *before else { continue };
            let target = self.renamed(makefile.target);
            let name = self.name(makefile.target);
            if self.has(target, Flags::UPDATED) {
                if self.make.graph.targets.status[target] == Status::Success {
                    any_remade |= self.mtime_without_search(target) != before;
                } else if !makefile.dont_care {
                    self.tell(makefile.loc, &Notice::FailedMakefile(name));
                    let now = self.mtime_without_search(target);
                    any_remade |= now != Mtime::NONEXISTENT && now != before;
                    any_failed = true;
                }
            } else if !makefile.dont_care {
                match makefile.is_included {
                    true => self.tell(makefile.loc, &Notice::IncludedNotFound(name)),
                    false => {
                        self.tell(makefile.loc, &Notice::MakefileNotFound(name));
                        any_failed = true;
                    }
                }
            }
        }
        match (any_remade, any_failed) {
            (true, _) => Ok(Remade::Restart),
            (false, true) => Err(Stop::Failed),
            (false, false) => Ok(Remade::Nothing),
        }
    }

    fn tell(&mut self, loc: Option<Loc>, notice: &Notice) {
        let place = loc.map(|loc| loc.place(&self.make.names));
        let diagnostic = Diagnostic {
            place,
            severity: Severity::Notice,
            text: notice.text(),
        };
        self.make.ctx.emit(Event::Diagnostic {
            job: None,
            diagnostic,
        });
    }
}
