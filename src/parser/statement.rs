//! Classifies logical lines as GNU make does: assignments, directives, conditionals, rules.
//! It does not know values of variables, nor whether a statement is in a skipped part.

use crate::loc::Loc;

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
