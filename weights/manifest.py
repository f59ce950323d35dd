"""Keep the rows of manifest.json."""

import hashlib
import json
from pathlib import Path


def update_manifest(folder: Path, row: dict) -> None:
    """Put a network's row into `folder`'s manifest, with the size and the checksum of its file there: in its old place if
    there was one. Other rows stay as they are."""
    manifest = folder / "manifest.json"
    content = (folder / row["file"]).read_bytes()
    row = row | {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    rows = json.loads(manifest.read_text()) if manifest.exists() else []
    place = next((i for i, old in enumerate(rows) if old["id"] == row["id"]), len(rows))
    rows[place : place + 1] = [row]
    manifest.write_text(json.dumps(rows, indent=2) + "\n")
