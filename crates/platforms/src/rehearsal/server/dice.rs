//! Chance that can be played again: the same seed and turn give the same numbers on every machine.

/// A small generator (SplitMix64); good enough for a play, never for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The dice of one turn of one seed.
    pub fn of(seed: u64, turn: u64) -> Self {
        let mut dice = Self(seed ^ turn.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.roll();
        Self(dice.roll() ^ turn)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where there is nothing to choose from.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { usize::try_from(self.roll() % n as u64).expect("a remainder is below n, itself a usize") }
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// Between 0 and 1.
    pub fn fraction(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1u64 << 53) as f64
    }
}
