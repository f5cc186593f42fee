//! Recursion that cannot overflow the stack: deep levels run on new parts of it.
//! It does not know what recurses.

/// Up to this depth nothing is asked: to find the end of the first stack costs glibc a reading of `/proc/self/maps`,
/// which most makes would do for nothing.
const SHALLOW: u32 = 32;

/// So much stack must be left, else a new part is made.
const LEAST: usize = 64 * 1024;

/// Size of a new part.
const PART: usize = 1024 * 1024;

/// Runs `act`, which is nested `depth` levels deep in others of its kind.
pub fn at_depth<T>(depth: u32, act: impl FnOnce() -> T) -> T {
    match depth < SHALLOW {
        true => act(),
        false => stacker::maybe_grow(LEAST, PART, act),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(depth: u32, most: u32) -> u32 {
        let room = std::hint::black_box([depth; 1024]);
        match depth == most {
            true => room[1023],
            false => at_depth(depth, || sink(depth + 1, most)).max(room[0]),
        }
    }

    #[test]
    fn recursion_beyond_the_stack_ends_well() {
        assert_eq!(sink(0, 5000), 5000);
    }
}
