//! rmake's side of distribution: the hosts that recipes can be sent to, and the ways to reach them.
//! It does not know makefiles, rules or variables.

mod archive;

pub mod distcc;
mod host;
pub mod hosts;
mod outbox;
mod remotes;
mod seat;
pub mod ssh;
mod staged;

use crate::exec::executor::Executor;
use crate::exec::executor::Message;
use crate::exec::place::Table;
use crate::remote::distcc::Variables;
use crate::remote::host::Host;
use crate::remote::hosts::HostList;
use crate::remote::hosts::Sources;
use crate::remote::outbox::Outbox;
use crate::remote::remotes::Remotes;
use crate::remote::seat::Seat;
use crate::remote::staged::script::Naming;
use crate::sys::process;
use bstr::BString;
use bstr::ByteSlice;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::SystemTime;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `--hosts=LIST`
    pub hosts: Option<BString>,
    /// `--hosts-file=FILE`
    pub hosts_file: Option<BString>,
    /// `--dist=always`
    pub is_strict: bool,
    /// `--keep-staging`
    pub keep_staging: bool,
    /// The process's environment.
    pub environment: &'a [(BString, BString)],
}

/// What all hosts of a session share, on their thread.
struct Shared {
    outbox: Outbox,
    table: Arc<Mutex<Table>>,
    naming: Naming,
    keep_staging: bool,
}

impl Shared {
    /// Says to all makes that jobs without a place may ask again.
    fn tell_placeable(&self) {
        self.outbox.tell(Message::Placeable);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts to connect to the hosts of the list that applies; None when there is no list, or none of its hosts can be used.
///
/// # Errors
/// A line that says why nothing is distributed.
pub fn start(request: &Request<'_>) -> Result<Option<Box<dyn Executor>>, BString> {
    let distcc = Variables::of(request.environment);
    let is_strict = request.is_strict || !distcc.is_fallback_allowed;
    let Some(list) = host_list(request)? else {
        return match request.is_strict {
            true => Err("--dist=always: there is no host list".into()),
            false => Ok(None),
        };
    };
    let cores = std::thread::available_parallelism().map_or(1, |count| count.get());
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    let mut table = Table::new(list.local_slots.unwrap_or(cores), is_strict);
    let (outbox, inbox) = outbox::new().map_err(|error| cannot(&error))?;
    for complaint in list.complaints.iter().chain(&distcc.complaints) {
        outbox.tell(Message::Notice(complaint.to_string().into()));
    }
    let seat = Seat::new(request.environment, &distcc);
    let mut ways = Vec::new();
    for host in list.hosts {
        match seat.way(&host) {
            Ok(way) => {
                let speed = host.settings.speed.unwrap_or(1.0);
                ways.push((table.add(host.name, host.slots, speed), way));
            }
            Err(why) => {
                let text = format!("{}: {why}; going on without it", host.name);
                outbox.tell(Message::Notice(text.into()));
            }
        }
    }
    if ways.is_empty() {
        return match request.is_strict {
            true => Err("--dist=always: the host list has no host that can be used".into()),
            false => Ok(None),
        };
    }
    let keep_staging = request.keep_staging || distcc.keeps_staging;
    let for_shared = outbox.clone();
    let remotes = Remotes::start(
        table,
        ways.len(),
        (outbox, inbox),
        move |table| Shared {
            outbox: for_shared,
            table,
            naming: naming(),
            keep_staging,
        },
        Box::new(move |shared: Rc<Shared>| {
            let host = |(id, way)| Host {
                id,
                way,
                shared: shared.clone(),
            };
            ways.into_iter().map(host).collect()
        }),
    );
    match remotes {
        Ok(remotes) => Ok(Some(Box::new(remotes))),
        Err(error) => Err(cannot(&error)),
    }
}

fn cannot(error: &std::io::Error) -> BString {
    format!("cannot distribute: {}", process::error_text(error)).into()
}

fn host_list(request: &Request<'_>) -> Result<Option<HostList>, BString> {
    let variable = |name: &str| {
        let entry = request.environment.iter().find(|(key, _)| key == name);
        entry.map(|(_, value)| value.as_bstr())
    };
    let sources = Sources {
        hosts: request.hosts.as_ref().map(|list| list.as_bstr()),
        hosts_file: request.hosts_file.as_ref().map(|file| file.as_bstr()),
        rmake_hosts: variable("RMAKE_HOSTS"),
        home: variable("HOME"),
        distcc_hosts: variable("DISTCC_HOSTS"),
        distcc_dir: variable("DISTCC_DIR"),
    };
    let complained = |complaint: hosts::Complaint| BString::from(complaint.to_string());
    let found = hosts::find(&sources, &mut |path| hosts::read_file(path)).map_err(complained)?;
    let Some(found) = found else {
        return Ok(None);
    };
    hosts::parse(&found).map(Some).map_err(complained)
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
