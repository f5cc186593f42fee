//! Reads makefile text: statements in order, a rule collected until it is complete.
//! It does not know how a rule is stored, nor how text is expanded.

use crate::error::MakeError;
use crate::error::Notice;
use crate::error::Result;
use crate::eval::conditional::Conditionals;
use crate::eval::make::Make;
use crate::eval::record::OpenRule;
use crate::eval::variable::Origin;
use crate::id::NameId;
use crate::loc::Loc;
use crate::parser::line::Joining;
use crate::parser::line::Line;
use crate::parser::line::Lines;
use crate::parser::line::Prepared;
use crate::parser::line::collapse;
use crate::parser::line::strip_comment;
use crate::parser::line::trim;
use crate::parser::line::trim_start;
use crate::parser::rule_line::clean_word;
use crate::parser::statement::Assignment;
use crate::parser::statement::Care;
use crate::parser::statement::DefineHeader;
use crate::parser::statement::Modifiers;
use crate::parser::statement::Statement;
use crate::parser::statement::classify;
use crate::stack::at_depth;
use std::borrow::Cow;

/// Nested deeper than this, `include` and `$(eval)` end the make. It is what the stack segments of `stacker` hold easily.
const DEEPEST: u32 = 1000;

/// How the lines of a text are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    /// As lines of this file.
    File(NameId),
    /// All stand at one place: the text of `$(eval)`.
    At(Loc),
    /// Nowhere: `--eval`.
    Nowhere,
}

/// What is known while one text is read.
pub struct Reader<'a> {
    /// What is still to be read.
    pub lines: Lines<'a>,
    numbering: Numbering,
    conditionals: Conditionals,
    /// The rule that recipe lines belong to.
    pub open: Option<OpenRule>,
    /// The last rule line had no targets: its recipe lines are ignored.
    pub has_no_targets: bool,
    /// Nesting of `define` in a skipped part.
    skipped_defines: bool,
    /// Numbers of the coming physical lines that begin with a NUL.
    nul_lines: &'a [u32],
}

impl Reader<'_> {
    /// Returns where a line with this number stands.
    pub fn loc(&self, number: u32) -> Option<Loc> {
        match self.numbering {
            Numbering::File(file) => Some(Loc { file, line: number }),
            Numbering::At(loc) => Some(loc),
            Numbering::Nowhere => None,
        }
    }
}

impl Make {
    /// Reads `text` as makefile text, for `$(eval)` and `--eval`; `loc` is where all of it counts as standing.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn read_buffer(&mut self, text: &[u8], loc: Option<Loc>) -> Result<()> {
        let numbering = loc.map_or(Numbering::Nowhere, Numbering::At);
        self.read_text(text, &[], numbering)
    }

    /// Reads `text` as the content of the makefile `file`.
    ///
    /// # Errors
    /// The first fatal error.
    pub fn read_file_text(&mut self, prepared: &Prepared, file: NameId) -> Result<()> {
        let Prepared { text, nul_lines } = prepared;
        self.read_text(text, nul_lines, Numbering::File(file))
    }

    fn read_text(&mut self, text: &[u8], nul_lines: &[u32], numbering: Numbering) -> Result<()> {
        let outer = self.reading;
        self.reader.depth += 1;
        if self.reader.depth > DEEPEST {
            return Err(self.fatal(MakeError::TooDeep));
        }
        let result = at_depth(self.reader.depth, || {
            self.read_lines(text, nul_lines, numbering)
        });
        self.reader.depth -= 1;
        result?;
        self.reading = outer;
        Ok(())
    }

    fn read_lines(&mut self, text: &[u8], nul_lines: &[u32], numbering: Numbering) -> Result<()> {
        let mut reader = Reader {
            lines: Lines::new(text, 1),
            numbering,
            conditionals: Conditionals::default(),
            open: None,
            has_no_targets: false,
            skipped_defines: false,
            nul_lines,
        };
        loop {
            if self.may_be_plain(&reader) && self.plain_rule(&mut reader)? {
                continue;
            }
            let Some(line) = reader.lines.next() else {
                break;
            };
            self.reading = reader.loc(line.number);
            self.warn_of_nuls(&mut reader, self.reading);
            self.read_line(&mut reader, line)?;
        }
        if reader.conditionals.is_open() {
            if let (Numbering::File(file), Some(loc)) = (numbering, &mut self.reading) {
                *loc = Loc {
                    file,
                    line: reader.lines.number(),
                };
            }
            return Err(self.fatal(MakeError::MissingEndif));
        }
        self.close_rule(&mut reader)
    }

    /// Returns whether the coming line, if it is a rule, may be taken for one without a closer look.
    fn may_be_plain(&self, reader: &Reader<'_>) -> bool {
        let is_recipe = reader.lines.rest().first() == Some(&self.variables.recipe_prefix);
        let is_skipped = reader.skipped_defines || reader.conditionals.is_skipping();
        !is_recipe && !is_skipped && reader.nul_lines.is_empty()
    }

    /// Warns of the NULs that begin the physical lines read so far.
    fn warn_of_nuls(&mut self, reader: &mut Reader<'_>, loc: Option<Loc>) {
        while let [number, rest @ ..] = reader.nul_lines
            && *number < reader.lines.number()
        {
            reader.nul_lines = rest;
            self.notice(loc, &Notice::NulCharacter);
        }
    }

    /// Stores the rule that was being collected; recipe lines of a rule without targets end here, too.
    pub fn close_rule(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        reader.has_no_targets = false;
        match reader.open.take() {
            Some(rule) => {
                let here = std::mem::replace(&mut self.reading, rule.loc);
                self.record(rule)?;
                self.reading = here;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn read_line(&mut self, reader: &mut Reader<'_>, line: Line<'_>) -> Result<()> {
        let is_recipe = line.text.first() == Some(&self.variables.recipe_prefix);
        if is_recipe {
            if reader.has_no_targets {
                return Ok(());
            }
            if let Some(rule) = &mut reader.open {
                if !reader.conditionals.is_skipping() {
                    rule.add_recipe_line(&line.text[1..], self.reading.map_or(0, |loc| loc.line));
                }
                return Ok(());
            }
        }
        let joined = collapse(line.text, self.joining());
        let plain = strip_comment(joined);
        let statement = classify(&plain);
        if reader.skipped_defines {
            // With anything behind it GNU make does not know it here.
            let rest = trim_start(&plain).strip_prefix(b"endef");
            reader.skipped_defines = !rest.is_some_and(|rest| trim_start(rest).is_empty());
            return Ok(());
        }
        if let Statement::Conditional(condition, rest) = statement {
            return self.conditional(&mut reader.conditionals, condition, rest);
        }
        if reader.conditionals.is_skipping() {
            reader.skipped_defines = matches!(statement, Statement::Define(_));
            return Ok(());
        }
        match statement {
            Statement::Rule if is_recipe => Err(self.fatal(MakeError::RecipeBeforeTarget)),
            Statement::Rule => self.rule_line(reader, line.text),
            Statement::Empty => Ok(()),
            _ => self.statement(reader, statement),
        }
    }

    /// Returns how physical lines are joined now.
    pub fn joining(&self) -> Joining {
        match self.special.posix {
            true => Joining::Posix,
            false => Joining::Gnu,
        }
    }

    fn statement(&mut self, reader: &mut Reader<'_>, statement: Statement<'_>) -> Result<()> {
        if let Statement::Include(care, rest) = statement {
            return self.include(reader, care, rest);
        }
        self.close_rule(reader)?;
        let loc = self.reading;
        match statement {
            Statement::Assign(assignment) => {
                let assignment = Assignment { loc, ..assignment };
                self.assign(&assignment, Origin::File, None)
            }
            Statement::Define(header) => self.define_lines(reader, header),
            Statement::Undefine(name, modifiers) => self.undefine_line(name, modifiers),
            Statement::Export(on, rest) => self.export_line(on, rest),
            Statement::Vpath(rest) => self.vpath_line(rest),
            Statement::Load(care, rest) => self.load_line(care, rest),
            Statement::Empty
            | Statement::Rule
            | Statement::Include(..)
            | Statement::Conditional(..) => Ok(()),
        }
    }

    /// Reads the lines of a `define` and assigns them.
    fn define_lines(&mut self, reader: &mut Reader<'_>, header: DefineHeader<'_>) -> Result<()> {
        let start = self.reading;
        if header.has_extra_text {
            self.notice(start, &Notice::ExtraneousText("define"));
        }
        let name = self.expand(header.name)?;
        let name = trim(&name);
        if name.is_empty() {
            return Err(self.fatal(MakeError::EmptyVariableName));
        }
        let name = self.names.intern(name);
        let mut value = Vec::new();
        let mut depth = 1;
        let mut line_before = start;
        loop {
            let Some(line) = reader.lines.next() else {
                return Err(self.fatal_at(start, MakeError::MissingEndef));
            };
            self.warn_of_nuls(reader, line_before);
            line_before = reader.loc(line.number);
            let text = collapse(line.text, self.joining());
            if text.first() != Some(&self.variables.recipe_prefix) {
                let word = trim_start(&text);
                let is = |keyword: &[u8]| {
                    word.strip_prefix(keyword)
                        .is_some_and(|rest| rest.first().is_none_or(|c| matches!(c, b' ' | b'\t')))
                };
                if is(b"define") {
                    depth += 1;
                } else if is(b"endef") {
                    let rest = strip_comment(Cow::Borrowed(&word[5..]));
                    if !trim_start(&rest).is_empty() {
                        let loc = reader.loc(line.number);
                        self.notice(loc, &Notice::ExtraneousText("endef"));
                    }
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            value.extend_from_slice(&text);
            value.push(b'\n');
        }
        value.pop();
        let assignment = Assignment {
            name: header.name,
            operator: header.operator,
            value: &value,
            modifiers: header.modifiers,
            loc: start,
        };
        // What an expansion now has to say is told at the endef.
        self.reading = line_before;
        self.assign_named(name, &assignment, Origin::File, None)
    }

    fn undefine_line(&mut self, name: &[u8], modifiers: Modifiers) -> Result<()> {
        let name = self.expand(name)?;
        let name = trim(&name);
        if name.is_empty() {
            return Err(self.fatal(MakeError::EmptyVariableName));
        }
        let origin = match modifiers.is_override {
            true => Origin::Override,
            false => Origin::File,
        };
        let name = self.names.intern(name);
        self.undefine(name, origin);
        Ok(())
    }

    fn export_line(&mut self, on: bool, rest: &[u8]) -> Result<()> {
        if rest.is_empty() {
            self.special.export_all = on;
            return Ok(());
        }
        let names = self.expand(rest)?;
        for word in names.split(|c| crate::parser::line::is_space(*c)) {
            if !word.is_empty() {
                let name = self.names.intern(word);
                self.set_export(name, on);
            }
        }
        Ok(())
    }

    fn vpath_line(&mut self, rest: &[u8]) -> Result<()> {
        let text = self.expand(rest)?;
        let (pattern, directories) = crate::parser::statement::first_word(trim_start(&text));
        if pattern.is_empty() {
            self.graph.vpath.clear_all();
        } else if directories.is_empty() {
            self.graph.vpath.clear(pattern);
        } else {
            self.graph.vpath.add(pattern, directories);
        }
        Ok(())
    }

    fn load_line(&mut self, care: Care, rest: &[u8]) -> Result<()> {
        let text = self.expand(rest)?;
        let mut names = crate::parser::rule_line::FileWords::new(&text);
        while let Some(name) = names.next_raw() {
            self.load_object(&clean_word(name), care)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
