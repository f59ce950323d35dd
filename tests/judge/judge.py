"""Shows class models to a network that had no part in them: for each folder of CLASS.png the share whose class is the judge's first, and
among its first five.

python3 -m venv tests/judge/.venv && tests/judge/.venv/bin/pip install -r tests/judge/requirements.txt
tests/judge/.venv/bin/python tests/judge/judge.py FOLDER...
"""

import sys
from pathlib import Path

import efficientnet_lite0

session = efficientnet_lite0.session()
for folder in sys.argv[1:]:
    ranks = {}
    for file in sorted(Path(folder).glob("*.png")):
        (scores,) = session.run(None, {"pictures": efficientnet_lite0.read_picture(file)[None]})
        ranks[file.stem] = int((scores[0] > scores[0][int(file.stem)]).sum())
    shares = [sum(rank < best for rank in ranks.values()) for best in (1, 5)]
    missed = [name for name, rank in ranks.items() if rank >= 5]
    print(
        f"{folder}: first {shares[0]}, among the first five {shares[1]} of {len(ranks)}; not: {' '.join(missed)}"
    )
