//! The way of the worker's program to a host: it is found here, put there once, and started.
//! It does not know what is said to it.
//!
//! The plan. A small shell program looks for the worker by its digest in the cache directory there. Where it is not, or
//! not whole, its bytes are asked for in parts, so that a link that does not carry them is noticed. What was put there
//! says itself that it is whole, which is also the proof that it runs; then the shell becomes it.

use crate::remote::host::SILENCE;
use crate::remote::mirror::pipe::Pipe;
use crate::remote::mirror::worker::NoWorker;
use crate::remote::ssh::Channel;
use crate::remote::ssh::Chunk;
use crate::remote::ssh::Link;
use crate::remote::ssh::LinkError;
use crate::remote::staged;
use crate::remote::staged::marks::Marks;
use crate::remote::staged::marks::Piece;
use crate::remote::staged::script;
use crate::remote::staged::script::Naming;
use crate::store::digest::Digest;
use crate::sys::process;
use bstr::BString;
use bstr::ByteSlice;
use std::path::PathBuf;
use tokio::time;

/// The program.
pub const PROGRAM: &str = "rmake-worker";
/// Its place beside the directory that this program is in.
const LIBRARY: &str = "libexec/rmake";
/// How many bytes are sent at once.
const PART: usize = 256 * 1024;
/// How many messages come beside those that ask for a part.
const MOST_WORDS: usize = 8;

const SCRIPT: &str = include_str!("deploy.sh");

/// The worker's program as it goes to hosts.
#[derive(Debug)]
pub struct Program {
    bytes: Vec<u8>,
    digest: Digest,
}

/// Returns where the program is: beside this one, or in its library.
pub fn find() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let beside = own.with_file_name(PROGRAM);
    let library = own.ancestors().nth(2)?.join(LIBRARY).join(PROGRAM);
    [beside, library].into_iter().find(|path| path.is_file())
}

impl Program {
    /// Reads it.
    ///
    /// # Errors
    /// Why there is none, in one line.
    pub fn read() -> Result<Program, BString> {
        let read = find().map(std::fs::read);
        let bytes = read.unwrap_or_else(|| Err(std::io::ErrorKind::NotFound.into()));
        let text = |error| format!("{PROGRAM}: {}", process::error_text(&error));
        let bytes = bytes.map_err(|error| BString::from(text(error)))?;
        let digest = Digest::of(&bytes);
        Ok(Program { bytes, digest })
    }

    /// Starts it on a host. Also returns what is to be said about its place there, if there is something.
    ///
    /// # Errors
    /// It cannot run there, or the connection is lost.
    pub async fn start(
        &self,
        link: &Link,
        naming: &Naming,
    ) -> Result<(Pipe, Option<BString>), NoWorker> {
        let channel = link.open(script::BOOT).await.map_err(lost)?;
        let mut shell = Shell {
            channel,
            marks: Marks::new(&naming.nonce),
            unread: Vec::new(),
        };
        shell.say(&self.script(naming)).await?;
        let (mut sent, mut note) = (0, None);
        // Two places are tried at most; whoever has more to say is not our program.
        for _ in 0..2 * self.bytes.len().div_ceil(PART) + MOST_WORDS {
            let words = shell.hear().await?;
            if let Some(length) = words.strip_prefix(b"send ") {
                let length = length.to_str().ok().and_then(|text| text.parse().ok());
                let part = length.and_then(|length: usize| self.bytes.get(sent..)?.get(..length));
                let part = part.ok_or_else(|| NoWorker::Lost("its shell is confused".into()))?;
                sent += part.len();
                shell.say(part).await?;
            } else if let Some(why) = words.strip_prefix(b"bad ") {
                return Err(NoWorker::Unfit(why.into()));
            } else if let Some(why) = words.strip_prefix(b"note ") {
                note = Some(why.into());
            } else if words == "again" {
                sent = 0;
            } else if words == "start" {
                return Ok((shell.into_pipe(), note));
            }
        }
        Err(NoWorker::Lost("its shell is confused".into()))
    }

    fn script(&self, naming: &Naming) -> Vec<u8> {
        let Naming {
            prefix,
            time,
            nonce,
        } = naming;
        let place = script::quoted(format!("{prefix}{time}-{}", staged::random()).as_bytes());
        let (size, digest) = (self.bytes.len(), self.digest);
        let machine = std::env::consts::ARCH;
        let code = script::code(SCRIPT);
        format!("m={nonce} k='Linux {machine}' d={digest} s={size} b={PART} t={place}\n{code}.\n")
            .into_bytes()
    }
}

/// The shell that becomes the worker.
struct Shell {
    channel: Channel,
    marks: Marks,
    /// What has come and was not looked at yet, the first last.
    unread: Vec<Piece>,
}

impl Shell {
    async fn say(&self, bytes: &[u8]) -> Result<(), NoWorker> {
        match time::timeout(SILENCE, self.channel.write_all(bytes)).await {
            Ok(result) => result.map_err(lost),
            Err(_) => Err(NoWorker::Lost("it takes no more bytes".into())),
        }
    }

    /// Returns the next message.
    async fn hear(&mut self) -> Result<BString, NoWorker> {
        let next = async {
            let mut said = BString::default();
            loop {
                while let Some(piece) = self.unread.pop() {
                    if let Piece::Mark(words) = piece {
                        return Ok(words);
                    }
                }
                match self.channel.read().await.map_err(lost)? {
                    Chunk::Out(bytes) => {
                        self.unread = self.marks.feed(&bytes);
                        self.unread.reverse();
                    }
                    Chunk::Err(bytes) => said.extend_from_slice(&bytes),
                    Chunk::End(_) => {
                        let line = said.lines().next().unwrap_or(b"its shell has ended");
                        return Err(NoWorker::Lost(line.into()));
                    }
                }
            }
        };
        match time::timeout(SILENCE, next).await {
            Ok(result) => result,
            Err(_) => Err(NoWorker::Lost("no answer from its shell".into())),
        }
    }

    /// What comes from now on is the worker's.
    fn into_pipe(self) -> Pipe {
        let mut rest = Vec::new();
        for piece in self.unread.into_iter().rev() {
            if let Piece::Text(bytes) = piece {
                rest.extend(bytes);
            }
        }
        rest.extend(self.marks.into_rest());
        Pipe::of(self.channel, rest)
    }
}

fn lost(error: LinkError) -> NoWorker {
    NoWorker::Lost(error.to_string().into())
}
