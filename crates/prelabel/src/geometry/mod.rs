//! Shapes in the plane and the pixels that they cover.
//!
//! Pixel (x, y) covers [x, x + 1) × [y, y + 1), origin top left; a vertex is a point in that plane, not a pixel.

mod bridge;
mod buckets;
mod chain;
mod columns;
mod contours;
mod rasterize;
mod simplify;
mod spans;
mod trace;
mod tracer;

pub use bridge::bridge;
pub(crate) use buckets::Buckets;
pub use chain::chain;
pub use columns::masks;
pub use contours::{Contour, contours};
pub use rasterize::rasterize;
pub(crate) use rasterize::{disc, lines};
pub use simplify::{simplify, simplify_polygon};
pub use spans::{Span, Spans};
pub use trace::{Connectivity, outlines, trace};
