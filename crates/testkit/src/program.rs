//! Running the program as a user does.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a run ended, and what it printed.
#[derive(Debug)]
pub struct Run {
    /// The exit code; −1 for a signal.
    pub code: i32,
    /// Data.
    pub stdout: Vec<u8>,
    /// Words.
    pub stderr: String,
}

impl Run {
    /// Exit code, stdout and stderr in one text for a snapshot, with folders of this machine replaced.
    pub fn snapshot(&self, replace: &[(&Path, &str)]) -> String {
        let mut text = format!(
            "exit code: {}\n----- stdout\n{}----- stderr\n{}",
            self.code,
            String::from_utf8_lossy(&self.stdout),
            self.stderr
        );
        for (path, name) in replace {
            text = text.replace(&path.display().to_string(), name);
        }
        text.replace(&crate::testdata().display().to_string(), "TESTDATA")
    }
}

/// Runs the program in a folder, with some bytes on its standard input, in an environment without colours.
pub fn run(program: &str, folder: &Path, args: &[&str], stdin: &[u8]) -> Run {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(args)
        .env("NO_COLOR", "1")
        .env_remove("PRELABEL_CLASSES")
        .env_remove("PRELABEL_JOBS");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    let bytes = stdin.to_vec();
    // From a thread of its own: the program may print before it has read everything, or not read at all.
    let feeder = std::thread::spawn(move || drop(pipe.write_all(&bytes)));
    let output = child.wait_with_output().expect("the program ends");
    feeder.join().expect("the feeder ends");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("words are UTF-8"),
    }
}
