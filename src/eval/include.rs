//! Which makefiles are read: MAKEFILES, `-f`, the default names, `include`; where they are searched.
//! It does not know what they say, nor how a missing one is remade.

use crate::error::Fatal;
use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::error::reason;
use crate::eval::make::Make;
use crate::eval::make::ReadMakefile;
use crate::eval::names::List;
use crate::eval::names::ListKind;
use crate::eval::read::Reader;
use crate::eval::variable::Flavor;
use crate::eval::variable::Origin;
use crate::files::Content;
use crate::files::Mtime;
use crate::graph::target::Flags;
use crate::id::NameId;
use crate::id::TargetId;
use crate::name::strip_dot_slash;
use crate::parser::line::prepare;
use crate::parser::statement::Care;
use bstr::BString;
use rustc_hash::FxHashMap;
use std::io;
use std::io::Read;

/// Default makefiles, in the order in which they are looked for.
const DEFAULT_NAMES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Directories searched for included makefiles behind those of -I.
const SYSTEM_DIRECTORIES: [&str; 3] = ["/usr/gnu/include", "/usr/local/include", "/usr/include"];

/// What is kept while makefiles are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Where `include` searches, in order.
    pub include_dirs: Vec<BString>,
    /// Targets do not become the default goal: a file of MAKEFILES is being read.
    pub no_default_goal: bool,
    /// All makefiles were read: rules cannot be added any more.
    pub is_finished: bool,
    /// Nesting of files and buffers.
    pub depth: u32,
    /// Targets of rules that begin with a dot: some may be suffix rules.
    pub dotted: Vec<TargetId>,
    /// The last entry of each `::` target with several, by the first one.
    pub last_double_colon: FxHashMap<TargetId, TargetId>,
    /// Room for the names of a rule's prerequisites, and for its recipe, used again and again.
    pub spare_names: Vec<NameId>,
    /// See there.
    pub spare_text: Vec<u8>,
    /// The last long list of names.
    pub last_list: List,
    /// A rule for `.WAIT` with prerequisites was complained of.
    pub wait_prerequisites_told: bool,
    /// A rule for `.WAIT` with a recipe was complained of.
    pub wait_commands_told: bool,
    /// The default values of `.POSIX` are in force.
    pub is_posix_defined: bool,
    /// `-r` has taken the built-in suffixes away.
    pub rules_are_dropped: bool,
    /// `-R` has taken the built-in variables away.
    pub variables_are_dropped: bool,
}

/// A makefile's content and the open file.
type Held = (Vec<u8>, Box<dyn Content>);

/// Who asks for a makefile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// `-f`.
    CommandLine,
    /// A default name.
    DefaultName,
    /// MAKEFILES.
    Variable,
    /// `include`, `-include`.
    Include(Care),
}

impl Make {
    /// Reads everything: MAKEFILES, `--eval`, `-f` or the default makefile, and what they include.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn read_makefiles(&mut self) -> Result<()> {
        self.find_include_dirs();
        for text in self.options.evals.clone() {
            self.read_buffer(&text, None)?;
        }
        self.read_listed_in_variable()?;
        if self.options.makefiles.is_empty() {
            return self.read_default();
        }
        let mut stdin_was_read = false;
        for name in self.options.makefiles.clone() {
            if name != "-" {
                self.read_makefile(&name, Asker::CommandLine)?;
                continue;
            }
            if stdin_was_read {
                return Err(self.fatal(MakeError::StandardInputTwice));
            }
            stdin_was_read = true;
            self.read_standard_input()?;
        }
        Ok(())
    }

    fn read_listed_in_variable(&mut self) -> Result<()> {
        let list = self.value_of_text("MAKEFILES")?;
        self.reader.no_default_goal = true;
        for name in list.split(|c| crate::parser::line::is_space(*c)) {
            if !name.is_empty() {
                self.read_makefile(name, Asker::Variable)?;
            }
        }
        self.reader.no_default_goal = false;
        Ok(())
    }

    fn read_default(&mut self) -> Result<()> {
        for name in DEFAULT_NAMES {
            if self.view.exists_cached(name.as_bytes()) {
                return self.read_makefile(name.as_bytes(), Asker::DefaultName);
            }
        }
        for name in DEFAULT_NAMES {
            let target = self.makefile_target(name.as_bytes());
            self.makefiles.push(ReadMakefile {
                target,
                is_included: false,
                dont_care: true,
                mtime: Mtime::NONEXISTENT,
                error: None,
                loc: None,
            });
        }
        Ok(())
    }

    /// Reads a makefile from standard input, by way of a file that a restart can read again.
    fn read_standard_input(&mut self) -> Result<()> {
        let path = match &self.options.temp_stdin {
            Some(path) => path.clone(),
            None => {
                let path = self.store_standard_input();
                let path = path.ok_or_else(|| self.fatal(MakeError::CannotStoreStandardInput))?;
                self.options.temp_stdin = Some(path.clone());
                path
            }
        };
        let text = self
            .view
            .read(&path)
            .map_err(|error| self.unreadable(&path, &error))?;
        let target = self.makefile_target(&path);
        self.graph.targets.flags[target].add(Flags::MAKEFILE);
        self.read_content(&path, &path, text)
    }

    /// Copies standard input to a new temporary file and returns its path.
    fn store_standard_input(&mut self) -> Option<BString> {
        // Not by name: recipes are to find what is behind the makefile, nothing.
        let mut text = Vec::new();
        io::stdin().lock().read_to_end(&mut text).ok()?;
        self.ctx.temporary_file(&text)
    }

    fn tell_reading(&mut self, name: &[u8], asker: Asker) {
        let is_included = matches!(asker, Asker::Include(_));
        let is_searched = is_included || asker == Asker::Variable;
        let is_optional = matches!(asker, Asker::Variable | Asker::Include(Care::Optional));
        let remarks = [
            (self.reader.no_default_goal, " (no default goal)"),
            (is_searched, " (search path)"),
            (is_optional, " (don't care)"),
            (is_included, " (no ~ expansion)"),
        ];
        let remarks = remarks.iter().filter(|(holds, _)| *holds);
        let remarks: Vec<&str> = remarks.map(|(_, remark)| *remark).collect();
        let line = [
            b"Reading makefile '",
            name,
            b"'",
            remarks.concat().as_bytes(),
            b"...\n",
        ]
        .concat();
        self.debug(line);
    }

    /// Reads one makefile if it can be found, and notes it as one to be remade.
    fn read_makefile(&mut self, name: &[u8], asker: Asker) -> Result<()> {
        let expanded = match asker {
            Asker::DefaultName => None,
            _ => self.tilde(name),
        };
        let name = expanded.as_ref().map_or(name, |path| path.as_slice());
        let name = strip_dot_slash(name);
        let is_searched = matches!(asker, Asker::Variable | Asker::Include(_));
        if self.options.debug.verbose {
            self.tell_reading(name, asker);
        }
        let (path, content) = self.open_makefile(name, is_searched);
        let target = self.makefile_target(&path);
        self.graph.targets.flags[target].add(Flags::MAKEFILE);
        let dont_care = matches!(asker, Asker::Variable | Asker::Include(Care::Optional));
        let loc = self.reading;
        let (mtime, error_text) = match &content {
            Ok(_) => (Mtime::UNKNOWN, None),
            Err(error) => {
                let text = [name, b": ", reason(error).as_bytes()].concat();
                (Mtime::NONEXISTENT, Some(BString::from(text)))
            }
        };
        self.makefiles.push(ReadMakefile {
            target,
            is_included: matches!(asker, Asker::Include(_)),
            dont_care,
            mtime,
            error: error_text.clone(),
            loc,
        });
        match content {
            // The file stays open while it is read, so that one which includes itself runs out of files.
            Ok((text, _file)) => {
                if self.graph.targets.mtime[target] == Mtime::NONEXISTENT {
                    self.graph.targets.mtime[target] = Mtime::UNKNOWN;
                }
                self.read_content(&path, name, text)
            }
            Err(error) if is_out_of_files(&error) => {
                let text = MakeError::Text(BString::from(reason(&error)));
                Err(self.fatal_at(loc, text))
            }
            Err(error) if is_directory(&error) => Err(self.unreadable(&path, &error)),
            Err(_) => {
                if let (Asker::CommandLine, Some(text)) = (asker, error_text) {
                    self.notice(None, &Notice::Text(text));
                }
                self.graph.targets.mtime[target] = Mtime::NONEXISTENT;
                Ok(())
            }
        }
    }

    /// Looks for a makefile, along the include directories too if it is relative, and reads it.
    fn open_makefile(&mut self, name: &[u8], is_searched: bool) -> (Vec<u8>, io::Result<Held>) {
        let first = self.view.read_and_hold(name);
        let is_missing = |result: &io::Result<Held>| {
            result.as_ref().is_err_and(|error| {
                matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                )
            })
        };
        if !is_searched || name.starts_with(b"/") || !is_missing(&first) {
            return (name.to_vec(), first);
        }
        for directory in self.reader.include_dirs.clone() {
            let path = [directory.as_slice(), b"/", name].concat();
            let found = self.view.read_and_hold(&path);
            if found.is_ok() {
                return (path, found);
            }
        }
        (name.to_vec(), first)
    }

    /// Reads the content of a makefile found at `path`; messages call it `name`, as it was asked for.
    fn read_content(&mut self, path: &[u8], name: &[u8], text: Vec<u8>) -> Result<()> {
        let file = self.names.intern(name);
        let list = self.names.intern(b"MAKEFILE_LIST");
        self.append_word(list, path, Origin::File);
        let prepared = prepare(text);
        self.read_file_text(&prepared, file)
    }

    fn makefile_target(&mut self, path: &[u8]) -> TargetId {
        let name: NameId = self.names.intern(path);
        self.graph.targets.enter(name)
    }

    fn unreadable(&self, path: &[u8], error: &io::Error) -> Box<Fatal> {
        let text = [path, b": ", reason(error).as_bytes()].concat();
        self.fatal_at(None, MakeError::Text(BString::from(text)))
    }

    /// Reads the makefiles of an `include` line.
    pub fn include(&mut self, reader: &mut Reader<'_>, care: Care, rest: &[u8]) -> Result<()> {
        let text = self.expand(rest)?;
        let names = self.names_in(&text, ListKind::Files)?;
        self.close_rule(reader)?;
        let here = self.reading;
        for name in names {
            let name = self.names.bytes(name).to_vec();
            self.read_makefile(&name, Asker::Include(care))?;
            self.reading = here;
        }
        Ok(())
    }

    /// Works out where `include` searches, from -I and what this system has.
    pub(crate) fn find_include_dirs(&mut self) {
        let mut given: Vec<BString> = Vec::new();
        let mut wants_system = true;
        for directory in &self.options.include_dirs {
            if directory == "-" {
                given.clear();
                wants_system = false;
            } else {
                given.push(directory.clone());
            }
        }
        if wants_system {
            given.extend(SYSTEM_DIRECTORIES.iter().map(|name| BString::from(*name)));
        }
        let mut dirs: Vec<BString> = Vec::new();
        for directory in given {
            let mut path = self.tilde(&directory).unwrap_or(directory);
            let is_directory = self
                .view
                .stat(&path)
                .is_ok_and(|stat| stat.kind == crate::files::Kind::Directory);
            if !is_directory {
                continue;
            }
            while path.len() > 1 && path.ends_with(b"/") {
                path.pop();
            }
            dirs.push(path);
        }
        let value = bstr::join(" ", &dirs);
        self.define(b".INCLUDE_DIRS", &value, Flavor::Simple, Origin::Default);
        self.reader.include_dirs = dirs;
    }
}

fn is_directory(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::IsADirectory
}

/// No descriptor or no memory is left: to go on would only hide it (EMFILE, ENFILE, ENOMEM).
fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(24 | 23 | 12))
}
