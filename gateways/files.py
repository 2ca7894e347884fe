"""Where attachments lie: a directory, each file under its own UUID."""

import os
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from domain.errors import DomainError


class FileMissing(DomainError):
    """The bytes of an attachment are not where this machine looks for them."""

    message = "An attachment cannot be read from the file store (FILES_DIR)."


class FileStore:
    """Stores bytes under a UUID that we make; a name from outside never becomes a path."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, content: bytes) -> tuple[str, str]:
        """Store durably; returns (UUID, SHA-256 in hexadecimal)."""
        name = str(uuid4())
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        return name, sha256(content).hexdigest()

    def read(self, name: str) -> bytes:
        """The bytes stored under that UUID. Raises FileMissing, ValueError for what is no UUID."""
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise FileMissing from error

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        canonical = str(UUID(name))
        return self._root / canonical[:2] / canonical
