//! Tests of the walls: the one door and the invariants, on both databases.

mod the_door;
