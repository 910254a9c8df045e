"""A layer as a blob in an open file."""

from __future__ import annotations

from rootbuild.outputs.compress import compressor
from rootbuild.outputs.image import Blob, Style
from rootbuild.outputs.layers import damaged, write_layer
from rootbuild.outputs.sink import FileSink
from rootbuild.storage.contents import StoredLayer


def write_blob(layer: StoredLayer, style: Style, target: int) -> Blob:
    """Write a layer. Raises OSError, and HostError if the store does not have it as it came.

    What is not compressed is copied as fast as can be: that it is as long as it should be is seen,
    its digest is taken on trust. Else that is computed on the way.
    """
    if style.compression == "uncompressed":
        sink = FileSink(target)
        write_layer(layer, sink)
        sink.flush()
        if sink.written != layer.size:
            raise damaged(layer.diff_id, "it has another size than it had")
        return Blob("uncompressed", layer.diff_id, layer.size)
    with compressor(style.compression, style.level, target) as packer:
        write_layer(layer, packer)
        written = packer.finish()
    if written.content != layer.diff_id:
        raise damaged(layer.diff_id, "its content has changed")
    return Blob(style.compression, written.digest, written.size)
