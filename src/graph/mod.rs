//! A differentiable network: nodes that each compute one value from earlier ones, a forward pass,
//! and a backward pass under the rule of a saliency method.
//!
//! The files import one another in one direction: `shape` and [`Value`] (sizes and tensors) <-
//! [`Operator`] (what a node computes, and its gradient) <- [`operators`] (one file each) <-
//! [`Graph`] <- `fusion` (which nodes one kernel computes) <- `passes` (forward and backward pass).

mod fusion;
mod nodes;
mod operator;
pub mod operators;
mod passes;
mod shape;
mod value;

pub use crate::kernels::ReluRule;
pub use fusion::Retain;
pub use nodes::{Graph, INPUT, Node, NodeId, averaged};
pub use operator::{InputGradient, Operator, Saved};
pub use passes::Trace;
pub use shape::Shape;
pub use value::Value;
