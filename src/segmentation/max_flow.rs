//! Exact minimum cut of a grid with 8 neighbours: maximum flow by pushing excess down a
//! breadth-first tree that mends itself, written for the grid.
//!
//! The grid knows no pictures: nodes with a link from the source, a link to the sink, and links to
//! their eight neighbours, all with integral capacities, so that the flow equals the capacity of
//! the cut exactly.
//!
//! One tree grows from the sink, level by level. Every node in it has a height, above its parent's.
//! Where the tree reaches a node that the source can send something to, that is pushed into it, as
//! much as the link carries. After a few levels, everything that was pushed drains to the sink
//! along the tree, from the highest nodes to the lowest, so that what meets on the way goes on as
//! one. A node whose link to its parent is full looks for another lower neighbour as its parent,
//! and where there is none, it rises; what would rise above the tree's reach leaves it, with what
//! it could not pass on, and is met again when the tree has grown further. That is the sink's half
//! of the incremental breadth-first search of Goldberg, Hed, Kaplan, Kohli, Tarjan & Werneck
//! ("Faster and More Dynamic Maximum Flow by Incremental Breadth-First Search", ESA 2015), with the
//! highest-label order of push-relabel methods: no path is ever walked for a single augmentation,
//! which on photos of a megapixel would be a hundred links long.
//!
//! Levels are `SPACING` heights apart. Were heights exact distances, a node that has to rise would
//! take everything that stands on it along, by one, and nearly all of the time went there: on
//! photos a node rose twenty times and more. In the space between two levels it rises alone, until
//! the space below its children is used up. Heights are then distances no longer, but neither the
//! flow's maximality nor that no path is a circle needs more than that links lead down. Without it
//! cuts took 1.4 to 1.8 times as long.
//!
//! What makes it quick besides. A node keeps one bit for each direction in which it can still send
//! flow and one for each from which it can still be sent some: the tree grows and mends on these
//! bits and on the eight neighbours' heights and parents, compared at once and without branches;
//! the capacities themselves are touched only where flow is pushed. Neighbours are offsets, a
//! border of linkless nodes around the grid stands in for every bounds test, and nothing is
//! allocated for an edge.
//!
//! Without a gain on photos, and so not here: both trees with an augmentation each (a quarter more
//! to twice the time); a start from the flow of a grid of 2 x 2 blocks (cuts a fifth to a half
//! slower: what a coarse flow carries across an edge has to be taken back); mending in two sweeps,
//! who has to move and where to (cuts an eighth slower, strokes a tenth faster); coarser capacities
//! (the same); saturating the edge of a cut at half the size beforehand (the same).
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

use crate::error::Error;

/// The largest capacity of a link. Larger ones are taken as this one, which is still far more than
/// a picture's other links together can carry past a node, and leaves what all nine links of a node
/// carry within 31 bits, whatever becomes of its terminals.
pub const MAX_CAPACITY: u32 = (1 << 27) - 1;

/// A neighbour's column and row, relative to the node's, by direction. Direction `d`'s opposite is
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
/// The direction of the next column. (With the next three, each pair of neighbours is met exactly
/// once.)
pub const EAST: usize = 4;
/// The direction of the next row's previous column.
pub const SOUTH_WEST: usize = 5;
/// The direction of the next row.
pub const SOUTH: usize = 6;
/// The direction of the next row's next column.
pub const SOUTH_EAST: usize = 7;

/// Parents are directions; these stand for the others.
const TERMINAL: u8 = 8;
/// In the tree and without a parent for the moment, or not in the tree.
const NONE: u8 = 9;
/// Not in the tree, and the source can still send flow here: known at the end only.
const SOURCE: u8 = 10;

/// Heights from one level of the tree to the next. 4 and 16 are slower by a tenth.
const SPACING: u32 = 8;
/// The tree is drained after every so many levels: what has come together by then mends the tree
/// once. 2 and 8 are slower by a twentieth.
const DRAINED_LEVELS: u32 = 4;
/// The height of what is not in the tree.
const OUTSIDE: u32 = (1 << 27) - 1;

/// Where a node is in the tree: its height, and in the lowest four bits its parent, so that both
/// are looked up at once.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place(u32);

impl Place {
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

    /// The level of the tree that reaches up to its height.
    #[inline(always)]
    const fn level(self) -> u32 {
        self.height().div_ceil(SPACING)
    }
}

#[derive(Clone, Copy, Default)]
struct Node {
    /// What has come here and not gone on (> 0), or what can still go from here to the sink (< 0):
    /// the difference of the terminals' capacities, and what has come here from neighbours.
    excess: i32,
    /// Bit `d`: flow can go from here in direction `d`.
    sends: u8,
    /// Bit `d`: flow can come here from the neighbour in direction `d`.
    receives: u8,
}

/// A grid of nodes between a source and a sink, and after [`solve`](GridGraph::solve) its maximum
/// flow and minimum cut.
///
/// Columns and rows count from 0 at the top left. All capacities are 0 at first.
pub struct GridGraph {
    width: usize,
    height: usize,
    /// Nodes in a row, the border's one included: it ends this row and precedes the next.
    stride: usize,
    nodes: Vec<Node>,
    /// By node: its height in the tree, or OUTSIDE; and the direction of its parent, or TERMINAL,
    /// NONE, SOURCE.
    places: Vec<Place>,
    /// The capacities from the source and to the sink.
    terminals: Vec<[u32; 2]>,
    /// What each direction can still carry.
    residual: Vec<[u32; 8]>,
    /// Neighbours as offsets between node numbers; they wrap around, so that all of them are
    /// additions.
    offsets: [u32; 8],
    tree: Tree,
}

/// How far the sink's tree has grown, and what is to be done about it.
#[derive(Default)]
struct Tree {
    /// Nodes up to this level are in the tree, and those below it are reached by nothing outside.
    level: u32,
    /// The nodes at that level, which are still to be looked at; among them may be some that are no
    /// longer there.
    frontier: Vec<u32>,
    /// The nodes one level above.
    beyond: Vec<u32>,
    /// Nodes with more than they can keep, by height.
    overfull: Buckets,
    /// Nodes without a parent, by height.
    orphans: Buckets,
}

/// Nodes by height.
#[derive(Default)]
struct Buckets {
    lists: Vec<Vec<u32>>,
    count: usize,
    /// No list before `lowest`, and none behind `highest`, has a node.
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
    /// `width * height` nodes without links.
    ///
    /// # Errors
    /// `picture-too-large` when the nodes, with the border, are 2^24 or more.
    pub fn new(width: usize, height: usize) -> Result<Self, Error> {
        let nodes = (width as u64)
            .saturating_add(1)
            .saturating_mul((height as u64).saturating_add(2))
            .saturating_add(1);
        // The tree has at most as many levels.
        if nodes >= u64::from(OUTSIDE / SPACING) {
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
            places: vec![Place::new(OUTSIDE, NONE); nodes],
            terminals: vec![[0; 2]; nodes],
            residual: vec![[0; 8]; nodes],
            offsets,
            tree: Tree::default(),
        })
    }

    /// Sets the capacities of a node's links from the source and to the sink. Capacities over
    /// [`MAX_CAPACITY`] count as that.
    ///
    /// After [`solve`](GridGraph::solve) they may be changed, for another `solve`: what flows
    /// between neighbours stays and is a start for the new flow (Kohli & Torr, "Dynamic Graph
    /// Cuts", PAMI 2007). Where a node now passes on more than its source link holds, or takes in
    /// more than its sink link does, the same amount is added to both links, which changes every
    /// cut alike.
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

    /// Sets the capacities of the link to the neighbour in `direction`, there and back; to be
    /// called before the first `solve`, once for a pair of neighbours. A link that leads out of the
    /// grid has no effect. Capacities over [`MAX_CAPACITY`] count as that.
    ///
    /// # Panics
    /// When the column or the row is outside the grid, or the direction is none of the eight.
    pub fn set_link(&mut self, column: usize, row: usize, direction: usize, there: u32, back: u32) {
        let node = self.number(column, row);
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
            self.nodes[from].sends |= u8::from(capacity > 0) << direction;
            self.nodes[to].receives |= u8::from(capacity > 0) << (7 - direction);
        }
    }

    /// Finds a maximum flow and with it a minimum cut; returns the flow, which is the capacity of
    /// the cut. It goes on from the last one, if there was one.
    pub fn solve(&mut self) -> u64 {
        self.plant();
        while !self.tree.frontier.is_empty() {
            self.grow();
        }
        self.flood_source_side();
        // The excesses on the source's side add up to the differences of its terminals less what
        // its links carry to the other side, all of which are full. So the capacity of the cut, its
        // source and sink links and those, is that of all source links less the excess that is
        // left.
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

    /// After [`solve`](GridGraph::solve): on which side of the cut a node lies.
    ///
    /// The rule: on the source's side lie exactly those nodes that the source can still send flow
    /// to. Every other node lies on the sink's side, also one that neither terminal reaches any
    /// more, or ever did; so of all minimum cuts this is the one with the smallest source side, and
    /// it does not depend on the way in which the flow was found.
    ///
    /// # Panics
    /// When the column or the row is outside the grid.
    pub fn on_source_side(&self, column: usize, row: usize) -> bool {
        self.places[self.number(column, row)].parent() == SOURCE
    }

    fn number(&self, column: usize, row: usize) -> usize {
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

    /// Every node that can pass something on to the sink becomes a root.
    fn plant(&mut self) {
        self.tree.level = 0;
        self.places.fill(Place::new(OUTSIDE, NONE));
        for (number, node) in self.nodes.iter().enumerate() {
            if node.excess < 0 {
                self.places[number] = Place::new(0, TERMINAL);
                self.tree.frontier.push(number as u32);
            }
        }
    }

    /// Takes everything that can send something to the nodes at the tree's level into the tree, and
    /// what it has as well.
    fn grow(&mut self) {
        let mut next = 0;
        while next < self.tree.frontier.len() {
            while let Some(&number) = self.tree.frontier.get(next) {
                next += 1;
                self.scan(number);
            }
            if self.tree.level.is_multiple_of(DRAINED_LEVELS) || self.tree.beyond.is_empty() {
                // Nodes that lose their parent may come back at this very level: they are then at
                // the frontier's end.
                self.drain();
            }
        }
        let tree = &mut self.tree;
        tree.frontier.clear();
        std::mem::swap(&mut tree.frontier, &mut tree.beyond);
        tree.level += 1;
    }

    fn scan(&mut self, number: u32) {
        if self.places[number as usize].level() != self.tree.level {
            return;
        }
        let open = self.nodes[number as usize].receives
            & bits(self.around(number), |_, place| place.height() == OUTSIDE);
        for direction in directions(open) {
            let neighbour = self.neighbour(number, direction);
            let excess = self.nodes[neighbour as usize].excess;
            if excess > 0 {
                let amount = self.residual[neighbour as usize][7 - direction].min(excess as u32);
                let full = self.push(neighbour, number, 7 - direction, amount);
                self.nodes[neighbour as usize].excess -= amount as i32;
                self.receive(number, amount);
                if full || excess as u32 > amount {
                    continue;
                }
            }
            self.places[neighbour as usize] =
                Place::new((self.tree.level + 1) * SPACING, 7 - direction as u8);
            self.tree.beyond.push(neighbour);
        }
    }

    /// The places of a node's neighbours, by direction.
    #[inline(always)]
    fn around(&self, number: u32) -> [Place; 8] {
        let first = (number as usize).wrapping_sub(self.stride + 1);
        let [above, beside, below] =
            [0, 1, 2].map(|row| &self.places[first.wrapping_add(row * self.stride)..][..3]);
        [
            above[0], above[1], above[2], beside[0], beside[2], below[0], below[1], below[2],
        ]
    }

    /// Something has been pushed to a node of the tree.
    #[inline(always)]
    fn receive(&mut self, number: u32, amount: u32) {
        let node = &mut self.nodes[number as usize];
        let before = node.excess;
        node.excess += amount as i32;
        if before <= 0 && node.excess > 0 {
            self.tree
                .overfull
                .push(number, self.places[number as usize].height());
        } else if node.excess == 0 {
            self.orphan(number); // a root whose link to the sink is full
        }
    }

    /// Drains what has been pushed into the tree, from the highest nodes on; then finds parents for
    /// all orphans, the lowest first; and so on until there are neither.
    fn drain(&mut self) {
        loop {
            while let Some(number) = self.tree.overfull.pop_highest() {
                self.pass_on(number);
            }
            if self.tree.orphans.count == 0 {
                return;
            }
            while let Some(orphan) = self.tree.orphans.pop_lowest() {
                self.adopt(orphan);
            }
        }
    }

    /// Pushes what a node has along the link to its parent.
    fn pass_on(&mut self, number: u32) {
        let (parent, excess) = (
            self.places[number as usize].parent(),
            self.nodes[number as usize].excess,
        );
        match parent {
            // It has been here before; or it will be adopted, and comes back then.
            _ if excess <= 0 => return,
            NONE => return,
            TERMINAL => return self.orphan(number),
            _ => {}
        }
        let (above, direction) = (self.neighbour(number, parent as usize), parent as usize & 7);
        let amount = self.residual[number as usize][direction].min(excess as u32);
        let full = self.push(number, above, direction, amount);
        self.nodes[number as usize].excess -= amount as i32;
        self.receive(above, amount);
        if full {
            self.orphan(number);
        }
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

    fn orphan(&mut self, number: u32) {
        let place = &mut self.places[number as usize];
        if place.parent() != NONE {
            *place = Place::new(place.height(), NONE);
            self.tree.orphans.push(number, place.height());
        }
    }

    /// Finds an orphan the lowest neighbour in the tree that it can send to as its new parent.
    /// Where that is not below it, it rises: as far as its children leave it space, or else to a
    /// level's height above the parent, and then the children that are no higher become orphans in
    /// turn. Where it would rise above the tree's reach, it leaves the tree.
    fn adopt(&mut self, orphan: u32) {
        let before = self.places[orphan as usize];
        let Node { excess, sends, .. } = self.nodes[orphan as usize];
        let around = self.around(orphan);
        // Height and direction in one number, so that the lowest is found without a branch.
        let keys: [i32; 8] = std::array::from_fn(|direction| {
            let closed = if sends & (1 << direction) == 0 {
                i32::MAX
            } else {
                0
            };
            (around[direction].0 & !15) as i32 | direction as i32 | closed
        });
        let halves: [i32; 4] =
            std::array::from_fn(|direction| keys[direction].min(keys[direction + 4]));
        let lowest = halves[0].min(halves[1]).min(halves[2].min(halves[3]));
        let (below, parent) = (lowest as u32 >> 4, lowest as u8 & 7);
        let mut height = before.height();
        if below >= height {
            height = self.rise(orphan, below, around);
        }
        if height == OUTSIDE {
            self.places[orphan as usize] = Place::new(OUTSIDE, NONE);
            return;
        }
        let place = Place::new(height, parent);
        self.places[orphan as usize] = place;
        let tree = &mut self.tree;
        if excess > 0 {
            tree.overfull.push(orphan, height);
        }
        let level = place.level();
        if level != before.level() && level == tree.level {
            tree.frontier.push(orphan);
        } else if level != before.level() && level > tree.level {
            tree.beyond.push(orphan);
        }
    }

    /// The height to which an orphan rises whose lowest neighbour is at the height `below`, or
    /// OUTSIDE. Its children up to there become orphans.
    #[inline(always)]
    fn rise(&mut self, orphan: u32, below: u32, around: [Place; 8]) -> u32 {
        let children = bits(around, |direction, place| place.parent() == 7 - direction);
        let lowest_child = directions(children)
            .map(|direction| around[direction].height())
            .min();
        let reach = (self.tree.level + 1) * SPACING;
        let height = match lowest_child {
            _ if below >= reach => OUTSIDE,
            Some(child) if child > below + 1 => reach.min(child - 1),
            _ => reach.min(below + SPACING),
        };
        for direction in directions(children) {
            if around[direction].height() <= height {
                self.orphan(self.neighbour(orphan, direction));
            }
        }
        height
    }

    /// What cannot reach the sink any more, but can be reached by what cannot.
    fn flood_source_side(&mut self) {
        let mut open: Vec<u32> = (0..)
            .zip(&self.nodes)
            .filter(|(_, node)| node.excess > 0)
            .map(|(number, _)| number)
            .collect();
        for &number in &open {
            self.places[number as usize] = Place::new(OUTSIDE, SOURCE);
        }
        while let Some(number) = open.pop() {
            for direction in directions(self.nodes[number as usize].sends) {
                let neighbour = self.neighbour(number, direction);
                let place = &mut self.places[neighbour as usize];
                if place.parent() != SOURCE {
                    *place = Place::new(OUTSIDE, SOURCE);
                    open.push(neighbour);
                }
            }
        }
    }
}

/// The bits that are set.
#[inline(always)]
fn directions(mut bits: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let direction = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        direction
    })
}

/// Bit `d`: whether it is so in direction `d`. Without branches, which would be foreseen wrongly
/// every other time.
#[inline(always)]
fn bits<T>(values: [T; 8], is_so: impl Fn(u8, T) -> bool) -> u8 {
    (0..).zip(values).fold(0, |bits, (direction, value)| {
        bits | u8::from(is_so(direction, value)) << direction
    })
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
        // Nor does it matter that the source reaches one of them: it carries the others with it,
        // for nothing.
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

        /// Zero, one, small, middling, huge or just any capacity: few enough values that many are
        /// equal.
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

        /// A small source and sink side far apart, much flow through few ways: trees get cut and
        /// mended often.
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
