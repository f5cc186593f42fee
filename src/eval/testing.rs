//! A make for unit tests: files in memory, a shell that knows `echo` and `env`, everything said kept.
//! It does not know recipes being run.

use crate::error::Severity;
use crate::eval::environment::Child;
use crate::eval::make::Ctx;
use crate::eval::make::Make;
use crate::eval::make::MakeflagsCodec;
use crate::eval::make::ShellRequest;
use crate::eval::make::ShellResult;
use crate::eval::start::Start;
use crate::event::Event;
use crate::files::View;
use crate::files::WriteMode;
use crate::files::memory::Memory;
use crate::id::TargetId;
use crate::options::Options;
use bstr::BString;
use bstr::ByteSlice;
use std::sync::Arc;
use std::sync::Mutex;

/// A session that keeps what is said. `echo WORDS` gives the words, `env NAME` the line of that variable, `false` fails.
struct Listener(Arc<Mutex<Vec<u8>>>);

impl Ctx for Listener {
    fn shell(&mut self, request: &ShellRequest) -> ShellResult {
        let command = request.command.to_string();
        let (output, status) = match command.split_once(' ') {
            Some(("echo", words)) => (format!("{words}\n\n"), 0),
            Some(("env", name)) => {
                let begin = format!("{name}=");
                let mut lines = request.environment.iter().map(ToString::to_string);
                let line = lines.find(|line| line.starts_with(&begin));
                (line.unwrap_or_else(|| "unset".into()), 0)
            }
            _ => (String::new(), 3),
        };
        ShellResult {
            output: output.into_bytes(),
            status,
        }
    }

    fn emit(&mut self, event: Event) {
        let mut heard = self.0.lock().unwrap();
        match event {
            Event::Text { bytes, .. } => heard.extend_from_slice(&bytes),
            Event::Diagnostic { diagnostic, .. } => {
                assert_eq!(diagnostic.severity, Severity::Notice);
                let place = diagnostic.place.map(|place| format!("{place}: "));
                let line = format!("{}{}\n", place.unwrap_or_default(), diagnostic.text);
                heard.extend_from_slice(line.as_bytes());
            }
            _ => {}
        }
    }

    fn temporary_file(&mut self, _text: &[u8]) -> Option<BString> {
        None
    }

    fn now(&mut self) -> i64 {
        0
    }
}

/// A make that has read one makefile, and what it says.
pub struct Tried {
    /// The make.
    pub make: Make,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Tried {
    /// Reads `text` as `Makefile` in /w, with EV=`a$b` and SHELL=/env/sh in the environment.
    pub fn read(text: &str, options: Options) -> Tried {
        let mut view = View::new(Box::new(Memory::new(b"/w")));
        let written = view.write(b"Makefile", text.as_bytes(), WriteMode::Truncate);
        written.unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let environment = [("EV", "a$b"), ("SHELL", "/env/sh"), ("LOOP", "outside")];
        let make = Make::new(Start {
            command: "make".into(),
            program: "make".into(),
            level: 0,
            restarts: 0,
            directory: Some("/w".into()),
            environment: environment.map(|(n, v)| (n.into(), v.into())).to_vec(),
            options,
            codec: MakeflagsCodec {
                decode: |options, value, _| {
                    options.keep_going.on |= value.contains_str("-k");
                    Vec::new()
                },
                encode: |options| match options.keep_going.on {
                    true => b"k".to_vec(),
                    false => Vec::new(),
                },
            },
            view,
            ctx: Box::new(Listener(heard.clone())),
        });
        let mut tried = Tried {
            make: make.unwrap(),
            heard,
        };
        let result = tried.make.read_makefiles();
        let result = result.and_then(|()| tried.make.finish_reading());
        if let Err(fatal) = result.and_then(|()| tried.make.complete_rules()) {
            let place = fatal.place.clone().map(|place| format!("{place}: "));
            let line = format!("{}*** {}\n", place.unwrap_or_default(), fatal.error);
            tried
                .heard
                .lock()
                .unwrap()
                .extend_from_slice(line.as_bytes());
        }
        tried
    }

    /// Returns what was said since the last call, without the final newline.
    pub fn said(&self) -> String {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        let said = String::from_utf8(heard).unwrap();
        said.strip_suffix('\n').unwrap_or(&said).to_owned()
    }

    /// Returns `text` expanded for a target that `parents` ask for, the first of them a goal.
    pub fn expand_for(&mut self, target: &str, parents: &[&str], text: &str) -> String {
        let target = self.ready(target, parents);
        let make = &mut self.make;
        let expanded = make.with_target(target, |make| make.expand(text.as_bytes()));
        String::from_utf8(expanded.unwrap()).unwrap()
    }

    /// Returns the value of `name` in the environment of the recipe of `target`.
    pub fn environment_of(&mut self, target: &str, parents: &[&str], name: &str) -> Option<String> {
        let target = self.ready(target, parents);
        let lines = self.make.child_environment(Some(target), Child::Plain);
        let begin = format!("{name}=");
        let lines = lines.unwrap();
        let line = lines
            .iter()
            .find(|line| line.starts_with(begin.as_bytes()))?;
        Some(line[begin.len()..].as_bstr().to_string())
    }

    fn ready(&mut self, target: &str, parents: &[&str]) -> TargetId {
        let mut parent = None;
        for name in parents.iter().chain(&[target]) {
            let name = self.make.names.intern(name.as_bytes());
            let target = self.make.graph.targets.enter(name);
            self.make.ready_target_scope(target, parent).unwrap();
            parent = Some(target);
        }
        parent.unwrap()
    }
}

/// Checks what reading a makefile says.
pub fn check(text: &str, expected: &str) {
    let tried = Tried::read(text, Options::default());
    assert_eq!(tried.said(), expected, "in\n{text}");
}
