//! Templates: text with variable references and function calls, compiled once and expanded many times.
//! It does not know any value.

use crate::error::MakeError;
use crate::id::NameId;
use crate::name::Names;
use crate::parser::function::Functions;
use crate::parser::function::Signature;
use crate::stack::at_depth;
use bstr::BString;
use smallvec::SmallVec;

/// A part of a template's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

/// A run of pieces, and the text they were compiled from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    start: u32,
    end: u32,
    /// The text as written.
    pub text: Span,
}

/// The arguments of a call: a run of sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments {
    start: u32,
    end: u32,
}

/// One part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Plain text.
    Text(Span),
    /// `$(name)`, `$x`.
    Variable(NameId),
    /// `$(name:from=to)`, nothing of it computed.
    Substitution {
        /// The variable.
        name: NameId,
        /// What each word ends in, or a pattern.
        from: Span,
        /// What replaces it.
        to: Span,
    },
    /// `$($(x)…)`: a name, or name and substitution, that is known after expansion.
    Computed(Sequence),
    /// A call of a built-in function.
    Call(&'static Signature, Arguments),
    /// A call of the loaded function of this index.
    Loaded(u32, Arguments),
    /// A mistake, told when expansion gets here.
    Malformed(Box<MakeError>),
}

/// Compiled text.
#[derive(Clone, Debug, Default)]
pub struct Template {
    text: Vec<u8>,
    pieces: Vec<Piece>,
    arguments: Vec<Sequence>,
    /// Room for pieces while it is compiled.
    open: Vec<Piece>,
    root: Sequence,
    /// The generation of [`Functions`] it holds for; None when no name in it could be a loaded function's.
    generation: Option<u32>,
}

impl Template {
    /// Compiles `text`. Mistakes in it become pieces that fail when they are expanded.
    ///
    /// # Panics
    /// When the text is longer than 4 GiB.
    pub fn compile(text: &[u8], names: &mut Names, functions: &Functions) -> Template {
        let mut template = Template::default();
        template.compile_again(text, names, functions);
        template.open = Vec::new();
        template
    }

    /// Makes this one the template of another text, in the room it has.
    ///
    /// # Panics
    /// When the text is longer than 4 GiB.
    pub fn compile_again(&mut self, text: &[u8], names: &mut Names, functions: &Functions) {
        if *self.text == *text && self.holds_for(functions) {
            return;
        }
        self.text.clear();
        self.text.extend_from_slice(text);
        self.pieces.clear();
        self.arguments.clear();
        self.open.clear();
        let mut compiler = Compiler {
            text,
            names,
            functions,
            pieces: std::mem::take(&mut self.pieces),
            open: std::mem::take(&mut self.open),
            arguments: std::mem::take(&mut self.arguments),
            has_candidates: false,
            depth: 0,
            closings: [None, None],
        };
        self.root = compiler.sequence(0, text.len());
        self.generation = compiler.has_candidates.then(|| functions.generation());
        self.pieces = compiler.pieces;
        self.open = compiler.open;
        self.arguments = compiler.arguments;
    }

    /// Returns about how many bytes it holds, used or not.
    pub fn room(&self) -> usize {
        self.text.capacity() + (self.pieces.capacity() + self.open.capacity()) * size_of::<Piece>()
    }

    /// Returns whether it still means the same after functions were loaded.
    pub fn holds_for(&self, functions: &Functions) -> bool {
        self.generation
            .is_none_or(|generation| generation == functions.generation())
    }

    /// Returns the whole.
    pub fn root(&self) -> Sequence {
        self.root
    }

    /// Returns the pieces of a sequence.
    pub fn pieces(&self, sequence: Sequence) -> &[Piece] {
        &self.pieces[sequence.start as usize..sequence.end as usize]
    }

    /// Returns the arguments of a call.
    pub fn arguments(&self, arguments: Arguments) -> &[Sequence] {
        &self.arguments[arguments.start as usize..arguments.end as usize]
    }

    /// Returns a part of the text.
    pub fn text(&self, span: Span) -> &[u8] {
        &self.text[span.start as usize..span.end as usize]
    }
}

struct Compiler<'a> {
    text: &'a [u8],
    names: &'a mut Names,
    functions: &'a Functions,
    pieces: Vec<Piece>,
    /// The pieces of the sequences that are being compiled: they are placed when all nested ones are.
    open: Vec<Piece>,
    arguments: Vec<Sequence>,
    has_candidates: bool,
    /// How many references are open here.
    depth: u32,
    /// Once nesting is deep: for each opening bracket where it is closed, round ones and braces apart.
    closings: [Option<Box<[u32]>>; 2],
}

/// From this depth on brackets are looked up in a table: to look for them at each level anew would take quadratic time.
const DEEP: u32 = 16;

/// A bracket that is not closed.
const OPEN: u32 = u32::MAX;

/// The function a reference calls.
enum Callee {
    Builtin(&'static Signature),
    Loaded(u32),
}

impl Callee {
    fn most(&self, functions: &Functions) -> usize {
        match self {
            Callee::Builtin(signature) => signature.most,
            Callee::Loaded(index) => functions.get(*index as usize).most,
        }
    }
}

impl Callee {
    /// Returns whether blanks around argument `index` do not count.
    fn trims(&self, index: usize) -> bool {
        match self {
            Callee::Builtin(signature) => signature.trims(index),
            Callee::Loaded(_) => false,
        }
    }
}

impl Compiler<'_> {
    fn sequence(&mut self, start: usize, end: usize) -> Sequence {
        let mark = self.open.len();
        let mut at = start;
        while let Some(found) = memchr::memchr(b'$', &self.text[at..end]) {
            let dollar = at + found;
            match self.text[..end].get(dollar + 1).copied() {
                // A lone `$` at the end and `$$` both give one `$`.
                None => break,
                Some(b'$') => {
                    self.push_text(at, dollar + 1);
                    at = dollar + 2;
                }
                Some(open @ (b'(' | b'{')) => {
                    self.push_text(at, dollar);
                    match self.reference(open, dollar + 2, end) {
                        Some(next) => at = next,
                        None => {
                            at = end;
                            break;
                        }
                    }
                }
                Some(byte) => {
                    self.push_text(at, dollar);
                    // `$` before a blank vanishes together with the blank.
                    if !is_space(byte) {
                        let name = self.names.intern(&[byte]);
                        self.open.push(Piece::Variable(name));
                    }
                    at = dollar + 2;
                }
            }
        }
        self.push_text(at, end);
        let first = index(self.pieces.len());
        self.pieces.extend(self.open.drain(mark..));
        Sequence {
            start: first,
            end: index(self.pieces.len()),
            text: span(start, end),
        }
    }

    fn push_text(&mut self, start: usize, end: usize) {
        if start < end {
            self.open.push(Piece::Text(span(start, end)));
        }
    }

    /// Compiles what follows `$(` at `begin`. Returns where the text goes on, None after a mistake.
    fn reference(&mut self, open: u8, begin: usize, end: usize) -> Option<usize> {
        let close = match open {
            b'(' => b')',
            _ => b'}',
        };
        if let Some((callee, name_end)) = self.callee(begin, end) {
            return self.call(callee, (begin, name_end), (open, close), end);
        }
        let Some(first) = memchr::memchr(close, &self.text[begin..end]) else {
            self.open.push(malformed(MakeError::UnterminatedReference));
            return None;
        };
        let first = begin + first;
        let mut behind = first + 1;
        if memchr::memchr(b'$', &self.text[begin..first]).is_some() {
            if let Some(last) = self.closing((open, close), begin - 1, begin, end) {
                let name = self.deeper(begin, last);
                self.open.push(Piece::Computed(name));
                return Some(last + 1);
            }
            // As GNU make has it, a name in which brackets are open ends at the first closed one, and all of the text.
            behind = end;
        }
        let piece = self.plain_reference(begin, first);
        self.open.push(piece);
        Some(behind)
    }

    fn plain_reference(&mut self, begin: usize, end: usize) -> Piece {
        let inner = &self.text[begin..end];
        match split_substitution(inner) {
            Some((colon, equals)) => Piece::Substitution {
                name: self.names.intern(&inner[..colon]),
                from: span(begin + colon + 1, begin + equals),
                to: span(begin + equals + 1, end),
            },
            None => Piece::Variable(self.names.intern(inner)),
        }
    }

    /// Finds the function that the text at `begin` calls, and the end of its name.
    fn callee(&mut self, begin: usize, end: usize) -> Option<(Callee, usize)> {
        let text = &self.text[begin..end];
        let length = text.iter().position(|byte| !is_function_name(*byte));
        let length = length.unwrap_or(text.len());
        // A name at the end of the text is a call too, one that is not closed.
        if length == 0 || text.get(length).is_some_and(|byte| !is_space(*byte)) {
            return None;
        }
        let name = &text[..length];
        if let Some(signature) = Signature::find(name) {
            return Some((Callee::Builtin(signature), begin + length));
        }
        self.has_candidates = true;
        let (found, _) = self.functions.find(name)?;
        Some((Callee::Loaded(index(found)), begin + length))
    }

    fn call(
        &mut self,
        callee: Callee,
        (begin, name_end): (usize, usize),
        brackets: (u8, u8),
        end: usize,
    ) -> Option<usize> {
        let blanks = self.text[name_end..end].iter();
        let mut at = name_end + blanks.take_while(|byte| is_space(**byte)).count();
        let Some(last) = self.closing(brackets, begin - 1, at, end) else {
            let name = BString::from(&self.text[begin..name_end]);
            let error = MakeError::UnterminatedCall(name, char::from(brackets.1));
            self.open.push(malformed(error));
            return None;
        };
        let most = callee.most(self.functions);
        let mut arguments: SmallVec<[Sequence; 4]> = SmallVec::new();
        loop {
            let is_last = arguments.len() + 1 == most;
            let comma = match is_last {
                true => None,
                false => self.next_comma(brackets, at, last),
            };
            let stop = comma.unwrap_or(last);
            let (from, to) = match callee.trims(arguments.len()) {
                true => trimmed(self.text, at, stop),
                false => (at, stop),
            };
            arguments.push(self.deeper(from, to));
            if comma.is_none() {
                break;
            }
            at = stop + 1;
        }
        let first = index(self.arguments.len());
        self.arguments.extend(arguments);
        let arguments = Arguments {
            start: first,
            end: index(self.arguments.len()),
        };
        self.open.push(match callee {
            Callee::Builtin(signature) => Piece::Call(signature, arguments),
            Callee::Loaded(found) => Piece::Loaded(found, arguments),
        });
        Some(last + 1)
    }

    fn deeper(&mut self, start: usize, end: usize) -> Sequence {
        if memchr::memchr(b'$', &self.text[start..end]).is_none() {
            let first = index(self.pieces.len());
            if start < end {
                self.pieces.push(Piece::Text(span(start, end)));
            }
            return Sequence {
                start: first,
                end: index(self.pieces.len()),
                text: span(start, end),
            };
        }
        self.depth += 1;
        let sequence = at_depth(self.depth, || self.sequence(start, end));
        self.depth -= 1;
        sequence
    }

    /// Returns where the bracket at `opened` is closed, `begin` being the first place to look at.
    fn closing(
        &mut self,
        brackets: (u8, u8),
        opened: usize,
        begin: usize,
        end: usize,
    ) -> Option<usize> {
        if self.depth < DEEP {
            return closing(self.text, brackets, begin, end);
        }
        let closed = self.closings(brackets)[opened] as usize;
        (closed < end).then_some(closed)
    }

    /// Returns the first comma outside of brackets.
    fn next_comma(&mut self, brackets: (u8, u8), begin: usize, end: usize) -> Option<usize> {
        if self.depth < DEEP {
            return next_comma(self.text, brackets, begin, end);
        }
        let text = self.text;
        let closings = self.closings(brackets);
        let mut at = begin;
        while let Some(found) = memchr::memchr2(brackets.0, b',', text.get(at..end)?) {
            at += found;
            if text[at] == b',' {
                return Some(at);
            }
            at = closings[at] as usize + 1;
        }
        None
    }

    fn closings(&mut self, (open, close): (u8, u8)) -> &[u32] {
        let text = self.text;
        self.closings[usize::from(open == b'{')].get_or_insert_with(|| {
            let mut closings = vec![OPEN; text.len()].into_boxed_slice();
            let mut opened = Vec::new();
            for at in memchr::memchr2_iter(open, close, text) {
                if text[at] == open {
                    opened.push(at);
                } else if let Some(opened) = opened.pop() {
                    closings[opened] = index(at);
                }
            }
            closings
        })
    }
}

/// Returns the name if `text` is nothing but `$x` or `$(name)`, nothing of it computed: no call, no substitution.
pub fn sole_variable(text: &[u8]) -> Option<&[u8]> {
    let inner = match text {
        [b'$', b'(', inner @ .., b')'] | [b'$', b'{', inner @ .., b'}'] => inner,
        [b'$', name] if !is_space(*name) && !matches!(name, b'$' | b'(' | b'{') => {
            return Some(&text[1..]);
        }
        _ => return None,
    };
    let is_odd = |c: &u8| is_space(*c) || matches!(c, b'$' | b'(' | b')' | b'{' | b'}' | b':');
    (!inner.iter().any(is_odd)).then_some(inner)
}

/// Returns the part of a range without blanks around it.
fn trimmed(text: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    while start < end && is_space(text[start]) {
        start += 1;
    }
    while start < end && is_space(text[end - 1]) {
        end -= 1;
    }
    (start, end)
}

/// Splits `name:from=to`: the places of the colon and of the equals sign.
pub fn split_substitution(inner: &[u8]) -> Option<(usize, usize)> {
    let colon = memchr::memchr(b':', inner)?;
    let equals = memchr::memchr(b'=', &inner[colon + 1..])?;
    Some((colon, colon + 1 + equals))
}

/// Returns where the bracket that was opened before `begin` is closed; only its own kind nests.
fn closing(text: &[u8], (open, close): (u8, u8), begin: usize, end: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in memchr::memchr2_iter(open, close, &text[begin..end]) {
        if text[begin + at] == open {
            depth += 1;
        } else if depth == 0 {
            return Some(begin + at);
        } else {
            depth -= 1;
        }
    }
    None
}

/// Returns the first comma outside of brackets.
fn next_comma(text: &[u8], (open, close): (u8, u8), begin: usize, end: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in memchr::memchr3_iter(open, close, b',', &text[begin..end]) {
        match text[begin + at] {
            b',' if depth == 0 => return Some(begin + at),
            b',' => {}
            byte if byte == open => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
    }
    None
}

fn malformed(error: MakeError) -> Piece {
    Piece::Malformed(Box::new(error))
}

fn span(start: usize, end: usize) -> Span {
    Span {
        start: index(start),
        end: index(end),
    }
}

fn index(value: usize) -> u32 {
    u32::try_from(value).expect("a template's text fits in 4 GiB")
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_function_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows a template: `[text]`, `<variable>`, `<name|from|to>`, `<<computed>>`, `name{argument;…}`, `!error`.
    fn show(template: &Template, names: &Names, sequence: Sequence) -> String {
        let text = |span: Span| String::from_utf8_lossy(template.text(span)).into_owned();
        let mut shown = String::new();
        for piece in template.pieces(sequence) {
            shown += &match piece {
                Piece::Text(span) => format!("[{}]", text(*span)),
                Piece::Variable(name) => format!("<{}>", names.show(*name)),
                Piece::Substitution { name, from, to } => {
                    format!("<{}|{}|{}>", names.show(*name), text(*from), text(*to))
                }
                Piece::Computed(inner) => format!("<<{}>>", show(template, names, *inner)),
                Piece::Call(signature, arguments) => {
                    let arguments = template.arguments(*arguments).iter();
                    let arguments: Vec<String> =
                        arguments.map(|one| show(template, names, *one)).collect();
                    format!("{}{{{}}}", signature.name, arguments.join(";"))
                }
                Piece::Loaded(index, arguments) => {
                    format!("loaded{index}/{}", template.arguments(*arguments).len())
                }
                Piece::Malformed(error) => format!("!{error}"),
            };
        }
        shown
    }

    fn check(text: &str, expected: &str) {
        let mut names = Names::default();
        let template = Template::compile(text.as_bytes(), &mut names, &Functions::default());
        assert_eq!(show(&template, &names, template.root()), expected, "{text}");
    }

    #[test]
    fn references() {
        check("", "");
        check("a$$b", "[a$][b]");
        check("a$", "[a$]");
        check("$x$(xy)${z}", "<x><xy><z>");
        check("$ a$\tb", "[a][b]");
        check("$(foo(bar))", "<foo(bar>[)]");
        check("${a)}$(b})", "<a)><b}>");
        check("$(a$(b))", "<<[a]<b>>>");
        check("$(a$(b)", "<a$(b>");
        check("$(${a}c)", "<<<a>[c]>>");
        check("$()", "<>");
        check("$(a b)", "<a b>");
    }

    #[test]
    fn substitutions() {
        check("$(x:a=b)", "<x|a|b>");
        check("$(x:%.c=%.o)", "<x|%.c|%.o>");
        check("$(x:.c)", "<x:.c>");
        check("$(x:c=o=p)", "<x|c|o=p>");
        check("$(x:=/)", "<x||/>");
        check("$(x:$a=b)", "<<[x:]<a>[=b]>>");
    }

    #[test]
    fn calls() {
        check("$(subst a,b,c,d)", "subst{[a];[b];[c,d]}");
        check("$(strip   a   b )", "strip{[a   b ]}");
        check("$(subst\ta,b,a)", "subst{[a];[b];[a]}");
        check("$( subst a,b,a)", "< subst a,b,a>");
        check("$(subst)", "<subst>");
        check("$(subst:a=b)", "<subst|a|b>");
        check("$(if  a, b , c,d)", "if{[a];[ b ];[ c,d]}");
        check("$(subst (a,b),{,x)", "subst{[(a,b)];[{];[x]}");
        check("${subst {a,b},(,x}", "subst{[{a,b}];[(];[x]}");
        check("$(or $(a),,b)", "or{<a>;;[b]}");
        check("$(if $(a) , b ,c)", "if{<a>;[ b ];[c]}");
        check("$(or $(a) $(b) , c )", "or{<a>[ ]<b>;[c]}");
        check("$(call f,a,b,c)", "call{[f];[a];[b];[c]}");
        check("$(word )", "word{}");
        check("$(nosuch a,b)", "<nosuch a,b>");
        check(
            "$(foreach x,a b,$(dir $x))c",
            "foreach{[x];[a b];dir{<x>}}[c]",
        );
    }

    #[test]
    fn mistakes_end_the_template() {
        check("a$(b", "[a]!unterminated variable reference");
        check("a$(b$$", "[a]!unterminated variable reference");
        check(
            "a$(info x)$(dir $(y)",
            "[a]info{[x]}!unterminated call to function 'dir': missing ')'",
        );
        check(
            "${dir $(y)",
            "!unterminated call to function 'dir': missing '}'",
        );
    }

    #[test]
    fn loaded_functions_are_seen_when_they_exist() {
        let mut names = Names::default();
        let mut functions = Functions::default();
        let before = Template::compile(b"$(hash a,b,c)", &mut names, &functions);
        assert_eq!(show(&before, &names, before.root()), "<hash a,b,c>");
        functions.add(crate::parser::function::Loaded {
            name: "hash".into(),
            least: 1,
            most: 2,
            eager: true,
            handle: 0,
        });
        assert!(!before.holds_for(&functions));
        let after = Template::compile(b"$(hash a,b,c)", &mut names, &functions);
        assert_eq!(show(&after, &names, after.root()), "loaded0/2");
        let other = Template::compile(b"$(dir a)$(b)", &mut names, &Functions::default());
        assert!(other.holds_for(&functions));
    }
}
