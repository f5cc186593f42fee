//! What a make sees of the process it runs in: `$(shell)`, events, the time; shared by the runner and every make's `Ctx`.
//! It does not know recipes, nor the walk.

use crate::error::JobNotice;
use crate::eval::make::Ctx;
use crate::eval::make::ShellRequest;
use crate::eval::make::ShellResult;
use crate::event::Event;
use crate::event::Sink;
use crate::exec::command;
use crate::exec::command::Command;
use crate::exec::command::Newline;
use crate::exec::command::ShellOf;
use crate::exec::output;
use crate::exec::output::Buffer;
use crate::exec::output::Mutex as OutputMutex;
use crate::exec::path::Programs;
use crate::exec::temporary::Temporary;
use crate::id::JobId;
use crate::options::OutputSync;
use crate::sys::clock;
use crate::sys::fd;
use crate::sys::process;
use crate::sys::process::CStrings;
use crate::sys::process::Exit;
use crate::sys::process::Pid;
use crate::sys::process::Spawn;
use crate::sys::signal;
use crate::sys::signal::Unlinked;
use bstr::BString;
use std::fs::File;
use std::io;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// The shell for files that the kernel cannot execute.
const SCRIPT_SHELL: &str = "/bin/sh";

/// Status of a command that could not be started.
pub const NOT_STARTED: i32 = 127;

/// What runner and makes share.
pub struct Shared {
    sink: Box<dyn Sink>,
    /// How output is held back, None while it is not.
    pub sync: OutputSync,
    /// Files kept for makes ([`Ctx::temporary_file`]).
    pub kept: Vec<Unlinked>,
    /// No temporary file could be made: -O does nothing any more.
    pub gave_up: bool,
    buffers: Vec<Buffer>,
    /// The lock of all makes that hold output back.
    pub mutex: Option<OutputMutex>,
    /// Standard output and standard error are the same file.
    is_combined: bool,
    /// The directory for temporary files.
    pub temporary: Temporary,
    /// The directory of the process.
    pub directory: BString,
    /// Programs found in PATH.
    pub programs: Programs,
    last_status: i32,
}

impl Shared {
    /// Returns the state of a process that works in `directory`.
    pub fn new(sink: Box<dyn Sink>, temporary: Temporary, directory: BString) -> Shared {
        Shared {
            sink,
            sync: OutputSync::None,
            kept: Vec::new(),
            gave_up: false,
            buffers: Vec::new(),
            mutex: None,
            is_combined: fd::same_file(1, 2),
            temporary,
            directory,
            programs: Programs::default(),
            last_status: 0,
        }
    }

    /// Returns whether standard output and standard error are the same file.
    pub fn is_combined(&self) -> bool {
        self.is_combined
    }

    /// Passes an event on, or keeps it with the output it belongs to.
    pub fn emit(&mut self, event: Event) {
        let job = output::job_of(&event);
        let is_output = matches!(event, Event::Text { .. } | Event::Diagnostic { .. });
        match self.buffer(job).filter(|_| is_output) {
            Some(buffer) => buffer.say(event),
            None => self.sink.emit(event),
        }
    }

    /// Tells a line of `-d`, which holds its newline.
    pub fn debug(&mut self, text: String) {
        let bytes = text.into();
        self.emit(Event::Debug { bytes });
    }

    /// Says something about running jobs.
    pub fn say(&mut self, job: Option<JobId>, notice: &JobNotice) {
        let diagnostic = notice.diagnostic();
        self.emit(Event::Diagnostic { job, diagnostic });
    }

    /// Returns the directory for temporary files.
    pub fn temporary_directory(&mut self) -> BString {
        let (directory, notices) = self.temporary.directory();
        for notice in notices {
            self.say(None, &notice);
        }
        directory
    }

    fn buffer(&mut self, job: Option<JobId>) -> Option<&mut Buffer> {
        self.buffers.iter_mut().find(|buffer| buffer.job() == job)
    }

    /// Begins to hold back the output of `job` (None: of make itself). Where no temporary file can be made, -O is given up.
    pub fn hold(&mut self, job: Option<JobId>) {
        if self.sync == OutputSync::None || self.buffer(job).is_some() {
            return;
        }
        let directory = self.temporary_directory();
        match Buffer::new(job, &directory, self.is_combined) {
            Ok(buffer) => self.buffers.push(buffer),
            Err(error) => self.give_up(&directory, &error),
        }
    }

    /// Gives -O up for good, telling why.
    pub fn give_up(&mut self, directory: &[u8], error: &io::Error) {
        self.sync = OutputSync::None;
        self.gave_up = true;
        self.tell_no_temporary(directory, error);
        self.say(None, &JobNotice::NoOutputSync);
    }

    fn tell_no_temporary(&mut self, directory: &[u8], error: &io::Error) {
        let mut path = BString::from(directory);
        path.extend_from_slice(b"/GmXXXXXX");
        let error = process::error_text(error);
        self.say(None, &JobNotice::CannotMakeTemporary(path, error));
    }

    /// Makes a temporary file that is unlinked when the result is dropped or a signal ends the process.
    pub fn temporary_file(&mut self, directory: &[u8]) -> io::Result<(File, BString, Unlinked)> {
        signal::whole(|| {
            let (file, path) = fd::named_file(directory, b"Gm")?;
            let unlinked = Unlinked::new(path.as_ref());
            Ok((file, path, unlinked))
        })
    }

    /// Tells what was held back of `job` and goes on holding.
    pub fn tell(&mut self, job: Option<JobId>) {
        let mutex = self.mutex.as_ref();
        if let Some(buffer) = self.buffers.iter_mut().find(|buffer| buffer.job() == job) {
            buffer.tell(self.sink.as_mut(), mutex);
        }
    }

    /// Tells what was held back of `job` and holds no more.
    pub fn release(&mut self, job: Option<JobId>) {
        self.tell(job);
        self.buffers.retain(|buffer| buffer.job() != job);
    }

    /// Tells all that was held back.
    pub fn release_all(&mut self) {
        while let Some(job) = self.buffers.first().map(Buffer::job) {
            self.release(job);
        }
    }

    /// Returns where children of `job` write: into what is held back, or None for our own streams.
    pub fn streams(&mut self, job: Option<JobId>) -> Option<(RawFd, RawFd)> {
        self.buffer(job).map(|buffer| buffer.descriptors())
    }
}

/// A command to be started.
#[derive(Debug)]
pub struct Start<'a> {
    /// Its words, the program first.
    pub words: &'a [BString],
    /// Its environment, which also holds the PATH to search.
    pub environment: &'a CStrings,
    /// Its directory, None for the process's own.
    pub directory: Option<&'a [u8]>,
    /// Standard input, output and error, None for our own.
    pub standard: [Option<RawFd>; 3],
    /// Further descriptors it gets.
    pub inherited: &'a [RawFd],
}

/// Starts a command: the program is searched in the child's PATH, a file that is no program is given to the shell,
/// a line that is too long is given to it in pieces.
pub fn start(programs: &mut Programs, start: &Start<'_>) -> io::Result<Pid> {
    let name = start.words.first().map_or(&b""[..], |word| word.as_slice());
    let path = start.environment.value(b"PATH");
    let file = programs.find(name, path, start.directory)?;
    let spawn = |file: &[u8], words: &[BString]| {
        process::spawn(&Spawn {
            file,
            arguments: words,
            environment: start.environment,
            directory: start.directory,
            standard: start.standard,
            inherited: start.inherited,
        })
    };
    match spawn(&file, start.words) {
        Err(error) if fd::is_not_a_program(&error) => {
            let mut words = vec![BString::from(SCRIPT_SHELL), file];
            words.extend_from_slice(&start.words[1..]);
            spawn(SCRIPT_SHELL.as_bytes(), &words)
        }
        Err(error) if fd::is_too_long(&error) => match command::in_pieces(start.words) {
            Some(words) => spawn(&file, &words),
            None => Err(error),
        },
        result => result,
    }
}

/// One make's view of the session.
#[derive(Clone)]
pub struct Session {
    shared: Arc<Mutex<Shared>>,
}

impl Session {
    /// Returns a handle on a new session.
    pub fn new(shared: Shared) -> Session {
        Session {
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    /// Returns the shared state. Only one thread ever asks; it must not ask again before it gives this back.
    pub fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_shell(
        &self,
        request: &ShellRequest,
        words: &[BString],
    ) -> io::Result<(Pid, std::os::fd::OwnedFd)> {
        let (read, write) = fd::pipe()?;
        let mut shared = self.shared();
        let streams = shared.streams(request.job);
        if streams.is_none() {
            shared.emit(Event::ChildOutput { job: request.job });
        }
        let err = streams.map(|(_, err)| err);
        let pid = start(
            &mut shared.programs,
            &Start {
                words,
                environment: &CStrings::new(&request.environment),
                directory: None,
                standard: [None, Some(write.as_raw_fd()), err],
                inherited: &[],
            },
        )?;
        Ok((pid, read))
    }
}

/// Reads all a `$(shell)` child writes. A fatal signal that was deferred ends the reading: the make is about to end.
fn read_all(read: RawFd, pid: Pid) -> Vec<u8> {
    let mut text = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        if signal::is_deferred() {
            if let Some(fatal) = signal::fatal() {
                if signal::is_passed_on(fatal) {
                    process::kill(pid, fatal);
                }
                return text;
            }
            if fd::wait(&[read], None) != fd::Waited::Readable {
                continue;
            }
        }
        match fd::read(read, &mut buffer) {
            Ok(0) => return text,
            Ok(count) => text.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return text,
        }
    }
}

impl Ctx for Session {
    fn shell(&mut self, request: &ShellRequest) -> ShellResult {
        let of = ShellOf {
            shell: &request.shell,
            flags: &request.shell_flags,
            ifs: request.ifs.as_ref().map(|ifs| ifs.as_slice()),
            newline: match request.one_shell {
                true => Newline::Ends,
                false => Newline::InWord,
            },
        };
        let words = match command::command(&request.command, of) {
            Command::Empty => {
                return ShellResult {
                    output: Vec::new(),
                    status: self.shared().last_status,
                };
            }
            Command::Direct(words) | Command::Shell(words) => words,
        };
        let result = match self.start_shell(request, &words) {
            Ok((pid, read)) => {
                signal::set_shell_child(Some(pid));
                let output = read_all(read.as_raw_fd(), pid);
                drop(read);
                let exit = process::wait(pid);
                signal::set_shell_child(None);
                let status = match exit {
                    Some(Exit::Status(status)) => status,
                    Some(Exit::Signal(signal, _)) => 128 + signal,
                    None => NOT_STARTED,
                };
                ShellResult { output, status }
            }
            Err(error) => {
                let name = words.into_iter().next().unwrap_or_default();
                let notice = JobNotice::CannotRun(name, process::error_text(&error));
                self.shared().say(request.job, &notice);
                ShellResult {
                    output: Vec::new(),
                    status: NOT_STARTED,
                }
            }
        };
        self.shared().last_status = result.status;
        result
    }

    fn emit(&mut self, event: Event) {
        self.shared().emit(event);
    }

    fn temporary_file(&mut self, text: &[u8]) -> Option<BString> {
        let mut shared = self.shared();
        let directory = shared.temporary_directory();
        let made = shared.temporary_file(&directory);
        let written = made.and_then(|(mut file, path, unlinked)| {
            file.write_all(text)?;
            Ok((path, unlinked))
        });
        match written {
            Ok((path, unlinked)) => {
                shared.kept.push(unlinked);
                Some(path)
            }
            Err(error) => {
                shared.tell_no_temporary(&directory, &error);
                None
            }
        }
    }

    fn now(&mut self) -> i64 {
        clock::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Stream;
    use std::sync::mpsc;

    struct Told(mpsc::Sender<Event>);

    impl Sink for Told {
        fn emit(&mut self, event: Event) {
            self.0.send(event).unwrap();
        }
    }

    fn session() -> (Session, mpsc::Receiver<Event>) {
        let (sender, told) = mpsc::channel();
        let temporary = Temporary::new(None, None);
        let shared = Shared::new(Box::new(Told(sender)), temporary, "/".into());
        (Session::new(shared), told)
    }

    fn request(command: &str) -> ShellRequest {
        ShellRequest {
            command: command.into(),
            shell: "/bin/sh".into(),
            shell_flags: vec!["-c".into()],
            ifs: None,
            environment: vec!["A=b".into(), "PATH=/usr/bin:/bin".into()],
            one_shell: false,
            job: None,
        }
    }

    #[test]
    fn a_command_s_output_and_status_come_back() {
        let (mut session, _told) = session();
        let table = [
            ("echo a b", "a b\n", 0),
            ("echo \"$A\"; exit 3", "b\n", 3),
            ("  ", "", 3),
            ("kill -9 $$", "", 137),
            ("nonexistent-program x", "", 127),
        ];
        for (command, output, status) in table {
            let result = session.shell(&request(command));
            assert_eq!(result.output, output.as_bytes(), "{command}");
            assert_eq!(result.status, status, "{command}");
        }
    }

    #[test]
    fn a_command_that_cannot_be_started_is_told() {
        let (mut session, told) = session();
        session.shell(&request("nonexistent-program x"));
        let texts: Vec<String> = told
            .try_iter()
            .filter_map(|event| match event {
                Event::Diagnostic { diagnostic, .. } => Some(diagnostic.text.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(texts, ["nonexistent-program: No such file or directory"]);
    }

    #[test]
    fn held_back_output_is_told_as_one_block() {
        let (mut session, told) = session();
        let job = Some(JobId(7));
        session.shared().sync = OutputSync::Target;
        session.shared().hold(job);
        let mut request = request("echo oops >&2; echo out");
        request.job = job;
        assert_eq!(session.shell(&request).output, b"out\n");
        session.emit(Event::Text {
            job,
            stream: Stream::Out,
            bytes: "after\n".into(),
        });
        assert_eq!(told.try_iter().count(), 0);
        session.shared().release_all();
        let texts: Vec<String> = told
            .try_iter()
            .map(|event| match event {
                Event::Text { bytes, .. } => bytes.to_string(),
                event => format!("{event:?}"),
            })
            .collect();
        assert_eq!(texts, ["BlockBegin", "oops\n", "after\n", "BlockEnd"]);
    }
}
