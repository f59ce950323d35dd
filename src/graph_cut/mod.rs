//! The arithmetic of graph cuts: models of colours, an energy of labellings of pixels, and its exact
//! minimum.

pub mod colour_model;
pub mod max_flow;
pub mod pixel_graph;
