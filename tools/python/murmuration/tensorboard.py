"""Curves of runs as TensorBoard reads them.

An events file is a sequence of records (length, checksum, data, checksum), each a protocol buffer `Event` of
tensorflow/core/util/event.proto.  Written here by hand: the fields are few, and TensorBoard itself is not needed.
"""

import struct
from pathlib import Path

from .results import Run, Sweep, _is_missing, _rows


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)  # Castagnoli's polynomial
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc32c(data):
    """CRC-32C of bytes (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _record(data):
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", _masked(length)) + data + struct.pack("<I", _masked(data))


def _varint(number):
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _field(number, data):
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _event(wall_time, step, tag, value):
    scalar = _field(1, tag.encode()) + _varint(2 << 3 | 5) + struct.pack("<f", value)
    return (_varint(1 << 3 | 1) + struct.pack("<d", wall_time) + _varint(2 << 3) + _varint(step)
            + _field(5, _field(1, scalar)))


def to_tensorboard(results, folder):
    """Writes every numeric column of rounds.csv as a curve over rounds; a sweep's runs get a folder each.

    These are inside of `folder`: where a run's name leads out of its sweep, as after a merge, `..` becomes `_`.

    TensorBoard's "wall time" is the simulated time.  Returns the paths of the files.
    """
    folder = Path(folder)
    if isinstance(results, Sweep):
        return [path for run in results.runs for path in to_tensorboard(run, folder / run.name.replace("..", "_"))]
    assert isinstance(results, Run)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "events.out.tfevents.0.murmuration"
    with open(path, "wb") as file:
        file.write(_record(_varint(1 << 3 | 1) + struct.pack("<d", 0) + _field(3, b"brain.Event:2")))
        for row in _rows(results.rounds):
            for name, value in row.items():
                if name != "round" and isinstance(value, (int, float)) and not _is_missing(value):
                    file.write(_record(_event(row["sim_time_max_s"], int(row["round"]), name, value)))
    return [path]
