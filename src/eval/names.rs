//! Lists of file names as rules and `include` write them: quoting, `~`, globs, archive members.
//! It does not know what the names are for.

use crate::error::MakeError;
use crate::error::Result;
use crate::eval::make::Make;
use crate::files::glob::expand_tilde;
use crate::graph::target::Flags;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::id::NameId;
use crate::name::strip_dot_slash;
use crate::parser::rule_line::FileWords;
use crate::parser::rule_line::clean_word;
use crate::parser::rule_line::find_percent;
use bstr::BString;

/// What may stand in a list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Targets: names, globs, archive members.
    Targets,
    /// Prerequisites: the first `|` is found apart.
    Prerequisites,
    /// Files to include: no archive members.
    Files,
}

/// A list of plain names, as text and taken apart.
#[derive(Clone, Debug, Default)]
pub struct List {
    text: Vec<u8>,
    names: Vec<NameId>,
}

/// The archive whose parenthesis is open: `lib(a b)`.
type OpenArchive = Option<Vec<u8>>;

impl Make {
    /// Calls `act` with every name in `text`, in order. The bar before order-only prerequisites comes as `|`.
    /// What a list of plain names is made of is remembered until the next one: they often come twice, as the
    /// prerequisites of one rule and the targets of another.
    ///
    /// # Errors
    /// Where a name is refused.
    pub fn for_each_name(
        &mut self,
        text: &[u8],
        kind: ListKind,
        act: &mut dyn FnMut(&mut Make, NameId),
    ) -> Result<()> {
        const SHORT: usize = 64;
        if text.len() > SHORT && *self.reader.last_list.text == *text {
            let names = std::mem::take(&mut self.reader.last_list.names);
            names.iter().for_each(|name| act(self, *name));
            self.reader.last_list.names = names;
            return Ok(());
        }
        let is_kept = text.len() > SHORT && memchr::memchr(b'|', text).is_none();
        let mut list = List::default();
        if is_kept {
            list = std::mem::take(&mut self.reader.last_list);
            list.names.clear();
        }
        let all_plain = self.each_name(text, kind, &mut |make, name| {
            let name = make.names.intern(name);
            if is_kept {
                list.names.push(name);
            }
            act(make, name);
        })?;
        if is_kept && all_plain {
            list.text.clear();
            list.text.extend_from_slice(text);
            self.reader.last_list = list;
        }
        Ok(())
    }

    /// Returns whether all words were plain.
    fn each_name(
        &mut self,
        text: &[u8],
        kind: ListKind,
        act: &mut dyn FnMut(&mut Make, &[u8]),
    ) -> Result<bool> {
        let mut all_plain = true;
        let mut words = match kind {
            ListKind::Prerequisites => FileWords::with_bar(text),
            _ => FileWords::new(text),
        };
        let mut open: OpenArchive = None;
        while let Some(word) = words.next_raw() {
            if open.is_none() && words.is_plain() {
                act(self, strip_dot_slash(word));
                continue;
            }
            all_plain = false;
            let name = clean_word(word);
            match kind {
                ListKind::Files => self.glob_name(&name, act),
                _ => self.archive_name(&name, words.clone(), &mut open, act)?,
            }
        }
        Ok(all_plain)
    }

    /// Refuses `lib((entry))`, as GNU make does wherever it looks whether a name is that of an archive's member.
    ///
    /// # Errors
    /// When it is such a name.
    pub fn refuse_nested_member(&self, name: &[u8]) -> Result<()> {
        let open = name.ends_with(b"))").then(|| memchr::memchr(b'(', name));
        match open.flatten() {
            Some(open) if open > 0 && name[open + 1] == b'(' => {
                Err(self.fatal_at(None, MakeError::NestedMember(BString::from(name))))
            }
            _ => Ok(()),
        }
    }

    /// Deals with `archive(member)` and `archive(member member)`.
    fn archive_name(
        &mut self,
        name: &[u8],
        rest: FileWords<'_>,
        open: &mut OpenArchive,
        act: &mut dyn FnMut(&mut Make, &[u8]),
    ) -> Result<()> {
        let mut name = name;
        if open.is_none()
            && !name.starts_with(b"(")
            && !name.ends_with(b")")
            && let Some(at) = memchr::memchr(b'(', name)
            && closes(rest)
        {
            *open = Some(name[..=at].to_vec());
            name = &name[at + 1..];
        }
        let Some(archive) = open.clone() else {
            self.refuse_nested_member(name)?;
            self.glob_name(name, act);
            return Ok(());
        };
        let member = match name.strip_suffix(b")") {
            Some(member) => {
                *open = None;
                member
            }
            None => name,
        };
        if !member.is_empty() {
            let whole = [&archive, member, b")"].concat();
            self.refuse_nested_member(&whole)?;
            self.glob_name(&whole, act);
        }
        Ok(())
    }

    /// Returns the word with its leading `~` replaced by a home directory, `$(HOME)` of now; None when it has none.
    pub fn tilde(&mut self, word: &[u8]) -> Option<BString> {
        if word.first() != Some(&b'~') {
            return None;
        }
        // As in GNU make an empty HOME means that of the environment.
        let mut home = BString::from(self.value_of_text("HOME").unwrap_or_default());
        if home.is_empty() {
            let given = self.environment.iter().find(|(name, _)| name == "HOME");
            home = given.map(|(_, value)| value.clone()).unwrap_or_default();
        }
        self.view.home = home;
        expand_tilde(word, &self.view.home)
    }

    /// Expands `~` and wildcards of one name; one that matches nothing stands for itself.
    fn glob_name(&mut self, name: &[u8], act: &mut dyn FnMut(&mut Make, &[u8])) {
        let expanded = self.tilde(name);
        let name = expanded.as_ref().map_or(name, |path| path.as_slice());
        if memchr::memchr3(b'*', b'?', b'[', name).is_none() {
            act(self, name);
            return;
        }
        let mut found: Vec<Vec<u8>> = Vec::new();
        let paren = memchr::memchr(b'(', name).filter(|at| *at > 0 && name.ends_with(b")"));
        match paren {
            Some(at) => {
                let (archive, member) = (&name[..at], &name[at + 1..name.len() - 1]);
                let members = self.view.archive_glob(archive, member).unwrap_or_default();
                let whole = |member: &BString| [archive, b"(", member, b")"].concat();
                found.extend(members.iter().map(whole));
            }
            None => found.extend(self.view.glob(name).into_iter().map(Vec::from)),
        }
        if found.is_empty() {
            act(self, name);
        }
        for name in found {
            act(self, &name);
        }
    }

    /// Returns the names in `text`.
    ///
    /// # Errors
    /// As [`Make::for_each_name`].
    pub fn names_in(&mut self, text: &[u8], kind: ListKind) -> Result<Vec<NameId>> {
        let mut names = Vec::new();
        self.for_each_name(text, kind, &mut |_, name| names.push(name))?;
        Ok(names)
    }

    /// Returns the prerequisites that an expanded list names: globs and `~` done, archive members
    /// apart, `|` and `.WAIT` turned into flags, `%` replaced by `stem` (the first of each word).
    /// Without a stem their names are mentioned explicitly thereby.
    ///
    /// # Errors
    /// As [`Make::for_each_name`].
    pub fn parse_prerequisites(
        &mut self,
        text: &[u8],
        stem: Option<NameId>,
    ) -> Result<Vec<Prereq>> {
        let list = self.unmarked_prerequisites(text, stem)?;
        if stem.is_none() {
            for prereq in &list {
                self.graph.targets.flags[prereq.target].add(Flags::EXPLICIT);
            }
        }
        Ok(list)
    }

    /// As [`Make::parse_prerequisites`], but the names count as mentioned by no rule.
    ///
    /// # Errors
    /// As [`Make::for_each_name`].
    pub fn unmarked_prerequisites(
        &mut self,
        text: &[u8],
        stem: Option<NameId>,
    ) -> Result<Vec<Prereq>> {
        let mut list = Vec::new();
        let mut flags = PrereqFlags::EXPLICIT;
        let mut waits = 0;
        let mut buffer = Vec::new();
        self.for_each_name(text, ListKind::Prerequisites, &mut |make, name| {
            match make.names.bytes(name) {
                b"|" if flags & PrereqFlags::ORDER_ONLY == 0 => {
                    flags |= PrereqFlags::ORDER_ONLY;
                    return;
                }
                b".WAIT" => {
                    waits = PrereqFlags::WAIT_HERE;
                    return;
                }
                _ => {}
            }
            let name = match stem {
                Some(stem) => {
                    let pattern = make.names.bytes(name);
                    replace_percent(pattern, make.names.bytes(stem), &mut buffer);
                    if buffer.is_empty() {
                        return;
                    }
                    make.names.intern(&buffer)
                }
                None => name,
            };
            let target = make.graph.targets.enter(name);
            list.push(Prereq {
                target,
                flags: PrereqFlags(flags | waits),
            });
            waits = 0;
        })?;
        Ok(list)
    }
}

/// Returns whether one of the coming words ends in a closing parenthesis.
fn closes(mut rest: FileWords<'_>) -> bool {
    while let Some(word) = rest.next_raw() {
        if word.ends_with(b")") {
            return true;
        }
    }
    false
}

/// Puts `pattern` into `out` with its first `%` replaced by `stem`.
fn replace_percent(pattern: &[u8], stem: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(pattern);
    if let Some(at) = find_percent(out) {
        out.splice(at..=at, stem.iter().copied());
    }
}
