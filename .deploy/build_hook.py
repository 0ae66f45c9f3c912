"""Puts the commit into the wheel, for ``smtp-monitors --version``; nothing where git does not know it."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        git = shutil.which("git")
        if version == "editable" or git is None or not (Path(self.root) / ".git").exists():
            return
        described = [git, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
        commit = subprocess.run(described, cwd=self.root, capture_output=True, text=True, check=False).stdout  # noqa: S603
        self._file().write_text(commit)
        build_data["force_include"][str(self._file())] = "server/COMMIT"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._file().unlink(missing_ok=True)

    def _file(self) -> Path:
        return Path(self.directory) / "COMMIT"
