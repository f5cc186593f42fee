//! The graph: targets, their prerequisites and the rules that may make them; it grows during the walk.
//! It does not know processes, expansion of variables, or hosts.

pub mod builtin;
pub mod dag;
pub mod implicit;
pub mod rule;
pub mod suffix;
pub mod target;
pub mod vpath;

use crate::graph::implicit::Memory;
use crate::graph::rule::PatternRule;
use crate::graph::rule::Recipe;
use crate::graph::target::Pending;
use crate::graph::target::Prereq;
use crate::graph::target::Targets;
use crate::graph::vpath::Vpath;
use crate::id::DenseMap;
use crate::id::NameId;
use crate::id::RecipeId;
use crate::id::RuleId;
use rustc_hash::FxHashMap;

/// All targets and rules of one make invocation.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The targets.
    pub targets: Targets,
    /// Prerequisite lists waiting for second expansion.
    pub pending: Vec<Pending>,
    /// All recipes.
    pub recipes: DenseMap<RecipeId, Recipe>,
    /// All pattern rules ever defined.
    pub rules: DenseMap<RuleId, PatternRule>,
    /// The pattern rules in force, in the order in which they are tried.
    pub rule_order: Vec<RuleId>,
    /// Rules with one target, by target and prerequisites: a later equal one replaces them.
    pub single_rules: FxHashMap<(NameId, NameId), RuleId>,
    /// The global `.EXTRA_PREREQS`: prerequisites of every target of an implicit rule too.
    pub extra_prereqs: Vec<Prereq>,
    /// `vpath`, VPATH and GPATH.
    pub vpath: Vpath,
    /// What the search for implicit rules has found out.
    pub memory: Memory,
}
