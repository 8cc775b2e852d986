//! Which reads are chosen.
