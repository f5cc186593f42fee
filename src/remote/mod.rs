//! rmake's side of distribution: the hosts that recipes can be sent to, and the ways to reach them. A make has only the
//! [`client`] of it; everything else lives in the program of the [`session`].
//! It does not know makefiles, rules or variables.

mod archive;

pub mod client;
pub mod distcc;
mod host;
pub mod hosts;
mod localrc;
pub mod mirror;
mod outbox;
mod protocol;
mod seat;
pub mod session;
pub mod ssh;
mod staged;

use crate::exec::executor::Message;
use crate::exec::place::Table;
use crate::remote::mirror::deploy::Program;
use crate::remote::mirror::proof::Own;
use crate::remote::outbox::Outbox;
use crate::remote::staged::script::Naming;
use bstr::BString;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::cell::RefMut;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What all hosts of a session share.
struct Shared {
    /// The makes that have jobs, by their numbers; true for one that waits for a place.
    parties: RefCell<BTreeMap<u32, (Outbox, bool)>>,
    /// What could not be said, since nobody was there.
    unsaid: RefCell<Vec<Message>>,
    table: RefCell<Table>,
    naming: Naming,
    keep_staging: bool,
    worker: OnceCell<Result<Rc<Program>, BString>>,
    /// What is known of this machine.
    own: Rc<Own>,
}

impl Shared {
    fn table(&self) -> RefMut<'_, Table> {
        self.table.borrow_mut()
    }

    /// Returns the program that runs jobs on hosts.
    fn worker(&self) -> Result<Rc<Program>, BString> {
        let read = || Program::read().map(Rc::new);
        self.worker.get_or_init(read).clone()
    }

    /// A make with jobs has come.
    fn enter(&self, number: u32, outbox: Outbox) {
        for message in self.unsaid.take() {
            outbox.tell(message);
        }
        self.parties.borrow_mut().insert(number, (outbox, false));
    }

    /// A make is gone.
    fn leave(&self, number: u32) {
        self.parties.borrow_mut().remove(&number);
    }

    /// A make has a job without a place.
    fn await_place(&self, number: u32) {
        if let Some((_, is_waiting)) = self.parties.borrow_mut().get_mut(&number) {
            *is_waiting = true;
        }
    }

    /// Says to those who wait that they may ask again.
    fn tell_placeable(&self) {
        for (outbox, is_waiting) in self.parties.borrow_mut().values_mut() {
            if std::mem::take(is_waiting) {
                outbox.tell(Message::Placeable);
            }
        }
    }

    /// Says something about a host, once: the make that came first has it told.
    fn say(&self, message: Message) {
        match self.parties.borrow().values().next() {
            Some((outbox, _)) => outbox.tell(message),
            None => self.unsaid.borrow_mut().push(message),
        }
    }
}
