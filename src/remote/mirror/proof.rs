//! Which system trees jobs may have from a host's own disk: those that are proven to be the same as here.
//! It does not know how the host is asked.
//!
//! The plan. A tool is first run with the trees of home, and what it saw of the system is noted: files that it read, and
//! the directories in which it looked names up, found or not. The host compares these with its own, by digests, and with
//! them the lists of installed packages, which stand for what no job has looked at yet. If all is the same, later runs of
//! that tool have the host's own trees, which costs least. It is compared again and again as long as jobs run. A tree in
//! which something differs is shown from here for good.

use crate::exec::executor::RemoteJob;
use crate::remote::mirror::kept::Kept;
use crate::store::digest::Digest;
use crate::store::likeness::Likeness;
use crate::sys::fd;
use crate::wire::message::Comparison;
use crate::wire::message::Trace;
use crate::wire::path::RelPath;
use bstr::BString;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;
use std::time::Instant;

/// How long a proof is good for, and when it is made anew if it is still of use: packages may be upgraded at any time.
const GOOD_FOR: Duration = Duration::from_secs(2);
const ANEW_AFTER: Duration = Duration::from_secs(1);

/// Where dpkg(1) keeps a list of files for each package, with their digests.
const LISTS: &str = "var/lib/dpkg/info";
const LIST: &[u8] = b".md5sums";

/// What is known of this machine, for all hosts.
#[derive(Debug)]
pub struct Own {
    /// Where lists of packages are, on all machines.
    place: RelPath,
    /// What recipes were seen to do.
    pub kept: RefCell<Kept>,
    likeness: RefCell<Likeness>,
    /// The lists of packages; none where there are none.
    lists: OnceCell<Vec<(RelPath, u64, Digest)>>,
}

impl Default for Own {
    fn default() -> Own {
        Own {
            place: RelPath::new(LISTS.as_bytes()).unwrap_or(RelPath::ROOT),
            kept: RefCell::default(),
            likeness: RefCell::default(),
            lists: OnceCell::new(),
        }
    }
}

/// What is proven of one host.
#[derive(Debug)]
pub struct Proof {
    /// Why nothing can be proven, until it was told.
    note: Option<BString>,
    /// Trees of which nothing is known to differ.
    trees: Vec<RelPath>,
    /// Nothing has to be proven.
    is_given: bool,
    unproven: Names,
    /// What the question is about that is open, and since when if it is about everything.
    asked: Option<(Names, Option<Instant>)>,
    proven: Names,
    /// The lists of packages have been compared.
    has_lists: bool,
    /// When all that is proven was the same.
    at: Instant,
}

#[derive(Clone, Debug, Default)]
struct Names {
    tools: BTreeSet<BString>,
    files: BTreeSet<RelPath>,
    directories: BTreeSet<RelPath>,
    missing: BTreeSet<RelPath>,
}

impl Proof {
    /// Returns the proof of a host of which nothing is known yet.
    pub fn new(trees: Vec<RelPath>) -> Proof {
        let tops = trees.iter().cloned().collect();
        Proof {
            note: None,
            trees,
            is_given: false,
            unproven: Names {
                directories: tops,
                ..Names::default()
            },
            asked: None,
            proven: Names::default(),
            has_lists: false,
            at: Instant::now(),
        }
    }

    /// Returns the proof of this very machine.
    pub fn given(trees: Vec<RelPath>) -> Proof {
        Proof {
            note: None,
            is_given: true,
            ..Proof::new(trees)
        }
    }

    /// Returns the trees that a job with these tools may have from the host.
    pub fn bound(&self, tools: &BString) -> Vec<RelPath> {
        let is_proven = self.proven.tools.contains(tools) && self.at.elapsed() < GOOD_FOR;
        match self.is_given || is_proven {
            true => self.trees.clone(),
            false => Vec::new(),
        }
    }

    /// Notes what a job with these tools has seen.
    pub fn saw(&mut self, tools: Option<&BString>, trace: &Trace) {
        if self.is_given || self.trees.is_empty() {
            return;
        }
        let is_known = |tools: &&BString| self.proven.tools.contains(*tools);
        let new = tools.filter(|tools| !is_known(tools));
        self.unproven.tools.extend(new.cloned());
        let found = trace.found.iter().map(|(path, _)| path);
        let looked_up = found.chain(&trace.missing).chain(&trace.opened);
        let places = looked_up.filter_map(|path| Some((path, path.split()?.0)));
        for (path, parent) in places {
            if !self.is_in_tree(&parent) || self.proven.directories.contains(&parent) {
                continue;
            }
            match fs::symlink_metadata(fd::path(&parent.to_absolute())) {
                Ok(data) if data.is_dir() => self.unproven.directories.insert(parent),
                _ => self.unproven.missing.insert(path.clone()),
            };
        }
        for path in &trace.listed {
            if self.is_in_tree(path) && !self.proven.directories.contains(path) {
                self.unproven.directories.insert(path.clone());
            }
        }
        for path in &trace.opened {
            if self.is_in_tree(path) && !self.proven.files.contains(path) {
                self.unproven.files.insert(path.clone());
            }
        }
    }

    fn is_in_tree(&self, path: &RelPath) -> bool {
        self.trees.iter().any(|tree| path.is_at_or_below(tree))
    }

    /// Returns what the host is to be asked now; None for nothing. The answer goes to [`Proof::answer`].
    pub fn question(&mut self, own: &Own) -> Option<Comparison> {
        if self.is_given || self.asked.is_some() {
            return None;
        }
        let is_first = self.proven.tools.is_empty();
        let is_old = !is_first && self.at.elapsed() > ANEW_AFTER;
        if self.unproven.tools.is_empty() && !is_old {
            return None;
        }
        let mut names = std::mem::take(&mut self.unproven);
        if is_old {
            names.extend(self.proven.clone());
        }
        let since = (is_first || is_old).then(Instant::now);
        let mut comparison = Comparison::default();
        let mut differing = Vec::new();
        let mut likeness = own.likeness.borrow_mut();
        for path in &names.files {
            match likeness.file(fd::path(&path.to_absolute())) {
                Ok((size, digest)) => comparison.files.push((path.clone(), size, digest)),
                Err(_) => differing.push(path.clone()),
            }
        }
        for path in names.directories.iter().chain([&own.place]) {
            match likeness.directory(fd::path(&path.to_absolute())) {
                Ok(digest) => comparison.directories.push((path.clone(), digest)),
                Err(_) => differing.push(path.clone()),
            }
        }
        if differing.contains(&own.place) {
            let why = "without lists of packages here (dpkg) nothing proves that";
            let text = format!("{why} what is installed is the same there: it is shown from here");
            self.note = Some(text.into());
        }
        comparison.missing = names.missing.iter().cloned().collect();
        drop(likeness);
        if !self.has_lists {
            comparison.files.extend(own.lists().iter().cloned());
        }
        self.asked = Some((names, since));
        // What is not here any more cannot be the same there.
        for path in differing {
            self.give_up(&path);
        }
        (!self.trees.is_empty()).then_some(comparison)
    }

    /// Returns what is to be said of why nothing can be proven, once.
    pub fn note(&mut self) -> Option<BString> {
        self.note.take()
    }

    /// Takes the answer: what differs first. Returns what there is to say about it.
    pub fn answer(&mut self, other: Option<RelPath>) -> Option<BString> {
        let (asked, since) = self.asked.take()?;
        let Some(path) = other else {
            let is_new = |tools: &&BString| !self.proven.tools.contains(*tools);
            let new = asked.tools.iter().filter(is_new);
            let tools: Vec<String> = new.map(|tools| format!("'{tools}'")).collect();
            self.has_lists = true;
            self.at = since.unwrap_or(self.at);
            self.proven.extend(asked);
            let trees: Vec<String> = self.trees.iter().map(RelPath::to_string).collect();
            let (trees, tools) = (trees.join(", "), tools.join(", "));
            let text = format!("{trees} is the same there for {tools}");
            return (!tools.is_empty()).then(|| text.into());
        };
        self.give_up(&path);
        self.unproven.extend(asked);
        self.forget_others();
        Some(format!("{path} is another one there: it is shown from here").into())
    }

    /// Something differs: its tree, or all if it lies in none, are shown from here from now on.
    fn give_up(&mut self, path: &RelPath) {
        match self.is_in_tree(path) {
            true => self.trees.retain(|tree| !path.is_at_or_below(tree)),
            false => self.trees.clear(),
        }
    }

    /// Forgets what lies in no tree any more.
    fn forget_others(&mut self) {
        let trees = std::mem::take(&mut self.trees);
        let is_in = |path: &RelPath| trees.iter().any(|tree| path.is_at_or_below(tree));
        for names in [&mut self.unproven, &mut self.proven] {
            names.files.retain(is_in);
            names.directories.retain(is_in);
            names.missing.retain(is_in);
        }
        self.trees = trees;
    }
}

impl Names {
    fn extend(&mut self, other: Names) {
        self.tools.extend(other.tools);
        self.files.extend(other.files);
        self.directories.extend(other.directories);
        self.missing.extend(other.missing);
    }
}

impl Own {
    fn lists(&self) -> &[(RelPath, u64, Digest)] {
        self.lists.get_or_init(|| {
            let place = self.place.to_absolute();
            let names = fs::read_dir(fd::path(&place))
                .into_iter()
                .flatten()
                .flatten();
            let mut likeness = self.likeness.borrow_mut();
            let of = |entry: fs::DirEntry| {
                let path = entry.path();
                let name = RelPath::of_absolute(path.as_os_str().as_bytes())?;
                let (size, digest) = likeness.file(&path).ok()?;
                Some((name, size, digest))
            };
            let is_list = |entry: &fs::DirEntry| entry.file_name().as_bytes().ends_with(LIST);
            names.filter(is_list).filter_map(of).collect()
        })
    }
}

/// Returns the programs that a job's lines name, as far as they can be told from the text.
pub fn tools_of(job: &RemoteJob) -> BString {
    let mut tools = BTreeSet::new();
    for line in &job.lines {
        tools.extend(line.words.first().map(|word| &word[..]));
        if let (false, Some(script)) = (line.is_direct, line.words.last()) {
            let commands = script.split(|byte| b";&|()`\n".contains(byte));
            tools.extend(commands.filter_map(first_word));
        }
    }
    bstr::join(" ", tools).into()
}

/// Returns the first word of a command that is neither an assignment nor the shell's.
fn first_word(command: &[u8]) -> Option<&[u8]> {
    const SHELL: [&[u8]; 11] = [
        b"if", b"then", b"else", b"elif", b"while", b"until", b"do", b"!", b"{", b"exec", b"@",
    ];
    let mut words = command.split(u8::is_ascii_whitespace);
    words.find(|word| !word.is_empty() && !SHELL.contains(word) && !word.contains(&b'='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::executor::RemoteLine;
    use crate::id::JobId;

    fn path(text: &str) -> RelPath {
        RelPath::new(text.trim_start_matches('/').as_bytes()).unwrap()
    }

    /// A tree of this machine, and what a job has seen of it.
    fn place() -> (tempfile::TempDir, RelPath, Trace) {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        fs::create_dir(top.join("bin")).unwrap();
        fs::write(top.join("bin/cc"), "cc").unwrap();
        let tree = RelPath::of_absolute(top.as_os_str().as_bytes()).unwrap();
        let below = |name: &str| path(&format!("{tree}/{name}"));
        let trace = Trace {
            found: vec![(below("bin"), 0), (below("bin/cc"), 1), (path("w/x"), 2)],
            missing: vec![below("bin/none"), below("none/x"), path("w/y")],
            listed: vec![],
            opened: vec![below("bin/cc"), path("w/x")],
            withheld: Vec::new(),
        };
        (dir, tree, trace)
    }

    #[test]
    fn a_tool_is_bound_once_what_it_saw_is_the_same() {
        let (_dir, tree, trace) = place();
        let own = Own::default();
        let mut proof = Proof::new(vec![tree.clone()]);
        let tool = BString::from("cc");
        assert!(proof.question(&own).is_none());
        assert!(proof.bound(&tool).is_empty());
        proof.saw(Some(&tool), &trace);
        let question = proof.question(&own);
        if own.lists().is_empty() {
            // Without lists of packages nothing is ever proven.
            assert!(question.is_none() && proof.trees.is_empty());
            return;
        }
        let question = question.unwrap();
        let names: Vec<_> = question
            .directories
            .iter()
            .map(|one| one.0.to_string())
            .collect();
        let expected = [
            format!("{tree}"),
            format!("{tree}/bin"),
            format!("/{LISTS}"),
        ];
        assert_eq!(names, expected);
        assert_eq!(question.files[0].0, path(&format!("{tree}/bin/cc")));
        assert_eq!(question.missing, [path(&format!("{tree}/none/x"))]);
        assert!(proof.question(&own).is_none(), "one is open");
        assert!(proof.bound(&tool).is_empty());
        let told = proof.answer(None).unwrap();
        assert_eq!(told, format!("{tree} is the same there for 'cc'"));
        assert_eq!(proof.bound(&tool), std::slice::from_ref(&tree));
        assert!(proof.bound(&"ld".into()).is_empty());
        // The same once more is no question; after a while it is, for all of it.
        proof.saw(Some(&tool), &trace);
        assert!(proof.question(&own).is_none());
        proof.at -= GOOD_FOR;
        assert!(proof.bound(&tool).is_empty());
        let again = proof.question(&own).unwrap();
        assert_eq!((again.files.len(), again.directories.len()), (1, 3));
        assert_eq!(proof.answer(None), None);
        assert_eq!(proof.bound(&tool), std::slice::from_ref(&tree));
        proof.at -= ANEW_AFTER;
        assert_eq!(proof.bound(&tool), std::slice::from_ref(&tree));
        proof.question(&own).unwrap();
        let other = path(&format!("{tree}/bin/cc"));
        let told = proof.answer(Some(other.clone())).unwrap();
        assert!(told.starts_with(format!("{other} is another").as_bytes()));
        assert!(proof.bound(&tool).is_empty());
        proof.saw(Some(&"ld".into()), &trace);
        assert!(proof.question(&own).is_none());
    }

    #[test]
    fn without_lists_of_packages_nothing_is_bound_and_that_is_told() {
        let (_dir, tree, trace) = place();
        let own = Own {
            place: path("no/such"),
            ..Own::default()
        };
        let mut proof = Proof::new(vec![tree]);
        let tool = BString::from("cc");
        proof.saw(Some(&tool), &trace);
        assert!(proof.question(&own).is_none() && proof.bound(&tool).is_empty());
        let told = proof.note().unwrap();
        assert!(told.starts_with(b"without lists of packages"), "{told}");
        assert_eq!(proof.note(), None);
    }

    #[test]
    fn a_tree_that_differs_does_not_spoil_the_others() {
        let (_dir, tree, trace) = place();
        let (_other, second, _) = place();
        let own = Own::default();
        if own.lists().is_empty() {
            return;
        }
        let mut proof = Proof::new(vec![tree.clone(), second.clone()]);
        let tool = BString::from("cc");
        proof.saw(Some(&tool), &trace);
        proof.question(&own).unwrap();
        proof.answer(Some(path(&format!("{tree}/bin"))));
        let question = proof.question(&own).unwrap();
        assert_eq!(question.files.len(), own.lists().len());
        proof.answer(None);
        assert_eq!(proof.bound(&tool), std::slice::from_ref(&second));
        // Other packages mean that nothing is known.
        proof.at -= GOOD_FOR;
        proof.question(&own).unwrap();
        proof.answer(Some(path(LISTS)));
        assert!(proof.bound(&tool).is_empty());
        assert_eq!(Proof::given(vec![tree.clone()]).bound(&tool), [tree]);
    }

    #[test]
    fn programs_are_told_from_the_text() {
        let line = |words: &[&str], is_direct| RemoteLine {
            words: words.iter().map(|word| BString::from(*word)).collect(),
            is_direct,
            ignore_errors: false,
        };
        let check = |lines: Vec<RemoteLine>, expected: &str| {
            let job = RemoteJob {
                id: JobId(0),
                target: "t".into(),
                lines,
                environment: Vec::new(),
                directory: "/".into(),
                inputs: Vec::new(),
                outputs: Vec::new(),
                is_combined: false,
                umask: 0,
            };
            assert_eq!(tools_of(&job), expected);
        };
        check(vec![line(&["gcc", "-c", "x.c"], true)], "gcc");
        let script = "if test -e x; then A=1 sed s/a/b/ x | sort >y; fi && (exec cc $(ls))";
        check(
            vec![
                line(&["/bin/sh", "-c", script], false),
                line(&["rm", "x"], true),
            ],
            "/bin/sh cc fi ls rm sed sort test",
        );
        check(Vec::new(), "");
    }
}
