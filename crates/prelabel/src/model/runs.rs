//! Runs of equal cells: a map is where it changes.

use super::grid::Code;

/// Calls `each(code, start, length)` for every run of equal cells; runs go on over row ends.
#[inline]
pub(crate) fn for_each_run<T: Code>(cells: &[T], mut each: impl FnMut(T, usize, usize)) {
    let mut start = 0;
    T::for_each_end(cells, |code, end| {
        each(code, start, end - start);
        start = end;
    });
}

/// How many cells at the start of `rest` equal `code`.
#[inline]
pub(crate) fn run_length<T: Code>(rest: &[T], code: T) -> usize {
    // Eight at a time: compilers turn the inner comparison into one wide compare.
    let mut length = 0;
    for block in rest.chunks_exact(8) {
        if block.iter().all(|&other| other == code) {
            length += 8;
        } else {
            break;
        }
    }
    length + rest[length..].iter().take_while(|&&other| other == code).count()
}

/// Calls `each(code, end)` for every run, found by its length.
#[inline]
pub(super) fn ends_by_length<T: Code>(cells: &[T], mut each: impl FnMut(T, usize)) {
    let mut start = 0;
    while let Some(&code) = cells.get(start) {
        start += run_length(&cells[start..], code);
        each(code, start);
    }
}

/// The same for bytes: eight are compared with their left neighbours at once, and where all are equal no branch
/// depends on the data.
#[inline]
pub(super) fn ends_of_bytes(cells: &[u8], mut each: impl FnMut(u8, usize)) {
    const BLOCK: usize = 32;
    let Some(&first) = cells.first() else { return };
    let mut left = first;
    let blocks = cells.chunks_exact(BLOCK);
    let rest = blocks.remainder();
    let mut start = 0usize;
    for block in blocks {
        if block != [left; BLOCK] {
            for (index, word) in block.as_chunks::<8>().0.iter().enumerate() {
                let word = u64::from_le_bytes(*word);
                let before = word << 8 | u64::from(left);
                left = (word >> 56) as u8;
                let mut changed = nonzero_bytes(word ^ before);
                while changed != 0 {
                    let bit = changed.trailing_zeros() & !7;
                    each((before >> bit) as u8, start + index * 8 + (bit >> 3) as usize);
                    changed &= changed - 1;
                }
            }
        }
        start = start.wrapping_add(BLOCK);
    }
    for (index, &cell) in rest.iter().enumerate() {
        if cell != left {
            each(left, start + index);
            left = cell;
        }
    }
    each(left, cells.len());
}

/// How many cells of two rows are compared at once: most such pieces are alike.
const PIECE: usize = 32;

/// Calls `each` for every column in which two rows differ.
#[inline]
pub(super) fn differences<T: Code>(above: &[T], row: &[T], mut each: impl FnMut(usize)) {
    let (ones, one_rest) = above.as_chunks::<PIECE>();
    let (others, other_rest) = row.as_chunks::<PIECE>();
    let mut cells = |first: usize, ones: &[T], others: &[T]| {
        for (column, _) in ones.iter().zip(others).enumerate().filter(|(_, (one, other))| one != other) {
            each(first + column);
        }
    };
    for (piece, (one, other)) in ones.iter().zip(others).enumerate().filter(|(_, (one, other))| one != other) {
        cells(piece * PIECE, one, other);
    }
    cells(ones.len() * PIECE, one_rest, other_rest);
}

/// The same for bytes: in a piece that differs, no branch depends on where.
#[inline]
pub(super) fn differences_of_bytes(above: &[u8], row: &[u8], mut each: impl FnMut(usize)) {
    let (ones, one_rest) = above.as_chunks::<PIECE>();
    let (others, other_rest) = row.as_chunks::<PIECE>();
    for (piece, (one, other)) in ones.iter().zip(others).enumerate().filter(|(_, (one, other))| one != other) {
        let words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0).enumerate();
        for (word, (one, other)) in words {
            let mut changed = nonzero_bytes(u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other));
            while changed != 0 {
                each(piece * PIECE + word * 8 + (changed.trailing_zeros() >> 3) as usize);
                changed &= changed - 1;
            }
        }
    }
    let first = ones.len() * PIECE;
    for (column, _) in one_rest.iter().zip(other_rest).enumerate().filter(|(_, (one, other))| one != other) {
        each(first + column);
    }
}

/// The highest bit of every byte that is not 0.
#[inline]
pub(crate) fn nonzero_bytes(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    ((word & LOW).wrapping_add(LOW) | word) & !LOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_wider_codes_have_the_same_runs() {
        let mut state = 1u32;
        for length in (0..100).chain([257, 1000]) {
            let bytes: Vec<u8> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                    (state >> 24) as u8 / 120
                })
                .collect();
            let wide: Vec<u16> = bytes.iter().map(|&byte| byte.into()).collect();
            let (mut narrow_runs, mut wide_runs) = (Vec::new(), Vec::new());
            for_each_run(&bytes, |code, start, length| narrow_runs.push((usize::from(code), start, length)));
            for_each_run(&wide, |code, start, length| wide_runs.push((usize::from(code), start, length)));
            assert_eq!(narrow_runs, wide_runs);
            assert_eq!(narrow_runs.iter().map(|run| run.2).sum::<usize>(), length);
        }
    }

    #[test]
    fn differences_are_found_in_bytes_and_wider_codes() {
        let mut state = 7u32;
        for length in (0..100).chain([257, 1000]) {
            let mut row = || -> Vec<u8> {
                let next = |_| {
                    state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                    u8::from(state >> 24 > 240)
                };
                (0..length).map(next).collect()
            };
            let (above, row) = (row(), row());
            let wide = |row: &[u8]| row.iter().map(|&byte| u32::from(byte)).collect::<Vec<_>>();
            let wanted: Vec<usize> = (0..length).filter(|&column| above[column] != row[column]).collect();
            let (mut narrow_columns, mut wide_columns) = (Vec::new(), Vec::new());
            u8::for_each_difference(&above, &row, |column| narrow_columns.push(column));
            u32::for_each_difference(&wide(&above), &wide(&row), |column| wide_columns.push(column));
            assert_eq!((narrow_columns, wide_columns), (wanted.clone(), wanted));
        }
    }

    #[test]
    fn nonzero_bytes_are_found() {
        assert_eq!(nonzero_bytes(0x0001_8000_7f00_ff00), 0x0080_8000_8000_8000);
    }
}
