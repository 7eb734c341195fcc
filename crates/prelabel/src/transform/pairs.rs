//! Two grids of one size as one: what stands at a pixel in both.

use std::collections::HashMap;

use crate::model::{Cells, Code, Grid, with_cells};
use crate::{Error, Result};

/// A grid of both, and for each of its codes the two codes that it stands for, in the order of their first pixel.
///
/// # Errors
/// Grids of different sizes.
pub fn pairs(one: &Grid, other: &Grid) -> Result<(Grid, Vec<(u32, u32)>)> {
    if one.size() != other.size() {
        return Err(Error::invalid("two maps of one image have different sizes")
            .found(format!("{} × {}", other.width(), other.height()))
            .expected(format!("{} × {} (width × height)", one.width(), one.height())));
    }
    let mut table: Vec<(u32, u32)> = Vec::new();
    let codes = with_cells!(one, ones => with_cells!(other, others => joined(ones, others, &mut table)));
    let cells = match table.len() {
        0..=0x100 => Cells::U8(codes.into_iter().map(|code| code as u8).collect()),
        0x101..=0x1_0000 => Cells::U16(codes.into_iter().map(|code| code as u16).collect()),
        _ => Cells::U32(codes),
    };
    Ok((Grid::new(one.width(), one.height(), cells)?, table))
}

fn joined<A: Code, B: Code>(ones: &[A], others: &[B], table: &mut Vec<(u32, u32)>) -> Vec<u32> {
    let mut known: HashMap<(u32, u32), u32> = HashMap::new();
    let mut last: Option<((A, B), u32)> = None;
    let code = |(&one, &other): (&A, &B)| {
        // Looked up where a pixel differs from the one before.
        if let Some((pair, code)) = last
            && pair == (one, other)
        {
            return code;
        }
        let pair = (one.index() as u32, other.index() as u32);
        let code = *known.entry(pair).or_insert_with(|| {
            table.push(pair);
            (table.len() - 1) as u32
        });
        last = Some(((one, other), code));
        code
    };
    ones.iter().zip(others).map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_codes_are_found_again() {
        let one = Grid::new(3, 200, Cells::U8((0..600).map(|at| (at % 7) as u8).collect())).unwrap();
        let other = Grid::new(3, 200, Cells::U16((0..600).map(|at| at % 300).collect())).unwrap();
        let (grid, table) = pairs(&one, &other).unwrap();
        assert!(matches!(grid.cells(), Cells::U16(_)));
        for at in 0..600 {
            let (x, y) = (at % 3, at / 3);
            let (first, second) = table[grid.get(x, y).unwrap() as usize];
            assert_eq!((Some(first), Some(second)), (one.get(x, y), other.get(x, y)));
        }
        assert!(pairs(&one, &Grid::new(200, 3, Cells::U8(vec![0; 600])).unwrap()).is_err());
    }
}
