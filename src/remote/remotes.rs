//! All hosts of a session: the thread they live on, the table of placement, what goes there and what comes back.
//! It does not know how a host is reached.

use crate::exec::executor::Executor;
use crate::exec::executor::Message;
use crate::exec::executor::Place;
use crate::exec::executor::RemoteJob;
use crate::exec::executor::Wish;
use crate::exec::place::Table;
use crate::id::HostId;
use crate::id::JobId;
use crate::remote::Shared;
use crate::remote::host::Errand;
use crate::remote::host::Host;
use crate::remote::host::Order;
use crate::remote::outbox::Inbox;
use crate::remote::outbox::Outbox;
use bstr::BString;
use rustc_hash::FxHashMap;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;

/// How long hosts may take to say good-bye.
const FAREWELL: Duration = Duration::from_millis(300);

/// The number of the make that owns the hosts.
const OURS: u32 = 0;

/// The hosts of a session.
pub struct Remotes {
    inbox: Inbox,
    outbox: Outbox,
    table: Arc<Mutex<Table>>,
    orders: Vec<UnboundedSender<Order>>,
    /// Where each job runs.
    places: FxHashMap<JobId, HostId>,
    thread: Option<JoinHandle<()>>,
}

/// What makes the hosts once their thread runs: it is built here and used there.
pub type Hosts = Box<dyn FnOnce(Rc<Shared>) -> Vec<Host> + Send>;

impl Remotes {
    /// Starts the thread on which the hosts live, and connects to them.
    ///
    /// # Errors
    /// No thread, or no runtime.
    pub fn start(
        table: Table,
        count: usize,
        (outbox, inbox): (Outbox, Inbox),
        shared: impl FnOnce(Arc<Mutex<Table>>) -> Shared + Send + 'static,
        hosts: Hosts,
    ) -> std::io::Result<Remotes> {
        let table = Arc::new(Mutex::new(table));
        let (orders, inboxes): (Vec<_>, Vec<_>) = (0..count).map(|_| unbounded_channel()).unzip();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let for_thread = table.clone();
        let thread = std::thread::Builder::new()
            .name("rmake-remote".to_owned())
            .spawn(move || {
                let shared = Rc::new(shared(for_thread));
                let local = LocalSet::new();
                local.block_on(&runtime, live(hosts(shared), inboxes));
                // What is left of connections gets a moment to end in order.
                let farewell = async { tokio::time::timeout(FAREWELL, local).await };
                let _ = runtime.block_on(farewell);
                runtime.shutdown_background();
            })?;
        Ok(Remotes {
            inbox,
            outbox,
            table,
            orders,
            places: FxHashMap::default(),
            thread: Some(thread),
        })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets all hosts live until no more orders come.
async fn live(hosts: Vec<Host>, inboxes: Vec<UnboundedReceiver<Order>>) {
    let tasks: Vec<_> = hosts
        .into_iter()
        .zip(inboxes)
        .map(|(host, orders)| tokio::task::spawn_local(Rc::new(host).live(orders)))
        .collect();
    for task in tasks {
        let _ = task.await;
    }
}

impl Executor for Remotes {
    fn readable(&self) -> RawFd {
        self.inbox.readable()
    }

    fn next(&mut self) -> Option<Message> {
        self.inbox.next()
    }

    fn place(&mut self, wish: &Wish) -> Place {
        self.table().place(wish)
    }

    fn give_back(&mut self, place: &Place, took: Option<Duration>) {
        self.table().give_back(place, took);
    }

    fn host(&self, host: HostId) -> (BString, u32) {
        let table = self.table();
        let host = table.host(host);
        (host.name.clone(), host.slots)
    }

    fn start(&mut self, host: HostId, job: RemoteJob) {
        self.places.insert(job.id, host);
        let errand = Errand {
            key: (OURS, job.id),
            job,
            outbox: self.outbox.clone(),
        };
        let order = Order::Start(Box::new(errand));
        let _ = self.orders[host.0 as usize].send(order);
    }

    fn kill(&mut self, job: JobId, signal: i32) {
        if let Some(host) = self.places.get(&job) {
            let _ = self.orders[host.0 as usize].send(Order::Kill((OURS, job), signal));
        }
    }
}

impl Drop for Remotes {
    fn drop(&mut self) {
        self.orders.clear();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
