//! The messages of an ONNX file, with names and bytes borrowed from it.
//!
//! Numbers of fields are those of `onnx.proto` (ONNX 1.22, IR version 13). Unknown fields,
//! documentation and training information are skipped. Subgraphs are recorded and never read, so
//! nothing here recurses.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::fields::{Field, Fields};
use crate::error::Error;

/// Most bytes of a model and the files with its tensors together: 1 GiB. A browser's program has 4
/// GiB for them, for their copies on the device and for the activations.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Most nodes of a graph, functions inlined.
pub const MAX_NODES: usize = 100_000;

/// Most names, attributes, attributes' elements, axes and metadata entries of a file. Each takes
/// some 50 bytes of memory and as little as two of the file.
const MAX_ENTRIES: usize = 1_000_000;

/// Most axes of a tensor. Networks have at most six or so.
const MAX_AXES: usize = 32;

/// A whole file (`ModelProto`).
#[derive(Debug, Clone, Default)]
pub struct Model<'a> {
    /// Version of the file format.
    pub ir_version: i64,
    /// The exporter's name, such as `pytorch`; empty when the file has none.
    pub producer_name: Cow<'a, str>,
    /// The exporter's version.
    pub producer_version: Cow<'a, str>,
    /// Version of each domain's operators. The domain of ONNX's own is `""`.
    pub opsets: Opsets<'a>,
    /// What the exporter or its user noted, as (key, value).
    pub metadata: Metadata<'a>,
    /// The network.
    pub graph: Graph<'a>,
    /// Operators that are defined by the file.
    pub functions: Vec<Function<'a>>,
}

/// Key and value of each entry of `metadata_props`.
pub type Metadata<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Domain and version of each entry of `opset_import`.
#[derive(Debug, Clone, Default)]
pub struct Opsets<'a>(Vec<(&'a str, i64)>);

/// Nodes with their constants, inputs and outputs (`GraphProto`).
#[derive(Debug, Clone, Default)]
pub struct Graph<'a> {
    /// The nodes, in the order of the file.
    pub nodes: Vec<Node<'a>>,
    /// The constants: weights above all.
    pub initializers: Vec<Tensor<'a>>,
    /// Inputs. Before IR version 4 initialisers are among them.
    pub inputs: Vec<ValueInfo<'a>>,
    /// Outputs.
    pub outputs: Vec<ValueInfo<'a>>,
    /// Types of values in between, where the exporter noted them.
    pub values: Vec<ValueInfo<'a>>,
}

/// An operator that is defined by the file (`FunctionProto`).
#[derive(Debug, Clone, Default)]
pub struct Function<'a> {
    /// Its operator type.
    pub name: &'a str,
    /// Its domain.
    pub domain: &'a str,
    /// Tells functions of the same name apart.
    pub overload: &'a str,
    /// Names of its inputs.
    pub inputs: Vec<&'a str>,
    /// Names of its outputs.
    pub outputs: Vec<&'a str>,
    /// Attributes with default values.
    pub defaults: Vec<Attribute<'a>>,
    /// Its body.
    pub nodes: Vec<Node<'a>>,
    /// Versions of the operators in its body.
    pub opsets: Opsets<'a>,
}

/// One operator with its arguments (`NodeProto`).
#[derive(Debug, Clone, Default)]
pub struct Node<'a> {
    /// Operator type, such as `Conv`.
    pub op_type: &'a str,
    /// Domain of the operator; `""` for ONNX's own, also where the file says `ai.onnx`.
    pub domain: &'a str,
    /// Tells functions of the same name apart.
    pub overload: &'a str,
    /// Version of the domain's operators that the node's graph or function imports; 0 when it
    /// imports none.
    pub version: i64,
    /// The node's name; often empty.
    pub name: Cow<'a, str>,
    /// Names of its inputs; an empty one is an optional input that is absent.
    pub inputs: Vec<Cow<'a, str>>,
    /// Names of its outputs; an empty one is not wanted.
    pub outputs: Vec<Cow<'a, str>>,
    /// Attributes.
    pub attributes: Vec<Attribute<'a>>,
    /// What the exporter noted, such as the module's name.
    pub metadata: Metadata<'a>,
}

/// A named argument of a node (`AttributeProto`).
#[derive(Debug, Clone)]
pub struct Attribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value.
    pub value: AttributeValue<'a>,
}

/// Value of an [`Attribute`].
#[derive(Debug, Clone)]
pub enum AttributeValue<'a> {
    /// One number.
    Float(f32),
    /// One integer.
    Int(i64),
    /// One string.
    Text(&'a [u8]),
    /// One tensor.
    Tensor(Tensor<'a>),
    /// Numbers.
    Floats(Vec<f32>),
    /// Integers.
    Ints(Vec<i64>),
    /// Strings.
    Texts(Vec<&'a [u8]>),
    /// A subgraph or several, whose contents are not read.
    Subgraph,
    /// The value of the function's attribute of this name.
    Reference(&'a str),
    /// A type that no supported operator has, by its number in `AttributeType`.
    Other(i64),
}

/// A constant (`TensorProto`). Its elements are read by [`super::tensor::read_tensor`].
#[derive(Debug, Clone, Default)]
pub struct Tensor<'a> {
    /// Its name; empty for an attribute's tensor.
    pub name: &'a str,
    /// Length of each axis.
    pub dims: Vec<i64>,
    /// Element type, by its number in `TensorProto.DataType`.
    pub data_type: i64,
    /// Little-endian elements, if they are stored so.
    pub raw: Option<&'a [u8]>,
    /// Where the elements are, if they are in another file.
    pub external: Option<External<'a>>,
    /// The whole message, whose fields may hold elements.
    pub message: Option<Fields<'a>>,
}

/// Where a tensor's elements are.
#[derive(Debug, Clone, Default)]
pub struct External<'a> {
    /// Path of the file, relative to the model's.
    pub location: &'a str,
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// Number of bytes; all that follow when absent.
    pub length: Option<u64>,
}

/// Name and type of an input or output (`ValueInfoProto`).
#[derive(Debug, Clone, Default)]
pub struct ValueInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// Element type, by its number in `TensorProto.DataType`; 0 when unknown or no tensor.
    pub element_type: i64,
    /// Its axes, if their number is known.
    pub shape: Option<Vec<Dimension<'a>>>,
}

/// Length of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension<'a> {
    /// A number.
    Known(i64),
    /// A name, such as `batch`, that stands for one number.
    Named(&'a str),
    /// Anything.
    Unknown,
}

/// Versions of ONNX's operators whose meaning is known: those of ONNX 1.22, back to the oldest files
/// in circulation.
const KNOWN_OPSETS: RangeInclusive<i64> = 6..=27;

impl Model<'_> {
    /// Refuses a model whose operators may mean something else than they do here.
    ///
    /// # Errors
    /// `network-unsupported` when the version of ONNX's own operators is missing, or is not known.
    pub fn check_opset(&self) -> Result<(), Error> {
        let version = self.opsets.version("");
        if KNOWN_OPSETS.contains(&version) {
            return Ok(());
        }
        let (first, last) = (KNOWN_OPSETS.start(), KNOWN_OPSETS.end());
        Err(Error::NetworkUnsupported(format!(
            "it uses version {version} of ONNX's operators, and those from {first} to {last} are known"
        )))
    }
}

impl<'a> Graph<'a> {
    /// Inputs that are not initialisers: what a caller has to give.
    pub fn open_inputs(&self) -> impl Iterator<Item = &ValueInfo<'a>> {
        let given: HashSet<&str> = self.initializers.iter().map(|tensor| tensor.name).collect();
        let inputs = self.inputs.iter();
        inputs.filter(move |input| !given.contains(input.name))
    }
}

impl Opsets<'_> {
    /// Version of `domain`'s operators; 0 when the file imports none.
    pub fn version(&self, domain: &str) -> i64 {
        let entry = self.0.iter().find(|(name, _)| *name == domain);
        entry.map_or(0, |&(_, version)| version)
    }
}

/// Checks the bytes of a model and the files with its tensors together, before they are read.
///
/// # Errors
/// `network-too-large` for more than 1 GiB.
pub fn check_file_bytes(bytes: u64) -> Result<(), Error> {
    if bytes <= MAX_FILE_BYTES {
        return Ok(());
    }
    Err(Error::NetworkTooLarge(format!(
        "its files have {bytes} bytes, more than {MAX_FILE_BYTES}"
    )))
}

/// Reads a file's messages.
///
/// # Errors
/// `network-corrupt`, with byte and field, when the file is not an ONNX model;
/// `network-too-large` when the file, its nodes or its other entries exceed a limit.
pub fn parse_model(bytes: &[u8]) -> Result<Model<'_>, Error> {
    check_file_bytes(bytes.len() as u64)?;
    let mut parser = Parser::default();
    let mut model = Model::default();
    let mut has_graph = false;
    for field in Fields::of_file("ModelProto", bytes) {
        let field = field?;
        match field.number {
            1 => model.ir_version = field.int()?,
            2 => model.producer_name = field.lossy_text()?,
            3 => model.producer_version = field.lossy_text()?,
            7 => {
                parser.graph(&mut model.graph, field.message("GraphProto")?)?;
                has_graph = true;
            }
            8 => parser.opset(&mut model.opsets, &field)?,
            14 => parser.metadata(&mut model.metadata, &field)?,
            25 => model.functions.push(parser.function(&field)?),
            _ => {}
        }
    }
    if !has_graph {
        return Err(Error::NetworkCorrupt(
            "it is not an ONNX model: it has no graph".to_owned(),
        ));
    }
    set_versions(&mut model.graph.nodes, &model.opsets);
    for function in &mut model.functions {
        set_versions(&mut function.nodes, &function.opsets);
    }
    Ok(model)
}

fn set_versions(nodes: &mut [Node<'_>], opsets: &Opsets<'_>) {
    for node in nodes {
        node.version = opsets.version(node.domain);
    }
}

/// What the messages read so far have used of the limits.
#[derive(Default)]
struct Parser {
    nodes: usize,
    entries: usize,
}

impl Parser {
    /// Counts an entry that is about to be stored.
    #[inline(never)]
    fn count(&mut self) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(Error::NetworkTooLarge(format!(
                "it has more than {MAX_ENTRIES} names, attributes and other entries"
            )));
        }
        Ok(())
    }

    #[inline(never)]
    fn opset<'a>(&mut self, opsets: &mut Opsets<'a>, field: &Field<'a>) -> Result<(), Error> {
        self.count()?;
        let (mut domain, mut version) = ("", 0);
        for field in field.message("OperatorSetIdProto")? {
            let field = field?;
            match field.number {
                1 => domain = field.text()?,
                2 => version = field.int()?,
                _ => {}
            }
        }
        opsets.0.push((own_domain(domain), version));
        Ok(())
    }

    fn metadata<'a>(
        &mut self,
        metadata: &mut Metadata<'a>,
        field: &Field<'a>,
    ) -> Result<(), Error> {
        self.count()?;
        let mut entry = (Cow::Borrowed(""), Cow::Borrowed(""));
        for field in field.message("StringStringEntryProto")? {
            let field = field?;
            match field.number {
                1 => entry.0 = field.lossy_text()?,
                2 => entry.1 = field.lossy_text()?,
                _ => {}
            }
        }
        metadata.push(entry);
        Ok(())
    }

    /// Adds a graph's fields to `graph`: a message that is given twice is one message.
    fn graph<'a>(&mut self, graph: &mut Graph<'a>, fields: Fields<'a>) -> Result<(), Error> {
        for field in fields {
            let field = field?;
            match field.number {
                1 => graph.nodes.push(self.node(&field)?),
                5 => graph.initializers.push(self.tensor(&field)?),
                11 => graph.inputs.push(self.value_info(&field)?),
                12 => graph.outputs.push(self.value_info(&field)?),
                13 => graph.values.push(self.value_info(&field)?),
                15 => {
                    return Err(Error::NetworkUnsupported(
                        "it has sparse initialisers".to_owned(),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn function<'a>(&mut self, field: &Field<'a>) -> Result<Function<'a>, Error> {
        self.count()?;
        let mut function = Function::default();
        for field in field.message("FunctionProto")? {
            let field = field?;
            match field.number {
                1 => function.name = field.text()?,
                4 => function.inputs.push(self.name(&field)?),
                5 => function.outputs.push(self.name(&field)?),
                7 => function.nodes.push(self.node(&field)?),
                9 => self.opset(&mut function.opsets, &field)?,
                10 => function.domain = own_domain(field.text()?),
                11 => function.defaults.push(self.attribute(&field)?),
                13 => function.overload = field.text()?,
                _ => {}
            }
        }
        Ok(function)
    }

    #[inline(never)]
    fn name<'a>(&mut self, field: &Field<'a>) -> Result<&'a str, Error> {
        self.count()?;
        field.text()
    }

    fn node<'a>(&mut self, field: &Field<'a>) -> Result<Node<'a>, Error> {
        self.nodes += 1;
        check_node_count(self.nodes)?;
        let mut node = Node::default();
        for field in field.message("NodeProto")? {
            let field = field?;
            match field.number {
                1 => node.inputs.push(self.name(&field)?.into()),
                2 => node.outputs.push(self.name(&field)?.into()),
                3 => node.name = field.text()?.into(),
                4 => node.op_type = field.text()?,
                5 => node.attributes.push(self.attribute(&field)?),
                7 => node.domain = own_domain(field.text()?),
                8 => node.overload = field.text()?,
                9 => self.metadata(&mut node.metadata, &field)?,
                _ => {}
            }
        }
        Ok(node)
    }

    fn attribute<'a>(&mut self, field: &Field<'a>) -> Result<Attribute<'a>, Error> {
        self.count()?;
        let (mut name, mut reference, mut kind) = ("", "", None);
        let (mut float, mut int, mut text) = (None, None, None);
        let (mut floats, mut ints, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        let (mut tensor, mut has_subgraph) = (None, false);
        for field in field.message("AttributeProto")? {
            let field = field?;
            match field.number {
                1 => name = field.text()?,
                2 => float = Some(field.float()?),
                3 => int = Some(field.int()?),
                4 => text = Some(field.bytes()?),
                5 if tensor.is_some() => return Err(field.corrupt("it is given twice")),
                5 => tensor = Some(self.tensor(&field)?),
                6 | 11 => has_subgraph = true,
                7 => {
                    for &element in field.fixed()? {
                        self.count()?;
                        floats.push(f32::from_le_bytes(element));
                    }
                }
                8 => {
                    for element in field.ints()? {
                        self.count()?;
                        ints.push(element?);
                    }
                }
                9 => {
                    self.count()?;
                    texts.push(field.bytes()?);
                }
                20 => kind = Some(field.int()?),
                21 => reference = field.text()?,
                _ => {}
            }
        }
        // IR version 1 has no `type`: the field that is present tells it. Writers may leave out a
        // field whose value is the default.
        let kind = kind.unwrap_or(match () {
            () if float.is_some() => 1,
            () if int.is_some() => 2,
            () if text.is_some() => 3,
            () if tensor.is_some() => 4,
            () if has_subgraph => 5,
            () if !floats.is_empty() => 6,
            () if !texts.is_empty() => 8,
            () => 7,
        });
        let value = match kind {
            _ if !reference.is_empty() => AttributeValue::Reference(reference),
            1 => AttributeValue::Float(float.unwrap_or_default()),
            2 => AttributeValue::Int(int.unwrap_or_default()),
            3 => AttributeValue::Text(text.unwrap_or_default()),
            4 => AttributeValue::Tensor(
                tensor.ok_or_else(|| field.corrupt("the attribute's tensor is missing"))?,
            ),
            5 | 10 => AttributeValue::Subgraph,
            6 => AttributeValue::Floats(floats),
            7 => AttributeValue::Ints(ints),
            8 => AttributeValue::Texts(texts),
            other => AttributeValue::Other(other),
        };
        Ok(Attribute { name, value })
    }

    fn tensor<'a>(&mut self, field: &Field<'a>) -> Result<Tensor<'a>, Error> {
        self.count()?;
        let fields = field.message("TensorProto")?;
        let mut tensor = Tensor {
            message: Some(fields.clone()),
            ..Tensor::default()
        };
        let (mut external, mut is_external) = (External::default(), false);
        for field in fields {
            let field = field?;
            match field.number {
                1 => {
                    for length in field.ints()? {
                        tensor.dims.push(length?);
                    }
                    if tensor.dims.len() > MAX_AXES {
                        return Err(field.corrupt("the tensor has too many axes"));
                    }
                }
                2 => tensor.data_type = field.int()?,
                3 => return Err(field.corrupt("tensors in segments are not supported")),
                8 => tensor.name = field.text()?,
                9 => tensor.raw = Some(field.bytes()?),
                13 => external_entry(&mut external, &field)?,
                14 => is_external = field.int()? == 1,
                _ => {}
            }
        }
        tensor.external = is_external.then_some(external);
        Ok(tensor)
    }

    fn value_info<'a>(&mut self, field: &Field<'a>) -> Result<ValueInfo<'a>, Error> {
        self.count()?;
        let mut info = ValueInfo::default();
        for field in field.message("ValueInfoProto")? {
            let field = field?;
            match field.number {
                1 => info.name = field.text()?,
                2 => self.tensor_type(&mut info, field.message("TypeProto")?)?,
                _ => {}
            }
        }
        Ok(info)
    }

    fn tensor_type<'a>(
        &mut self,
        info: &mut ValueInfo<'a>,
        fields: Fields<'a>,
    ) -> Result<(), Error> {
        for field in fields {
            let field = field?;
            if field.number != 1 {
                continue;
            }
            for field in field.message("TypeProto.Tensor")? {
                let field = field?;
                match field.number {
                    1 => info.element_type = field.int()?,
                    2 => self.shape(info.shape.get_or_insert_default(), &field)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn shape<'a>(
        &mut self,
        shape: &mut Vec<Dimension<'a>>,
        field: &Field<'a>,
    ) -> Result<(), Error> {
        for field in field.message("TensorShapeProto")? {
            let field = field?;
            if field.number != 1 {
                continue;
            }
            self.count()?;
            let mut dimension = Dimension::Unknown;
            for field in field.message("TensorShapeProto.Dimension")? {
                let field = field?;
                match field.number {
                    1 => dimension = Dimension::Known(field.int()?),
                    2 => dimension = Dimension::Named(field.text()?),
                    _ => {}
                }
            }
            shape.push(dimension);
        }
        Ok(())
    }
}

/// Reads one key of `external_data`. Keys other than these (a checksum, say) are skipped.
fn external_entry<'a>(external: &mut External<'a>, field: &Field<'a>) -> Result<(), Error> {
    let (mut key, mut value) = ("", "");
    for field in field.message("StringStringEntryProto")? {
        let field = field?;
        match field.number {
            1 => key = field.text()?,
            2 => value = field.text()?,
            _ => {}
        }
    }
    let number = || {
        value
            .parse()
            .map_err(|_| field.corrupt("it is no number of bytes"))
    };
    match key {
        "location" => external.location = value,
        "offset" => external.offset = number()?,
        "length" => external.length = Some(number()?),
        _ => {}
    }
    Ok(())
}

/// The domain of ONNX's own operators has two names.
fn own_domain(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

/// # Errors
/// `network-too-large` when `count` nodes are more than [`MAX_NODES`].
pub(super) fn check_node_count(count: usize) -> Result<(), Error> {
    if count > MAX_NODES {
        return Err(Error::NetworkTooLarge(format!(
            "it has more than {MAX_NODES} nodes"
        )));
    }
    Ok(())
}
