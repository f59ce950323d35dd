use super::*;

/// The capacities of a grid, without a solver.
#[derive(Debug, Clone)]
struct Instance {
    width: usize,
    height: usize,
    /// By node: capacities from the source and to the sink.
    terminals: Vec<[u32; 2]>,
    /// By node: capacities to and from the neighbours in the directions EAST to SOUTH_EAST.
    links: Vec<[[u32; 2]; 4]>,
}

impl Instance {
    /// Every link inside the grid as (from, to, capacity), clipped as the solver does.
    fn arcs(&self) -> Vec<(usize, usize, u64)> {
        let mut arcs = Vec::new();
        for (node, links) in self.links.iter().enumerate() {
            let (x, y) = ((node % self.width) as i32, (node / self.width) as i32);
            for (direction, [there, back]) in (EAST..).zip(links) {
                let (x, y) = (x + DIRECTIONS[direction].0, y + DIRECTIONS[direction].1);
                if (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y) {
                    let other = y as usize * self.width + x as usize;
                    arcs.push((node, other, (*there).min(MAX_CAPACITY).into()));
                    arcs.push((other, node, (*back).min(MAX_CAPACITY).into()));
                }
            }
        }
        arcs
    }

    /// The capacity of a cut by its definition.
    fn capacity(&self, on_source_side: &[bool]) -> u64 {
        let terminals = self.terminals.iter().zip(on_source_side);
        terminals
            .map(|(pair, &source)| u64::from(pair[usize::from(source)].min(MAX_CAPACITY)))
            .sum::<u64>()
            + self
                .arcs()
                .iter()
                .filter(|arc| on_source_side[arc.0] && !on_source_side[arc.1])
                .map(|arc| arc.2)
                .sum::<u64>()
    }

    /// Flow and source side by a new solver.
    fn solved(&self) -> (u64, Vec<bool>) {
        let mut graph = GridGraph::new(self.width, self.height).unwrap();
        for (node, links) in self.links.iter().enumerate() {
            for (direction, &[there, back]) in (EAST..).zip(links) {
                graph.set_link(node % self.width, node / self.width, direction, there, back);
            }
        }
        self.solved_with(&mut graph, &self.terminals)
    }

    /// Flow and source side for other terminals, from the last flow of `graph`.
    fn solved_with(&self, graph: &mut GridGraph, terminals: &[[u32; 2]]) -> (u64, Vec<bool>) {
        let positions = || (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        for ((x, y), &[from_source, to_sink]) in positions().zip(terminals) {
            graph.set_terminals(x, y, from_source, to_sink);
        }
        let flow = graph.solve();
        (
            flow,
            positions()
                .map(|(x, y)| graph.on_source_side(x, y))
                .collect(),
        )
    }
}

fn uniform(width: usize, height: usize, terminals: [u32; 2], link: u32) -> Instance {
    Instance {
        width,
        height,
        terminals: vec![terminals; width * height],
        links: vec![[[link; 2]; 4]; width * height],
    }
}

#[test]
fn a_grid_without_nodes_has_no_flow() {
    for (width, height) in [(0, 0), (0, 7), (7, 0)] {
        assert_eq!(GridGraph::new(width, height).unwrap().solve(), 0);
    }
}

#[test]
fn a_grid_too_large_to_number_is_refused() {
    for (width, height) in [
        (1 << 16, 1 << 16),
        (usize::MAX, 2),
        (2, usize::MAX),
        (usize::MAX, usize::MAX),
    ] {
        assert_eq!(
            GridGraph::new(width, height).err().unwrap().code(),
            "picture-too-large"
        );
    }
}

#[test]
fn nodes_that_no_terminal_reaches_are_on_the_sink_s_side() {
    assert_eq!(uniform(4, 3, [0, 0], 5).solved(), (0, vec![false; 12]));
    // One that the source reaches takes the others to the source's side: no cut is cheaper.
    let mut island = uniform(4, 3, [0, 0], 5);
    island.terminals[5] = [1, 0];
    assert_eq!(island.solved(), (0, vec![true; 12]));
}

#[test]
fn among_equal_cuts_the_one_with_the_smallest_source_side_is_taken() {
    let mut chain = uniform(5, 1, [0, 0], 3);
    chain.terminals[0] = [3, 0];
    chain.terminals[4] = [0, 3];
    assert_eq!(chain.solved(), (3, vec![false; 5]));
    chain.terminals[0] = [4, 0];
    assert_eq!(chain.solved(), (3, vec![true, false, false, false, false]));
}

#[test]
fn capacities_beyond_the_largest_count_as_the_largest() {
    let huge = u32::MAX;
    assert_eq!(
        uniform(1, 1, [huge, huge], 0).solved(),
        (MAX_CAPACITY.into(), vec![false])
    );
    // A flow far beyond 32 bits, limited by the 64 straight and 126 diagonal links between the
    // halves.
    let mut grid = uniform(64, 64, [huge, 0], huge);
    grid.terminals[..2048].fill([0, huge]);
    assert_eq!(
        grid.solved(),
        (
            190 * u64::from(MAX_CAPACITY),
            (0..4096).map(|node| node >= 2048).collect()
        )
    );
}

#[test]
fn terminals_may_change_sides_after_a_solution() {
    let mut graph = GridGraph::new(2, 1).unwrap();
    graph.set_link(0, 0, EAST, 5, 5);
    for _ in 0..3 {
        for (source, sink) in [(0, 1), (1, 0)] {
            graph.set_terminals(source, 0, MAX_CAPACITY, 0);
            graph.set_terminals(sink, 0, 2, 9);
            assert_eq!(graph.solve(), 2 + 5);
            assert!(graph.on_source_side(source, 0) && !graph.on_source_side(sink, 0));
        }
    }
}

#[test]
fn long_thin_grids_are_solved() {
    for (width, height) in [(5000, 1), (1, 5000)] {
        let mut line = uniform(width, height, [0, 0], 9);
        line.terminals[0] = [7, 0];
        line.terminals[4999] = [0, 8];
        assert_eq!(line.solved().0, 7);
    }
}

#[cfg(not(target_family = "wasm"))]
mod against_others {
    use petgraph::algo::ford_fulkerson;
    use petgraph::graph::{DiGraph, NodeIndex};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Capacities of all magnitudes, many of them equal.
    fn capacity() -> impl Strategy<Value = u32> {
        prop_oneof![
            3 => Just(0),
            2 => Just(1),
            4 => 0..8u32,
            4 => 0..1000u32,
            1 => Just(MAX_CAPACITY),
            1 => Just(u32::MAX),
            1 => any::<u32>(),
        ]
    }

    fn instance(largest: usize) -> impl Strategy<Value = Instance> {
        (1..=largest, 1..=largest).prop_flat_map(|(width, height)| {
            let nodes = width * height;
            let links = vec(
                prop::array::uniform4(prop::array::uniform2(capacity())),
                nodes,
            );
            (vec(prop::array::uniform2(capacity()), nodes), links).prop_map(
                move |(terminals, links)| Instance {
                    width,
                    height,
                    terminals,
                    links,
                },
            )
        })
    }

    /// Few terminals, far apart, with much flow between them: many links saturate and many nodes
    /// become orphans.
    fn sparse_terminals() -> impl Strategy<Value = Instance> {
        (4..24usize, 4..24usize, 0..4u32).prop_flat_map(|(width, height, scale)| {
            let nodes = width * height;
            let terminal = prop_oneof![
                4 => Just([0, 0]),
                1 => (0..500u32).prop_map(|capacity| [capacity, 0]),
                1 => (0..500u32).prop_map(|capacity| [0, capacity]),
            ];
            let link = prop::array::uniform2(0..1 + 10u32.pow(scale));
            let links = vec(prop::array::uniform4(link), nodes);
            (vec(terminal, nodes), links).prop_map(move |(terminals, links)| Instance {
                width,
                height,
                terminals,
                links,
            })
        })
    }

    fn any_instance() -> impl Strategy<Value = Instance> {
        prop_oneof![instance(9), sparse_terminals()]
    }

    fn tiny_instance() -> impl Strategy<Value = Instance> {
        instance(12).prop_filter("at most 12 nodes", |tiny| tiny.terminals.len() <= 12)
    }

    fn petgraph_flow(instance: &Instance) -> u64 {
        let nodes = instance.terminals.len();
        let mut edges: Vec<(u32, u32, u64)> = instance
            .arcs()
            .iter()
            .map(|&(from, to, capacity)| (from as u32, to as u32, capacity))
            .collect();
        for (node, pair) in (0..).zip(&instance.terminals) {
            edges.push((nodes as u32, node, pair[0].min(MAX_CAPACITY).into()));
            edges.push((node, nodes as u32 + 1, pair[1].min(MAX_CAPACITY).into()));
        }
        let graph = DiGraph::<(), u64>::from_edges(edges);
        ford_fulkerson(&graph, NodeIndex::new(nodes), NodeIndex::new(nodes + 1)).0
    }

    proptest! {
        #[test]
        fn the_flow_is_the_capacity_of_the_cut_and_petgraph_s_flow(instance in any_instance()) {
            let (flow, labels) = instance.solved();
            prop_assert_eq!(flow, instance.capacity(&labels));
            prop_assert_eq!(flow, petgraph_flow(&instance));
        }

        #[test]
        fn a_flow_from_an_earlier_one_equals_the_flow_from_zero(
            instance in any_instance(),
            seeds in vec(any::<u64>(), 1..6),
        ) {
            let nodes = instance.terminals.len();
            let mut graph = GridGraph::new(instance.width, instance.height).unwrap();
            for (node, links) in instance.links.iter().enumerate() {
                let (x, y) = (node % instance.width, node / instance.width);
                for (direction, &[there, back]) in (EAST..).zip(links) {
                    graph.set_link(x, y, direction, there, back);
                }
            }
            let mut terminals = instance.terminals.clone();
            for seed in seeds {
                prop_assert_eq!(
                    instance.solved_with(&mut graph, &terminals),
                    Instance { terminals: terminals.clone(), ..instance.clone() }.solved()
                );
                // Some nodes swap their capacities, some change one, most change nothing.
                for step in 0..nodes.div_ceil(2) as u64 {
                    let draw = seed.wrapping_mul(step * 2 + 1).wrapping_add(step << 17) >> 7;
                    let node = draw as usize % nodes;
                    terminals[node].swap(0, 1);
                    terminals[node][0] = terminals[node][0].wrapping_add((draw >> 32) as u32 % 900);
                }
            }
        }

        #[test]
        fn no_cut_of_a_small_grid_has_less_capacity(instance in tiny_instance()) {
            let nodes = instance.terminals.len();
            let labelling = |bits: u32| -> Vec<bool> {
                (0..nodes).map(|node| bits >> node & 1 == 1).collect()
            };
            let capacity = |bits: u32| instance.capacity(&labelling(bits));
            let (flow, labels) = instance.solved();
            let least = (0..1 << nodes).map(capacity).min();
            prop_assert_eq!(Some(flow), least);
            // Among the minimum cuts it has the smallest source side.
            let minimum_cuts = (0..1u32 << nodes).filter(|&bits| capacity(bits) == flow);
            let smallest = minimum_cuts.map(u32::count_ones).min();
            let source_side = labels.iter().filter(|&&source| source).count() as u32;
            prop_assert_eq!(Some(source_side), smallest);
        }
    }
}
