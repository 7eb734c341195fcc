//! From one kind of content to another: pure functions over the nouns.

mod argmax;
mod paint;

pub use argmax::{Confident, argmax};
pub use paint::{Overlap, Painted, paint};
