//! The search for an implicit rule: which pattern rule makes a target, through which chain
//! (manual, "Implicit Rule Search Algorithm").
//! It does not know how text is expanded a second time: its caller does that.

mod candidates;
mod closure;
mod outlook;
pub mod prerequisites;

use crate::error::Result;
use crate::files::View;
use crate::graph::Graph;
use crate::graph::implicit::candidates::Candidate;
use crate::graph::implicit::candidates::Index;
use crate::graph::implicit::outlook::Known;
use crate::graph::implicit::outlook::Outlook;
use crate::graph::implicit::outlook::Places;
use crate::graph::implicit::prerequisites::Part;
use crate::graph::implicit::prerequisites::Wanted;
use crate::graph::target::Flags;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::graph::vpath;
use crate::id::NameId;
use crate::id::RuleId;
use crate::id::TargetId;
use crate::name::Names;
use rustc_hash::FxHashSet;

/// What the search needs of the make it works for.
pub trait Search {
    /// Returns the stores the search reads and, when a rule is found, writes.
    fn stores(&mut self) -> (&mut Graph, &mut Names, &mut View);
    /// Expands `text` a second time for `target`, with `$*` set to `stem`.
    ///
    /// # Errors
    /// Those of the expansion.
    fn expand(&mut self, text: &[u8], target: TargetId, stem: &[u8]) -> Result<Vec<u8>>;
    /// Returns whether [`Search::debug`] prints anything.
    fn is_debugging(&self) -> bool;
    /// Prints a line of `-d` at this depth.
    fn debug(&mut self, depth: u32, line: &[u8]);
    /// Whether `.NOTINTERMEDIATE` was given for all.
    fn none_is_intermediate(&self) -> bool;
}

/// What earlier searches have found out.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    index: Index,
    /// What is known without a search.
    known: Known,
    /// Names that no rule can make and that do not exist.
    impossible: FxHashSet<Box<[u8]>>,
    /// Rules on the present chain: none is used twice.
    in_use: Vec<RuleId>,
    /// Room for names, used again and again: most names that are tried lead nowhere.
    buffers: Vec<Vec<u8>>,
}

impl Memory {
    /// Returns whether it is known that no rule can make `name` and that it does not exist.
    fn is_impossible(&mut self, name: &[u8]) -> bool {
        self.impossible.contains(name) || self.known.is_impossible(name)
    }
}

/// A rule that fits, with everything that is needed to install it.
struct Match {
    rule: RuleId,
    /// Which of its target patterns matched.
    target: usize,
    /// The stem with the directory that was set aside for matching.
    stem: Vec<u8>,
    /// That directory, with its slash; empty when none was set aside.
    directory: Vec<u8>,
    prereqs: Vec<MatchedPrereq>,
}

/// A prerequisite of a rule that fits.
struct MatchedPrereq {
    name: Vec<u8>,
    flags: PrereqFlags,
    /// The rule that makes it as an intermediate file; None when it exists or ought to.
    made_by: Option<Box<Match>>,
    /// Mentioned explicitly somewhere: not intermediate.
    is_explicit: bool,
    /// It was known before it was searched: an intermediate file as well, unless it is explicit.
    is_known: bool,
    /// Existing file found by a terminal rule: it needs no search of its own.
    searched: bool,
}

/// The name that a rule is searched for.
#[derive(Clone, Copy)]
struct Subject<'a> {
    name: &'a [u8],
    /// An archive member `(member)`: slashes in it are no directory.
    is_member: bool,
    /// The target, None for a possible intermediate file.
    target: Option<TargetId>,
    depth: u32,
    /// How many intermediate files stand between this name and the target.
    chain: u32,
    /// `-d`: the search tells what it does.
    is_told: bool,
}

/// Searches an implicit rule for `target` and installs it: prerequisites, recipe, stem and the
/// other targets of the rule. Returns whether one was found.
///
/// # Errors
/// Those of second expansion.
pub fn search(world: &mut impl Search, target: TargetId, depth: u32) -> Result<bool> {
    let is_told = world.is_debugging();
    let outlook = outlook(world, target);
    if let Outlook::Hopeless = outlook {
        return Ok(false);
    }
    let (graph, names, _) = world.stores();
    let name = names.bytes(graph.targets.name[target]).to_vec();
    let subject = Subject {
        name: &name,
        is_member: false,
        target: Some(target),
        depth,
        chain: 0,
        is_told,
    };
    let mut found = match outlook {
        Outlook::Likely(mut candidates) => likely_match(world, subject, &mut candidates)?,
        _ => None,
    };
    if found.is_none() {
        found = best_match(world, subject)?;
    }
    if found.is_none() {
        say_about(world, subject, b"No implicit rule found for '");
    }
    if found.is_none()
        && let Some(open) = archive_member(&name)
    {
        // `lib(member)`: first as a whole, then by the rules for `(member)`.
        say_about(
            world,
            subject,
            b"Looking for archive-member implicit rule for '",
        );
        let member = Subject {
            name: &name[open..],
            is_member: true,
            ..subject
        };
        found = best_match(world, member)?;
        if found.is_none() {
            say_about(world, member, b"No implicit rule found for '");
            say_about(
                world,
                subject,
                b"No archive-member implicit rule found for '",
            );
        }
    }
    match found {
        Some(found) => {
            install(world, target, found);
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Returns whether it is known without a search that no rule makes `target`.
pub fn is_hopeless(world: &mut impl Search, target: TargetId) -> bool {
    matches!(outlook(world, target), Outlook::Hopeless)
}

/// Returns what can be said of a search for `target`, the index of the rules being current. A search that is told of is
/// made in full.
fn outlook(world: &mut impl Search, target: TargetId) -> Outlook {
    let is_told = world.is_debugging();
    let (graph, names, view) = world.stores();
    let count = graph.rules.len() + graph.rule_order.len();
    if !graph.memory.index.is_current(count) {
        graph.memory.index = Index::new(graph, names, count);
        graph.memory.known = Known::new(&graph.memory.index);
    }
    let mut places = Places {
        targets: &graph.targets,
        names,
        view,
        vpath: &graph.vpath,
    };
    let name = names.bytes(graph.targets.name[target]);
    let memory = &mut graph.memory;
    match is_told {
        true => Outlook::Unknown,
        false => memory.known.outlook(&memory.index, &mut places, name),
    }
}

/// Returns where the parenthesis opens if `name` is `archive(member)`.
fn archive_member(name: &[u8]) -> Option<usize> {
    // Nearly no name is one: its end tells without a search.
    if name.last() != Some(&b')') {
        return None;
    }
    let open = memchr::memchr(b'(', name)?;
    (open > 0 && open + 2 < name.len() + 1).then_some(open)
}

/// Tries the rules whose first prerequisite is known to be there; all others that fit would want what is not there.
fn likely_match(
    world: &mut impl Search,
    subject: Subject<'_>,
    candidates: &mut [Option<Candidate>],
) -> Result<Option<Match>> {
    let mut run = Run {
        may_chain: false,
        mentioned_suffices: false,
        saw_mentioned: &mut false,
        accepted: &mut Vec::new(),
    };
    run.first_that_fits(world, subject, candidates)
}

/// Searches twice: the second time, should the first fail, names mentioned anywhere "ought to exist" too.
fn best_match(world: &mut impl Search, subject: Subject<'_>) -> Result<Option<Match>> {
    let mut saw_mentioned = false;
    let found = attempt(world, subject, false, &mut saw_mentioned)?;
    match (&found, saw_mentioned) {
        (None, true) => {
            say(
                world,
                subject,
                0,
                &[
                    b"Searching for a compatibility rule for '",
                    subject.name,
                    b"'.",
                ],
            );
            attempt(world, subject, true, &mut saw_mentioned)
        }
        _ => Ok(found),
    }
}

/// One run over the rules that match the name: first without, then with intermediate files.
fn attempt(
    world: &mut impl Search,
    subject: Subject<'_>,
    mentioned_suffices: bool,
    saw_mentioned: &mut bool,
) -> Result<Option<Match>> {
    tell_in_use(world, subject);
    let mut candidates = candidates::matching(world.stores().0, subject);
    let mut accepted = Vec::new();
    for may_chain in [false, true] {
        if may_chain && !candidates.is_empty() {
            say(world, subject, 1, &[b"Trying harder."]);
        }
        let mut run = Run {
            may_chain,
            mentioned_suffices,
            saw_mentioned,
            accepted: &mut accepted,
        };
        let found = run.first_that_fits(world, subject, &mut candidates)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// One run over rules that match a name.
struct Run<'a> {
    may_chain: bool,
    mentioned_suffices: bool,
    saw_mentioned: &'a mut bool,
    accepted: &'a mut Vec<MatchedPrereq>,
}

impl Run<'_> {
    /// Returns the first rule whose prerequisites can be had; those that are impossible are taken out.
    fn first_that_fits(
        &mut self,
        world: &mut impl Search,
        subject: Subject<'_>,
        candidates: &mut [Option<Candidate>],
    ) -> Result<Option<Match>> {
        for place in candidates {
            let Some(candidate) = *place else {
                continue;
            };
            let (graph, _, _) = world.stores();
            if self.may_chain && graph.rules[candidate.rule].terminal {
                continue;
            }
            if subject.is_told {
                let rule = rule_text(world, candidate.rule);
                let stem = &subject.name[candidate.stem()];
                let text: [&[u8]; 5] = [
                    b"Trying pattern rule '",
                    &rule,
                    b"' with stem '",
                    stem,
                    b"'.",
                ];
                say(world, subject, 1, &text);
            }
            let mut trial = Trial {
                subject,
                rule: candidate.rule,
                may_chain: self.may_chain,
                mentioned_suffices: self.mentioned_suffices,
                saw_mentioned: self.saw_mentioned,
                accepted: self.accepted,
                is_impossible: false,
            };
            let prereqs = trial.prerequisites(world, &candidate)?;
            if trial.is_impossible {
                *place = None;
            }
            if let Some(prereqs) = prereqs {
                trial.tell_found(world);
                return Ok(Some(matched(&candidate, subject, prereqs)));
            }
        }
        Ok(None)
    }
}

/// Names the rules on the present chain: they are left out, whether they match or not.
fn tell_in_use(world: &mut impl Search, subject: Subject<'_>) {
    if !subject.is_told {
        return;
    }
    let graph = &*world.stores().0;
    let is_in_use = |rule: &&RuleId| graph.memory.in_use.contains(*rule);
    let rules: Vec<RuleId> = graph.rule_order.iter().filter(is_in_use).copied().collect();
    for rule in rules {
        let rule = rule_text(world, rule);
        let text: [&[u8]; 3] = [b"Avoiding implicit rule recursion for rule '", &rule, b"'."];
        say(world, subject, 1, &text);
    }
}

/// Prints a line of `-d` made of these parts.
fn say(world: &mut impl Search, subject: Subject<'_>, deeper: u32, parts: &[&[u8]]) {
    if subject.is_told {
        world.debug(subject.depth + deeper, &parts.concat());
    }
}

/// Prints a line of `-d` that ends in the name.
fn say_about(world: &mut impl Search, subject: Subject<'_>, before: &[u8]) {
    say(world, subject, 0, &[before, subject.name, b"'."]);
}

/// A rule as `-d` shows it: `%.o: %.c | dir`.
fn rule_text(world: &mut impl Search, rule: RuleId) -> Vec<u8> {
    let (graph, names, _) = world.stores();
    let rule = &graph.rules[rule];
    let targets: Vec<&[u8]> = rule
        .targets
        .iter()
        .map(|target| names.bytes(target.name))
        .collect();
    let colon: &[u8] = if rule.terminal { b"::" } else { b":" };
    let prereqs = rule.prereqs.trim_ascii();
    let gap: &[u8] = if prereqs.is_empty() { b"" } else { b" " };
    [&targets.join(&b' ')[..], colon, gap, prereqs].concat()
}

fn matched(candidate: &Candidate, subject: Subject<'_>, prereqs: Vec<MatchedPrereq>) -> Match {
    let directory = subject.name[..candidate.directory].to_vec();
    let stem = [&directory, &subject.name[candidate.stem()]].concat();
    Match {
        rule: candidate.rule,
        target: candidate.target,
        stem,
        directory,
        prereqs,
    }
}

/// One rule tried for one name.
struct Trial<'a> {
    subject: Subject<'a>,
    rule: RuleId,
    may_chain: bool,
    mentioned_suffices: bool,
    saw_mentioned: &'a mut bool,
    /// The prerequisites that were found, in order. When a rule fails they stay, and a rule without
    /// prerequisites that is found next gets them: GNU make 4.4.1 does so, and builds can tell.
    accepted: &'a mut Vec<MatchedPrereq>,
    /// A prerequisite is known to be impossible: the rule need not be tried again.
    is_impossible: bool,
}

impl Trial<'_> {
    /// Returns the rule's prerequisites if all exist, ought to exist or can be made.
    fn prerequisites(
        &mut self,
        world: &mut impl Search,
        candidate: &Candidate,
    ) -> Result<Option<Vec<MatchedPrereq>>> {
        let (graph, _, _) = world.stores();
        graph.memory.in_use.push(candidate.rule);
        let result = self.prerequisites_of(world, candidate);
        let (graph, _, _) = world.stores();
        graph.memory.in_use.pop();
        result
    }

    fn prerequisites_of(
        &mut self,
        world: &mut impl Search,
        candidate: &Candidate,
    ) -> Result<Option<Vec<MatchedPrereq>>> {
        let (graph, _, _) = world.stores();
        let parts = graph.memory.index.parts(candidate.rule);
        let is_terminal = graph.rules[candidate.rule].terminal;
        if !parts.is_empty() {
            self.accepted.clear();
        }
        let mut is_order_only = false;
        for part in parts.iter() {
            if let Part::Name {
                pattern,
                flags,
                has_wildcard: false,
            } = part
            {
                let mut name = world.stores().0.memory.buffers.pop().unwrap_or_default();
                prerequisites::fill_in(&mut name, pattern, self.subject, candidate);
                let wanted = Wanted {
                    name: &name[..],
                    flags: *flags,
                    has_percent: pattern.has_percent(),
                };
                let prereq = self.prerequisite(world, wanted, is_terminal);
                world.stores().0.memory.buffers.push(name);
                match prereq? {
                    Some(prereq) => self.accepted.push(prereq),
                    None => return Ok(None),
                }
                continue;
            }
            for wanted in
                prerequisites::wanted(world, part, self.subject, candidate, &mut is_order_only)?
            {
                let wanted = Wanted {
                    name: &wanted.name[..],
                    flags: wanted.flags,
                    has_percent: wanted.has_percent,
                };
                match self.prerequisite(world, wanted, is_terminal)? {
                    Some(prereq) => self.accepted.push(prereq),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(std::mem::take(self.accepted)))
    }

    /// Returns how one prerequisite is to be had, None when it cannot.
    fn prerequisite(
        &mut self,
        world: &mut impl Search,
        wanted: Wanted<&[u8]>,
        is_terminal: bool,
    ) -> Result<Option<MatchedPrereq>> {
        let (name, flags, has_percent) = (wanted.name, wanted.flags, wanted.has_percent);
        let kind: &[u8] = [&b"rule"[..], b"implicit"][usize::from(has_percent)];
        let (graph, names, _) = world.stores();
        if graph.memory.is_impossible(name) {
            self.is_impossible = true;
            let why: &[u8] = match has_percent {
                true => b"' due to impossible implicit prerequisite '",
                false => b"' due to impossible rule prerequisite '",
            };
            self.tell_rule(world, &[b"Rejecting rule '"], &[why, name, b"'."]);
            return Ok(None);
        }
        let known = names.get(name).and_then(|id| graph.targets.lookup(id));
        let known_flags = known.map_or(Flags::default(), |known| graph.targets.flags[known]);
        let is_explicit = known_flags.has(Flags::EXPLICIT) || !has_percent;
        let is_own = known.is_some_and(|known| self.is_own(graph, known));
        let had = |searched| MatchedPrereq {
            name: name.to_vec(),
            flags,
            made_by: None,
            is_explicit,
            is_known: known.is_some(),
            searched,
        };
        self.say(world, &[b"Trying ", kind, b" prerequisite '", name, b"'."]);
        if is_own || known_flags.has(Flags::IS_TARGET) {
            self.say(world, &[b"'", name, b"' ought to exist."]);
            return Ok(Some(had(is_terminal && !is_own)));
        }
        if self.exists(world, name) {
            return Ok(Some(had(is_terminal)));
        }
        if known.is_some() && self.takes_mentioned(world, name) {
            return Ok(Some(had(is_terminal)));
        }
        if !self.may_chain {
            self.say(world, &[b"Not found '", name, b"'."]);
            return Ok(None);
        }
        let Some(made_by) = self.chain(world, name, known, is_explicit)? else {
            self.is_impossible = true;
            let why: [&[u8]; 3] = [b"' due to impossible prerequisite '", name, b"'."];
            self.tell_rule(world, &[b"Rejecting rule '"], &why);
            return Ok(None);
        };
        Ok(Some(MatchedPrereq {
            made_by: Some(Box::new(made_by)),
            ..had(false)
        }))
    }

    fn tell_found(&self, world: &mut impl Search) {
        if self.subject.is_told {
            let rule = rule_text(world, self.rule);
            let name = self.subject.name;
            let text: [&[u8]; 5] = [b"Found implicit rule '", &rule, b"' for '", name, b"'."];
            say(world, self.subject, 0, &text);
        }
    }

    /// Returns whether it is enough that a makefile mentions the prerequisite.
    fn takes_mentioned(&mut self, world: &mut impl Search, name: &[u8]) -> bool {
        if self.mentioned_suffices {
            let why: [&[u8]; 3] = [b"' due to '", name, b"'."];
            self.tell_rule(world, &[b"Using compatibility rule '"], &why);
            return true;
        }
        *self.saw_mentioned = true;
        let what: [&[u8]; 3] = [b"Prerequisite '", name, b"' of rule '"];
        self.tell_rule(world, &what, &[b"' does not qualify as ought to exist."]);
        false
    }

    fn say(&self, world: &mut impl Search, parts: &[&[u8]]) {
        say(world, self.subject, 1, parts);
    }

    /// Prints a line of `-d` in which the rule stands between two groups of words.
    fn tell_rule(&self, world: &mut impl Search, before: &[&[u8]], after: &[&[u8]]) {
        if self.subject.is_told {
            let rule = rule_text(world, self.rule);
            self.say(world, &[&before.concat(), &rule, &after.concat()]);
        }
    }

    /// Returns whether `wanted` is an explicit prerequisite of the target itself.
    fn is_own(&self, graph: &Graph, wanted: TargetId) -> bool {
        let own = self
            .subject
            .target
            .map_or(&[][..], |target| graph.targets.prereqs(target));
        own.iter()
            .any(|prereq| !prereq.flags.has(PrereqFlags::PENDING) && prereq.target == wanted)
    }

    /// Returns whether a file is there, or along VPATH.
    fn exists(&self, world: &mut impl Search, name: &[u8]) -> bool {
        let (graph, names, view) = world.stores();
        if exists(view, name) {
            self.say(world, &[b"Found '", name, b"'."]);
            return true;
        }
        let mut places = vpath::Places {
            targets: &graph.targets,
            names,
            view,
        };
        let found = graph.vpath.search(name, &mut places);
        if let Some(found) = &found {
            self.say(
                world,
                &[
                    b"Found prerequisite '",
                    name,
                    b"' as VPATH '",
                    &found.name,
                    b"'.",
                ],
            );
        }
        found.is_some()
    }

    /// Looks for a rule that makes `name` as an intermediate file; remembers a name that has none.
    fn chain(
        &mut self,
        world: &mut impl Search,
        name: &[u8],
        known: Option<TargetId>,
        is_explicit: bool,
    ) -> Result<Option<Match>> {
        let kind: &[u8] = if is_explicit {
            b"explicit"
        } else {
            b"intermediate"
        };
        self.say(
            world,
            &[b"Looking for a rule with ", kind, b" file '", name, b"'."],
        );
        let subject = Subject {
            name,
            is_member: false,
            target: None,
            depth: self.subject.depth + 1,
            chain: self.subject.chain + 1,
            is_told: self.subject.is_told,
        };
        let found = match self.mentioned_suffices {
            true => attempt(world, subject, true, self.saw_mentioned)?,
            false => best_match(world, subject)?,
        };
        match &found {
            // Those made together with it are targets from now on, whatever becomes of the rule that wants it.
            Some(found) => drop(enter_peers(world, found)),
            None => {
                self.say(world, &[b"No implicit rule found for '", name, b"'."]);
                if known.is_none() {
                    world.stores().0.memory.impossible.insert(Box::from(name));
                }
            }
        }
        Ok(found)
    }
}

/// Returns whether a file is there, as the directory listings say.
fn exists(view: &mut View, name: &[u8]) -> bool {
    match archive_member(name) {
        Some(open) => view
            .archive_member(&name[..open], &name[open + 1..name.len() - 1])
            .is_ok_and(crate::files::Mtime::exists),
        None => view.exists_cached(name),
    }
}

/// Gives `target` the rule: prerequisites in front of its own, recipe, stem, other targets.
fn install(world: &mut impl Search, target: TargetId, mut found: Match) {
    let prereqs = std::mem::take(&mut found.prereqs);
    let list = enter(world, prereqs);
    give(world, target, &found, list);
}

/// Enters the prerequisites into the graph, intermediate files with their own rules. GNU make does so
/// from the last to the first and from the end of a chain, which shows in the order of `rm`.
fn enter(world: &mut impl Search, prereqs: Vec<MatchedPrereq>) -> Vec<Prereq> {
    let none_is_intermediate = world.none_is_intermediate();
    let mut list = Vec::with_capacity(prereqs.len());
    for prereq in prereqs.into_iter().rev() {
        let made_by = prereq.made_by.map(|mut made_by| {
            let own = enter(world, std::mem::take(&mut made_by.prereqs));
            (made_by, own)
        });
        let (graph, names, _) = world.stores();
        let id = names.intern(&prereq.name);
        let entered = graph.targets.enter(id);
        list.push(Prereq {
            target: entered,
            flags: prereq.flags,
        });
        let pattern = made_by
            .as_ref()
            .map(|(made_by, _)| graph.rules[made_by.rule].targets[made_by.target].name);
        let marks = pattern.and_then(|pattern| graph.targets.lookup(pattern));
        let marks = marks.map_or(Flags::default(), |marked| graph.targets.flags[marked]);
        let flags = &mut graph.targets.flags[entered];
        if prereq.searched {
            flags.add(Flags::TRIED_IMPLICIT);
        }
        if made_by.is_none() && !prereq.is_known {
            continue;
        }
        if marks.has(Flags::PRECIOUS) {
            flags.add(Flags::PRECIOUS);
        }
        if marks.has(Flags::NOT_INTERMEDIATE) || none_is_intermediate {
            flags.add(Flags::NOT_INTERMEDIATE);
        }
        if prereq.is_explicit {
            flags.add(Flags::EXPLICIT);
        }
        if !flags.has(Flags::EXPLICIT) && !flags.has(Flags::NOT_INTERMEDIATE) {
            flags.add(Flags::INTERMEDIATE);
        }
        if let Some((made_by, own)) = made_by {
            flags.add(Flags::TRIED_IMPLICIT);
            give(world, entered, &made_by, own);
        }
    }
    list.reverse();
    list
}

/// Writes a rule that was found into its target.
fn give(world: &mut impl Search, target: TargetId, found: &Match, mut list: Vec<Prereq>) {
    let (graph, names, _) = world.stores();
    list.extend_from_slice(&graph.extra_prereqs);
    list.extend_from_slice(graph.targets.prereqs(target));
    graph.targets.set_prereqs(target, &list);
    graph.targets.stem[target] = Some(names.intern(&found.stem));
    graph.targets.recipe[target] = graph.rules[found.rule].recipe;
    graph.targets.flags[target].add(Flags::IS_TARGET | Flags::IMPLICIT_RECIPE);
    if is_precious(graph, graph.rules[found.rule].targets[found.target].name) {
        graph.targets.flags[target].add(Flags::PRECIOUS);
    }
    let peers = enter_peers(world, found);
    if !peers.is_empty() {
        let (graph, _, _) = world.stores();
        graph.targets.rare_mut(target).also_make = peers.into_iter().rev().collect();
    }
}

/// Enters the other targets of a rule that was found, in their order.
fn enter_peers(world: &mut impl Search, found: &Match) -> Vec<TargetId> {
    let (graph, names, _) = world.stores();
    let patterns = graph.rules[found.rule].targets.clone();
    let bare_stem = &found.stem[found.directory.len()..];
    let mut peers = Vec::new();
    for (place, pattern) in patterns.iter().enumerate() {
        if place == found.target {
            continue;
        }
        let text = names.bytes(pattern.name);
        let (before, after) = text.split_at(pattern.percent as usize);
        // The directory set aside for matching goes in front of patterns without one.
        let (front, middle): (&[u8], &[u8]) = match text.contains(&b'/') {
            true => (&[], &found.stem),
            false => (&found.directory, bare_stem),
        };
        let name = [front, before, middle, &after[1..]].concat();
        let id = names.intern(&name);
        let peer = graph.targets.enter(id);
        graph.targets.flags[peer].add(Flags::IS_TARGET);
        if is_precious(graph, pattern.name) {
            graph.targets.flags[peer].add(Flags::PRECIOUS);
        }
        peers.push(peer);
    }
    peers
}

/// Returns whether a target pattern is a prerequisite of `.PRECIOUS`.
fn is_precious(graph: &Graph, pattern: NameId) -> bool {
    let marked = graph.targets.lookup(pattern);
    marked.is_some_and(|marked| graph.targets.flags[marked].has(Flags::PRECIOUS))
}
