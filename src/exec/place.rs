//! Placement: which host gets a job, from how many run where, how fast each is and how it fares.
//! It does not know what a job does, nor how a host is reached.

use crate::exec::executor::Leave;
use crate::exec::executor::Place;
use crate::exec::executor::Reason;
use crate::exec::executor::Stays;
use crate::exec::executor::Wish;
use crate::id::DenseMap;
use crate::id::HostId;
use crate::id::Id;
use bstr::BString;
use std::time::Duration;

/// How a host fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is being connected to, and jobs may still wait for it.
    Awaited,
    /// It takes jobs.
    Up,
    /// It does not take jobs now.
    Down,
}

/// After so many jobs a host's speed is believed.
const ENOUGH_JOBS: u32 = 5;

/// The weight of the newest job in a host's mean time.
const NEWEST: f64 = 0.2;

/// How far a measured speed may move a host.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// What placement knows of a host.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name as the user wrote it.
    pub name: BString,
    /// Most jobs at once.
    pub slots: u32,
    /// Speed as the host list gives it, 1 the ordinary.
    pub speed: f64,
    /// Jobs see the user's whole tree there.
    pub is_mirrored: bool,
    /// How it fares.
    pub health: Health,
    running: u32,
    /// Jobs that ended there, and their mean time in seconds.
    jobs: u32,
    mean: f64,
}

impl Host {
    /// Returns whether a job can be run there at all.
    fn suits(&self, wish: &Wish) -> bool {
        match wish.leave {
            Leave::No => false,
            Leave::Mirrored => self.is_mirrored,
            Leave::Anyhow => true,
        }
    }
}

/// Which jobs run where. Ties go by the order of the list.
#[derive(Clone, Debug, Default)]
pub struct Table {
    hosts: DenseMap<HostId, Host>,
    /// Most jobs here at once.
    local_slots: u32,
    local_running: u32,
    /// `--dist=always`: what may leave does not run here.
    is_strict: bool,
    hold: Hold,
}

/// Whether jobs are held for hosts that are awaited though others have free slots, so that the first jobs are spread
/// as all others are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hold {
    /// No host has come up yet.
    #[default]
    Untimed,
    /// One has: for how long they are held is known.
    Timed,
    /// No longer.
    Over,
}

impl Table {
    /// Returns the table of no hosts.
    pub fn new(local_slots: u32, is_strict: bool) -> Table {
        Table {
            hosts: DenseMap::default(),
            local_slots,
            local_running: 0,
            is_strict,
            hold: Hold::Untimed,
        }
    }

    /// Adds a host that is about to be connected to.
    pub fn add(&mut self, name: BString, slots: u32, speed: f64, is_mirrored: bool) -> HostId {
        self.hosts.push(Host {
            name,
            slots,
            speed,
            is_mirrored,
            health: Health::Awaited,
            running: 0,
            jobs: 0,
            mean: 0.0,
        })
    }

    /// Returns whether what may leave this machine has to.
    pub fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// Returns what is known of a host.
    pub fn host(&self, host: HostId) -> &Host {
        &self.hosts[host]
    }

    /// Says whether jobs see the user's whole tree on a host.
    pub fn set_mirrored(&mut self, host: HostId, is_mirrored: bool) {
        self.hosts[host].is_mirrored = is_mirrored;
    }

    /// Says how a host fares. True: it is the first that is up, and [`Table::release`] is to be called in a while.
    pub fn set_health(&mut self, host: HostId, health: Health) -> bool {
        self.hosts[host].health = health;
        let is_first = health == Health::Up && self.hold == Hold::Untimed;
        if is_first {
            self.hold = Hold::Timed;
        }
        is_first
    }

    /// Ends what [`Table::set_health`] has begun: no job that could run on a host waits for another one.
    pub fn release(&mut self) {
        self.hold = Hold::Over;
    }

    /// Reserves a slot: on the least loaded host that has one free, else here.
    pub fn place(&mut self, wish: &Wish) -> Place {
        let may_leave = self.hosts.iter().any(|host| host.suits(wish));
        if may_leave {
            if let Some(host) = self.least_loaded(wish) {
                if self.hosts[host].health == Health::Awaited {
                    return Place::Wait;
                }
                self.hosts[host].running += 1;
                return Place::Host(host);
            }
            if self.is_any(Health::Awaited, wish) {
                return Place::Wait;
            }
            if self.is_strict {
                return match self.is_any(Health::Up, wish) {
                    true => Place::Wait,
                    false => Place::Nowhere,
                };
            }
        }
        if self.local_running >= self.local_slots {
            return Place::Wait;
        }
        self.local_running += 1;
        Place::Here(match may_leave {
            true if self.is_any(Health::Up, wish) => Reason::HostsFull,
            true => Reason::NoHost,
            // The caller knows better.
            false => Reason::Stays(Stays::NotListed),
        })
    }

    /// Gives back a slot whose job took so long, if that tells anything.
    pub fn give_back(&mut self, place: &Place, took: Option<Duration>) {
        match place {
            Place::Here(_) => self.local_running = self.local_running.saturating_sub(1),
            Place::Host(host) => {
                let host = &mut self.hosts[*host];
                host.running = host.running.saturating_sub(1);
                if let Some(took) = took {
                    let weight = NEWEST.max(1.0 / f64::from(host.jobs + 1));
                    host.mean += (took.as_secs_f64() - host.mean) * weight;
                    host.jobs = host.jobs.saturating_add(1);
                }
            }
            Place::Wait | Place::Nowhere => {}
        }
    }

    fn is_any(&self, health: Health, wish: &Wish) -> bool {
        self.usable(wish).any(|(_, host)| host.health == health)
    }

    /// Returns the hosts that suit a job and have not lost it.
    fn usable<'a>(&'a self, wish: &'a Wish) -> impl Iterator<Item = (HostId, &'a Host)> {
        self.hosts
            .iter()
            .enumerate()
            .map(|(index, host)| (HostId::from_index(index), host))
            .filter(move |(id, host)| host.suits(wish) && !wish.avoided.contains(id))
    }

    fn least_loaded(&self, wish: &Wish) -> Option<HostId> {
        let mean = self.mean();
        let takes = |health| match health {
            Health::Up => true,
            Health::Awaited => self.hold != Hold::Over,
            Health::Down => false,
        };
        let free = self
            .usable(wish)
            .filter(|(_, host)| takes(host.health) && host.running < host.slots);
        let load = |host: &Host| {
            let speed = host.speed * measured(host, mean);
            f64::from(host.running + 1) / (f64::from(host.slots) * speed)
        };
        let mut best: Option<(HostId, f64)> = None;
        for (id, host) in free {
            let load = load(host);
            if best.is_none_or(|(_, least)| load < least) {
                best = Some((id, load));
            }
        }
        best.map(|(id, _)| id)
    }

    /// Returns the mean time of a job over the hosts whose times are believed.
    fn mean(&self) -> f64 {
        let known = self.hosts.iter().filter(|host| host.jobs >= ENOUGH_JOBS);
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), host| {
            (sum + host.mean, count + 1.0)
        });
        if count > 0.0 { sum / count } else { 0.0 }
    }
}

/// Returns how fast a host is against the mean, 1 while too little is known.
fn measured(host: &Host, mean: f64) -> f64 {
    let is_known = host.jobs >= ENOUGH_JOBS && mean > 0.0 && host.mean > 0.0;
    match is_known {
        true => (mean / host.mean).clamp(*SPEEDS.start(), *SPEEDS.end()),
        false => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWAY: Wish = Wish {
        leave: Leave::Anyhow,
        avoided: Vec::new(),
    };
    const HOME: Wish = Wish {
        leave: Leave::No,
        avoided: Vec::new(),
    };

    fn table(hosts: &[(&str, u32)], local: u32, is_strict: bool) -> Table {
        let mut table = Table::new(local, is_strict);
        for (name, slots) in hosts {
            let host = table.add((*name).into(), *slots, 1.0, false);
            table.set_health(host, Health::Up);
        }
        table
    }

    fn places(table: &mut Table, wish: &Wish, count: usize) -> String {
        let mut told = String::new();
        for _ in 0..count {
            told.push_str(&match table.place(wish) {
                Place::Host(host) => table.host(host).name.to_string(),
                Place::Here(Reason::HostsFull) => "full".to_owned(),
                Place::Here(Reason::NoHost) => "none".to_owned(),
                Place::Here(_) => "here".to_owned(),
                Place::Wait => "wait".to_owned(),
                Place::Nowhere => "nowhere".to_owned(),
            });
            told.push(' ');
        }
        told
    }

    #[test]
    fn the_least_loaded_host_is_taken_and_ties_go_by_order() {
        let mut two = table(&[("a", 2), ("b", 2)], 1, false);
        assert_eq!(places(&mut two, &AWAY, 6), "a b a b full wait ");
        two.give_back(&Place::Host(HostId(1)), None);
        assert_eq!(places(&mut two, &AWAY, 2), "b wait ");
        let mut uneven = table(&[("a", 2), ("b", 4)], 0, false);
        assert_eq!(places(&mut uneven, &AWAY, 7), "b a b b a b wait ");
    }

    #[test]
    fn jobs_wait_for_a_host_that_is_awaited_and_for_no_other() {
        let mut table = table(&[("a", 1), ("b", 1)], 1, false);
        table.set_health(HostId(0), Health::Awaited);
        table.release();
        assert_eq!(places(&mut table, &AWAY, 2), "b wait ");
        assert_eq!(places(&mut table, &HOME, 2), "here wait ");
        table.give_back(&Place::Here(Reason::NoHost), None);
        table.set_health(HostId(0), Health::Down);
        table.set_health(HostId(1), Health::Down);
        assert_eq!(places(&mut table, &AWAY, 2), "none wait ");
    }

    #[test]
    fn the_first_jobs_wait_a_moment_for_the_other_hosts() {
        let mut table = Table::new(1, false);
        for name in ["a", "b", "c"] {
            table.add(name.into(), 2, 1.0, false);
        }
        assert_eq!(places(&mut table, &AWAY, 1), "wait ");
        assert!(table.set_health(HostId(0), Health::Up));
        assert_eq!(places(&mut table, &AWAY, 2), "a wait ");
        assert!(!table.set_health(HostId(1), Health::Up));
        assert_eq!(places(&mut table, &AWAY, 2), "b wait ");
        table.release();
        assert_eq!(places(&mut table, &AWAY, 3), "a b wait ");
    }

    #[test]
    fn always_means_on_a_host_or_nowhere() {
        let mut strict = table(&[("a", 1)], 4, true);
        assert_eq!(places(&mut strict, &AWAY, 2), "a wait ");
        strict.set_health(HostId(0), Health::Down);
        assert_eq!(places(&mut strict, &AWAY, 1), "nowhere ");
        assert_eq!(places(&mut strict, &HOME, 1), "here ");
    }

    #[test]
    fn a_host_that_lost_the_job_does_not_get_it_again() {
        let mut table = table(&[("a", 2), ("b", 2)], 1, false);
        let wish = Wish {
            leave: Leave::Anyhow,
            avoided: vec![HostId(0)],
        };
        assert_eq!(places(&mut table, &wish, 4), "b b full wait ");
    }

    #[test]
    fn a_slow_host_gets_less() {
        let mut table = table(&[("a", 8), ("b", 8)], 0, false);
        for _ in 0..ENOUGH_JOBS {
            for (host, time) in [(0, 400), (1, 200)] {
                let place = Place::Host(HostId(host));
                table.give_back(&place, Some(Duration::from_millis(time)));
            }
        }
        let told = places(&mut table, &AWAY, 9);
        assert_eq!(told.matches('a').count(), 3, "{told}");
    }
}
