//! Flows: whole runs of the program on small trees, both streams compared in full.
//! The texts here are GNU make 4.4.1's: `RMAKE_UNDER_TEST=/path/to/gnu/make cargo test --test it` must pass too.

#[cfg(feature = "remote")]
#[cfg(test)]
mod alike;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
#[path = "../../fuzz/bodies.rs"]
mod bodies;
#[cfg(test)]
mod dist;
#[cfg(feature = "remote")]
#[cfg(test)]
mod faults;
mod flows;
#[cfg(test)]
mod ground;
#[cfg(test)]
mod inprocess;
#[cfg(test)]
mod jobserver;
#[cfg(test)]
mod library;
#[cfg(feature = "remote")]
#[cfg(test)]
mod lists;
#[cfg(test)]
mod load;
#[cfg(feature = "remote")]
#[cfg(test)]
mod localrc;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod noise;
#[cfg(test)]
mod output;
#[cfg(test)]
mod own;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod search;
#[cfg(test)]
mod session;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod space;
#[cfg(test)]
mod spoil;
#[cfg(feature = "remote")]
#[cfg(test)]
mod ssh;
#[cfg(test)]
mod tools;
#[cfg(feature = "remote")]
#[cfg(test)]
mod workers;
