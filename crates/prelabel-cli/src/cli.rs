//! The command line as it is typed. What it means is decided in [`commands`](crate::commands).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use prelabel::compare::{Bound, VoidRule};
use prelabel::geometry::Connectivity;
use prelabel::model::PixelRule;
use prelabel::pixels::mask_png::Level;
use prelabel::report::Severity;

use crate::exit_code;
use crate::overlap::OverlapOrFile;

const EXAMPLES: &str = "\
Examples:
  prelabel push testdata/demo --sandbox                    the whole way, on this machine only
  prelabel convert maps/ -o masks/ --classes voc           label maps to mask pairs
  prelabel validate masks/ --images images/                check mask pairs before they cost money
  prelabel convert - -o - --from npy --classes voc < map.npy > mask.png";

/// Segmentation model outputs to checked, submitted pre-labels, and back.
#[derive(Debug, Parser)]
#[command(name = "prelabel", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{}", exit_code::HELP))]
#[command(arg_required_else_help = true, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What all commands take.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Print NDJSON on stdout: an object for each item, then a summary
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Say more: every item that failed, every finding
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
    /// Colours in messages
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: clap::ColorChoice,
    /// How to show progress: a bar on terminals, else a line every 10 s
    #[arg(long, global = true, value_name = "HOW", default_value = "auto", help_heading = "Output")]
    pub(crate) progress: Progress,
    /// Worker threads [default: one a processor]
    #[arg(short, long, global = true, value_name = "N", env = "PRELABEL_JOBS", help_heading = "Work")]
    pub(crate) jobs: Option<usize>,
    /// Most pixels of one image
    #[arg(long, global = true, value_name = "N", help_heading = "Work", hide_short_help = true)]
    pub(crate) max_pixels: Option<u64>,
    /// Most bytes of one input file
    #[arg(long, global = true, value_name = "BYTES", help_heading = "Work", hide_short_help = true)]
    pub(crate) max_file_size: Option<u64>,
    /// Most bytes that all samples under way may take together
    #[arg(long, global = true, value_name = "BYTES", help_heading = "Work", hide_short_help = true)]
    pub(crate) memory: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    Auto,
    Plain,
    None,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Convert label maps, scores, COCO or mask pairs into another format
    Convert(Box<Convert>),
    /// Check mask pairs before they cost money, and mend what is safe
    Validate(Box<Validate>),
    /// Explain a rule of validation, or list them all
    Explain(Explain),
    /// Say what a folder or file holds: format, sizes, classes with their pixels
    Inspect(Inspect),
    /// Compare two sets of labels: IoU, accuracy, boundaries, confusion, matched objects
    Diff(Box<Diff>),
    /// Print the jobs of mask pairs as NDJSON: what would be sent to the platform
    Payload(Box<Payload>),
    /// Convert, validate, upload and submit, as one command that can be run again
    Push(Box<Push>),
    /// List the formats, or show one
    Formats(Formats),
    /// Measure encoding, decoding and conversion on your data and machine
    Bench(Bench),
    /// Print the shell completion script
    Completions(Completions),
}

/// Where samples come from and which classes they are of.
#[derive(Clone, Debug, Args)]
pub(crate) struct Input {
    /// Folders, files or zip archives; `-` is standard input
    #[arg(required = true, value_name = "IN")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The format of the input [default: what it looks like]
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(crate) from: String,
    /// The class list: a file, a preset (`voc`, `cityscapes`, …), or `auto` to name classes by their ID
    /// [default: the list beside the input]
    #[arg(long, value_name = "FILE|PRESET", env = "PRELABEL_CLASSES")]
    pub(crate) classes: Option<String>,
    /// The legend of masks that have none beside them
    #[arg(long, value_name = "FILE")]
    pub(crate) legend: Option<PathBuf>,
    /// The order of axes of score maps [default: found by their lengths]
    #[arg(long, value_name = "ORDER")]
    pub(crate) layout: Option<LayoutArg>,
    /// What scores are [default: looked at]
    #[arg(long, value_name = "KIND")]
    pub(crate) scores: Option<ScoresArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayoutArg {
    /// Classes × height × width
    Chw,
    /// Height × width × classes
    Hwc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoresArg {
    Logits,
    Probabilities,
}

/// How much work goes into small masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    /// The least time
    Fast,
    /// Small and fast
    Default,
    /// The fewest bytes
    Small,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Level {
        match level {
            LevelArg::Fast => Level::Fast,
            LevelArg::Default => Level::Default,
            LevelArg::Small => Level::Small,
        }
    }
}

/// What becomes of classes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Classes {
    /// Class IDs that are void: written as unlabelled
    #[arg(long, value_name = "ID,..", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) ignore: Vec<i64>,
    /// The class ID that is the background: unlabelled in masks, and what unlabelled pixels become
    /// [default: the class whose colour is #000000]
    #[arg(long, value_name = "ID", allow_hyphen_values = true, conflicts_with = "label_background")]
    pub(crate) background: Option<i64>,
    /// Give the background a colour and a legend entry of its own
    #[arg(long)]
    pub(crate) label_background: bool,
    /// Leave pixels unlabelled whose greatest probability is below P, and objects out whose score is
    #[arg(long, value_name = "P")]
    pub(crate) min_confidence: Option<f64>,
    /// Keep objects of one class apart: `car # 1`, `car # 2`; of a label map, each connected area is one
    #[arg(long)]
    pub(crate) instances: bool,
    /// Whether areas of a label map that touch at a corner only are one object: 8 (yes) or 4 (no)
    #[arg(long, value_name = "N", default_value = "8", requires = "instances")]
    pub(crate) connectivity: Connectivity,
    /// Which of two objects gets the pixels that both cover: last, first, score, smaller-on-top, or a file of class
    /// names, the topmost first
    #[arg(long, value_name = "ORDER|FILE", default_value = "last")]
    pub(crate) overlap: OverlapOrFile,
    /// Which pixels polygons cover: center, pycocotools, pillow, opencv-round or opencv-truncate [default: as the
    /// format's reference tool]
    #[arg(long, value_name = "RULE")]
    pub(crate) pixel_rule: Option<PixelRule>,
}

/// How a run over many samples goes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    /// Go on where something is lost, and count it
    #[arg(long)]
    pub(crate) allow_lossy: bool,
    /// Replace outputs that exist with other content
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Time against bytes of the masks written; pixels are the same at every level
    #[arg(long, value_name = "LEVEL", default_value = "default")]
    pub(crate) level: LevelArg,
    /// Do not decode and compare what was written
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Do everything but write
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Convert part I of N only
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    pub(crate) shard: prelabel::convert::Shard,
    /// Stop after N failures
    #[arg(long, value_name = "N")]
    pub(crate) max_errors: Option<u64>,
    /// The least finding that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(crate) fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Info,
    Warning,
    Error,
    Never,
}

impl FailOn {
    /// True if a finding of that severity makes the exit code 1.
    pub(crate) fn includes(self, severity: Severity) -> bool {
        match self {
            FailOn::Never => false,
            FailOn::Info => true,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Error => severity >= Severity::Error,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  prelabel convert maps/ -o masks/ --classes voc
  prelabel convert logits/ -o masks/ --classes classes.txt --min-confidence 0.5
  prelabel convert masks/ -o maps/ --to label-map
  prelabel convert - -o - --from npy --classes voc < map.npy > mask.png")]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) input: Input,
    /// The output: a folder, a `.zip`, a file for a single input, or `-` for standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// The format of the output [default: gt-studio; label-map where mask pairs are read]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<String>,
    /// How label maps (png, npy) or objects (polygons, rle) are stored [default: as the format does it best]
    #[arg(long, value_name = "HOW")]
    pub(crate) encoding: Option<EncodingArg>,
    /// Leave vertices of outlines out that lie no farther than PX pixels from the new line
    #[arg(long, value_name = "PX")]
    pub(crate) simplify: Option<f64>,
    /// The least IoU of simplified outlines with the exact ones: fewer vertices are left out until it is reached
    #[arg(long, value_name = "IOU")]
    pub(crate) min_iou: Option<f64>,
    /// Also write the legend to a file: for outputs that are a single mask
    #[arg(long, value_name = "FILE")]
    pub(crate) legend_out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) classes: Classes,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncodingArg {
    Png,
    Npy,
    Polygons,
    Rle,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  prelabel validate masks/ --images images/
  prelabel validate masks/ --fix -o mended/
  prelabel validate masks/ --output-format github --fail-on warning")]
pub(crate) struct Validate {
    /// The folder, archive or mask with its legend
    #[arg(required = true, value_name = "IN")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The class list: a file or a preset [default: `classes.json` beside the masks]
    #[arg(long, value_name = "FILE|PRESET", env = "PRELABEL_CLASSES")]
    pub(crate) classes: Option<String>,
    /// The legend of all masks [default: the one beside them]
    #[arg(long, value_name = "FILE")]
    pub(crate) legend: Option<PathBuf>,
    /// The photographs: sizes and keys are compared with them
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Option<PathBuf>,
    /// How findings are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: OutputFormat,
    /// Only these rules: codes, names, or beginnings of codes (`PL00`)
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// None of these rules
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub(crate) ignore_rule: Vec<String>,
    /// Areas of fewer pixels are specks
    #[arg(long, value_name = "PIXELS", default_value_t = 4)]
    pub(crate) speck: u64,
    /// Write a mended copy of the folder to `-o`
    #[arg(long, requires = "output")]
    pub(crate) fix: bool,
    /// Where the mended copy goes
    #[arg(short, long, value_name = "OUT", requires = "fix")]
    pub(crate) output: Option<PathBuf>,
    /// Mend what loses something, too, and count it
    #[arg(long, requires = "fix")]
    pub(crate) allow_lossy: bool,
    /// Replace outputs that exist with other content
    #[arg(long, requires = "fix")]
    pub(crate) overwrite: bool,
    /// The least finding that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(crate) fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Alike findings together, the first three with their places
    Text,
    /// NDJSON: an object a pair, then a summary
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0
    Sarif,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The rule's code or name
    pub(crate) rule: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) input: Input,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A and B may be of any two formats. Samples are matched by key, classes by name, or by ID where a side has no class list.

Rules for void pixels: `reference` leaves out what is void in A, and what only B leaves void is missed (the ignore_index of
mmsegmentation and torchmetrics); `either` leaves out what is void in one of them; `class` counts void like a class.
Void are classes of that kind, the IDs of --ignore, and what a coco-panoptic A leaves without a segment.
Boundary F is that of DAVIS, the mean over the images in which a class occurs. PQ, SQ and RQ are those of panopticapi.

Exit code: 1 if anything differs, or with --fail-under only if the mean IoU is less.

Examples:
  prelabel diff truth/ predicted/ --classes voc            how good a model is
  prelabel diff truth/ predicted/ --instances --json       objects matched, for programs
  prelabel diff masks/ corrected/ --void class             what annotators changed")]
pub(crate) struct Diff {
    /// The reference: what is right, or what was there before
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,
    /// What is compared with it
    #[arg(value_name = "B")]
    pub(crate) b: PathBuf,
    /// The format of both [default: what each looks like]
    #[arg(long, value_name = "FORMAT", default_value = "auto", hide_default_value = true)]
    pub(crate) from: String,
    /// The format of B, where it is another
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from_b: Option<String>,
    /// The class list of both: a file or a preset [default: the list beside each]
    #[arg(long, value_name = "FILE|PRESET", env = "PRELABEL_CLASSES")]
    pub(crate) classes: Option<String>,
    /// The class list of B, where it is another: classes are matched by name
    #[arg(long, value_name = "FILE|PRESET")]
    pub(crate) classes_b: Option<String>,
    /// The legend of masks that have none beside them
    #[arg(long, value_name = "FILE")]
    pub(crate) legend: Option<PathBuf>,
    /// The legend of B's masks, where it is another
    #[arg(long, value_name = "FILE")]
    pub(crate) legend_b: Option<PathBuf>,
    /// The order of axes of score maps [default: found by their lengths]
    #[arg(long, value_name = "ORDER")]
    pub(crate) layout: Option<LayoutArg>,
    /// What scores are [default: looked at]
    #[arg(long, value_name = "KIND")]
    pub(crate) scores: Option<ScoresArg>,
    /// Class IDs of A that are void too
    #[arg(long, value_name = "ID,..", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) ignore: Vec<i64>,
    /// The class ID that unlabelled pixels of masks become [default: the class whose colour is #000000]
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub(crate) background: Option<i64>,
    /// Which pixels do not count: reference, either or class (see below)
    #[arg(long, value_name = "RULE", default_value = "reference")]
    pub(crate) void: VoidRule,
    /// Leave pixels unlabelled whose greatest probability is below P, and objects out whose score is
    #[arg(long, value_name = "P")]
    pub(crate) min_confidence: Option<f64>,
    /// Match objects, too: PQ, SQ, RQ; of a label map, each connected area is one
    #[arg(long)]
    pub(crate) instances: bool,
    /// Whether areas of a label map that touch at a corner only are one object: 8 (yes) or 4 (no)
    #[arg(long, value_name = "N", default_value = "8", requires = "instances")]
    pub(crate) connectivity: Connectivity,
    /// Which of two objects gets the pixels that both cover: last, first, score, smaller-on-top, or a file of class
    /// names, the topmost first
    #[arg(long, value_name = "ORDER|FILE", default_value = "last")]
    pub(crate) overlap: OverlapOrFile,
    /// Which pixels polygons cover [default: as the format's reference tool]
    #[arg(long, value_name = "RULE")]
    pub(crate) pixel_rule: Option<PixelRule>,
    /// How far boundaries may lie apart: a share of the image's diagonal, or from 1 a number of pixels
    #[arg(long, value_name = "BOUND", default_value = "0.008")]
    pub(crate) boundary: Bound,
    /// Do not compare boundaries
    #[arg(long, conflicts_with = "boundary")]
    pub(crate) no_boundary: bool,
    /// Name the N samples that differ most, and the N pairs of classes most confused
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) worst: usize,
    /// The least mean IoU, from 0 to 1: the exit code is 1 if it is not reached, whatever differs
    #[arg(long, value_name = "IOU")]
    pub(crate) fail_under: Option<f64>,
    /// The least finding that makes the exit code 1; a difference is a warning
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    pub(crate) fail_on: FailOn,
    /// Stop after N failures
    #[arg(long, value_name = "N")]
    pub(crate) max_errors: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Placeholders in URLs: {key} is the mask's path without extension, {stem} its last part, {sha256} the checksum of its file.

Examples:
  prelabel payload masks/ --image-url 'https://img.example.com/{key}.jpg' \\
    --mask-url 'https://masks.example.com/{sha256}.png' --workflow ID --project ID > jobs.ndjson")]
pub(crate) struct Payload {
    /// The folder or archive of mask pairs
    #[arg(required = true, value_name = "IN")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The URL of each image, by rule: `https://host/{key}.jpg`
    #[arg(long, value_name = "URL")]
    pub(crate) image_url: String,
    /// The URL of each mask, by rule: `https://host/{key}.png`
    #[arg(long, value_name = "URL")]
    pub(crate) mask_url: String,
    /// The project that the jobs are for: reference IDs are unique in it
    #[arg(long, value_name = "ID", env = "PRELABEL_PROJECT")]
    pub(crate) project: String,
    /// The workflow that the jobs run through (API v1)
    #[arg(long, value_name = "ID", env = "PRELABEL_WORKFLOW", required_unless_present = "tag")]
    pub(crate) workflow: Option<String>,
    /// The batch that the jobs go to [default: the platform's default batch]
    #[arg(long, value_name = "ID")]
    pub(crate) batch: Option<String>,
    /// 1 is the lowest, 9 the highest (API v0: 10) [default: the platform's, 5]
    #[arg(long, value_name = "N")]
    pub(crate) priority: Option<i64>,
    /// The form of the API
    #[arg(long, value_name = "VERSION", default_value = "v1")]
    pub(crate) api: ApiArg,
    /// The operation asked for (API v0)
    #[arg(long, value_name = "TAG", conflicts_with = "workflow")]
    pub(crate) tag: Option<String>,
    /// A JSON object whose members are added to each job's `data`
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// The legend of all masks [default: the one beside them]
    #[arg(long, value_name = "FILE")]
    pub(crate) legend: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiArg {
    V1,
    V0,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  prelabel push testdata/demo --sandbox
  prelabel push maps/ --images photos/ --classes voc --sandbox -o rehearsal/")]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Submit to a sandbox of the platform inside this process: no account, no key, no network
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// The photographs, matched by key [default: the folder `images/` of the input]
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Option<PathBuf>,
    /// The folder for mask pairs, jobs, journal and the sandbox's store
    #[arg(short, long, value_name = "DIR", default_value = "prelabel-out")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) classes: Classes,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Debug, Args)]
pub(crate) struct Formats {
    /// The format to show
    pub(crate) format: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  prelabel bench                         maps of the usual kinds, made from a fixed seed
  prelabel bench maps/ --classes voc     your own")]
pub(crate) struct Bench {
    /// Folders, files or zip archives [default: maps made from a fixed seed]
    #[arg(value_name = "IN")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The format of the input [default: what it looks like]
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub(crate) from: String,
    /// The class list: a file or a preset [default: the list beside the input, else classes are named by their ID]
    #[arg(long, value_name = "FILE|PRESET", env = "PRELABEL_CLASSES")]
    pub(crate) classes: Option<String>,
    /// The legend of masks that have none beside them
    #[arg(long, value_name = "FILE")]
    pub(crate) legend: Option<PathBuf>,
    /// Measure at most N samples, evenly spread
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) samples: usize,
    /// Measure each figure for S seconds, or for one sample if that takes longer
    #[arg(long, value_name = "S", default_value_t = 0.5, allow_negative_numbers = true)]
    pub(crate) seconds: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}
