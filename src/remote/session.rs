//! The program `rmake-session`: it holds the hosts of a session, their connections, slots and back-off, for the make that
//! started it and for all sub-makes that join. It is a program of its own so that a make that needs no other machine
//! carries neither libssh2 nor a runtime.
//! It does not know makefiles, nor how a host is reached.
//!
//! The plan. Standard input is a socket to the make that began the session; others come by the socket whose path that
//! make hands to its children. Each of them is a party: it places its jobs in the one table, sends them to the hosts, and
//! hears of them by its outbox. A party that hangs up has its jobs killed and its slots freed. When the first one hangs
//! up, everything ends.

mod lobby;
mod party;

use crate::exec::executor::Message;
use crate::exec::place::Table;
use crate::id::HostId;
use crate::remote::Shared;
use crate::remote::distcc::Variables;
use crate::remote::host::Host;
use crate::remote::host::Order;
use crate::remote::host::Reach;
use crate::remote::hosts;
use crate::remote::hosts::Address;
use crate::remote::localrc::Rules;
use crate::remote::protocol::Answer;
use crate::remote::protocol::Begin;
use crate::remote::protocol::Welcome;
use crate::remote::seat::Seat;
use crate::remote::session::lobby::Lobby;
use crate::remote::session::party::Peer;
use crate::remote::staged;
use crate::remote::staged::script::Naming;
use crate::sys::process;
use bstr::BString;
use bstr::ByteSlice;
use std::cell::Cell;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;
use std::time::SystemTime;
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;
use tokio::task::LocalSet;

/// How long hosts may take to say good-bye.
const FAREWELL: Duration = Duration::from_millis(300);

/// What is said to whoever starts the program by hand.
const NOT_FOR_HANDS: &str = "rmake starts this program; it is not meant for hands";

/// The session's parties and hosts, on their one thread.
pub struct Session {
    shared: Rc<Shared>,
    rules: Rules,
    welcome: Welcome,
    /// Hosts that were not connected to yet.
    ways: RefCell<Vec<(HostId, Reach)>>,
    /// The ends of the hosts' queues.
    orders: RefCell<Vec<UnboundedSender<Order>>>,
    living: RefCell<Vec<JoinHandle<()>>>,
}

/// Runs the program. Returns the exit status.
pub fn run() -> i32 {
    process::leave_session();
    let run = || {
        let socket = io::stdin().as_fd().try_clone_to_owned()?;
        let socket = UnixStream::from(socket);
        // Whoever starts it by hand gives it no socket.
        socket
            .local_addr()
            .map_err(|_| io::Error::other(NOT_FOR_HANDS))?;
        socket.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            let peer = Peer::new(tokio::net::UnixStream::from_std(socket)?);
            converse(peer).await;
            Ok::<(), io::Error>(())
        })?;
        // What is left of connections gets a moment to end in order.
        let _ = runtime.block_on(async { tokio::time::timeout(FAREWELL, local).await });
        runtime.shutdown_background();
        Ok::<(), io::Error>(())
    };
    match run() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("rmake-session: {}", process::error_text(&error));
            1
        }
    }
}

/// Holds the session that the make at the other end begins, until it hangs up.
async fn converse(mut peer: Peer) {
    let Some(begin) = peer.begin().await else {
        return;
    };
    let lobby = Lobby::open();
    let socket = lobby.as_ref().map_or_else(BString::default, Lobby::path);
    let session = match Session::new(&begin, socket) {
        Ok(session) => Rc::new(session),
        Err(refusal) => return peer.refuse(&refusal).await,
    };
    let mut others = JoinSet::new();
    let first = party::attend(session.clone(), 0, peer, !begin.is_idle);
    tokio::pin!(first);
    let mut count = 0;
    loop {
        tokio::select! {
            () = &mut first => break,
            Some(_) = others.join_next() => {}
            peer = Lobby::next(lobby.as_ref()) => {
                count += 1;
                others.spawn_local(party::admit(session.clone(), count, peer));
            }
        }
    }
    others.abort_all();
    // No more orders: the hosts end.
    session.orders.borrow_mut().clear();
    let living = std::mem::take(&mut *session.living.borrow_mut());
    let farewell = async {
        for host in living {
            let _ = host.await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    session.shared.own.kept.borrow_mut().save();
}

impl Session {
    /// Returns the session of a host list; nothing is connected to yet.
    fn new(begin: &Begin, socket: BString) -> Result<Session, Answer> {
        let environment = process::environment();
        let distcc = Variables::of(&environment);
        let is_strict = begin.is_strict || !distcc.is_fallback_allowed;
        let mut list = hosts::parse(&begin.list)
            .map_err(|complaint| Answer::Refused(complaint.to_string().into()))?;
        let rules = rules(begin)?;
        if list.randomize {
            list.hosts.sort_by_cached_key(|_| staged::random());
        }
        let mut table = Table::new(list.local_slots.unwrap_or_else(cores), is_strict);
        let complaints = list.complaints.iter().chain(&distcc.complaints);
        let mut notices: Vec<BString> = complaints.map(|one| one.to_string().into()).collect();
        let seat = Seat::new(&environment, &distcc);
        let (mut ways, mut hosts) = (Vec::new(), Vec::new());
        for host in list.hosts {
            match reach_of(&host, &seat) {
                Ok(reach) => {
                    let speed = host.settings.speed.unwrap_or(1.0);
                    let is_mirrored = reach.may_be_mirrored();
                    hosts.push((host.name.clone(), host.slots));
                    ways.push((table.add(host.name, host.slots, speed, is_mirrored), reach));
                }
                Err(why) => {
                    notices.push(format!("{}: {why}; going on without it", host.name).into());
                }
            }
        }
        if ways.is_empty() {
            return Err(Answer::NoHost(notices));
        }
        let mut unsaid: Vec<Message> = notices.into_iter().map(Message::Notice).collect();
        if !distcc.meaningless.is_empty() {
            let names = distcc.meaningless.join(", ");
            unsaid.push(Message::Debug(format!("No meaning here: {names}.").into()));
        }
        let shared = Shared {
            parties: RefCell::default(),
            unsaid: RefCell::new(unsaid),
            table: RefCell::new(table),
            naming: naming(),
            keep_staging: begin.keep_staging || distcc.keeps_staging,
            worker: OnceCell::new(),
            own: Rc::default(),
        };
        Ok(Session {
            shared: Rc::new(shared),
            rules,
            welcome: Welcome {
                socket,
                hosts,
                is_strict,
                has_rules: begin.localrc.is_some(),
            },
            ways: RefCell::new(ways),
            orders: RefCell::default(),
            living: RefCell::default(),
        })
    }

    /// Connects to the hosts, if that was not begun yet.
    fn connect(&self) {
        for (id, reach) in std::mem::take(&mut *self.ways.borrow_mut()) {
            let (sender, orders) = unbounded_channel();
            let shared = self.shared.clone();
            self.orders.borrow_mut().push(sender);
            let (name, slots) = self.welcome.hosts[id.0 as usize].clone();
            let host = Rc::new(Host {
                id,
                name,
                slots,
                reach,
                shared,
                is_unfit: Cell::new(false),
            });
            let living = tokio::task::spawn_local(host.live(orders));
            self.living.borrow_mut().push(living);
        }
    }

    fn order(&self, host: HostId, order: Order) {
        if let Some(orders) = self.orders.borrow().get(host.0 as usize) {
            let _ = orders.send(order);
        }
    }
}

fn reach_of(host: &hosts::Host, seat: &Seat<'_>) -> Result<Reach, BString> {
    match host.address {
        Address::Local => Ok(Reach::Local),
        _ => {
            let executor = host.settings.executor;
            let way = seat.way(host)?;
            Ok(Reach::Ssh(Box::new(way), executor))
        }
    }
}

/// Returns the rules about recipe lines.
fn rules(begin: &Begin) -> Result<Rules, Answer> {
    let Some(file) = &begin.localrc else {
        return Ok(Rules::default());
    };
    Rules::read(file.as_bstr()).map_err(|complaint| Answer::Refused(complaint.to_string().into()))
}

/// Returns how many processors this machine has.
fn cores() -> u32 {
    let count = std::thread::available_parallelism().map_or(1, |count| count.get());
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn naming() -> Naming {
    let name = process::host_name();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let name: Vec<u8> = name.iter().copied().filter(is_plain).collect();
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Naming {
        prefix: format!("/tmp/make-{}-", name.as_bstr()),
        time: time.map_or(0, |time| time.as_secs()),
        nonce: staged::random() + &staged::random(),
    }
}
