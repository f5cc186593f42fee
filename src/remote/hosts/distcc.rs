//! distcc's list of hosts: words, of which a wrong one is left out.
//! It does not know where the list comes from.

use crate::remote::hosts::Address;
use crate::remote::hosts::Complaint;
use crate::remote::hosts::Host;
use crate::remote::hosts::HostList;
use crate::remote::hosts::Settings;
use crate::remote::hosts::grammar;
use crate::remote::hosts::grammar::Fault;
use crate::remote::hosts::grammar::Places;
use crate::remote::hosts::grammar::Rule;
use bstr::BStr;
use bstr::BString;
use pest::iterators::Pair;
use rustc_hash::FxHashMap;

/// How many jobs a host takes whose word has no number.
const SLOTS: u32 = 4;
/// How many jobs `localhost` takes without a number.
const LOCAL_SLOTS: u32 = 2;
/// The port of distcc's daemon.
const PORT: u16 = 3632;
/// A text with more wrong words than this is no list of hosts.
const MOST_COMPLAINTS: usize = 20;

/// What a word does to the list.
enum Meaning {
    Host(Host),
    LocalSlots(u32),
    Randomize,
    Nothing,
}

/// Returns what a decoded list says; the first complaint alone if there are too many.
pub fn parse(file: &BStr, text: &str) -> Result<HostList, Complaint> {
    let mut places = Places::new(file, text);
    let mut list = HostList::default();
    let mut seen = FxHashMap::default();
    let words = grammar::read(Rule::words, text).map_err(|(at, what)| places.complain(at, what))?;
    for word in words
        .into_inner()
        .filter(|pair| pair.as_rule() == Rule::word)
    {
        match meaning(word.as_str()) {
            Ok(Meaning::Host(host)) => add(&mut list, &mut seen, host),
            Ok(Meaning::LocalSlots(slots)) => list.local_slots = Some(slots),
            Ok(Meaning::Randomize) => list.randomize = true,
            Ok(Meaning::Nothing) => {}
            Err((at, what)) => {
                let complaint = places.complain(word.as_span().start() + at, what);
                list.complaints.push(complaint);
            }
        }
        if list.complaints.len() > MOST_COMPLAINTS {
            return Err(list.complaints.swap_remove(0));
        }
    }
    Ok(list)
}

/// Adds a host. One that is named twice takes as many jobs as both words say: so distcc would do.
fn add(list: &mut HostList, seen: &mut FxHashMap<Address, usize>, host: Host) {
    let index = *seen.entry(host.address.clone()).or_insert(list.hosts.len());
    match list.hosts.get_mut(index) {
        Some(first) => first.slots = first.slots.saturating_add(host.slots),
        None => list.hosts.push(host),
    }
}

fn meaning(word: &str) -> Result<Meaning, Fault> {
    let kinds = grammar::read(Rule::distcc_word, word)?.into_inner();
    let kind = kinds
        .into_iter()
        .next()
        .expect("a word that matches is of some kind");
    match kind.as_rule() {
        Rule::randomize => Ok(Meaning::Randomize),
        Rule::own_slots => own_slots(kind, word),
        Rule::here => here(kind, word),
        Rule::shell | Rule::daemon => host(kind, word),
        Rule::zeroconf => Ok(Meaning::Host(Host {
            name: grammar::bytes(&kind),
            address: Address::Zeroconf,
            slots: SLOTS,
            settings: Settings::default(),
        })),
        _ => Ok(Meaning::Nothing),
    }
}

fn own_slots(kind: Pair<'_, Rule>, word: &str) -> Result<Meaning, Fault> {
    match kind.into_inner().next() {
        Some(number) => grammar::slots(&number, word).map(Meaning::LocalSlots),
        None => Ok(Meaning::Nothing),
    }
}

fn here(kind: Pair<'_, Rule>, word: &str) -> Result<Meaning, Fault> {
    let mut slots = LOCAL_SLOTS;
    for part in kind.into_inner() {
        match part.as_rule() {
            Rule::share => slots = share(part, word)?,
            Rule::option if is_down(part, word)? => return Ok(Meaning::Nothing),
            _ => {}
        }
    }
    Ok(Meaning::LocalSlots(slots))
}

fn host(kind: Pair<'_, Rule>, word: &str) -> Result<Meaning, Fault> {
    let is_shell = kind.as_rule() == Rule::shell;
    let (mut user, mut name, mut address) = (None, BString::default(), BString::default());
    let (mut slots, mut port) = (SLOTS, PORT);
    for part in kind.into_inner() {
        match part.as_rule() {
            Rule::user => user = Some(grammar::bytes(&part)),
            Rule::host => {
                name = grammar::bytes(&part);
                address = grammar::host(part, word)?;
            }
            Rule::port => port = grammar::port(&part, word)?,
            Rule::share => slots = share(part, word)?,
            Rule::option if is_down(part, word)? => return Ok(Meaning::Nothing),
            _ => {}
        }
    }
    if let Some(user) = &user {
        name = [&user[..], b"@", &name].concat().into();
    }
    let host = address;
    let address = match is_shell {
        true => Address::Ssh {
            user,
            host,
            port: None,
        },
        false => Address::Distccd { host, port },
    };
    Ok(Meaning::Host(Host {
        name,
        address,
        slots,
        settings: Settings::default(),
    }))
}

fn share(part: Pair<'_, Rule>, word: &str) -> Result<u32, Fault> {
    match part.into_inner().next() {
        Some(number) => grammar::slots(&number, word),
        None => Ok(SLOTS),
    }
}

/// Returns whether an option says that the host is down; those that change nothing here are passed over.
fn is_down(option: Pair<'_, Rule>, word: &str) -> Result<bool, Fault> {
    let Some(name) = option.into_inner().next() else {
        return Ok(false);
    };
    let at = name.as_span().start();
    match name.as_str() {
        "down" => Ok(true),
        // What travels is compressed where that pays; nothing is preprocessed here.
        "lzo" | "zstd" | "cpp" => Ok(false),
        text if text == "auth" || text.starts_with("auth=") => {
            let what = "GSSAPI authentication is not supported; use ssh: @host";
            Err((at, what.into()))
        }
        _ => Err(grammar::fault("lzo, zstd, cpp, auth or down", &name, word)),
    }
}
