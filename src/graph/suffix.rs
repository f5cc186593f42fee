//! Suffix rules turned into pattern rules, the built-in catalogue behind them.
//! It does not know makefiles: the list of suffixes is what `.SUFFIXES` came to be.

use crate::graph::Graph;
use crate::graph::builtin::Builtin;
use crate::graph::builtin::PATTERN_RULES;
use crate::graph::builtin::SUFFIX_RULES;
use crate::graph::rule::Equal;
use crate::graph::rule::PatternRule;
use crate::graph::rule::Recipe;
use crate::graph::rule::TargetPattern;
use crate::graph::target::Flags;
use crate::id::NameId;
use crate::id::RecipeId;
use crate::id::TargetId;
use crate::loc::Loc;
use crate::name::Names;
use rustc_hash::FxBuildHasher;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Whether the built-in rules are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catalogue {
    /// They are.
    Wanted,
    /// `-r`.
    Unwanted,
}

/// What a suffix rule does: the recipe of a makefile's, or the built-in one.
#[derive(Clone, Copy)]
enum Source {
    Own(TargetId, RecipeId),
    Builtin(&'static Builtin),
}

/// A suffix rule, by the places of its suffixes in the list; the second one is None for `.c:`.
type Pairs = FxHashMap<(usize, Option<usize>), Source>;

impl Graph {
    /// Turns all suffix rules into pattern rules and adds the built-in catalogue. `suffixes` is the
    /// list in force, `dotted` the targets of rules that begin with a dot. Returns the suffix
    /// rules that have prerequisites, which are ignored (under `posix` they are no suffix rules).
    pub fn convert_suffix_rules(
        &mut self,
        names: &mut Names,
        suffixes: &[NameId],
        dotted: &[TargetId],
        catalogue: Catalogue,
        posix: bool,
    ) -> Vec<RecipeId> {
        let mut ignored = Vec::new();
        let pairs = self.suffix_pairs(names, suffixes, dotted, catalogue);
        // A suffix that the list holds again stands for its first place: its rules are met, and told of, again.
        let mut places: FxHashMap<NameId, usize> = FxHashMap::default();
        let first = |(place, suffix): (usize, &NameId)| *places.entry(*suffix).or_insert(place);
        let first: Vec<usize> = suffixes.iter().enumerate().map(first).collect();
        let mut begin_a_pair = vec![false; suffixes.len()];
        for (from, to) in pairs.keys() {
            begin_a_pair[*from] |= to.is_some();
        }
        for (place, suffix) in first.iter().zip(suffixes) {
            self.suffix_pattern(names, Some(*suffix), None, None);
            if let Some(source) = pairs.get(&(*place, None)) {
                let recipe = self.recipe_of(names, *source);
                self.suffix_pattern(names, None, Some(*suffix), Some(recipe));
            }
            let all = first.iter().zip(suffixes);
            for (second, to) in all.filter(|_| begin_a_pair[*place]) {
                let Some(source) = pairs.get(&(*place, Some(*second))) else {
                    continue;
                };
                let has_prereqs = self.rule_has_prereqs(names, *source);
                if has_prereqs && posix {
                    continue;
                }
                let recipe = self.recipe_of(names, *source);
                if has_prereqs {
                    ignored.push(recipe);
                }
                if names.bytes(*to) == b".a" {
                    self.archive_pattern(names, *suffix, recipe);
                }
                self.suffix_pattern(names, Some(*to), Some(*suffix), Some(recipe));
            }
        }
        if catalogue == Catalogue::Wanted {
            for rule in PATTERN_RULES {
                self.builtin_pattern(names, rule);
            }
        }
        ignored
    }

    /// Makes targets of the built-in suffix rules, with their recipes: for the data base, where other programs look
    /// for them. A makefile's own are kept.
    pub fn enter_builtin_suffix_rules(&mut self, names: &mut Names) {
        for rule in SUFFIX_RULES {
            let name = names.intern(rule.target.as_bytes());
            let target = self.targets.enter(name);
            let flags = self.targets.flags[target];
            if flags.has(Flags::IS_TARGET) || self.targets.recipe[target].is_some() {
                continue;
            }
            let recipe = self.builtin_recipe(names, rule);
            self.targets.recipe[target] = Some(recipe);
            self.targets.flags[target].add(Flags::BUILTIN);
        }
    }

    fn suffix_pairs(
        &self,
        names: &Names,
        suffixes: &[NameId],
        dotted: &[TargetId],
        catalogue: Catalogue,
    ) -> Pairs {
        let mut places: FxHashMap<&[u8], usize> = FxHashMap::default();
        for (place, suffix) in suffixes.iter().enumerate() {
            places.entry(names.bytes(*suffix)).or_insert(place);
        }
        let mut pairs = Pairs::with_capacity_and_hasher(SUFFIX_RULES.len(), FxBuildHasher);
        // A rule's name can only be two suffixes where one begins.
        let mut begins = [false; 256];
        for suffix in places.keys() {
            if let Some(byte) = suffix.first() {
                begins[usize::from(*byte)] = true;
            }
        }
        let mut add = |name: &[u8], source: Source| {
            if let Some(place) = places.get(name) {
                pairs.insert((*place, None), source);
            }
            let is_place = |split: &usize| begins[usize::from(name[*split])];
            for split in (1..name.len()).filter(is_place) {
                let (from, to) = name.split_at(split);
                if let (Some(from), Some(to)) = (places.get(from), places.get(to))
                    && from != to
                {
                    pairs.insert((*from, Some(*to)), source);
                }
            }
        };
        if catalogue == Catalogue::Wanted {
            for rule in SUFFIX_RULES {
                add(rule.target.as_bytes(), Source::Builtin(rule));
            }
        }
        for target in dotted {
            if let Some(recipe) = self.targets.recipe[*target] {
                let name = names.bytes(self.targets.name[*target]);
                add(name, Source::Own(*target, recipe));
            }
        }
        pairs
    }

    fn recipe_of(&mut self, names: &mut Names, source: Source) -> RecipeId {
        match source {
            Source::Own(_, recipe) => recipe,
            Source::Builtin(rule) => self.builtin_recipe(names, rule),
        }
    }

    fn rule_has_prereqs(&self, names: &Names, source: Source) -> bool {
        let target = match source {
            Source::Own(target, _) => Some(target),
            Source::Builtin(rule) => {
                let name = names.get(rule.target.as_bytes());
                name.and_then(|name| self.targets.lookup(name))
            }
        };
        target.is_some_and(|target| !self.targets.prereqs(target).is_empty())
    }

    fn builtin_recipe(&mut self, names: &mut Names, rule: &Builtin) -> RecipeId {
        self.recipes.push(Recipe {
            loc: Loc {
                file: names.intern(b""),
                line: 0,
            },
            text: Arc::from(rule.recipe.as_bytes()),
            prefix: b'\t',
            lines: None,
        })
    }

    /// Adds `%to: %from`; without `to` the target is `%`.
    fn suffix_pattern(
        &mut self,
        names: &mut Names,
        to: Option<NameId>,
        from: Option<NameId>,
        recipe: Option<RecipeId>,
    ) {
        let with_percent = |suffix: Option<NameId>| match suffix {
            Some(suffix) => [b"%", names.bytes(suffix)].concat(),
            None => b"%".to_vec(),
        };
        let target = with_percent(to);
        let prereqs = from.map_or(Vec::new(), |from| with_percent(Some(from)));
        let target = TargetPattern {
            name: names.intern(&target),
            percent: 0,
        };
        self.converted_rule(names, target, prereqs, recipe);
    }

    /// `.X.a` also makes `(%.o): %.X`.
    fn archive_pattern(&mut self, names: &mut Names, from: NameId, recipe: RecipeId) {
        let prereqs = [b"%", names.bytes(from)].concat();
        let target = TargetPattern {
            name: names.intern(b"(%.o)"),
            percent: 1,
        };
        self.converted_rule(names, target, prereqs, Some(recipe));
    }

    fn converted_rule(
        &mut self,
        names: &mut Names,
        target: TargetPattern,
        prereqs: Vec<u8>,
        recipe: Option<RecipeId>,
    ) {
        let rule = PatternRule {
            targets: vec![target],
            prereqs: prereqs.into_boxed_slice(),
            second_expansion: false,
            recipe,
            terminal: false,
            loc: None,
        };
        self.add_pattern_rule(names, rule, Equal::Keep);
    }

    fn builtin_pattern(&mut self, names: &mut Names, rule: &Builtin) {
        let percent = memchr::memchr(b'%', rule.target.as_bytes()).unwrap_or(0);
        let target = TargetPattern {
            name: names.intern(rule.target.as_bytes()),
            percent: u32::try_from(percent).unwrap_or(0),
        };
        let recipe = self.builtin_recipe(names, rule);
        let rule = PatternRule {
            targets: vec![target],
            prereqs: Box::from(rule.prereqs.as_bytes()),
            second_expansion: false,
            recipe: Some(recipe),
            terminal: rule.terminal,
            loc: None,
        };
        self.add_pattern_rule(names, rule, Equal::Keep);
    }
}
