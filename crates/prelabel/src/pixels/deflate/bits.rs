/// Bytes that are written bit by bit, the lowest bit first.
///
/// Room is made once for many bits; then nothing can grow.
#[derive(Default)]
pub(in crate::pixels) struct Bits {
    bytes: Vec<u8>,
    /// How many of `bytes` are written.
    length: usize,
    hold: u64,
    /// Fewer than 8 between two calls.
    held: u32,
}

impl Bits {
    /// Starts anew, keeping the memory.
    pub(in crate::pixels) fn clear(&mut self) {
        (self.length, self.hold, self.held) = (0, 0, 0);
    }

    /// Bytes written so far; bits of a byte begun are not among them.
    pub(in crate::pixels) fn written(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Bytes written so far, to be changed.
    pub(in crate::pixels) fn written_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }

    /// How much memory is held.
    pub(in crate::pixels) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Makes room for that many bits.
    pub(super) fn reserve(&mut self, bits: u64) {
        let needed = self.length + (bits / 8) as usize + 16;
        if self.bytes.len() < needed {
            self.bytes.resize(needed.max(self.bytes.len() + self.bytes.len() / 2), 0);
        }
    }

    /// Writes the lowest `count` bits of `bits`, at most 56; the others must be 0.
    #[inline]
    pub(super) fn put(&mut self, bits: u64, count: u32) {
        self.hold |= bits.wrapping_shl(self.held);
        self.held = self.held.wrapping_add(count);
        if let Some(room) = self.bytes.get_mut(self.length..self.length.wrapping_add(8)) {
            room.copy_from_slice(&self.hold.to_le_bytes());
        }
        let whole = self.held >> 3;
        self.length = self.length.wrapping_add(whole as usize);
        self.hold = self.hold.wrapping_shr(whole << 3);
        self.held &= 7;
    }

    /// Fills the byte begun with zeros.
    pub(in crate::pixels) fn align(&mut self) {
        self.reserve(8);
        if self.held > 0 {
            self.put(0, 8 - self.held);
        }
    }

    /// Writes whole bytes. Bits of a byte begun go on after them.
    pub(in crate::pixels) fn bytes(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len() as u64 * 8);
        if let Some(room) = self.bytes.get_mut(self.length..self.length + bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_fill_bytes_from_the_lowest() {
        let mut bits = Bits::default();
        bits.bytes(b"x");
        bits.reserve(100);
        bits.put(0b101, 3);
        bits.put(0xff_ffff_ffff_ffff, 56);
        bits.put(0, 1);
        bits.align();
        assert_eq!(bits.written(), [b'x', 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x07]);
        bits.clear();
        assert!(bits.written().is_empty());
    }
}
