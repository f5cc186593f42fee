//! What arguments of ssh_config(5) may hold: `~`, `%` and a letter, `${VARIABLE}`.
//! It does not know which keyword an argument belongs to.

use crate::files::glob::expand_tilde;
use crate::remote::ssh::config::Local;
use bstr::BString;

/// What the letters stand for.
pub struct Tokens<'a> {
    /// `%d`, `%i`, `%L`, `%l`, `%u` and the variables.
    pub local: &'a Local,
    /// `%h`
    pub host_name: &'a [u8],
    /// `%k`
    pub known_as: &'a [u8],
    /// `%n`
    pub given: &'a [u8],
    /// `%p`
    pub port: u16,
    /// `%r`
    pub user: &'a [u8],
}

/// Why an argument means nothing.
#[derive(Debug, PartialEq, Eq)]
pub enum Unclear {
    /// `%` and this.
    Token(BString),
    /// A variable that has no value.
    Variable(BString),
    /// `%C`: ssh(1)'s own digest.
    Digest,
}

impl Tokens<'_> {
    /// Returns the path that an argument means.
    pub fn path(&self, text: &[u8]) -> Result<BString, Unclear> {
        let path = expand_tilde(text, &self.local.home);
        self.expand(path.as_ref().map_or(text, |path| &path[..]))
    }

    fn expand(&self, text: &[u8]) -> Result<BString, Unclear> {
        let mut out = BString::default();
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            rest = match first {
                b'%' => {
                    self.token(after.first(), &mut out)?;
                    &after[1..]
                }
                b'$' if after.starts_with(b"{") => self.variable(&after[1..], &mut out)?,
                byte => {
                    out.push(*byte);
                    after
                }
            };
        }
        Ok(out)
    }

    fn token(&self, letter: Option<&u8>, out: &mut BString) -> Result<(), Unclear> {
        let local = self.local;
        let host = &local.host_name;
        let value: &[u8] = match letter {
            Some(b'%') => b"%",
            Some(b'C') => return Err(Unclear::Digest),
            Some(b'd') => &local.home,
            Some(b'h') => self.host_name,
            Some(b'i') => return push(out, local.uid),
            Some(b'k') => self.known_as,
            Some(b'L') => host.split(|byte| *byte == b'.').next().unwrap_or_default(),
            Some(b'l') => host,
            Some(b'n') => self.given,
            Some(b'p') => return push(out, self.port.into()),
            Some(b'r') => self.user,
            Some(b'u') => &local.user,
            other => {
                return Err(Unclear::Token(
                    other.copied().into_iter().collect::<Vec<_>>().into(),
                ));
            }
        };
        out.extend_from_slice(value);
        Ok(())
    }

    /// Adds the value of the variable whose name `text` begins with. Returns what is after it.
    fn variable<'t>(&self, text: &'t [u8], out: &mut BString) -> Result<&'t [u8], Unclear> {
        let end = memchr::memchr(b'}', text).unwrap_or(text.len());
        let name = &text[..end];
        match self.local.variable(name) {
            Some(value) if end < text.len() => {
                out.extend_from_slice(value);
                Ok(&text[end + 1..])
            }
            _ => Err(Unclear::Variable(name.into())),
        }
    }
}

fn push(out: &mut BString, number: u32) -> Result<(), Unclear> {
    out.extend_from_slice(number.to_string().as_bytes());
    Ok(())
}
