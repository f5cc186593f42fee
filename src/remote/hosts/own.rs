//! rmake's own list of hosts: a host a line, a fault spoils the list.
//! It does not know where the list comes from.

use crate::remote::hosts::Address;
use crate::remote::hosts::Complaint;
use crate::remote::hosts::Executor;
use crate::remote::hosts::Host;
use crate::remote::hosts::HostList;
use crate::remote::hosts::MOST_SLOTS;
use crate::remote::hosts::Settings;
use crate::remote::hosts::grammar;
use crate::remote::hosts::grammar::Fault;
use crate::remote::hosts::grammar::Places;
use crate::remote::hosts::grammar::Rule;
use bstr::BStr;
use bstr::BString;
use pest::iterators::Pair;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

/// Returns what a decoded list says, else the first thing that spoils it.
pub fn parse(file: &BStr, text: &str) -> Result<HostList, Complaint> {
    read(text).map_err(|(at, what)| Places::new(file, text).complain(at, what))
}

fn read(text: &str) -> Result<HostList, Fault> {
    let mut list = HostList::default();
    let mut seen = FxHashMap::default();
    let entries = grammar::read(Rule::list, text)?.into_inner();
    for entry in entries.filter(|pair| pair.as_rule() == Rule::entry) {
        let at = entry.as_span().start();
        let host = host_of(entry, text)?;
        // Two numbers for one host: which one is meant is for the user to say.
        match seen.entry(compared(&host.address)) {
            Entry::Occupied(first) => return Err((at, twice(&host, *first.get(), text))),
            Entry::Vacant(place) => place.insert(at),
        };
        match host.name.eq_ignore_ascii_case(b"localhost") {
            true => list.local_slots = Some(local_slots(&host, at)?),
            false => list.hosts.push(host),
        }
    }
    Ok(list)
}

/// Returns an address as it is compared with others: names of hosts know no case.
fn compared(address: &Address) -> Address {
    let mut address = address.clone();
    if let Address::Ssh { host, .. }
    | Address::Tcp { host, .. }
    | Address::Coordinator { host, .. } = &mut address
    {
        host.make_ascii_lowercase();
    }
    address
}

fn twice(host: &Host, first: usize, text: &str) -> BString {
    let line = Places::new(BStr::new(""), text).line(first);
    let name = &host.name;
    format!("expected each host once; {name} is in line {line} already").into()
}

/// Returns the slots of `localhost`, which is no host to be reached.
fn local_slots(host: &Host, at: usize) -> Result<u32, Fault> {
    let is_bare = match &host.address {
        Address::Ssh { user, port, .. } => user.is_none() && port.is_none(),
        _ => false,
    };
    match is_bare && host.settings == Settings::default() {
        true => Ok(host.slots),
        false => {
            let what = "expected localhost without settings; to go to this machine by ssh, write 127.0.0.1";
            Err((at, what.into()))
        }
    }
}

fn host_of(entry: Pair<'_, Rule>, text: &str) -> Result<Host, Fault> {
    let mut host = Host {
        name: BString::default(),
        address: Address::Local,
        slots: MOST_SLOTS,
        settings: Settings::default(),
    };
    for part in entry.into_inner() {
        match part.as_rule() {
            Rule::name | Rule::finder => {
                host.name = grammar::bytes(&part);
                host.address = address_of(part, text)?;
            }
            Rule::slots => host.slots = grammar::slots(&part, text)?,
            Rule::setting => set(&mut host, part, text)?,
            _ => {}
        }
    }
    Ok(host)
}

fn address_of(name: Pair<'_, Rule>, text: &str) -> Result<Address, Fault> {
    let kind = name.into_inner().next().expect("a name is of some kind");
    let rule = kind.as_rule();
    let url = grammar::bytes(&kind);
    let (mut user, mut host, mut port) = (None, BString::default(), None);
    for part in kind.into_inner() {
        match part.as_rule() {
            Rule::user => user = Some(grammar::bytes(&part)),
            Rule::host => host = grammar::host(part, text)?,
            Rule::port => port = Some(grammar::port(&part, text)?),
            _ => {}
        }
    }
    Ok(match (rule, port) {
        (Rule::local, _) => Address::Local,
        (Rule::zeroconf, _) => Address::Zeroconf,
        (Rule::grpc, _) => Address::Grpc { url },
        (Rule::tcp, Some(port)) => Address::Tcp { host, port },
        (Rule::coordinator, Some(port)) => Address::Coordinator { host, port },
        _ => Address::Ssh { user, host, port },
    })
}

/// Takes a `key=value` word.
fn set(host: &mut Host, setting: Pair<'_, Rule>, text: &str) -> Result<(), Fault> {
    let mut parts = setting.into_inner();
    let (Some(key), Some(value)) = (parts.next(), parts.next()) else {
        return Ok(());
    };
    let at = key.as_span().start();
    let key = key.as_str();
    let is_first = match (key, &mut host.address) {
        ("speed", _) => host.settings.speed.replace(speed(&value, text)?).is_none(),
        ("identity", Address::Ssh { .. }) => {
            let file = grammar::bytes(&value);
            host.settings.identity.replace(file).is_none()
        }
        ("executor", Address::Ssh { .. }) => {
            let executor = executor(&value, text)?;
            host.settings.executor.replace(executor).is_none()
        }
        ("user", Address::Ssh { user, .. }) => user.replace(login(&value, text)?).is_none(),
        ("port", Address::Ssh { port, .. }) => port.replace(grammar::port(&value, text)?).is_none(),
        ("executor" | "identity" | "user" | "port", _) => {
            let what = format!("expected {key}= only for a host that is reached by ssh");
            return Err((at, what.into()));
        }
        _ => {
            let expected = "executor=WAY, identity=FILE, port=N, speed=F or user=NAME";
            return Err((at, grammar::not_that(expected, text, at)));
        }
    };
    match is_first {
        true => Ok(()),
        false => Err((at, format!("expected one {key} for {}", host.name).into())),
    }
}

fn speed(value: &Pair<'_, Rule>, text: &str) -> Result<f64, Fault> {
    let speed = value.as_str().parse().ok();
    let is_sensible = |speed: &f64| speed.is_finite() && *speed > 0.0;
    speed
        .filter(is_sensible)
        .ok_or_else(|| grammar::fault("a number above 0", value, text))
}

fn executor(value: &Pair<'_, Rule>, text: &str) -> Result<Executor, Fault> {
    match value.as_str() {
        "mirror" => Ok(Executor::Mirror),
        "staged" => Ok(Executor::Staged),
        _ => Err(grammar::fault("mirror or staged", value, text)),
    }
}

fn login(value: &Pair<'_, Rule>, text: &str) -> Result<BString, Fault> {
    match grammar::read(Rule::login, value.as_str()) {
        Ok(_) => Ok(grammar::bytes(value)),
        Err(_) => Err(grammar::fault("a user name", value, text)),
    }
}
