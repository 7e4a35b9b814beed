"""What Vosk reads from a model's folder, in its two layouts (src/model.cc of vosk-api).

A new model keeps its files in am, conf and graph; an old one has all of them side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Layout:
    acoustic: str
    needed: tuple[str, ...]
    features: tuple[str, ...]
    graph: str
    optional: tuple[str, ...]


_LAYOUTS: Final = (
    _Layout(
        "am/final.mdl",
        ("conf/model.conf",),
        ("conf/mfcc.conf", "conf/fbank.conf"),
        "graph/",
        ("graph/words.txt", "graph/phones/word_boundary.int"),
    ),
    _Layout("final.mdl", (), ("mfcc.conf",), "", ("words.txt", "word_boundary.int")),
)
_STATIC: Final = ("HCLG.fst",)
_DYNAMIC: Final = ("HCLr.fst", "Gr.fst", "disambig_tid.int")
_IVECTOR: Final = tuple(
    f"ivector/{name}"
    for name in ("final.dubm", "final.ie", "final.mat", "global_cmvn.stats", "splice.conf")
)


def is_model(folder: Path) -> bool:
    """Whether anything in `folder` says that it is meant to be a model."""
    return any((folder / layout.acoustic).is_file() for layout in _LAYOUTS)


def gap(folder: Path) -> str | None:
    """What the model in `folder` lacks, in some words; None when every needed file has content.

    Vosk takes an empty words.txt without a word and then hears nothing, so emptiness counts.
    """
    layout = next(layout for layout in _LAYOUTS if (folder / layout.acoustic).is_file())
    static = (folder / layout.graph / _STATIC[0]).is_file()
    graph = tuple(layout.graph + name for name in (_STATIC if static else _DYNAMIC))
    ivector = _IVECTOR if (folder / "ivector").is_dir() else ()
    needed = (layout.acoustic, *layout.needed, *graph, *ivector)
    for name in needed:
        if not (folder / name).is_file():
            return f"{name} is not there"
    if not any((folder / name).is_file() for name in layout.features):
        return f"{layout.features[0]} is not there"
    for name in (*needed, *layout.features, *layout.optional):
        if (folder / name).is_file() and (folder / name).stat().st_size == 0:
            return f"{name} is empty"
    return None
