"""The episode log, byte by byte: what docs/format.md promises of it, and what is made of what was torn."""

import io
import os

import numpy as np
import pytest
from writing import packed

from monitorcli.errors import BadFile
from monitorcli.format import log


@pytest.fixture
def path(tmp_path):
    """A log of ten records whose returns are 0 to 9."""
    path = tmp_path / "openaigym.episode_log.0.u.npy"
    descriptor = log.create(path)
    os.write(descriptor, b"".join(packed(number, float(number)) for number in range(10)))
    os.close(descriptor)
    return path


def test_a_record_has_its_fields_where_the_format_says():
    record = packed(
        number=1, value=2.5, length=3, started_at=4.25, duration=5.5, seed=6, seed_high=7, slot=8,
        end=9, mode=b"e", success=-1, seeded=2,
    )  # fmt: skip
    assert record.hex(" ", 8) == (
        "0100000000000000 0000000000000440 0300000000000000 0000000000001140 0000000000001640 "
        "0600000000000000 0700000000000000 08000000" + "0965ff02"
    )
    (read,) = np.frombuffer(record, log.RECORD).tolist()
    assert read == (1, 2.5, 3, 4.25, 5.5, 6, 7, 8, 9, b"e", -1, 2)


def test_the_codes_of_an_end_are_those_of_the_format():
    assert (log.END_TERMINATED, log.END_TRUNCATED, log.END_UNKNOWN) == (1, 2, 4)
    assert (log.CUT_RESET, log.CUT_CLOSED, log.CUT_UNKNOWN) == (16, 32, 64)


@pytest.mark.parametrize("count", [0, 1, 999, 10**15])
def test_the_header_is_numpys_and_as_long_for_any_count(count):
    header = log.header(count)
    assert len(header) == 448
    file = io.BytesIO(header)
    assert np.lib.format.read_magic(file) == (1, 0)
    assert np.lib.format.read_array_header_1_0(file) == ((count,), False, log.RECORD)
    assert file.tell() == len(header)


@pytest.mark.parametrize("first", [-1, 0, 1, 4, 9, 10, 11])
@pytest.mark.parametrize("limit", [0, 1, 4, 100])
def test_any_part_of_a_log_can_be_read(path, first, limit):
    expected = [] if first < 0 else list(range(10))[first : first + limit]
    assert log.read(path, first, limit)["return"].tolist() == expected


@pytest.mark.parametrize("size", [0, 1, 447])
def test_what_is_shorter_than_a_header_is_no_log(path, size):
    os.truncate(path, size)
    with pytest.raises(BadFile, match=r"openaigym\.episode_log\.0\.u\.npy: shorter than the header"):
        log.read(path)


def test_another_description_of_the_records_is_no_log_of_this_version(path):
    path.write_bytes(path.read_bytes().replace(b"'duration'", b"'lasted__'"))
    with pytest.raises(BadFile, match=r"0\.u\.npy: not an episode log of version 1"):
        log.read(path)


def test_a_log_is_never_created_over_another(path):
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        log.create(path)
    assert path.read_bytes() == before


def test_a_log_whose_header_finds_no_room_leaves_neither_file_nor_descriptor(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(os, "write", lambda descriptor, data: opened.append(descriptor) or full())

    def full():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        log.create(tmp_path / "log.npy")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


@pytest.mark.parametrize(
    ("column", "sound", "unsound"),
    [
        ("length", [0, 1, 1 << 48], [-1, (1 << 48) + 1]),
        ("end", [1, 2, 3, 4, 16, 32, 64], [0, 5, 8, 17, 128, 255]),
        ("mode", [b"t", b"e"], [b"", b"x", b"T"]),
        ("success", [-1, 0, 1], [-2, 2]),
        ("seeded", [0, 1, 2], [3, 255]),
    ],
)
def test_a_record_that_no_writer_writes_is_not_believed(column, sound, unsound):
    def believed(value):
        record = np.frombuffer(packed(0), log.RECORD).copy()
        record[column] = value
        return bool(log.plausible(record)[0])

    assert [believed(value) for value in sound] == [True] * len(sound)
    assert [believed(value) for value in unsound] == [False] * len(unsound)


def test_records_of_zeros_are_not_believed():
    assert not log.plausible(np.zeros(3, log.RECORD)).any()
