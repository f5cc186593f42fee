//! Stores rules: explicit, static pattern, double-colon, grouped and pattern rules.
//! It does not know how rule lines are written.

use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::eval::make::Make;
use crate::graph::rule::PatternRule;
use crate::graph::rule::Recipe;
use crate::graph::rule::TargetPattern;
use crate::graph::target::Flags;
use crate::graph::target::Pending;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::id::NameId;
use crate::id::RecipeId;
use crate::id::TargetId;
use crate::loc::Loc;
use crate::parser::rule_line::FileWords;
use crate::parser::rule_line::find_percent;
use crate::parser::rule_line::strip_each_dot_slash;
use crate::parser::rule_line::unquote;
use memchr::memchr;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::sync::Arc;

/// The middle part of a static pattern rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticPattern {
    /// The pattern, unquoted.
    pub text: Vec<u8>,
    /// Where its `%` stands.
    pub percent: usize,
}

/// A rule whose recipe is being collected.
#[derive(Clone, Debug)]
pub struct OpenRule {
    /// Its targets as written, globs and archive members done; `%` not yet looked at.
    pub targets: SmallVec<[NameId; 4]>,
    /// One of them may have a `%`.
    pub has_patterns: bool,
    /// `::`
    pub is_double: bool,
    /// `&:`
    pub is_grouped: bool,
    /// `targets: PATTERN: prerequisites`.
    pub pattern: Option<StaticPattern>,
    /// Prerequisites, expanded once.
    pub prereqs: Vec<u8>,
    /// Prerequisites whose names stand for nothing else, instead of `prereqs`.
    pub names: Vec<NameId>,
    /// Recipe lines without prefix, each with its newline.
    pub recipe: Vec<u8>,
    /// Where the recipe begins; None when there is none.
    pub recipe_line: Option<u32>,
    /// The recipe prefix in force.
    pub prefix: u8,
    /// Where the rule stands; None for `--eval`.
    pub loc: Option<Loc>,
}

impl OpenRule {
    /// Appends a line to the recipe.
    pub fn add_recipe_line(&mut self, text: &[u8], number: u32) {
        self.recipe_line.get_or_insert(number);
        self.recipe.extend_from_slice(text);
        self.recipe.push(b'\n');
    }
}

/// A rule's prerequisites on their way to its targets.
enum Prerequisites {
    None,
    /// The same for every target.
    Ready(Vec<Prereq>),
    /// To be made for each target: a text with `%`.
    PerStem(Vec<u8>),
    /// To be expanded when the target is considered.
    Later(Vec<u8>),
}

impl Make {
    /// Stores a complete rule.
    ///
    /// # Errors
    /// When its parts contradict each other or earlier rules.
    pub fn record(&mut self, mut rule: OpenRule) -> Result<()> {
        if self.reader.is_finished {
            return Err(self.fatal(MakeError::PrerequisitesInRecipe));
        }
        unquote(&mut rule.prereqs, b':');
        if rule.is_grouped && rule.recipe_line.is_none() {
            return Err(self.fatal(MakeError::GroupedWithoutRecipe));
        }
        let is_pattern = rule.has_patterns && {
            let mut first = self.names.bytes(rule.targets[0]).to_vec();
            memchr(b'%', &first).is_some() && find_percent(&mut first).is_some()
        };
        let recipe = self.recipe_of(&mut rule);
        if is_pattern {
            if rule.pattern.is_some() {
                return Err(self.fatal(MakeError::MixedImplicitAndStatic));
            }
            return self.record_pattern_rule(&rule, recipe);
        }
        self.record_targets(&rule, recipe)?;
        self.reader.spare_names = rule.names;
        Ok(())
    }

    fn recipe_of(&mut self, rule: &mut OpenRule) -> Option<RecipeId> {
        let line = rule.recipe_line?;
        let loc = match rule.loc {
            Some(loc) => Loc { line, ..loc },
            None => Loc {
                file: self.names.intern(b""),
                line: 0,
            },
        };
        let mut text = std::mem::take(&mut rule.recipe);
        text.pop();
        let id = self.graph.recipes.push(Recipe {
            loc,
            text: Arc::from(&*text),
            prefix: rule.prefix,
            lines: None,
        });
        text.clear();
        self.reader.spare_text = text;
        Some(id)
    }

    fn record_pattern_rule(&mut self, rule: &OpenRule, recipe: Option<RecipeId>) -> Result<()> {
        let mut targets = Vec::with_capacity(rule.targets.len());
        for name in &rule.targets {
            let mut text = self.names.bytes(*name).to_vec();
            let Some(percent) = find_percent(&mut text) else {
                return Err(self.fatal(MakeError::MixedImplicitAndNormal));
            };
            targets.push(TargetPattern {
                name: self.names.intern(&text),
                percent: u32::try_from(percent).unwrap_or(u32::MAX),
            });
        }
        let second_expansion =
            self.special.second_expansion && memchr(b'$', &rule.prereqs).is_some();
        let prereqs = match second_expansion {
            true => Box::from(&*rule.prereqs),
            false => {
                let mut words = FileWords::with_bar(&rule.prereqs);
                while let Some(word) = words.next_raw() {
                    self.refuse_nested_member(word)?;
                }
                strip_each_dot_slash(&rule.prereqs)
            }
        };
        self.graph.define_pattern_rule(
            &mut self.names,
            PatternRule {
                targets,
                prereqs,
                second_expansion,
                recipe,
                terminal: rule.is_double,
                loc: rule.loc,
            },
        );
        Ok(())
    }

    fn record_targets(&mut self, rule: &OpenRule, recipe: Option<RecipeId>) -> Result<()> {
        let prerequisites = self.prerequisites_of(rule)?;
        let is_bare = matches!(prerequisites, Prerequisites::None)
            && rule.pattern.is_none()
            && !(rule.is_double || rule.is_grouped || rule.has_patterns);
        if is_bare && recipe.is_none() {
            return self.record_bare(rule);
        }
        let mut entered: SmallVec<[TargetId; 4]> = SmallVec::new();
        for (index, name) in rule.targets.iter().enumerate() {
            let name = match rule.has_patterns {
                false => *name,
                true => self.without_quoted_percent(rule, *name, index > 0),
            };
            let stem = match &rule.pattern {
                None => None,
                Some(pattern) => match self.static_stem(name, pattern) {
                    Some(stem) => Some(stem),
                    None => {
                        let text = self.names.show(name).to_owned();
                        self.notice(rule.loc, &Notice::TargetOutsidePattern(text));
                        None
                    }
                },
            };
            let is_outside = rule.pattern.is_some() && stem.is_none();
            // `$*` of a target outside of the pattern is all of its name.
            let shown = if is_outside { Some(name) } else { stem };
            let list = match &prerequisites {
                _ if is_outside => Cow::Borrowed(&[][..]),
                Prerequisites::None => Cow::Borrowed(&[][..]),
                Prerequisites::Ready(list) => Cow::Borrowed(&**list),
                Prerequisites::PerStem(text) => Cow::Owned(self.parse_prerequisites(text, stem)?),
                Prerequisites::Later(text) => Cow::Owned(vec![self.pending(text, stem, rule.loc)]),
            };
            let target = match rule.is_double {
                true => self.double_colon_target(name, recipe)?,
                false => self.single_colon_target(name, recipe, list.is_empty())?,
            };
            let targets = &mut self.graph.targets;
            targets.flags[target].add(Flags::IS_TARGET | Flags::EXPLICIT);
            if shown.is_some() {
                targets.stem[target] = shown;
            }
            self.add_prerequisites(target, &list, recipe.is_some());
            self.check_wait_rule(rule, name, !list.is_empty(), recipe.is_some());
            entered.push(target);
        }
        if rule.is_grouped {
            self.group(&entered);
        }
        Ok(())
    }

    /// Returns the name of a target with each `\\%` turned into `%`.
    fn without_quoted_percent(
        &mut self,
        rule: &OpenRule,
        name: NameId,
        is_further: bool,
    ) -> NameId {
        if memchr(b'%', self.names.bytes(name)).is_none() {
            return name;
        }
        let mut text = self.names.bytes(name).to_vec();
        if find_percent(&mut text).is_some() && is_further {
            self.notice(rule.loc, &Notice::DeprecatedMixedRules);
        }
        self.names.intern(&text)
    }

    /// Stores a rule that says nothing but that its targets may be made.
    fn record_bare(&mut self, rule: &OpenRule) -> Result<()> {
        for name in &rule.targets {
            let targets = &mut self.graph.targets;
            let mut target = targets.enter(*name);
            let is_dotted = self.names.bytes(*name).first() == Some(&b'.');
            if is_dotted || targets.flags[target].has(Flags::DOUBLE_COLON) {
                target = self.single_colon_target(*name, None, true)?;
            }
            self.graph.targets.flags[target].add(Flags::IS_TARGET | Flags::EXPLICIT);
        }
        Ok(())
    }

    fn prerequisites_of(&mut self, rule: &OpenRule) -> Result<Prerequisites> {
        Ok(if !rule.names.is_empty() {
            let flags = PrereqFlags(PrereqFlags::EXPLICIT);
            let targets = &mut self.graph.targets;
            let enter = |name: &NameId| {
                let target = targets.enter(*name);
                targets.flags[target].add(Flags::EXPLICIT);
                Prereq { target, flags }
            };
            Prerequisites::Ready(rule.names.iter().map(enter).collect())
        } else if rule.prereqs.is_empty() {
            Prerequisites::None
        } else if self.special.second_expansion && memchr(b'$', &rule.prereqs).is_some() {
            Prerequisites::Later(rule.prereqs.clone())
        } else if rule.pattern.is_some() {
            Prerequisites::PerStem(rule.prereqs.clone())
        } else {
            Prerequisites::Ready(self.parse_prerequisites(&rule.prereqs, None)?)
        })
    }

    fn pending(&mut self, text: &[u8], stem: Option<NameId>, loc: Option<Loc>) -> Prereq {
        let index = self.graph.pending.len();
        self.graph.pending.push(Pending {
            text: Box::from(text),
            stem,
            loc,
        });
        Prereq {
            target: TargetId(u32::try_from(index).unwrap_or(u32::MAX)),
            flags: PrereqFlags(PrereqFlags::PENDING | PrereqFlags::EXPLICIT),
        }
    }

    /// Returns what the `%` of the pattern stands for in a target's name.
    fn static_stem(&mut self, name: NameId, pattern: &StaticPattern) -> Option<NameId> {
        let text = self.names.bytes(name);
        let (prefix, suffix) = pattern.text.split_at(pattern.percent);
        let stem = text.strip_prefix(prefix)?.strip_suffix(&suffix[1..])?;
        let stem = stem.to_vec();
        Some(self.names.intern(&stem))
    }

    fn single_colon_target(
        &mut self,
        name: NameId,
        recipe: Option<RecipeId>,
        has_no_prerequisites: bool,
    ) -> Result<TargetId> {
        let target = self.graph.targets.enter(name);
        if self.graph.targets.flags[target].has(Flags::DOUBLE_COLON) {
            let text = self.names.show(name).to_owned();
            return Err(self.fatal(MakeError::BothColons(text)));
        }
        let old = self.graph.targets.recipe[target];
        match (recipe, old) {
            (Some(new), Some(old)) if new == old => {
                let text = self.names.show(name).to_owned();
                let loc = self.reading;
                self.notice(loc, &Notice::GivenTwice(text));
            }
            (Some(new), Some(old)) if self.graph.targets.flags[target].has(Flags::IS_TARGET) => {
                let text = self.names.show(name).to_owned();
                let (new, old) = (self.graph.recipes[new].loc, self.graph.recipes[old].loc);
                self.notice(Some(new), &Notice::OverridingRecipe(text.clone()));
                self.notice(Some(old), &Notice::IgnoringOldRecipe(text));
            }
            (None, _) if has_no_prerequisites => match self.names.bytes(name) {
                b".DEFAULT" => self.graph.targets.recipe[target] = None,
                b".SUFFIXES" => self.graph.targets.set_prereqs(target, &[]),
                _ => {}
            },
            _ => {}
        }
        if recipe.is_some() {
            self.graph.targets.recipe[target] = recipe;
        }
        if self.names.bytes(name).first() == Some(&b'.') {
            self.reader.dotted.push(target);
        }
        Ok(target)
    }

    fn double_colon_target(&mut self, name: NameId, recipe: Option<RecipeId>) -> Result<TargetId> {
        let first = self.graph.targets.enter(name);
        let flags = self.graph.targets.flags[first];
        if flags.has(Flags::IS_TARGET) && !flags.has(Flags::DOUBLE_COLON) {
            let text = self.names.show(name).to_owned();
            return Err(self.fatal(MakeError::BothColons(text)));
        }
        let target = match flags.has(Flags::DOUBLE_COLON) {
            false => first,
            true => {
                let last = self.reader.last_double_colon.get(&first).copied();
                let target = self
                    .graph
                    .targets
                    .add_entry_behind(first, last.unwrap_or(first));
                self.reader.last_double_colon.insert(first, target);
                target
            }
        };
        self.graph.targets.flags[target].add(Flags::DOUBLE_COLON);
        self.graph.targets.recipe[target] = recipe;
        Ok(target)
    }

    /// Adds prerequisites behind those of earlier rules, or in front when this rule has the recipe.
    fn add_prerequisites(&mut self, target: TargetId, list: &[Prereq], has_recipe: bool) {
        if list.is_empty() {
            return;
        }
        let targets = &mut self.graph.targets;
        if targets.prereqs(target).is_empty() {
            targets.set_prereqs(target, list);
        } else if has_recipe {
            let all = [list, targets.prereqs(target)].concat();
            targets.set_prereqs(target, &all);
        } else {
            for prereq in list {
                targets.push_prereq(target, *prereq);
            }
        }
    }

    /// Ties the targets of a `&:` rule together; each counts as made along with itself, the last one first.
    fn group(&mut self, entered: &[TargetId]) {
        let members: Vec<TargetId> = entered.iter().rev().copied().collect();
        for target in &members {
            let also_make = &mut self.graph.targets.rare_mut(*target).also_make;
            if !std::mem::replace(also_make, members.clone()).is_empty() {
                let name = self.names.show(self.graph.targets.name[*target]).to_owned();
                self.notice(self.reading, &Notice::OverridingGroup(name));
            }
        }
    }

    /// `.WAIT` is no target for rules to speak of.
    fn check_wait_rule(
        &mut self,
        rule: &OpenRule,
        name: NameId,
        has_prerequisites: bool,
        has_recipe: bool,
    ) {
        if self.names.bytes(name) != b".WAIT" {
            return;
        }
        if has_prerequisites && !self.reader.wait_prerequisites_told {
            self.reader.wait_prerequisites_told = true;
            self.notice(rule.loc, &Notice::WaitHasPrerequisites);
        }
        if has_recipe && !self.reader.wait_commands_told {
            self.reader.wait_commands_told = true;
            self.notice(rule.loc, &Notice::WaitHasCommands);
        }
    }
}
