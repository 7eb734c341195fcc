use super::Broken;

/// Bits of a stream, the lowest of each byte first. Past the end come zeros; [`Bits::check`] tells.
#[derive(Clone)]
pub(super) struct Bits<'a> {
    input: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    /// Zero bytes taken past the end.
    beyond: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Bits { input, at: 0, held: 0, count: 0, beyond: 0 }
    }

    /// Makes at least 56 bits ready.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if let Some(next) = self.input.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            // Bits above `count` may be there twice, but they are the same.
            self.held |= u64::from_le_bytes(*next).wrapping_shl(self.count);
            self.at += (63 - self.count as usize) >> 3;
            self.count |= 56;
        } else {
            self.refill_slowly();
        }
    }

    #[cold]
    fn refill_slowly(&mut self) {
        while self.count < 56 {
            let byte = self.input.get(self.at).copied();
            match byte {
                Some(_) => self.at += 1,
                None => self.beyond = self.beyond.saturating_add(1),
            }
            self.held |= u64::from(byte.unwrap_or(0)).wrapping_shl(self.count);
            self.count += 8;
        }
    }

    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.held
    }

    /// Drops bits that were looked at; no more than are ready.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.held >>= count & 63;
        self.count = self.count.wrapping_sub(count);
    }

    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let bits = self.held & ((1 << count) - 1);
        self.skip(count);
        bits as u32
    }

    /// Says whether the bits taken were all there.
    pub(super) fn check(&self) -> Result<(), Broken> {
        if self.beyond * 8 > self.count { Err(Broken) } else { Ok(()) }
    }

    /// Goes on at the next whole byte.
    fn align(&mut self) -> Result<(), Broken> {
        self.check()?;
        let whole = self.count / 8 - self.beyond;
        // A wide refill has looked at bytes that it did not count.
        self.at -= whole as usize;
        (self.held, self.count, self.beyond) = (0, 0, 0);
        Ok(())
    }

    /// The head of a stored block: how many bytes follow.
    pub(super) fn stored(&mut self) -> Result<usize, Broken> {
        self.align()?;
        let head = self.bytes(4)?;
        let (length, inverted) = (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
        if length == !inverted { Ok(length.into()) } else { Err(Broken) }
    }

    /// Whole bytes; only after [`Bits::stored`].
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let bytes = self.input.get(self.at..self.at + count).ok_or(Broken)?;
        self.at += count;
        Ok(bytes)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        let whole = (self.count / 8).saturating_sub(self.beyond) as usize;
        self.input.get(self.at.saturating_sub(whole)..).unwrap_or_default()
    }
}
