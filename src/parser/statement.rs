//! Classifies logical lines as GNU make does: assignments, directives, conditionals, rules.
//! It does not know values of variables, nor whether a statement is in a skipped part.

use crate::loc::Loc;
use crate::parser::line::is_blank;
use crate::parser::line::is_space;
use crate::parser::line::skip_reference;
use crate::parser::line::trim;
use crate::parser::line::trim_start;
use memchr::memchr;

/// How a value is assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Recursive,
    /// `:=` and `::=`
    Simple,
    /// `:::=`: expanded at once, every `$` doubled again, recursive.
    Immediate,
    /// `?=`
    IfUndefined,
    /// `+=`
    Append,
    /// `!=`
    Shell,
}

/// Words before a variable's name. `None` of `export` leaves the variable's export as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// `override`
    pub is_override: bool,
    /// `private`
    pub is_private: bool,
    /// `define`: the value is multi-line text, kept as it is (blanks included).
    pub is_define: bool,
    /// `export` gives Some(true), `unexport` Some(false).
    pub export: Option<bool>,
}

/// A variable assignment as written.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'a> {
    /// The name, not yet expanded, blanks around it removed.
    pub name: &'a [u8],
    /// The operator.
    pub operator: Operator,
    /// The value as written, leading blanks removed, not expanded.
    pub value: &'a [u8],
    /// Words before the name.
    pub modifiers: Modifiers,
    /// Where it stands; None on the command line.
    pub loc: Option<Loc>,
}

/// What a `load`, `include` or `vpath` line and its kin say, arguments not yet expanded.
#[derive(Clone, Copy, Debug)]
pub enum Statement<'a> {
    /// Nothing but blanks.
    Empty,
    /// `NAME op VALUE`, modifiers before it. The location is filled in by the reader.
    Assign(Assignment<'a>),
    /// `define`: name and operator; the value follows in the next lines.
    Define(DefineHeader<'a>),
    /// `undefine`: the name, and whether `override` stands before it.
    Undefine(&'a [u8], Modifiers),
    /// A conditional directive and what stands behind it.
    Conditional(Condition, &'a [u8]),
    /// `export` or `unexport` (false) and its names.
    Export(bool, &'a [u8]),
    /// `vpath` and its arguments.
    Vpath(&'a [u8]),
    /// `include` and its file names.
    Include(Care, &'a [u8]),
    /// `load` and its file names.
    Load(Care, &'a [u8]),
    /// Anything else: a rule, or a line without separator.
    Rule,
}

/// The first line of a `define`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefineHeader<'a> {
    /// The name, not yet expanded.
    pub name: &'a [u8],
    /// The operator behind it, `=` when there is none.
    pub operator: Operator,
    /// Words before the name.
    pub modifiers: Modifiers,
    /// There is text behind the operator, which is ignored.
    pub has_extra_text: bool,
}

/// Whether a file may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// It must be there (or be made).
    Needed,
    /// `-include`, `sinclude`, `-load`.
    Optional,
}

/// A conditional directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `ifdef`
    IfDefined,
    /// `ifndef`
    IfUndefined,
    /// `ifeq`
    IfEqual,
    /// `ifneq`
    IfDifferent,
    /// `else`
    Else,
    /// `endif`
    EndIf,
}

impl Condition {
    /// Returns the directive of that name.
    pub fn named(word: &[u8]) -> Option<Condition> {
        Some(match word {
            b"ifdef" => Condition::IfDefined,
            b"ifndef" => Condition::IfUndefined,
            b"ifeq" => Condition::IfEqual,
            b"ifneq" => Condition::IfDifferent,
            b"else" => Condition::Else,
            b"endif" => Condition::EndIf,
            _ => return None,
        })
    }

    /// Returns its keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            Condition::IfDefined => "ifdef",
            Condition::IfUndefined => "ifndef",
            Condition::IfEqual => "ifeq",
            Condition::IfDifferent => "ifneq",
            Condition::Else => "else",
            Condition::EndIf => "endif",
        }
    }
}

/// Which words may stand before an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentPlace {
    /// A line of a makefile.
    Line,
    /// Behind the colon of a rule: no `define`, no `undefine`.
    Target,
}

/// Returns what a line is: collapsed, without comment.
pub fn classify(line: &[u8]) -> Statement<'_> {
    let text = trim_start(line);
    if text.is_empty() {
        return Statement::Empty;
    }
    if let Some(statement) = assignment(text, AssignmentPlace::Line) {
        return statement;
    }
    let (word, rest) = first_word(text);
    if let Some(condition) = Condition::named(word) {
        return Statement::Conditional(condition, rest);
    }
    match word {
        b"export" => Statement::Export(true, rest),
        b"unexport" => Statement::Export(false, rest),
        b"vpath" => Statement::Vpath(rest),
        b"include" => Statement::Include(Care::Needed, rest),
        b"-include" | b"sinclude" => Statement::Include(Care::Optional, rest),
        b"load" => Statement::Load(Care::Needed, rest),
        b"-load" => Statement::Load(Care::Optional, rest),
        _ => Statement::Rule,
    }
}

/// Returns the first word of `text` (which begins with it) and what follows, blanks removed.
pub fn first_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| is_space(*c));
    let end = end.unwrap_or(text.len());
    (&text[..end], trim_start(&text[end..]))
}

/// Returns the assignment, `define` or `undefine` that `text` is; None when it is something else.
pub fn assignment(text: &[u8], place: AssignmentPlace) -> Option<Statement<'_>> {
    let mut modifiers = Modifiers::default();
    let mut text = trim_start(text);
    loop {
        if text.is_empty() {
            return None;
        }
        if let Some((name, operator, value)) = operator_in(text) {
            return Some(Statement::Assign(Assignment {
                name,
                operator,
                value,
                modifiers,
                loc: None,
            }));
        }
        let (word, rest) = first_word(text);
        match word {
            b"export" => modifiers.export = Some(true),
            b"unexport" => modifiers.export = Some(false),
            b"override" => modifiers.is_override = true,
            b"private" => modifiers.is_private = true,
            b"define" if place == AssignmentPlace::Line => {
                modifiers.is_define = true;
                return Some(Statement::Define(define_header(rest, modifiers)));
            }
            b"undefine" if place == AssignmentPlace::Line => {
                return Some(Statement::Undefine(trim(rest), modifiers));
            }
            _ => return None,
        }
        text = rest;
    }
}

/// Returns the assignment that a word of the command line is: no modifiers, no location.
pub fn parse_assignment(word: &[u8]) -> Option<Assignment<'_>> {
    let (name, operator, value) = operator_in(trim_start(word))?;
    Some(Assignment {
        name,
        operator,
        value,
        modifiers: Modifiers::default(),
        loc: None,
    })
}

fn define_header(text: &[u8], modifiers: Modifiers) -> DefineHeader<'_> {
    match operator_in(text) {
        Some((name, operator, value)) => DefineHeader {
            name,
            operator,
            modifiers,
            has_extra_text: !value.is_empty(),
        },
        None => DefineHeader {
            name: trim(text),
            operator: Operator::Recursive,
            modifiers,
            has_extra_text: false,
        },
    }
}

/// Splits `NAME op VALUE`; None when no operator follows the first word.
pub fn operator_in(text: &[u8]) -> Option<(&[u8], Operator, &[u8])> {
    let mut at = 0;
    let mut name_end = None;
    loop {
        let c = *text.get(at)?;
        if c == b'#' {
            return None;
        }
        if is_blank(c) {
            name_end = name_end.or(Some(at));
            at += 1;
            continue;
        }
        if let Some((operator, length)) = operator_at(&text[at..]) {
            let name = &text[..name_end.unwrap_or(at)];
            return Some((name, operator, trim_start(&text[at + length..])));
        }
        if c == b':' || name_end.is_some() {
            return None;
        }
        at = match c {
            b'$' => skip_reference(text, at),
            // Nothing but these says anything of what the line is.
            _ => {
                let rest = text[at + 1..].iter();
                let stop = rest.take_while(|c| OPERATOR_OR_BLANK[usize::from(**c)] == 0);
                at + 1 + stop.count()
            }
        };
    }
}

/// 1 for the bytes that may end a variable's name or begin a reference or a comment.
static OPERATOR_OR_BLANK: [u8; 256] = {
    let mut table = [0; 256];
    let bytes = b" \t#=:?+!$";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = 1;
        at += 1;
    }
    table
};

/// Returns the assignment operator that `text` begins with, and its length.
fn operator_at(text: &[u8]) -> Option<(Operator, usize)> {
    Some(match text {
        [b'=', ..] => (Operator::Recursive, 1),
        [b':', b'=', ..] => (Operator::Simple, 2),
        [b':', b':', b'=', ..] => (Operator::Simple, 3),
        [b':', b':', b':', b'=', ..] => (Operator::Immediate, 4),
        [b'?', b'=', ..] => (Operator::IfUndefined, 2),
        [b'+', b'=', ..] => (Operator::Append, 2),
        [b'!', b'=', ..] => (Operator::Shell, 2),
        _ => return None,
    })
}

/// The two sides of `ifeq`, not yet expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides<'a> {
    /// The left side.
    pub left: &'a [u8],
    /// The right side.
    pub right: &'a [u8],
    /// Something stands behind it, which is ignored.
    pub has_extra_text: bool,
}

/// Returns the left side of a condition and what stands behind it.
pub fn left_side(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match *text.first()? {
        b'(' => {
            let comma = find_at_depth(&text[1..], b',')? + 1;
            let left = &text[1..comma];
            let end = left.iter().rposition(|c| !is_blank(*c));
            Some((&left[..end.map_or(0, |last| last + 1)], &text[comma + 1..]))
        }
        quote @ (b'"' | b'\'') => {
            let end = memchr(quote, &text[1..])? + 1;
            Some((&text[1..end], trim_start(&text[end + 1..])))
        }
        _ => None,
    }
}

/// Splits the arguments of `ifeq`: `(a,b)`, `"a" 'b'`. None when they are malformed.
pub fn sides(text: &[u8]) -> Option<Sides<'_>> {
    let (left, rest) = left_side(text)?;
    let (right, rest) = match text[0] {
        b'(' => {
            let right = trim_start(rest);
            let end = find_at_depth(right, b')')?;
            (&right[..end], &right[end + 1..])
        }
        _ => {
            let quote = *rest.first().filter(|c| matches!(c, b'"' | b'\''))?;
            let end = memchr(quote, &rest[1..])? + 1;
            (&rest[1..end], &rest[end + 1..])
        }
    };
    let has_extra_text = !trim_start(rest).is_empty();
    Some(Sides {
        left,
        right,
        has_extra_text,
    })
}

/// Finds `stop` outside of nested parentheses.
fn find_at_depth(text: &[u8], stop: u8) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.iter().enumerate() {
        match *c {
            c if c == stop && depth == 0 => return Some(at),
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::BStr;

    fn describe(line: &str) -> String {
        let show = |text: &[u8]| BStr::new(text).to_string();
        match classify(line.as_bytes()) {
            Statement::Empty => "empty".to_owned(),
            Statement::Assign(found) => {
                let mut words = String::new();
                if found.modifiers.is_override {
                    words.push_str("override ");
                }
                if found.modifiers.is_private {
                    words.push_str("private ");
                }
                match found.modifiers.export {
                    Some(true) => words.push_str("export "),
                    Some(false) => words.push_str("unexport "),
                    None => {}
                }
                let (name, value) = (show(found.name), show(found.value));
                format!("{words}[{name}] {:?} [{value}]", found.operator)
            }
            Statement::Define(header) => format!(
                "define [{}] {:?}{}",
                show(header.name),
                header.operator,
                if header.has_extra_text { " extra" } else { "" }
            ),
            Statement::Undefine(name, _) => format!("undefine [{}]", show(name)),
            Statement::Conditional(condition, rest) => {
                format!("{} [{}]", condition.keyword(), show(rest))
            }
            Statement::Export(on, rest) => format!("export {on} [{}]", show(rest)),
            Statement::Vpath(rest) => format!("vpath [{}]", show(rest)),
            Statement::Include(care, rest) => format!("include {care:?} [{}]", show(rest)),
            Statement::Load(care, rest) => format!("load {care:?} [{}]", show(rest)),
            Statement::Rule => "rule".to_owned(),
        }
    }

    #[test]
    fn lines_are_classified() {
        for (line, expected) in [
            ("", "empty"),
            (" \t", "empty"),
            ("a=b", "[a] Recursive [b]"),
            ("  a  :=  b ", "[a] Simple [b ]"),
            ("a ::= b", "[a] Simple [b]"),
            ("a:::=b", "[a] Immediate [b]"),
            ("a?=b", "[a] IfUndefined [b]"),
            ("a ? = b", "rule"),
            ("a? = b", "[a?] Recursive [b]"),
            ("a+=b", "[a] Append [b]"),
            ("a != b", "[a] Shell [b]"),
            ("$(a b:c=d) = e", "[$(a b:c=d)] Recursive [e]"),
            ("= x", "[] Recursive [x]"),
            ("a b = c", "rule"),
            ("a: b = c", "rule"),
            ("a:b=c", "rule"),
            ("override=3", "[override] Recursive [3]"),
            ("override x=3", "override [x] Recursive [3]"),
            (
                "export override private x = 3",
                "override private export [x] Recursive [3]",
            ),
            ("export", "export true []"),
            ("export: ;", "rule"),
            ("export a b", "export true [a b]"),
            ("unexport a = b", "unexport [a] Recursive [b]"),
            ("include: x", "rule"),
            ("include x  y", "include Needed [x  y]"),
            ("-include", "include Optional []"),
            ("sinclude = 1", "[sinclude] Recursive [1]"),
            ("ifdef = 1", "[ifdef] Recursive [1]"),
            ("ifeq (a,b)", "ifeq [(a,b)]"),
            ("ifeq(a,b)", "rule"),
            ("else ifdef x", "else [ifdef x]"),
            ("define x", "define [x] Recursive"),
            ("define x y :=", "define [x y :=] Recursive"),
            ("define x := z", "define [x] Simple extra"),
            ("define = ", "[define] Recursive []"),
            ("undefine a b", "undefine [a b]"),
            ("override", "rule"),
            ("vpath %.c src", "vpath [%.c src]"),
            ("load x.so", "load Needed [x.so]"),
        ] {
            assert_eq!(describe(line), expected, "{line}");
        }
    }

    #[test]
    fn sides_of_conditions() {
        for (text, expected) in [
            ("(a,b)", Some(("a", "b", false))),
            ("(a , b )", Some(("a", "b ", false))),
            ("( a,b) x", Some((" a", "b", true))),
            ("($(f x,y),z)", Some(("$(f x,y)", "z", false))),
            ("(,)", Some(("", "", false))),
            ("'a' \"b\"", Some(("a", "b", false))),
            ("'a''b'", Some(("a", "b", false))),
            ("blah", None),
            ("(a,b", None),
            ("(a)", None),
            ("\"a\"", None),
            ("", None),
        ] {
            let found = sides(text.as_bytes());
            let found = found.map(|sides| (sides.left, sides.right, sides.has_extra_text));
            let expected =
                expected.map(|(l, r, x): (&str, &str, bool)| (l.as_bytes(), r.as_bytes(), x));
            assert_eq!(found, expected, "{text}");
        }
    }
}
