//! Writes ONNX files, right or wrong ones.

/// A field whose content has a length: bytes, a string or a message.
pub fn bytes(number: u32, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut field = varint(u64::from(number) << 3 | 2);
    field.extend(varint(content.len() as u64));
    field.extend(content);
    field
}

/// An integer field.
pub fn int(number: u32, value: i64) -> Vec<u8> {
    let mut field = varint(u64::from(number) << 3);
    field.extend(varint(value.cast_unsigned()));
    field
}

pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A model of these fields of its graph, with ONNX's operators of this version.
pub fn model(version: i64, graph: &[Vec<u8>]) -> Vec<u8> {
    let opset = [bytes(1, ""), int(2, version)].concat();
    [int(1, 8), bytes(7, graph.concat()), bytes(8, opset)].concat()
}

/// `GraphProto.node`.
pub fn node(op: &str, inputs: &[&str], outputs: &[&str], attributes: &[Vec<u8>]) -> Vec<u8> {
    bytes(1, node_message(op, inputs, outputs, attributes))
}

pub fn node_message(
    op: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: &[Vec<u8>],
) -> Vec<u8> {
    let mut message = Vec::new();
    message.extend(inputs.iter().flat_map(|name| bytes(1, name)));
    message.extend(outputs.iter().flat_map(|name| bytes(2, name)));
    message.extend(bytes(4, op));
    message.extend(attributes.iter().flat_map(|attribute| bytes(5, attribute)));
    message
}

/// `GraphProto.initializer` of f32.
pub fn weights(name: &str, dims: &[i64], values: &[f32]) -> Vec<u8> {
    let raw: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    tensor(name, dims, 1, &[bytes(9, raw)])
}

/// `GraphProto.initializer` with these further fields.
pub fn tensor(name: &str, dims: &[i64], data_type: i64, fields: &[Vec<u8>]) -> Vec<u8> {
    let mut message: Vec<u8> = dims.iter().flat_map(|&length| int(1, length)).collect();
    message.extend(int(2, data_type));
    message.extend(bytes(8, name));
    message.extend(fields.concat());
    bytes(5, message)
}

/// `GraphProto.input` (11) or `GraphProto.output` (12) of f32.
pub fn value(number: u32, name: &str, dims: &[i64]) -> Vec<u8> {
    let dims: Vec<u8> = dims
        .iter()
        .flat_map(|&length| bytes(1, int(1, length)))
        .collect();
    let tensor_type = [int(1, 1), bytes(2, dims)].concat();
    bytes(
        number,
        [bytes(1, name), bytes(2, bytes(1, tensor_type))].concat(),
    )
}

pub fn int_attribute(name: &str, value: i64) -> Vec<u8> {
    [bytes(1, name), int(3, value), int(20, 2)].concat()
}
