//! Makefiles read and variables expanded: the state of one make invocation before anything runs.
//! It does not know processes (but for `$(shell)` through its `Ctx`) nor the scheduler.

pub mod assign;
pub mod automatic;
pub mod database;
pub mod environment;
pub mod expand;
pub mod function;
pub mod make;
pub mod read;
pub mod scope;
pub mod start;
pub mod variable;
