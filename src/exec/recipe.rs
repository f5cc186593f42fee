//! A recipe's text to its lines, and a target's recipe to a job: everything expanded, nothing run.
//! It does not know how lines are run.

use crate::error::Result;
use crate::eval::make::Make;
use crate::exec::Job;
use crate::graph::rule::Recipe;
use crate::graph::rule::RecipeLine;
use crate::id::JobId;
use crate::id::RecipeId;
use crate::id::TargetId;
use std::sync::Arc;

/// Returns the lines of a recipe, cut at first use.
pub fn lines(make: &mut Make, recipe: RecipeId) -> Arc<[RecipeLine]> {
    if let Some(lines) = &make.graph.recipes[recipe].lines {
        return lines.clone();
    }
    let lines = cut(&make.graph.recipes[recipe]);
    make.graph.recipes[recipe].lines = Some(lines.clone());
    lines
}

/// Cuts a recipe's text into logical lines.
pub fn cut(_recipe: &Recipe) -> Arc<[RecipeLine]> {
    todo!()
}

/// Returns whether any line of the recipe is run even under -n, -q and -t.
pub fn has_recursive_line(make: &mut Make, recipe: RecipeId) -> bool {
    lines(make, recipe).iter().any(|line| line.recursive)
}

/// Expands the whole recipe of `target` (all lines before the first runs) and makes its environment.
/// Messages of the expansion belong to the output of job `id`, which [`crate::exec::local::Runner::new_id`] gave.
pub fn job(_make: &mut Make, _target: TargetId, _id: JobId) -> Result<Job> {
    todo!()
}
