//! One suite for the view over every file system: each test runs on the disk and in memory.
//! It does not know makefiles.

use crate::error::MakeError;
use crate::files::Change;
use crate::files::FileSystem;
use crate::files::Kind;
use crate::files::Links;
use crate::files::Mtime;
use crate::files::Status;
use crate::files::View;
use crate::files::WriteMode;
use crate::files::disk::Disk;
use crate::files::glob::expand_tilde;
use crate::files::memory::Memory;
use crate::files::memory::ONE_SECOND;
use crate::files::pattern::Charset;
use bstr::BString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use tempfile::TempDir;

/// What tests do to a file system beside the view.
trait Bench: FileSystem {
    fn mkdir(&mut self, path: &str);
    fn symlink(&mut self, path: &str, target: &str);
    fn stamp(&mut self, path: &str, seconds: i64);
    fn put(&mut self, path: &str, text: &[u8]) {
        let change = Change::Replace(text);
        self.change(path.as_bytes(), change).unwrap();
    }
}

struct OnDisk {
    disk: Disk,
    directory: TempDir,
}

impl OnDisk {
    fn new() -> OnDisk {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::below(File::open(directory.path()).unwrap().into());
        OnDisk { disk, directory }
    }
}

impl Bench for OnDisk {
    fn mkdir(&mut self, path: &str) {
        std::fs::create_dir(self.directory.path().join(path)).unwrap();
    }
    fn symlink(&mut self, path: &str, target: &str) {
        std::os::unix::fs::symlink(target, self.directory.path().join(path)).unwrap();
    }
    fn stamp(&mut self, path: &str, seconds: i64) {
        let time = nix::sys::time::TimeSpec::new(seconds, 0);
        let base = File::open(self.directory.path()).unwrap();
        let flags = nix::sys::stat::UtimensatFlags::NoFollowSymlink;
        nix::sys::stat::utimensat(base.as_fd(), path, &time, &time, flags).unwrap();
    }
}

impl Bench for Memory {
    fn mkdir(&mut self, path: &str) {
        self.make_directory(path.as_bytes()).unwrap();
    }
    fn symlink(&mut self, path: &str, target: &str) {
        self.make_link(path.as_bytes(), target.as_bytes()).unwrap();
    }
    fn stamp(&mut self, path: &str, seconds: i64) {
        self.set_mtime(path.as_bytes(), Mtime::of_file(seconds, 0))
            .unwrap();
    }
}

macro_rules! forward {
    ($outer:ty, $field:ident) => {
        impl FileSystem for $outer {
            fn status(&self, path: &[u8], links: Links) -> io::Result<Status> {
                self.$field.status(path, links)
            }
            fn list(&self, path: &[u8], each: &mut dyn FnMut(&[u8], Kind)) -> io::Result<Status> {
                self.count();
                self.$field.list(path, each)
            }
            fn read_link(&self, path: &[u8]) -> io::Result<BString> {
                self.$field.read_link(path)
            }
            fn open(&self, path: &[u8]) -> io::Result<Box<dyn crate::files::Content>> {
                self.$field.open(path)
            }
            fn change(&mut self, path: &[u8], change: Change<'_>) -> io::Result<()> {
                self.$field.change(path, change)
            }
            fn directory(&self) -> io::Result<BString> {
                self.$field.directory()
            }
            fn now(&self) -> Mtime {
                self.$field.now()
            }
        }
    };
}

impl OnDisk {
    fn count(&self) {}
}
forward!(OnDisk, disk);

/// Runs a test on every file system, after `prepare`.
fn on_each(prepare: impl Fn(&mut dyn Bench), test: impl Fn(&mut View)) {
    let mut disk = OnDisk::new();
    prepare(&mut disk);
    test(&mut View::new(Box::new(disk)));
    let mut memory = Memory::new(b"/some/where");
    prepare(&mut memory);
    test(&mut View::new(Box::new(memory)));
}

fn tree(files: &mut dyn Bench) {
    for directory in ["d", "d/sub", "e", "e/f"] {
        files.mkdir(directory);
    }
    for file in [
        "z1", "Z2", "_3", "a*b", "sp[x", "d/a", "d/b", "d/.h", "e/y.c", "e/f/x.c", ".hid",
    ] {
        files.put(file, b"");
    }
    files.symlink("dang", "nowhere");
    files.symlink("ld", "d");
    files.symlink("lz", "z1");
    files.symlink("loop", "loop");
}

#[track_caller]
fn check_glob(view: &mut View, pattern: &str, expected: &str) {
    let found = view.glob(pattern.as_bytes());
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.join(" "), expected, "{pattern}");
}

/// Expectations are those of GNU make 4.4.1's `$(wildcard)`.
#[test]
fn glob_finds_what_gnu_make_finds() {
    on_each(tree, |view| {
        for (pattern, expected) in [
            ("dang", "dang"),
            ("dan*", "dang"),
            ("dang/", "dang"),
            ("dang/*", ""),
            ("dang/..", ""),
            ("loop/", "loop"),
            ("z1", "z1"),
            ("z1/", "z1"),
            ("z1//", "z1"),
            ("z*/", ""),
            ("z*/..", ""),
            ("z1/.", ""),
            ("l*/", "ld/"),
            ("d*/", "d/"),
            ("d/*", "d/a d/b d/sub"),
            ("d/.*", "d/. d/.. d/.h"),
            ("d/\\.*", "d/. d/.. d/.h"),
            ("d/[.]h", ""),
            ("*", "Z2 _3 a*b d dang e ld loop lz sp[x z1"),
            ("*/", "d/ e/ ld/"),
            ("*//", "d// e// ld//"),
            ("d/", "d/"),
            ("d//", "d//"),
            ("d///", "d//"),
            ("d////", "d//"),
            ("d/su*//", "d/sub/"),
            ("d/a/", "d/a"),
            ("d/a/x*", ""),
            ("*/*", "d/a d/b d/sub e/f e/y.c ld/a ld/b ld/sub"),
            ("*/*/*.c", "e/f/x.c"),
            ("d//*", "d//a d//b d//sub"),
            ("./z*", "./z1"),
            (".//z*", ".//z1"),
            ("*/../z1", "d/../z1 e/../z1 ld/../z1"),
            ("?/.", "d/. e/."),
            ("?/./", "d/./ e/./"),
            ("*/a/", "d/a ld/a"),
            ("nodir/../d", ""),
            ("a\\*b", "a*b"),
            ("\\z1", "z1"),
            ("d\\/a", "d/a"),
            ("d/su*\\/", "d/sub/"),
            ("d\\/*", "d/a d/b d/sub"),
            ("*\\/a", "d/a ld/a"),
            ("\\d/*", "d/a d/b d/sub"),
            ("d[/]a", ""),
            ("sp[x", "sp[x"),
            ("sp\\[x", "sp[x"),
            ("sp\\[*", "sp[x"),
            ("z1\\", ""),
            ("z*\\", ""),
            ("z[", ""),
            ("none", ""),
            ("none*", ""),
            ("", ""),
            (".", "."),
            ("..", ".."),
            (".*", ". .. .hid"),
            ("./.*", "./. ./.. ./.hid"),
            ("*/..", "d/.. e/.. ld/.."),
        ] {
            check_glob(view, pattern, expected);
        }
        let endless = "*/".repeat(100_000);
        check_glob(view, &endless, "");
    });
}

#[test]
fn glob_on_absolute_paths() {
    let mut view = View::of_disk();
    check_glob(&mut view, "/", "/");
    check_glob(&mut view, "//", "/");
    check_glob(&mut view, "///", "//");
    check_glob(&mut view, "/et[c]", "/etc");
    check_glob(&mut view, "//et[c]", "/etc");
    check_glob(&mut view, "///et[c]", "///etc");
    check_glob(&mut view, "\\/et[c]", "/etc");
    check_glob(&mut view, "\\/", "/");
    check_glob(&mut view, "/et[c]/pas*wd", "/etc/passwd");
}

#[test]
fn names_are_bytes() {
    let name = b"bad\xffx";
    let mut memory = Memory::new(b"/w");
    memory.change(name, Change::Touch).unwrap();
    memory.put("é1", b"");
    let mut view = View::new(Box::new(memory));
    assert_eq!(view.glob(b"bad?x"), [BString::from(&name[..])]);
    assert!(view.exists_cached(name));
    assert!(view.glob(b"?1").is_empty());
    view.charset = Charset::Utf8;
    assert_eq!(view.glob(b"?1"), ["é1"]);
    assert_eq!(view.glob(b"b*x"), [BString::from(&name[..])]);

    let mut disk = OnDisk::new();
    disk.change(name, Change::Touch).unwrap();
    let mut view = View::new(Box::new(disk));
    assert_eq!(view.glob(b"*"), [BString::from(&name[..])]);
    assert!(view.exists_cached(name));
}

#[test]
fn tildes() {
    let check = |word: &str, expected: Option<&str>| {
        let found = expand_tilde(word.as_bytes(), b"/home/me");
        assert_eq!(found, expected.map(BString::from), "{word}");
    };
    check("~", Some("/home/me"));
    check("~/x*", Some("/home/me/x*"));
    check("~root", Some("/root"));
    check("~root/x", Some("/root/x"));
    check("~no-such-user/x", None);
    check("x~", None);
    check("\\~", None);
    assert!(expand_tilde(b"~/x", b"").is_none_or(|path| path.ends_with(b"/x")));
    on_each(tree, |view| {
        view.home = BString::from("d");
        check_glob(view, "~/*", "d/a d/b d/sub");
        check_glob(view, "~/", "d/");
        check_glob(view, "~", "d");
    });
}

#[test]
fn existence_by_listing() {
    on_each(tree, |view| {
        for path in [
            "z1", "dang", "loop", "d/a", "d/.h", "./d/a", "d//a", "d/", "d/.", "d/..", ".", "..",
            "ld/a", "d/../z1", "/", "d", "lz",
        ] {
            assert!(view.exists_cached(path.as_bytes()), "{path}");
        }
        for path in [
            "", "z", "z1/", "z1/.", "dang/x", "d/c", "x/y", "x/", "a\0b", "d/a\0",
        ] {
            assert!(!view.exists_cached(path.as_bytes()), "{path}");
        }
        assert!(!view.exists_cached(&b"x".repeat(100_000)));
        assert!(!view.exists_cached(&b"x/".repeat(100_000)));
    });
    assert!(View::of_disk().exists_cached(b"/etc/passwd"));
    assert!(View::of_disk().exists_cached(b"/etc"));
}

#[test]
fn a_file_made_a_moment_ago_is_seen() {
    on_each(tree, |view| {
        // Many rounds: each change falls into the same tick of the clock as the listing before it.
        for round in 0..200 {
            let name = format!("new{round}");
            assert!(!view.exists_cached(name.as_bytes()));
            let before = view.glob(b"new*").len();
            view.files.change(name.as_bytes(), Change::Touch).unwrap();
            view.forget();
            assert!(view.exists_cached(name.as_bytes()), "{name}");
            assert_eq!(view.glob(b"new*").len(), before + 1);
            if round % 3 == 0 {
                view.files.change(name.as_bytes(), Change::Remove).unwrap();
                view.forget();
                assert!(!view.exists_cached(name.as_bytes()), "{name}");
                let path = format!("./{name}");
                assert!(!view.exists_cached(path.as_bytes()), "{path}");
                assert_eq!(view.glob(b"new*").len(), before);
            }
        }
    });
}

#[test]
fn directories_come_and_go() {
    let mut disk = OnDisk::new();
    tree(&mut disk);
    let path = disk.directory.path().to_owned();
    let mut view = View::new(Box::new(disk));
    assert!(!view.exists_cached(b"new/x"));
    std::fs::create_dir(path.join("new")).unwrap();
    File::create(path.join("new/x")).unwrap();
    view.forget();
    assert!(view.exists_cached(b"new/x"));
    std::fs::rename(path.join("new"), path.join("old")).unwrap();
    std::fs::create_dir(path.join("new")).unwrap();
    view.forget();
    assert!(!view.exists_cached(b"new/x"));
    assert!(view.exists_cached(b"old/x"));
    std::fs::remove_dir_all(path.join("old")).unwrap();
    view.forget();
    assert!(!view.exists_cached(b"old/x"));
    assert!(!view.exists_cached(b"old/"));
    assert!(view.exists_cached(b"new/"));
}

/// A memory file system that counts and lets the test hold on to it.
struct Counted {
    memory: Memory,
    lists: Arc<AtomicUsize>,
}

impl Counted {
    fn count(&self) {
        self.lists.fetch_add(1, Ordering::Relaxed);
    }
}
forward!(Counted, memory);

#[test]
fn a_listing_is_read_once() {
    let mut memory = Memory::new(b"/w");
    tree(&mut memory);
    memory.pass(10 * ONE_SECOND);
    let lists = Arc::new(AtomicUsize::new(0));
    let mut view = View::new(Box::new(Counted {
        memory,
        lists: Arc::clone(&lists),
    }));
    for _ in 0..100 {
        assert!(view.exists_cached(b"d/a"));
        assert!(!view.exists_cached(b"d/x"));
        assert!(view.exists_cached(b"ld/a"));
        assert!(view.exists_cached(b"./d/a"));
        assert_eq!(view.glob(b"d/*").len(), 3);
        view.forget();
    }
    assert_eq!(lists.load(Ordering::Relaxed), 1);
}

#[test]
fn changes_within_one_tick_are_seen() {
    let mut memory = Memory::new(b"/w");
    memory.pass(9_000_000);
    let mut view = View::new(Box::new(memory));
    for round in 0..20 {
        let name = format!("new{round}");
        assert!(!view.exists_cached(name.as_bytes()));
        view.touch(name.as_bytes()).unwrap();
        assert!(view.exists_cached(name.as_bytes()));
        assert_eq!(view.glob(b"new*").len(), round + 1);
    }
}

#[test]
fn recipes_that_fill_a_directory_do_not_read_it_each_time() {
    let mut memory = Memory::new(b"/w");
    for number in 0..1000 {
        memory.put(&format!("in{number}"), b"");
    }
    memory.pass(10 * ONE_SECOND);
    let lists = Arc::new(AtomicUsize::new(0));
    let mut view = View::new(Box::new(Counted {
        memory,
        lists: Arc::clone(&lists),
    }));
    for number in 0..1000 {
        let (input, output) = (format!("in{number}"), format!("out{number}"));
        assert!(view.exists_cached(input.as_bytes()));
        assert!(!view.exists_cached(output.as_bytes()));
        view.touch(output.as_bytes()).unwrap();
        assert!(view.exists_cached(output.as_bytes()));
    }
    let lists = lists.load(Ordering::Relaxed);
    assert!(lists < 20, "{lists} listings");
}

#[test]
fn times_along_links() {
    let prepare = |files: &mut dyn Bench| {
        files.put("real", b"");
        files.symlink("l1", "real");
        files.symlink("l2", "l1");
        files.symlink("dang", "nowhere");
        files.symlink("loop", "loop");
        files.mkdir("d");
        files.symlink("d/up", "../real");
        files.symlink("dl", "d");
        for (path, seconds) in [("real", 1000), ("l1", 3000), ("l2", 2000), ("dang", 5000)] {
            files.stamp(path, seconds);
        }
        files.stamp("d/up", 400);
    };
    let at = |seconds| Mtime::of_file(seconds, 0);
    on_each(prepare, |view| {
        assert_eq!(view.stat(b"l2").unwrap().mtime, at(1000));
        assert_eq!(view.stat_with_links(b"real").unwrap().mtime, at(1000));
        assert_eq!(view.stat_with_links(b"l1").unwrap().mtime, at(3000));
        assert_eq!(view.stat_with_links(b"l2").unwrap().mtime, at(3000));
        assert_eq!(view.stat_with_links(b"d/up").unwrap().mtime, at(1000));
        assert_eq!(view.stat_with_links(b"dang").unwrap().mtime, at(5000));
        assert!(view.stat(b"dang").is_err());
        assert!(view.stat_with_links(b"none").is_err());
        assert!(view.stat_with_links(b"loop").is_err());
        assert_eq!(view.stat_with_links(b"dl").unwrap().kind, Kind::Directory);
        assert_eq!(view.stat(b"d/").unwrap().kind, Kind::Directory);
        assert!(view.stat(b"real/").is_err());
        assert_eq!(view.stat(b"real").unwrap().kind, Kind::File);
    });
}

#[test]
fn writing_touching_removing() {
    on_each(tree, |view| {
        view.write(b"out", b"one\n", WriteMode::Truncate).unwrap();
        view.write(b"out", b"two\n", WriteMode::Append).unwrap();
        assert_eq!(view.read(b"out").unwrap(), b"one\ntwo\n");
        view.write(b"out", b"3", WriteMode::Truncate).unwrap();
        view.write(b"more", b"4", WriteMode::Append).unwrap();
        assert_eq!(view.read(b"out").unwrap(), b"3");
        assert_eq!(view.read(b"more").unwrap(), b"4");
        view.touch(b"out").unwrap();
        assert_eq!(view.read(b"out").unwrap(), b"3");
        view.touch(b"fresh").unwrap();
        assert_eq!(view.read(b"fresh").unwrap(), b"");
        assert!(view.stat(b"fresh").unwrap().mtime.exists());
        view.remove(b"out").unwrap();
        assert!(!view.exists_cached(b"out"));
        assert!(view.remove(b"out").is_err());
        assert!(view.remove(b"d").is_err());
        assert!(view.read(b"d").is_err());
        assert!(view.write(b"d", b"", WriteMode::Truncate).is_err());
        assert!(view.touch(b"no/x").is_err());
        view.remove(b"dang").unwrap();
        assert!(view.glob(b"dan*").is_empty());
    });
}

#[test]
fn touch_sets_the_time() {
    let stamp = |files: &mut dyn Bench| {
        files.put("x", b"text");
        files.stamp("x", 1000);
    };
    on_each(stamp, |view| {
        assert_eq!(view.stat(b"x").unwrap().mtime, Mtime::of_file(1000, 0));
        view.touch(b"x").unwrap();
        assert!(view.stat(b"x").unwrap().mtime > Mtime::of_file(1000, 0));
    });
}

#[test]
fn touch_says_what_gnu_make_says() {
    let mut disk = OnDisk::new();
    disk.mkdir("d");
    let mut view = View::new(Box::new(disk));
    let text = |result: Result<(), crate::error::Notice>| result.unwrap_err().text();
    assert_eq!(
        text(view.touch(b"no/x")),
        "touch: open: no/x: No such file or directory"
    );
    assert_eq!(text(view.touch(b"d")), "touch: open: d: Is a directory");
}

#[test]
fn real_paths() {
    on_each(tree, |view| {
        let base = view.files.directory().unwrap();
        let mut check = |path: &str, expected: Option<&str>| {
            let found = view.real_path(path.as_bytes()).ok();
            let expected = expected.map(|rest| match rest.strip_prefix('=') {
                Some(absolute) => BString::from(absolute),
                None if rest.is_empty() => base.clone(),
                None => BString::from(format!("{base}/{rest}")),
            });
            assert_eq!(found, expected, "{path}");
        };
        check(".", Some(""));
        check("z1", Some("z1"));
        check("lz", Some("z1"));
        check("ld/a", Some("d/a"));
        check("ld/../z1", Some("z1"));
        check("ld/", Some("d"));
        check("d//sub/./..", Some("d"));
        check("/", Some("=/"));
        check("//", Some("=/"));
        check("/..", Some("=/"));
        for path in [
            "", "none", "dang", "loop", "z1/", "z1/.", "z1/..", "none/..",
        ] {
            check(path, None);
        }
    });
}

fn header(name: &str, date: &str, size: &str) -> String {
    format!(
        "{name:<16}{date:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
        0, 0, 644
    )
}

/// A member with its data, padded to an even length.
fn member(name: &str, date: &str, data: &str) -> String {
    let pad = if data.len() % 2 == 1 { "\n" } else { "" };
    header(name, date, &data.len().to_string()) + data + pad
}

fn archives(files: &mut dyn Bench) {
    files.mkdir("dir.a");
    let long = member("//", "", "1234567890123456789.o/\nlonger_than_most_b.o/\n");
    let whole = [
        long.clone(),
        member("a.o/", "100", "abc"),
        member("/0", "200", "data"),
        member("/23", "300", ""),
        member("noslash.o", "400", "x"),
        member("sub/c.o/", "500", ""),
        member(".hid.o/", "600", ""),
        member("a.o/", "700", ""),
    ];
    let bsd = [
        member("#1/8", "100", "bsd.o\0\0\0data!"),
        member("#1/3", "200", "b.o"),
        member("q.o", "300", ""),
    ];
    let mut put = |name: &str, parts: &[String]| {
        let text = format!("!<arch>\n{}", parts.concat());
        files.put(name, text.as_bytes());
    };
    put("whole.a", &whole);
    put("bsd.a", &bsd);
    put("empty.a", &[]);
    put(
        "cut.a",
        &[
            member("a.o/", "100", ""),
            header("b.o/", "1", "0")[..59].to_owned(),
        ],
    );
    let bad_end = header("b.o/", "1", "0").replace('`', "?");
    put(
        "end.a",
        &[member("a.o/", "100", ""), bad_end, member("c.o/", "1", "")],
    );
    put(
        "beyond.a",
        &[header("a.o/", "100", "300"), "abc".to_owned()],
    );
    put("nolong.a", &[member("/999", "100", "")]);
    put("date.a", &[header("a.o/", "xyz", "0")]);
    put("size.a", &[header("a.o/", "5", "zz")]);
    put("minus.a", &[header("a.o/", "-5", "0")]);
    put("blank.a", &[header("a.o/", "", "")]);
    put("limit.a", &[member("1234567890123456", "100", "")]);
    put("big.a", &[header("//", "", "9999999999")]);
    files.put(
        "thin.a",
        format!("!<thin>\n{}", member("a.o/", "1", "")).as_bytes(),
    );
    files.put("garbage.a", b"garbage");
    files.put("nothing.a", b"");
}

/// Expectations are those of GNU make 4.4.1.
#[test]
fn members_of_archives() {
    on_each(archives, |view| {
        let mut check = |archive: &str, member: &str, seconds: i64| {
            let found = view.archive_member(archive.as_bytes(), member.as_bytes());
            let expected = match seconds {
                -1 => Mtime::NONEXISTENT,
                _ => Mtime::of_file(seconds, 0),
            };
            assert_eq!(found, Ok(expected), "{archive}({member})");
        };
        check("whole.a", "a.o", 100);
        check("whole.a", "any/a.o", 100);
        check("whole.a", "1234567890123456789.o", 200);
        check("whole.a", "1234567890123456", -1);
        check("whole.a", "longer_than_most_b.o", 300);
        check("whole.a", "noslash.o", 400);
        check("whole.a", "sub/c.o", -1);
        check("whole.a", "c.o", -1);
        check("bsd.a", "bsd.o", 100);
        check("bsd.a", "b.o", 200);
        check("bsd.a", "q.o", 300);
        check("cut.a", "a.o", 100);
        check("cut.a", "b.o", -1);
        check("end.a", "a.o", 100);
        check("end.a", "c.o", -1);
        check("beyond.a", "a.o", 100);
        check("blank.a", "a.o", -1); // a date of 0 says nothing
        check("limit.a", "1234567890123456", 100);
        check("limit.a", "123456789012345", 100);
        check("limit.a", "12345678901234567", 100);
        check("limit.a", "12345678901234", -1);
        for name in [
            "empty", "nolong", "thin", "garbage", "nothing", "none", "dir", "big",
        ] {
            check(&format!("{name}.a"), "a.o", -1);
        }
        for (archive, text) in [
            ("date.a", "Invalid date for archive date.a member a.o"),
            ("minus.a", "Invalid date for archive minus.a member a.o"),
            ("size.a", "Invalid size for archive size.a member a.o"),
        ] {
            let error: MakeError = view.archive_member(archive.as_bytes(), b"a.o").unwrap_err();
            assert_eq!(error.to_string(), text);
            assert_eq!(view.archive_glob(archive.as_bytes(), b"*"), Err(error));
        }
    });
}

#[test]
fn globs_in_archives() {
    on_each(archives, |view| {
        let mut check = |archive: &str, pattern: &str, expected: &[&str]| {
            let found = view.archive_glob(archive.as_bytes(), pattern.as_bytes());
            let expected = expected.iter().map(|name| BString::from(*name)).collect();
            assert_eq!(found, Ok(expected), "{archive}({pattern})");
        };
        check(
            "whole.a",
            "*",
            &[
                "1234567890123456789.o",
                "a.o",
                "a.o",
                "longer_than_most_b.o",
                "noslash.o",
            ],
        );
        check("whole.a", "[an]*.o", &["a.o", "a.o", "noslash.o"]);
        check("whole.a", ".*", &[".hid.o"]);
        check("whole.a", "z*", &[]);
        check("bsd.a", "*", &["b.o", "bsd.o", "q.o"]);
        check("cut.a", "*", &["a.o"]);
        check("garbage.a", "*", &[]);
        check("none.a", "*", &[]);
    });
}

#[test]
fn touching_members() {
    on_each(archives, |view| {
        let mut check = |archive: &str, member: &str, expected: &str| {
            let result = view.archive_touch(archive.as_bytes(), member.as_bytes());
            assert_eq!(result.unwrap_err().text(), expected);
        };
        check("none.a", "x.o", "touch: Archive 'none.a' does not exist");
        check(
            "garbage.a",
            "x.o",
            "touch: 'garbage.a' is not a valid archive",
        );
        check(
            "nothing.a",
            "x.o",
            "touch: 'nothing.a' is not a valid archive",
        );
        check("thin.a", "a.o", "touch: 'thin.a' is not a valid archive");
        check("dir.a", "x.o", "touch: 'dir.a' is not a valid archive");
        check("cut.a", "x.o", "touch: 'cut.a' is not a valid archive");
        check(
            "empty.a",
            "s/x.o",
            "touch: Member 'x.o' does not exist in 'empty.a'",
        );

        let before = view.read(b"whole.a").unwrap();
        view.archive_touch(b"whole.a", b"1234567890123456789.o")
            .unwrap();
        let date = view
            .archive_member(b"whole.a", b"1234567890123456789.o")
            .unwrap();
        assert!(date >= Mtime::of_file(1_000_000, 0) && date <= view.files.now());
        assert_eq!(
            view.archive_member(b"whole.a", b"a.o"),
            Ok(Mtime::of_file(100, 0))
        );
        let after = view.read(b"whole.a").unwrap();
        let changed = before.iter().zip(&after).filter(|(old, new)| old != new);
        assert_eq!(before.len(), after.len());
        assert!((1..=12).contains(&changed.count()));
    });
}

#[test]
fn a_changed_archive_is_read_again() {
    on_each(archives, |view| {
        for date in 100..120 {
            let text = format!("!<arch>\n{}", member("a.o/", &date.to_string(), ""));
            view.files
                .change(b"new.a", Change::Replace(text.as_bytes()))
                .unwrap();
            view.forget();
            let found = view.archive_member(b"new.a", b"a.o");
            assert_eq!(found, Ok(Mtime::of_file(date, 0)));
        }
    });
}

#[test]
fn times_stay_apart_from_the_special_ones() {
    let order = [
        Mtime::UNKNOWN,
        Mtime::NONEXISTENT,
        Mtime::OLD,
        Mtime::of_file(i64::MIN, 0),
        Mtime::of_file(-1, 999_999_999),
        Mtime::of_file(0, 0),
        Mtime::of_file(i64::MAX, 0),
        Mtime::NEW,
    ];
    assert!(order.is_sorted_by(|one, other| one < other));
    assert!(!Mtime::NONEXISTENT.exists() && Mtime::OLD.exists());
}
