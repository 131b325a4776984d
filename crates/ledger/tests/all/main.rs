//! What the ledger promises, tested from outside: known vectors, every size, every flipped byte, the
//! program, and a second implementation in another language.

mod export;
mod independent;
mod keys;
mod program;
mod tree;
mod world;
