//! Pattern rules and recipes, as the makefile states them.
//! It does not know which rule a target will get.

use crate::graph::Graph;
use crate::id::NameId;
use crate::id::RuleId;
use crate::loc::Loc;
use crate::name::Names;
use crate::parser::line::is_space;
use crate::parser::template::Template;
use std::sync::Arc;

/// The recipe of a rule: its text as written and the lines it is cut into.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Where its first line stands; a file with an empty name for built-in rules.
    pub loc: Loc,
    /// All lines as written, each without its recipe prefix, separated by newlines; a
    /// backslash-newline inside a line is kept (with the next line's prefix, which is removed when the line is cut).
    pub text: Arc<[u8]>,
    /// The recipe prefix in force (`.RECIPEPREFIX`), a TAB unless changed.
    pub prefix: u8,
    /// The lines, cut at first use (`exec::recipe`).
    pub lines: Option<Arc<[RecipeLine]>>,
}

/// One logical line of a recipe, before expansion.
#[derive(Clone, Debug)]
pub struct RecipeLine {
    /// Its text, recipe prefix characters (`@-+`) included.
    pub text: Box<[u8]>,
    /// The text compiled, once the recipe was used.
    pub template: Option<Arc<Template>>,
    /// How many logical lines stand before it.
    pub offset: u32,
    /// Begins with `@` (blanks and other prefixes aside).
    pub silent: bool,
    /// Begins with `-`.
    pub ignore_errors: bool,
    /// Begins with `+`, or its unexpanded text holds `$(MAKE)` or `${MAKE}`.
    pub recursive: bool,
}

/// One pattern rule, explicit, converted from a suffix rule, or built in.
#[derive(Clone, Debug)]
pub struct PatternRule {
    /// Target patterns, each with one `%`.
    pub targets: Vec<TargetPattern>,
    /// Prerequisites as written, after the first expansion: names with `%`, `|` and `.WAIT` included.
    /// Under `.SECONDEXPANSION` they may still hold `$`.
    pub prereqs: Box<[u8]>,
    /// Whether `prereqs` is to be expanded a second time.
    pub second_expansion: bool,
    /// Its recipe; None only while being defined (a rule without recipe cancels an equal one).
    pub recipe: Option<crate::id::RecipeId>,
    /// `%::`: its prerequisites must exist, no chaining through it.
    pub terminal: bool,
    /// Where it was defined, None for built-in rules.
    pub loc: Option<Loc>,
}

/// A target pattern of a rule, its `%` located.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetPattern {
    /// The pattern's text.
    pub name: NameId,
    /// Byte offset of its `%` (after quoting was removed).
    pub percent: u32,
}

/// What to do with a pattern rule that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equal {
    /// The new one takes its place, at the end.
    Replace,
    /// The old one stays.
    Keep,
}

impl Graph {
    /// Adds a pattern rule of a makefile; an equal one (same single target and prerequisites) is replaced.
    pub fn define_pattern_rule(&mut self, names: &mut Names, rule: PatternRule) {
        self.add_pattern_rule(names, rule, Equal::Replace);
    }

    /// Adds a pattern rule behind all others. Of two equal ones (same single target, same
    /// prerequisites) `equal` says which stays.
    pub fn add_pattern_rule(&mut self, names: &mut Names, rule: PatternRule, equal: Equal) {
        let words = words_of(names, &rule.prereqs);
        let olds = rule
            .targets
            .iter()
            .filter_map(|target| self.single_rules.get(&(target.name, words)));
        if let Some(old) = olds.min().copied() {
            match equal {
                Equal::Keep => return,
                Equal::Replace => self.rule_order.retain(|id| *id != old),
            }
            self.single_rules.retain(|_, id| *id != old);
        }
        let single = match rule.targets[..] {
            [target] => Some(target.name),
            _ => None,
        };
        let id = self.rules.push(rule);
        self.rule_order.push(id);
        if let Some(target) = single {
            self.single_rules.insert((target, words), id);
        }
    }

    /// Returns the pattern rules in force.
    pub fn rules_in_order(&self) -> impl Iterator<Item = (RuleId, &PatternRule)> {
        self.rule_order.iter().map(|id| (*id, &self.rules[*id]))
    }
}

/// Returns the name of `text` with its words parted by one blank.
fn words_of(names: &mut Names, text: &[u8]) -> NameId {
    let mut plain = Vec::with_capacity(text.len());
    // Order-only or not makes no difference to whether rules are equal.
    for word in text
        .split(|c| is_space(*c))
        .filter(|word| !word.is_empty() && *word != b"|")
    {
        if !plain.is_empty() {
            plain.push(b' ');
        }
        plain.extend_from_slice(word);
    }
    names.intern(&plain)
}
