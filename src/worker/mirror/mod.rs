//! The read-only view of rmake's tree that a slot keeps for its life: a file system served from memory and from a store.
//! It does not know where the tree comes from: see [`Source`].

mod kernel;
mod nodes;
pub mod server;

use crate::store::digest::Digest;
use crate::wire::directory::Directory;
use crate::wire::path::RelPath;
use std::fs::File;
use std::sync::Arc;

/// A moment in the life of the tree: a job sees what was known when it began.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Epoch(pub u64);

/// Where the tree comes from. The calls may wait.
pub trait Source: Send + Sync {
    /// Returns what a directory held at a moment.
    ///
    /// # Errors
    /// It is not to be had.
    fn directory(&self, path: &RelPath, at: Epoch) -> Result<Arc<Directory>, Refusal>;

    /// Returns a version of a file, to be read from its beginning.
    ///
    /// # Errors
    /// It is not to be had.
    fn content(&self, wanted: &Wanted<'_>) -> Result<File, Refusal>;

    /// Returns whether changes below a directory are watched for: there, names are asked for anew by each job.
    fn is_watched(&self, path: &RelPath) -> bool;
}

/// The content of a file in a version.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A name of the file.
    pub path: &'a RelPath,
    /// The version.
    pub version: u64,
    /// The content, if it is known.
    pub digest: Option<Digest>,
}

/// Why something is not to be had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// There is nothing.
    Absent,
    /// It is nobody else's business.
    Denied,
    /// It is another one by now.
    Changed,
    /// Nobody answers any more.
    Lost,
}
