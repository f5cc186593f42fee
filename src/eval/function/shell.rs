//! `$(shell)` and `!=`: a command's output as a value, its status in `.SHELLSTATUS`.
//! It does not know processes: the session runs the command.

use crate::error::Result;
use crate::eval::environment::Child;
use crate::eval::function::text;
use crate::eval::make::Make;
use crate::eval::make::ShellRequest;
use crate::eval::variable::Flavor;
use crate::eval::variable::Origin;
use bstr::BString;

impl Make {
    pub(crate) fn function_shell(&mut self, command: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if let Some(mut output) = self.run_shell(command)? {
            while output.last() == Some(&b'\n') {
                drop_newline(&mut output);
            }
            fold_newlines(&output, out);
        }
        Ok(())
    }

    /// Returns what `NAME != COMMAND` assigns: only one newline at the end is dropped.
    pub(crate) fn shell_value(&mut self, command: &[u8]) -> Result<Vec<u8>> {
        let mut value = Vec::new();
        if let Some(mut output) = self.run_shell(command)? {
            drop_newline(&mut output);
            fold_newlines(&output, &mut value);
        }
        Ok(value)
    }

    /// Runs a command. None when there is nothing to run.
    fn run_shell(&mut self, command: &[u8]) -> Result<Option<Vec<u8>>> {
        if command.iter().all(|c| matches!(c, b' ' | b'\t')) {
            return Ok(None);
        }
        let shell = self.value_of_text("SHELL")?;
        let flags = self.value_of_text(".SHELLFLAGS")?;
        let ifs = match self.names.get(b"IFS") {
            Some(name) => self.value_of(name)?.map(BString::from),
            None => None,
        };
        self.note_command(command);
        let environment = self.child_environment(None, Child::Shell)?;
        let request = ShellRequest {
            command: BString::from(command),
            shell: BString::from(text::trim(&shell)),
            shell_flags: text::words(&flags).map(BString::from).collect(),
            ifs,
            environment,
            one_shell: self.special.one_shell,
            job: self.job,
        };
        let result = self.ctx.shell(&request);
        self.view.forget();
        let status = result.status.to_string();
        self.define(
            b".SHELLSTATUS",
            status.as_bytes(),
            Flavor::Simple,
            Origin::Override,
        );
        Ok(Some(result.output))
    }
}

fn drop_newline(output: &mut Vec<u8>) {
    if output.pop_if(|byte| *byte == b'\n').is_some() {
        output.pop_if(|byte| *byte == b'\r');
    }
}

/// Appends `output` with newlines as blanks; a carriage return before a newline goes with it.
fn fold_newlines(output: &[u8], out: &mut Vec<u8>) {
    for (index, byte) in output.iter().enumerate() {
        match byte {
            b'\n' => out.push(b' '),
            b'\r' if output.get(index + 1) == Some(&b'\n') => {}
            _ => out.push(*byte),
        }
    }
}
