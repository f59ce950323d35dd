//! Maximum flow and minimum cut of a grid graph with 8 neighbours per node.
//!
//! Nodes have a link from the source, a link to the sink, and links to their eight neighbours. All
//! capacities are integers, so the flow equals the capacity of the cut exactly. The module knows
//! nothing of pictures.
//!
//! # Algorithm
//! The sink's half of incremental breadth-first search (Goldberg, Hed, Kaplan, Kohli, Tarjan &
//! Werneck, "Faster and More Dynamic Maximum Flow by Incremental Breadth-First Search", ESA 2015),
//! with the highest-label order of push-relabel methods:
//!
//! 1. A search tree grows from the sink, level by level. A node's height is above its parent's.
//! 2. Where the tree reaches a node with excess, the node pushes it into the tree, up to the
//!    residual capacity of the link.
//! 3. Every `LEVELS_PER_DISCHARGE` levels, the tree is discharged: excess moves to the sink along
//!    the tree, from the highest nodes to the lowest, so that flows that meet continue as one. No
//!    path is walked for a single augmentation; on photos of a megapixel, paths are a hundred links
//!    long.
//! 4. A node whose link to its parent is saturated becomes an orphan. It adopts another lower
//!    neighbour as its parent, or else it is relabelled: it rises. A node that would rise above the
//!    tree's reach leaves the tree with its excess, until the tree has grown to it again.
//!
//! Levels are `LEVEL_HEIGHT` heights apart. If heights were exact distances, a relabelled node
//! would lift its whole subtree with it. In the gap between two levels it rises alone, until the
//! gap below its children is used up. Heights are then not distances, but maximality of the flow
//! and absence of cycles only need every tree link to lead downwards.
//!
//! Every node keeps two bit masks, of the residual links that leave and that enter it. Growth and
//! adoption read these masks and the eight neighbours' heights and parents, without branches;
//! capacities are read only where flow is pushed. Neighbours are index offsets, and a border of
//! nodes without links replaces bounds checks.
//!
//! `docs/cut.md` lists the variants that were measured.
//!
//! # Example
//! ```
//! use deep_inside::graph_cut::max_flow::{EAST, GridGraph};
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

use crate::error::Error;

/// The largest capacity of a link; larger ones are clipped to it. The flow through the links of one
/// node then fits in 31 bits, however its terminals change.
pub const MAX_CAPACITY: u32 = (1 << 27) - 1;

/// Column and row offset of the neighbour in each direction. The opposite of direction `d` is
/// `7 - d`.
pub const DIRECTIONS: [(i32, i32); 8] = [
    (-1, -1),
    (0, -1),
    (1, -1),
    (-1, 0),
    (1, 0),
    (-1, 1),
    (0, 1),
    (1, 1),
];
/// Direction (1, 0). Over all nodes, this direction and the following three visit each pair of
/// neighbours exactly once.
pub const EAST: usize = 4;
/// Direction (-1, 1).
pub const SOUTH_WEST: usize = 5;
/// Direction (0, 1).
pub const SOUTH: usize = 6;
/// Direction (1, 1).
pub const SOUTH_EAST: usize = 7;

/// A parent is a direction, or one of these three values. This one: the parent is the sink.
const SINK: u8 = 8;
/// The node is an orphan, or not in the tree.
const NO_PARENT: u8 = 9;
/// The node is on the source's side of the cut; set after the flow is maximal.
const SOURCE_SIDE: u8 = 10;

/// Heights between two levels of the tree. 4 and 16 are slower by a tenth.
const LEVEL_HEIGHT: u32 = 8;
/// Levels that the tree grows before it is discharged. 2 and 8 are slower by a twentieth.
const LEVELS_PER_DISCHARGE: u32 = 4;
/// The height of a node that is not in the tree.
const OUTSIDE: u32 = (1 << 27) - 1;

/// A node's height, and its parent in the lowest four bits: one load reads both.
#[derive(Clone, Copy, PartialEq, Eq)]
struct TreeEntry(u32);

impl TreeEntry {
    #[inline(always)]
    const fn new(height: u32, parent: u8) -> Self {
        Self(height << 4 | parent as u32)
    }

    #[inline(always)]
    const fn height(self) -> u32 {
        self.0 >> 4
    }

    #[inline(always)]
    const fn parent(self) -> u8 {
        self.0 as u8 & 15
    }

    /// The lowest level of the tree that is not below the height.
    #[inline(always)]
    const fn level(self) -> u32 {
        self.height().div_ceil(LEVEL_HEIGHT)
    }
}

#[derive(Clone, Copy, Default)]
struct Node {
    /// Source capacity less sink capacity, plus the net flow from the neighbours. Above 0: flow
    /// that the node has to pass on. Below 0: residual capacity of its link to the sink.
    excess: i32,
    /// Bit `d`: the link to the neighbour in direction `d` has residual capacity.
    open_out: u8,
    /// Bit `d`: the link from the neighbour in direction `d` has residual capacity.
    open_in: u8,
}

/// A grid of nodes between a source and a sink. After [`solve`](GridGraph::solve) it holds a
/// maximum flow and the minimum cut.
///
/// Columns and rows count from 0 at the top left. All capacities start at 0.
pub struct GridGraph {
    width: usize,
    height: usize,
    /// Index distance of two rows: the columns and one border node, which ends a row and precedes
    /// the next.
    stride: usize,
    nodes: Vec<Node>,
    /// By node: height, or OUTSIDE; and the direction of the parent, or SINK, NO_PARENT,
    /// SOURCE_SIDE.
    entries: Vec<TreeEntry>,
    /// By node: the capacities from the source and to the sink.
    terminals: Vec<[u32; 2]>,
    /// By node and direction: the residual capacity.
    residual: Vec<[u32; 8]>,
    /// By direction: the index offset of the neighbour, for a wrapping addition.
    offsets: [u32; 8],
    tree: Tree,
}

/// The growth state of the sink's search tree.
#[derive(Default)]
struct Tree {
    /// The tree holds nodes up to this level. No link with residual capacity leads from outside to
    /// a node below this level.
    level: u32,
    /// Nodes at `level` that have to be scanned. Some of them may have left the level since.
    frontier: Vec<u32>,
    /// Nodes at `level + 1`.
    next_frontier: Vec<u32>,
    /// Nodes with excess, by height.
    active: Buckets,
    /// Nodes whose parent is missing, by height.
    orphans: Buckets,
}

/// A priority queue of nodes by height.
#[derive(Default)]
struct Buckets {
    lists: Vec<Vec<u32>>,
    count: usize,
    /// Lists before `lowest` and after `highest` are empty.
    lowest: usize,
    highest: usize,
}

impl Buckets {
    fn push(&mut self, node: u32, height: u32) {
        let height = height as usize;
        if self.lists.len() <= height {
            self.lists.resize_with(height + 1, Vec::new);
        }
        self.lists[height].push(node);
        (self.lowest, self.highest) = match self.count {
            0 => (height, height),
            _ => (self.lowest.min(height), self.highest.max(height)),
        };
        self.count += 1;
    }

    fn pop_lowest(&mut self) -> Option<u32> {
        self.count = self.count.checked_sub(1)?;
        while self.lists[self.lowest].is_empty() {
            self.lowest += 1;
        }
        self.lists[self.lowest].pop()
    }

    fn pop_highest(&mut self) -> Option<u32> {
        self.count = self.count.checked_sub(1)?;
        while self.lists[self.highest].is_empty() {
            self.highest -= 1;
        }
        self.lists[self.highest].pop()
    }
}

impl GridGraph {
    /// A grid of `width * height` nodes without links.
    ///
    /// # Errors
    /// `picture-too-large` when the grid and its border have 2^24 nodes or more.
    pub fn new(width: usize, height: usize) -> Result<Self, Error> {
        let nodes = (width as u64)
            .saturating_add(1)
            .saturating_mul((height as u64).saturating_add(2))
            .saturating_add(1);
        // The tree may have one level per node.
        if nodes >= u64::from(OUTSIDE / LEVEL_HEIGHT) {
            return Err(Error::PictureTooLarge(format!(
                "a graph of {width} x {height} nodes"
            )));
        }
        let (nodes, stride) = (nodes as usize, width + 1);
        let offsets = DIRECTIONS.map(|(columns, rows)| (rows * stride as i32 + columns) as u32);
        Ok(Self {
            width,
            height,
            stride,
            nodes: vec![Node::default(); nodes],
            entries: vec![TreeEntry::new(OUTSIDE, NO_PARENT); nodes],
            terminals: vec![[0; 2]; nodes],
            residual: vec![[0; 8]; nodes],
            offsets,
            tree: Tree::default(),
        })
    }

    /// Sets the capacities of a node's links from the source and to the sink, each clipped to
    /// [`MAX_CAPACITY`].
    ///
    /// Capacities may be changed after [`solve`](GridGraph::solve), for another `solve`. The flow
    /// between neighbours stays and is the start of the new flow (Kohli & Torr, "Dynamic Graph
    /// Cuts", PAMI 2007). If the flow through a node exceeds the new capacity of one of its
    /// terminal links, the same amount is added to both links, which changes the capacity of every
    /// cut alike.
    ///
    /// # Panics
    /// When the column or the row is outside the grid.
    pub fn set_terminals(&mut self, column: usize, row: usize, from_source: u32, to_sink: u32) {
        let node = self.index(column, row);
        let capacities = [from_source.min(MAX_CAPACITY), to_sink.min(MAX_CAPACITY)];
        let difference = |[from_source, to_sink]: [u32; 2]| from_source as i32 - to_sink as i32;
        let before = std::mem::replace(&mut self.terminals[node], capacities);
        self.nodes[node].excess += difference(capacities) - difference(before);
    }

    /// Sets the capacities of the link to the neighbour in `direction` (`there`) and of the link
    /// from it (`back`), each clipped to [`MAX_CAPACITY`]. Call it before the first `solve`, at
    /// most once per pair of neighbours. A link out of the grid is ignored.
    ///
    /// # Panics
    /// When the column or the row is outside the grid, or the direction is above 7.
    pub fn set_link(&mut self, column: usize, row: usize, direction: usize, there: u32, back: u32) {
        let node = self.index(column, row);
        let (columns, rows) = DIRECTIONS[direction];
        let inside = |position: usize, step: i32, side: usize| {
            position
                .checked_add_signed(step as isize)
                .is_some_and(|moved| moved < side)
        };
        if !inside(column, columns, self.width) || !inside(row, rows, self.height) {
            return;
        }
        let neighbour = self.neighbour(node as u32, direction) as usize;
        for (from, to, direction, capacity) in [
            (node, neighbour, direction, there),
            (neighbour, node, 7 - direction, back),
        ] {
            self.residual[from][direction] = capacity.min(MAX_CAPACITY);
            self.nodes[from].open_out |= u8::from(capacity > 0) << direction;
            self.nodes[to].open_in |= u8::from(capacity > 0) << (7 - direction);
        }
    }

    /// Finds a maximum flow and a minimum cut. Returns the value of the flow, which equals the
    /// capacity of the cut. Starts from the flow of the previous call, if there was one.
    pub fn solve(&mut self) -> u64 {
        self.plant_roots();
        while !self.tree.frontier.is_empty() {
            self.grow();
        }
        self.mark_source_side();
        // The links from the source's side S to the other side are saturated. So the excess in S
        // is sum_S (source capacity - sink capacity) - flow out of S, and the capacity of the cut
        // is the sum of all source capacities less the excess that is left.
        let capacity: u64 = self
            .terminals
            .iter()
            .map(|&[from_source, _]| u64::from(from_source))
            .sum();
        let unsent: i64 = self
            .nodes
            .iter()
            .map(|node| i64::from(node.excess.max(0)))
            .sum();
        capacity.wrapping_add_signed(-unsent)
    }

    /// Whether a node lies on the source's side of the cut; call it after
    /// [`solve`](GridGraph::solve).
    ///
    /// The source's side is the set of nodes that the source reaches in the residual graph. All
    /// other nodes count to the sink's side, also those that neither terminal reaches. So this is
    /// the minimum cut with the smallest source side, and it does not depend on the flow that was
    /// found.
    ///
    /// # Panics
    /// When the column or the row is outside the grid.
    pub fn on_source_side(&self, column: usize, row: usize) -> bool {
        self.entries[self.index(column, row)].parent() == SOURCE_SIDE
    }

    fn index(&self, column: usize, row: usize) -> usize {
        assert!(
            column < self.width && row < self.height,
            "({column}, {row}) is outside the grid"
        );
        (row + 1) * self.stride + column + 1
    }

    #[inline(always)]
    fn neighbour(&self, node: u32, direction: usize) -> u32 {
        node.wrapping_add(self.offsets[direction & 7])
    }

    /// Makes every node with residual capacity to the sink a root of the tree.
    fn plant_roots(&mut self) {
        self.tree.level = 0;
        self.entries.fill(TreeEntry::new(OUTSIDE, NO_PARENT));
        for (index, node) in self.nodes.iter().enumerate() {
            if node.excess < 0 {
                self.entries[index] = TreeEntry::new(0, SINK);
                self.tree.frontier.push(index as u32);
            }
        }
    }

    /// Grows the tree by one level, and discharges it where that is due.
    fn grow(&mut self) {
        let mut next = 0;
        while next < self.tree.frontier.len() {
            while let Some(&node) = self.tree.frontier.get(next) {
                next += 1;
                self.scan(node);
            }
            if self.tree.level.is_multiple_of(LEVELS_PER_DISCHARGE)
                || self.tree.next_frontier.is_empty()
            {
                // Orphans may return at this level: they are then at the frontier's end.
                self.discharge();
            }
        }
        let tree = &mut self.tree;
        tree.frontier.clear();
        std::mem::swap(&mut tree.frontier, &mut tree.next_frontier);
        tree.level += 1;
    }

    /// Takes the neighbours that have residual capacity to a node of the frontier into the tree.
    /// Each pushes its excess to the node first, and stays outside if that saturates the link.
    fn scan(&mut self, node: u32) {
        if self.entries[node as usize].level() != self.tree.level {
            return;
        }
        let outside = bits(self.neighbour_entries(node), |_, entry| {
            entry.height() == OUTSIDE
        });
        for direction in directions(self.nodes[node as usize].open_in & outside) {
            let neighbour = self.neighbour(node, direction);
            let excess = self.nodes[neighbour as usize].excess;
            if excess > 0 {
                let amount = self.residual[neighbour as usize][7 - direction].min(excess as u32);
                let saturated = self.push(neighbour, node, 7 - direction, amount);
                self.nodes[neighbour as usize].excess -= amount as i32;
                self.add_excess(node, amount);
                if saturated {
                    continue;
                }
            }
            self.entries[neighbour as usize] =
                TreeEntry::new((self.tree.level + 1) * LEVEL_HEIGHT, 7 - direction as u8);
            self.tree.next_frontier.push(neighbour);
        }
    }

    /// The entries of a node's neighbours, by direction.
    #[inline(always)]
    fn neighbour_entries(&self, node: u32) -> [TreeEntry; 8] {
        let first = (node as usize).wrapping_sub(self.stride + 1);
        let [above, beside, below] =
            [0, 1, 2].map(|row| &self.entries[first.wrapping_add(row * self.stride)..][..3]);
        [
            above[0], above[1], above[2], beside[0], beside[2], below[0], below[1], below[2],
        ]
    }

    /// Adds flow that was pushed to a node of the tree.
    #[inline(always)]
    fn add_excess(&mut self, node: u32, amount: u32) {
        let excess = &mut self.nodes[node as usize].excess;
        let before = *excess;
        *excess += amount as i32;
        if before <= 0 && *excess > 0 {
            self.tree
                .active
                .push(node, self.entries[node as usize].height());
        } else if *excess == 0 {
            self.make_orphan(node); // a root whose link to the sink is saturated
        }
    }

    /// Pushes all excess down the tree, the highest nodes first; then finds parents for all
    /// orphans, the lowest first; and repeats both until there are neither active nodes nor
    /// orphans.
    fn discharge(&mut self) {
        loop {
            while let Some(node) = self.tree.active.pop_highest() {
                self.push_to_parent(node);
            }
            if self.tree.orphans.count == 0 {
                return;
            }
            while let Some(orphan) = self.tree.orphans.pop_lowest() {
                self.adopt(orphan);
            }
        }
    }

    /// Pushes a node's excess along the link to its parent.
    fn push_to_parent(&mut self, node: u32) {
        let (parent, excess) = (
            self.entries[node as usize].parent(),
            self.nodes[node as usize].excess,
        );
        match parent {
            // The node was queued twice.
            _ if excess <= 0 => return,
            // Its adoption queues it again.
            NO_PARENT => return,
            SINK => return self.make_orphan(node),
            _ => {}
        }
        let (below, direction) = (self.neighbour(node, parent as usize), parent as usize & 7);
        let amount = self.residual[node as usize][direction].min(excess as u32);
        let saturated = self.push(node, below, direction, amount);
        self.nodes[node as usize].excess -= amount as i32;
        self.add_excess(below, amount);
        if saturated {
            self.make_orphan(node);
        }
    }

    /// Pushes `amount` along one link. Returns whether that saturates the link.
    #[inline(always)]
    fn push(&mut self, from: u32, to: u32, direction: usize, amount: u32) -> bool {
        let (ahead, back) = (direction & 7, 7 - (direction & 7));
        let opposite = &mut self.residual[to as usize][back];
        if *opposite == 0 {
            self.nodes[to as usize].open_out |= 1 << back;
            self.nodes[from as usize].open_in |= 1 << ahead;
        }
        *opposite += amount;
        let left = &mut self.residual[from as usize][ahead];
        *left -= amount;
        if *left == 0 {
            self.nodes[from as usize].open_out &= !(1 << ahead);
            self.nodes[to as usize].open_in &= !(1 << back);
            return true;
        }
        false
    }

    fn make_orphan(&mut self, node: u32) {
        let entry = &mut self.entries[node as usize];
        if entry.parent() != NO_PARENT {
            *entry = TreeEntry::new(entry.height(), NO_PARENT);
            self.tree.orphans.push(node, entry.height());
        }
    }

    /// Gives an orphan a new parent: the lowest neighbour in the tree to which it has residual
    /// capacity. If that neighbour is not below the orphan, the orphan is relabelled, or leaves the
    /// tree.
    fn adopt(&mut self, orphan: u32) {
        let before = self.entries[orphan as usize];
        let Node {
            excess, open_out, ..
        } = self.nodes[orphan as usize];
        let neighbours = self.neighbour_entries(orphan);
        // Height and direction in one number: the minimum needs no branch.
        let keys: [i32; 8] = std::array::from_fn(|direction| {
            let closed = if open_out & (1 << direction) == 0 {
                i32::MAX
            } else {
                0
            };
            (neighbours[direction].0 & !15) as i32 | direction as i32 | closed
        });
        let halves: [i32; 4] =
            std::array::from_fn(|direction| keys[direction].min(keys[direction + 4]));
        let lowest = halves[0].min(halves[1]).min(halves[2].min(halves[3]));
        let (below, parent) = (lowest as u32 >> 4, lowest as u8 & 7);
        let mut height = before.height();
        if below >= height {
            height = self.relabel(orphan, below, neighbours);
        }
        if height == OUTSIDE {
            self.entries[orphan as usize] = TreeEntry::new(OUTSIDE, NO_PARENT);
            return;
        }
        let entry = TreeEntry::new(height, parent);
        self.entries[orphan as usize] = entry;
        let tree = &mut self.tree;
        if excess > 0 {
            tree.active.push(orphan, height);
        }
        let level = entry.level();
        if level != before.level() && level == tree.level {
            tree.frontier.push(orphan);
        } else if level != before.level() && level > tree.level {
            tree.next_frontier.push(orphan);
        }
    }

    /// The new height of an orphan whose lowest open neighbour is at the height `below`: as high as
    /// its children leave space for, or else a level above that neighbour, and then the children
    /// that are no higher become orphans; OUTSIDE where `below` is out of the tree's reach.
    #[inline(always)]
    fn relabel(&mut self, orphan: u32, below: u32, neighbours: [TreeEntry; 8]) -> u32 {
        let children = bits(neighbours, |direction, entry| {
            entry.parent() == 7 - direction
        });
        let lowest_child = directions(children)
            .map(|direction| neighbours[direction].height())
            .min();
        let reach = (self.tree.level + 1) * LEVEL_HEIGHT;
        let height = match lowest_child {
            _ if below >= reach => OUTSIDE,
            Some(child) if child > below + 1 => reach.min(child - 1),
            _ => reach.min(below + LEVEL_HEIGHT),
        };
        for direction in directions(children) {
            if neighbours[direction].height() <= height {
                self.make_orphan(self.neighbour(orphan, direction));
            }
        }
        height
    }

    /// Marks the source's side: the nodes with excess that is left, and all nodes that they reach
    /// in the residual graph.
    fn mark_source_side(&mut self) {
        let mut reached: Vec<u32> = (0..)
            .zip(&self.nodes)
            .filter(|(_, node)| node.excess > 0)
            .map(|(index, _)| index)
            .collect();
        for &index in &reached {
            self.entries[index as usize] = TreeEntry::new(OUTSIDE, SOURCE_SIDE);
        }
        while let Some(index) = reached.pop() {
            for direction in directions(self.nodes[index as usize].open_out) {
                let neighbour = self.neighbour(index, direction);
                let entry = &mut self.entries[neighbour as usize];
                if entry.parent() != SOURCE_SIDE {
                    *entry = TreeEntry::new(OUTSIDE, SOURCE_SIDE);
                    reached.push(neighbour);
                }
            }
        }
    }
}

/// The directions whose bits are set.
#[inline(always)]
fn directions(mut bits: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let direction = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        direction
    })
}

/// A mask with bit `d` set where `holds(d, values[d])`. It has no branches: they would be
/// mispredicted half the time.
#[inline(always)]
fn bits<T>(values: [T; 8], holds: impl Fn(u8, T) -> bool) -> u8 {
    (0..).zip(values).fold(0, |bits, (direction, value)| {
        bits | u8::from(holds(direction, value)) << direction
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
