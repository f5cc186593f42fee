//! The variable MAKEFLAGS: options and assignments of a make, written for the makes below it.
//! It does not know variables: their part is added by whoever owns them.

use crate::cli::flags::Refusal;
use crate::cli::normalize;
use crate::cli::normalize::Complaints;
use crate::error::decimal_exponent;
use crate::options::BadOption;
use crate::options::Options;
use crate::options::OutputSync;
use crate::options::Shuffle;
use crate::options::Source;
use bstr::BStr;
use bstr::BString;

/// Reads an expanded value of MAKEFLAGS assigned in a makefile; what is unknown there is ignored, and plain words are
/// no goals.
pub fn decode(options: &mut Options, value: &[u8], source: Source) -> Vec<BadOption> {
    let goals = options.goals.len();
    let complaints = read(options, value, source);
    options.goals.truncate(goals);
    let refused = complaints.refused.into_iter();
    let bad = refused.map(|refusal| match refusal {
        Refusal::Usage(text) | Refusal::Own(text) => BadOption::Told(text),
        Refusal::Fatal(text) => BadOption::Fatal(text),
    });
    bad.collect()
}

/// Reads an expanded value of MAKEFLAGS or GNUMAKEFLAGS.
pub fn read(options: &mut Options, value: &[u8], source: Source) -> Complaints {
    let mut words = split(value);
    if let Some(first) = words.first_mut()
        && first.first() != Some(&b'-')
        && !first.contains(&b'=')
    {
        first.insert(0, b'-');
    }
    let words: Vec<&BStr> = words.iter().map(BStr::new).collect();
    if source == Source::Makefile {
        // The lists are replaced as a whole: the value names all of them again.
        options.debug_words.clear();
        options.include_dirs.clear();
        options.evals.clear();
    }
    normalize::read(options, &words, source)
}

/// Splits at blanks; a backslash makes the next byte plain. Newlines and the like count in front alone.
fn split(value: &[u8]) -> Vec<BString> {
    let is_space = |c: &u8| matches!(c, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let start = value.iter().position(|c| !is_space(c));
    let value = &value[start.unwrap_or(value.len())..];
    let mut words: Vec<BString> = Vec::new();
    let mut word: Option<BString> = None;
    let mut bytes = value.iter().copied();
    while let Some(c) = bytes.next() {
        match c {
            b' ' | b'\t' => words.extend(word.take()),
            b'\\' => word
                .get_or_insert_default()
                .push(bytes.next().unwrap_or(b'\\')),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Writes the options as MAKEFLAGS carries them: a group of letters, long options, `--eval`s. The value is
/// still to be expanded once, so every `$` is doubled. Empty without options; without letters it begins with a blank.
pub fn encode(options: &Options) -> Vec<u8> {
    let mut out = letters(options);
    let mut word = |parts: &[&[u8]]| {
        out.push(b' ');
        parts.iter().for_each(|part| out.extend_from_slice(part));
    };
    for directory in &options.include_dirs {
        word(&[b"-I", &quoted(directory)]);
    }
    match options.jobs {
        None => {}
        Some(0) => word(&[b"-j"]),
        Some(jobs) => word(&[b"-j", jobs.to_string().as_bytes()]),
    }
    if let Some(load) = options.max_load.filter(is_limit) {
        word(&[b"-l", general(load).as_bytes()]);
    }
    if let Some(sync) = options.output_sync {
        let name: &[u8] = match sync {
            OutputSync::None => b"none",
            OutputSync::Line => b"line",
            OutputSync::Target => b"target",
            OutputSync::Recurse => b"recurse",
        };
        word(&[b"-O", name]);
    }
    for words in &options.debug_words {
        word(&[b"--debug=", &quoted(words)]);
    }
    if let Some(auth) = &options.jobserver_auth {
        word(&[b"--jobserver-auth=", &quoted(auth)]);
    }
    if options.trace {
        word(&[b"--trace"]);
    }
    let is_off = |switch: crate::options::Switch| switch.source != Source::Default && !switch.on;
    if is_off(options.print_directory) {
        word(&[b"--no-print-directory"]);
    }
    if options.warn_undefined {
        word(&[b"--warn-undefined-variables"]);
    }
    if let Some(mutex) = &options.sync_mutex {
        word(&[b"--sync-mutex=", &quoted(mutex)]);
    }
    if is_off(options.silent) {
        word(&[b"--no-silent"]);
    }
    match options.shuffle {
        None | Some(Shuffle::None) => {}
        Some(Shuffle::Seed(seed)) => word(&[b"--shuffle=", seed.to_string().as_bytes()]),
        Some(Shuffle::Reverse) => word(&[b"--shuffle=reverse"]),
        Some(Shuffle::Identity) => word(&[b"--shuffle=identity"]),
    }
    for eval in &options.evals {
        word(&[b"--eval=", &quoted(eval)]);
    }
    out
}

/// The one-letter options, alphabetical without regard to case, small before capital.
fn letters(options: &Options) -> Vec<u8> {
    let is_stopped = options.keep_going.source != Source::Default && !options.keep_going.on;
    let table = [
        (b'B', options.always_make),
        (b'd', options.debug_all),
        (b'e', options.environment_overrides),
        (b'i', options.ignore_errors),
        (b'k', options.keep_going.on),
        (b'L', options.check_symlinks),
        (b'n', options.just_print),
        (b'p', options.print_data_base),
        (b'q', options.question),
        (b'r', options.no_builtin_rules),
        (b'R', options.no_builtin_variables),
        (b's', options.silent.on),
        (b'S', is_stopped),
        (b't', options.touch),
        (
            b'w',
            options.print_directory.on && options.print_directory.source != Source::Default,
        ),
    ];
    table
        .iter()
        .filter(|(_, on)| *on)
        .map(|(letter, _)| *letter)
        .collect()
}

/// Doubles `$`, puts a backslash before blanks and backslashes.
pub fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text {
        match c {
            b'$' => out.push(b'$'),
            b' ' | b'\t' | b'\\' => out.push(b'\\'),
            _ => {}
        }
        out.push(*c);
    }
    out
}

/// A negative load limits nothing and is not handed on.
fn is_limit(load: &f64) -> bool {
    *load >= 0.0 || load.is_nan()
}

/// A number as C's `%g` writes it, for the values a load can have.
fn general(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan" } else { "inf" }.to_owned();
    }
    if value != 0.0 && !(1e-4..1e6).contains(&value.abs()) {
        let text = format!("{value:.5e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let power: i32 = power.parse().unwrap_or(0);
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", power.abs());
    }
    let decimals = if value == 0.0 {
        0
    } else {
        usize::try_from(5 - decimal_exponent(value)).unwrap_or(0)
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// Words of a command line that MAKEFLAGS hands on.
    fn word() -> impl Strategy<Value = Vec<BString>> {
        let letters = "-[BdeikLnpqrRsStw]{1,4}";
        let lone = prop::sample::select(vec![
            "-j",
            "-l",
            "-O",
            "--trace",
            "--no-print-directory",
            "--warn-undefined-variables",
            "--no-silent",
            "--debug",
            "--debug=v,j",
            "-Oline",
            "-Orecurse",
            "-Onone",
            "--shuffle=reverse",
            "--shuffle=identity",
            "--shuffle=none",
        ]);
        let text = prop::collection::vec(1..=255u8, 1..8);
        let named =
            prop::sample::select(vec!["-I", "--eval=", "--jobserver-auth=", "--sync-mutex="]);
        prop_oneof![
            letters.prop_map(|word| vec![word.into()]),
            lone.prop_map(|word| vec![word.into()]),
            (named, text).prop_map(|(name, text)| vec![[name.as_bytes(), &text].concat().into()]),
            (1..5000u32).prop_map(|jobs| vec!["-j".into(), jobs.to_string().into()]),
            (0..90_000u32).prop_map(|load| vec![format!("-l{}", f64::from(load) / 100.0).into()]),
            any::<u32>().prop_map(|seed| vec![format!("--shuffle={seed}").into()]),
        ]
    }

    /// Everything that travels, in a form that can be compared; who set a switch may differ.
    fn travelling(options: &Options) -> String {
        let mut options = options.clone();
        for switch in [
            &mut options.keep_going,
            &mut options.silent,
            &mut options.print_directory,
        ] {
            if switch.source != Source::Default {
                switch.source = Source::CommandLine;
            }
        }
        options.jobs_source = Source::Default;
        format!("{options:?}")
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_the_same_options(words in prop::collection::vec(word(), 0..8)) {
            let words = words.concat();
            let words: Vec<&BStr> = words.iter().map(|word| BStr::new(word.as_slice())).collect();
            let mut given = Options::default();
            prop_assert!(normalize::read(&mut given, &words, Source::CommandLine).is_empty());
            let written = encode(&given);
            let mut read_back = Options::default();
            // The value is expanded once before it is read.
            let value = bstr::ByteSlice::replace(written.as_slice(), "$$", "$");
            prop_assert!(read(&mut read_back, &value, Source::Environment).is_empty());
            prop_assert_eq!(travelling(&given), travelling(&read_back), "{:?}", BString::from(written));
        }
    }

    #[test]
    fn values_are_read_and_written_canonically() {
        let check = |given: &str, expected: &str| {
            let mut options = Options::default();
            let complaints = read(&mut options, given.as_bytes(), Source::Environment);
            assert!(complaints.is_empty(), "{given}: {complaints:?}");
            assert_eq!(
                BString::from(encode(&options)),
                BString::from(expected),
                "{given}"
            );
        };
        check("k", "k");
        check("-k", "k");
        check("kS", "S");
        check("Sk", "k");
        check("ks --no-silent", "k --no-silent");
        check("Rr", "rR");
        check("kj3", "k -j3");
        check("Ifoo", " -Ifoo");
        check(" -Ifoo", " -Ifoo");
        check("--trace", " --trace");
        check("O", " -Otarget");
        check("s -w", "sw");
        check("-l 2.50", " -l2.5");
        check("-l", "");
        check("A=1", "");
        check("nieBL", "BeiLn");
        check("--debug=b,v --debug=j", " --debug=b,v --debug=j");
        check("--shuffle=none", "");
        check("-E A=a\\ b", " --eval=A=a\\ b");
    }
}
