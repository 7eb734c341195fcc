use super::header::{DType, header};
use crate::{Error, Limits, Result};

/// Decodes an NPY file of one number an entry, of any type: an axis, with axes of length one beside it.
///
/// # Errors
/// What [`header`] refuses; several axes.
pub fn decode_numbers(bytes: &[u8], limits: &Limits) -> Result<Vec<f64>> {
    let header = header(bytes, limits)?;
    if header.shape.iter().filter(|&&length| length != 1).count() > 1 {
        return Err(Error::invalid("the array has several axes")
            .found(format!("{} of shape {}", header.dtype.name(), header.shape_text()))
            .expected("one number for each object"));
    }
    let size = header.dtype.bytes();
    let number = |raw: &[u8]| {
        let mut bytes = [0u8; 8];
        bytes[..size].copy_from_slice(raw);
        if header.big_endian {
            bytes[..size].reverse();
        }
        let bits = u64::from_le_bytes(bytes);
        let signed = || (bits << (64 - 8 * size)) as i64 >> (64 - 8 * size);
        match header.dtype {
            DType::Bool | DType::Uint(_) => bits as f64,
            DType::Int(_) => signed() as f64,
            DType::Float(2) => half::f16::from_bits(bits as u16).to_f64(),
            DType::Float(4) => f64::from(f32::from_bits(bits as u32)),
            DType::Float(_) => f64::from_bits(bits),
        }
    };
    Ok(header.data(bytes)?.chunks_exact(size).map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type() {
        let npy = |descr: &str, shape: &str, data: &[u8]| {
            let dictionary = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((dictionary.len() as u16).to_le_bytes());
            bytes.extend(dictionary.as_bytes());
            bytes.extend(data);
            decode_numbers(&bytes, &Limits::default())
        };
        assert_eq!(npy("|i1", "(2,)", &[0xff, 2]).unwrap(), [-1.0, 2.0]);
        assert_eq!(npy(">i2", "(1, 2)", &[0xff, 0xfe, 0, 3]).unwrap(), [-2.0, 3.0]);
        assert_eq!(npy("<i8", "(1,)", &[0xff; 8]).unwrap(), [-1.0]);
        assert_eq!(npy("<u4", "()", &[1, 0, 0, 0x80]).unwrap(), [2_147_483_649.0]);
        assert_eq!(npy("<f2", "(1, 1)", &[0, 0x38]).unwrap(), [0.5]);
        assert_eq!(npy(">f4", "(1,)", &0.25f32.to_be_bytes()).unwrap(), [0.25]);
        assert_eq!(npy("<f8", "(0,)", &[]).unwrap(), [0.0; 0]);
        assert!(npy("|u1", "(2, 2)", &[0; 4]).is_err());
    }
}
