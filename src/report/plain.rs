//! The default reporter: byte for byte what GNU make prints, each event written at once.
//! It does not know terminals, nor what an event means for the build.

use crate::error::Diagnostic;
use crate::error::Severity;
use crate::event::Event;
use crate::event::Sink;
use crate::event::Stream;
use bstr::BString;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// What is remembered between events.
struct State {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// `make` or `make[1]`.
    prefix: String,
    directory: Option<BString>,
    announce: bool,
    around_blocks: bool,
    /// `Entering directory` was printed and `Leaving directory` is due.
    entered: bool,
    in_block: bool,
    /// The first write to `out` that failed.
    failure: Option<std::io::Error>,
}

/// The plain reporter. Clones share one state.
#[derive(Clone)]
pub struct Plain {
    state: Arc<Mutex<State>>,
}

impl Plain {
    /// Returns a reporter for a make called `program` at this MAKELEVEL, writing to these streams.
    pub fn new(
        program: &str,
        level: u32,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Plain {
        let prefix = if level == 0 {
            program.to_owned()
        } else {
            format!("{program}[{level}]")
        };
        let state = State {
            out,
            err,
            prefix,
            directory: None,
            announce: false,
            around_blocks: false,
            entered: false,
            in_block: false,
            failure: None,
        };
        Plain {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Takes the directory as announced: whoever began this make has done it.
    pub fn expect_entered(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.entered = true;
    }

    /// Returns whether the directory was announced and is still to be left.
    pub fn has_entered(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.entered
    }

    /// Says that the directory is left, if it was entered, and returns the first error of writing to standard output.
    pub fn close(&self) -> Option<std::io::Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.leave();
        state.failure.take()
    }
}

impl Sink for Plain {
    fn emit(&mut self, event: Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.take(event);
    }
}

impl State {
    fn take(&mut self, event: Event) {
        match event {
            Event::Text { stream, bytes, .. } => {
                self.enter();
                self.write(stream, &bytes);
            }
            Event::Debug { bytes } => self.write(Stream::Out, &bytes),
            Event::Diagnostic { diagnostic, .. } => {
                self.enter();
                self.tell(&diagnostic);
            }
            Event::ChildOutput { .. } => self.enter(),
            Event::Directory {
                path,
                announce,
                around_blocks,
            } => {
                self.directory = path;
                self.announce = announce;
                self.around_blocks = around_blocks;
            }
            Event::BlockBegin => {
                self.in_block = true;
                if self.around_blocks && self.announce {
                    self.print_directory("Entering");
                }
            }
            Event::BlockEnd => {
                if self.around_blocks && self.announce {
                    self.print_directory("Leaving");
                }
                self.in_block = false;
            }
            Event::JobPlaced { .. } | Event::JobStarted { .. } | Event::JobFinished { .. } => {}
        }
    }

    /// Announces the directory before the first output.
    fn enter(&mut self) {
        if self.announce && !self.entered && !self.around_blocks {
            self.entered = true;
            self.print_directory("Entering");
        }
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.entered) {
            self.print_directory("Leaving");
        }
    }

    fn print_directory(&mut self, verb: &str) {
        let mut line = [self.prefix.as_bytes(), b": ", verb.as_bytes()].concat();
        match &self.directory {
            Some(directory) => {
                line.extend_from_slice(&[b" directory '", &directory[..], b"'\n"].concat())
            }
            None => line.extend_from_slice(b" an unknown directory\n"),
        }
        self.write(Stream::Out, &line);
    }

    fn tell(&mut self, diagnostic: &Diagnostic) {
        let Diagnostic {
            place,
            severity,
            text,
        } = diagnostic;
        let prefix = place
            .as_ref()
            .map_or_else(|| self.prefix.clone().into(), |place| place.text());
        let (stars, tail): (&[u8], &[u8]) = match severity {
            Severity::Fatal => (b"*** ", b".  Stop."),
            Severity::Error => (b"*** ", b""),
            Severity::Notice | Severity::Info => (b"", b""),
        };
        let stream = if *severity == Severity::Info {
            Stream::Out
        } else {
            Stream::Err
        };
        let line = [&prefix[..], b": ", stars, text, tail, b"\n"].concat();
        self.write(stream, &line);
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Out => {
                let result = self.out.write_all(bytes).and_then(|()| self.out.flush());
                if let Err(error) = result {
                    self.failure.get_or_insert(error);
                }
            }
            // There is nobody left to tell of a failure here.
            Stream::Err => drop(self.err.write_all(bytes)),
        }
    }
}
