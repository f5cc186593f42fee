//! Makefiles read and variables expanded: the state of one make invocation before anything runs.
//! It does not know processes (but for `$(shell)` through its `Ctx`) nor the scheduler.

pub mod assign;
pub mod automatic;
pub mod builtin;
pub mod conditional;
pub mod database;
pub mod environment;
pub mod expand;
pub mod function;
pub mod include;
pub mod load;
pub mod make;
pub mod names;
pub mod read;
pub mod record;
pub mod rule_text;
pub mod scope;
pub mod special;
pub mod start;
#[cfg(test)]
pub mod testing;
pub mod variable;
