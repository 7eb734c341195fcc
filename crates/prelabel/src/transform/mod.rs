//! From one kind of content to another: pure functions over the nouns.

mod argmax;

pub use argmax::{Confident, argmax};
