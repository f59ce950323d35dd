//! The names of ImageNet's 1000 classes.

/// Class `k`'s label and synonyms, comma-separated, the label first. Origin and licence:
/// `weights/README.md`.
pub fn imagenet_labels() -> impl ExactSizeIterator<Item = &'static str> {
    // `Lines` does not know its length; menus want it.
    include_str!("imagenet_labels.txt")
        .lines()
        .collect::<Vec<_>>()
        .into_iter()
}
