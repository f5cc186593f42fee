//! What ssh(1) says when it fails, as our errors.
//! It does not know how it was called. The texts are OpenSSH's, of any version since 6; others are passed on.

use std::path::PathBuf;

use crate::remote::ssh::ConnectError;
use crate::remote::ssh::Destination;
use crate::remote::ssh::Stage;
use crate::remote::ssh::known;

/// Returns why there is no connection, from all that ssh said on standard error.
pub fn connect_error(destination: &Destination, words: &str) -> ConnectError {
    let host = destination.name.clone();
    let has = |text: &str| words.contains(text);
    if has("Could not resolve hostname") {
        let reason = last_line(words);
        let reason = reason.rsplit(": ").next().unwrap_or_default();
        return ConnectError::UnknownHost {
            host,
            reason: reason.to_lowercase(),
        };
    }
    if has("HOST IDENTIFICATION HAS CHANGED") || has("Offending ") {
        return changed(destination, words);
    }
    if has("Host key verification failed") || has(" host key is known for") {
        let kind = between(words, "No ", " host key is known for");
        return ConnectError::HostKeyUnknown {
            host,
            key: kind.map(str::to_owned),
        };
    }
    if has("Permission denied (") || has("Too many authentication failures") {
        let wanted = between(words, "Permission denied (", ")");
        let wanted = wanted.map(|methods| format!("what ssh has; the host takes {methods}"));
        return ConnectError::NoKeyAccepted {
            host,
            user: destination.user.clone(),
            tried: wanted.into_iter().collect(),
        };
    }
    if has("Connection refused") {
        let port = between(words, " port ", ":").and_then(|port| port.parse().ok());
        return ConnectError::Refused {
            host,
            port: port.unwrap_or(destination.port),
        };
    }
    if has("timed out") {
        return ConnectError::TimedOut {
            host,
            stage: Stage::Reaching,
        };
    }
    ConnectError::Protocol {
        host,
        reason: last_line(words),
    }
}

/// The key that is known, as far as ssh says where: "Offending ED25519 key in FILE:LINE".
fn changed(destination: &Destination, words: &str) -> ConnectError {
    let place = between(words, "Offending ", "\n").and_then(|text| text.split_once(" in "));
    let place = place.and_then(|(_, place)| place.trim().rsplit_once(':'));
    let host = destination.name.clone();
    let Some((file, line)) = place else {
        return ConnectError::Protocol {
            host,
            reason: "its key has changed".to_owned(),
        };
    };
    ConnectError::HostKeyChanged {
        host,
        known_as: known::name_of(&destination.host_name, destination.port),
        file: PathBuf::from(file),
        line: line.parse().unwrap_or(0),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = text.split_once(before)?.1;
    Some(rest.split_once(after).map_or(rest, |(part, _)| part))
}

/// Returns the last line that says something, without the name of the program.
pub fn last_line(words: &str) -> String {
    let line = words
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty());
    let line = line.unwrap_or("ssh has ended");
    line.strip_prefix("ssh: ").unwrap_or(line).to_owned()
}
