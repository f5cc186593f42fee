//! The names, argument counts and manner of every function, and the names of those added by `load`.
//! It does not know what a function does.

use bstr::BString;

/// A function built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the function of that name")]
pub enum Function {
    Abspath,
    Addprefix,
    Addsuffix,
    And,
    Basename,
    Call,
    Dir,
    Error,
    Eval,
    File,
    Filter,
    FilterOut,
    Findstring,
    Firstword,
    Flavor,
    Foreach,
    If,
    Info,
    Intcmp,
    Join,
    Lastword,
    Let,
    Notdir,
    Or,
    Origin,
    Patsubst,
    Realpath,
    Shell,
    Sort,
    Strip,
    Subst,
    Suffix,
    Value,
    Warning,
    Wildcard,
    Word,
    Wordlist,
    Words,
}

/// What is known of a function before it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: &'static str,
    /// The function.
    pub function: Function,
    /// The least number of arguments.
    pub least: usize,
    /// The most: further commas belong to the last one. 0 means any number.
    pub most: usize,
    /// Its arguments are expanded before it is called.
    pub eager: bool,
}

/// A function added by a loaded object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its name.
    pub name: BString,
    /// The least number of arguments.
    pub least: usize,
    /// The most; 0 means any number.
    pub most: usize,
    /// Its arguments are expanded before it is called.
    pub eager: bool,
    /// What the loader knows it by.
    pub handle: usize,
}

/// The functions added by `load`.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    loaded: Vec<Loaded>,
    generation: u32,
}

impl Functions {
    /// Adds a function or replaces the one of its name. Templates compiled before are compiled anew at their next use.
    pub fn add(&mut self, function: Loaded) {
        self.generation += 1;
        self.loaded.retain(|other| other.name != function.name);
        self.loaded.push(function);
    }

    /// Returns the loaded function called `name`, and its index.
    pub fn find(&self, name: &[u8]) -> Option<(usize, &Loaded)> {
        let mut all = self.loaded.iter().enumerate();
        all.find(|(_, loaded)| loaded.name == name)
    }

    /// Returns the loaded function of that index.
    pub fn get(&self, index: usize) -> &Loaded {
        &self.loaded[index]
    }

    /// Returns a number that changes with every addition.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}
