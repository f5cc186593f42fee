//! Small ids into dense vectors: the identity of names, targets, rules, variables and jobs.
//! It does not know what any id stands for.

use std::marker::PhantomData;
use std::ops::Index;
use std::ops::IndexMut;

/// An id that counts from 0 and indexes a [`DenseMap`].
pub trait Id: Copy + Eq {
    /// Returns the id of the `index`-th element.
    fn from_index(index: usize) -> Self;
    /// Returns the place of this id in its vector.
    fn index(self) -> usize;
}

macro_rules! define_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "remote", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(pub u32);

        impl Id for $name {
            fn from_index(index: usize) -> $name {
                $name(u32::try_from(index).expect("fewer than 2^32 elements fit in memory"))
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

define_id! {
    /// An interned byte string: a variable name, a file name, a pattern.
    NameId;
    /// A target or prerequisite of the graph.
    TargetId;
    /// A pattern rule.
    RuleId;
    /// A recipe: the lines of one rule.
    RecipeId;
    /// A set of variables: the global one, a target's, a pattern's, a call's.
    SetId;
    /// A link of a chain of variable sets, searched from the front.
    ScopeId;
    /// One run of one target's recipe.
    JobId;
    /// A host of the host list.
    HostId;
}

/// A vector indexed by an id.
#[derive(Clone, Debug)]
pub struct DenseMap<I, T> {
    items: Vec<T>,
    id: PhantomData<I>,
}

impl<I, T> Default for DenseMap<I, T> {
    fn default() -> Self {
        DenseMap {
            items: Vec::new(),
            id: PhantomData,
        }
    }
}

impl<I: Id, T> DenseMap<I, T> {
    /// Appends `item` and returns its id.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from_index(self.items.len() - 1)
    }

    /// Makes room for `count` more elements.
    pub fn reserve(&mut self, count: usize) {
        self.items.reserve(count);
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns true when there is no element.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the element of `id`, None beyond the end.
    pub fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }

    /// Returns all ids in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }

    /// Returns all elements in order of their ids.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
}

impl<I: Id, T: Clone> DenseMap<I, T> {
    /// Puts `item` at `id`, filling the gap before it with `filler`.
    pub fn put(&mut self, id: I, item: T, filler: T) {
        if id.index() >= self.items.len() {
            self.items.resize(id.index() + 1, filler);
        }
        self.items[id.index()] = item;
    }
}

impl<I: Id, T> Index<I> for DenseMap<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for DenseMap<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}
