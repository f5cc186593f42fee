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

/// All functions, sorted by name.
const SIGNATURES: [Signature; 38] = [
    eager("abspath", Function::Abspath, 0, 1),
    eager("addprefix", Function::Addprefix, 2, 2),
    eager("addsuffix", Function::Addsuffix, 2, 2),
    lazy("and", Function::And, 1, 0),
    eager("basename", Function::Basename, 0, 1),
    eager("call", Function::Call, 1, 0),
    eager("dir", Function::Dir, 0, 1),
    eager("error", Function::Error, 0, 1),
    eager("eval", Function::Eval, 0, 1),
    eager("file", Function::File, 1, 2),
    eager("filter", Function::Filter, 2, 2),
    eager("filter-out", Function::FilterOut, 2, 2),
    eager("findstring", Function::Findstring, 2, 2),
    eager("firstword", Function::Firstword, 0, 1),
    eager("flavor", Function::Flavor, 0, 1),
    lazy("foreach", Function::Foreach, 3, 3),
    lazy("if", Function::If, 2, 3),
    eager("info", Function::Info, 0, 1),
    lazy("intcmp", Function::Intcmp, 2, 5),
    eager("join", Function::Join, 2, 2),
    eager("lastword", Function::Lastword, 0, 1),
    lazy("let", Function::Let, 3, 3),
    eager("notdir", Function::Notdir, 0, 1),
    lazy("or", Function::Or, 1, 0),
    eager("origin", Function::Origin, 0, 1),
    eager("patsubst", Function::Patsubst, 3, 3),
    eager("realpath", Function::Realpath, 0, 1),
    eager("shell", Function::Shell, 0, 1),
    eager("sort", Function::Sort, 0, 1),
    eager("strip", Function::Strip, 0, 1),
    eager("subst", Function::Subst, 3, 3),
    eager("suffix", Function::Suffix, 0, 1),
    eager("value", Function::Value, 0, 1),
    eager("warning", Function::Warning, 0, 1),
    eager("wildcard", Function::Wildcard, 0, 1),
    eager("word", Function::Word, 2, 2),
    eager("wordlist", Function::Wordlist, 3, 3),
    eager("words", Function::Words, 0, 1),
];

const fn eager(name: &'static str, function: Function, least: usize, most: usize) -> Signature {
    Signature {
        name,
        function,
        least,
        most,
        eager: true,
    }
}

const fn lazy(name: &'static str, function: Function, least: usize, most: usize) -> Signature {
    Signature {
        name,
        function,
        least,
        most,
        eager: false,
    }
}

impl Signature {
    /// Returns the function called `name`.
    pub fn find(name: &[u8]) -> Option<&'static Signature> {
        let found = SIGNATURES.binary_search_by(|one| one.name.as_bytes().cmp(name));
        found.ok().map(|index| &SIGNATURES[index])
    }

    /// Returns whether blanks around argument `index` do not count, as in conditions: as written, before expansion.
    pub fn trims(&self, index: usize) -> bool {
        match self.function {
            Function::If => index == 0,
            Function::And | Function::Or => true,
            _ => false,
        }
    }
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
        match self
            .loaded
            .iter_mut()
            .find(|other| other.name == function.name)
        {
            Some(other) => *other = function,
            None => self.loaded.push(function),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_by_its_name() {
        for signature in &SIGNATURES {
            let found = Signature::find(signature.name.as_bytes());
            assert_eq!(found, Some(signature));
        }
        assert_eq!(Signature::find(b"Subst"), None);
        assert_eq!(Signature::find(b""), None);
    }

    #[test]
    fn a_loaded_function_replaces_its_namesake() {
        let mut functions = Functions::default();
        let function = |handle| Loaded {
            name: "f".into(),
            least: 0,
            most: 1,
            eager: true,
            handle,
        };
        functions.add(function(1));
        functions.add(function(2));
        assert_eq!(functions.find(b"f").map(|(_, found)| found.handle), Some(2));
        assert_eq!(functions.generation(), 2);
        assert_eq!(functions.find(b"g"), None);
    }
}
