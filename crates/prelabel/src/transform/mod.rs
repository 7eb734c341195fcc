//! From one kind of content to another: pure functions over the nouns.

mod argmax;
mod outline;
mod overlap;
mod paint;
mod pairs;
mod parts;
mod renumbered;
mod vectorize;
mod void;

pub use argmax::{Confident, argmax};
pub use outline::{Canvas, Drawn, Holes, Outline, Simplify, outline};
pub use overlap::Overlap;
pub use paint::{Codes, Painted, paint, paint_as};
pub use pairs::pairs;
pub use parts::{Parts, parts};
pub(crate) use renumbered::tell_renumbered;
pub use vectorize::vectorize;
pub use void::count_merged;
