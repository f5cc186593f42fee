//! `load`: shared objects that bring functions of their own, and the C functions they may call.
//! It does not know when an object is remade: the walk says so.
//!
//! The C functions take no context, so the make that runs an object's code is held in a thread-local
//! pointer for just that long. C code cannot be left by an error: the first one is kept, further calls do
//! nothing, and it is told when the C code returns.
#![expect(
    unsafe_code,
    reason = "foreign code is called and calls back through C pointers"
)]

use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::eval::make::Make;
use crate::eval::make::ReadMakefile;
use crate::eval::variable::Origin;
use crate::files::Mtime;
use crate::id::NameId;
use crate::id::TargetId;
use crate::loc::Loc;
use crate::parser::function::Loaded;
use crate::parser::statement::Care;
use bstr::BString;
use libloading::os::unix::Library;
use libloading::os::unix::RTLD_GLOBAL;
use libloading::os::unix::RTLD_LAZY;
use std::cell::Cell;
use std::ffi::CStr;
use std::ffi::CString;
use std::ffi::OsStr;
use std::ffi::c_char;
use std::ffi::c_int;
use std::ffi::c_uint;
use std::ffi::c_ulong;
use std::ffi::c_void;
use std::os::unix::ffi::OsStrExt;
use std::ptr;

/// A place in a makefile as C sees it.
#[repr(C)]
pub struct Floc {
    filenm: *const c_char,
    lineno: c_ulong,
}

type Setup = unsafe extern "C" fn(*const Floc) -> c_int;
type Body = unsafe extern "C" fn(*const c_char, c_uint, *mut *mut c_char) -> *mut c_char;

/// The arguments of the function are handed over as written.
const NO_EXPAND: c_uint = 1;
const MOST_ARGUMENTS: c_uint = 255;
const LONGEST_NAME: usize = 255;

/// A shared object that a makefile names.
#[derive(Debug)]
struct Object {
    target: TargetId,
    name: NameId,
    /// The function to call first.
    symbol: Vec<u8>,
    /// Where the `load` stands.
    loc: Option<Loc>,
    library: Option<Library>,
    state: State,
    /// It is among the makefiles to be remade.
    is_goal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Named by `-load`, not loaded.
    Absent,
    /// Loaded.
    Loaded,
    /// Loaded, and asked not to be unloaded or remade.
    Kept,
    /// About to be remade; to be loaded again.
    Unloaded,
}

/// The objects of one make. Dropping it closes them.
#[derive(Debug, Default)]
pub struct Objects {
    all: Vec<Object>,
    /// What [`Loaded::handle`] counts: each function with the object it came from.
    handlers: Vec<(Body, Option<usize>)>,
    /// The object whose code runs now.
    running: Option<usize>,
    /// The error that ends the make once the C code returns.
    pending: Option<Box<crate::error::Fatal>>,
}

impl Make {
    /// Returns whether an object was ever to be loaded.
    pub fn has_objects(&self) -> bool {
        self.variables.run_loaded.is_some()
    }

    /// Loads one object, named by a word of a `load` line: `FILE` or `FILE(SYMBOL)`. One that is loaded
    /// already is left as it is.
    ///
    /// # Errors
    /// When it cannot be loaded and is needed, or is no object for a make at all.
    pub fn load_object(&mut self, word: &[u8], care: Care) -> Result<()> {
        std::hint::black_box(&EXPORTS);
        self.variables.run_loaded = Some(run);
        let (path, symbol) = split_symbol(word);
        if symbol.is_some_and(<[u8]>::is_empty) {
            return Err(self.fatal(MakeError::EmptyLoadSymbol(word.into())));
        }
        let path = without_here(path);
        let symbol = symbol.map_or_else(|| setup_symbol(path), <[u8]>::to_vec);
        let index = self.object(path);
        // Nor is one that `-load` did not find tried again: it is remade or missed as a makefile is.
        let is_known = matches!(self.objects.all[index].state, State::Loaded | State::Kept);
        if is_known || self.objects.all[index].is_goal {
            return Ok(());
        }
        self.objects.all[index].symbol = symbol;
        self.objects.all[index].loc = self.reading;
        let is_loaded = self.open_object(index, care)?;
        if !is_loaded && care == Care::Needed {
            return Err(self.fatal(MakeError::FailedToLoad(without_here(word).into())));
        }
        let object = &mut self.objects.all[index];
        if object.state != State::Kept && !object.is_goal {
            object.is_goal = true;
            let (target, loc) = (object.target, object.loc);
            let mtime = self
                .view
                .stat(path)
                .map_or(Mtime::NONEXISTENT, |stat| stat.mtime);
            self.makefiles.push(ReadMakefile {
                target,
                is_included: false,
                dont_care: false,
                mtime,
                error: None,
                loc,
            });
        }
        Ok(())
    }

    /// Closes the object that `target` is, since its recipe is about to run. Its functions are empty until
    /// it is loaded again.
    pub fn unload_object(&mut self, target: TargetId) {
        let mut all = self.objects.all.iter_mut();
        let Some(object) = all.find(|object| object.target == target) else {
            return;
        };
        if object.state == State::Kept {
            return;
        }
        object.state = State::Unloaded;
        if let Some(library) = object.library.take() {
            let name = object.name;
            drop(library);
            self.tell_verbose("Unloading shared object ", name);
        }
    }

    /// Loads again what was closed for its recipe; called when the makefiles are up to date without a restart.
    ///
    /// # Errors
    /// When one cannot be loaded.
    pub fn reload_objects(&mut self) -> Result<()> {
        for index in 0..self.objects.all.len() {
            if self.objects.all[index].state != State::Unloaded {
                continue;
            }
            let outer = std::mem::replace(&mut self.reading, self.objects.all[index].loc);
            if !self.open_object(index, Care::Needed)? {
                let name = BString::from(self.names.bytes(self.objects.all[index].name));
                return Err(self.fatal(MakeError::FailedToLoad(name)));
            }
            self.reading = outer;
        }
        Ok(())
    }

    /// Returns the place of the object called `path`, new or not.
    fn object(&mut self, path: &[u8]) -> usize {
        let name = self.names.intern(path);
        let target = self.graph.targets.enter(name);
        let mut all = self.objects.all.iter();
        if let Some(index) = all.position(|object| object.target == target) {
            return index;
        }
        self.objects.all.push(Object {
            target,
            name,
            symbol: Vec::new(),
            loc: None,
            library: None,
            state: State::Absent,
            is_goal: false,
        });
        self.objects.all.len() - 1
    }

    /// Opens an object and calls its first function. Returns false when it is not there or says no.
    fn open_object(&mut self, index: usize, care: Care) -> Result<bool> {
        let object = &self.objects.all[index];
        let (name, symbol) = (object.name, object.symbol.clone());
        let path = BString::from(self.names.bytes(name));
        if self.options.debug.verbose {
            let text = [b"Loading symbol ", &symbol[..], b" from ", &path[..], b"\n"].concat();
            self.debug(text);
        }
        if self.objects.all[index].library.is_none() {
            let library = match open(&path) {
                Ok(library) => library,
                Err(error) => {
                    if care == Care::Needed {
                        let loc = self.reading;
                        self.notice(loc, &Notice::Text(error.to_string().into()));
                    }
                    return Ok(false);
                }
            };
            self.objects.all[index].library = Some(library);
        }
        let setup = self.setup_of(index, &path, &symbol)?;
        self.tell_verbose("Loaded shared object ", name);
        let answer = self.call_setup(index, setup)?;
        if answer == 0 {
            return Ok(false);
        }
        self.objects.all[index].state = match answer {
            -1 => State::Kept,
            _ => State::Loaded,
        };
        let list = self.names.intern(b".LOADED");
        self.append_word(list, &path, Origin::File);
        Ok(true)
    }

    /// Returns the first function of an object, which must declare its licence.
    fn setup_of(&self, index: usize, path: &[u8], symbol: &[u8]) -> Result<Setup> {
        let Some(library) = &self.objects.all[index].library else {
            panic!("BUG: an object is asked for a symbol before it is open");
        };
        // SAFETY: only the address is looked up; the object behind it is not read.
        let licence = unsafe { library.get::<*const c_int>(b"plugin_is_GPL_compatible\0") };
        if licence.is_err() {
            return Err(self.fatal(MakeError::NotGplCompatible(path.into())));
        }
        // SAFETY: a function of this name has this type by the rules of `load`; the address is kept no
        // longer than the library, which outlives the call that follows.
        match unsafe { library.get::<Setup>(symbol) } {
            Ok(setup) => Ok(*setup),
            Err(error) => Err(self.fatal(MakeError::NoLoadSymbol {
                symbol: symbol.into(),
                object: path.into(),
                reason: error.to_string(),
            })),
        }
    }

    fn call_setup(&mut self, index: usize, setup: Setup) -> Result<c_int> {
        let loc = self.objects.all[index].loc;
        let file = loc.map(|loc| to_c(self.names.bytes(loc.file)));
        let place = Floc {
            filenm: file.as_ref().map_or(ptr::null(), |file| file.as_ptr()),
            lineno: loc.map_or(0, |loc| c_ulong::from(loc.line)),
        };
        self.in_object(Some(index), || {
            // SAFETY: `setup` belongs to a library that is open; the place lives until it returns.
            unsafe { setup(&raw const place) }
        })
    }

    /// Runs foreign code with this make as the one that the C functions speak of.
    fn in_object<T>(&mut self, object: Option<usize>, code: impl FnOnce() -> T) -> Result<T> {
        let outer_object = std::mem::replace(&mut self.objects.running, object);
        let outer = CURRENT.replace(ptr::from_mut(self));
        let result = code();
        CURRENT.set(outer);
        self.objects.running = outer_object;
        flush_c();
        match self.objects.pending.take() {
            Some(fatal) => Err(fatal),
            None => Ok(result),
        }
    }

    fn tell_verbose(&mut self, what: &str, name: NameId) {
        if self.options.debug.verbose {
            let text = [what.as_bytes(), self.names.bytes(name), b"\n"].concat();
            self.debug(text);
        }
    }

    /// Keeps the first error until the C code returns.
    fn postpone(&mut self, error: Box<crate::error::Fatal>) {
        self.objects.pending.get_or_insert(error);
    }

    fn add_loaded(
        &mut self,
        name: &[u8],
        handler: Body,
        least: c_uint,
        most: c_uint,
        flags: c_uint,
    ) {
        let valid = name.iter().take_while(|byte| is_name_byte(**byte)).count();
        let shown = || BString::from(name);
        let error = if valid == 0 {
            Some(MakeError::EmptyFunctionName)
        } else if valid < name.len() || name[0] == b'.' {
            Some(MakeError::InvalidFunctionName(shown()))
        } else if name.len() > LONGEST_NAME {
            Some(MakeError::LongFunctionName(shown()))
        } else if least > MOST_ARGUMENTS {
            Some(MakeError::InvalidLeastArguments(least, shown()))
        } else if most > MOST_ARGUMENTS || most > 0 && most < least {
            Some(MakeError::InvalidMostArguments(most, shown()))
        } else {
            None
        };
        if let Some(error) = error {
            let fatal = self.fatal(error);
            self.postpone(fatal);
            return;
        }
        let handle = self.objects.handlers.len();
        self.objects.handlers.push((handler, self.objects.running));
        self.variables.functions.add(Loaded {
            name: BString::from(name),
            least: least as usize,
            most: most as usize,
            eager: flags & NO_EXPAND == 0,
            handle,
        });
    }
}

/// Calls a loaded function: what the expander runs.
fn run(make: &mut Make, function: &Loaded, arguments: &[&[u8]]) -> Result<Vec<u8>> {
    let (handler, object) = make.objects.handlers[function.handle];
    let is_open = object.is_none_or(|index| make.objects.all[index].library.is_some());
    if !is_open {
        return Ok(Vec::new());
    }
    let name = to_c(&function.name);
    let mut texts: Vec<Vec<u8>> = arguments
        .iter()
        .map(|argument| to_c(argument).into_bytes_with_nul())
        .collect();
    let mut pointers: Vec<*mut c_char> = texts
        .iter_mut()
        .map(|text| text.as_mut_ptr().cast())
        .collect();
    let count = c_uint::try_from(pointers.len()).unwrap_or(c_uint::MAX);
    pointers.push(ptr::null_mut());
    let result = make.in_object(object, || {
        // SAFETY: the handler's library is open; all strings end in NUL, may be written to, and live
        // until it returns, as does the list of them.
        unsafe { handler(name.as_ptr(), count, pointers.as_mut_ptr()) }
    });
    drop(texts);
    let answer = result?;
    if answer.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: by the rules of `load` a function returns NULL or a string got from `gmk_alloc`.
    let text = unsafe { CStr::from_ptr(answer) }.to_bytes().to_vec();
    // SAFETY: the same; make owns the string now.
    unsafe { free(answer.cast()) };
    Ok(text)
}

/// Returns file and symbol of `FILE(SYMBOL)`.
fn split_symbol(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    let open = memchr::memchr(b'(', word);
    match (open, word.strip_suffix(b")")) {
        (Some(open), Some(inside)) => (&word[..open], Some(&inside[open + 1..])),
        _ => (word, None),
    }
}

/// Returns the path without `./` in front, as targets are named.
fn without_here(mut path: &[u8]) -> &[u8] {
    while let Some(rest) = path.strip_prefix(b"./") {
        let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
        if slashes == rest.len() {
            break;
        }
        path = &rest[slashes..];
    }
    path
}

/// Returns the name of the first function of an object that names none: `NAME_gmk_setup`.
fn setup_symbol(path: &[u8]) -> Vec<u8> {
    let slash = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let base: Vec<u8> = path[slash..].iter().take_while(is_word).copied().collect();
    [&base, &b"_gmk_setup"[..]].concat()
}

/// Opens an object: a name without a slash is looked for here, then where the system looks.
fn open(path: &[u8]) -> std::result::Result<Library, libloading::Error> {
    let open = |path: &[u8]| {
        // SAFETY: the user asks to run the object's code in this process; that is what `load` is.
        unsafe { Library::open(Some(OsStr::from_bytes(path)), RTLD_LAZY | RTLD_GLOBAL) }
    };
    if !path.contains(&b'/')
        && let Ok(library) = open(&[b"./", path].concat())
    {
        return Ok(library);
    }
    open(path)
}

/// Returns whether a function's name may hold the byte.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Returns a C string; as C sees it, a NUL ends it.
fn to_c(text: &[u8]) -> CString {
    let end = memchr::memchr(0, text).unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

thread_local! {
    /// The make whose objects run code on this thread; null when none does.
    static CURRENT: Cell<*mut Make> = const { Cell::new(ptr::null_mut()) };
}

/// Lets `action` work on the make whose object runs now; None when no object runs, or an error is pending.
fn with_current<T>(action: impl FnOnce(&mut Make) -> T) -> Option<T> {
    // SAFETY: the pointer is set only while [`Make::in_object`] runs foreign code. That holds the only
    // reference to the make and does not use it until the code returns, so this one is alone meanwhile;
    // it ends before control goes back to the code.
    let make = unsafe { CURRENT.get().as_mut() }?;
    if make.objects.pending.is_some() {
        return None;
    }
    flush_c();
    Some(action(make))
}

/// Writes out what foreign code left in C's output buffers: it comes before what make writes next.
fn flush_c() {
    // SAFETY: a null pointer means all streams.
    unsafe { fflush(ptr::null_mut()) };
}

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    fn fflush(stream: *mut c_void) -> c_int;
}

/// Returns the bytes of a C string, none for NULL.
///
/// # Safety
/// `text` is NULL or ends in NUL, and lives as long as the result is used.
unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    if text.is_null() {
        return b"";
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

/// Returns memory for a string that a function is to return.
#[unsafe(no_mangle)]
pub extern "C" fn gmk_alloc(length: c_uint) -> *mut c_char {
    let length = (length as usize).max(1);
    // SAFETY: any size may be asked for.
    let memory = unsafe { malloc(length) };
    if memory.is_null() {
        std::process::abort();
    }
    memory.cast()
}

/// Gives back memory of [`gmk_alloc`] or [`gmk_expand`].
///
/// # Safety
/// `text` is NULL or came from one of those and was not given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gmk_free(text: *mut c_char) {
    // SAFETY: the caller's promise.
    unsafe { free(text.cast()) };
}

/// Reads `text` as makefile text. `place` is where it counts as standing, NULL for the line being read.
///
/// # Safety
/// `text` ends in NUL; `place` is NULL or holds such a name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gmk_eval(text: *const c_char, place: *const Floc) {
    // SAFETY: the caller's promise.
    let text = unsafe { bytes(text) };
    // SAFETY: the caller's promise.
    let place = unsafe { place.as_ref() }.map(|place| {
        // SAFETY: the caller's promise.
        let file = unsafe { bytes(place.filenm) };
        (file, u32::try_from(place.lineno).unwrap_or(u32::MAX))
    });
    with_current(|make| {
        let loc = match place {
            Some((file, line)) => Some(Loc {
                file: make.names.intern(file),
                line,
            }),
            None => make.reading,
        };
        if let Err(fatal) = make.read_buffer(text, loc) {
            make.postpone(fatal);
        }
    });
}

/// Returns `text` expanded, in memory to be given to [`gmk_free`].
///
/// # Safety
/// `text` ends in NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gmk_expand(text: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    let text = unsafe { bytes(text) };
    let expanded = with_current(|make| match make.expand(text) {
        Ok(expanded) => expanded,
        Err(fatal) => {
            make.postpone(fatal);
            Vec::new()
        }
    });
    let expanded = to_c(&expanded.unwrap_or_default());
    let expanded = expanded.as_bytes_with_nul();
    let copy = gmk_alloc(c_uint::try_from(expanded.len()).unwrap_or(c_uint::MAX));
    // SAFETY: the memory is new and as long as what is copied.
    unsafe { ptr::copy_nonoverlapping(expanded.as_ptr().cast(), copy, expanded.len()) };
    copy
}

/// Adds the function `name`, which takes from `least` to `most` arguments (0: any number); its arguments
/// are expanded before, unless flag 1 is given.
///
/// # Safety
/// `name` ends in NUL; `handler` stays callable as long as its object is loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gmk_add_function(
    name: *const c_char,
    handler: Option<Body>,
    least: c_uint,
    most: c_uint,
    flags: c_uint,
) {
    // SAFETY: the caller's promise.
    let name = unsafe { bytes(name) };
    let Some(handler) = handler else { return };
    with_current(|make| make.add_loaded(name, handler, least, most, flags));
}

/// Everything that objects may call. A reference to it keeps the linker from leaving it out.
struct Exports {
    _alloc: extern "C" fn(c_uint) -> *mut c_char,
    _free: unsafe extern "C" fn(*mut c_char),
    _eval: unsafe extern "C" fn(*const c_char, *const Floc),
    _expand: unsafe extern "C" fn(*const c_char) -> *mut c_char,
    _add_function: unsafe extern "C" fn(*const c_char, Option<Body>, c_uint, c_uint, c_uint),
}

#[used]
static EXPORTS: Exports = Exports {
    _alloc: gmk_alloc,
    _free: gmk_free,
    _eval: gmk_eval,
    _expand: gmk_expand,
    _add_function: gmk_add_function,
};
