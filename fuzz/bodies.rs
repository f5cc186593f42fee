//! What is done with fuzzed bytes: each function takes any bytes and must return, in bounded time and memory.
//! It does not know who calls: libFuzzer, or the ordinary tests with a bounded number of inputs.

#![allow(dead_code, reason = "each fuzz target uses one function of these")]

use bstr::BString;
use bstr::ByteSlice;
use rmake::cli::Invocation;
use rmake::cli::makeflags;
use rmake::eval::make::Ctx;
use rmake::eval::make::Make;
use rmake::eval::make::MakeflagsCodec;
use rmake::eval::make::ShellRequest;
use rmake::eval::make::ShellResult;
use rmake::eval::start::Start;
use rmake::event::Event;
use rmake::files::View;
use rmake::files::memory::Memory;
use rmake::options::Options;
use rmake::options::Source;

/// A session without programs and without a listener.
struct Nobody;

impl Ctx for Nobody {
    fn shell(&mut self, _request: &ShellRequest) -> ShellResult {
        ShellResult {
            output: b"a b\n".to_vec(),
            status: 0,
        }
    }

    fn emit(&mut self, _event: Event) {}

    fn temporary_file(&mut self, _text: &[u8]) -> Option<BString> {
        None
    }

    fn now(&mut self) -> i64 {
        1_500_000_000_000_000_000
    }
}

fn codec() -> MakeflagsCodec {
    MakeflagsCodec {
        decode: makeflags::decode,
        encode: makeflags::encode,
    }
}

/// A make in an empty directory in memory.
fn make() -> Make {
    let start = Start {
        command: "make".into(),
        program: "make".into(),
        level: 0,
        restarts: 0,
        directory: Some("/w".into()),
        environment: vec![("PATH".into(), "/bin".into())],
        options: Options::default(),
        codec: codec(),
        view: View::new(Box::new(Memory::new(b"/w"))),
        ctx: Box::new(Nobody),
    };
    Make::new(start).unwrap_or_else(|_| panic!("an empty make can be made"))
}

/// Code is never loaded: objects come from the real disk.
fn is_harmless(bytes: &[u8]) -> bool {
    !bytes.windows(4).any(|word| word == b"load")
}

/// Reads the bytes as a makefile.
pub fn scanner(bytes: &[u8]) {
    if is_harmless(bytes) {
        let mut make = make();
        let is_read = make.read_buffer(bytes, None).is_ok();
        if is_read {
            let _ = make.finish_reading().and_then(|()| make.complete_rules());
        }
    }
}

/// Expands the bytes with a few variables at hand.
pub fn expander(bytes: &[u8]) {
    if is_harmless(bytes) && bytes.len() <= 4096 {
        let mut make = make();
        let variables = b"a = 1\nb := x.c y.c\nf = $(1)$(2)-$(0)\nr = $(r)\n";
        let _ = make.read_buffer(variables, None);
        let _ = make.expand(bytes);
    }
}

/// Reads the bytes as MAKEFLAGS; what is written from them must read back as itself.
pub fn makeflags(bytes: &[u8]) {
    for source in [Source::Environment, Source::Makefile] {
        let codec = codec();
        let mut first = Options::default();
        (codec.decode)(&mut first, bytes, source);
        let text = (codec.encode)(&first);
        let mut second = Options::default();
        // As a variable's value it has its dollars doubled.
        (codec.decode)(&mut second, &text.replace("$$", "$"), source);
        assert_eq!(BString::from((codec.encode)(&second)), BString::from(text));
    }
}

/// Reads the lines as words of a command line.
pub fn command_line(bytes: &[u8]) {
    let lines = bytes.split(|byte| *byte == b'\n').map(BString::from);
    let arguments: Vec<BString> = std::iter::once("make".into()).chain(lines).collect();
    let invocation = Invocation {
        arguments: &arguments,
        environment: &[],
        seed: 7,
    };
    let _ = rmake::cli::parse(&invocation, &mut |_, _| None);
}
