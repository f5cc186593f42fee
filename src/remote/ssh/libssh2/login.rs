//! From a destination to a session that has been let in, by libssh2.
//! It blocks, so it has a thread of its own for as long as it takes; it does not know channels.
//!
//! The thread ends when its wire is gone. Only a resolver or an agent that hangs can hold it longer; nobody waits for
//! it then.

use std::fs;
use std::future::poll_fn;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::net::ToSocketAddrs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc as std_mpsc;
use std::task::Context;
use std::task::Poll;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use ssh2::CheckResult;
use ssh2::ErrorCode;
use ssh2::HashType;
use ssh2::KnownHostFileKind;
use ssh2::MethodType;
use ssh2::PublicKey;
use ssh2::Session;
use tokio::io::Interest;
use tokio::net::UnixStream as Watch;
use tokio::sync::mpsc;
use tokio::time;

use crate::remote::ssh::ConnectError;
use crate::remote::ssh::Destination;
use crate::remote::ssh::Stage;
use crate::remote::ssh::config::Family;
use crate::remote::ssh::config::Strictness;
use crate::remote::ssh::known;
use crate::remote::ssh::known::Verdict;
use crate::remote::ssh::libssh2::wire::Wire;
use crate::sys::fd;

/// How long an agent may take to list its keys before we go without it.
const AGENT_TIME: Duration = Duration::from_millis(500);

/// Codes of libssh2.
const TIMEOUT: ErrorCode = ErrorCode::Session(-9);
const DISCONNECTED: ErrorCode = ErrorCode::Session(-13);

/// What the thread tells, and what it is told.
enum Progress {
    /// The host answers; the thread waits for its end of the wire.
    Answered(TcpStream, std_mpsc::Sender<UnixStream>),
    Reached(Stage),
    Done(Result<Session, ConnectError>),
}

/// Connects and logs in; returns a session in non-blocking mode and its wire.
pub async fn log_in(
    destination: &Destination,
    allowed: Duration,
    answered: impl FnOnce(),
) -> Result<(Session, Wire), ConnectError> {
    let deadline = Instant::now() + allowed;
    let (sender, receiver) = mpsc::unbounded_channel();
    let login = Login {
        destination: destination.clone(),
        deadline,
        progress: sender,
    };
    thread::Builder::new()
        .name("rmake-login".to_owned())
        .spawn(move || {
            let result = login.run();
            login.tell(Progress::Done(result));
        })
        .map_err(|error| protocol(destination, &error.to_string()))?;
    let mut attempt = Attempt {
        destination,
        progress: receiver,
        answered: Some(answered),
        stage: Stage::Reaching,
        wire: None,
    };
    let login = poll_fn(|context| attempt.poll(context));
    match time::timeout_at(deadline.into(), login).await {
        Ok(Ok(session)) => match attempt.wire {
            Some((wire, _)) => Ok((session, wire)),
            None => Err(protocol(destination, "no connection")),
        },
        Ok(Err(error)) => Err(error),
        Err(_) => Err(ConnectError::TimedOut {
            host: destination.name.clone(),
            stage: attempt.stage,
        }),
    }
}

fn protocol(destination: &Destination, reason: &str) -> ConnectError {
    ConnectError::Protocol {
        host: destination.name.clone(),
        reason: reason.to_owned(),
    }
}

/// An attempt as the caller's side sees it: it listens to the thread and keeps its wire going.
struct Attempt<'a, F> {
    destination: &'a Destination,
    progress: mpsc::UnboundedReceiver<Progress>,
    answered: Option<F>,
    stage: Stage,
    wire: Option<(Wire, Watch)>,
}

impl<F: FnOnce()> Attempt<'_, F> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Session, ConnectError>> {
        while let Poll::Ready(progress) = self.progress.poll_recv(context) {
            match progress {
                Some(Progress::Answered(stream, far_end)) => {
                    let wire = self.lay_wire(stream, &far_end);
                    self.wire = Some(wire.map_err(|error| self.protocol(&error))?);
                    self.stage = Stage::Handshake;
                    self.answered.take().into_iter().for_each(|tell| tell());
                }
                Some(Progress::Reached(stage)) => self.stage = stage,
                Some(Progress::Done(result)) => return Poll::Ready(result),
                None => {
                    let reason = "the login was given up";
                    return Poll::Ready(Err(protocol(self.destination, reason)));
                }
            }
        }
        if let Some((wire, watch)) = &mut self.wire {
            let result = pump(wire, watch, context);
            result.map_err(|error| self.protocol(&error))?;
        }
        Poll::Pending
    }

    fn protocol(&self, error: &io::Error) -> ConnectError {
        protocol(self.destination, &plain_text(error))
    }

    fn lay_wire(
        &self,
        stream: TcpStream,
        far_end: &std_mpsc::Sender<UnixStream>,
    ) -> io::Result<(Wire, Watch)> {
        let (wire, far) = Wire::new(stream)?;
        let watch = Watch::from_std(wire.watch()?)?;
        // A thread that is gone says so by itself.
        let _ = far_end.send(far);
        Ok((wire, watch))
    }
}

/// Keeps a wire going whose far end is in use on another thread.
fn pump(wire: &mut Wire, watch: &Watch, context: &mut Context<'_>) -> io::Result<()> {
    loop {
        let mut has_moved = wire.receive(context)?;
        if wire.is_holding() && watch.poll_write_ready(context)?.is_ready() {
            has_moved = true;
            tried(watch.try_io(Interest::WRITABLE, || some(wire.give()?)))?;
        }
        if watch.poll_read_ready(context)?.is_ready() {
            has_moved = true;
            tried(watch.try_io(Interest::READABLE, || some(wire.collect()?)))?;
        }
        has_moved |= wire.send(context)?;
        if !has_moved {
            return Ok(());
        }
    }
}

/// Says in the system's words whether something moved.
fn some(has_moved: bool) -> io::Result<()> {
    match has_moved {
        true => Ok(()),
        false => Err(ErrorKind::WouldBlock.into()),
    }
}

/// Nothing moved is no error, only a reason to wait.
fn tried(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        result => result,
    }
}

/// One attempt, on its own thread.
struct Login {
    destination: Destination,
    deadline: Instant,
    progress: mpsc::UnboundedSender<Progress>,
}

impl Login {
    fn run(&self) -> Result<Session, ConnectError> {
        let stream = self.reach()?;
        let (sender, far_end) = std_mpsc::channel();
        self.tell(Progress::Answered(stream, sender));
        let far_end = far_end.recv_timeout(self.left());
        let far_end = far_end.map_err(|error| self.protocol(&error.to_string()))?;
        let mut session = Session::new().map_err(|error| self.failure(Stage::Handshake, &error))?;
        session.set_tcp_stream(far_end);
        session.set_compress(self.destination.compression);
        self.shake_hands(&mut session)?;
        self.tell(Progress::Reached(Stage::Authentication));
        self.authenticate(&session)?;
        session.set_blocking(false);
        Ok(session)
    }

    fn tell(&self, progress: Progress) {
        // Nobody listens any more if the deadline has passed.
        let _ = self.progress.send(progress);
    }

    fn left(&self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        // No time at all would mean forever, to libssh2 and to connect.
        left.max(Duration::from_millis(1))
    }

    fn protocol(&self, reason: &str) -> ConnectError {
        protocol(&self.destination, reason)
    }

    fn failure(&self, stage: Stage, error: &ssh2::Error) -> ConnectError {
        match error.code() {
            TIMEOUT => ConnectError::TimedOut {
                host: self.destination.name.clone(),
                stage,
            },
            _ => self.protocol(error.message()),
        }
    }

    /// Limits what follows to the time that is left.
    fn limit(&self, session: &Session) {
        session.set_timeout(u32::try_from(self.left().as_millis()).unwrap_or(u32::MAX));
    }

    /// Resolves the name and connects to the first address that answers; each may take its share of the time.
    fn reach(&self) -> Result<TcpStream, ConnectError> {
        let Destination {
            name,
            host_name,
            port,
            ..
        } = &self.destination;
        let unknown = |reason: String| ConnectError::UnknownHost {
            host: name.clone(),
            reason,
        };
        let addresses = (host_name.as_str(), *port).to_socket_addrs();
        let addresses = addresses.map_err(|error| unknown(resolver_text(&error)))?;
        let is_usable = |address: &SocketAddr| match self.destination.family {
            Family::Any => true,
            Family::Inet => address.is_ipv4(),
            Family::Inet6 => address.is_ipv6(),
        };
        let addresses: Vec<SocketAddr> = addresses.filter(is_usable).collect();
        let mut last = unknown("no address".to_owned());
        for (index, address) in addresses.iter().enumerate() {
            let others = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            match TcpStream::connect_timeout(address, self.left() / others) {
                Ok(stream) => {
                    // Both are for speed and early notice alone.
                    let _ = stream.set_nodelay(true);
                    let _ = fd::keep_alive(&stream);
                    return Ok(stream);
                }
                Err(error) => last = self.unreached(&error),
            }
        }
        Err(last)
    }

    fn unreached(&self, error: &io::Error) -> ConnectError {
        let host = self.destination.name.clone();
        match error.kind() {
            ErrorKind::ConnectionRefused => ConnectError::Refused {
                host,
                port: self.destination.port,
            },
            ErrorKind::TimedOut => ConnectError::TimedOut {
                host,
                stage: Stage::Reaching,
            },
            _ => ConnectError::Unreachable {
                host,
                reason: plain_text(error),
            },
        }
    }

    /// Agrees on keys and looks whether the host is the one it should be.
    fn shake_hands(&self, session: &mut Session) -> Result<(), ConnectError> {
        let names = self.known_names();
        let files = &self.destination.known_hosts;
        // A second session does the hashes: this one's answers must not get in the way.
        let hasher = Session::new().map_err(|error| self.failure(Stage::Handshake, &error))?;
        let entries = known::entries(&names[0], files, |hash, name| is_hash(&hasher, hash, name));
        let supported = session.supported_algs(MethodType::HostKey);
        let supported = supported.map_err(|error| self.failure(Stage::Handshake, &error))?;
        let wanted = known::preferred_algorithms(&entries, &supported);
        session
            .method_pref(MethodType::HostKey, &wanted)
            .map_err(|error| self.failure(Stage::Handshake, &error))?;
        self.limit(session);
        session
            .handshake()
            .map_err(|error| self.failure(Stage::Handshake, &error))?;
        let (bytes, _) = session
            .host_key()
            .ok_or_else(|| self.protocol("it shows no key"))?;
        let kind = kind_of(bytes).ok_or_else(|| self.protocol("it shows a key of no kind"))?;
        let key = known::base64(bytes);
        let mut verdict = known::judge(&entries, kind, &key);
        // A key noted without the port counts where it is the very same.
        if let (Verdict::Unknown, Some(name)) = (&verdict, names.get(1)) {
            let entries = known::entries(name, files, |hash, name| is_hash(&hasher, hash, name));
            if known::judge(&entries, kind, &key) == Verdict::Known {
                verdict = Verdict::Known;
            }
        }
        self.decide(verdict, session, kind, &key)
    }

    /// Returns the names the host's key may be known by; only the first can make it another host.
    fn known_names(&self) -> Vec<String> {
        let Destination {
            host_name,
            port,
            host_key_alias,
            ..
        } = &self.destination;
        match host_key_alias {
            Some(alias) => vec![alias.to_lowercase()],
            None if *port == 22 => vec![known::name_of(host_name, 22)],
            None => vec![
                known::name_of(host_name, *port),
                known::name_of(host_name, 22),
            ],
        }
    }

    fn decide(
        &self,
        verdict: Verdict,
        session: &Session,
        kind: &str,
        key: &str,
    ) -> Result<(), ConnectError> {
        let host = self.destination.name.clone();
        let strictness = self.destination.strictness;
        match verdict {
            Verdict::Known => Ok(()),
            Verdict::Revoked(entry) => Err(ConnectError::HostKeyRevoked {
                host,
                file: entry.file,
                line: entry.line,
            }),
            Verdict::Changed(_) if strictness == Strictness::No => Ok(()),
            Verdict::Changed(entry) => Err(ConnectError::HostKeyChanged {
                host,
                known_as: self.known_names().swap_remove(0),
                file: entry.file,
                line: entry.line,
            }),
            Verdict::Unknown if matches!(strictness, Strictness::Yes | Strictness::Ask) => {
                let hash = session.host_key_hash(HashType::Sha256);
                let hash = known::base64(hash.unwrap_or_default());
                let hash = hash.trim_end_matches('=');
                Err(ConnectError::HostKeyUnknown {
                    host,
                    key: Some(format!("{kind} SHA256:{hash}")),
                })
            }
            Verdict::Unknown => {
                if let Some(file) = self.destination.known_hosts.first() {
                    // As for ssh(1): where it cannot be noted it is accepted all the same.
                    let _ = known::remember(file, &self.known_names()[0], kind, key);
                }
                Ok(())
            }
        }
    }

    /// Tries the agent's keys, then the files.
    fn authenticate(&self, session: &Session) -> Result<(), ConnectError> {
        let user = &self.destination.user;
        let mut tried = Vec::new();
        self.limit(session);
        let methods = session.auth_methods(user).map(str::to_owned);
        if session.authenticated() {
            return Ok(());
        }
        let methods = methods.map_err(|error| self.failure(Stage::Authentication, &error))?;
        let refused = |tried| ConnectError::NoKeyAccepted {
            host: self.destination.name.clone(),
            user: user.clone(),
            tried,
        };
        if !methods.split(',').any(|method| method == "publickey") {
            return Err(refused(vec![format!("nothing: it wants {methods}")]));
        }
        let files: Vec<&PathBuf> = self.destination.identity_files.iter().collect();
        if self.try_agent(session, &files, &mut tried)? {
            return Ok(());
        }
        for file in files {
            let Ok(text) = fs::read_to_string(file) else {
                continue;
            };
            let shown = file.display();
            if needs_passphrase(&text) {
                tried.push(format!("{shown} (it needs a passphrase)"));
                continue;
            }
            self.limit(session);
            // A passphrase of no bytes: without one, libssh2 reads through a null pointer.
            let result = session.userauth_pubkey_file(user, None, file, Some(""));
            match result {
                Ok(()) => return Ok(()),
                Err(error) if error.code() == TIMEOUT => {
                    return Err(self.failure(Stage::Authentication, &error));
                }
                Err(error) if error.code() == DISCONNECTED => {
                    tried.push(format!("{shown} (then it hung up)"));
                    return Err(refused(tried));
                }
                Err(_) => tried.push(shown.to_string()),
            }
        }
        Err(refused(tried))
    }

    /// Returns true if a key of the agent was accepted.
    fn try_agent(
        &self,
        session: &Session,
        files: &[&PathBuf],
        tried: &mut Vec<String>,
    ) -> Result<bool, ConnectError> {
        let Some(path) = &self.destination.agent else {
            return Ok(false);
        };
        match agent_answers(path, self.left().min(AGENT_TIME)) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => {
                tried.push(format!("agent ({})", plain_text(&error)));
                return Ok(false);
            }
        }
        let Ok((agent, keys)) = list_keys(session, path) else {
            tried.push("agent (it lists no keys)".to_owned());
            return Ok(false);
        };
        // As ssh(1): first the keys the files name, then the others.
        let wanted: Vec<String> = files.iter().filter_map(|file| public_key(file)).collect();
        let is_wanted = |key: &PublicKey| wanted.contains(&known::base64(key.blob()));
        let (mut first, others): (Vec<_>, Vec<_>) = keys.into_iter().partition(is_wanted);
        if !self.destination.identities_only {
            first.extend(others);
        }
        for key in first {
            self.limit(session);
            match agent.userauth(&self.destination.user, &key) {
                Ok(()) => return Ok(true),
                Err(error) if matches!(error.code(), TIMEOUT | DISCONNECTED) => {
                    return Err(self.failure(Stage::Authentication, &error));
                }
                Err(_) => tried.push(format!("agent's {}", key.comment())),
            }
        }
        Ok(false)
    }
}

fn list_keys(session: &Session, path: &Path) -> Result<(ssh2::Agent, Vec<PublicKey>), ssh2::Error> {
    let mut agent = session.agent()?;
    agent.set_identity_path(path)?;
    agent.connect()?;
    agent.list_identities()?;
    let keys = agent.identities()?;
    Ok((agent, keys))
}

/// Returns whether an agent is there and has keys. libssh2 would wait for it without end.
fn agent_answers(path: &Path, allowed: Duration) -> io::Result<bool> {
    /// SSH_AGENTC_REQUEST_IDENTITIES, with its length.
    const REQUEST: [u8; 5] = [0, 0, 0, 1, 11];
    /// SSH_AGENT_IDENTITIES_ANSWER.
    const ANSWER: u8 = 12;
    let mut agent = UnixStream::connect(path)?;
    agent.set_read_timeout(Some(allowed))?;
    agent.set_write_timeout(Some(allowed))?;
    agent.write_all(&REQUEST)?;
    let mut head = [0; 9];
    agent.read_exact(&mut head)?;
    Ok(head[4] == ANSWER && head[5..] != [0; 4])
}

/// Returns the base64 of the public key beside a private one.
fn public_key(file: &Path) -> Option<String> {
    let mut path = file.as_os_str().to_owned();
    path.push(".pub");
    let text = fs::read_to_string(path).ok()?;
    text.split_ascii_whitespace().nth(1).map(str::to_owned)
}

/// True for a private key that is of no use without a passphrase.
fn needs_passphrase(text: &str) -> bool {
    /// Base64 of the head of an OpenSSH key with the cipher "none".
    const OPEN: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";
    let mut lines = text.lines();
    match lines.next().map(str::trim) {
        Some("-----BEGIN OPENSSH PRIVATE KEY-----") => {
            !lines.next().is_some_and(|line| line.starts_with(OPEN))
        }
        _ => text.contains("ENCRYPTED"),
    }
}

/// Returns the kind at the beginning of a public key.
fn kind_of(key: &[u8]) -> Option<&str> {
    let (length, rest) = key.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    std::str::from_utf8(rest.get(..length)?).ok()
}

/// True if a hashed name field of known_hosts stands for a name.
fn is_hash(session: &Session, hash: &str, name: &str) -> bool {
    // Any key does: only the name is compared.
    let line = format!("{hash} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA\n");
    let Ok(mut hosts) = session.known_hosts() else {
        return false;
    };
    let is_read = hosts.read_str(&line, KnownHostFileKind::OpenSSH).is_ok();
    let is_checked = is_read && !name.contains('\0');
    is_checked
        && matches!(
            hosts.check(name, b"key"),
            CheckResult::Match | CheckResult::Mismatch
        )
}

/// The resolver's words without Rust's.
fn resolver_text(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.rsplit(": ").next().unwrap_or(&text);
    words.to_lowercase()
}

/// The kernel's words in lower case, without the number.
fn plain_text(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "no answer".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error")
                .next()
                .unwrap_or(&text)
                .to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_name_is_recognised() {
        let session = Session::new().unwrap();
        let hash = "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|WENfWe6HxMJ4WplAnjWiXLrRWk8=";
        assert!(is_hash(&session, hash, "[example]:2222"));
        for (hash, name) in [
            (hash, "example"),
            (hash, ""),
            (hash, "exam\0ple"),
            ("|1|", "example"),
            ("|1|a|b|c", "example"),
            ("||", ""),
        ] {
            assert!(!is_hash(&session, hash, name), "{hash} {name}");
        }
    }

    #[test]
    fn keys_with_a_passphrase_are_told_by_their_text() {
        let open = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE\n";
        assert!(!needs_passphrase(open));
        let locked =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIA\n";
        assert!(needs_passphrase(locked));
        assert!(needs_passphrase(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        ));
        assert!(needs_passphrase("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        assert!(!needs_passphrase("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"));
    }
}
