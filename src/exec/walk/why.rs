//! Why a target is remade, as `--trace`, `--debug=why` and `--explain` tell it.
//! It does not know how the decision was taken.

use crate::error::Diagnostic;
use crate::error::Severity;
use crate::event::Event;
use crate::exec::walk::Walk;
use crate::exec::walk::mtime::archive_parts;
use crate::files::Mtime;
use crate::graph::target::Flags;
use crate::id::TargetId;
use bstr::BString;

impl Walk<'_> {
    /// `Makefile:7: update target 'a.o' due to: a.c`
    pub(super) fn tell_why(&mut self, target: TargetId) {
        if !self.make.options.debug.why && !self.is_explained(target) {
            return;
        }
        let recipe = self.make.graph.targets.recipe[target];
        let place =
            recipe.map(|recipe| self.make.graph.recipes[recipe].loc.place(&self.make.names));
        let (name, reason) = (self.name(target), self.reason(target));
        let text = [b"update target '", &name[..], b"' due to: ", &reason]
            .concat()
            .into();
        let diagnostic = Diagnostic {
            place,
            severity: Severity::Info,
            text,
        };
        let job = self.make.job;
        self.make.ctx.emit(Event::Diagnostic { job, diagnostic });
    }

    /// Returns whether `--explain` asks for this target.
    fn is_explained(&self, target: TargetId) -> bool {
        let wanted = self.make.options.own.explain.as_ref();
        wanted.is_some_and(|wanted| wanted.is_empty() || *wanted == self.name(target))
    }

    fn reason(&mut self, target: TargetId) -> BString {
        if self.has(target, Flags::PHONY) {
            return "target is .PHONY".into();
        }
        let is_absent = self.make.graph.targets.mtime[target] == Mtime::NONEXISTENT;
        if is_absent && !self.is_in_missing_archive(target) {
            return "target does not exist".into();
        }
        let mut names = Vec::new();
        self.make.list_prerequisites(target, b'?', &mut names);
        if names.is_empty() {
            names = self.absent_prerequisites(target);
        }
        match names.is_empty() {
            true => "unknown reasons".into(),
            false => names.into(),
        }
    }

    /// Returns the prerequisites of any kind that do not exist, each as often as it is named.
    fn absent_prerequisites(&mut self, target: TargetId) -> Vec<u8> {
        let mut names = Vec::new();
        for place in 0..self.make.graph.targets.prereqs(target).len() {
            let wanted = self.make.graph.targets.prereqs(target)[place].target;
            let wanted = self.renamed(wanted);
            if self.mtime(wanted) == Mtime::NONEXISTENT && !self.is_in_missing_archive(wanted) {
                names.push(self.name(wanted));
            }
        }
        bstr::join(" ", names)
    }

    /// Returns whether `target` is a member of an archive that does not exist: of such a one nothing was asked.
    fn is_in_missing_archive(&mut self, target: TargetId) -> bool {
        let name = self.name(target);
        let Some((archive, _)) = archive_parts(&name) else {
            return false;
        };
        self.make.view.stat(archive).is_err()
    }
}
