//! Makefiles read and variables expanded: the state of one make invocation before anything runs.
//! It does not know processes (but for `$(shell)` through its `Ctx`) nor the scheduler.

pub mod database;
pub mod make;
pub mod read;
pub mod start;
pub mod variable;
