//! Huffman codes of bounded length, as deflate numbers them.

/// A code by symbol: its bits, first bit lowest, and their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) bits: u16,
    pub(super) length: u8,
}

/// The lengths of an optimal code for these counts, none above `limit`; 0 for symbols that do not occur.
///
/// Where the limit is passed, which takes counts that grow like Fibonacci's numbers, the code is a little worse
/// than the best. At least two symbols get a code, since not all decoders take a code of one.
pub(super) fn lengths(counts: &[u32], limit: u8, lengths: &mut [u8]) {
    lengths.fill(0);
    // At most 288 symbols: counts sort together with their symbol in one word.
    let mut sorted = [0u64; 288];
    let mut used = 0;
    for (symbol, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        sorted[used] = u64::from(count) << 16 | symbol as u64;
        used += 1;
    }
    if used < 2 {
        let only = sorted[0] as u16 as usize;
        let other = usize::from(only == 0);
        if used == 1 {
            lengths[only] = 1;
            lengths[other] = 1;
        } else {
            lengths[..2].fill(1);
        }
        return;
    }
    let sorted = &mut sorted[..used];
    sorted.sort_unstable();
    let mut depths = [0u32; 288];
    for (depth, &entry) in depths.iter_mut().zip(sorted.iter()) {
        *depth = (entry >> 16) as u32;
    }
    minimum_redundancy(&mut depths[..used]);
    // How many codes of each length; too long ones are cut to the limit.
    let mut per_length = [0u32; 33];
    for &depth in &depths[..used] {
        per_length[depth.min(u32::from(limit)) as usize] += 1;
    }
    let limit = usize::from(limit);
    let mut full: u64 = (1..=limit).map(|length| u64::from(per_length[length]) << (limit - length)).sum();
    while full > 1 << limit {
        // One code of the greatest length goes below a shorter one, which grows by a bit to make room for both.
        per_length[limit] -= 1;
        if let Some(shorter) = (1..limit).rev().find(|&length| per_length[length] > 0) {
            per_length[shorter] -= 1;
            per_length[shorter + 1] += 2;
        }
        full -= 1;
    }
    // The rarest symbols come first and get the longest codes.
    let mut next = sorted.iter();
    for length in (1..=limit).rev() {
        for &entry in next.by_ref().take(per_length[length] as usize) {
            lengths[entry as u16 as usize] = length as u8;
        }
    }
}

/// Replaces ascending counts by the depths of their leaves in a Huffman tree, in place
/// (Moffat and Katajainen, 1995).
fn minimum_redundancy(counts: &mut [u32]) {
    let n = counts.len();
    let (mut leaf, mut root) = (0, 0);
    for next in 0..n - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            if leaf >= n || (root < next && counts[root] < counts[leaf]) {
                sum += counts[root];
                counts[root] = next as u32;
                root += 1;
            } else {
                sum += counts[leaf];
                leaf += 1;
            }
        }
        counts[next] = sum;
    }
    counts[n - 2] = 0;
    for next in (0..n - 2).rev() {
        counts[next] = counts[counts[next] as usize] + 1;
    }
    let (mut available, mut depth, mut root, mut next) = (1usize, 0, n as isize - 2, n);
    while available > 0 {
        let mut inner = 0;
        while root >= 0 && counts[root as usize] == depth {
            inner += 1;
            root -= 1;
        }
        for _ in inner..available {
            next -= 1;
            counts[next] = depth;
        }
        available = 2 * inner;
        depth += 1;
    }
}

/// The codes that belong to lengths.
pub(super) fn codes(lengths: &[u8], codes: &mut [Code]) {
    let mut per_length = [0u16; 16];
    for &length in lengths {
        per_length[usize::from(length & 15)] += 1;
    }
    per_length[0] = 0;
    let mut next = [0u16; 16];
    for length in 1..16 {
        next[length] = (next[length - 1] + per_length[length - 1]) << 1;
    }
    for (code, &length) in codes.iter_mut().zip(lengths) {
        *code = Code::default();
        if length > 0 {
            let number = &mut next[usize::from(length & 15)];
            *code = Code { bits: number.reverse_bits() >> (16 - u16::from(length)), length };
            *number = number.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(counts: &[u32], limit: u8) -> Vec<u8> {
        let mut found = vec![0; counts.len()];
        lengths(counts, limit, &mut found);
        found
    }

    #[test]
    fn frequent_symbols_get_short_codes() {
        assert_eq!(made(&[8, 4, 2, 1, 1], 15), [1, 2, 3, 4, 4]);
        assert_eq!(made(&[0, 0, 7], 15), [1, 0, 1]);
        assert_eq!(made(&[5, 0, 0], 15), [1, 1, 0]);
        assert_eq!(made(&[0, 0, 0], 15), [1, 1, 0]);
    }

    #[test]
    fn every_code_is_complete_and_within_the_limit() {
        let fibonacci: Vec<u32> = (0..40)
            .scan((1u32, 1u32), |(a, b), _| {
                (*a, *b) = (*b, *a + *b);
                Some(*a)
            })
            .collect();
        let even = vec![1u32; 286];
        let steep: Vec<u32> = (0..286).map(|symbol| 1 + (symbol * symbol * 37) % 1009).collect();
        for counts in [&fibonacci[..30], &fibonacci[..19], &even, &steep] {
            for limit in [7, 9, 15] {
                if counts.len() > 1 << limit {
                    continue;
                }
                let found = made(counts, limit);
                let kraft: u64 = found.iter().map(|&length| 1u64 << (15 - length)).sum();
                assert_eq!(kraft, 1 << 15);
                assert!(found.iter().all(|&length| (1..=limit).contains(&length)));
            }
        }
    }

    #[test]
    fn codes_are_numbered_as_the_standard_does() {
        // The example of RFC 1951, 3.2.2.
        let mut found = [Code::default(); 8];
        codes(&[3, 3, 3, 3, 3, 2, 4, 4], &mut found);
        let bits = found.map(|code| code.bits.reverse_bits() >> (16 - code.length));
        assert_eq!(bits, [2, 3, 4, 5, 6, 0, 14, 15]);
    }
}
