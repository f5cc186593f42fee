//! What the variables of a distcc setup mean here.
//! It does not know distcc's list of hosts, nor who acts on what it says.

use crate::remote::hosts::Complaint;
use bstr::BString;
use bstr::ByteSlice;
use std::time::Duration;

/// What the environment says to distcc, as far as it means something here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variables {
    /// False (`DISTCC_FALLBACK=0`): what may go out has to.
    pub is_fallback_allowed: bool,
    /// How long a host is first avoided after it failed; zero: it is not.
    pub backoff: Option<Duration>,
    /// The program for ssh: a word, not a command line.
    pub ssh: Option<BString>,
    /// `DISTCC_VERBOSE=1`: what is done is told.
    pub is_verbose: bool,
    /// Where that is told, instead of on standard error.
    pub log: Option<BString>,
    /// `DISTCC_SAVE_TEMPS=1`: directories on hosts are kept.
    pub keeps_staging: bool,
    /// Those that are set and mean nothing here.
    pub meaningless: Vec<&'static str>,
    /// Values that cannot be understood.
    pub complaints: Vec<Complaint>,
}

/// Variables for distcc's own workings.
const MEANINGLESS: &[&str] = &[
    "DISTCC_SKIP_LOCAL_RETRY",
    "DISTCC_IO_TIMEOUT",
    "DISTCC_PAUSE_TIME_MSEC",
    "DISTCC_TCP_CORK",
    "DISTCC_TCP_DEFER_ACCEPT",
    "DISTCC_MAX_DISCREPANCY",
    "DISTCC_EXCLUDE_FRESH_FILES",
    "DISTCC_ENABLE_DISCREPANCY_EMAIL",
    "DISTCC_EMAILLOG_WHOM_TO_BLAME",
    "DISTCC_NO_REWRITE_CROSS",
    "DISTCC_PRINCIPAL",
    "INCLUDE_SERVER_PORT",
];

impl Variables {
    /// Returns what an environment says.
    pub fn of(environment: &[(BString, BString)]) -> Variables {
        let value = |name: &str| {
            let entry = environment.iter().find(|(key, _)| key == name);
            entry.map(|(_, value)| value)
        };
        let is_one = |name: &str| value(name).is_some_and(|value| value == "1");
        let text = |name: &str| value(name).filter(|value| !value.is_empty()).cloned();
        let mut complaints = Vec::new();
        let backoff = text("DISTCC_BACKOFF_PERIOD").and_then(|period| {
            let seconds = period.to_str().ok().and_then(|text| text.parse().ok());
            if seconds.is_none() {
                complaints.push(Complaint {
                    file: "DISTCC_BACKOFF_PERIOD".into(),
                    line: 1,
                    column: 1,
                    text: format!(
                        "expected a number of seconds, not '{}'",
                        period.escape_bytes()
                    )
                    .into(),
                });
            }
            seconds.map(|seconds: u32| Duration::from_secs(seconds.into()))
        });
        let is_set = |name: &&&str| value(name).is_some();
        Variables {
            is_fallback_allowed: value("DISTCC_FALLBACK").is_none_or(|value| value != "0"),
            backoff,
            ssh: text("DISTCC_SSH"),
            is_verbose: is_one("DISTCC_VERBOSE"),
            log: text("DISTCC_LOG"),
            keeps_staging: is_one("DISTCC_SAVE_TEMPS"),
            meaningless: MEANINGLESS.iter().filter(is_set).copied().collect(),
            complaints,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &str)]) -> Variables {
        let entries = entries
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()));
        Variables::of(&entries.collect::<Vec<_>>())
    }

    #[test]
    fn what_is_not_set_says_nothing() {
        let nothing = of(&[]);
        assert!(nothing.is_fallback_allowed && !nothing.is_verbose && !nothing.keeps_staging);
        assert_eq!(
            (nothing.backoff, &nothing.ssh, &nothing.log),
            (None, &None, &None)
        );
        let empty = [
            "DISTCC_FALLBACK",
            "DISTCC_BACKOFF_PERIOD",
            "DISTCC_SSH",
            "DISTCC_LOG",
            "DISTCC_VERBOSE",
        ];
        assert_eq!(of(&empty.map(|name| (name, ""))), nothing);
    }

    #[test]
    fn each_variable_has_its_meaning() {
        let all = of(&[
            ("DISTCC_FALLBACK", "0"),
            ("DISTCC_BACKOFF_PERIOD", "90"),
            ("DISTCC_SSH", "/opt/my ssh"),
            ("DISTCC_VERBOSE", "1"),
            ("DISTCC_LOG", "/tmp/log"),
            ("DISTCC_SAVE_TEMPS", "1"),
            ("DISTCC_IO_TIMEOUT", "9"),
            ("INCLUDE_SERVER_PORT", "x"),
        ]);
        let expected = Variables {
            is_fallback_allowed: false,
            backoff: Some(Duration::from_secs(90)),
            ssh: Some("/opt/my ssh".into()),
            is_verbose: true,
            log: Some("/tmp/log".into()),
            keeps_staging: true,
            meaningless: vec!["DISTCC_IO_TIMEOUT", "INCLUDE_SERVER_PORT"],
            complaints: Vec::new(),
        };
        assert_eq!(all, expected);
        assert_eq!(
            of(&[("DISTCC_BACKOFF_PERIOD", "0")]).backoff,
            Some(Duration::ZERO)
        );
        let complaints = of(&[("DISTCC_BACKOFF_PERIOD", "-1\x1b")]).complaints;
        assert_eq!(
            complaints[0].to_string(),
            "DISTCC_BACKOFF_PERIOD:1:1: expected a number of seconds, not '-1\\x1B'"
        );
    }
}
