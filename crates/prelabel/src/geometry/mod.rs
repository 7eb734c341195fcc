//! Shapes in the plane and the pixels that they cover.
//!
//! Pixel (x, y) covers [x, x + 1) × [y, y + 1), origin top left; a vertex is a point in that plane, not a pixel.

mod bridge;
mod rasterize;
mod spans;
mod trace;

pub use bridge::bridge;
pub use rasterize::rasterize;
pub use spans::{Span, Spans};
pub use trace::{Connectivity, trace};
