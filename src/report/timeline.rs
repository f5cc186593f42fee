//! When each job ran, where, and what it was seen to do: a timeline in Chrome's trace format, beside what another reporter
//! shows.
//! It does not know jobs but by what is told of them.

use crate::event::Event;
use crate::event::Sink;
use crate::id::JobId;
use bstr::BStr;
use bstr::BString;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Instant;

/// How jobs went; clones share one.
#[derive(Clone, Debug)]
pub struct Timeline {
    begun: Instant,
    jobs: Arc<Mutex<Vec<Job>>>,
}

/// A job: times in microseconds.
#[derive(Debug, Default)]
struct Job {
    id: Option<JobId>,
    target: BString,
    host: BString,
    start: u128,
    end: Option<u128>,
    status: i32,
    counts: Vec<(&'static str, usize)>,
}

/// A sink that notes what passes by.
struct Watched {
    timeline: Timeline,
    sink: Box<dyn Sink>,
}

impl Sink for Watched {
    fn emit(&mut self, event: Event) {
        self.timeline.take(&event);
        self.sink.emit(event);
    }
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline {
            begun: Instant::now(),
            jobs: Arc::default(),
        }
    }
}

impl Timeline {
    /// Returns a sink that shows what `sink` shows.
    pub fn watch(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        let timeline = self.clone();
        Box::new(Watched { timeline, sink })
    }

    fn jobs(&self) -> MutexGuard<'_, Vec<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, event: &Event) {
        let now = self.begun.elapsed().as_micros();
        let mut jobs = self.jobs();
        let (Event::JobPlaced { job: id, .. }
        | Event::JobStarted { job: id, .. }
        | Event::JobFinished { job: id, .. }) = event
        else {
            return;
        };
        let known = jobs
            .iter()
            .rposition(|job| job.id == Some(*id) && job.end.is_none());
        let place = known.unwrap_or_else(|| {
            jobs.push(Job {
                id: Some(*id),
                start: now,
                ..Job::default()
            });
            jobs.len() - 1
        });
        let job = &mut jobs[place];
        match event {
            Event::JobPlaced { host, .. } => job.host = host.clone(),
            Event::JobStarted { target, .. } => job.target = target.clone(),
            Event::JobFinished { status, .. } => (job.end, job.status) = (Some(now), *status),
            _ => {}
        }
    }

    /// Adds what is known of jobs that ran on hosts, by their targets.
    pub fn count(&self, counts: &mut dyn FnMut(&BString) -> Vec<(&'static str, usize)>) {
        for job in self.jobs().iter_mut().filter(|job| !job.host.is_empty()) {
            job.counts = counts(&job.target);
        }
    }

    /// Returns it as JSON: a process for each host, a thread for each job that ran there at a time.
    pub fn json(&self) -> String {
        let jobs = self.jobs();
        let mut hosts: Vec<&BString> = Vec::new();
        // When each lane of a host is free again.
        let mut lanes: Vec<Vec<u128>> = Vec::new();
        let mut events: Vec<String> = Vec::new();
        for job in jobs.iter().filter(|job| !job.target.is_empty()) {
            let Some(end) = job.end else { continue };
            let host = hosts.iter().position(|host| **host == job.host);
            let host = host.unwrap_or_else(|| {
                hosts.push(&job.host);
                lanes.push(Vec::new());
                hosts.len() - 1
            });
            let free = lanes[host].iter().position(|free| *free <= job.start);
            let lane = free.unwrap_or(lanes[host].len());
            match free {
                Some(lane) => lanes[host][lane] = end,
                None => lanes[host].push(end),
            }
            let counts = job
                .counts
                .iter()
                .map(|(name, count)| format!(",\"{name}\":{count}"));
            events.push(format!(
                "{{\"name\":{},\"cat\":\"job\",\"ph\":\"X\",\"ts\":{},\"dur\":{},\"pid\":{host},\"tid\":{lane},\
                 \"args\":{{\"status\":{}{}}}}}",
                quoted(&job.target),
                job.start,
                end.saturating_sub(job.start),
                job.status,
                counts.collect::<String>(),
            ));
        }
        events.extend(hosts.iter().enumerate().map(|(number, host)| {
            let name = if host.is_empty() { BStr::new("here") } else { BStr::new(*host) };
            format!(
                "{{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":{number},\"args\":{{\"name\":{}}}}}",
                quoted(name)
            )
        }));
        format!("{{\"traceEvents\":[\n{}\n]}}\n", events.join(",\n"))
    }
}

fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_have_a_lane_each() {
        let timeline = Timeline::default();
        let placed = |job, host: &str| Event::JobPlaced {
            job: JobId(job),
            host: host.into(),
        };
        let started = |job, target: &str| Event::JobStarted {
            job: JobId(job),
            target: target.into(),
        };
        let finished = |job, status| Event::JobFinished {
            job: JobId(job),
            status,
        };
        for event in [
            placed(1, "far"),
            started(1, "a\"b"),
            started(2, "c"),
            placed(3, "far"),
            started(3, "d"),
            finished(1, 2),
            finished(2, 0),
            finished(3, 0),
            started(4, "never ends"),
        ] {
            timeline.take(&event);
        }
        timeline.count(&mut |target| vec![("opened", target.len())]);
        let json = timeline.json();
        assert_eq!(json.matches("\"ph\":\"X\"").count(), 3, "{json}");
        assert!(json.contains("\"name\":\"a\\\"b\""), "{json}");
        assert!(
            json.contains("\"pid\":0,\"tid\":1,\"args\":{\"status\":0,\"opened\":1}"),
            "{json}"
        );
        assert!(
            json.contains("\"pid\":1,\"tid\":0,\"args\":{\"status\":0}"),
            "{json}"
        );
        assert!(
            json.contains("{\"name\":\"here\"}") && json.contains("{\"name\":\"far\"}"),
            "{json}"
        );
    }
}
