//! Reads one rule line: expands as much as is needed to tell a rule from a target-specific
//! assignment, then splits it. It does not know how a rule is stored.

use crate::error::MakeError;
use crate::error::Result;
use crate::eval::make::Make;
use crate::eval::names::ListKind;
use crate::eval::read::Reader;
use crate::eval::record::OpenRule;
use crate::eval::record::StaticPattern;
use crate::id::NameId;
use crate::name::strip_dot_slash;
use crate::parser::line::References;
use crate::parser::line::collapse;
use crate::parser::line::find_unquoted;
use crate::parser::line::is_space;
use crate::parser::line::trim;
use crate::parser::line::trim_start;
use crate::parser::plain;
use crate::parser::plain::PlainRule;
use crate::parser::rule_line::Colon;
use crate::parser::rule_line::FileWords;
use crate::parser::rule_line::Piece;
use crate::parser::rule_line::Tail;
use crate::parser::rule_line::clean_word;
use crate::parser::rule_line::find_colon;
use crate::parser::rule_line::find_percent;
use crate::parser::rule_line::find_tail;
use crate::parser::rule_line::next_piece;
use crate::parser::rule_line::static_colon;
use crate::parser::statement::Assignment;
use crate::parser::statement::AssignmentPlace;
use crate::parser::statement::Statement;
use crate::parser::statement::assignment;
use memchr::memchr;
use memchr::memchr2;
use memchr::memchr3;
use smallvec::SmallVec;

/// A rule line on its way: expanded up to its colon.
struct Expanded {
    /// The expanded text.
    text: Vec<u8>,
    /// Its colon in `text`.
    colon: Colon,
    /// What follows, not yet expanded.
    rest: Vec<u8>,
    /// The recipe behind a semicolon.
    recipe: Option<Vec<u8>>,
    /// The semicolon stood in the text as written.
    is_recipe_literal: bool,
}

/// What became of a line when it was expanded up to a colon.
enum Start {
    /// There is a colon.
    Rule(Expanded),
    /// A rule without targets: it and its recipe are ignored.
    NoTargets,
    /// Nothing was left of it.
    Nothing,
}

impl Make {
    /// Reads a rule line, or a target-specific assignment.
    pub fn rule_line(&mut self, reader: &mut Reader<'_>, line: &[u8]) -> Result<()> {
        self.close_rule(reader)?;
        let mut found = match self.expand_to_colon(line)? {
            Start::Rule(found) => found,
            Start::NoTargets => {
                reader.has_no_targets = true;
                return Ok(());
            }
            Start::Nothing => return Ok(()),
        };
        let mut targets: SmallVec<[NameId; 4]> = SmallVec::new();
        let text = &found.text[..found.colon.targets_end];
        // Of a glob or a home directory nobody knows what comes.
        let has_patterns =
            memchr2(b'%', b'~', text).is_some() || memchr3(b'*', b'?', b'[', text).is_some();
        self.for_each_name(text, ListKind::Targets, &mut |_, name| targets.push(name))?;
        if targets.is_empty() {
            reader.has_no_targets = true;
            return Ok(());
        }
        if memchr(b'=', &found.text[found.colon.rest..]).is_some()
            || memchr(b'=', &found.rest).is_some()
        {
            let rest = [&found.text[found.colon.rest..], &found.rest].concat();
            if let Some(Statement::Assign(assignment)) = assignment(&rest, AssignmentPlace::Target)
            {
                return self.target_assignment(&targets, assignment, &found);
            }
            find_unquoted(&mut found.rest, 0, b"=", References::Searched);
        }
        let mut rule = self.split_rule(targets, found)?;
        rule.has_patterns = has_patterns;
        self.choose_default_goal(&rule.targets);
        reader.open = Some(rule);
        Ok(())
    }

    /// Reads the coming line if it is a rule without anything to expand, quote or match.
    pub fn plain_rule(&mut self, reader: &mut Reader<'_>) -> Result<bool> {
        let Some(mut line) = PlainRule::new(&reader.lines) else {
            return Ok(false);
        };
        let mut targets: SmallVec<[NameId; 4]> = SmallVec::new();
        let mut has_colon = false;
        let mut prereqs = std::mem::take(&mut self.reader.spare_names);
        prereqs.clear();
        loop {
            match line.next_piece() {
                Some(plain::Piece::Name(b".WAIT")) | None => {
                    self.reader.spare_names = prereqs;
                    return Ok(false);
                }
                Some(plain::Piece::Name(name)) => {
                    let name = self.names.intern(strip_dot_slash(name));
                    match has_colon {
                        false => targets.push(name),
                        true => prereqs.push(name),
                    }
                }
                Some(plain::Piece::Colon) => has_colon = true,
                Some(plain::Piece::End) => break,
            }
        }
        self.close_rule(reader)?;
        self.reading = reader.loc(reader.lines.number());
        line.take_from(&mut reader.lines);
        self.choose_default_goal(&targets);
        reader.open = Some(OpenRule {
            targets,
            has_patterns: false,
            is_double: false,
            is_grouped: false,
            pattern: None,
            prereqs: Vec::new(),
            names: prereqs,
            recipe: std::mem::take(&mut self.reader.spare_text),
            recipe_line: None,
            prefix: self.variables.recipe_prefix,
            loc: self.reading,
        });
        Ok(true)
    }

    /// Expands a line piece by piece until a colon shows up.
    fn expand_to_colon(&mut self, line: &[u8]) -> Result<Start> {
        let (mut text, mut recipe) = self.without_tail(line);
        let is_recipe_literal = recipe.is_some();
        if memchr2(b'$', b'=', &text).is_none() {
            return self.colon_of_plain(line, text, recipe);
        }
        let (piece, mut next) = next_piece(&text, 0);
        let word = match piece {
            Piece::End if is_recipe_literal => {
                return Err(self.fatal(MakeError::MissingRuleBeforeRecipe));
            }
            Piece::End => return Ok(Start::Nothing),
            Piece::Colon(_) => return Ok(Start::NoTargets),
            Piece::Word(word) => word,
        };
        let mut out = Vec::with_capacity(text.len());
        self.expand_into(word, &mut out)?;
        let mut from = 0;
        loop {
            if recipe.is_none()
                && let Some(at) = find_unquoted(&mut out, from, b";", References::Searched)
            {
                let mut tail = out.split_off(at + 1);
                out.pop();
                self.expand_into(&text[next..], &mut tail)?;
                next = text.len();
                recipe = Some(tail);
            }
            if let Some(colon) = find_colon(&mut out, from) {
                return Ok(Start::Rule(Expanded {
                    text: out,
                    colon,
                    rest: text.split_off(next),
                    recipe,
                    is_recipe_literal,
                }));
            }
            let (piece, after) = next_piece(&text, next);
            let word = match piece {
                Piece::End => break,
                Piece::Colon(word) | Piece::Word(word) => word,
            };
            next = after;
            out.push(b' ');
            from = out.len();
            self.expand_into(word, &mut out)?;
        }
        match trim_start(&out).is_empty() {
            true => Ok(Start::Nothing),
            false => Err(self.missing_separator(line)),
        }
    }

    /// Returns a line without its comment or its recipe, joined, and the recipe as written.
    fn without_tail(&self, line: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut text = line.to_vec();
        let mut recipe = None;
        if memchr2(b';', b'#', &text).is_some() {
            match find_tail(&mut text) {
                Tail::None => {}
                Tail::Comment(at) => text.truncate(at),
                Tail::Recipe(at) => {
                    recipe = Some(text.split_off(at + 1));
                    text.pop();
                }
            }
        }
        if memchr(b'\n', &text).is_some() {
            text = collapse(&text, self.joining()).into_owned();
        }
        (text, recipe)
    }

    /// The same for a line without `$` and `=`: there is nothing to expand.
    fn colon_of_plain(
        &mut self,
        line: &[u8],
        mut text: Vec<u8>,
        mut recipe: Option<Vec<u8>>,
    ) -> Result<Start> {
        let is_recipe_literal = recipe.is_some();
        if trim_start(&text).is_empty() {
            return match is_recipe_literal {
                true => Err(self.fatal(MakeError::MissingRuleBeforeRecipe)),
                false => Ok(Start::Nothing),
            };
        }
        if !is_recipe_literal
            && memchr(b';', &text).is_some()
            && let Some(at) = find_unquoted(&mut text, 0, b";", References::Searched)
        {
            recipe = Some(text.split_off(at + 1));
            text.pop();
        }
        let Some(colon) = find_colon(&mut text, 0) else {
            return match trim_start(&text).is_empty() {
                true => Ok(Start::Nothing),
                false => Err(self.missing_separator(line)),
            };
        };
        // Words are told apart by any white space here, further right by blanks alone.
        for c in &mut text[..colon.targets_end] {
            if is_space(*c) {
                *c = b' ';
            }
        }
        if trim_start(&text[..colon.targets_end]).is_empty() {
            return Ok(Start::NoTargets);
        }
        Ok(Start::Rule(Expanded {
            text,
            colon,
            rest: Vec::new(),
            recipe,
            is_recipe_literal,
        }))
    }

    fn missing_separator(&self, line: &[u8]) -> Box<crate::error::Fatal> {
        let word = trim_start(line);
        let error = if self.variables.recipe_prefix == b'\t' && line.starts_with(b"        ") {
            MakeError::MissingSeparatorTab
        } else if word.starts_with(b"ifeq") || word.starts_with(b"ifneq") {
            MakeError::MissingSeparatorConditional
        } else {
            MakeError::MissingSeparator
        };
        self.fatal(error)
    }

    /// Does `targets: NAME op VALUE`; a literal semicolon belongs to the value.
    fn target_assignment(
        &mut self,
        targets: &[NameId],
        assignment: Assignment<'_>,
        found: &Expanded,
    ) -> Result<()> {
        let mut value = assignment.value.to_vec();
        if let (true, Some(recipe)) = (found.is_recipe_literal, &found.recipe) {
            value.push(b';');
            value.extend_from_slice(&collapse(recipe, self.joining()));
        }
        let assignment = Assignment {
            value: &value,
            loc: self.reading,
            ..assignment
        };
        for name in targets {
            let text = self.names.bytes(*name);
            if memchr(b'%', text).is_none() {
                let target = self.graph.targets.enter(*name);
                self.assign_for_target(target, &assignment)?;
                continue;
            }
            let mut text = text.to_vec();
            match find_percent(&mut text) {
                Some(percent) => self.assign_for_pattern(&text, percent, &assignment)?,
                None => {
                    let name = self.names.intern(&text);
                    let target = self.graph.targets.enter(name);
                    self.assign_for_target(target, &assignment)?;
                }
            }
        }
        Ok(())
    }

    /// Expands the part behind the colon and splits it.
    fn split_rule(&mut self, targets: SmallVec<[NameId; 4]>, found: Expanded) -> Result<OpenRule> {
        let Expanded {
            mut text,
            colon,
            rest,
            mut recipe,
            ..
        } = found;
        let mut prereqs = text.split_off(colon.rest);
        if !rest.is_empty() {
            self.expand_into(&rest, &mut prereqs)?;
            if recipe.is_none()
                && let Some(at) = find_unquoted(&mut prereqs, 0, b";", References::Searched)
            {
                recipe = Some(prereqs.split_off(at + 1));
                prereqs.pop();
            }
        }
        let pattern = match static_colon(&prereqs) {
            None => None,
            Some(at) => {
                let pattern = self.static_pattern(&prereqs[..at])?;
                prereqs.drain(..=at);
                Some(pattern)
            }
        };
        let trimmed = trim(&prereqs);
        if trimmed.len() < prereqs.len() {
            prereqs = trimmed.to_vec();
        }
        let mut rule = OpenRule {
            targets,
            has_patterns: true,
            is_double: colon.is_double,
            is_grouped: colon.is_grouped,
            pattern,
            prereqs,
            names: Vec::new(),
            recipe: std::mem::take(&mut self.reader.spare_text),
            recipe_line: None,
            prefix: self.variables.recipe_prefix,
            loc: self.reading,
        };
        if let Some(recipe) = recipe {
            rule.add_recipe_line(&recipe, self.reading.map_or(0, |loc| loc.line));
        }
        Ok(rule)
    }

    fn static_pattern(&mut self, text: &[u8]) -> Result<StaticPattern> {
        let mut words = FileWords::new(text);
        let Some(first) = words.next_raw() else {
            return Err(self.fatal(MakeError::MissingTargetPattern));
        };
        if words.next_raw().is_some() {
            return Err(self.fatal(MakeError::MultipleTargetPatterns));
        }
        let mut text = clean_word(first).into_owned();
        crate::parser::rule_line::unquote(&mut text, b':');
        match find_percent(&mut text) {
            Some(percent) => Ok(StaticPattern { text, percent }),
            None => Err(self.fatal(MakeError::NoPercent)),
        }
    }
}
