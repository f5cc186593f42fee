//! Holds the scanner to the grammar in `makefile.pest`, on generated lines.
//! It does not know files: the grammar is for tests alone.

use crate::parser::line::Lines;
use crate::parser::line::trim;
use crate::parser::rule_line::find_colon;
use crate::parser::statement::Assignment;
use crate::parser::statement::Care;
use crate::parser::statement::Modifiers;
use crate::parser::statement::Operator;
use crate::parser::statement::Statement;
use crate::parser::statement::classify;
use crate::parser::statement::sides;
use pest::Parser;
use pest::iterators::Pair;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prelude::prop_assert_eq;
use proptest::prelude::proptest;
use proptest::strategy::Strategy;

/// The parser that pest makes of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "parser/makefile.pest"]
struct Grammar;

/// What the line language is about.
const PIECES: &[&str] = &[
    "export",
    "unexport",
    "override",
    "private",
    "define",
    "undefine",
    "endef",
    "ifdef",
    "ifndef",
    "ifeq",
    "ifneq",
    "else",
    "endif",
    "vpath",
    "include",
    "-include",
    "sinclude",
    "load",
    "-load",
    "a",
    "foo",
    "$(x)",
    "${y z}",
    "$(a (b) c)",
    "$(",
    "${",
    "$",
    "$$",
    "$(a=b)",
    ":",
    "::",
    "&:",
    "&",
    "=",
    ":=",
    "::=",
    ":::=",
    "+=",
    "?=",
    "!=",
    "+",
    "?",
    "!",
    "#",
    "\\",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    ",",
    "(",
    ")",
    "{",
    "}",
    "'",
    "\"",
    ";",
    "|",
    "%",
    "é",
];

/// Returns texts made of those pieces.
fn lines() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(PIECES);
    prop::collection::vec(pieces, 0..9).prop_map(|pieces| pieces.concat())
}

/// Returns conditions' arguments: mostly well formed.
fn conditions() -> impl Strategy<Value = String> {
    (lines(), lines(), any::<u8>()).prop_map(|(left, right, form)| match form % 6 {
        0 => format!("({left},{right})"),
        1 => format!("({left} , {right}) x"),
        2 => format!("'{left}' \"{right}\""),
        3 => format!("\"{left}\"'{right}'"),
        4 => format!("({left}"),
        _ => left,
    })
}

fn operator_name(operator: Operator) -> &'static str {
    match operator {
        Operator::Recursive => "=",
        Operator::Simple => ":=",
        Operator::Immediate => ":::=",
        Operator::IfUndefined => "?=",
        Operator::Append => "+=",
        Operator::Shell => "!=",
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn modifiers(modifiers: Modifiers) -> String {
    let mut out = String::new();
    for (is_there, word) in [
        (modifiers.export == Some(true), "export "),
        (modifiers.export == Some(false), "unexport "),
        (modifiers.is_override, "override "),
        (modifiers.is_private, "private "),
    ] {
        if is_there {
            out.push_str(word);
        }
    }
    out
}

/// Returns what the scanner makes of a line.
fn scanned(line: &str) -> String {
    match classify(line.as_bytes()) {
        Statement::Empty => "empty".to_owned(),
        Statement::Assign(Assignment {
            name,
            operator,
            value,
            modifiers: words,
            ..
        }) => format!(
            "{}assign {:?} {} {:?}",
            modifiers(words),
            text(name),
            operator_name(operator),
            text(value)
        ),
        Statement::Define(header) => {
            let words = modifiers(header.modifiers);
            format!("{words}define {:?}", text(header.name))
        }
        Statement::Undefine(name, words) => {
            format!("{}undefine {:?}", modifiers(words), text(name))
        }
        Statement::Conditional(condition, rest) => {
            format!("{} {:?}", condition.keyword(), text(rest))
        }
        Statement::Export(true, rest) => format!("export {:?}", text(rest)),
        Statement::Export(false, rest) => format!("unexport {:?}", text(rest)),
        Statement::Vpath(rest) => format!("vpath {:?}", text(rest)),
        Statement::Include(Care::Needed, rest) => format!("include {:?}", text(rest)),
        Statement::Include(Care::Optional, rest) => format!("-include {:?}", text(rest)),
        Statement::Load(Care::Needed, rest) => format!("load {:?}", text(rest)),
        Statement::Load(Care::Optional, rest) => format!("-load {:?}", text(rest)),
        Statement::Rule => "rule".to_owned(),
    }
}

fn children(pair: Pair<'_, Rule>) -> Vec<Pair<'_, Rule>> {
    pair.into_inner().collect()
}

/// Returns what the grammar makes of a line, in the same words.
fn specified(line: &str) -> String {
    let parsed = Grammar::parse(Rule::line, line).expect("every line is a line");
    let statement = parsed
        .flat_map(Pair::into_inner)
        .next()
        .expect("a line holds a statement");
    let kind = statement.as_rule();
    let parts = children(statement.clone());
    match kind {
        Rule::empty => "empty".to_owned(),
        Rule::modified => specified_assignment(statement),
        Rule::conditional | Rule::directive => {
            let keyword = match parts[0].as_str() {
                "sinclude" => "-include",
                keyword => keyword,
            };
            format!("{keyword} {:?}", parts[1].as_str())
        }
        _ => "rule".to_owned(),
    }
}

fn specified_assignment(mut pair: Pair<'_, Rule>) -> String {
    let mut words = Modifiers::default();
    loop {
        let mut parts = children(pair);
        let last = parts.pop().expect("something is modified");
        if let Some(modifier) = parts.pop() {
            match modifier.as_str() {
                "export" => words.export = Some(true),
                "unexport" => words.export = Some(false),
                "override" => words.is_override = true,
                _ => words.is_private = true,
            }
        }
        let words = modifiers(words);
        let inner = children(last.clone());
        match last.as_rule() {
            Rule::modified => {
                pair = last;
                continue;
            }
            Rule::define => {
                let header = inner[0].as_str();
                let parsed = Grammar::parse(Rule::assignment, header).ok();
                let name = parsed
                    .and_then(|mut pairs| pairs.next())
                    .map(|pair| children(pair)[0].as_str().to_owned());
                let name = name.unwrap_or_else(|| text(trim(header.as_bytes())));
                return format!("{words}define {name:?}");
            }
            Rule::undefine => {
                let name = text(trim(inner[0].as_str().as_bytes()));
                return format!("{words}undefine {name:?}");
            }
            _ => {
                let operator = match inner[1].as_str() {
                    "::=" => ":=",
                    operator => operator,
                };
                return format!(
                    "{words}assign {:?} {operator} {:?}",
                    inner[0].as_str(),
                    inner[2].as_str()
                );
            }
        }
    }
}

/// Returns where the grammar finds the colon of a rule line: length of the targets as written, its text.
fn specified_colon(line: &str) -> Option<(String, String)> {
    let mut parsed = Grammar::parse(Rule::rule_line, line).ok()?;
    let parts = children(parsed.next()?);
    Some((parts[1].as_str().to_owned(), parts[2].as_str().to_owned()))
}

fn scanned_colon(line: &str) -> Option<(String, String)> {
    let mut bytes = line.as_bytes().to_vec();
    let colon = find_colon(&mut bytes, 0)?;
    let kind = &bytes[colon.targets_end..colon.rest];
    Some((text(kind), text(&bytes[colon.rest..])))
}

fn specified_sides(line: &str) -> Option<(String, String)> {
    let mut parsed = Grammar::parse(Rule::sides, line).ok()?;
    let form = parsed.next()?.into_inner().next()?;
    let is_quoted = form.as_rule() == Rule::in_quotes;
    let parts = children(form);
    let side = |part: &Pair<'_, Rule>| match is_quoted {
        true => part.as_str()[1..part.as_str().len() - 1].to_owned(),
        false => part.as_str().to_owned(),
    };
    let left = side(&parts[0]);
    let left = match is_quoted {
        true => left,
        false => left.trim_end_matches([' ', '\t']).to_owned(),
    };
    Some((left, side(&parts[1])))
}

/// Whether a text's parentheses are balanced: the grammar's `nested` is for those only.
fn is_balanced(line: &str) -> bool {
    let mut depth = 0i32;
    for c in line.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

proptest! {
    #[test]
    fn the_scanner_classifies_lines_as_the_grammar_does(line in lines()) {
        prop_assert_eq!(scanned(&line), specified(&line));
    }

    #[test]
    fn the_scanner_cuts_lines_where_the_grammar_does(texts in prop::collection::vec(lines(), 0..5)) {
        let whole = texts.join("\n");
        let mut parsed = Grammar::parse(Rule::text, &whole).expect("every text is a text");
        let mut specified: Vec<String> = children(parsed.next().expect("one text"))
            .iter()
            .filter(|pair| pair.as_rule() == Rule::logical)
            .map(|pair| pair.as_str().to_owned())
            .collect();
        // Behind the last newline there is no line.
        if specified.last().is_some_and(String::is_empty) {
            specified.pop();
        }
        let found: Vec<String> = Lines::new(whole.as_bytes(), 1).map(|line| text(line.text)).collect();
        prop_assert_eq!(found, specified);
        let count: u32 = Lines::new(whole.as_bytes(), 1).map(|line| line.count).sum();
        let newlines = whole.matches('\n').count() + usize::from(!whole.is_empty() && !whole.ends_with('\n'));
        prop_assert_eq!(count as usize, newlines);
    }

    #[test]
    fn the_scanner_finds_the_colon_where_the_grammar_does(line in lines()) {
        prop_assert_eq!(scanned_colon(&line), specified_colon(&line));
    }

    #[test]
    fn the_scanner_splits_conditions_as_the_grammar_does(line in conditions()) {
        if line.starts_with('(') && !is_balanced(&line) {
            return Ok(());
        }
        let found = sides(line.as_bytes());
        let found = found.map(|sides| (text(sides.left), text(sides.right)));
        prop_assert_eq!(found, specified_sides(&line));
    }
}
