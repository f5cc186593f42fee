//! Functions that ask the file system or change it: wildcard, realpath, abspath, file.
//! It does not know disks: the view answers.

use crate::error::Fatal;
use crate::error::MakeError;
use crate::error::Result;
use crate::error::reason;
use crate::eval::function::Eager;
use crate::eval::function::text;
use crate::eval::make::Make;
use crate::files::View;
use crate::files::WriteMode;
use crate::parser::rule_line::FileWords;
use crate::parser::rule_line::unquote_blanks;
use bstr::BString;
use std::io;

impl Make {
    pub(crate) fn function_wildcard(&mut self, patterns: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let mut is_first = true;
        let mut words = FileWords::new(patterns);
        while let Some(word) = words.next_raw() {
            if words.is_plain() && View::is_plain_pattern(word) {
                if self.view.matches_itself(word) {
                    if !std::mem::take(&mut is_first) {
                        out.push(b' ');
                    }
                    out.extend_from_slice(word);
                }
                continue;
            }
            let pattern = unquote_blanks(word);
            let expanded = self.tilde(&pattern);
            let pattern = expanded.as_ref().map_or(&*pattern, |path| path.as_slice());
            self.refuse_nested_member(pattern)?;
            for file in self.view.glob(pattern) {
                if !is_first {
                    out.push(b' ');
                }
                is_first = false;
                out.extend_from_slice(&file);
            }
        }
        Ok(())
    }

    pub(crate) fn function_realpath(&mut self, names: &[u8], out: &mut Vec<u8>) {
        let view = &mut self.view;
        let found: Vec<BString> = text::words(names)
            .filter_map(|name| view.real_path(name).ok())
            .collect();
        text::join_words(found.iter().map(|path| path.as_slice()), out);
    }

    pub(crate) fn function_abspath(&mut self, names: &[u8], out: &mut Vec<u8>) {
        let directory = self.directory.as_ref().map(|path| path.as_slice());
        let found: Vec<Vec<u8>> = text::words(names)
            .filter_map(|name| text::abspath(directory, name))
            .collect();
        text::join_words(found.iter().map(Vec::as_slice), out);
    }

    pub(crate) fn function_file(&mut self, arguments: &Eager, out: &mut Vec<u8>) -> Result<()> {
        let text = (arguments.len() > 1).then(|| arguments.get(1));
        match arguments.get(0) {
            [b'>', b'>', name @ ..] => self.write_file(name, text, WriteMode::Append),
            [b'>', name @ ..] => self.write_file(name, text, WriteMode::Truncate),
            [b'<', name @ ..] => {
                let name = self.file_name(name)?;
                if text.is_some() {
                    return Err(self.file_error("file: too many arguments", b""));
                }
                self.read_file(name, out)
            }
            other => Err(self.file_error("file: invalid file operation: ", other)),
        }
    }

    fn write_file(&mut self, name: &[u8], text: Option<&[u8]>, mode: WriteMode) -> Result<()> {
        let name = self.file_name(name)?;
        let mut content = text.unwrap_or_default().to_vec();
        if text.is_some() && content.last() != Some(&b'\n') {
            content.push(b'\n');
        }
        match self.view.write(name, &content, mode) {
            Ok(()) => {
                self.view.forget();
                Ok(())
            }
            Err(error) => {
                // Text that fits in a buffer of the C library is written when the file is closed.
                let step = match error.kind() {
                    kind if !is_of_writing(kind) => "open: ",
                    _ if content.len() > BUFFER => "write: ",
                    _ => "close: ",
                };
                Err(self.file_error(step, &named(name, &error)))
            }
        }
    }

    fn read_file(&mut self, name: &[u8], out: &mut Vec<u8>) -> Result<()> {
        match self.view.read(name) {
            Ok(content) => {
                out.extend_from_slice(content.strip_suffix(b"\n").unwrap_or(&content));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => {
                let step = match error.kind() {
                    io::ErrorKind::IsADirectory => "read: ",
                    _ => "open: ",
                };
                Err(self.file_error(step, &named(name, &error)))
            }
        }
    }

    fn file_name<'a>(&self, name: &'a [u8]) -> Result<&'a [u8]> {
        let name = text::trim(name);
        match name.is_empty() {
            true => Err(self.file_error("file: missing filename", b"")),
            false => Ok(name),
        }
    }

    fn file_error(&self, message: &str, rest: &[u8]) -> Box<Fatal> {
        let mut text = BString::from(message);
        text.extend_from_slice(rest);
        self.fatal_in_value(MakeError::Text(text))
    }
}

/// What the C library collects before it writes.
const BUFFER: usize = 4096;

/// Returns whether such an error comes from writing a file, not from opening it.
fn is_of_writing(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::WriteZero
    )
}

/// Returns `NAME: what the system says`.
fn named(name: &[u8], error: &io::Error) -> Vec<u8> {
    [name, b": ", reason(error).as_bytes()].concat()
}
