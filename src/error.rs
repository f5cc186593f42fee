//! Every text of GNU make's own, as typed values: the one place where a message is worded.
//! It does not know where a message goes, nor the program's name: reporters add that.

use crate::loc::Place;
use bstr::BStr;
use bstr::BString;
use std::fmt;

/// The result of anything that a makefile can end.
pub type Result<T> = std::result::Result<T, Box<Fatal>>;

/// An error that ends the make: printed as `PLACE: *** ERROR.  Stop.`
#[derive(Clone, Debug, PartialEq)]
pub struct Fatal {
    /// Where it happened; None prints the program's name instead.
    pub place: Option<Place>,
    /// What happened.
    pub error: MakeError,
}

/// Errors that end a make (or, in a recipe under -k, a target). Texts are GNU make 4.4.1's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the text is the documentation")]
pub enum MakeError {
    #[error("missing separator")]
    MissingSeparator,
    #[error("missing separator (did you mean TAB instead of 8 spaces?)")]
    MissingSeparatorTab,
    #[error("missing separator (ifeq/ifneq must be followed by whitespace)")]
    MissingSeparatorConditional,
    #[error("recipe commences before first target")]
    RecipeBeforeTarget,
    #[error("missing rule before recipe")]
    MissingRuleBeforeRecipe,
    #[error("multiple target patterns")]
    MultipleTargetPatterns,
    #[error("missing target pattern")]
    MissingTargetPattern,
    #[error("mixed implicit and static pattern rules")]
    MixedImplicitAndStatic,
    #[error("mixed implicit and normal rules")]
    MixedImplicitAndNormal,
    #[error("target pattern contains no '%'")]
    NoPercent,
    #[error("target file '{0}' has both : and :: entries")]
    BothColons(BString),
    #[error("grouped targets must provide a recipe")]
    GroupedWithoutRecipe,
    #[error("prerequisites cannot be defined in recipes")]
    PrerequisitesInRecipe,
    #[error("empty variable name")]
    EmptyVariableName,
    #[error("unterminated variable reference")]
    UnterminatedReference,
    #[error("unterminated call to function '{0}': missing '{1}'")]
    UnterminatedCall(BString, char),
    #[error("invalid syntax in conditional")]
    InvalidConditional,
    #[error("missing 'endif'")]
    MissingEndif,
    #[error("extraneous 'endif'")]
    ExtraneousEndif,
    #[error("extraneous 'else'")]
    ExtraneousElse,
    #[error("only one 'else' per conditional")]
    OnlyOneElse,
    #[error("missing 'endef', unterminated 'define'")]
    MissingEndef,
    #[error("extraneous 'endef'")]
    ExtraneousEndef,
    #[error("Recursive variable '{0}' references itself (eventually)")]
    RecursiveVariable(BString),
    #[error("insufficient number of arguments ({1}) to function '{0}'")]
    TooFewArguments(BString, usize),
    /// `$(error TEXT)`, and texts made of a system error (`NAME: STRERROR`).
    #[error("{0}")]
    Text(BString),
    /// `lib((entry))`: a member named by a symbol in it.
    #[error("attempt to use unsupported feature: '{0}'")]
    NestedMember(BString),
    #[error("Invalid date for archive {archive} member {member}")]
    InvalidArchiveDate { archive: BString, member: BString },
    #[error("Invalid size for archive {archive} member {member}")]
    InvalidArchiveSize { archive: BString, member: BString },
    #[error("Makefile from standard input specified twice")]
    StandardInputTwice,
    #[error("cannot store makefile from stdin to a temporary file")]
    CannotStoreStandardInput,
    #[error("makefiles are nested too deeply")]
    TooDeep,
    #[error(".DEFAULT_GOAL contains more than one target")]
    ManyDefaultGoals,
    #[error("Empty symbol name for load: {0}")]
    EmptyLoadSymbol(BString),
    #[error("{0}: failed to load")]
    FailedToLoad(BString),
    #[error("Loaded object {0} is not declared to be GPL compatible")]
    NotGplCompatible(BString),
    #[error("Failed to load symbol {symbol} from {object}: {reason}")]
    NoLoadSymbol {
        symbol: BString,
        object: BString,
        reason: String,
    },
    #[error("Empty function name")]
    EmptyFunctionName,
    #[error("Invalid function name: {0}")]
    InvalidFunctionName(BString),
    #[error("Function name too long: {0}")]
    LongFunctionName(BString),
    #[error("Invalid minimum argument count ({0}) for function {1}")]
    InvalidLeastArguments(u32, BString),
    #[error("Invalid maximum argument count ({0}) for function {1}")]
    InvalidMostArguments(u32, BString),
    #[error("{0} cannot be both .NOTINTERMEDIATE and {1}")]
    Opposites(BString, &'static str),
    #[error(".NOTINTERMEDIATE and .SECONDARY are mutually exclusive")]
    AllOpposites,
    #[error("No targets")]
    NoTargets,
    #[error("No targets specified and no makefile found")]
    NoMakefile,
    #[error("No rule to make target '{0}'")]
    NoRule(BString),
    #[error("No rule to make target '{0}', needed by '{1}'")]
    NoRuleNeededBy(BString, BString),
}

/// How a diagnostic is decorated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `PREFIX*** TEXT.  Stop.`
    Fatal,
    /// `PREFIX*** TEXT` – an error that does not end the make.
    Error,
    /// `PREFIXTEXT`, on standard error.
    Notice,
    /// `PREFIXTEXT`, on standard output.
    Info,
}

/// One message of make's own. Its prefix is `PLACE: ` or, without a place, `NAME[LEVEL]: `.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Where, None for the program itself.
    pub place: Option<Place>,
    /// How it is decorated.
    pub severity: Severity,
    /// The text, without prefix, stars, tail and newline.
    pub text: BString,
}

impl Fatal {
    /// Returns the diagnostic that tells this error.
    pub fn diagnostic(&self) -> Diagnostic {
        let text = self.error.to_string();
        let place = self.place.clone();
        // Display of BString replaces invalid UTF-8; the one variant with free bytes is passed whole.
        let text = match &self.error {
            MakeError::Text(bytes) => bytes.clone(),
            _ => BString::from(text),
        };
        Diagnostic {
            place,
            severity: Severity::Fatal,
            text,
        }
    }
}

/// Warnings and notices: messages that end nothing.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the text is the documentation")]
pub enum Notice {
    OverridingRecipe(BString),
    IgnoringOldRecipe(BString),
    /// A target of a `&:` rule belongs to another one from now on.
    OverridingGroup(BString),
    UndefinedVariable(BString),
    ExtraneousText(&'static str),
    NulCharacter,
    SuffixRulePrerequisites,
    TargetOutsidePattern(BString),
    /// A target stands twice in one rule with a recipe.
    GivenTwice(BString),
    /// A pattern among the targets of a rule that is none.
    DeprecatedMixedRules,
    /// A text made of a name and a system error.
    Text(BString),
    WaitHasPrerequisites,
    WaitHasCommands,
    CircularDependency {
        target: BString,
        prerequisite: BString,
    },
    FutureTime {
        file: BString,
        seconds: String,
    },
    ClockSkew,
    PeerNotUpdated(BString),
    UpToDate(BString),
    RecipeSpecified {
        target: BString,
        place: String,
    },
    SameFile {
        target: BString,
        other: BString,
    },
    RecipeIgnored {
        target: BString,
        other: BString,
    },
    LowResolution(BString),
    MightLoop(BString),
    FailedMakefile(BString),
    MakefileNotFound(BString),
    IncludedNotFound(BString),
    NothingToBeDone(BString),
    NotRemade(BString),
    NotALibraryPattern(BString),
    /// -t could not touch a file.
    TouchFailed {
        file: BString,
        reason: String,
    },
    TouchNoArchive(BString),
    TouchInvalidArchive(BString),
    TouchNoMember {
        archive: BString,
        member: BString,
    },
    TouchArchiveFailed(BString),
}

impl Notice {
    /// Returns the text, without prefix and newline.
    #[expect(clippy::too_many_lines, reason = "a flat table of texts")]
    pub fn text(&self) -> BString {
        fn quoted(before: &str, name: &BStr, after: &str) -> BString {
            let mut text = BString::from(before);
            text.extend_from_slice(name);
            text.extend_from_slice(after.as_bytes());
            text
        }
        match self {
            Notice::OverridingRecipe(name) => quoted(
                "warning: overriding recipe for target '",
                name.as_ref(),
                "'",
            ),
            Notice::IgnoringOldRecipe(name) => quoted(
                "warning: ignoring old recipe for target '",
                name.as_ref(),
                "'",
            ),
            Notice::OverridingGroup(name) => quoted(
                "warning: overriding group membership for target '",
                name.as_ref(),
                "'",
            ),
            Notice::UndefinedVariable(name) => {
                quoted("warning: undefined variable '", name.as_ref(), "'")
            }
            Notice::ExtraneousText(what) => {
                format!("extraneous text after '{what}' directive").into()
            }
            Notice::NulCharacter => "warning: NUL character seen; rest of line ignored".into(),
            Notice::SuffixRulePrerequisites => {
                "warning: ignoring prerequisites on suffix rule definition".into()
            }
            Notice::TargetOutsidePattern(name) => quoted(
                "target '",
                name.as_ref(),
                "' doesn't match the target pattern",
            ),
            Notice::GivenTwice(name) => quoted(
                "target '",
                name.as_ref(),
                "' given more than once in the same rule",
            ),
            Notice::DeprecatedMixedRules => {
                "*** mixed implicit and normal rules: deprecated syntax".into()
            }
            Notice::Text(text) => text.clone(),
            Notice::WaitHasPrerequisites => ".WAIT should not have prerequisites".into(),
            Notice::WaitHasCommands => ".WAIT should not have commands".into(),
            Notice::CircularDependency {
                target,
                prerequisite,
            } => {
                let text = quoted("Circular ", target.as_ref(), " <- ");
                [&text[..], prerequisite, b" dependency dropped."]
                    .concat()
                    .into()
            }
            Notice::FutureTime { file, seconds } => quoted(
                "Warning: File '",
                file.as_ref(),
                &format!("' has modification time {seconds} s in the future"),
            ),
            Notice::ClockSkew => {
                "warning:  Clock skew detected.  Your build may be incomplete.".into()
            }
            Notice::PeerNotUpdated(name) => quoted(
                "warning: pattern recipe did not update peer target '",
                name.as_ref(),
                "'.",
            ),
            Notice::RecipeSpecified { target, place } => quoted(
                "Recipe was specified for file '",
                target.as_ref(),
                &format!("' at {place},"),
            ),
            Notice::SameFile { target, other } => {
                let text = quoted(
                    "but '",
                    target.as_ref(),
                    "' is now considered the same file as '",
                );
                [&text[..], other, b"'."].concat().into()
            }
            Notice::RecipeIgnored { target, other } => {
                let text = quoted(
                    "Recipe for '",
                    target.as_ref(),
                    "' will be ignored in favor of the one for '",
                );
                [&text[..], other, b"'."].concat().into()
            }
            Notice::LowResolution(name) => quoted(
                "*** Warning: .LOW_RESOLUTION_TIME file '",
                name.as_ref(),
                "' has a high resolution time stamp",
            ),
            Notice::MightLoop(name) => quoted(
                "Makefile '",
                name.as_ref(),
                "' might loop; not remaking it.",
            ),
            Notice::FailedMakefile(name) => {
                quoted("Failed to remake makefile '", name.as_ref(), "'.")
            }
            Notice::MakefileNotFound(name) => {
                quoted("Makefile '", name.as_ref(), "' was not found")
            }
            Notice::IncludedNotFound(name) => {
                quoted("Included makefile '", name.as_ref(), "' was not found.")
            }
            Notice::UpToDate(name) => quoted("'", name.as_ref(), "' is up to date."),
            Notice::NothingToBeDone(name) => {
                quoted("Nothing to be done for '", name.as_ref(), "'.")
            }
            Notice::NotALibraryPattern(word) => quoted(
                ".LIBPATTERNS element '",
                word.as_ref(),
                "' is not a pattern",
            ),
            Notice::NotRemade(name) => {
                quoted("Target '", name.as_ref(), "' not remade because of errors.")
            }
            Notice::TouchFailed { file, reason } => {
                quoted("touch: open: ", file.as_ref(), &format!(": {reason}"))
            }
            Notice::TouchNoArchive(archive) => {
                quoted("touch: Archive '", archive.as_ref(), "' does not exist")
            }
            Notice::TouchInvalidArchive(archive) => {
                quoted("touch: '", archive.as_ref(), "' is not a valid archive")
            }
            Notice::TouchNoMember { archive, member } => {
                let mut text = quoted("touch: Member '", member.as_ref(), "' does not exist in '");
                text.extend_from_slice(archive);
                text.push(b'\'');
                text
            }
            Notice::TouchArchiveFailed(archive) => quoted(
                "touch: Bad return code from ar_member_touch on '",
                archive.as_ref(),
                "'",
            ),
        }
    }
}

/// Returns the system's words for an error (`No such file or directory`).
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.text())
    }
}

/// Returns the power of ten of the first digit of `value`, 0 for zero. Read off its text: the logarithm
/// would be the one thing for which the library of mathematics is loaded at every start.
pub fn decimal_exponent(value: f64) -> i32 {
    let text = format!("{value:e}");
    text.split_once('e')
        .and_then(|(_, power)| power.parse().ok())
        .unwrap_or(0)
}

/// Returns seconds as the C format `%.2g` writes them, whole from 99 on.
pub fn seconds(value: f64) -> String {
    if value >= 99.0 {
        return format!("{value:.0}");
    }
    let exponent = decimal_exponent(value);
    if !(-4..2).contains(&exponent) {
        let text = format!("{value:.1e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = digits.strip_suffix(".0").unwrap_or(digits);
        let power: i32 = power.parse().unwrap_or(0);
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", power.abs());
    }
    let decimals = usize::try_from(1 - exponent).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// What is said of running jobs: failures, the jobserver, held back output.
#[derive(Clone, Debug, PartialEq)]
pub enum JobNotice {
    /// A recipe line failed.
    Failed {
        /// `Makefile:5`, or `<builtin>`.
        place: BString,
        /// The target.
        target: BString,
        /// How the line ended: `Error 1`, `Terminated`, `Segmentation fault (core dumped)`.
        how: BString,
        /// The failure is ignored.
        ignored: bool,
        /// The order under `--shuffle`, empty without.
        shuffle: BString,
    },
    /// A program could not be started: its name and the system's error.
    CannotRun(BString, String),
    /// -j on the command line of a make that has a jobserver.
    JobsForced(u32),
    /// The parent's jobserver cannot be used.
    JobserverUnavailable,
    /// The parent's fifo cannot be opened: its path and the system's error.
    CannotOpenJobserver(BString, String),
    /// A `--jobserver-auth` of no known form.
    InvalidJobserverAuth(BString),
    /// A `--sync-mutex` of no known form.
    InvalidSyncMutex(BString),
    /// No fifo could be made: its path and the system's error.
    CannotMakeFifo(BString, String),
    /// Tokens were lost or invented: how many there are and should be.
    TokensWrong(u32, u32),
    /// The named variable does not name a directory for temporary files: its value and what is wrong.
    BadTemporary(BString, BString, String),
    /// `/tmp` is used instead.
    DefaultTemporary(BString),
    /// A temporary file could not be made: its path and the system's error.
    CannotMakeTemporary(BString, String),
    /// -O is given up.
    NoOutputSync,
    /// `--dist=always`, and no host is left for this target.
    NoHostLeft(BString),
    /// What a host has made cannot be put into place: the path and the system's error.
    CannotCommit(BString, String),
    /// One line about hosts.
    Plain(BString),
}

impl JobNotice {
    /// Returns the diagnostic to be told.
    pub fn diagnostic(&self) -> Diagnostic {
        let severity = match self {
            JobNotice::Failed { ignored: false, .. } | JobNotice::NoHostLeft(_) => Severity::Error,
            _ => Severity::Notice,
        };
        Diagnostic {
            place: None,
            severity,
            text: self.text(),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a flat match: one text each")]
    fn text(&self) -> BString {
        let join = |parts: &[&[u8]]| BString::from(parts.concat());
        match self {
            JobNotice::Failed {
                place,
                target,
                how,
                ignored,
                shuffle,
            } => {
                let ignored: &[u8] = if *ignored { b" (ignored)" } else { b"" };
                let mark: &[u8] = if shuffle.is_empty() {
                    b""
                } else {
                    b" shuffle="
                };
                join(&[
                    b"[", place, b": ", target, b"] ", how, ignored, mark, shuffle,
                ])
            }
            JobNotice::CannotRun(name, error) => join(&[name, b": ", error.as_bytes()]),
            JobNotice::JobsForced(jobs) => {
                format!("warning: -j{jobs} forced in submake: resetting jobserver mode.").into()
            }
            JobNotice::JobserverUnavailable => {
                "warning: jobserver unavailable: using -j1.  Add '+' to parent make rule.".into()
            }
            JobNotice::CannotOpenJobserver(path, error) => {
                join(&[b"cannot open jobserver ", path, b": ", error.as_bytes()])
            }
            JobNotice::InvalidJobserverAuth(word) => {
                join(&[b"invalid --jobserver-auth string '", word, b"'"])
            }
            JobNotice::InvalidSyncMutex(word) => {
                join(&[b"invalid --sync-mutex string '", word, b"'"])
            }
            JobNotice::CannotMakeFifo(path, error) => {
                join(&[b"jobserver mkfifo: ", path, b": ", error.as_bytes()])
            }
            JobNotice::TokensWrong(found, expected) => format!(
                "INTERNAL: Exiting with {found} jobserver tokens available; should be {expected}!"
            )
            .into(),
            JobNotice::BadTemporary(name, value, error) => {
                join(&[name, b" value ", value, b": ", error.as_bytes()])
            }
            JobNotice::DefaultTemporary(path) => {
                join(&[b"using default temporary directory '", path, b"'"])
            }
            JobNotice::CannotMakeTemporary(path, error) => join(&[
                b"cannot create temporary file ",
                path,
                b": ",
                error.as_bytes(),
            ]),
            JobNotice::NoOutputSync => {
                "cannot open output-sync lock file, suppressing output-sync.".into()
            }
            JobNotice::NoHostLeft(target) => {
                join(&[b"no host is left to make '", target, b"' (--dist=always)"])
            }
            JobNotice::CannotCommit(path, error) => join(&[path, b": ", error.as_bytes()]),
            JobNotice::Plain(text) => text.clone(),
        }
    }
}
