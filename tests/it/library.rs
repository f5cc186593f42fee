//! The fuzz targets' bodies with a bounded number of spoiled inputs, in this process: what `cargo fuzz` does, without nightly.
//! It does not look at results; a panic or a hang fails.

use std::panic;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bstr::ByteSlice;

use crate::bodies;
use crate::spoil::some_words;
use crate::spoil::spoil;
use crate::spoil::starts;
use crate::tools;
use crate::tools::Chance;

/// How long one input may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Gives `body` many inputs and tells the first that made it panic or hang.
fn feed(what: &str, body: fn(&[u8]), draw: impl Fn(&mut Chance) -> Vec<u8> + Send + 'static) {
    let inputs = tools::number("RMAKE_NOISE_INPUTS", 2000);
    let mut chance = Chance::new();
    let seed = chance.seed;
    let now = Arc::new(Mutex::new(Vec::new()));
    let (done, ended) = mpsc::channel();
    let shared = Arc::clone(&now);
    let worker = move || {
        for _ in 0..inputs {
            let input = draw(&mut chance);
            shared.lock().unwrap().clone_from(&input);
            let is_sound = panic::catch_unwind(|| body(&input)).is_ok();
            if done.send(is_sound).is_err() || !is_sound {
                return;
            }
        }
    };
    thread::Builder::new()
        .name(what.to_owned())
        .spawn(worker)
        .unwrap();
    for _ in 0..inputs {
        let end = ended.recv_timeout(PATIENCE);
        let input = now.lock().unwrap().clone();
        assert_eq!(
            end,
            Ok(true),
            "{what}, RMAKE_SEED={seed}: {:?}",
            input.as_bstr()
        );
    }
    tools::say(&format!("{what}: {inputs} inputs, seed {seed}"));
}

#[test]
fn scanner() {
    let starts = starts();
    feed("scanner", bodies::scanner, move |chance| {
        spoil(chance, &starts)
    });
}

#[test]
fn expander() {
    let starts = starts();
    feed("expander", bodies::expander, move |chance| {
        let text = spoil(chance, &starts);
        let at = text.find_byte(b'$').unwrap_or(0);
        text[at..].to_vec()
    });
}

#[test]
fn makeflags() {
    feed("makeflags", bodies::makeflags, |chance| {
        some_words(chance).join(b" ".as_slice())
    });
}

#[test]
fn command_line() {
    feed("command_line", bodies::command_line, |chance| {
        some_words(chance).join(b"\n".as_slice())
    });
}
