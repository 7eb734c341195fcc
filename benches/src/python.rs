//! Python engines: one long-lived process each, which times itself.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};
use prelabel::model::LabelMap;
use prelabel::pixels::npy;
use serde_json::{Value, json};

use crate::engines::{Engine, Job, Task};

/// Names that `peers/codec.py` knows.
pub(crate) const ENCODERS: &[&str] =
    &["Pillow default", "Pillow 1", "Pillow 9", "OpenCV default", "OpenCV 1", "OpenCV 9", "imageio"];

/// Names that `peers/codec.py` knows.
pub(crate) const DECODERS: &[&str] = &["Pillow + table", "OpenCV + table", "imageio + table"];

/// Names that `peers/shapes.py` knows: those that cover the pixels of [`Task::Fill`] by their own rule ..
pub(crate) const FILLERS_BY_OTHER_RULES: &[&str] = &["OpenCV fillPoly", "Pillow"];
/// .. and by that of pixel centres.
pub(crate) const RASTERIO: &str = "rasterio";

/// Names that `peers/shapes.py` knows.
pub(crate) const COCO: &[&str] = &["pycocotools", "faster-coco-eval", "hotcoco"];
/// It as it goes best: the map is turned once, and not for each class.
pub(crate) const PYCOCOTOOLS_BY_COLUMNS: &str = "pycocotools columns";
/// The first leaves the strings away.
pub(crate) const RLEMASKLIB: &[&str] = &["RLEMaskLib", "RLEMaskLib strings"];

/// Names that `peers/shapes.py` knows.
pub(crate) const TRACERS: &[&str] = &["OpenCV findContours", "OpenCV LinkRuns", "rasterio shapes", "supervision"];

/// An interpreter that has the peers.
pub(crate) struct Peers {
    pub(crate) python: PathBuf,
    /// The folder of the scripts.
    pub(crate) scripts: PathBuf,
    /// Where arrays are handed over.
    pub(crate) scratch: PathBuf,
}

pub(crate) struct Python {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    scratch: PathBuf,
    loaded: String,
}

impl Peers {
    pub(crate) fn start(&self, script: &str, name: &'static str) -> anyhow::Result<Python> {
        let mut command = Command::new(&self.python);
        command.arg(self.scripts.join(script)).arg(name).stdin(Stdio::piped()).stdout(Stdio::piped());
        // Beside OpenCV's own: libraries below it count cores by themselves.
        command.env("OMP_NUM_THREADS", "1").env("OPENBLAS_NUM_THREADS", "1");
        let mut child = command.spawn().context("Python does not start")?;
        let input = child.stdin.take().context("no pipe")?;
        let output = BufReader::new(child.stdout.take().context("no pipe")?);
        // The process says that it is ready once its modules are imported.
        let mut engine = Python { name, child, input, output, scratch: self.scratch.clone(), loaded: String::new() };
        engine.answer()?;
        Ok(engine)
    }
}

impl Python {
    fn answer(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        if line.is_empty() {
            bail!("its process ended");
        }
        Ok(serde_json::from_str(&line)?)
    }

    fn ask(&mut self, command: &Value) -> anyhow::Result<Value> {
        writeln!(self.input, "{command}")?;
        self.input.flush()?;
        self.answer()
    }

    fn map(job: &Job<'_>) -> anyhow::Result<Vec<u8>> {
        Ok(npy::encode_labels(&LabelMap::new(job.map.grid.clone()))?)
    }

    fn load(&mut self, job: &Job<'_>) -> anyhow::Result<()> {
        if self.loaded == job.id {
            return Ok(());
        }
        let (input, palette) = (self.scratch.join("input"), self.scratch.join("palette.npy"));
        let (width, height) = (job.map.width, job.map.height);
        let as_json = |key: &str, what: Value, classes: Option<&[u8]>| {
            json!({ "width": width, "height": height, key: what, "classes": classes }).to_string().into_bytes()
        };
        let (task, bytes) = match job.task {
            Task::Encode => ("encode", Self::map(job)?),
            Task::Decode(png) => ("decode", png.to_vec()),
            Task::Fill(scene) => ("fill", as_json("polygons", json!(scene.flat()), Some(&scene.classes))),
            Task::EncodeRle => ("encode-rle", Self::map(job)?),
            Task::DecodeRle(masks) => ("decode-rle", as_json("masks", json!(masks), None)),
            Task::Trace => ("trace", Self::map(job)?),
        };
        let form = if bytes.starts_with(b"\x93NUMPY") { "map" } else { "other" };
        std::fs::write(&input, bytes)?;
        write_palette(&palette, &job.map.palette)?;
        let load =
            json!({ "do": "load", "id": job.id, "task": task, "form": form, "input": input, "palette": palette });
        self.ask(&load)?;
        self.loaded.clone_from(&job.id);
        Ok(())
    }
}

/// The palette as a NumPy array of 256 × 4 bytes.
pub(crate) fn write_palette(path: &Path, palette: &[[u8; 4]; 256]) -> anyhow::Result<()> {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (256, 4), }\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(palette.as_flattened());
    Ok(std::fs::write(path, bytes)?)
}

impl Engine for Python {
    fn name(&self) -> &str {
        self.name
    }

    fn leeway(&self) -> f64 {
        match self.name {
            // They also paint the outline, the one with rounded vertices, the other without.
            name if FILLERS_BY_OTHER_RULES.contains(&name) => 0.2,
            // It leaves out contours of fewer than three vertices and fills holes.
            "supervision" => 0.02,
            // Its contours do not give thin parts and holes back.
            "OpenCV LinkRuns" => 0.05,
            _ => 0.0,
        }
    }

    fn result(&mut self, job: &Job<'_>) -> anyhow::Result<Vec<u8>> {
        self.load(job)?;
        let output = self.scratch.join("output");
        self.ask(&json!({ "do": "result", "id": job.id, "output": output }))?;
        Ok(std::fs::read(output)?)
    }

    fn time(&mut self, job: &Job<'_>, rounds: u32) -> anyhow::Result<f64> {
        self.load(job)?;
        let answer = self.ask(&json!({ "do": "time", "id": job.id, "rounds": rounds }))?;
        answer["seconds"].as_f64().context("no time")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // Ours alone; it holds nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
