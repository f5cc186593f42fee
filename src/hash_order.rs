//! The order in which GNU make 4.4.1 goes through a table of names: that of its hash table, which users see
//! in `rm a b` and in lists of variables. Found by experiment: slots by Bob Jenkins' lookup3 (2006, public
//! domain) with the initial value 0xdeadbeef and the length added, linear probing, and twice the size as
//! soon as less than a sixteenth is empty. It does not know what the names stand for.

const INITIAL: u32 = 0xdead_beef;
const BLOCK: usize = 12;

fn word(block: &[u8], place: usize) -> u32 {
    let byte = |at: usize| block.get(place * 4 + at).copied().unwrap_or(0);
    u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
}

fn mix([mut a, mut b, mut c]: [u32; 3]) -> [u32; 3] {
    for (first, second) in [(4, 6), (16, 19)] {
        a = a.wrapping_sub(c) ^ c.rotate_left(first);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(second);
        a = a.wrapping_add(c);
        let third = if first == 4 { 8 } else { 4 };
        c = c.wrapping_sub(b) ^ b.rotate_left(third);
        b = b.wrapping_add(a);
    }
    [a, b, c]
}

fn finish([mut a, mut b, mut c]: [u32; 3]) -> u32 {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}

fn hash(name: &[u8]) -> u32 {
    let mut state = [INITIAL; 3];
    let add = |state: [u32; 3], block: &[u8]| {
        [0, 1, 2].map(|place| state[place].wrapping_add(word(block, place)))
    };
    let mut rest = name;
    while rest.len() > BLOCK {
        state = mix(add(state, &rest[..BLOCK]));
        rest = &rest[BLOCK..];
    }
    if rest.is_empty() {
        return INITIAL;
    }
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
    finish(add(state, rest)).wrapping_add(length)
}

/// Returns the places in `names` in the order of the table after each was entered in turn. `size` is the
/// table's first size, a power of two (1024 for files). A name that occurs again keeps its first slot.
pub fn order(names: &[&[u8]], size: usize) -> Vec<usize> {
    let mut slots: Vec<Option<usize>> = vec![None; size];
    let mut used = 0;
    for (place, name) in names.iter().enumerate() {
        let slot = find(&slots, names, name);
        if slots[slot].is_some() {
            continue;
        }
        slots[slot] = Some(place);
        used += 1;
        if slots.len() - used < slots.len() / 16 {
            let mut larger = vec![None; slots.len() * 2];
            for old in slots.into_iter().flatten() {
                let slot = find(&larger, names, names[old]);
                larger[slot] = Some(old);
            }
            slots = larger;
        }
    }
    slots.into_iter().flatten().collect()
}

/// Returns the slot of `name`, or the empty one where it belongs.
fn find(slots: &[Option<usize>], names: &[&[u8]], name: &[u8]) -> usize {
    let mask = slots.len() - 1;
    let mut slot = hash(name) as usize & mask;
    while slots[slot].is_some_and(|place| names[place] != name) {
        slot = (slot + 1) & mask;
    }
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders that GNU make 4.4.1 was seen to print after `rm`.
    #[test]
    fn orders_are_those_of_gnu_make() {
        let check = |given: &[&str], expected: &[&str]| {
            let names: Vec<&[u8]> = given.iter().map(|name| name.as_bytes()).collect();
            let found: Vec<&str> = order(&names, 1024)
                .into_iter()
                .map(|place| given[place])
                .collect();
            assert_eq!(found, expected);
        };
        check(&["a.1", "a.15"], &["a.15", "a.1"]);
        check(&["inter.c", "inter.b"], &["inter.b", "inter.c"]);
        check(&["1.b", "2.b"], &["2.b", "1.b"]);
    }
}
