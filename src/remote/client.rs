//! A make's end of a session: it starts the session's program, or joins a session that there is, and passes jobs on.
//! It does not know hosts, but for their names.

use crate::exec::executor::Executor;
use crate::exec::executor::Leave;
use crate::exec::executor::Message;
use crate::exec::executor::Place;
use crate::exec::executor::Reason;
use crate::exec::executor::RemoteJob;
use crate::exec::executor::Ruling;
use crate::exec::executor::Sentence;
use crate::exec::executor::Wish;
use crate::id::HostId;
use crate::id::JobId;
use crate::remote::hosts;
use crate::remote::hosts::Found;
use crate::remote::hosts::Sources;
use crate::remote::localrc;
use crate::remote::protocol::Answer;
use crate::remote::protocol::Ask;
use crate::remote::protocol::Begin;
use crate::remote::protocol::LIMIT;
use crate::remote::protocol::VERSION;
use crate::remote::protocol::Welcome;
use crate::remote::staged::SIGKILL;
use crate::sys::fd;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Pid;
use crate::sys::process::Spawn;
use crate::wire::frame;
use crate::wire::frame::Decoder;
use bstr::BStr;
use bstr::BString;
use bstr::ByteSlice;
use std::collections::VecDeque;
use std::io;
use std::io::Write;
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// How long the session may take to answer, or to take bytes. Its program reads files before the first answer; it does
/// not wait for hosts.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it may take to end.
const FAREWELL: Duration = Duration::from_secs(2);

/// How much is read at once.
const PART: usize = 64 * 1024;

/// The session's program.
const PROGRAM: &str = "rmake-session";

/// Its place beside the directory that rmake is in.
const LIBRARY: &str = "libexec/rmake";

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `--hosts=LIST`
    pub hosts: Option<&'a BStr>,
    /// `--hosts-file=FILE`
    pub hosts_file: Option<&'a BStr>,
    /// `--dist=always`
    pub is_strict: bool,
    /// `--keep-staging`
    pub keep_staging: bool,
    /// The directory of the build, if it is known.
    pub directory: Option<&'a BStr>,
    /// The process's environment.
    pub environment: &'a [(BString, BString)],
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSession {
    /// There is no host list.
    NoList,
    /// No host of the list can be used: for each of them, why.
    NoHost(Vec<BString>),
    /// Something else, in one line.
    Cannot(BString),
}

/// A make's end of a session.
pub struct Client {
    socket: UnixStream,
    decoder: Decoder,
    part: Vec<u8>,
    messages: VecDeque<Message>,
    welcome: Welcome,
    /// The jobs that were sent and have not ended.
    running: Vec<JobId>,
    /// The program, if this make has started it.
    child: Option<Pid>,
    /// The session has ended before its time.
    is_lost: bool,
}

/// Returns the host list that applies.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn find(request: &Request<'_>) -> Result<Found, NoSession> {
    let variable = |name: &str| {
        let entry = request.environment.iter().find(|(key, _)| key == name);
        entry.map(|(_, value)| value.as_bstr())
    };
    let sources = Sources {
        hosts: request.hosts,
        hosts_file: request.hosts_file,
        rmake_hosts: variable("RMAKE_HOSTS"),
        home: variable("HOME"),
        distcc_hosts: variable("DISTCC_HOSTS"),
        distcc_dir: variable("DISTCC_DIR"),
    };
    hosts::find(&sources, &mut |path| hosts::read_file(path))
        .map_err(|complaint| NoSession::Cannot(complaint.to_string().into()))?
        .ok_or(NoSession::NoList)
}

/// Returns whether there are rules about recipe lines and hosts that they could be sent to.
pub fn has_rules(request: &Request<'_>) -> bool {
    find(request).is_ok() && request.directory.and_then(localrc::find).is_some()
}

/// Joins the session of a socket; None: it is none that this make can join.
pub fn join(path: &BStr) -> Option<Box<dyn Executor>> {
    let socket = UnixStream::connect(fd::path(path)).ok()?;
    let version = VERSION.into();
    let client = Client::greet(socket, None, &Ask::Join { version }).ok()?;
    Some(Box::new(client))
}

/// Begins a session for a host list: starts its program, which goes on to connect beside the build; with `is_idle`, when
/// somebody joins.
///
/// # Errors
/// Why there is none.
pub fn begin(
    list: Found,
    request: &Request<'_>,
    is_idle: bool,
) -> Result<Box<dyn Executor>, NoSession> {
    let failed = |error: io::Error| {
        let text = format!(
            "cannot distribute: {PROGRAM}: {}",
            process::error_text(&error)
        );
        NoSession::Cannot(text.into())
    };
    let (ours, theirs) = UnixStream::pair().map_err(failed)?;
    let child = start(theirs.into(), request.environment).map_err(failed)?;
    let begin = Begin {
        version: VERSION.into(),
        list,
        is_strict: request.is_strict,
        keep_staging: request.keep_staging,
        localrc: request.directory.and_then(localrc::find),
        is_idle,
    };
    let client = Client::greet(ours, Some(child), &Ask::Begin(begin))?;
    Ok(Box::new(client))
}

/// Starts the session's program: it lies beside this one, or where programs lie that nobody calls by hand.
fn start(stdin: OwnedFd, environment: &[(BString, BString)]) -> io::Result<Pid> {
    let own = std::env::current_exe()?;
    let directory = own.parent().unwrap_or(&own);
    let library = directory.with_file_name(LIBRARY);
    let places = [directory.join(PROGRAM), library.join(PROGRAM)];
    let environment: Vec<BString> = environment
        .iter()
        .map(|(name, value)| [&name[..], b"=", value].concat().into())
        .collect();
    let nothing = fd::open(b"/dev/null", fd::READ_WRITE)?;
    let mut result = Err(io::ErrorKind::NotFound.into());
    for place in places {
        result = process::spawn(&Spawn {
            file: &place.into_os_string().into_vec(),
            arguments: &[PROGRAM.into()],
            environment: &CStrings::new(&environment),
            directory: None,
            standard: [Some(fd::raw(&stdin)), Some(fd::raw(&nothing)), None],
            inherited: &[],
        });
        if !matches!(&result, Err(error) if error.kind() == io::ErrorKind::NotFound) {
            break;
        }
    }
    result
}

impl Client {
    fn greet(socket: UnixStream, child: Option<Pid>, ask: &Ask) -> Result<Client, NoSession> {
        let mut client = Client {
            socket,
            decoder: Decoder::new(LIMIT),
            part: vec![0; PART],
            messages: VecDeque::new(),
            welcome: Welcome::default(),
            running: Vec::new(),
            child,
            is_lost: false,
        };
        let silent = |error: io::Error| {
            let text = format!(
                "cannot distribute: {PROGRAM}: {}",
                process::error_text(&error)
            );
            NoSession::Cannot(text.into())
        };
        let mut greet = || {
            client.socket.set_read_timeout(Some(PATIENCE))?;
            client.socket.set_write_timeout(Some(PATIENCE))?;
            client.write(ask)?;
            client.answer()
        };
        match greet().map_err(silent)? {
            Answer::Welcome(welcome) => client.welcome = welcome,
            Answer::Refused(why) => return Err(NoSession::Cannot(why)),
            Answer::NoHost(notices) => return Err(NoSession::NoHost(notices)),
            Answer::Placed(_) | Answer::Judged(_) | Answer::Told(_) => {
                return Err(silent(io::ErrorKind::InvalidData.into()));
            }
        }
        Ok(client)
    }

    fn write(&mut self, ask: &Ask) -> io::Result<()> {
        let frame = frame::encode(ask, LIMIT).map_err(io::Error::other)?;
        self.socket.write_all(&frame)
    }

    fn ask(&mut self, ask: &Ask) {
        if !self.is_lost && self.write(ask).is_err() {
            self.lose();
        }
    }

    /// Returns the next thing the session says, waiting for it.
    fn answer(&mut self) -> io::Result<Answer> {
        loop {
            if let Some(answer) = self.decoder.take().map_err(io::Error::other)? {
                return Ok(answer);
            }
            self.read(true)?;
        }
    }

    /// Reads what there is; with `waits` at least something.
    fn read(&mut self, waits: bool) -> io::Result<()> {
        match fd::receive(self.socket.as_raw_fd(), &mut self.part, waits)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.decoder.feed(&self.part[..count]);
                Ok(())
            }
        }
    }

    /// The session has ended before its time: so have all jobs that were sent.
    fn lose(&mut self) {
        self.is_lost = true;
        let text = format!("{PROGRAM} has ended; going on without other machines");
        self.messages.push_back(Message::Notice(text.into()));
        for job in self.running.drain(..) {
            let why = "the session has ended".into();
            self.messages.push_back(Message::Lost { job, why });
        }
        self.messages.push_back(Message::Placeable);
    }

    fn told(&mut self, message: Message) {
        if let Message::Finished { job, .. }
        | Message::Unfit { job, .. }
        | Message::Overtaken { job, .. }
        | Message::Lost { job, .. } = &message
        {
            self.running.retain(|running| running != job);
        }
        self.messages.push_back(message);
    }

    /// Takes what the session has said.
    fn receive(&mut self) -> io::Result<()> {
        loop {
            match self.decoder.take().map_err(io::Error::other)? {
                Some(Answer::Told(message)) => self.told(message),
                Some(_) => return Err(io::ErrorKind::InvalidData.into()),
                None => match self.read(false) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    Err(error) => return Err(error),
                },
            }
        }
    }

    /// Waits for the answer to what was asked.
    fn answered(&mut self) -> io::Result<Answer> {
        loop {
            match self.answer()? {
                Answer::Told(message) => self.told(message),
                answer => return Ok(answer),
            }
        }
    }
}

impl Executor for Client {
    fn readable(&self) -> Option<RawFd> {
        (!self.is_lost).then(|| self.socket.as_raw_fd())
    }

    fn next(&mut self) -> Option<Message> {
        if self.messages.is_empty() && !self.is_lost && self.receive().is_err() {
            self.lose();
        }
        self.messages.pop_front()
    }

    fn place(&mut self, job: JobId, wish: &Wish) -> Place {
        self.ask(&Ask::Place(job, wish.clone()));
        if !self.is_lost {
            match self.answered() {
                Ok(Answer::Placed(place)) => return place,
                _ => self.lose(),
            }
        }
        match self.welcome.is_strict && wish.leave != Leave::No {
            true => Place::Nowhere,
            false => Place::Here(Reason::NoHost),
        }
    }

    fn give_back(&mut self, job: JobId, took: Option<Duration>) {
        self.ask(&Ask::GiveBack(job, took));
    }

    fn host(&self, host: HostId) -> (BString, u32) {
        let host = self.welcome.hosts.get(host.0 as usize);
        host.cloned().unwrap_or_default()
    }

    fn start(&mut self, host: HostId, job: RemoteJob) {
        self.running.push(job.id);
        self.ask(&Ask::Start(host, Box::new(job)));
    }

    fn kill(&mut self, job: JobId, signal: i32) {
        self.ask(&Ask::Kill(job, signal));
    }

    fn socket(&self) -> BString {
        self.welcome.socket.clone()
    }

    fn has_rules(&self) -> bool {
        self.welcome.has_rules && !self.is_lost
    }

    fn judge(&mut self, sentences: Vec<Sentence>) -> Vec<Option<Ruling>> {
        self.ask(&Ask::Judge(sentences));
        if !self.is_lost {
            match self.answered() {
                Ok(Answer::Judged(rulings)) => return rulings,
                _ => self.lose(),
            }
        }
        Vec::new()
    }
}

impl Drop for Client {
    /// Hangs up. The program that this make has started ends then, and is waited for: nothing of it is left behind.
    fn drop(&mut self) {
        let Some(child) = self.child else {
            return;
        };
        let _ = self.socket.shutdown(Shutdown::Write);
        // What it still has to say is of no interest; it ends within a second.
        let _ = self.socket.set_read_timeout(Some(FAREWELL));
        let end = loop {
            if let Err(error) = self.read(true) {
                break error;
            }
        };
        if end.kind() == io::ErrorKind::WouldBlock {
            process::kill(child, SIGKILL);
        }
        process::wait(child);
        // It has taken these away, unless it was killed.
        if let Some(slash) = self.welcome.socket.rfind_byte(b'/') {
            fd::remove(&self.welcome.socket);
            let _ = std::fs::remove_dir(fd::path(&self.welcome.socket[..slash]));
        }
    }
}
