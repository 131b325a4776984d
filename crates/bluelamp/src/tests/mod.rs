//! Tests of the walls: the one door and the invariants, on both databases. `source` reads the program's own text for
//! those that only the text can show; ARCHITECTURE.md says which invariant stands where.

mod api;
mod authenticator;
mod browser;
mod clauses;
mod deciding;
mod evidence;
mod faults;
mod golden;
mod imports;
mod moving;
mod objects;
mod outside;
mod owed;
mod platforms;
mod programs;
mod protected;
mod searching;
mod signing_in;
mod source;
mod statements;
mod sweeping;
mod the_door;
mod time_and_secrets;
