//! Segmentation label maps, mask pairs and their conversion: the pure core of `prelabel`.

pub mod classes;
pub mod compare;
pub mod convert;
pub mod error;
pub mod formats;
pub mod geometry;
pub mod inspect;
mod limits;
pub mod model;
pub mod pixels;
pub mod report;
pub mod synthetic;
pub mod transform;
pub mod tree;
pub mod validate;

pub use error::{Error, ErrorKind, Result};
pub use limits::Limits;
