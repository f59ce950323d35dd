//! Files that are wrong on purpose: each has its code, soon and without much memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deep_inside::Error;
use deep_inside::onnx::{
    ExternalFiles, Folder, inline_functions, order_nodes, parse_model, read_tensor,
};

use crate::write::{
    bytes, int, int_attribute, model, node, node_message, tensor, value, varint, weights,
};

/// Counts what the thread holds, in bytes, and the most that it held.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

#[allow(unsafe_code)]
// SAFETY: passes every call on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.get() + layout.size() as isize;
        HELD.set(held);
        MOST.set(MOST.get().max(held));
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// In the release profile, a tenth of a second. A debug build on a busy machine takes several times
/// as long, so there the limit only catches time that grows with the square of the file.
const SOON: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2000 } else { 100 });
const FEW_BYTES: isize = 50 << 20;

/// Everything that reading a network does before its operators.
fn read(file: &[u8]) -> Result<(), Error> {
    let model = parse_model(file)?;
    model.check_opset()?;
    let nodes = inline_functions(&model)?;
    let wanted: Vec<&str> = model
        .graph
        .outputs
        .iter()
        .map(|output| output.name)
        .collect();
    order_nodes(nodes, &model.graph, &wanted)?;
    for tensor in &model.graph.initializers {
        read_tensor(tensor, &ExternalFiles::default())?;
    }
    Ok(())
}

/// Time that the thread has computed, where the system tells; else the time of day. Other work on
/// the machine should not count.
fn clock() -> Duration {
    let scheduled = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let computed = scheduled.and_then(|text| text.split(' ').next()?.parse().ok());
    computed.map_or_else(
        || SystemTime::now().duration_since(UNIX_EPOCH).unwrap(),
        Duration::from_nanos,
    )
}

/// The code of the file's error, or `ok`, after a check of time and memory.
fn code(file: &[u8]) -> &'static str {
    let (start, held) = (clock(), HELD.get());
    MOST.set(held);
    let outcome = read(file);
    let (time, memory) = (clock() - start, MOST.get() - held);
    assert!(time < SOON, "{outcome:?} took {time:?}");
    assert!(memory < FEW_BYTES, "{outcome:?} took {memory} bytes");
    outcome.map_or_else(|error| error.code(), |()| "ok")
}

/// A network of a convolution and a ReLU.
fn small() -> Vec<Vec<u8>> {
    vec![
        node("Conv", &["x", "w"], &["c"], &[]),
        node("Relu", &["c"], &["y"], &[]),
        weights("w", &[1, 1, 2, 2], &[1.0; 4]),
        value(11, "x", &[1, 1, 4, 4]),
        value(12, "y", &[1, 1, 3, 3]),
    ]
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let file = model(17, &small());
    assert_eq!(code(&file), "ok");
    // The opset's message comes last: a file cut off before it is whole, but for the version.
    let graph_end = file.len() - 6;
    for length in 0..file.len() {
        let expected = if length == graph_end {
            "network-unsupported"
        } else {
            "network-corrupt"
        };
        assert_eq!(
            code(&file[..length]),
            expected,
            "{length} of {} bytes",
            file.len()
        );
    }
}

#[test]
fn a_byte_changed_anywhere_does_no_harm() {
    let file = model(17, &small());
    for index in 0..file.len() {
        for change in [0x01, 0x04, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[index] ^= change;
            code(&changed);
        }
    }
}

#[test]
fn other_files_are_refused() {
    for file in [
        &b""[..],
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04",
        b"{\"a\": 1}",
        &[0; 1000],
    ] {
        assert_eq!(code(file), "network-corrupt");
    }
}

#[test]
fn a_false_length_allocates_nothing() {
    for claim in [3_000_000_000, u64::MAX, 1 << 63] {
        for number in [7u64, 8, 14, 25] {
            let file = [varint(number << 3 | 2), varint(claim), vec![0; 20]].concat();
            assert_eq!(code(&file), "network-corrupt");
        }
    }
    let claim = [
        bytes(1, [1]),
        int(2, 1),
        varint(9 << 3 | 2),
        varint(3_000_000_000),
    ]
    .concat();
    assert_eq!(code(&model(17, &[bytes(5, claim)])), "network-corrupt");
    let large = tensor("w", &[10_000, 10_000], 1, &[bytes(9, [0; 8])]);
    assert_eq!(code(&model(17, &[large])), "network-corrupt");
    let huge = tensor("w", &[30_000, 30_000], 1, &[bytes(9, [0; 8])]);
    assert_eq!(code(&model(17, &[huge])), "network-too-large");
}

#[test]
fn nested_graphs_are_not_entered() {
    // Written from the inside out, so backwards.
    let mut nested: Vec<u8> = Vec::new();
    for _ in 0..20_000 {
        let mut around = |start: &[u8], number: u32| {
            let length = varint((nested.len() + start.len()) as u64);
            nested.extend(start.iter().rev());
            nested.extend(length.iter().rev());
            nested.extend(varint(u64::from(number) << 3 | 2).iter().rev());
        };
        around(&[], 6);
        around(&[bytes(1, "b"), int(20, 5)].concat(), 5);
        around(&node_message("If", &["c"], &["y"], &[]), 1);
    }
    nested.reverse();
    let file = model(17, &[nested, value(11, "c", &[]), value(12, "y", &[])]);
    let model = parse_model(&file).unwrap();
    assert!(model.graph.nodes[0].has_subgraph());
    assert_eq!(code(&file), "ok");
}

#[test]
fn cycles_duplicates_and_gaps_are_refused() {
    let changed = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut graph = small();
        change(&mut graph);
        code(&model(17, &graph))
    };
    // The convolution reads the ReLU's output, or its own.
    for input in ["y", "c"] {
        let cyclic = node("Conv", &[input, "w"], &["c"], &[]);
        assert_eq!(
            changed(&|graph| graph[0] = cyclic.clone()),
            "network-corrupt"
        );
    }
    // No weights, no input, no node for the output.
    for missing in [2, 3, 1] {
        assert_eq!(
            changed(&|graph| drop(graph.remove(missing))),
            "network-corrupt"
        );
    }
    for twice in [0, 1, 2] {
        let again = small()[twice].clone();
        assert_eq!(
            changed(&|graph| graph.push(again.clone())),
            "network-corrupt"
        );
    }
}

#[test]
fn a_long_chain_in_the_wrong_order_is_read() {
    let mut chain: Vec<_> = (1..50_000)
        .rev()
        .map(|i| node("Relu", &[&format!("v{}", i - 1)], &[&format!("v{i}")], &[]))
        .collect();
    chain.extend([value(11, "v0", &[1]), value(12, "v49999", &[1])]);
    assert_eq!(read(&model(17, &chain)), Ok(()));
}

#[test]
fn impossible_dimensions_are_refused() {
    let cases = [
        (&[0i64][..], "network-corrupt"),
        (&[-1], "network-corrupt"),
        (&[-4, -1], "network-corrupt"),
        (&[1; 40], "network-corrupt"),
        (&[1 << 62, 4], "network-too-large"),
        (&[1 << 40, 0], "network-too-large"),
    ];
    for (dims, expected) in cases {
        let raw = bytes(9, [0; 4]);
        let file = model(17, &[tensor("w", dims, 1, &[raw])]);
        assert_eq!(code(&file), expected, "{dims:?}");
    }
}

#[test]
fn operators_of_unknown_versions_are_refused() {
    for version in [99, 28, 5, 0, -1, i64::MAX] {
        assert_eq!(
            code(&model(version, &small())),
            "network-unsupported",
            "{version}"
        );
    }
    for version in [6, 27] {
        assert_eq!(code(&model(version, &small())), "ok");
    }
}

#[test]
fn folding_takes_no_more_memory_than_its_budget() {
    let long = i64::from(1u32 << 28);
    let ints = |name: &str, values: &[i64]| {
        let raw: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        tensor(name, &[values.len() as i64], 7, &[bytes(9, raw)])
    };
    let one = weights("w", &[1], &[1.0]);
    let empty = tensor("w", &[long, 0], 1, &[bytes(9, [])]);
    let lists = [
        ints("long", &[long]),
        ints("zeros", &[0, 0]),
        ints("parts", &[i64::MAX; 3]),
    ];
    let cases = [
        (&one, node("Expand", &["w", "long"], &["y"], &[])),
        (&one, node("Tile", &["w", "long"], &["y"], &[])),
        (&one, node("ConstantOfShape", &["long"], &["y"], &[])),
        (&one, node("Split", &["w", "parts"], &["y"], &[])),
        (&empty, node("Transpose", &["w"], &["y"], &[])),
        (&empty, node("Slice", &["w", "zeros", "zeros"], &["y"], &[])),
        (
            &empty,
            node(
                "Gather",
                &["w", "zeros"],
                &["y"],
                &[int_attribute("axis", 1)],
            ),
        ),
        (&empty, node("Split", &["w"], &["y", "z"], &[])),
    ];
    for (w, node) in cases {
        let graph = [&lists[..], &[w.clone(), node, value(12, "y", &[1])]].concat();
        let file = model(17, &graph);
        let model = parse_model(&file).unwrap();
        let files = ExternalFiles::default();
        let held = HELD.get();
        MOST.set(held);
        let mut folder = Folder::new(&model.graph.initializers, &files, 100_000);
        let node = &model.graph.nodes[0];
        let error = folder.fold(node, |_| None).unwrap_err();
        assert!(error.code().starts_with("network-"), "{error}");
        let memory = MOST.get() - held;
        assert!(memory < 1 << 20, "{} took {memory} bytes", node.op_type);
    }
}

#[test]
fn names_that_are_no_text_are_refused() {
    for field in [1, 2, 3, 4, 7] {
        let node = bytes(1, bytes(field, [b'a', 0xc3, 0x28]));
        assert_eq!(code(&model(17, &[node])), "network-corrupt");
    }
}

#[test]
fn too_many_of_anything_is_refused() {
    let nodes = bytes(1, "").repeat(100_001);
    assert_eq!(code(&model(17, &[nodes])), "network-too-large");
    let inputs = bytes(1, bytes(1, "").repeat(1_000_001));
    assert_eq!(code(&model(17, &[inputs])), "network-too-large");
    let ints = [bytes(1, "a"), bytes(8, vec![0; 1_000_001])].concat();
    assert_eq!(
        code(&model(17, &[node("A", &[], &[], &[ints])])),
        "network-too-large"
    );
}
