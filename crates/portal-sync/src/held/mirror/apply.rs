//! Laying a read over what is held.
