//! Variables: flavors, origins, sets and the chains of scopes that are searched for a name.
//! It does not know how a value is expanded.

use crate::error::Result;
use crate::eval::make::Make;
use crate::id::DenseMap;
use crate::id::NameId;
use crate::id::ScopeId;
use crate::id::SetId;
use crate::id::TargetId;
use crate::loc::Loc;
use crate::name::Names;
use crate::parser::function::Functions;
use crate::parser::function::Loaded;
use crate::parser::statement::Modifiers;
use crate::parser::statement::Operator;
use crate::parser::template::Template;
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
    pub template: Option<Arc<Template>>,
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
    /// Its value is made at each look-up: `.VARIABLES`.
    pub computed: bool,
    /// It is being expanded now: to meet it again is an error.
    pub expanding: bool,
    /// How often it may be met again all the same: inside `$(call)` of it.
    pub reentries: u16,
    /// Where it was defined.
    pub loc: Option<Loc>,
}

impl Variable {
    /// Returns a variable that nothing special is known of.
    pub fn new(value: &[u8], flavor: Flavor, origin: Origin) -> Variable {
        Variable {
            value: Arc::new(value.to_vec()),
            template: None,
            flavor,
            origin,
            export: Export::Default,
            private: false,
            append: false,
            per_target: false,
            computed: false,
            expanding: false,
            reentries: 0,
            loc: None,
        }
    }

    /// Replaces the value.
    pub fn set_value(&mut self, value: &[u8]) {
        self.template = None;
        match Arc::get_mut(&mut self.value) {
            Some(old) => {
                old.clear();
                old.extend_from_slice(value);
            }
            None => self.value = Arc::new(value.to_vec()),
        }
    }
}

/// A set of up to this many variables is searched from end to end; a larger one has an index.
const SMALL: usize = 8;

/// A set of variables, in the order of their first definition.
#[derive(Clone, Debug, Default)]
pub struct VariableSet {
    index: FxHashMap<NameId, u32>,
    /// None: undefined again.
    items: Vec<(NameId, Option<Variable>)>,
    /// The target whose automatic variables live here, computed when first looked up.
    pub automatic_of: Option<TargetId>,
    /// The stem that `$*` gives there instead of the target's own: a rule is being tried.
    pub stem: Option<NameId>,
}

impl VariableSet {
    /// Returns the variable called `name`.
    pub fn get(&self, name: NameId) -> Option<&Variable> {
        self.items[self.slot(name)? as usize].1.as_ref()
    }

    /// Returns the variable called `name` for changing it.
    pub fn get_mut(&mut self, name: NameId) -> Option<&mut Variable> {
        let slot = self.slot(name)?;
        self.items[slot as usize].1.as_mut()
    }

    /// Puts a variable in, in place of what had its name.
    fn put(&mut self, name: NameId, variable: Variable) -> &mut Variable {
        let slot = match self.slot(name) {
            Some(slot) => slot as usize,
            None => self.add(name),
        };
        self.items[slot].1.insert(variable)
    }

    /// Takes the variable called `name` out.
    pub fn remove(&mut self, name: NameId) -> Option<Variable> {
        let slot = self.slot(name)?;
        self.items[slot as usize].1.take()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.index.clear();
        self.items.clear();
        self.automatic_of = None;
        self.stem = None;
    }

    /// Returns all variables in the order of their first definition.
    pub fn iter(&self) -> impl Iterator<Item = (NameId, &Variable)> {
        let items = self.items.iter();
        items.filter_map(|(name, variable)| Some((*name, variable.as_ref()?)))
    }

    /// Returns the place of the variable called `name`, which stays valid however the set grows.
    fn slot(&self, name: NameId) -> Option<u32> {
        if self.items.len() <= SMALL {
            let found = self.items.iter().position(|(other, _)| *other == name)?;
            return u32::try_from(found).ok();
        }
        self.index.get(&name).copied()
    }

    fn add(&mut self, name: NameId) -> usize {
        let slot = self.items.len();
        self.items.push((name, None));
        if slot == SMALL {
            let all = self.items.iter().enumerate();
            self.index
                .extend(all.map(|(slot, (name, _))| (*name, slot as u32)));
        } else if slot > SMALL {
            self.index.insert(name, slot as u32);
        }
        slot
    }
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

/// Where a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its set.
    pub set: SetId,
    /// Its place in the set.
    slot: u32,
}

/// What a look-up finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A variable.
    Variable(Place),
    /// An automatic variable, held by this set: one of [`AUTOMATIC`].
    Automatic(SetId, TargetId, u8),
}

/// The names of the automatic variables.
pub const AUTOMATIC: [u8; 8] = *b"@%*<?^+|";

/// All variables of one make.
#[derive(Clone, Debug)]
pub struct Variables {
    /// All sets; the first is the global one.
    pub sets: DenseMap<SetId, VariableSet>,
    /// All scopes; the first holds the global set.
    pub scopes: DenseMap<ScopeId, Scope>,
    /// Functions added by `load`.
    pub functions: Functions,
    /// Runs one of those functions; put here by what loads them.
    pub run_loaded: Option<RunLoaded>,
    /// The recipe prefix in force (`.RECIPEPREFIX`).
    pub recipe_prefix: u8,
    /// Where the recursive variable being expanded was defined; errors in it are told there.
    pub expanding: Option<Loc>,
    /// How deep expansions are nested.
    pub depth: u32,
    /// How many environments for `$(shell)` are being built: recursion through one falls back to the value make was started with.
    pub shell_environments: u32,
    /// How many arguments the innermost `$(call)` has named, its own name included.
    pub call_arguments: usize,
    /// -r is in force only because a makefile gave -R.
    pub implied_rules: bool,
    /// Pattern-specific assignments, by growing length of their patterns.
    pub patterns: Vec<PatternVariable>,
    /// For a scope, the scope of those who inherit from it.
    pub inherited: FxHashMap<ScopeId, ScopeId>,
    /// Names of automatic variables, in the order of [`AUTOMATIC`].
    automatic: [Option<NameId>; 8],
    /// Which names have ever had a meaning outside the global set. Others are looked up there at once, however long the
    /// chain: each level of a recursion through `$(call)` is a link of it.
    inner: Vec<bool>,
    spare_scopes: Vec<ScopeId>,
    spare_buffers: Vec<Vec<u8>>,
    spare_templates: Vec<Template>,
}

/// Runs a loaded function on its arguments.
pub type RunLoaded = fn(&mut Make, &Loaded, &[&[u8]]) -> Result<Vec<u8>>;

/// A pattern-specific assignment.
#[derive(Clone, Debug)]
pub struct PatternVariable {
    /// What stands before the pattern's `%`.
    pub prefix: Box<[u8]>,
    /// What stands behind it.
    pub suffix: Box<[u8]>,
    /// The variable.
    pub name: NameId,
    /// The operator.
    pub operator: Operator,
    /// The value; expanded if the operator is `:=`.
    pub value: Box<[u8]>,
    /// The modifiers.
    pub modifiers: Modifiers,
    /// Where it stands.
    pub loc: Option<Loc>,
}

impl PatternVariable {
    /// Returns how specific the pattern is.
    pub fn length(&self) -> usize {
        self.prefix.len() + self.suffix.len()
    }

    /// Returns whether `name` matches with a stem that is not empty.
    pub fn matches(&self, name: &[u8]) -> bool {
        name.len() > self.length() && name.starts_with(&self.prefix) && name.ends_with(&self.suffix)
    }
}

impl Default for Variables {
    fn default() -> Variables {
        Variables::new()
    }
}

impl Variables {
    /// The global set.
    pub const GLOBAL_SET: SetId = SetId(0);
    /// The scope of the global set alone.
    pub const GLOBAL: ScopeId = ScopeId(0);
    /// A set that stays empty.
    pub const EMPTY_SET: SetId = SetId(1);

    /// Returns variables with an empty global set.
    pub fn new() -> Variables {
        let mut variables = Variables {
            sets: DenseMap::default(),
            scopes: DenseMap::default(),
            functions: Functions::default(),
            run_loaded: None,
            recipe_prefix: b'\t',
            expanding: None,
            depth: 0,
            shell_environments: 0,
            call_arguments: 0,
            implied_rules: false,
            patterns: Vec::new(),
            inherited: FxHashMap::default(),
            automatic: [None; 8],
            inner: Vec::new(),
            spare_scopes: Vec::new(),
            spare_buffers: Vec::new(),
            spare_templates: Vec::new(),
        };
        let set = variables.sets.push(VariableSet::default());
        variables.sets.push(VariableSet::default());
        variables.scopes.push(Scope {
            set,
            next: None,
            next_is_parent: false,
        });
        variables
    }

    /// Says which names are the automatic variables'.
    pub fn know_automatic(&mut self, names: &mut Names) {
        self.automatic = AUTOMATIC.map(|letter| Some(names.intern(&[letter])));
        for name in self.automatic.into_iter().flatten() {
            self.know_inner(name);
        }
    }

    fn know_inner(&mut self, name: NameId) {
        let at = name.0 as usize;
        if at >= self.inner.len() {
            self.inner.resize(at + 1, false);
        }
        self.inner[at] = true;
    }

    /// Puts a variable into a set, in place of what had its name there.
    pub fn put(&mut self, set: SetId, name: NameId, variable: Variable) -> &mut Variable {
        if set != Variables::GLOBAL_SET {
            self.know_inner(name);
        }
        self.sets[set].put(name, variable)
    }

    /// Returns the global set.
    pub fn global(&self) -> &VariableSet {
        &self.sets[Variables::GLOBAL_SET]
    }

    /// Returns the global set for changing it.
    pub fn global_mut(&mut self) -> &mut VariableSet {
        &mut self.sets[Variables::GLOBAL_SET]
    }

    /// Searches the chain of scopes from `scope` on.
    pub fn find(&self, scope: ScopeId, name: NameId) -> Option<Found> {
        if !self.inner.get(name.0 as usize).is_some_and(|one| *one) {
            let place = self.place_in(Variables::GLOBAL_SET, name)?;
            if !self.at(place)?.private {
                return Some(Found::Variable(place));
            }
        }
        let mut next = Some(scope);
        let mut is_parent = false;
        while let Some(id) = next {
            let link = self.scopes[id];
            let set = &self.sets[link.set];
            if let Some(target) = set.automatic_of
                && let Some(at) = self.automatic.iter().position(|one| *one == Some(name))
            {
                return Some(Found::Automatic(link.set, target, AUTOMATIC[at]));
            }
            if let Some(slot) = set.slot(name)
                && let Some(variable) = &set.items[slot as usize].1
                && !(is_parent && variable.private)
            {
                let set = link.set;
                return Some(Found::Variable(Place { set, slot }));
            }
            is_parent |= link.next_is_parent;
            next = link.next;
        }
        None
    }

    /// Returns the variable called `name` that `scope` sees, unless it is an automatic one.
    pub fn lookup(&self, scope: ScopeId, name: NameId) -> Option<&Variable> {
        match self.find(scope, name)? {
            Found::Variable(place) => self.at(place),
            Found::Automatic(..) => None,
        }
    }

    /// Returns the place of the variable called `name` in one set.
    pub fn place_in(&self, set: SetId, name: NameId) -> Option<Place> {
        let slot = self.sets[set].slot(name)?;
        let place = Place { set, slot };
        self.at(place).map(|_| place)
    }

    /// Returns the variable at `place`, None if it was undefined meanwhile.
    pub fn at(&self, place: Place) -> Option<&Variable> {
        let item = self.sets[place.set].items.get(place.slot as usize)?;
        item.1.as_ref()
    }

    /// Returns the variable at `place` for changing it, None if it was undefined meanwhile.
    pub fn at_mut(&mut self, place: Place) -> Option<&mut Variable> {
        let item = self.sets[place.set].items.get_mut(place.slot as usize)?;
        item.1.as_mut()
    }

    /// Returns a scope with an empty set in front of `next`.
    pub fn push_scope(&mut self, next: ScopeId) -> ScopeId {
        let scope = match self.spare_scopes.pop() {
            Some(scope) => scope,
            None => {
                let set = self.sets.push(VariableSet::default());
                self.scopes.push(Scope {
                    set,
                    next: None,
                    next_is_parent: false,
                })
            }
        };
        self.scopes[scope].next = Some(next);
        self.scopes[scope].next_is_parent = false;
        scope
    }

    /// Ends the use of a scope made by `push_scope`, and of its set.
    pub fn pop_scope(&mut self, scope: ScopeId) {
        let set = self.scopes[scope].set;
        self.sets[set].clear();
        self.spare_scopes.push(scope);
    }

    /// Returns an empty buffer.
    pub fn take_buffer(&mut self) -> Vec<u8> {
        self.spare_buffers.pop().unwrap_or_default()
    }

    /// Gives a buffer back for another use.
    pub fn give_buffer(&mut self, mut buffer: Vec<u8>) {
        const LARGEST_KEPT: usize = 1 << 20;
        if buffer.capacity() <= LARGEST_KEPT {
            buffer.clear();
            self.spare_buffers.push(buffer);
        }
    }

    /// Returns a template to be made that of a text expanded once.
    pub fn take_template(&mut self) -> Template {
        self.spare_templates.pop().unwrap_or_default()
    }

    /// Gives it back for another text.
    pub fn give_template(&mut self, template: Template) {
        const LARGEST_KEPT: usize = 1 << 20;
        if template.room() <= LARGEST_KEPT {
            self.spare_templates.push(template);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_keep_order_and_find_whatever_their_size() {
        let mut set = VariableSet::default();
        for n in 0..100 {
            let value = n.to_string();
            let variable = Variable::new(value.as_bytes(), Flavor::Simple, Origin::File);
            set.put(NameId(n * 3), variable);
            for m in 0..=n {
                let found = set.get(NameId(m * 3)).map(|one| one.value.to_vec());
                assert_eq!(found, Some(m.to_string().into_bytes()));
            }
            assert!(set.get(NameId(n * 3 + 1)).is_none());
        }
        assert!(set.remove(NameId(30)).is_some());
        assert!(set.remove(NameId(30)).is_none());
        assert!(set.get(NameId(30)).is_none());
        assert_eq!(set.iter().count(), 99);
        set.put(
            NameId(30),
            Variable::new(b"new", Flavor::Simple, Origin::File),
        );
        assert_eq!(*set.get(NameId(30)).unwrap().value, b"new");
        let order: Vec<u32> = set.iter().map(|(name, _)| name.0).collect();
        assert!(order.is_sorted());
    }

    #[test]
    fn private_variables_stop_at_the_parent() {
        let mut variables = Variables::new();
        let name = NameId(7);
        let mut variable = Variable::new(b"x", Flavor::Simple, Origin::File);
        variable.private = true;
        let parent = variables.push_scope(Variables::GLOBAL);
        let set = variables.scopes[parent].set;
        variables.put(set, name, variable);
        let child = variables.push_scope(parent);
        assert!(variables.lookup(child, name).is_some());
        variables.scopes[child].next_is_parent = true;
        assert!(variables.lookup(child, name).is_none());
        assert!(variables.lookup(parent, name).is_some());
    }
}
