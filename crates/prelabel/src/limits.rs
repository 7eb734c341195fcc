//! How much an input may ask for. Limits are absolute: an honest all-background mask compresses
//! a thousand to one, so a ratio cannot tell a mask from a bomb.

use crate::{Error, ErrorKind, Result};

/// Bounds on untrusted input, asked before anything is allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of one image (`--max-pixels`): 2²⁸ unless set.
    pub max_pixels: u64,
    /// Bytes of one input file (`--max-file-size`): 4 GiB unless set.
    pub max_file_bytes: u64,
    /// Bytes of an NPY header: 64 KiB. NumPy's own are below 10,000.
    pub max_npy_header_bytes: usize,
    /// Bytes of decoded data that all workers may hold together (`--memory`): 2 GiB unless set.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_pixels: 1 << 28, max_file_bytes: 4 << 30, max_npy_header_bytes: 64 << 10, memory_bytes: 2 << 30 }
    }
}

impl Limits {
    /// Accepts the size of an image, or says which limit it passes and how to lift it.
    ///
    /// # Errors
    /// A side of zero, a side above `u32::MAX`, more pixels than [`Limits::max_pixels`].
    pub fn size(&self, width: u64, height: u64) -> Result<(u32, u32)> {
        let size = || format!("{width} × {height}");
        if width == 0 || height == 0 {
            return Err(Error::invalid("the image has no pixels").found(size()).expected("at least 1 × 1"));
        }
        let pixels = width.checked_mul(height).filter(|&pixels| pixels <= self.max_pixels);
        match (u32::try_from(width), u32::try_from(height), pixels) {
            (Ok(width), Ok(height), Some(_)) => Ok((width, height)),
            _ => Err(Error::new(ErrorKind::Limit, "the image is larger than the limit")
                .found(size())
                .expected(format!("at most {} pixels", self.max_pixels))
                .hint("if the size is right, lift the limit with `--max-pixels N`")),
        }
    }

    /// Accepts the size of a file in bytes.
    ///
    /// # Errors
    /// More than [`Limits::max_file_bytes`].
    pub fn file(&self, bytes: u64) -> Result<()> {
        if bytes > self.max_file_bytes {
            return Err(Error::new(ErrorKind::Limit, "the file is larger than the limit")
                .found(format!("{bytes} bytes"))
                .expected(format!("at most {} bytes", self.max_file_bytes))
                .hint("if the size is right, lift the limit with `--max-file-size BYTES`"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked_without_overflow() {
        let limits = Limits::default();
        assert_eq!(limits.size(640, 480).ok(), Some((640, 480)));
        assert_eq!(limits.size(0, 480).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(limits.size(u64::MAX, u64::MAX).unwrap_err().kind(), ErrorKind::Limit);
        assert_eq!(limits.size(1 << 33, 1).unwrap_err().kind(), ErrorKind::Limit);
    }
}
