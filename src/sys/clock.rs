//! The clock and the load of the machine.
//! It does not know what time is compared with.

use std::time::SystemTime;

/// Returns the present time in nanoseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |passed| {
        i64::try_from(passed.as_nanos()).unwrap_or(i64::MAX)
    })
}

/// Returns the number of tasks that are running now, from the fourth field of
/// `/proc/loadavg`; None where there is none.
pub fn running_tasks() -> Option<u32> {
    let text = std::fs::read("/proc/loadavg").ok()?;
    let field = text.split(|byte| *byte == b' ').nth(3)?;
    let running = field.split(|byte| *byte == b'/').next()?;
    std::str::from_utf8(running).ok()?.parse().ok()
}

/// Returns the load average of the last minute.
pub fn load_average() -> Option<f64> {
    let text = std::fs::read("/proc/loadavg").ok()?;
    let field = text.split(|byte| *byte == b' ').next()?;
    std::str::from_utf8(field).ok()?.parse().ok()
}
