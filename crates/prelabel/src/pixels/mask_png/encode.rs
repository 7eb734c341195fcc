//! Masks are written from runs: nowhere do the pixels stand as four bytes each.

use std::cell::RefCell;

use super::noise::{self, is_noise};
use super::parse::{self, End};
use super::rows::{Adler, Run, START, split};
use crate::model::{Code, Grid, Rgba, with_cells};
use crate::pixels::deflate::{Bits, Tokens};
use crate::{Error, Result};

/// How much work goes into small files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// As fast as can be.
    Fast,
    /// Small and fast.
    #[default]
    Default,
    /// As small as can be.
    Small,
}

impl Level {
    /// All of them, the quickest first.
    pub const ALL: [Level; 3] = [Level::Fast, Level::Default, Level::Small];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Level::Fast => "fast",
            Level::Default => "default",
            Level::Small => "small",
        }
    }
}

impl std::str::FromStr for Level {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Level::ALL.into_iter().find(|level| level.name() == text);
        found.ok_or_else(|| {
            Error::usage("this is no level").found(format!("`{text}`")).expected("`fast`, `default` or `small`")
        })
    }
}

/// What encoding needs beside its input; kept by each thread, so that a run over many masks allocates once.
#[derive(Default)]
struct Scratch {
    rows: Rows,
    tokens: Tokens,
    out: Bits,
}

/// The row under way and the one above, as runs of colour.
#[derive(Default)]
struct Rows {
    runs: Vec<Run>,
    above: Vec<Run>,
}

/// More than this is not kept from one mask to the next.
const KEPT: usize = 8 << 20;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A block gets its own codes after so many tokens.
const BLOCK: usize = 1 << 14;

/// Encodes codes through a table of colours as an 8-bit RGBA PNG.
///
/// # Errors
/// A code without a colour.
pub fn encode(grid: &Grid, colors: &[Rgba], level: Level) -> Result<Vec<u8>> {
    let encoded = SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => scratch.encode(grid, colors, level),
        Err(_) => Scratch::default().encode(grid, colors, level),
    });
    encoded.map_err(|code| {
        let error = Error::invalid("the mask cannot be written as a PNG");
        error.source(std::io::Error::other(format!("code {code} has no colour")))
    })
}

impl Scratch {
    fn encode(&mut self, grid: &Grid, colors: &[Rgba], level: Level) -> Result<Vec<u8>, usize> {
        self.out.clear();
        self.tokens.clear();
        let mut file = File::start(&mut self.out, grid.width(), grid.height());
        let width = grid.width() as usize;
        let checksum = with_cells!(grid, cells => match is_noise(cells, width) {
            true => noise::rows(cells, width, colors, BLOCK, &mut self.tokens, &mut file),
            false => rows(cells, width, colors, level == Level::Fast, &mut self.rows, &mut self.tokens, &mut file),
        });
        let bytes = checksum.map(|checksum| file.end(checksum));
        if self.out.capacity() > KEPT {
            self.out = Bits::default();
        }
        bytes
    }
}

fn rows<T: Code>(
    cells: &[T],
    width: usize,
    colors: &[Rgba],
    quick: bool,
    scratch: &mut Rows,
    tokens: &mut Tokens,
    file: &mut File<'_>,
) -> Result<u32, usize> {
    let mut adler = Adler::START;
    let stride = width * 4 + 1;
    let mut sum = Default::default();
    let mut end = End::default();
    let mut last: Option<&[T]> = None;
    let Rows { runs, above } = scratch;
    above.clear();
    above.extend([START, Run { end: width as u32, color: 0 }]);
    for row in cells.chunks_exact(width) {
        if last == Some(row) {
            runs.clone_from(above);
        } else {
            split(row, colors, runs)?;
        }
        if last != Some(row) {
            sum = Adler::of_row(0, runs);
        }
        end = parse::row(runs, if last.is_some() { above } else { &[START] }, quick, end, tokens);
        adler.row(sum, stride as u64);
        if tokens.len() >= BLOCK {
            file.block(tokens, false);
        }
        std::mem::swap(runs, above);
        last = Some(row);
    }
    parse::finish(end, tokens);
    file.block(tokens, true);
    Ok(adler.finish())
}

/// The file around the compressed rows.
pub(super) struct File<'a> {
    out: &'a mut Bits,
    /// Where the chunk under way begins.
    chunk: usize,
}

/// Chunks are closed beyond this size: their length has 31 bits.
const CHUNK: usize = 1 << 30;

impl<'a> File<'a> {
    fn start(out: &'a mut Bits, width: u32, height: u32) -> Self {
        out.bytes(b"\x89PNG\r\n\x1a\n");
        let mut file = File { out, chunk: 0 };
        file.open(b"IHDR");
        file.out.bytes(&width.to_be_bytes());
        file.out.bytes(&height.to_be_bytes());
        file.out.bytes(&[8, 6, 0, 0, 0]);
        file.close();
        file.open(b"IDAT");
        // Deflate with a window of 32 KiB.
        file.out.bytes(&[0x78, 0x5e]);
        file
    }

    fn open(&mut self, kind: &[u8; 4]) {
        self.chunk = self.out.written().len();
        self.out.bytes(&[0; 4]);
        self.out.bytes(kind);
    }

    fn close(&mut self) {
        let chunk = &mut self.out.written_mut()[self.chunk..];
        let length = (chunk.len() - 8) as u32;
        chunk[..4].copy_from_slice(&length.to_be_bytes());
        let crc = crc32fast::hash(&chunk[4..]);
        self.out.bytes(&crc.to_be_bytes());
    }

    pub(super) fn block(&mut self, tokens: &mut Tokens, last: bool) {
        tokens.write_block(last, self.out);
        if self.out.written().len() - self.chunk > CHUNK {
            self.close();
            self.open(b"IDAT");
        }
    }

    fn end(mut self, checksum: u32) -> Vec<u8> {
        self.out.align();
        self.out.bytes(&checksum.to_be_bytes());
        self.close();
        self.open(b"IEND");
        self.close();
        self.out.written().to_vec()
    }
}
