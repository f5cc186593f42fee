//! The rules, point by point, and files as Termite's users have them.

use super::*;

const HERE: Ruling = Ruling {
    is_local: true,
    recurses: false,
    is_debug: false,
};
const HERE_WITH_MAKES: Ruling = Ruling {
    is_local: true,
    recurses: true,
    is_debug: false,
};

fn parse(text: impl AsRef<[u8]>) -> Result<Rules, String> {
    let parsed = Rules::parse(BStr::new("rc"), text.as_ref().to_vec());
    parsed.map_err(|complaint| complaint.to_string())
}

fn line(text: &str) -> Sentence {
    Sentence {
        text: text.into(),
        make: None,
    }
}

fn judge(rules: &str, text: &str) -> Option<Ruling> {
    parse(rules).unwrap().judge(&line(text))
}

#[test]
fn the_nearest_file_counts_and_rmakes_own_goes_first() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().canonicalize().unwrap();
    let deep = root.join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    let found = || {
        let file = find(BStr::new(deep.as_os_str().as_bytes()))?;
        let file = Path::new(OsStr::from_bytes(&file)).to_owned();
        Some(file.strip_prefix(&root).ok()?.to_owned())
    };
    let nothing = found();
    assert_eq!(nothing, None);
    for name in [
        ".termite-localrc",
        ".rmake-localrc",
        "a/b/.termite-localrc",
        "a/b/.rmake-localrc",
    ] {
        std::fs::write(root.join(name), "[]").unwrap();
        assert_eq!(found().as_deref(), Some(Path::new(name)));
    }
}

#[test]
fn comments_stand_in_column_0() {
    let text = "# one\n\n//two\n[\n#{\n{\"Regexp\": \"#x//\"}\n//}\n]\n";
    assert_eq!(judge(text, "a #x// b"), Some(Ruling::default()));
    assert_eq!(parse("[\n # no\n]").unwrap_err(), "rc:2:2: expected value");
    assert_eq!(
        parse("[\n  // no\n]").unwrap_err(),
        "rc:2:3: expected value"
    );
    assert!(parse("\u{e4}#\n[]").is_err());
    assert!(parse(b"#\xe4\n[]").is_ok());
    assert_eq!(
        parse(b"[\n\"\xe4\"]").unwrap_err(),
        "rc:2:2: expected UTF-8"
    );
}

#[test]
fn keys_and_defaults_are_those_of_termite() {
    let all =
        r#"[{"REGEXP": "a", "local": true, "rEcUrSe": true, "SkipRefresh": true, "debug": true}]"#;
    let expected = Ruling {
        is_local: true,
        recurses: true,
        is_debug: true,
    };
    assert_eq!(judge(all, "a"), Some(expected));
    assert_eq!(judge(r#"[{"Regexp": "a"}]"#, "a"), Some(Ruling::default()));
    assert_eq!(
        judge(r#"[{"Local": true}]"#, "whatever"),
        Some(HERE),
        "an empty expression matches all"
    );
    let more = r#"[{"Regexp": "a", "Local": null, "Other": {"Local": [true]}, "Local": true}]"#;
    assert_eq!(judge(more, "a"), Some(HERE));
    assert_eq!(judge("[]", "make"), None);
    assert_eq!(judge("null", "make"), None);
}

#[test]
fn the_first_match_wins_and_lines_are_searched() {
    let rules = r#"[{"Regexp": "^cc "}, {"Regexp": "c", "Local": true}, {"Regexp": "a.b", "Local": true, "Recurse": true}]"#;
    assert_eq!(judge(rules, "cc -c a.c"), Some(Ruling::default()));
    assert_eq!(judge(rules, "gcc -c a.c"), Some(HERE));
    assert_eq!(judge(rules, "x a-b"), Some(HERE_WITH_MAKES));
    assert_eq!(judge(rules, "a\nb"), None);
    assert_eq!(judge(rules, "x"), None);
    let rules = parse(r#"[{"Regexp": "^a...b$", "Local": true}]"#).unwrap();
    let text = BString::from(b"a\xff\xfe\xfdb".as_slice());
    assert_eq!(rules.judge(&Sentence { text, make: None }), Some(HERE));
}

#[test]
fn termites_make_is_what_make_is() {
    let rules = r#"[{"Regexp": "^termite-make -C a", "Local": true}, {"Regexp": "(?s).*termite-make", "Local": true, "Recurse": true}]"#;
    let rules = parse(rules).unwrap();
    let judge = |text: &str, make: Option<&str>| {
        let make = make.map(BString::from);
        rules.judge(&Sentence {
            text: text.into(),
            make,
        })
    };
    for make in ["make", "/usr/bin/gmake", "make -s"] {
        let text = |rest: &str| format!("{make} {rest}");
        assert_eq!(judge(&text("-C a"), Some(make)), Some(HERE));
        assert_eq!(judge(&text("-C b"), Some(make)), Some(HERE_WITH_MAKES));
        assert_eq!(judge(&text("-C b"), None), None);
    }
    assert_eq!(judge("cmake x", Some("make")), None);
    assert_eq!(judge("make-it x", Some("make")), None);
    assert_eq!(judge("(cd x;make)", Some("make")), Some(HERE_WITH_MAKES));
    assert_eq!(judge("x", Some("")), None);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let table: &[(&str, &str)] = &[
        ("", "rc:1:1: EOF while parsing a value"),
        ("{}", "rc:1:1: invalid type: map, expected a sequence"),
        ("[]\n[]", "rc:2:1: trailing characters"),
        (
            "[\n{\"Local\": 1}]",
            "rc:2:11: invalid type: integer `1`, expected a boolean",
        ),
        (
            "[{\"Regexp\": 7}]",
            "rc:1:13: Regexp: invalid type: integer `7`, expected a string",
        ),
        (
            "[\n  {\"Regexp\": \"ok\"},\n  {\"Local\": true, \"Regexp\": \"a(\"}\n]",
            "rc:3:29: Regexp: unclosed group",
        ),
        ("[{\"Regexp\": \"[\"}]", "rc:1:13: Regexp: [ without ]"),
        ("[{\"Regexp\": \"\\ud800\"}]", "rc:1:13: Regexp: "),
        (
            "[3]",
            "rc:1:2: invalid type: integer `3`, expected a rule, {\"Regexp\": …}",
        ),
    ];
    for (text, expected) in table {
        let told = parse(text).unwrap_err();
        assert!(told.starts_with(expected), "{text}: {told}");
    }
    let file = BStr::new("/nowhere/rc");
    let told = Rules::read(file).unwrap_err().to_string();
    assert_eq!(told, "/nowhere/rc: No such file or directory");
}

#[test]
fn files_as_termites_users_have_them_decide_as_they_are_meant() {
    let make = "/usr/bin/make";
    let table: &[(&str, &str, Option<Ruling>)] = &[
        (
            "android",
            "build/tools/findleaves.py --prune=out . Android.mk",
            Some(HERE),
        ),
        (
            "android",
            "(cd frameworks; find . -name '*.java')",
            Some(HERE),
        ),
        ("android", "find external -name NOTICE", Some(HERE)),
        ("android", "/usr/bin/make -C kernel", Some(HERE_WITH_MAKES)),
        ("android", "gcc -c bionic/find.c -o find.o", None),
        ("gcc", "cd build && ../gcc/configure --host=x", Some(HERE)),
        ("gcc", "/bin/sh ./config.status --recheck", Some(HERE)),
        (
            "gcc",
            "r=`pwd`; cd gcc; /usr/bin/make all",
            Some(HERE_WITH_MAKES),
        ),
        ("gcc", "xgcc -B. -c reconfigured.c", None),
        (
            "linux",
            "sh scripts/link-vmlinux.sh ld -m elf_x86_64",
            Some(HERE),
        ),
        (
            "linux",
            "/usr/bin/make -f scripts/Makefile.build obj=kernel",
            Some(HERE_WITH_MAKES),
        ),
        ("linux", "ld -r -o vmlinux.o", None),
        (
            "llvm",
            "/usr/local/bin/cmake -E cmake_progress_report CMakeFiles 1",
            Some(HERE),
        ),
        (
            "llvm",
            "cmake -H/src -B/build --check-build-system x 0",
            Some(HERE),
        ),
        (
            "llvm",
            "/usr/bin/make -f CMakeFiles/Makefile2 all",
            Some(HERE_WITH_MAKES),
        ),
        ("llvm", "c++ -o CMakeFiles/x.o -c cmake.cpp", None),
    ];
    for (name, text, expected) in table {
        let file = format!("{}/tests/localrc/{name}", env!("CARGO_MANIFEST_DIR"));
        let rules = Rules::read(BStr::new(&file)).unwrap();
        let mut sentence = line(text);
        sentence.make = text.contains(make).then(|| make.into());
        assert_eq!(rules.judge(&sentence), *expected, "{name}: {text}");
    }
}

#[test]
fn noise_does_no_harm() {
    use proptest::prelude::any;
    proptest::proptest!(|(noise: Vec<u8>, text in any::<String>())| {
        let _ = parse(&noise);
        let rules = format!("[{{\"Regexp\": {}}}]", serde_json::to_string(&text).unwrap());
        if let Ok(rules) = parse(rules) {
            let _ = rules.judge(&Sentence { text: noise.into(), make: Some(text.into()) });
        }
    });
}
