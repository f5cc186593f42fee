//! Variables: flavors, origins, sets and the chains of scopes that are searched for a name.
//! It does not know how a value is expanded.

use crate::id::DenseMap;
use crate::id::NameId;
use crate::id::ScopeId;
use crate::id::SetId;
use crate::id::TargetId;
use crate::loc::Loc;
use crate::parser::function::Functions;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// How a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// Expanded at each use.
    Recursive,
    /// Expanded when assigned.
    Simple,
}

/// Where a value came from; a weaker origin cannot change a stronger one's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built in.
    Default,
    /// The environment.
    Environment,
    /// A makefile.
    File,
    /// The environment under -e.
    EnvironmentOverride,
    /// The command line.
    CommandLine,
    /// `override`.
    Override,
    /// `$@` and kin.
    Automatic,
}

/// Whether a variable is passed to children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// By the general rule: origin environment or command line, or everything under `export`.
    Default,
    /// `export NAME`.
    Always,
    /// `unexport NAME`.
    Never,
    /// Only if it has a value (MAKEFLAGS and kin).
    IfSet,
}

/// One variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its value as written (recursive) or expanded (simple).
    pub value: Arc<Vec<u8>>,
    /// The compiled value of a recursive variable, made at first expansion.
    pub template: Option<Arc<crate::parser::template::Template>>,
    /// Flavor.
    pub flavor: Flavor,
    /// Origin.
    pub origin: Origin,
    /// Export.
    pub export: Export,
    /// `private`: not seen by prerequisites.
    pub private: bool,
    /// Target-specific `+=`: the value of the outer scope goes before this one.
    pub append: bool,
    /// Belongs to a target (or pattern).
    pub per_target: bool,
    /// It is being expanded now: to meet it again is an error.
    pub expanding: bool,
    /// Where it was defined.
    pub loc: Option<Loc>,
}

/// A set of variables.
#[derive(Clone, Debug, Default)]
pub struct VariableSet {
    index: FxHashMap<NameId, u32>,
    items: Vec<(NameId, Variable)>,
    /// The target whose automatic variables live here, computed when first looked up.
    pub automatic_of: Option<TargetId>,
}

/// A link of a chain of sets.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The set of this link.
    pub set: SetId,
    /// The next link, None behind the global set.
    pub next: Option<ScopeId>,
    /// Going on to `next` enters another target's variables: private ones there are not seen.
    pub next_is_parent: bool,
}

/// All variables of one make.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// All sets; the first is the global one.
    pub sets: DenseMap<SetId, VariableSet>,
    /// All scopes; the first holds the global set.
    pub scopes: DenseMap<ScopeId, Scope>,
    /// Functions added by `load`.
    pub functions: Functions,
}

impl Variables {
    /// The global set.
    pub const GLOBAL_SET: SetId = SetId(0);
    /// The scope of the global set alone.
    pub const GLOBAL: ScopeId = ScopeId(0);

    /// Returns variables with an empty global set.
    pub fn new() -> Variables {
        let mut variables = Variables::default();
        let set = variables.sets.push(VariableSet::default());
        variables.scopes.push(Scope {
            set,
            next: None,
            next_is_parent: false,
        });
        variables
    }
}
