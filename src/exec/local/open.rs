//! The beginning of a runner's work: slots, jobserver and output synchronisation as the options ask; and its end.
//! It does not know jobs.

use crate::error::JobNotice;
use crate::error::MakeError;
use crate::error::Result;
use crate::eval::assign::MakeflagsTime;
use crate::eval::make::Make;
use crate::exec::jobserver;
use crate::exec::jobserver::Jobserver;
use crate::exec::jobserver::JoinError;
use crate::exec::local::Runner;
use crate::exec::output::Mutex;
use crate::exec::slot::Slots;
use crate::options::OutputSync;
use crate::options::Source;
use crate::sys::fd;
use crate::sys::process;
use crate::sys::signal::Unlinked;
use bstr::BStr;
use bstr::BString;

/// What a runner has set up: it survives the restart of a make.
#[derive(Debug, Default)]
pub(in crate::exec) struct Opened {
    /// What follows `--jobserver-auth=`.
    jobserver_auth: Option<BString>,
    /// What follows `--sync-mutex=`.
    sync_mutex: Option<BString>,
    /// -j as it is in force.
    jobs: Option<u32>,
    /// -O as it is in force.
    output_sync: OutputSync,
    /// The file behind the lock of held back output, if this make made it.
    mutex_file: Option<Unlinked>,
}

impl Runner {
    /// Sets up slots, jobserver and output synchronisation as `make.options` ask, and puts what children are
    /// to know into `make.options.jobserver_auth` and `sync_mutex`. To be called after the makefiles are read,
    /// before anything is remade; again after a restart. Without -O what was said while reading is told now.
    pub fn open_slots(&mut self, make: &mut Make) -> Result<()> {
        if self.opened.is_none() {
            let mut opened = Opened::default();
            self.open_jobs(make, &mut opened)?;
            self.open_output(make, &mut opened)?;
            opened.output_sync = self.session.shared().sync;
            self.opened = Some(opened);
        }
        if let Some(opened) = &self.opened {
            let mut shared = self.session.shared();
            shared.sync = match shared.gave_up {
                true => OutputSync::None,
                false => opened.output_sync,
            };
            drop(shared);
            make.options.jobs = opened.jobs;
            make.options.jobserver_auth = opened.jobserver_auth.clone();
            make.options.sync_mutex = opened.sync_mutex.clone();
        }
        make.define_makeflags(MakeflagsTime::Running);
        if !self.holds_output() {
            self.tell_reading();
        }
        Ok(())
    }

    /// Tells what was said while makefiles were read.
    pub fn tell_reading(&mut self) {
        self.session.shared().release(None);
    }

    /// Returns whether output is held back now: each block of it is announced for itself.
    pub fn holds_output(&self) -> bool {
        self.session.shared().sync != OutputSync::None
    }

    /// Removes the files that were kept for this make: no restart is to read them again.
    pub fn remove_temporary_files(&mut self) {
        self.session.shared().kept.clear();
    }

    fn open_jobs(&mut self, make: &mut Make, opened: &mut Opened) -> Result<()> {
        let options = &make.options;
        opened.jobs = options.jobs;
        let own = options.jobs.unwrap_or(1);
        if let Some(auth) = &options.jobserver_auth {
            if options.jobs_source == Source::CommandLine {
                self.session.shared().say(None, &JobNotice::JobsForced(own));
            } else {
                self.join(auth.as_ref(), opened);
                return Ok(());
            }
        }
        self.slots = match own {
            0 => Slots::alone(None),
            1 => Slots::alone(Some(1)),
            slots => self.serve(make, slots, opened)?,
        };
        Ok(())
    }

    fn serve(&mut self, make: &mut Make, slots: u32, opened: &mut Opened) -> Result<Slots> {
        let directory = self.session.shared().temporary_directory();
        let style = make.options.jobserver_style;
        let (server, failure) = jobserver::serve(style, slots, &directory);
        if let Some((path, error)) = failure {
            let notice = JobNotice::CannotMakeFifo(path, process::error_text(&error));
            self.session.shared().say(None, &notice);
        }
        let server = server.map_err(|error| {
            let text = format!("creating jobs pipe: {}", process::error_text(&error));
            make.fatal_at(None, MakeError::Text(text.into()))
        })?;
        if make.options.debug.jobs {
            let text = format!("Using jobserver controller {}\n", server.auth());
            self.session.shared().debug(text);
        }
        opened.jobserver_auth = Some(server.auth().clone());
        Ok(Slots::serving(server, slots))
    }

    fn join(&mut self, auth: &BStr, opened: &mut Opened) {
        let mut shared = self.session.shared();
        let error = match Jobserver::join(auth) {
            Ok(joined) => {
                drop(shared);
                opened.jobserver_auth = Some(joined.auth().clone());
                self.slots = Slots::joined(joined);
                return;
            }
            Err(error) => error,
        };
        match error {
            JoinError::Closed => {}
            JoinError::Fifo(path, error) => {
                let error = process::error_text(&error);
                shared.say(None, &JobNotice::CannotOpenJobserver(path, error));
            }
            JoinError::Invalid => {
                shared.say(None, &JobNotice::InvalidJobserverAuth(auth.into()));
            }
        }
        shared.say(None, &JobNotice::JobserverUnavailable);
        opened.jobs = Some(1);
        drop(shared);
        self.slots = Slots::alone(Some(1));
    }

    /// -O: held back output is told under one lock for all makes of the build. With one slot there is nothing to hold back.
    fn open_output(&mut self, make: &mut Make, opened: &mut Opened) -> Result<()> {
        let mut shared = self.session.shared();
        let wanted = make.options.output_sync.unwrap_or_default();
        if wanted == OutputSync::None || shared.gave_up || !self.slots.is_parallel() {
            shared.sync = OutputSync::None;
            return Ok(());
        }
        shared.sync = wanted;
        if let Some(word) = &make.options.sync_mutex {
            let Some(path) = word.strip_prefix(b"fnm:") else {
                shared.say(None, &JobNotice::InvalidSyncMutex(word.clone()));
                return Ok(());
            };
            let file = fd::open(path, fd::READ_WRITE).map_err(|error| {
                let mut text = BString::from("cannot open output sync mutex ");
                text.extend_from_slice(path);
                text.extend_from_slice(b": ");
                text.extend_from_slice(process::error_text(&error).as_bytes());
                make.fatal_at(None, MakeError::Text(text))
            })?;
            shared.mutex = Some(Mutex::new(file));
            opened.sync_mutex = Some(word.clone());
            return Ok(());
        }
        let directory = shared.temporary_directory();
        match shared.temporary_file(&directory) {
            Ok((file, path, removed)) => {
                let mut word = BString::from("fnm:");
                word.extend_from_slice(&path);
                opened.sync_mutex = Some(word);
                opened.mutex_file = Some(removed);
                shared.mutex = Some(Mutex::new(file.into()));
            }
            Err(error) => shared.give_up(&directory, &error),
        }
        Ok(())
    }

    /// Ends it all: takes leave of hosts, gives tokens back and checks them, removes fifo and lock, tells what was held back.
    pub fn close(&mut self, make: &mut Make) {
        self.away = None;
        let served = self.slots.served();
        let wrong = self.slots.close();
        let mut shared = self.session.shared();
        shared.release_all();
        if let Some((found, expected)) = wrong {
            shared.say(None, &JobNotice::TokensWrong(found, expected));
        } else if let Some(slots) = served.filter(|_| make.options.debug.jobs) {
            let tokens = slots - 1;
            shared.debug(format!("Acquired all {tokens} jobserver tokens.\n"));
        }
        shared.mutex = None;
        shared.kept.clear();
        self.opened = None;
    }
}
