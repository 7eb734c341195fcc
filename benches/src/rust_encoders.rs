//! Encoders in Rust that people use instead.

use anyhow::anyhow;
use image::ImageEncoder as _;
use libdeflater::{CompressionLvl, Compressor};

use crate::engines::{Job, Rust, with_rgba};

pub(crate) const ALL: &[Rust] = &[
    Rust { name: "png NoCompression", run: |job| png(job, png::Compression::NoCompression, None) },
    Rust { name: "png Fastest", run: |job| png(job, png::Compression::Fastest, None) },
    Rust { name: "png Fast", run: |job| png(job, png::Compression::Fast, None) },
    Rust { name: "png Balanced", run: |job| png(job, png::Compression::Balanced, None) },
    Rust { name: "png Balanced + Up", run: |job| png(job, png::Compression::Balanced, Some(png::Filter::Up)) },
    Rust { name: "png High", run: |job| png(job, png::Compression::High, None) },
    Rust { name: "image default", run: |job| image(job, image::codecs::png::CompressionType::default()) },
    Rust { name: "image Best", run: |job| image(job, image::codecs::png::CompressionType::Best) },
    Rust { name: "zune-png", run: zune },
    Rust { name: "lodepng", run: lodepng },
    Rust { name: "mtpng Fast + Up", run: |job| mtpng(job, mtpng::CompressionLevel::Fast) },
    Rust { name: "mtpng Default + Up", run: |job| mtpng(job, mtpng::CompressionLevel::Default) },
    Rust { name: "libdeflate 1 None", run: |job| libdeflate(job, 1, false) },
    Rust { name: "libdeflate 1 Up", run: |job| libdeflate(job, 1, true) },
    Rust { name: "libdeflate 6 None", run: |job| libdeflate(job, 6, false) },
    Rust { name: "libdeflate 6 Up", run: |job| libdeflate(job, 6, true) },
    Rust { name: "libdeflate 12 None", run: |job| libdeflate(job, 12, false) },
    Rust { name: "libdeflate 12 Up", run: |job| libdeflate(job, 12, true) },
];

fn png(job: &Job<'_>, compression: png::Compression, filter: Option<png::Filter>) -> anyhow::Result<Vec<u8>> {
    with_rgba(job.map, |rgba| {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, job.map.width, job.map.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(compression);
        if let Some(filter) = filter {
            encoder.set_filter(filter);
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(rgba)?;
        writer.finish()?;
        Ok(bytes)
    })
}

fn image(job: &Job<'_>, compression: image::codecs::png::CompressionType) -> anyhow::Result<Vec<u8>> {
    with_rgba(job.map, |rgba| {
        let mut bytes = Vec::new();
        let filter = image::codecs::png::FilterType::default();
        let encoder = image::codecs::png::PngEncoder::new_with_quality(&mut bytes, compression, filter);
        encoder.write_image(rgba, job.map.width, job.map.height, image::ExtendedColorType::Rgba8)?;
        Ok(bytes)
    })
}

fn zune(job: &Job<'_>) -> anyhow::Result<Vec<u8>> {
    use zune_core::{bit_depth::BitDepth, colorspace::ColorSpace, options::EncoderOptions};
    with_rgba(job.map, |rgba| {
        let (width, height) = (job.map.width as usize, job.map.height as usize);
        let mut bytes = Vec::new();
        let options = EncoderOptions::new(width, height, ColorSpace::RGBA, BitDepth::Eight);
        let done = zune_png::PngEncoder::new(rgba, options).encode(&mut bytes);
        done.map_err(|error| anyhow!("{error:?}"))?;
        Ok(bytes)
    })
}

fn lodepng(job: &Job<'_>) -> anyhow::Result<Vec<u8>> {
    let mut encoder = lodepng::Encoder::new();
    // Its automatic choice would write a palette PNG, which is no mask.
    encoder.set_auto_convert(false);
    encoder.info_raw_mut().set_colortype(lodepng::ColorType::RGBA);
    encoder.info_png_mut().color.set_colortype(lodepng::ColorType::RGBA);
    with_rgba(job.map, |rgba| Ok(encoder.encode(rgba, job.map.width as usize, job.map.height as usize)?))
}

fn mtpng(job: &Job<'_>, level: mtpng::CompressionLevel) -> anyhow::Result<Vec<u8>> {
    thread_local! {
        // One thread, as everybody else.
        static POOL: rayon::ThreadPool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap_or_else(|error| panic!("{error}"));
    }
    POOL.with(|pool| {
        let mut header = mtpng::Header::new();
        header.set_size(job.map.width, job.map.height)?;
        header.set_color(mtpng::ColorType::TruecolorAlpha, 8)?;
        let mut options = mtpng::encoder::Options::new();
        options.set_thread_pool(pool)?;
        options.set_compression_level(level)?;
        options.set_filter_mode(mtpng::Mode::Fixed(mtpng::Filter::Up))?;
        let mut encoder = mtpng::encoder::Encoder::new(Vec::new(), &options);
        encoder.write_header(&header)?;
        with_rgba(job.map, |rgba| {
            encoder.write_image_rows(rgba)?;
            Ok(encoder.finish()?)
        })
    })
}

/// What one writes with a fast deflate at hand: one filter, one stream, three chunks.
fn libdeflate(job: &Job<'_>, level: i32, up: bool) -> anyhow::Result<Vec<u8>> {
    with_rgba(job.map, |rgba| {
        let stride = job.map.width as usize * 4;
        let mut rows = Vec::with_capacity((stride + 1) * job.map.height as usize);
        let mut above: Option<&[u8]> = None;
        for row in rgba.chunks_exact(stride) {
            match above.filter(|_| up) {
                Some(above) => {
                    rows.push(2);
                    rows.extend(row.iter().zip(above).map(|(byte, above)| byte.wrapping_sub(*above)));
                }
                None => {
                    rows.push(if up { 2 } else { 0 });
                    rows.extend_from_slice(row);
                }
            }
            above = Some(row);
        }
        let mut compressor = Compressor::new(CompressionLvl::new(level).map_err(|error| anyhow!("{error:?}"))?);
        let mut stream = vec![0; compressor.zlib_compress_bound(rows.len())];
        let length = compressor.zlib_compress(&rows, &mut stream).map_err(|error| anyhow!("{error:?}"))?;
        let mut bytes = Vec::with_capacity(length + 64);
        bytes.extend_from_slice(b"\x89PNG\r\n\x1a\n");
        let size = [job.map.width.to_be_bytes(), job.map.height.to_be_bytes()].concat();
        chunk(&mut bytes, b"IHDR", &[&size, [8, 6, 0, 0, 0].as_slice()].concat());
        chunk(&mut bytes, b"IDAT", &stream[..length]);
        chunk(&mut bytes, b"IEND", &[]);
        Ok(bytes)
    })
}

fn chunk(bytes: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    bytes.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = bytes.len();
    bytes.extend_from_slice(kind);
    bytes.extend_from_slice(data);
    let sum = crc32fast::hash(&bytes[start..]);
    bytes.extend_from_slice(&sum.to_be_bytes());
}
