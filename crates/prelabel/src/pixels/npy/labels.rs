use super::header::{DType, Header, header};
use crate::error::At;
use crate::model::{Cells, ClassId, Grid, LabelMap};
use crate::{Error, Limits, Result};

/// Decodes an NPY file of class IDs: any integer or bool type, either byte order, either memory order,
/// of two axes (rows, columns) beside axes of length one in front or at the end. Takes the bytes, because IDs of one
/// byte in C order become the map where they are.
///
/// # Errors
/// What [`header`] refuses; floating point; other axes; a size above the limits; unsigned IDs above 2⁶³ − 1.
pub fn decode_labels(mut bytes: Vec<u8>, limits: &Limits) -> Result<LabelMap> {
    let header = header(&bytes, limits)?;
    if !header.dtype.is_integer() {
        return Err(Error::invalid("class IDs are whole numbers")
            .at(At::Entry("descr".into()))
            .found(format!("{} of shape {}", header.dtype.name(), header.shape_text()))
            .hint(
                "if these are scores, read them with `--from scores`; if they are IDs, save `array.astype(\"int32\")`",
            ));
    }
    let (rows, columns) = map_axes(&header)?;
    let (width, height) = limits.size(columns, rows)?;
    let data = header.data(&bytes)?;
    if header.dtype == DType::Uint(1) && !header.fortran_order {
        bytes.drain(..header.data_offset);
        return Ok(LabelMap::new(Grid::new(width, height, Cells::U8(bytes))?));
    }
    // Fortran order is C order of the transposed map.
    let (inner, outer) = if header.fortran_order { (height, width) } else { (width, height) };
    let map = read(&header, data, inner, outer)?;
    if header.fortran_order { transpose(map) } else { Ok(map) }
}

/// The two axes of a map, after leaving out axes of length one.
fn map_axes(header: &Header) -> Result<(u64, u64)> {
    let mut shape = header.shape.as_slice();
    while let ([rest @ .., 1], true) = (shape, shape.len() > 2) {
        shape = rest;
    }
    while let ([1, rest @ ..], true) = (shape, shape.len() > 2) {
        shape = rest;
    }
    match *shape {
        [rows, columns] => Ok((rows, columns)),
        _ => {
            let error = Error::invalid("a label map has two axes, rows and columns")
                .at(At::Entry("shape".into()))
                .found(header.shape_text())
                .expected("(height, width), with axes of length 1 around them at most");
            Err(match *shape {
                [rows, columns, 3 | 4] if rows > 4 && columns > 4 => error.hint("this looks like an RGB(A) picture; save it as PNG, its colours are read through a legend"),
                [_, _, _] => error.hint("a stack of maps: save each in a file of its own; one-hot or scores: `--from scores` reads floating point"),
                _ => error.hint("save the map as an array of shape (height, width)"),
            })
        }
    }
}

fn read(header: &Header, data: &[u8], width: u32, height: u32) -> Result<LabelMap> {
    macro_rules! ids {
        ($type:ty) => {{
            let chunks = data.as_chunks::<{ size_of::<$type>() }>().0.iter();
            match header.big_endian {
                true => {
                    LabelMap::from_ids(width, height, chunks.map(|&bytes| <$type>::from_be_bytes(bytes) as ClassId))
                }
                false => {
                    LabelMap::from_ids(width, height, chunks.map(|&bytes| <$type>::from_le_bytes(bytes) as ClassId))
                }
            }
        }};
    }
    match header.dtype {
        DType::Bool => {
            if let Some(index) = data.iter().position(|&byte| byte > 1) {
                return Err(Error::invalid("a bool is neither 0 nor 1")
                    .at(At::Byte((header.data_offset + index) as u64))
                    .found(data[index].to_string()));
            }
            Ok(LabelMap::new(Grid::new(width, height, Cells::U8(data.to_vec()))?))
        }
        DType::Uint(1) => Ok(LabelMap::new(Grid::new(width, height, Cells::U8(data.to_vec()))?)),
        DType::Uint(2) => ids!(u16),
        DType::Uint(4) => ids!(u32),
        DType::Uint(_) => {
            let high = if header.big_endian { 0 } else { 7 };
            if let Some(index) = data.as_chunks::<8>().0.iter().position(|bytes| bytes[high] >= 0x80) {
                return Err(Error::invalid("a class ID is greater than 2⁶³ − 1")
                    .at(At::Byte((header.data_offset + index * 8) as u64))
                    .hint("−1 in an unsigned type? save the array as int64"));
            }
            ids!(u64)
        }
        DType::Int(1) => ids!(i8),
        DType::Int(2) => ids!(i16),
        DType::Int(4) => ids!(i32),
        DType::Int(_) | DType::Float(_) => ids!(i64),
    }
}

/// Swaps rows and columns, in blocks that stay in the cache.
fn transpose(map: LabelMap) -> Result<LabelMap> {
    fn blocks<T: Copy + Default>(cells: &[T], width: usize, height: usize) -> Vec<T> {
        const SIDE: usize = 32;
        let mut turned = vec![T::default(); cells.len()];
        for top in (0..height).step_by(SIDE) {
            for left in (0..width).step_by(SIDE) {
                for y in top..(top + SIDE).min(height) {
                    for x in left..(left + SIDE).min(width) {
                        turned[x * height + y] = cells[y * width + x];
                    }
                }
            }
        }
        turned
    }
    map.map_grid(|grid| {
        let (width, height) = grid.size();
        let (w, h) = (width as usize, height as usize);
        let cells = match grid.cells() {
            Cells::U8(cells) => Cells::U8(blocks(cells, w, h)),
            Cells::U16(cells) => Cells::U16(blocks(cells, w, h)),
            Cells::U32(cells) => Cells::U32(blocks(cells, w, h)),
        };
        Grid::new(height, width, cells)
    })
}

/// Encodes a label map as an NPY file of the narrowest integer type that holds its IDs, C order.
///
/// # Errors
/// None: class IDs always fit int64.
pub fn encode_labels(map: &LabelMap) -> Result<Vec<u8>> {
    let (descr, data): (&str, Vec<u8>) = if let Some(ids) = map.as_u8() {
        ("|u1", ids.into_owned())
    } else if let Some(ids) = map.narrow::<i16>() {
        ("<i2", ids.iter().flat_map(|id| id.to_le_bytes()).collect())
    } else if let Some(ids) = map.narrow::<u16>() {
        ("<u2", ids.iter().flat_map(|id| id.to_le_bytes()).collect())
    } else if let Some(ids) = map.narrow::<i32>() {
        ("<i4", ids.iter().flat_map(|id| id.to_le_bytes()).collect())
    } else {
        ("<i8", map.ids().iter().flat_map(|id| id.to_le_bytes()).collect())
    };
    let dictionary =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}, {}), }}", map.height(), map.width());
    // The data starts at a multiple of 64 bytes, as NumPy's own does.
    let padding = 63 - (10 + dictionary.len()) % 64;
    let length = dictionary.len() + padding + 1;
    let mut bytes = Vec::with_capacity(10 + length + data.len());
    bytes.extend_from_slice(b"\x93NUMPY\x01\x00");
    bytes.extend_from_slice(&(length as u16).to_le_bytes());
    bytes.extend_from_slice(dictionary.as_bytes());
    bytes.resize(bytes.len() + padding, b' ');
    bytes.push(b'\n');
    bytes.extend_from_slice(&data);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let dictionary = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}}}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((dictionary.len() as u16).to_le_bytes());
        bytes.extend(dictionary.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn ids(bytes: &[u8]) -> Vec<ClassId> {
        decode_labels(bytes.to_vec(), &Limits::default()).unwrap().ids()
    }

    #[test]
    fn every_type_and_both_byte_orders() {
        assert_eq!(ids(&npy("|b1", false, "(1, 2)", &[0, 1])), [0, 1]);
        assert_eq!(ids(&npy("|i1", false, "(1, 2)", &[0xff, 1])), [-1, 1]);
        assert_eq!(ids(&npy("|u1", false, "(1, 2)", &[0xff, 1])), [255, 1]);
        assert_eq!(ids(&npy("<i2", false, "(1, 2)", &[0xff, 0xff, 1, 0])), [-1, 1]);
        assert_eq!(ids(&npy(">u2", false, "(1, 2)", &[0x69, 0x79, 0, 1])), [27001, 1]);
        assert_eq!(ids(&npy(">i4", false, "(1, 1)", &[0xff, 0xff, 0xff, 0xfe])), [-2]);
        assert_eq!(ids(&npy("<u4", false, "(1, 1)", &[0, 0, 0, 0x80])), [1 << 31]);
        assert_eq!(ids(&npy(">i8", false, "(1, 1)", &[0xff; 8])), [-1]);
        assert_eq!(ids(&npy("<u8", false, "(1, 1)", &[1, 0, 0, 0, 0, 0, 0, 0x70])), [0x7000_0000_0000_0001]);
        assert!(decode_labels(npy("<u8", false, "(1, 1)", &[0xff; 8]), &Limits::default()).is_err());
        assert!(decode_labels(npy("|b1", false, "(1, 1)", &[2]), &Limits::default()).is_err());
    }

    #[test]
    fn fortran_order_is_not_transposed() {
        // NumPy: np.array([[1, 2, 3], [4, 5, 6]], order="F")
        let map = decode_labels(npy("|u1", true, "(2, 3)", &[1, 4, 2, 5, 3, 6]), &Limits::default()).unwrap();
        assert_eq!((map.width(), map.height()), (3, 2));
        assert_eq!(map.ids(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn axes_of_one_are_left_out() {
        for shape in ["(2, 3, 1)", "(1, 2, 3)", "(1, 2, 3, 1)", "(1, 1, 2, 3)", "(2, 3)"] {
            let map = decode_labels(npy("|u1", false, shape, &[1, 2, 3, 4, 5, 6]), &Limits::default()).unwrap();
            assert_eq!((map.width(), map.height()), (3, 2), "{shape}");
        }
        for shape in ["(6,)", "()", "(2, 3, 4)", "(2, 1, 3)"] {
            assert!(decode_labels(npy("|u1", false, shape, &[0; 6]), &Limits::default()).is_err(), "{shape}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for ids in
            [vec![0, 255], vec![-1, 300], vec![0, 65_535], vec![-40_000, 0], vec![1 << 24, 0], vec![i64::MIN, i64::MAX]]
        {
            let map = LabelMap::from_ids(2, 1, ids).unwrap();
            let bytes = encode_labels(&map).unwrap();
            assert_eq!(header(&bytes, &Limits::default()).unwrap().data_offset % 64, 0);
            assert_eq!(decode_labels(bytes, &Limits::default()).unwrap(), map);
        }
    }
}
