//! A small seeded generator of random choices: the same seed gives the same choices on every machine.
//! It does not know what is chosen.

/// A stream of choices, by SplitMix64.
pub struct Random {
    state: u64,
}

impl Random {
    /// Returns the stream of one case of one seed.
    pub fn new(seed: u64, case: u64) -> Random {
        let mut random = Random {
            state: seed ^ case.wrapping_mul(0xD6E8_FEB8_6659_FD93),
        };
        random.next();
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Returns a number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("a usize fits");
        usize::try_from(self.next() % limit).expect("it is below a usize")
    }

    /// Returns a number from `low` to `high`, both included.
    pub fn range(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// Returns true in so many cases of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Returns one of the words.
    pub fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    /// Returns one of the strings.
    pub fn pick_of(&mut self, words: &[String]) -> String {
        words[self.below(words.len())].clone()
    }

    /// Returns some of the strings, at most `most`, in random order, none twice.
    pub fn some_of(&mut self, words: &[String], most: usize) -> Vec<String> {
        let mut rest = words.to_vec();
        self.shuffle(&mut rest);
        let count = self.below(most + 1);
        rest.truncate(count);
        rest
    }

    /// Puts the things in random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for place in (1..things.len()).rev() {
            let other = self.below(place + 1);
            things.swap(place, other);
        }
    }
}
