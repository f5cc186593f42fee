//! The walk's own stack: what is being considered, and how far each consideration has come.
//! It does not know what happens to a target when its recipe ends.
//!
//! Three kinds of frames call each other. `Update` brings a name up to date, one `::` entry after the
//! other. `Consider` looks at one entry: its time, its rule, its prerequisites, and decides. `Check` asks
//! whether a prerequisite makes its target out of date; an intermediate file is looked through to its
//! own prerequisites, without being made.

use crate::error::Notice;
use crate::error::Severity;
use crate::exec::walk::Walk;
use crate::exec::walk::Walked;
use crate::files::Mtime;
use crate::graph::implicit;
use crate::graph::target::Flags;
use crate::graph::target::Life;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::graph::target::Status;
use crate::id::TargetId;

/// What a frame hands to the frame below it.
#[derive(Clone, Copy)]
struct Returned {
    status: Status,
    /// Of `Check`: the target must be remade because of this prerequisite.
    must_make: bool,
}

pub(super) enum Frame {
    Update(Update),
    Consider(Consider),
    Check(Check),
}

/// Brings all entries of a name up to date.
pub(super) struct Update {
    entry: Option<TargetId>,
    status: Status,
    depth: u32,
    is_waiting: bool,
}

/// What [`Consider`] does next.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// Checking the prerequisites of the target and of those made with it.
    Prerequisites,
    /// The target must be remade: making the intermediate files it needs.
    Intermediates,
}

/// One entry and its prerequisites.
pub(super) struct Consider {
    target: TargetId,
    /// The entry as it was before VPATH renamed it.
    original: TargetId,
    depth: u32,
    mtime: Mtime,
    is_absent: bool,
    must_make: bool,
    is_running: bool,
    status: Status,
    phase: Phase,
    /// Whose prerequisites are looked at: 0 the target's own, else those of a target made with it.
    owner: usize,
    /// Which prerequisite is next.
    place: usize,
    /// A prerequisite of the present owner was looked at, not dropped.
    has_last: bool,
    /// The prerequisite that is looked at, and whether it is order-only.
    wanted: Option<(TargetId, bool)>,
    /// The prerequisite's mtime before it was updated.
    before: Mtime,
    /// The prerequisite was not to be told of before this target asked for it.
    was_quiet: bool,
    is_waiting: bool,
}

/// One prerequisite, on behalf of a target with `mtime`.
pub(super) struct Check {
    target: TargetId,
    original: TargetId,
    depth: u32,
    mtime: Mtime,
    must_make: bool,
    status: Status,
    is_running: bool,
    is_intermediate: bool,
    place: usize,
    /// The prerequisite was not to be told of before this target asked for it.
    was_quiet: bool,
    is_waiting: bool,
}

/// What a frame wants.
enum Step {
    /// Those of [`Walk::called`] come first.
    Call,
    Return(Returned),
}

fn done(status: Status) -> Step {
    Step::Return(Returned {
        status,
        must_make: false,
    })
}

impl Walk<'_> {
    /// Brings `target` up to date as far as is possible now; what runs meanwhile is left running.
    pub(super) fn update(&mut self, target: TargetId, depth: u32) -> Walked<Status> {
        let mut stack = Vec::new();
        let mut step = self.begin_update(target, depth)?;
        loop {
            let returned = match step {
                Step::Call => {
                    stack.extend(self.called.drain(..).rev());
                    None
                }
                Step::Return(returned) => Some(returned),
            };
            let Some(frame) = stack.last_mut() else {
                return Ok(returned.map_or(Status::Success, |returned| returned.status));
            };
            step = match frame {
                Frame::Update(frame) => self.step_update(frame, returned)?,
                Frame::Consider(frame) => self.step_consider(frame, returned)?,
                Frame::Check(frame) => self.step_check(frame, returned)?,
            };
            if matches!(step, Step::Return(_)) {
                stack.pop();
            }
        }
    }

    /// Considers a name, unless this pass has done so already. Without anything to look at first that is done at once.
    fn begin_update(&mut self, target: TargetId, depth: u32) -> Walked<Step> {
        let head = self.head(target);
        let targets = &self.make.graph.targets;
        if targets.pass[head] == self.pass {
            let flags = targets.flags[head];
            // It failed without a word while makefiles were remade: now the word is due.
            let is_untold = flags.has(Flags::UPDATED | Flags::NO_DIAGNOSTIC)
                && targets.status[head] > Status::None
                && !flags.has(Flags::QUIET);
            if !is_untold {
                let (life, status) = (targets.life[head], targets.status[head]);
                if self.is_verbose() {
                    self.debug(depth, "Pruning file ", head, ".");
                }
                return Ok(done(if life == Life::Done {
                    status
                } else {
                    Status::Success
                }));
            }
        }
        let mut frame = Update {
            entry: Some(head),
            status: Status::Success,
            depth,
            is_waiting: false,
        };
        let step = self.step_update(&mut frame, None)?;
        if let Step::Call = step {
            self.called.push(Frame::Update(frame));
        }
        Ok(step)
    }

    fn step_update(&mut self, frame: &mut Update, returned: Option<Returned>) -> Walked<Step> {
        if frame.is_waiting {
            frame.is_waiting = false;
            let status = returned.map_or(Status::Success, |returned| returned.status);
            let Some(entry) = frame.entry else {
                return Ok(done(frame.status));
            };
            let entry = self.renamed(entry);
            if status > Status::None && !self.make.options.keep_going.on {
                return Ok(done(status));
            }
            if matches!(
                self.make.graph.targets.life[entry],
                Life::Running | Life::PrerequisitesRunning
            ) {
                // The other :: rules of this target wait until this one is done.
                return Ok(done(Status::Success));
            }
            frame.status = frame.status.max(status);
            frame.entry = self.next_entry(entry);
        }
        let Some(entry) = frame.entry else {
            return Ok(done(frame.status));
        };
        self.make.graph.targets.pass[entry] = self.pass;
        frame.is_waiting = true;
        match self.begin_consider(entry, frame.depth)? {
            Step::Call => Ok(Step::Call),
            Step::Return(returned) => self.step_update(frame, Some(returned)),
        }
    }

    /// Looks at an entry's own file and finds its rule.
    fn begin_consider(&mut self, target: TargetId, depth: u32) -> Walked<Step> {
        if self.is_verbose() {
            self.debug(depth, "Considering target file ", target, ".");
        }
        if let Some(status) = self.settled(target, depth)? {
            return Ok(done(status));
        }
        let depth = depth + 1;
        let flags = &mut self.make.graph.targets.flags[target];
        match flags.has(Flags::QUIET) {
            true => flags.add(Flags::NO_DIAGNOSTIC),
            false => flags.remove(Flags::NO_DIAGNOSTIC),
        }
        let name = self.make.graph.targets.name[target];
        self.make
            .refuse_nested_member(self.make.names.bytes(name))?;
        self.set_updating(target, true);
        let original = target;
        let mut mtime = self.goal_mtime(target);
        let target = self.renamed(target);
        let mut is_absent = mtime == Mtime::NONEXISTENT;
        if is_absent {
            if self.is_basic() {
                self.debug(depth, "File ", target, " does not exist.");
            }
        } else if self.has(target, Flags::LOW_RESOLUTION)
            && mtime != Mtime::OLD
            && mtime != Mtime::NEW
        {
            mtime = self.end_of_second(target, mtime);
        }
        is_absent = is_absent || self.is_peer_absent(target, &mut mtime, depth);
        self.find_rule(target, depth)?;
        self.expand_prerequisites(target)?;
        let mut frame = Consider {
            target,
            original,
            depth,
            mtime,
            is_absent,
            must_make: is_absent,
            is_running: false,
            status: Status::Success,
            phase: Phase::Prerequisites,
            owner: 0,
            place: 0,
            has_last: false,
            wanted: None,
            before: Mtime::UNKNOWN,
            was_quiet: false,
            is_waiting: false,
        };
        let targets = &self.make.graph.targets;
        if targets.prereqs(target).is_empty() && targets.also_make(target).is_empty() {
            return self.step_consider(&mut frame, None);
        }
        self.called.push(Frame::Consider(frame));
        Ok(Step::Call)
    }

    /// Returns how an entry stands if there is nothing to look at any more.
    fn settled(&mut self, target: TargetId, depth: u32) -> Walked<Option<Status>> {
        let flags = self.make.graph.targets.flags[target];
        let status = self.make.graph.targets.status[target];
        if flags.has(Flags::UPDATED) {
            if status > Status::None {
                if self.is_verbose() {
                    self.debug(
                        depth,
                        "Recently tried and failed to update file ",
                        target,
                        ".",
                    );
                }
                if flags.has(Flags::NO_DIAGNOSTIC) && !flags.has(Flags::QUIET) {
                    self.complain(target)?;
                }
                return Ok(Some(status));
            }
            if self.is_verbose() {
                self.debug(depth, "File ", target, " was considered already.");
            }
            return Ok(Some(Status::Success));
        }
        match self.make.graph.targets.life[target] {
            Life::New | Life::PrerequisitesRunning => Ok(None),
            Life::Running => {
                if self.is_verbose() {
                    self.debug(depth, "Still updating file ", target, ".");
                }
                Ok(Some(Status::Success))
            }
            Life::Done => {
                if self.is_verbose() {
                    self.debug(depth, "Finished updating file ", target, ".");
                }
                Ok(Some(status))
            }
        }
    }

    fn end_of_second(&mut self, target: TargetId, mtime: Mtime) -> Mtime {
        const SECOND: i64 = 1_000_000_000;
        let fraction = mtime.0.rem_euclid(SECOND);
        let is_member = crate::exec::walk::mtime::archive_parts(&self.name(target)).is_some();
        if fraction != 0 && !is_member {
            let name = self.name(target);
            self.notice(&Notice::LowResolution(name));
        }
        Mtime(mtime.0 - fraction + SECOND - 1)
    }

    /// Returns whether a target made by the same recipe is missing: then this one must be remade too.
    /// In a group of explicit targets the oldest one's time counts.
    fn is_peer_absent(&mut self, target: TargetId, oldest: &mut Mtime, depth: u32) -> bool {
        let is_group = !self.has(target, Flags::IMPLICIT_RECIPE);
        for place in 0..self.make.graph.targets.also_make(target).len() {
            let peer = self.make.graph.targets.also_make(target)[place];
            let mtime = self.mtime(peer);
            if mtime == Mtime::NONEXISTENT {
                if self.is_basic() {
                    let (peer, name) = (self.name(self.renamed(peer)), self.name(target));
                    let line = [
                        b"Grouped target peer '",
                        &peer[..],
                        b"' of file '",
                        &name,
                        b"' does not exist.",
                    ]
                    .concat();
                    self.debug_line(depth, &line);
                }
                return true;
            }
            if is_group {
                *oldest = mtime.min(*oldest);
            }
        }
        false
    }

    fn step_consider(&mut self, frame: &mut Consider, returned: Option<Returned>) -> Walked<Step> {
        if frame.is_waiting {
            frame.is_waiting = false;
            let returned = returned.unwrap_or(Returned {
                status: Status::Success,
                must_make: false,
            });
            let goes_on = self.prerequisite_updated(frame, returned);
            if !goes_on && !self.turns_to_intermediates(frame) {
                return self.end_consider(frame);
            }
        }
        loop {
            let step = match frame.phase {
                Phase::Prerequisites => self.next_prerequisite(frame)?,
                Phase::Intermediates => self.next_intermediate(frame)?,
            };
            let goes_on = match step {
                Some(Step::Call) => {
                    frame.is_waiting = true;
                    return Ok(Step::Call);
                }
                Some(Step::Return(returned)) => self.prerequisite_updated(frame, returned),
                None => false,
            };
            if !goes_on && !self.turns_to_intermediates(frame) {
                return self.end_consider(frame);
            }
        }
    }

    /// The prerequisites were checked, or the check was broken off: if the target must be remade, its intermediate
    /// files come next, even when one of the others failed. Returns whether they do.
    fn turns_to_intermediates(&self, frame: &mut Consider) -> bool {
        let is_wanted = frame.must_make || self.always_make;
        if frame.phase == Phase::Intermediates || !is_wanted {
            return false;
        }
        frame.phase = Phase::Intermediates;
        frame.owner = 0;
        frame.place = 0;
        true
    }

    /// Passes over prerequisites that are settled, or files that nothing makes: all that is left of their check is the
    /// look at their time.
    fn pass_over_settled(&mut self, frame: &mut Consider) -> Walked<()> {
        let is_told = self.is_basic() || self.is_verbose();
        if self.remaking_makefiles || is_told || self.has_orders() {
            return Ok(());
        }
        if frame.owner > 0 || frame.is_running {
            return Ok(());
        }
        loop {
            self.look_at_settled(frame);
            let targets = &self.make.graph.targets;
            let next = targets.prereqs(frame.target).get(frame.place);
            match next.map(|prereq| prereq.target) {
                Some(wanted) if self.settle_source(wanted, frame)? => {}
                _ => return Ok(()),
            }
        }
    }

    /// Settles a file that is there and has neither rule nor prerequisites. Returns false for anything else.
    fn settle_source(&mut self, wanted: TargetId, frame: &Consider) -> Walked<bool> {
        const ODD: u32 = Flags::RENAMED
            | Flags::DOUBLE_COLON
            | Flags::UPDATING
            | Flags::INTERMEDIATE
            | Flags::IS_TARGET
            | Flags::PHONY
            | Flags::UPDATED
            | Flags::QUIET
            | Flags::NO_DIAGNOSTIC
            | Flags::LOW_RESOLUTION
            | Flags::ASSUME_OLD
            | Flags::ASSUME_NEW;
        let is_plain = |walk: &Walk<'_>| {
            let targets = &walk.make.graph.targets;
            targets.flags[wanted].0 & ODD == 0
                && targets.recipe[wanted].is_none()
                && targets.prereqs(wanted).is_empty()
        };
        let name = self.make.graph.targets.name[wanted];
        let is_member = self.make.names.bytes(name).last() == Some(&b')');
        let is_new = self.make.graph.targets.life[wanted] == Life::New;
        if is_member || !is_new || !is_plain(self) {
            return Ok(false);
        }
        if !self.mtime(wanted).exists() || self.has(wanted, Flags::RENAMED) {
            return Ok(false);
        }
        // Those made by the same rule count only where it was known before: a rule that may be found is not looked for here.
        if !self.has(wanted, Flags::TRIED_IMPLICIT) && !implicit::is_hopeless(self.make, wanted) {
            return Ok(false);
        }
        self.make.graph.targets.flags[wanted].add(Flags::TRIED_IMPLICIT);
        self.adopt(wanted, frame.target);
        self.find_rule(wanted, frame.depth + 1)?;
        if !is_plain(self) {
            return Ok(false);
        }
        self.expand_prerequisites(wanted)?;
        self.make.graph.targets.pass[wanted] = self.pass;
        self.leave_alone(wanted, frame.depth)?;
        Ok(true)
    }

    fn look_at_settled(&mut self, frame: &mut Consider) {
        const ODD: u32 =
            Flags::RENAMED | Flags::DOUBLE_COLON | Flags::UPDATING | Flags::INTERMEDIATE;
        let targets = &mut self.make.graph.targets;
        while let Some(prereq) = targets.prereqs(frame.target).get(frame.place) {
            let (wanted, flags) = (prereq.target, prereq.flags);
            let mtime = targets.mtime[wanted];
            let is_settled = targets.pass[wanted] == self.pass
                && targets.flags[wanted].0 & (ODD | Flags::UPDATED) == Flags::UPDATED
                && targets.life[wanted] == Life::Done
                && targets.status[wanted] == Status::Success
                && mtime != Mtime::UNKNOWN;
            if !is_settled {
                return;
            }
            targets.parent[wanted] = Some(frame.target);
            let is_absent = mtime == Mtime::NONEXISTENT;
            if !flags.has(PrereqFlags::ORDER_ONLY) {
                frame.must_make |= is_absent || mtime > frame.mtime;
            }
            if flags.has(PrereqFlags::CHANGED) != is_absent {
                let flags = &mut targets.prereqs_mut(frame.target)[frame.place].flags;
                match is_absent {
                    true => flags.add(PrereqFlags::CHANGED),
                    false => flags.remove(PrereqFlags::CHANGED),
                }
            }
            frame.place += 1;
            frame.has_last = true;
        }
    }

    /// Begins the check of the next prerequisite, None behind the last.
    fn next_prerequisite(&mut self, frame: &mut Consider) -> Walked<Option<Step>> {
        loop {
            self.pass_over_settled(frame)?;
            let Some(owner) = self.owner(frame) else {
                return Ok(None);
            };
            if frame.owner > 0 {
                self.expand_prerequisites(owner)?;
            }
            let Some((at, prereq)) = self.nth(owner, frame.place) else {
                frame.owner += 1;
                frame.place = 0;
                frame.has_last = false;
                continue;
            };
            if prereq.flags.has(PrereqFlags::WAIT_HERE) && frame.is_running {
                return Ok(None); // what stands before .WAIT is still being made
            }
            let wanted = self.renamed_prereq(owner, at, prereq);
            frame.before = self.mtime(wanted);
            let wanted = self.renamed_prereq(owner, at, prereq);
            if self.has(self.head(wanted), Flags::UPDATING) {
                if frame.owner > 0 && !frame.has_last {
                    // As GNU make has it, what is left of that list is the target's own from now on.
                    self.tell_circle(frame.target, wanted);
                    let targets = &mut self.make.graph.targets;
                    targets.share_prereqs(frame.target, owner, at + 1);
                    frame.place += 1;
                } else {
                    self.drop_circle(frame.target, owner, at, wanted);
                }
                continue;
            }
            frame.was_quiet = self.adopt(wanted, frame.target);
            frame.wanted = Some((wanted, prereq.flags.has(PrereqFlags::ORDER_ONLY)));
            return Ok(Some(self.begin_check(
                wanted,
                frame.depth,
                frame.mtime,
                frame.must_make,
            )?));
        }
    }

    /// Begins to make the next intermediate prerequisite, None behind the last.
    fn next_intermediate(&mut self, frame: &mut Consider) -> Walked<Option<Step>> {
        loop {
            let Some((at, prereq)) = self.nth(frame.target, frame.place) else {
                return Ok(None);
            };
            let wanted = self.renamed_prereq(frame.target, at, prereq);
            if !self.has(wanted, Flags::INTERMEDIATE) {
                frame.place += 1;
                continue;
            }
            frame.before = self.mtime(wanted);
            let wanted = self.renamed_prereq(frame.target, at, prereq);
            frame.was_quiet = self.adopt(wanted, frame.target);
            // It may have been looked at in this pass, before it was known that it has to be made.
            let head = self.head(wanted);
            self.make.graph.targets.pass[head] = 0;
            return Ok(Some(self.begin_update(wanted, frame.depth)?));
        }
    }

    /// Returns whose prerequisites are being looked at, None behind the last.
    fn owner(&self, frame: &Consider) -> Option<TargetId> {
        match frame.owner {
            0 => Some(frame.target),
            place => self
                .make
                .graph
                .targets
                .also_make(frame.target)
                .get(place - 1)
                .copied(),
        }
    }

    /// Returns the prerequisite, followed through renaming; the list is put right.
    fn renamed_prereq(&mut self, owner: TargetId, place: usize, prereq: Prereq) -> TargetId {
        let target = self.renamed(prereq.target);
        if target != prereq.target {
            self.make.graph.targets.prereqs_mut(owner)[place].target = target;
        }
        target
    }

    /// `child` is wanted by `parent`: its variables and, for makefiles, its silence come from there.
    /// Returns whether it was silent before.
    fn adopt(&mut self, child: TargetId, parent: TargetId) -> bool {
        let targets = &mut self.make.graph.targets;
        let old = targets.parent[child].replace(parent);
        let is_ready = targets.flags[child].has(Flags::SCOPE_READY);
        let is_open = matches!(targets.life[child], Life::New | Life::PrerequisitesRunning);
        self.has_new_parents |= is_ready && is_open && old != Some(parent);
        let was_quiet = self.has(child, Flags::QUIET);
        if self.remaking_makefiles {
            self.set_quiet(child, self.has(parent, Flags::QUIET));
        }
        was_quiet
    }

    fn tell_circle(&mut self, target: TargetId, wanted: TargetId) {
        let (target, prerequisite) = (self.name(target), self.name(wanted));
        self.notice(&Notice::CircularDependency {
            target,
            prerequisite,
        });
    }

    fn drop_circle(&mut self, target: TargetId, owner: TargetId, place: usize, wanted: TargetId) {
        self.tell_circle(target, wanted);
        self.make.graph.targets.remove_prereq(owner, place);
        self.forget_order_of(owner, place);
    }

    /// Returns whether a prerequisite is where it was in the list.
    fn is_still_there(&self, owner: TargetId, place: usize, wanted: TargetId) -> bool {
        let entry = self.nth(owner, place);
        entry.is_some_and(|(_, prereq)| self.renamed(prereq.target) == self.renamed(wanted))
    }

    /// Takes the result of a prerequisite; false when the rest need not be looked at.
    fn prerequisite_updated(&mut self, frame: &mut Consider, returned: Returned) -> bool {
        let Some(owner) = self.owner(frame) else {
            return false;
        };
        frame.status = frame.status.max(returned.status);
        if let Some((wanted, is_order_only)) = frame.wanted.take()
            && !self.is_still_there(owner, frame.place, wanted)
        {
            // A circle below has dropped it from the list meanwhile: for this target it still counts.
            frame.must_make |= returned.must_make && !is_order_only;
            frame.is_running |= self.is_running(wanted);
            frame.has_last = true;
            return frame.status == Status::None || self.make.options.keep_going.on;
        }
        let Some((at, prereq)) = self.nth(owner, frame.place) else {
            return false;
        };
        if frame.phase == Phase::Prerequisites && !prereq.flags.has(PrereqFlags::ORDER_ONLY) {
            frame.must_make |= returned.must_make;
        }
        let wanted = self.renamed_prereq(owner, at, prereq);
        if self.remaking_makefiles {
            self.set_quiet(wanted, frame.was_quiet);
        }
        frame.is_running |= self.is_running(wanted);
        if frame.status > Status::None && !self.make.options.keep_going.on {
            return false;
        }
        if !frame.is_running {
            let now = self.mtime(wanted);
            let is_changed = match frame.phase {
                Phase::Prerequisites => now != frame.before || frame.before == Mtime::NONEXISTENT,
                Phase::Intermediates => {
                    let has_recipe = self.make.graph.targets.recipe[frame.target].is_some();
                    (self.has(frame.target, Flags::PHONY) && has_recipe) || now != frame.before
                }
            };
            let flags = &mut self.make.graph.targets.prereqs_mut(owner)[at].flags;
            match is_changed {
                true => flags.add(PrereqFlags::CHANGED),
                false => flags.remove(PrereqFlags::CHANGED),
            }
        }
        frame.place += 1;
        frame.has_last = true;
        true
    }

    /// All prerequisites were looked at: waits for them, gives up, or decides.
    fn end_consider(&mut self, frame: &mut Consider) -> Walked<Step> {
        let target = frame.target;
        self.set_updating(target, false);
        self.set_updating(frame.original, false);
        if self.is_verbose() {
            let (before, after) = match frame.is_running {
                true => ("The prerequisites of ", " are being made."),
                false => ("Finished prerequisites of target file ", "."),
            };
            self.debug(frame.depth - 1, before, target, after);
        }
        if frame.is_running {
            self.set_life(target, Life::PrerequisitesRunning);
            return Ok(done(Status::Success));
        }
        if frame.status > Status::None {
            return self.give_up(frame);
        }
        if self.make.graph.targets.life[target] == Life::PrerequisitesRunning {
            self.set_life(target, Life::New);
        }
        let is_some_changed = self.mark_newer(frame);
        if !self.decide(frame, is_some_changed) {
            self.leave_alone(target, frame.depth - 1)?;
            return Ok(done(Status::Success));
        }
        self.remake(target, frame.depth - 1).map(done)
    }

    fn give_up(&mut self, frame: &Consider) -> Walked<Step> {
        let target = frame.target;
        self.make.graph.targets.status[target] = frame.status;
        self.notice_finished(target)?;
        let depth = frame.depth - 1;
        if self.is_verbose() {
            self.debug(depth, "Giving up on target file ", target, ".");
        }
        let options = &self.make.options;
        if depth == 0 && options.keep_going.on && !options.just_print && !options.question {
            let name = self.name(target);
            self.say(Severity::Notice, Notice::NotRemade(name).text());
        }
        Ok(done(frame.status))
    }

    /// Marks the prerequisites that are newer than the target, for `$?`. Returns whether any was remade.
    fn mark_newer(&mut self, frame: &Consider) -> bool {
        let target = frame.target;
        let mut is_some_changed = false;
        let is_told = !frame.is_absent && self.is_basic();
        for place in 0..self.make.graph.targets.prereqs(target).len() {
            let prereq = self.make.graph.targets.prereqs(target)[place];
            let mut wanted = self.renamed_prereq(target, place, prereq);
            let mut mtime = self.make.graph.targets.mtime[wanted];
            if mtime == Mtime::UNKNOWN {
                mtime = self.mtime(wanted);
                wanted = self.renamed_prereq(target, place, prereq);
            }
            let mut flags = prereq.flags;
            if !flags.has(PrereqFlags::ORDER_ONLY) {
                is_some_changed |= flags.has(PrereqFlags::CHANGED);
            }
            if frame.is_absent || mtime > frame.mtime {
                flags.add(PrereqFlags::CHANGED);
            }
            if is_told {
                self.tell_prerequisite(frame, wanted, flags, mtime);
            }
            if self.always_make {
                flags.add(PrereqFlags::CHANGED);
            }
            if flags != prereq.flags {
                self.make.graph.targets.prereqs_mut(target)[place].flags = flags;
            }
        }
        is_some_changed
    }

    fn tell_prerequisite(
        &mut self,
        frame: &Consider,
        wanted: TargetId,
        flags: PrereqFlags,
        mtime: Mtime,
    ) {
        let (name, target) = (self.name(wanted), self.name(frame.target));
        let (middle, after, is_told) = if flags.has(PrereqFlags::ORDER_ONLY) {
            ("' is order-only for target '", "'.", self.is_verbose())
        } else if mtime == Mtime::NONEXISTENT {
            ("' of target '", "' does not exist.", true)
        } else if flags.has(PrereqFlags::CHANGED) {
            ("' is newer than target '", "'.", true)
        } else {
            ("' is older than target '", "'.", self.is_verbose())
        };
        if is_told {
            let line = [
                b"Prerequisite '",
                &name[..],
                middle.as_bytes(),
                &target,
                after.as_bytes(),
            ]
            .concat();
            self.debug_line(frame.depth, &line);
        }
    }

    /// Returns whether the target has to be remade.
    fn decide(&mut self, frame: &Consider, is_some_changed: bool) -> bool {
        let (target, depth) = (frame.target, frame.depth - 1);
        let targets = &self.make.graph.targets;
        let has_recipe = targets.recipe[target].is_some();
        let flags = targets.flags[target];
        if flags.has(Flags::DOUBLE_COLON) && targets.prereqs(target).is_empty() {
            if self.is_basic() {
                self.debug(
                    depth,
                    "Target ",
                    target,
                    " is double-colon and has no prerequisites.",
                );
            }
            return true;
        }
        let is_idle = !frame.is_absent && !is_some_changed && !has_recipe && !self.always_make;
        if is_idle && flags.has(Flags::IS_TARGET) {
            if self.is_verbose() {
                self.debug(
                    depth,
                    "No recipe for ",
                    target,
                    " and no prerequisites actually changed.",
                );
            }
            return false;
        }
        if !frame.must_make && has_recipe && self.always_make {
            if self.is_verbose() {
                self.debug(depth, "Making ", target, " due to always-make flag.");
            }
            return true;
        }
        frame.must_make
    }

    /// Begins the check of one prerequisite.
    fn begin_check(
        &mut self,
        target: TargetId,
        depth: u32,
        mtime: Mtime,
        must_make: bool,
    ) -> Walked<Step> {
        self.set_updating(target, true);
        let is_intermediate = self.is_intermediate(target);
        let mut frame = Check {
            target,
            original: target,
            depth,
            mtime,
            must_make,
            status: Status::Success,
            is_running: false,
            is_intermediate,
            place: 0,
            was_quiet: false,
            is_waiting: true,
        };
        if !is_intermediate {
            return match self.begin_update(target, depth)? {
                Step::Return(returned) => Ok(self.end_plain_check(&mut frame, returned)),
                Step::Call => {
                    self.called.push(Frame::Check(frame));
                    Ok(Step::Call)
                }
            };
        }
        self.find_rule(target, depth)?;
        let own = self.mtime(target);
        let target = self.renamed(target);
        frame.target = target;
        if own != Mtime::NONEXISTENT && own > mtime {
            frame.must_make = true;
            return Ok(self.end_check(&frame));
        }
        self.expand_prerequisites(target)?;
        if self.make.graph.targets.life[target] != Life::Running {
            if self.make.graph.targets.life[target] == Life::PrerequisitesRunning {
                self.make.graph.targets.pass[target] = 0;
            }
            self.set_life(target, Life::New);
        }
        frame.is_waiting = false;
        self.called.push(Frame::Check(frame));
        Ok(Step::Call)
    }

    fn step_check(&mut self, frame: &mut Check, returned: Option<Returned>) -> Walked<Step> {
        let unchanged = Returned {
            status: Status::Success,
            must_make: frame.must_make,
        };
        if !frame.is_intermediate {
            return Ok(self.end_plain_check(frame, returned.unwrap_or(unchanged)));
        }
        if frame.is_waiting {
            frame.is_waiting = false;
            if !self.indirect_checked(frame, returned.unwrap_or(unchanged)) {
                return Ok(self.end_check(frame));
            }
        }
        while let Some((at, prereq)) = self.nth(frame.target, frame.place) {
            if prereq.flags.has(PrereqFlags::WAIT_HERE) && frame.is_running {
                break;
            }
            let wanted = self.renamed_prereq(frame.target, at, prereq);
            if self.has(self.head(wanted), Flags::UPDATING) {
                self.drop_circle(frame.target, frame.target, at, wanted);
                continue;
            }
            frame.was_quiet = self.adopt(wanted, frame.target);
            match self.begin_check(wanted, frame.depth + 1, frame.mtime, frame.must_make)? {
                Step::Call => {
                    frame.is_waiting = true;
                    return Ok(Step::Call);
                }
                Step::Return(returned) => {
                    if !self.indirect_checked(frame, returned) {
                        break;
                    }
                }
            }
        }
        if frame.is_running {
            self.set_life(frame.target, Life::PrerequisitesRunning);
        }
        Ok(self.end_check(frame))
    }

    /// Takes the check of an intermediate file's own prerequisite; false when the rest need not be looked at.
    fn indirect_checked(&mut self, frame: &mut Check, returned: Returned) -> bool {
        let Some((at, prereq)) = self.nth(frame.target, frame.place) else {
            return false;
        };
        frame.status = frame.status.max(returned.status);
        if !prereq.flags.has(PrereqFlags::ORDER_ONLY) {
            frame.must_make |= returned.must_make;
        }
        let wanted = self.renamed_prereq(frame.target, at, prereq);
        if self.remaking_makefiles {
            self.set_quiet(wanted, frame.was_quiet);
        }
        if frame.status > Status::None && !self.make.options.keep_going.on {
            return false;
        }
        let life = self.make.graph.targets.life[wanted];
        frame.is_running |= matches!(life, Life::Running | Life::PrerequisitesRunning);
        frame.place += 1;
        true
    }

    fn end_plain_check(&mut self, frame: &mut Check, returned: Returned) -> Step {
        frame.status = returned.status;
        frame.target = self.renamed(frame.target);
        let mtime = self.mtime(frame.target);
        frame.target = self.renamed(frame.target);
        frame.must_make |= mtime == Mtime::NONEXISTENT || mtime > frame.mtime;
        self.end_check(frame)
    }

    fn end_check(&mut self, frame: &Check) -> Step {
        self.set_updating(frame.target, false);
        self.set_updating(frame.original, false);
        Step::Return(Returned {
            status: frame.status,
            must_make: frame.must_make,
        })
    }

    /// Returns whether a prerequisite is looked through instead of being made.
    fn is_intermediate(&self, target: TargetId) -> bool {
        let flags = self.make.graph.targets.flags[target];
        flags.has(Flags::INTERMEDIATE) && !flags.has(Flags::PHONY)
    }

    fn set_updating(&mut self, target: TargetId, on: bool) {
        let head = self.head(target);
        let flags = &mut self.make.graph.targets.flags[head];
        match on {
            true => flags.add(Flags::UPDATING),
            false => flags.remove(Flags::UPDATING),
        }
    }
}
