"""Classifies class models with a network that took no part in their optimisation: for each folder of CLASS.png, how many have their class
as its top 1, and among its top 5.

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
    top_1, top_5 = [sum(rank < count for rank in ranks.values()) for count in (1, 5)]
    missed = [name for name, rank in ranks.items() if rank >= 5]
    print(
        f"{folder}: top 1 {top_1}, top 5 {top_5} of {len(ranks)}; not in the top 5: {' '.join(missed)}"
    )
