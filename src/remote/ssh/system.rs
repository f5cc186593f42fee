//! Links by the system's ssh(1): one master connection, and a process for each channel that shares it.
//! It does not know ssh's configuration: that is why ssh is asked to do it.
//!
//! Every ssh runs below a small shell, for two reasons. The shell reports how ssh ended on standard error, since
//! whoever waits for all of this process's children may get there before us. And the master's shell ends the master
//! when its standard input does, so that none outlives this process.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::future::poll_fn;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::io;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::rc::Rc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::unix::pipe;
use tokio::sync::watch;
use tokio::task;
use tokio::time;

use crate::remote::ssh::Chunk;
use crate::remote::ssh::ConnectError;
use crate::remote::ssh::Destination;
use crate::remote::ssh::End;
use crate::remote::ssh::LinkError;
use crate::remote::ssh::Stage;
use crate::remote::ssh::said;
use crate::sys::process;

/// Runs ssh, then says how it ended. A signal of its own is no news: nobody reads any more.
const CHANNEL: &str = r#""$@"; printf '\001ended %d\n' $? >&2"#;
/// The same, for as long as standard input lasts.
const MASTER: &str = r#"exec 3<&0; "$@" </dev/null 3<&- & ssh=$!
{ read -r end; kill $ssh; } <&3 >/dev/null 2>&1 & exec 3<&-
wait $ssh; printf '\001ended %d\n' $? >&2"#;
/// What the note of the shell begins with.
const NOTE: &[u8] = b"\x01ended ";
/// ssh's own status, for whatever kept it from running the command or cost it the connection.
const TROUBLE: i32 = 255;
/// How often a master is looked at that is not ready yet.
const LOOK: Duration = Duration::from_millis(10);
/// How long the news of a lost master may take to get here after its channels have ended.
const NEWS: Duration = Duration::from_millis(200);
/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// How to call ssh for one host.
pub struct Program {
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    /// The options for this host, and its name.
    host: Vec<OsString>,
}

/// One connection to one host.
pub struct Link {
    program: Program,
    /// None where the user's own configuration shares connections.
    master: Option<Rc<Master>>,
    /// Children that may not have been waited for yet.
    children: Rc<RefCell<Vec<Child>>>,
}

/// A connection that channels share; it ends with this value.
struct Master {
    /// Private; holds the master's socket.
    dir: PathBuf,
    /// Open for as long as the master is wanted.
    input: Option<OwnedFd>,
    /// What it has said, once it has ended.
    last_words: watch::Receiver<Option<String>>,
}

/// One command on a host.
pub struct Channel {
    child: Option<Child>,
    children: Rc<RefCell<Vec<Child>>>,
    input: RefCell<Option<pipe::Sender>>,
    output: RefCell<Output>,
    master: Option<Rc<Master>>,
}

/// What comes from a command.
struct Output {
    out: Option<pipe::Receiver>,
    err: Option<pipe::Receiver>,
    /// Which of the two is looked at first; they take turns.
    is_err_first: bool,
    tail: Tail,
    piece: Vec<u8>,
    end: Option<Result<End, LinkError>>,
}

/// The end of standard error, where the shell's note is.
#[derive(Default)]
struct Tail {
    held: Vec<u8>,
    status: Option<i32>,
    /// The last line before the note.
    last_line: Vec<u8>,
}

impl Program {
    /// Returns how to call ssh for a destination.
    pub fn new(
        program: &[OsString],
        environment: &[(OsString, OsString)],
        destination: &Destination,
        allowed: Duration,
    ) -> Program {
        let seconds = allowed.as_secs_f64().ceil().max(1.0);
        let mut host: Vec<OsString> = vec![
            "-Txao".into(),
            "BatchMode=yes".into(),
            format!("-oConnectTimeout={seconds}").into(),
            "-oClearAllForwardings=yes".into(),
            "-oPermitLocalCommand=no".into(),
            "-oRemoteCommand=none".into(),
        ];
        if let Some(port) = destination.own_port {
            host.push(format!("-oPort={port}").into());
        }
        if let Some(user) = &destination.own_user {
            host.push(format!("-oUser={user}").into());
        }
        if let Some(file) = &destination.own_identity {
            host.extend(["-i".into(), file.clone().into()]);
        }
        host.extend(["--".into(), destination.name.clone().into()]);
        Program {
            words: program.to_vec(),
            environment: environment.to_vec(),
            host,
        }
    }

    /// Starts ssh below a shell, in a process group of its own: the terminal's ^C is for us alone.
    fn start(
        &self,
        script: &str,
        options: &[OsString],
        command: Option<&str>,
    ) -> io::Result<Child> {
        Command::new("/bin/sh")
            .args(["-c", script, "sh"])
            .args(&self.words)
            .args(options)
            .args(&self.host)
            .args(command)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(match command {
                Some(_) => Stdio::piped(),
                None => Stdio::null(),
            })
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
    }

    fn failure(&self, error: &io::Error) -> ConnectError {
        let program = self.words.first().cloned().unwrap_or_default();
        ConnectError::Program {
            program: program.to_string_lossy().into_owned(),
            reason: error.to_string(),
        }
    }

    fn variable(&self, name: &str) -> Option<&OsString> {
        let found = self.environment.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value)
    }
}

impl Link {
    /// Starts a master and waits until it is ready, or sees whether the user's own way of sharing gets there.
    pub async fn connect(
        program: Program,
        destination: &Destination,
        allowed: Duration,
        answered: impl FnOnce(),
    ) -> Result<Link, ConnectError> {
        let children = Rc::new(RefCell::new(Vec::new()));
        let mut link = Link {
            program,
            master: None,
            children,
        };
        let result = match destination.shares_connection {
            true => time::timeout(allowed, link.try_it(destination)).await,
            false => time::timeout(allowed, link.start_master(destination)).await,
        };
        match result {
            Ok(result) => result?,
            Err(_) => {
                return Err(ConnectError::TimedOut {
                    host: destination.name.clone(),
                    stage: Stage::Reaching,
                });
            }
        }
        answered();
        Ok(link)
    }

    async fn start_master(&mut self, destination: &Destination) -> Result<(), ConnectError> {
        let dir = private_dir(&self.program).map_err(|error| self.program.failure(&error))?;
        let socket = dir.join("m");
        let mut options = control(&dir, "yes");
        options.extend(["-oControlPersist=no", "-oLogLevel=ERROR", "-N"].map(OsString::from));
        let mut child = match self.program.start(MASTER, &options, None) {
            Ok(child) => child,
            Err(error) => {
                // Empty; what cannot be removed stays.
                let _ = fs::remove_dir(&dir);
                return Err(self.program.failure(&error));
            }
        };
        let input = child.stdin.take().map(OwnedFd::from);
        let err = child.stderr.take().map(OwnedFd::from);
        self.children.borrow_mut().push(child);
        let (sender, mut last_words) = watch::channel(None);
        self.master = Some(Rc::new(Master {
            dir,
            input,
            last_words: last_words.clone(),
        }));
        let err = err.and_then(|err| pipe::Receiver::from_owned_fd(err).ok());
        task::spawn_local(async move {
            let words = match err {
                Some(err) => listen(err).await,
                None => String::new(),
            };
            // Nobody listens where the link has gone.
            let _ = sender.send(Some(words));
        });
        while !socket.exists() {
            if time::timeout(LOOK, last_words.changed()).await.is_ok() {
                let words = last_words.borrow().clone().unwrap_or_default();
                return Err(said::connect_error(destination, &words));
            }
        }
        Ok(())
    }

    /// Runs a command that does nothing.
    async fn try_it(&mut self, destination: &Destination) -> Result<(), ConnectError> {
        let channel = self.open("true");
        let channel = channel.map_err(|error| ConnectError::Program {
            program: "ssh".to_owned(),
            reason: error.to_string(),
        })?;
        channel.finish_writing();
        let mut words = Vec::new();
        loop {
            match channel.read().await {
                Ok(Chunk::Out(_)) => {}
                Ok(Chunk::Err(bytes)) => words.extend(bytes),
                Ok(Chunk::End(_)) => return Ok(()),
                Err(_) => {
                    let words = String::from_utf8_lossy(&words);
                    return Err(said::connect_error(destination, &words));
                }
            }
        }
    }

    /// Starts a command. Where the host allows no further channel, ssh(1) makes a connection of its own for it.
    pub fn open(&self, command: &str) -> Result<Channel, LinkError> {
        let is_running = |child: &mut Child| matches!(child.try_wait(), Ok(None));
        self.children.borrow_mut().retain_mut(is_running);
        let options = match &self.master {
            Some(master) => {
                if let Some(words) = &*master.last_words.borrow() {
                    return Err(LinkError::Lost(said::last_line(words)));
                }
                let mut options = control(&master.dir, "no");
                // The master tells what there is to tell.
                options.push("-q".into());
                options
            }
            None => vec!["-oLogLevel=ERROR".into()],
        };
        let lost = |error: io::Error| LinkError::Lost(error.to_string());
        let child = self.program.start(CHANNEL, &options, Some(command));
        let mut child = child.map_err(lost)?;
        let input = child.stdin.take().map(OwnedFd::from);
        let out = child.stdout.take().map(OwnedFd::from);
        let err = child.stderr.take().map(OwnedFd::from);
        let channel = Channel {
            child: Some(child),
            children: Rc::clone(&self.children),
            input: RefCell::new(
                input
                    .map(pipe::Sender::from_owned_fd)
                    .transpose()
                    .map_err(lost)?,
            ),
            output: RefCell::new(Output {
                out: out
                    .map(pipe::Receiver::from_owned_fd)
                    .transpose()
                    .map_err(lost)?,
                err: err
                    .map(pipe::Receiver::from_owned_fd)
                    .transpose()
                    .map_err(lost)?,
                is_err_first: false,
                tail: Tail::default(),
                piece: vec![0; PIECE],
                end: None,
            }),
            master: self.master.clone(),
        };
        Ok(channel)
    }
}

/// Returns the options that name the master's socket.
fn control(dir: &Path, master: &str) -> Vec<OsString> {
    let mut path = OsString::from("-oControlPath=");
    path.push(dir.join("m"));
    vec![path, format!("-oControlMaster={master}").into()]
}

/// Makes a directory that only we can enter, with a short name: a socket's path has little room.
fn private_dir(program: &Program) -> io::Result<PathBuf> {
    let short = |dir: &&OsString| !dir.is_empty() && dir.len() < 40;
    let base = program.variable("TMPDIR").filter(short);
    let base = base.map_or(Path::new("/tmp"), Path::new);
    loop {
        let number = RandomState::new().hash_one(std::process::id());
        let dir = base.join(format!("rmake-ssh-{number:016x}"));
        match fs::DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns what a master says until it ends.
async fn listen(mut err: pipe::Receiver) -> String {
    const MOST: usize = 64 * 1024;
    let mut tail = Tail::default();
    let mut words = Vec::new();
    let mut piece = vec![0; 4096];
    loop {
        let count = poll_fn(|context| poll_some(&mut err, &mut piece, context)).await;
        if count == 0 {
            words.extend(tail.finish());
            return String::from_utf8_lossy(&words).into_owned();
        }
        let said = tail.push(&piece[..count]);
        if words.len() < MOST {
            words.extend(said);
        }
    }
}

/// Reads some bytes; none at the end, or where there can be none.
fn poll_some(
    from: &mut pipe::Receiver,
    piece: &mut [u8],
    context: &mut Context<'_>,
) -> Poll<usize> {
    let mut buffer = ReadBuf::new(piece);
    let poll = Pin::new(from).poll_read(context, &mut buffer);
    poll.map(|result| result.map_or(0, |()| buffer.filled().len()))
}

impl Drop for Master {
    fn drop(&mut self) {
        drop(self.input.take());
        // ssh may have removed its socket first, or not yet.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Channel {
    /// Waits for the next piece of output, or the end.
    pub async fn read(&self) -> Result<Chunk, LinkError> {
        if let Some(chunk) = poll_fn(|context| self.poll_read(context)).await {
            return chunk;
        }
        let end = self.judge_end().await;
        self.output.borrow_mut().end = Some(end.clone());
        end.map(Chunk::End)
    }

    /// None where both streams have ended and nobody has judged yet what that means.
    fn poll_read(&self, context: &mut Context<'_>) -> Poll<Option<Result<Chunk, LinkError>>> {
        let output = &mut *self.output.borrow_mut();
        if let Some(end) = &output.end {
            return Poll::Ready(Some(end.clone().map(Chunk::End)));
        }
        output.is_err_first = !output.is_err_first;
        let order = [output.is_err_first, !output.is_err_first];
        for is_err in order {
            let chunk = match is_err {
                true => output.poll_err(context),
                false => output.poll_out(context),
            };
            if let Some(chunk) = chunk {
                return Poll::Ready(Some(Ok(chunk)));
            }
        }
        match (&output.out, &output.err) {
            (None, None) => Poll::Ready(None),
            _ => Poll::Pending,
        }
    }

    /// Tells the end of the command from that of the connection.
    async fn judge_end(&self) -> Result<End, LinkError> {
        let (status, last_line) = {
            let output = self.output.borrow();
            let line = String::from_utf8_lossy(&output.tail.last_line).into_owned();
            (output.tail.status, line)
        };
        let end = End {
            status,
            signal: None,
        };
        if status.is_some_and(|status| status != TROUBLE) {
            return Ok(end);
        }
        let Some(master) = &self.master else {
            return Err(LinkError::Lost(said::last_line(&last_line)));
        };
        let mut last_words = master.last_words.clone();
        let news = last_words.wait_for(Option::is_some);
        match time::timeout(NEWS, news).await {
            Ok(Ok(words)) => {
                let words = words.clone().unwrap_or_default();
                Err(LinkError::Lost(said::last_line(&words)))
            }
            _ => Ok(end),
        }
    }

    /// Writes to the command's standard input.
    pub async fn write_all(&self, bytes: &[u8]) -> Result<(), LinkError> {
        let mut rest = bytes;
        poll_fn(|context| {
            let input = &mut *self.input.borrow_mut();
            let Some(sender) = input else {
                return Poll::Ready(Err(LinkError::Ended));
            };
            while !rest.is_empty() {
                match Pin::new(&mut *sender).poll_write(context, rest) {
                    Poll::Ready(Ok(count)) => rest = &rest[count..],
                    Poll::Ready(Err(_)) => {
                        *input = None;
                        return Poll::Ready(Err(LinkError::Ended));
                    }
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Ends the command's standard input after what was written.
    pub fn finish_writing(&self) {
        self.input.borrow_mut().take();
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let has_ended = self.output.borrow().tail.status.is_some();
        if !has_ended {
            process::end_group(child.id());
        }
        if matches!(child.try_wait(), Ok(None)) {
            self.children.borrow_mut().push(child);
        }
    }
}

impl Output {
    fn poll_out(&mut self, context: &mut Context<'_>) -> Option<Chunk> {
        let out = self.out.as_mut()?;
        match poll_some(out, &mut self.piece, context) {
            Poll::Ready(0) => self.out = None,
            Poll::Ready(count) => return Some(Chunk::Out(self.piece[..count].to_vec())),
            Poll::Pending => {}
        }
        None
    }

    fn poll_err(&mut self, context: &mut Context<'_>) -> Option<Chunk> {
        loop {
            let err = self.err.as_mut()?;
            let bytes = match poll_some(err, &mut self.piece, context) {
                Poll::Pending => return None,
                Poll::Ready(0) => {
                    self.err = None;
                    self.tail.finish()
                }
                Poll::Ready(count) => self.tail.push(&self.piece[..count]),
            };
            if !bytes.is_empty() {
                return Some(Chunk::Err(bytes));
            }
        }
    }
}

impl Tail {
    /// Takes bytes in and returns those that cannot belong to the note.
    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let mark = self.held.iter().rposition(|byte| *byte == NOTE[0]);
        let cut = mark.filter(|at| is_note(&self.held[*at..]));
        let rest = self.held.split_off(cut.unwrap_or(self.held.len()));
        let said = std::mem::replace(&mut self.held, rest);
        self.keep_line(&said);
        said
    }

    /// Returns what is left besides the note, at the end.
    fn finish(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        let digits = held
            .strip_prefix(NOTE)
            .and_then(|rest| rest.strip_suffix(b"\n"));
        let text = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        self.status = text.and_then(|text| text.parse().ok());
        match self.status {
            Some(_) => Vec::new(),
            None => held,
        }
    }

    fn keep_line(&mut self, said: &[u8]) {
        const MOST: usize = 400;
        if !said.is_empty() {
            self.last_line.extend_from_slice(said);
            let surplus = self.last_line.len().saturating_sub(MOST);
            self.last_line.drain(..surplus);
        }
    }
}

/// True if these bytes are the note or its beginning.
fn is_note(bytes: &[u8]) -> bool {
    let length = bytes.len().min(NOTE.len());
    let (head, rest) = bytes.split_at(length);
    let digits = rest.strip_suffix(b"\n").unwrap_or(rest);
    head == &NOTE[..length] && digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_is_found_however_it_comes() {
        let check = |pieces: &[&str], said: &str, status: Option<i32>| {
            let mut tail = Tail::default();
            let mut all = Vec::new();
            for piece in pieces {
                all.extend(tail.push(piece.as_bytes()));
            }
            all.extend(tail.finish());
            assert_eq!(String::from_utf8(all).unwrap(), said);
            assert_eq!(tail.status, status);
        };
        check(&["\u{1}ended 0\n"], "", Some(0));
        check(&["warning\u{1}en", "ded 25", "5\n"], "warning", Some(255));
        check(&["\u{1}ended 1\nmore"], "\u{1}ended 1\nmore", None);
        check(&["a\u{1}", "b\u{1}ended 3\n"], "a\u{1}b", Some(3));
        check(&["\u{1}end"], "\u{1}end", None);
        check(&["\u{1}ended 1234\n"], "\u{1}ended 1234\n", None);
        check(&[""], "", None);
    }
}
