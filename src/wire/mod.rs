//! What processes of rmake's say to each other, as bytes.
//! It does not know sockets: bytes go in, messages come out.

pub mod directory;
pub mod frame;
pub mod hello;
pub mod message;
pub mod path;
pub mod window;
