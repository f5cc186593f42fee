//! Finds the oracle, GNU make 4.4.1, and refuses anything else.
//! It does not know what the oracle is asked.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// The first line of the oracle's `--version`.
pub const VERSION: &str = "GNU Make 4.4.1";

/// Returns the path of the oracle: `RMAKE_ORACLE`, else what `tests/tools/oracle.sh` builds.
pub fn path() -> Result<PathBuf, String> {
    let path = match std::env::var_os("RMAKE_ORACLE") {
        Some(path) => PathBuf::from(path),
        None => built()?,
    };
    let path = std::fs::canonicalize(&path)
        .map_err(|error| format!("oracle {}: {error}", path.display()))?;
    let line = first_line_of_version(&path)?;
    if line != VERSION || is_rmake(&path)? {
        return Err(format!(
            "oracle {}: not {VERSION} but {line}",
            path.display()
        ));
    }
    Ok(path)
}

/// Returns the first line of `--version`.
pub fn first_line_of_version(program: &Path) -> Result<String, String> {
    Ok(version(program)?
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned())
}

/// Returns whether the program says of itself that it is rmake.
pub fn is_rmake(program: &Path) -> Result<bool, String> {
    Ok(version(program)?.contains("rmake"))
}

fn version(program: &Path) -> Result<String, String> {
    let output = Command::new(program)
        .arg("--version")
        .env_clear()
        .output()
        .map_err(|error| format!("{} --version: {error}", program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn built() -> Result<PathBuf, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/oracle.sh");
    let output = Command::new(&script)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    if !output.status.success() {
        return Err(format!("{}: {}", script.display(), output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(PathBuf::from(text.trim_end()))
}
