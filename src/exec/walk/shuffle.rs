//! `--shuffle`: in which order prerequisites and goals are visited. Automatic variables keep the makefile's order.
//! It does not know why anybody wants that.
//!
//! The orders are those of GNU make 4.4.1, so that a seed finds the same missing dependency again: a 32-bit
//! xorshift (Marsaglia 2003) started with the seed, each element in turn swapped with a random one of the list,
//! lists taken before their elements' own lists, elements in the makefile's order.

use crate::exec::walk::Walk;
use crate::exec::walk::goals::Goal;
use crate::graph::target::Flags;
use crate::graph::target::Prereq;
use crate::graph::target::PrereqFlags;
use crate::id::TargetId;
use crate::options::Shuffle;
use rustc_hash::FxHashMap;

/// The orders in force.
#[derive(Default)]
pub(super) struct Orders {
    /// State of the generator; 0 before its first use.
    state: u32,
    /// For each shuffled target: which prerequisite comes at which place.
    orders: FxHashMap<TargetId, Vec<usize>>,
}

impl Orders {
    fn next(&mut self) -> u32 {
        let mut x = self.state;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.state = x;
        x
    }

    fn permutation(&mut self, count: usize, how: Shuffle) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        match how {
            Shuffle::None | Shuffle::Identity => {}
            Shuffle::Reverse => order.reverse(),
            Shuffle::Seed(seed) => {
                if self.state == 0 {
                    self.state = seed.max(1);
                }
                for place in 0..count {
                    let other = self.next() as usize % count;
                    order.swap(place, other);
                }
            }
        }
        order
    }
}

impl Walk<'_> {
    /// Returns the prerequisite of `owner` that is visited at `place`, and where it stands in its list.
    pub(super) fn nth(&self, owner: TargetId, place: usize) -> Option<(usize, Prereq)> {
        let orders = &self.orders.orders;
        let at = match orders.is_empty() {
            true => place,
            false => orders
                .get(&owner)
                .and_then(|order| order.get(place).copied())
                .unwrap_or(place),
        };
        let prereq = self.make.graph.targets.prereqs(owner).get(at)?;
        Some((at, *prereq))
    }

    /// Returns whether any list has an order of its own.
    pub(super) fn has_orders(&self) -> bool {
        !self.orders.orders.is_empty()
    }

    /// A prerequisite was taken out of its list.
    pub(super) fn forget_order_of(&mut self, owner: TargetId, removed: usize) {
        if let Some(order) = self.orders.orders.get_mut(&owner) {
            order.retain(|place| *place != removed);
            order
                .iter_mut()
                .filter(|place| **place > removed)
                .for_each(|place| *place -= 1);
        }
    }

    /// Shuffles the goals and everything that is known of what they need.
    pub fn shuffle_goals(&mut self, goals: &mut Vec<Goal>) {
        let Some(how) = self.how_to_shuffle() else {
            return;
        };
        let order = self.orders.permutation(goals.len(), how);
        goals
            .iter()
            .for_each(|goal| self.shuffle_below(goal.target, how));
        *goals = order
            .into_iter()
            .map(|place| goals[place].clone())
            .collect();
    }

    /// A target's list has changed since it was shuffled (an implicit rule, second expansion).
    pub(super) fn shuffle_again(&mut self, target: TargetId) {
        let Some(how) = self.how_to_shuffle() else {
            return;
        };
        if !self.has(target, Flags::SHUFFLED) {
            return;
        }
        self.shuffle_list(target, how);
        for place in 0..self.make.graph.targets.prereqs(target).len() {
            let wanted = self.make.graph.targets.prereqs(target)[place];
            if !wanted.flags.has(PrereqFlags::PENDING) {
                self.shuffle_below(wanted.target, how);
            }
        }
    }

    fn how_to_shuffle(&self) -> Option<Shuffle> {
        let how = self
            .make
            .options
            .shuffle_in_force
            .filter(|how| *how != Shuffle::None);
        how.filter(|_| !self.make.special.not_parallel)
    }

    /// Lists before the lists of their elements, depth first, each target once; no recursion, since chains are long.
    fn shuffle_below(&mut self, target: TargetId, how: Shuffle) {
        let mut open = vec![target];
        while let Some(target) = open.pop() {
            if self.has(target, Flags::SHUFFLED) {
                continue;
            }
            self.make.graph.targets.flags[target].add(Flags::SHUFFLED);
            self.shuffle_list(target, how);
            let prereqs = self.make.graph.targets.prereqs(target).iter().rev();
            open.extend(
                prereqs
                    .filter(|prereq| !prereq.flags.has(PrereqFlags::PENDING))
                    .map(|prereq| prereq.target),
            );
        }
    }

    fn shuffle_list(&mut self, target: TargetId, how: Shuffle) {
        let prereqs = self.make.graph.targets.prereqs(target);
        let has_wait = prereqs
            .iter()
            .any(|prereq| prereq.flags.has(PrereqFlags::WAIT_HERE));
        if has_wait || self.has(target, Flags::NOT_PARALLEL) {
            self.orders.orders.remove(&target);
            return;
        }
        let order = self.orders.permutation(prereqs.len(), how);
        self.orders.orders.insert(target, order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of eight prerequisites of the only goal, as GNU make 4.4.1 visits them.
    #[test]
    fn seeds_give_the_orders_of_gnu_make() {
        let check = |seed: u32, expected: &str| {
            let mut orders = Orders::default();
            orders.permutation(1, Shuffle::Seed(seed));
            let order = orders.permutation(8, Shuffle::Seed(seed));
            let names: String = order
                .into_iter()
                .map(|place| char::from(b'a' + place as u8))
                .collect();
            assert_eq!(names, expected, "seed {seed}");
        };
        check(1, "edgfbcah");
        check(2, "cfhegabd");
        check(7, "hdcaefbg");
        check(123_456_789, "abegfdhc");
    }
}
