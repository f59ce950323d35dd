"""Packs ONNX's own tests of single operators into node_cases.pb, and makes seeds for fuzzing of them.

Usage: python3 tests/onnx/make_node_cases.py WHEEL
where WHEEL is onnx 1.22.0 from PyPI (`pip download onnx==1.22.0 --no-deps`); later ones lack the data.
The result is a protocol buffer:

    message Cases { repeated Case case = 1; }
    message Case { string name = 1; bytes model = 2; repeated bytes input = 3; repeated bytes output = 4; }

with the bytes of model.onnx, input_*.pb and output_*.pb as they are.
"""

import hashlib
import pathlib
import re
import sys
import zipfile

SHA256 = "1d0a2bdb15eb2b3cb65c438f3423d9620d14fdce32f92380e6bb1b2e09568ef5"
FOLDER = "onnx/backend/test/data/node/"
SEEDS = pathlib.Path(__file__).parents[1] / "fuzz/seeds/onnx"
# What scripts/fuzz.sh lets the fuzzer use.
MAX_SEED_BYTES = 1024
# Names of the cases of operators that are folded.
WANTED = re.compile(
    "("
    "abs|add|and|basic_conv_with_padding|basic_conv_without_padding|batchnorm|cast|castlike|"
    "ceil|clip|concat|constant|constantofshape|conv_with_autopad_same|conv_with_strides|cos|"
    "cumsum|dequantizelinear|div|dropout|equal|exp|expand|eyelike|flatten|floor|gather|"
    "gather_elements|gathernd|gemm|greater|identity|less|log|matmul|max|mean|min|mod|mul|neg|"
    "nonzero|not|onehot|or|pow|quantizelinear|range|reciprocal|reduce_l1|reduce_l2|reduce_max|"
    "reduce_mean|reduce_min|reduce_prod|reduce_sum|relu|reshape|round|scatter|scatter_elements|"
    "scatternd|shape|sigmoid|sign|sin|size|slice|split|sqrt|squeeze|sub|sum|tanh|transpose|"
    "tril|triu|unsqueeze|tile_precomputed|where|xor|edge_pad|constant_pad|reflect_pad|wrap_pad|"
    "and2d|and3d|and4d|or2d|or3d|or4d|xor2d|xor3d|xor4d"
    ")(_.*)?"
)
# Of operators that are not folded, whose names begin with one of the words.
OTHERS = (
    "split_to_sequence",
    "identity_sequence",
    "identity_opt",
    "reduce_log_sum",
    "size_example_",
    "mod_hash",
)


def varint(value):
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def is_wanted(name):
    if name.endswith("_expanded") or "_expanded_" in name or name.startswith(OTHERS):
        return False
    return WANTED.fullmatch(name)


def main(path):
    wheel = pathlib.Path(path).read_bytes()
    found = hashlib.sha256(wheel).hexdigest()
    if found != SHA256:
        sys.exit(f"{path} has the SHA-256 {found}, not {SHA256}")
    cases, seeds = [], {}
    with zipfile.ZipFile(path) as archive:
        files = {
            name[len(FOLDER) :]: name for name in archive.namelist() if name.startswith(FOLDER)
        }
        names = sorted({name.split("/")[0] for name in files})
        for name in filter(lambda name: is_wanted(name.removeprefix("test_")), names):
            model = archive.read(files[f"{name}/model.onnx"])
            case, seed = field(1, name.encode()) + field(2, model), model
            for number, kind in ((3, "input"), (4, "output")):
                index = 0
                while (data := f"{name}/test_data_set_0/{kind}_{index}.pb") in files:
                    tensor = archive.read(files[data])
                    case += field(number, tensor)
                    if kind == "input":
                        # A message that is given twice is one message: this adds an initialiser.
                        seed += field(7, field(5, tensor))
                    index += 1
            cases.append(field(1, case))
            if len(seed) <= MAX_SEED_BYTES:
                seeds.setdefault(WANTED.fullmatch(name.removeprefix("test_"))[1], seed)
    target = pathlib.Path(__file__).with_name("node_cases.pb")
    target.write_bytes(b"".join(cases))
    SEEDS.mkdir(parents=True, exist_ok=True)
    for operator, seed in seeds.items():
        (SEEDS / f"{operator}.onnx").write_bytes(seed)
    print(f"{len(cases)} cases, {target.stat().st_size} bytes; {len(seeds)} seeds")


main(sys.argv[1])
