//! Chance that can be repeated: everything that is drawn comes from one printed seed.

use std::time::Duration;

/// How often the program is killed.
pub fn kills() -> u32 {
    number("BLUELAMP_KILLS").map_or(10, |n| u32::try_from(n).expect("BLUELAMP_KILLS is a small number"))
}

/// The seed that was asked for, or one of the clock's.
pub fn seed() -> u64 {
    number("BLUELAMP_SEED").unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
        u64::from(now.subsec_nanos()) ^ now.as_secs()
    })
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|t| !t.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, not `{text}`")))
}

/// A stream of its own for each part, so that one more draw here changes nothing there (SplitMix64).
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn of(seed: u64, part: &str) -> Dice {
        Dice(part.bytes().fold(seed, |s, b| (s ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)))
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit.max(1)
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn millis(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(low + self.below(high - low + 1))
    }

    pub fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let n = usize::try_from(self.below(list.len() as u64)).expect("an index fits");
        &list[n]
    }
}
