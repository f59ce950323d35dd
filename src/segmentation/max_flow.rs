//! Exact minimum cut of a grid with 8 neighbours: the maximum flow of Boykov & Kolmogorov ("An Experimental Comparison of
//! Min-Cut/Max-Flow Algorithms", PAMI 2004), written for the grid.
//!
//! The grid knows no pictures: nodes with a link from the source, a link to the sink, and links to their eight neighbours, all
//! with integral capacities, so that the flow equals the capacity of the cut exactly.
//!
//! What makes it quick. A node is 16 bytes and keeps, beside its place in its search tree, one bit for each direction in which
//! it can still send flow and one for each from which it can still be sent some: the trees grow and mend on these bits, and the
//! capacities themselves are touched only along an augmenting path. Neighbours are offsets, a border of linkless nodes around
//! the grid stands in for every bounds test, and nothing is allocated for an edge.
//!
//! ```
//! use deep_inside::segmentation::max_flow::{EAST, GridGraph};
//!
//! // source --9--> a --3--> b --8--> sink, and  source --1--> b,  a --4--> sink
//! let mut graph = GridGraph::new(2, 1)?;
//! graph.set_terminals(0, 0, 9, 4);
//! graph.set_terminals(1, 0, 1, 8);
//! graph.set_link(0, 0, EAST, 3, 0);
//! assert_eq!(graph.solve(), 8); // 4 through a, 3 from a through b, 1 through b
//! assert!(graph.on_source_side(0, 0)); // the cut: a -> sink, a -> b and source -> b
//! assert!(!graph.on_source_side(1, 0));
//! # Ok::<(), deep_inside::Error>(())
//! ```

use std::collections::VecDeque;

use crate::error::Error;

/// The largest capacity of a link. Larger ones are taken as this one, which is still far more than a picture's other links
/// together can carry past a node, and leaves what all nine links of a node carry within 31 bits, whatever becomes of its terminals.
pub const MAX_CAPACITY: u32 = (1 << 27) - 1;

/// A neighbour's column and row, relative to the node's, by direction. Direction `d`'s opposite is `7 - d`.
pub const DIRECTIONS: [(i32, i32); 8] = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)];
/// The direction of the next column. (With the next three, each pair of neighbours is met exactly once.)
pub const EAST: usize = 4;
/// The direction of the next row's previous column.
pub const SOUTH_WEST: usize = 5;
/// The direction of the next row.
pub const SOUTH: usize = 6;
/// The direction of the next row's next column.
pub const SOUTH_EAST: usize = 7;

/// Parents are directions; these two stand for the others.
const TERMINAL: u8 = 8;
const ORPHAN: u8 = 9;
/// In no tree.
const FREE: u8 = 10;

/// The two search trees, as values of `const SINK: bool`.
const SOURCE_TREE: bool = false;
const SINK_TREE: bool = true;

#[derive(Clone, Copy)]
struct Node {
    /// What the source can still send here (> 0), or what can still go from here to the sink (< 0): the difference of the
    /// terminals' capacities, and what has come here from neighbours.
    excess: i32,
    /// Links from here to the terminal, as far as known at time `stamp`; they are a lower bound that steers, not a promise.
    distance: u32,
    /// The augmentation at which this node's way to the terminal was last seen to be whole.
    stamp: u32,
    /// Direction of the parent in the tree, or TERMINAL, ORPHAN or FREE.
    parent: u8,
    /// Bit `d`: flow can go from here in direction `d`.
    sends: u8,
    /// Bit `d`: flow can come here from the neighbour in direction `d`.
    receives: u8,
    /// The tree to which the node belongs, unless it is free.
    in_sink_tree: bool,
}

/// What every node is at first, and the border's nodes stay.
const LINKLESS: Node = Node { excess: 0, distance: 0, stamp: 0, parent: FREE, sends: 0, receives: 0, in_sink_tree: SOURCE_TREE };

/// A grid of nodes between a source and a sink, and after [`solve`](GridGraph::solve) its maximum flow and minimum cut.
///
/// Columns and rows count from 0 at the top left. All capacities are 0 at first.
pub struct GridGraph {
    width: usize,
    height: usize,
    /// Nodes in a row, the border's one included: it ends this row and precedes the next.
    stride: usize,
    nodes: Vec<Node>,
    /// The capacities from the source and to the sink.
    terminals: Vec<[u32; 2]>,
    /// What each direction can still carry.
    residual: Vec<[u32; 8]>,
    /// Neighbours as offsets between node numbers; they wrap around, so that all of them are additions.
    offsets: [u32; 8],
    /// Active nodes: tree nodes whose neighbours are still to be looked at.
    active: VecDeque<u32>,
    /// Whether a node is in `active`: it waits there at most once.
    waiting: Vec<bool>,
    /// Augmentations so far.
    time: u32,
}

impl GridGraph {
    /// `width * height` nodes without links.
    ///
    /// # Errors
    /// `picture-too-large` when the nodes, with the border, are more than 2^31.
    pub fn new(width: usize, height: usize) -> Result<Self, Error> {
        let nodes = (width as u64).saturating_add(1).saturating_mul((height as u64).saturating_add(2)).saturating_add(1);
        if nodes > 1 << 31 {
            return Err(Error::PictureTooLarge(format!("a graph of {width} x {height} nodes")));
        }
        let (nodes, stride) = (nodes as usize, width + 1);
        let offsets = DIRECTIONS.map(|(columns, rows)| (rows * stride as i32 + columns) as u32);
        Ok(Self {
            width,
            height,
            stride,
            nodes: vec![LINKLESS; nodes],
            terminals: vec![[0; 2]; nodes],
            residual: vec![[0; 8]; nodes],
            offsets,
            active: VecDeque::new(),
            waiting: vec![false; nodes],
            time: 0,
        })
    }

    /// Sets the capacities of a node's links from the source and to the sink. Capacities over [`MAX_CAPACITY`] count as that.
    ///
    /// After [`solve`](GridGraph::solve) they may be changed, for another `solve`: what flows between neighbours stays and is a
    /// start for the new flow (Kohli & Torr, "Dynamic Graph Cuts", PAMI 2007). Where a node now passes on more than its source
    /// link holds, or takes in more than its sink link does, the same amount is added to both links, which changes every cut alike.
    ///
    /// # Panics
    /// When the column or the row is outside the grid.
    pub fn set_terminals(&mut self, column: usize, row: usize, from_source: u32, to_sink: u32) {
        let number = self.number(column, row);
        let capacities = [from_source.min(MAX_CAPACITY), to_sink.min(MAX_CAPACITY)];
        let difference = |[from_source, to_sink]: [u32; 2]| from_source as i32 - to_sink as i32;
        let before = std::mem::replace(&mut self.terminals[number], capacities);
        self.nodes[number].excess += difference(capacities) - difference(before);
    }

    /// Sets the capacities of the link to the neighbour in `direction`, there and back; to be called before the first `solve`, once for
    /// a pair of neighbours. A link that leads out of the grid has no effect. Capacities over [`MAX_CAPACITY`] count as that.
    ///
    /// # Panics
    /// When the column or the row is outside the grid, or the direction is none of the eight.
    pub fn set_link(&mut self, column: usize, row: usize, direction: usize, there: u32, back: u32) {
        let node = self.number(column, row);
        let (columns, rows) = DIRECTIONS[direction];
        let inside = |position: usize, step: i32, side: usize| {
            position.checked_add_signed(step as isize).is_some_and(|moved| moved < side)
        };
        if !inside(column, columns, self.width) || !inside(row, rows, self.height) {
            return;
        }
        let neighbour = self.neighbour(node as u32, direction) as usize;
        for (from, to, direction, capacity) in [(node, neighbour, direction, there), (neighbour, node, 7 - direction, back)] {
            self.residual[from][direction] = capacity.min(MAX_CAPACITY);
            self.nodes[from].sends |= u8::from(capacity > 0) << direction;
            self.nodes[to].receives |= u8::from(capacity > 0) << (7 - direction);
        }
    }

    /// Finds a maximum flow and with it a minimum cut; returns the flow, which is the capacity of the cut. It goes on from the last
    /// one, if there was one.
    pub fn solve(&mut self) -> u64 {
        self.plant_trees();
        let mut cut_off = Vec::new();
        let mut orphans = VecDeque::new();
        while let Some(node) = self.active.pop_front() {
            // The node stays active while its scan is interrupted by augmentations, each of which may also cut it off.
            while self.nodes[node as usize].parent != FREE {
                let meeting = match self.nodes[node as usize].in_sink_tree {
                    SOURCE_TREE => self.grow::<SOURCE_TREE>(node),
                    SINK_TREE => self.grow::<SINK_TREE>(node),
                };
                let Some((from, direction)) = meeting else { break };
                self.time += 1;
                self.augment(from, direction, &mut cut_off);
                // The orphan that was cut off last is mended first, and everything that it orphans in turn right after it.
                while let Some(orphan) = cut_off.pop() {
                    orphans.push_back(orphan);
                    while let Some(orphan) = orphans.pop_front() {
                        match self.nodes[orphan as usize].in_sink_tree {
                            SOURCE_TREE => self.adopt::<SOURCE_TREE>(orphan, &mut orphans),
                            SINK_TREE => self.adopt::<SINK_TREE>(orphan, &mut orphans),
                        }
                    }
                }
            }
            self.waiting[node as usize] = false;
        }
        // The excesses on the source's side add up to the differences of its terminals less what its links carry to the other side,
        // all of which are full. So the capacity of the cut, its source and sink links and those, is that of all source links less
        // the excess that is left.
        let capacity: u64 = self.terminals.iter().map(|&[from_source, _]| u64::from(from_source)).sum();
        let unsent: i64 = self.nodes.iter().map(|node| i64::from(node.excess.max(0))).sum();
        capacity.wrapping_add_signed(-unsent)
    }

    /// After [`solve`](GridGraph::solve): on which side of the cut a node lies.
    ///
    /// The rule: on the source's side lie exactly those nodes that the source can still send flow to. Every other node lies on
    /// the sink's side, also one that neither terminal reaches any more, or ever did; so of all minimum cuts this is the one
    /// with the smallest source side, and it does not depend on the way in which the flow was found.
    ///
    /// # Panics
    /// When the column or the row is outside the grid.
    pub fn on_source_side(&self, column: usize, row: usize) -> bool {
        let node = &self.nodes[self.number(column, row)];
        node.parent != FREE && node.in_sink_tree == SOURCE_TREE
    }

    fn number(&self, column: usize, row: usize) -> usize {
        assert!(column < self.width && row < self.height, "({column}, {row}) is outside the grid");
        (row + 1) * self.stride + column + 1
    }

    #[inline(always)]
    fn neighbour(&self, node: u32, direction: usize) -> u32 {
        node.wrapping_add(self.offsets[direction & 7])
    }

    /// Every node with a terminal link to spare becomes a root, and active; the others are free.
    fn plant_trees(&mut self) {
        for (number, node) in self.nodes.iter_mut().enumerate() {
            node.parent = FREE;
            if node.excess != 0 {
                node.parent = TERMINAL;
                node.in_sink_tree = node.excess < 0;
                node.distance = 1;
                node.stamp = self.time;
                self.active.push_back(number as u32);
                self.waiting[number] = true;
            }
        }
    }

    fn activate(&mut self, node: u32) {
        if !self.waiting[node as usize] {
            self.waiting[node as usize] = true;
            self.active.push_back(node);
        }
    }

    /// Takes the free neighbours that `node` can reach into its tree, until one of them is found to be in the other tree:
    /// that one closes a path from source to sink, whose middle link (from, direction) is returned.
    fn grow<const SINK: bool>(&mut self, node: u32) -> Option<(u32, usize)> {
        let this = self.nodes[node as usize];
        let mut open = if SINK { this.receives } else { this.sends };
        while open != 0 {
            let direction = open.trailing_zeros() as usize;
            open &= open - 1;
            let number = self.neighbour(node, direction);
            let other = &mut self.nodes[number as usize];
            if other.parent == FREE {
                other.in_sink_tree = SINK;
                other.parent = 7 - direction as u8;
                other.stamp = this.stamp;
                other.distance = this.distance + 1;
                self.activate(number);
            } else if other.in_sink_tree != SINK {
                return Some(if SINK { (number, 7 - direction) } else { (node, direction) });
            } else if other.stamp <= this.stamp && other.distance > this.distance {
                // A shorter way to the terminal, by what is known.
                other.parent = 7 - direction as u8;
                other.stamp = this.stamp;
                other.distance = this.distance + 1;
            }
        }
        None
    }

    /// Pushes what the path through the link (from, direction) can carry, and orphans the nodes whose way to their terminal
    /// it fills up.
    fn augment(&mut self, from: u32, direction: usize, orphans: &mut Vec<u32>) {
        let to = self.neighbour(from, direction);
        let mut amount = self.residual[from as usize][direction];
        let mut node = from;
        loop {
            let Node { parent, excess, .. } = self.nodes[node as usize];
            if parent == TERMINAL {
                amount = amount.min(excess as u32);
                break;
            }
            node = self.neighbour(node, parent as usize);
            amount = amount.min(self.residual[node as usize][(7 - parent as usize) & 7]);
        }
        node = to;
        loop {
            let Node { parent, excess, .. } = self.nodes[node as usize];
            if parent == TERMINAL {
                amount = amount.min(excess.unsigned_abs());
                break;
            }
            amount = amount.min(self.residual[node as usize][parent as usize & 7]);
            node = self.neighbour(node, parent as usize);
        }

        self.push(from, to, direction, amount);
        node = from;
        loop {
            let parent = self.nodes[node as usize].parent;
            if parent == TERMINAL {
                break;
            }
            let above = self.neighbour(node, parent as usize);
            if self.push(above, node, 7 - parent as usize, amount) {
                self.nodes[node as usize].parent = ORPHAN;
                orphans.push(node);
            }
            node = above;
        }
        self.spend(node, -(amount as i32), orphans);
        node = to;
        loop {
            let parent = self.nodes[node as usize].parent;
            if parent == TERMINAL {
                break;
            }
            let below = self.neighbour(node, parent as usize);
            if self.push(node, below, parent as usize, amount) {
                self.nodes[node as usize].parent = ORPHAN;
                orphans.push(node);
            }
            node = below;
        }
        self.spend(node, amount as i32, orphans);
    }

    /// Moves `amount` along one link; says whether that fills the link.
    #[inline(always)]
    fn push(&mut self, from: u32, to: u32, direction: usize, amount: u32) -> bool {
        let (ahead, back) = (direction & 7, 7 - (direction & 7));
        let opposite = &mut self.residual[to as usize][back];
        if *opposite == 0 {
            self.nodes[to as usize].sends |= 1 << back;
            self.nodes[from as usize].receives |= 1 << ahead;
        }
        *opposite += amount;
        let left = &mut self.residual[from as usize][ahead];
        *left -= amount;
        if *left == 0 {
            self.nodes[from as usize].sends &= !(1 << ahead);
            self.nodes[to as usize].receives &= !(1 << back);
            return true;
        }
        false
    }

    /// Takes a root's share of the flow off its terminal link.
    fn spend(&mut self, root: u32, change: i32, orphans: &mut Vec<u32>) {
        let node = &mut self.nodes[root as usize];
        node.excess += change;
        if node.excess == 0 {
            node.parent = ORPHAN;
            orphans.push(root);
        }
    }

    /// Finds an orphan the neighbour in its tree that is nearest to the terminal as its new parent, or else sets it free
    /// together with its children's claim on it.
    fn adopt<const SINK: bool>(&mut self, orphan: u32, orphans: &mut VecDeque<u32>) {
        let this = self.nodes[orphan as usize];
        let supply = if SINK { this.sends } else { this.receives };
        let mut open = supply;
        let mut nearest = (u32::MAX, FREE);
        while open != 0 {
            let direction = open.trailing_zeros() as usize;
            open &= open - 1;
            let number = self.neighbour(orphan, direction);
            let other = &self.nodes[number as usize];
            if other.in_sink_tree == SINK && other.parent != FREE {
                let distance = self.distance_to_terminal(number);
                if distance < nearest.0 {
                    nearest = (distance, direction as u8);
                }
            }
        }
        let node = &mut self.nodes[orphan as usize];
        node.parent = nearest.1;
        if nearest.1 != FREE {
            node.stamp = self.time;
            node.distance = nearest.0 + 1;
            return;
        }
        for direction in 0..8 {
            let number = self.neighbour(orphan, direction);
            let other = &mut self.nodes[number as usize];
            if other.in_sink_tree == SINK && other.parent != FREE {
                if other.parent == 7 - direction as u8 {
                    other.parent = ORPHAN;
                    orphans.push_back(number);
                }
                if (supply >> direction) & 1 != 0 {
                    self.activate(number);
                }
            }
        }
    }

    /// Links between a tree's node and its terminal, or `u32::MAX` when an orphan is in the way. What the walk learns it
    /// notes on the way's nodes, so that the next walk of this augmentation ends at the first of them.
    fn distance_to_terminal(&mut self, start: u32) -> u32 {
        let mut distance = 0;
        let mut node = start;
        loop {
            let Node { parent, stamp, distance: known, .. } = self.nodes[node as usize];
            if stamp == self.time {
                distance += known;
                break;
            }
            distance += 1;
            if parent == TERMINAL {
                break;
            }
            if parent == ORPHAN {
                return u32::MAX;
            }
            node = self.neighbour(node, parent as usize);
        }
        let (mut node, mut left) = (start, distance);
        while self.nodes[node as usize].stamp != self.time {
            let this = &mut self.nodes[node as usize];
            this.stamp = self.time;
            this.distance = left;
            let parent = this.parent;
            if parent == TERMINAL {
                break;
            }
            left -= 1;
            node = self.neighbour(node, parent as usize);
        }
        distance
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    /// A grid's capacities, kept apart from the solver.
    #[derive(Debug, Clone)]
    struct Instance {
        width: usize,
        height: usize,
        /// By node: from the source, to the sink.
        terminals: Vec<[u32; 2]>,
        /// By node: to the neighbours east, south-west, south and south-east, there and back.
        links: Vec<[[u32; 2]; 4]>,
    }

    impl Instance {
        /// Every link inside the grid as (from, to, capacity), saturated like the solver's.
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

        /// The capacity of a cut, from its definition.
        fn capacity(&self, on_source_side: &[bool]) -> u64 {
            let terminals = self.terminals.iter().zip(on_source_side);
            terminals.map(|(pair, &source)| u64::from(pair[usize::from(source)].min(MAX_CAPACITY))).sum::<u64>()
                + self.arcs().iter().filter(|arc| on_source_side[arc.0] && !on_source_side[arc.1]).map(|arc| arc.2).sum::<u64>()
        }

        /// The flow and the source side, from the solver's own start.
        fn solved(&self) -> (u64, Vec<bool>) {
            let mut graph = GridGraph::new(self.width, self.height).unwrap();
            for (node, links) in self.links.iter().enumerate() {
                for (direction, &[there, back]) in (EAST..).zip(links) {
                    graph.set_link(node % self.width, node / self.width, direction, there, back);
                }
            }
            self.solved_with(&mut graph, &self.terminals)
        }

        /// The same with other terminals, from where `graph` is.
        fn solved_with(&self, graph: &mut GridGraph, terminals: &[[u32; 2]]) -> (u64, Vec<bool>) {
            let positions = || (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
            for ((x, y), &[from_source, to_sink]) in positions().zip(terminals) {
                graph.set_terminals(x, y, from_source, to_sink);
            }
            let flow = graph.solve();
            (flow, positions().map(|(x, y)| graph.on_source_side(x, y)).collect())
        }
    }

    fn uniform(width: usize, height: usize, terminals: [u32; 2], link: u32) -> Instance {
        Instance { width, height, terminals: vec![terminals; width * height], links: vec![[[link; 2]; 4]; width * height] }
    }

    #[test]
    fn a_grid_without_nodes_has_no_flow() {
        for (width, height) in [(0, 0), (0, 7), (7, 0)] {
            assert_eq!(GridGraph::new(width, height).unwrap().solve(), 0);
        }
    }

    #[test]
    fn a_grid_too_large_to_number_is_refused() {
        for (width, height) in [(1 << 16, 1 << 16), (usize::MAX, 2), (2, usize::MAX), (usize::MAX, usize::MAX)] {
            assert_eq!(GridGraph::new(width, height).err().unwrap().code(), "picture-too-large");
        }
    }

    #[test]
    fn nodes_that_no_terminal_reaches_are_on_the_sink_s_side() {
        assert_eq!(uniform(4, 3, [0, 0], 5).solved(), (0, vec![false; 12]));
        // Nor does it matter that the source reaches one of them: it carries the others with it, for nothing.
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
        assert_eq!(uniform(1, 1, [huge, huge], 0).solved(), (MAX_CAPACITY.into(), vec![false]));
        // A flow far beyond 32 bits, limited by the 64 straight and 126 diagonal links between the halves.
        let mut grid = uniform(64, 64, [huge, 0], huge);
        grid.terminals[..2048].fill([0, huge]);
        assert_eq!(grid.solved(), (190 * u64::from(MAX_CAPACITY), (0..4096).map(|node| node >= 2048).collect()));
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

        /// Zero, one, small, middling, huge or just any capacity: few enough values that many are equal.
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
                let links = vec(prop::array::uniform4(prop::array::uniform2(capacity())), nodes);
                (vec(prop::array::uniform2(capacity()), nodes), links).prop_map(move |(terminals, links)| Instance {
                    width,
                    height,
                    terminals,
                    links,
                })
            })
        }

        /// A small source and sink side far apart, much flow through few ways: trees get cut and mended often.
        fn tangle() -> impl Strategy<Value = Instance> {
            (4..24usize, 4..24usize, 0..4u32).prop_flat_map(|(width, height, scale)| {
                let nodes = width * height;
                let terminal =
                    prop_oneof![4 => Just([0, 0]), 1 => (0..500u32).prop_map(|c| [c, 0]), 1 => (0..500u32).prop_map(|c| [0, c])];
                let links = vec(prop::array::uniform4(prop::array::uniform2(0..1 + 10u32.pow(scale))), nodes);
                (vec(terminal, nodes), links).prop_map(move |(terminals, links)| Instance { width, height, terminals, links })
            })
        }

        fn petgraph_flow(instance: &Instance) -> u64 {
            let nodes = instance.terminals.len();
            let mut edges: Vec<(u32, u32, u64)> =
                instance.arcs().iter().map(|&(from, to, capacity)| (from as u32, to as u32, capacity)).collect();
            for (node, pair) in (0..).zip(&instance.terminals) {
                edges.push((nodes as u32, node, pair[0].min(MAX_CAPACITY).into()));
                edges.push((node, nodes as u32 + 1, pair[1].min(MAX_CAPACITY).into()));
            }
            let graph = DiGraph::<(), u64>::from_edges(edges);
            ford_fulkerson(&graph, NodeIndex::new(nodes), NodeIndex::new(nodes + 1)).0
        }

        proptest! {
            #[test]
            fn the_flow_is_the_capacity_of_the_cut_and_petgraph_s_flow(instance in prop_oneof![instance(9), tangle()]) {
                let (flow, labels) = instance.solved();
                prop_assert_eq!(flow, instance.capacity(&labels));
                prop_assert_eq!(flow, petgraph_flow(&instance));
            }

            #[test]
            fn a_flow_that_goes_on_from_others_is_the_one_from_the_start(
                instance in prop_oneof![instance(9), tangle()],
                seeds in vec(any::<u64>(), 1..6),
            ) {
                let nodes = instance.terminals.len();
                let mut graph = GridGraph::new(instance.width, instance.height).unwrap();
                for (node, links) in instance.links.iter().enumerate() {
                    for (direction, &[there, back]) in (EAST..).zip(links) {
                        graph.set_link(node % instance.width, node / instance.width, direction, there, back);
                    }
                }
                let mut terminals = instance.terminals.clone();
                for seed in seeds {
                    prop_assert_eq!(
                        instance.solved_with(&mut graph, &terminals),
                        Instance { terminals: terminals.clone(), ..instance.clone() }.solved()
                    );
                    // Some nodes change sides, some their capacities, some nothing.
                    for step in 0..nodes.div_ceil(2) as u64 {
                        let draw = seed.wrapping_mul(step * 2 + 1).wrapping_add(step << 17) >> 7;
                        let node = draw as usize % nodes;
                        terminals[node].swap(0, 1);
                        terminals[node][0] = terminals[node][0].wrapping_add((draw >> 32) as u32 % 900);
                    }
                }
            }

            #[test]
            fn no_cut_of_a_small_grid_has_less_capacity(instance in instance(12).prop_filter("at most 12 nodes", |i| i.terminals.len() <= 12)) {
                let nodes = instance.terminals.len();
                let labelling = |bits: u32| (0..nodes).map(|node| bits >> node & 1 == 1).collect::<Vec<_>>();
                let (flow, labels) = instance.solved();
                let least = (0..1 << nodes).map(|bits| instance.capacity(&labelling(bits))).min();
                prop_assert_eq!(Some(flow), least);
                // And of the least ones the cut's source side is the smallest.
                let smallest = (0..1u32 << nodes).filter(|&bits| instance.capacity(&labelling(bits)) == flow).map(u32::count_ones).min();
                prop_assert_eq!(Some(labels.iter().filter(|&&source| source).count() as u32), smallest);
            }
        }
    }
}
