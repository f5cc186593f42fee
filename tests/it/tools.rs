//! What the flows share beside the space: the programs, counted skips, repeatable chance.
//! It does not know any one test.

use std::env;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// Returns the program under test: rmake as cargo built it, or `RMAKE_UNDER_TEST`.
pub fn under_test() -> PathBuf {
    match env::var_os("RMAKE_UNDER_TEST") {
        Some(path) => PathBuf::from(path).canonicalize().unwrap(),
        None => PathBuf::from(env!("CARGO_BIN_EXE_rmake")),
    }
}

/// True if the program under test is GNU make itself, whose known defects are then let pass.
pub fn is_gnu() -> bool {
    static IS_GNU: OnceLock<bool> = OnceLock::new();
    *IS_GNU.get_or_init(|| {
        let output = Command::new(under_test())
            .arg("--version")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.contains("Free Software Foundation") && !text.contains("rmake")
    })
}

/// Returns GNU make 4.4.1: `RMAKE_ORACLE`, else what `tests/tools/oracle.sh` builds.
pub fn oracle() -> &'static Path {
    static ORACLE: OnceLock<PathBuf> = OnceLock::new();
    ORACLE.get_or_init(|| {
        let path = match env::var_os("RMAKE_ORACLE") {
            Some(path) => PathBuf::from(path),
            None => built_oracle(),
        };
        let version = Command::new(&path).arg("--version").output().unwrap();
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let is_gnu = version.starts_with("GNU Make 4.4.1\n") && !version.contains("rmake");
        assert!(
            is_gnu,
            "{} is not GNU make 4.4.1: {version}",
            path.display()
        );
        path.canonicalize().unwrap()
    })
}

fn built_oracle() -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/oracle.sh");
    let output = Command::new(script)
        .output()
        .expect("tests/tools/oracle.sh runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "no GNU make 4.4.1, set RMAKE_ORACLE: {said}"
    );
    let text = String::from_utf8(output.stdout).unwrap();
    PathBuf::from(text.lines().last().expect("oracle.sh prints a path"))
}

/// Copies a program that is to be run. Another process does so: what this one has open for writing the children of other
/// tests have open, too, until they are programs of their own, and meanwhile the copy is "busy" (execve(2), ETXTBSY).
pub fn copy_program(from: &Path, to: &Path) {
    let status = Command::new("cp").arg(from).arg(to).status();
    assert!(status.is_ok_and(|status| status.success()), "{from:?}");
}

/// Returns where a program of this name is in PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// True where the tests run as root: permissions are then tried as another user.
pub fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// Writes a line past the capture of the test harness.
pub fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Says that a test, or a part of one, cannot run here; fails where `RMAKE_NO_SKIPS` is set.
pub fn skip(test: &str, reason: &str) {
    static SKIPPED: AtomicUsize = AtomicUsize::new(0);
    let number = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    say(&format!("skip {number}: {test}: {reason}"));
    assert!(env::var_os("RMAKE_NO_SKIPS").is_none(), "{test}: {reason}");
}

/// Returns the number in an environment variable, or the given one.
pub fn number(name: &str, otherwise: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// Repeatable chance (xorshift64*); `RMAKE_SEED` sets the start.
pub struct Chance {
    state: u64,
    /// The start, to be told with every failure.
    pub seed: u64,
}

impl Chance {
    /// Returns chance seeded from `RMAKE_SEED`, else from the clock.
    pub fn new() -> Chance {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let seed = u64::from(now.subsec_nanos()) ^ now.as_secs();
        Chance::from(number("RMAKE_SEED", seed))
    }

    /// Returns chance seeded with this number.
    pub fn from(seed: u64) -> Chance {
        Chance {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            seed,
        }
    }

    /// Returns a number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let high = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % limit.max(1)
    }

    /// Returns one of the choices.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}
