//! The graph of targets as a petgraph graph: cycles, longest remaining paths, export as dot or JSON.
//! It does not know what is out of date, and is never the store: it is derived when wanted.

use crate::graph::Graph;
use crate::graph::target::Flags;
use crate::graph::target::PrereqFlags;
use crate::id::TargetId;
use crate::name::Names;
use bstr::ByteSlice;
use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// Targets reachable from the goals; an edge leads from a target to each of its prerequisites and is true
/// for an order-only one.
pub struct Dag {
    graph: DiGraph<TargetId, bool, u32>,
}

impl Dag {
    /// Returns the part of `graph` that the goals need, as far as its rules are known by now.
    pub fn of(graph: &Graph, goals: &[TargetId]) -> Dag {
        let mut dag = Dag {
            graph: DiGraph::default(),
        };
        let mut nodes: FxHashMap<TargetId, NodeIndex> = FxHashMap::default();
        let mut open: Vec<TargetId> = goals.to_vec();
        for goal in goals {
            nodes
                .entry(*goal)
                .or_insert_with(|| dag.graph.add_node(*goal));
        }
        while let Some(target) = open.pop() {
            let from = nodes[&target];
            for prereq in graph.targets.prereqs(target) {
                if prereq.flags.has(PrereqFlags::PENDING) {
                    continue;
                }
                let to = *nodes.entry(prereq.target).or_insert_with(|| {
                    open.push(prereq.target);
                    dag.graph.add_node(prereq.target)
                });
                dag.graph
                    .update_edge(from, to, prereq.flags.has(PrereqFlags::ORDER_ONLY));
            }
        }
        dag
    }

    /// Returns every circle of prerequisites, each as the targets on it.
    pub fn cycles(&self) -> Vec<Vec<TargetId>> {
        let components = tarjan_scc(&self.graph).into_iter();
        let circles = components.filter(|component| {
            component.len() > 1 || self.graph.find_edge(component[0], component[0]).is_some()
        });
        circles
            .map(|component| component.into_iter().map(|node| self.graph[node]).collect())
            .collect()
    }

    /// Returns for each target the cost of the longest path of recipes from it up to a goal, its own
    /// included: among jobs that are ready, the one with the most is the most urgent. A circle counts once.
    pub fn remaining(&self, cost: impl Fn(TargetId) -> u64) -> FxHashMap<TargetId, u64> {
        let mut remaining = FxHashMap::default();
        // Tarjan gives prerequisites before those that need them: go the other way.
        for component in tarjan_scc(&self.graph).iter().rev() {
            let own: u64 = component.iter().map(|node| cost(self.graph[*node])).sum();
            let above = component.iter().flat_map(|node| {
                let parents = self.graph.neighbors_directed(*node, Direction::Incoming);
                parents.filter_map(|parent| remaining.get(&self.graph[parent]).copied())
            });
            let most = own + above.max().unwrap_or(0);
            remaining.extend(component.iter().map(|node| (self.graph[*node], most)));
        }
        remaining
    }

    /// Returns the graph in the language of Graphviz: order-only edges dashed, phony targets round.
    pub fn dot(&self, graph: &Graph, names: &Names) -> String {
        let mut text = String::from("digraph make {\n");
        for node in self.graph.node_indices() {
            let target = self.graph[node];
            let shape = if graph.targets.flags[target].has(Flags::PHONY) {
                "ellipse"
            } else {
                "box"
            };
            let _ = writeln!(text, "  {} [shape={shape}];", label(graph, names, target));
        }
        for edge in self.graph.edge_references() {
            let (from, to) = (self.graph[edge.source()], self.graph[edge.target()]);
            let style = if *edge.weight() {
                " [style=dashed]"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "  {} -> {}{style};",
                label(graph, names, from),
                label(graph, names, to)
            );
        }
        text.push_str("}\n");
        text
    }

    /// Returns the graph as one JSON object: targets with `name`, `phony`, `recipe`, `prerequisites`, `order_only`
    /// and `remaining` (recipes on the longest path to a goal), and `cycles`. Bytes that are no UTF-8 are replaced.
    pub fn json(&self, graph: &Graph, names: &Names) -> String {
        let remaining = self.remaining(|target| u64::from(graph.targets.recipe[target].is_some()));
        let list = |items: Vec<String>| format!("[{}]", items.join(","));
        let targets = self.graph.node_indices().map(|node| {
            let target = self.graph[node];
            let side = |order_only: bool| {
                let mut edges: Vec<_> = self.graph.edges(node).filter(|edge| *edge.weight() == order_only).collect();
                edges.reverse(); // petgraph lists the last edge first
                list(edges.iter().map(|edge| label(graph, names, self.graph[edge.target()])).collect())
            };
            format!(
                "{{\"name\":{},\"phony\":{},\"recipe\":{},\"prerequisites\":{},\"order_only\":{},\"remaining\":{}}}",
                label(graph, names, target),
                graph.targets.flags[target].has(Flags::PHONY),
                graph.targets.recipe[target].is_some(),
                side(false),
                side(true),
                remaining.get(&target).copied().unwrap_or(0),
            )
        });
        let targets = list(targets.collect());
        let circle = |cycle: &Vec<TargetId>| {
            list(
                cycle
                    .iter()
                    .map(|target| label(graph, names, *target))
                    .collect(),
            )
        };
        let cycles = list(self.cycles().iter().map(circle).collect());
        format!("{{\"targets\":{targets},\"cycles\":{cycles}}}\n")
    }
}

/// A name in double quotes, escaped as both dot and JSON read it.
fn label(graph: &Graph, names: &Names, target: TargetId) -> String {
    let name = names.bytes(graph.targets.name[target]).to_str_lossy();
    let mut text = String::from("\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::target::Prereq;

    fn build(edges: &[(&str, &str)]) -> (Graph, Names, Vec<TargetId>) {
        let (mut graph, mut names) = (Graph::default(), Names::default());
        let first = graph.targets.enter(names.intern(b"all"));
        for (from, to) in edges {
            let from = graph.targets.enter(names.intern(from.as_bytes()));
            let target = graph.targets.enter(names.intern(to.as_bytes()));
            graph.targets.push_prereq(
                from,
                Prereq {
                    target,
                    flags: PrereqFlags::default(),
                },
            );
        }
        (graph, names, vec![first])
    }

    #[test]
    fn longest_paths_end_at_the_goal() {
        let (graph, mut names, goals) = build(&[
            ("all", "a"),
            ("all", "b"),
            ("a", "c"),
            ("c", "d"),
            ("b", "d"),
        ]);
        let dag = Dag::of(&graph, &goals);
        let remaining = dag.remaining(|_| 1);
        let mut of =
            |name: &str| remaining[&graph.targets.lookup(names.intern(name.as_bytes())).unwrap()];
        assert_eq!(
            (of("all"), of("a"), of("b"), of("c"), of("d")),
            (1, 2, 2, 3, 4)
        );
        assert!(dag.cycles().is_empty());
    }

    #[test]
    fn circles_are_found_and_counted_once() {
        let (graph, names, goals) =
            build(&[("all", "a"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "c")]);
        let dag = Dag::of(&graph, &goals);
        let mut cycles: Vec<usize> = dag.cycles().iter().map(Vec::len).collect();
        cycles.sort_unstable();
        assert_eq!(cycles, [1, 2]);
        assert_eq!(dag.remaining(|_| 1).len(), 4);
        assert!(dag.dot(&graph, &names).contains("\"b\" -> \"c\";"));
        assert!(dag.json(&graph, &names).contains("\"cycles\":[[\"c\"]"));
    }
}
