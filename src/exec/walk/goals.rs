//! The goals of a walk: visited in passes until each is done, with the word about it that users see.
//! It does not know where the goals came from.

use crate::error::Notice;
use crate::error::Severity;
use crate::eval::assign::MakeflagsTime;
use crate::event::Event;
use crate::exec::walk::Walk;
use crate::exec::walk::Walked;
use crate::files::Mtime;
use crate::graph::target::Flags;
use crate::graph::target::Life;
use crate::graph::target::Status;
use crate::id::TargetId;
use crate::loc::Loc;
use crate::name::strip_dot_slash;
use bstr::BString;

/// A goal and what is known of it.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The target.
    pub target: TargetId,
    /// A makefile that may be missing.
    pub dont_care: bool,
    /// A makefile that is included, with the error that kept it from being read.
    pub include_error: Option<(Option<Loc>, BString)>,
    /// Something was run or printed for it.
    has_run: bool,
}

impl Goal {
    /// Returns a goal of the command line or the default one.
    pub fn new(target: TargetId) -> Goal {
        Goal {
            target,
            dont_care: false,
            include_error: None,
            has_run: false,
        }
    }
}

/// The options that are off while makefiles are remade, as they were given.
#[derive(Clone, Copy)]
struct DryRun {
    touch: bool,
    question: bool,
    just_print: bool,
}

impl DryRun {
    const OFF: DryRun = DryRun {
        touch: false,
        question: false,
        just_print: false,
    };
}

/// What one goal's visit has found.
struct Visit {
    /// The walk need not go on.
    stop: bool,
    /// All of its entries are updated.
    done: bool,
}

impl Walk<'_> {
    /// Brings the goals up to date. Returns None when nothing was done, else Success, Question or Failed.
    ///
    /// # Errors
    /// When the walk has to end before.
    pub fn update_goals(&mut self, goals: Vec<Goal>, remaking_makefiles: bool) -> Walked<Status> {
        self.remaking_makefiles = remaking_makefiles;
        let options = &self.make.options;
        let given = DryRun {
            touch: options.touch,
            question: options.question,
            just_print: options.just_print,
        };
        // Makefiles are remade in earnest: a sub-make that does it must not be told of -n, -q, -t.
        let is_hidden = remaking_makefiles && (given.touch || given.question || given.just_print);
        if is_hidden {
            self.set_dry_run(DryRun::OFF);
            self.make.define_makeflags(MakeflagsTime::Running);
            self.set_dry_run(given);
        }
        let result = self.pass_over(goals, given);
        self.remaking_makefiles = false;
        self.make.include_error = None;
        // What ends the make in the middle, ends it in earnest: intermediate files go.
        let status = result?;
        self.set_dry_run(given);
        if is_hidden {
            self.make.define_makeflags(MakeflagsTime::Running);
        }
        Ok(status)
    }

    fn pass_over(&mut self, mut goals: Vec<Goal>, given: DryRun) -> Walked<Status> {
        let mut status = Status::None;
        self.pass += 1;
        // A makefile included at several places is told of once.
        let mut told = Vec::new();
        while !goals.is_empty() {
            self.wait_for_one()?;
            let mut open = Vec::new();
            for mut goal in goals {
                let target = goal.target;
                goal.include_error.take_if(|_| told.contains(&target));
                let may_tell = goal.include_error.is_some();
                let visit = self.visit(&mut goal, &mut status, given)?;
                if may_tell && goal.include_error.is_none() {
                    told.push(target);
                }
                if visit.stop || visit.done {
                    self.tell_idle(&goal);
                    if visit.stop {
                        return Ok(status);
                    }
                } else {
                    open.push(goal);
                }
            }
            goals = open;
            self.pass += 1;
        }
        Ok(status)
    }

    fn visit(&mut self, goal: &mut Goal, status: &mut Status, given: DryRun) -> Walked<Visit> {
        let mut visit = Visit {
            stop: false,
            done: true,
        };
        self.make.include_error = goal.include_error.clone();
        let mut entry = Some(self.head(self.renamed(goal.target)));
        while let Some(mut target) = entry {
            self.set_quiet(target, goal.dont_care);
            target = self.renamed(target);
            if self.remaking_makefiles {
                let is_goal = self.has(target, Flags::COMMAND_LINE);
                self.set_dry_run(if is_goal { given } else { DryRun::OFF });
            }
            let started = self.started;
            let depth = u32::from(self.remaking_makefiles);
            let result = self.update(target, depth)?;
            target = self.renamed(target);
            if goal.include_error.is_some() && self.make.include_error.is_none() {
                goal.include_error = None; // told
            }
            goal.has_run |= self.started > started;
            let is_updated = self.has(target, Flags::UPDATED);
            if (result > Status::None || is_updated) && *status < Status::Question {
                visit.stop |= self.judge(target, status);
                target = self.renamed(target);
            }
            // Under -q a goal is over as soon as something in it is out of date.
            visit.done &= self.has(target, Flags::UPDATED) || result == Status::Question;
            self.set_quiet(target, false);
            let own = self.make.graph.targets.status[target];
            if own == Status::Question && !self.make.options.keep_going.on {
                visit.done = true; // the entries behind it are never looked at
                break;
            }
            if visit.stop {
                break;
            }
            entry = self.next_entry(target);
        }
        Ok(visit)
    }

    /// Takes an updated goal into the status; true when the walk need not go on.
    fn judge(&mut self, target: TargetId, status: &mut Status) -> bool {
        let own = self.make.graph.targets.status[target];
        let options = &self.make.options;
        let (question, keep_going, just_print) =
            (options.question, options.keep_going.on, options.just_print);
        if own > Status::None {
            *status = own;
            // Under -q a goal that is out of date does not keep the others from being looked at.
            return own == Status::Failed && question && !keep_going && !self.remaking_makefiles;
        }
        let mtime = self.goal_mtime(target);
        let target = self.renamed(target);
        let is_changed = mtime != self.make.graph.targets.mtime_before[target];
        let counts = !self.remaking_makefiles || (!just_print && !question);
        if self.has(target, Flags::UPDATED) && is_changed && counts {
            *status = Status::Success;
        }
        false
    }

    /// Says that a goal had nothing to do. Of one that turned out to be another target that is not said.
    fn tell_idle(&mut self, goal: &Goal) {
        let target = goal.target;
        let options = &self.make.options;
        let is_mute = self.remaking_makefiles || self.make.is_silent() || options.question;
        let is_idle = self.make.graph.targets.status[target] == Status::Success && !goal.has_run;
        if is_mute || !is_idle {
            return;
        }
        let has_recipe = self.make.graph.targets.recipe[target].is_some();
        let name = self.name(target);
        let notice = match has_recipe && !self.has(target, Flags::PHONY) {
            true => Notice::UpToDate(name),
            false => Notice::NothingToBeDone(name),
        };
        let diagnostic = crate::error::Diagnostic {
            place: None,
            severity: Severity::Info,
            text: notice.text(),
        };
        self.make.ctx.emit(Event::Diagnostic {
            job: None,
            diagnostic,
        });
    }

    pub(super) fn set_quiet(&mut self, target: TargetId, on: bool) {
        let flags = &mut self.make.graph.targets.flags[target];
        match on {
            true => flags.add(Flags::QUIET),
            false => flags.remove(Flags::QUIET),
        }
    }

    fn set_dry_run(&mut self, dry_run: DryRun) {
        let options = &mut self.make.options;
        (options.touch, options.question, options.just_print) =
            (dry_run.touch, dry_run.question, dry_run.just_print);
    }

    /// -o: the files named there are old and done.
    pub fn assume_old(&mut self) {
        self.assume(self.make.options.old_files.clone(), Mtime::OLD);
    }

    /// -W: the files named there are newer than any other.
    pub fn assume_new(&mut self) {
        self.assume(self.make.options.new_files.clone(), Mtime::NEW);
    }

    fn assume(&mut self, names: Vec<BString>, mtime: Mtime) {
        for name in names {
            let id = self.make.names.intern(strip_dot_slash(&name));
            let targets = &mut self.make.graph.targets;
            let target = targets.enter(id);
            // As GNU make has it, a `::` target gets one more entry thereby, which no rule makes.
            let target = match targets.flags[target].has(Flags::DOUBLE_COLON) {
                true if targets.mtime[targets.last_entry(target)] == mtime => continue,
                true => targets.add_entry(target),
                false => target,
            };
            targets.mtime[target] = mtime;
            targets.mtime_before[target] = mtime;
            if mtime == Mtime::OLD {
                targets.flags[target].add(Flags::UPDATED);
                targets.status[target] = Status::Success;
                targets.life[target] = Life::Done;
            }
        }
    }
}
