"""What is read from /proc, from texts and from this very process."""

from __future__ import annotations

import mmap
import os
import time

from bench import proc

STATUS = """\
Name:\tsway (x) y
Umask:\t0022
VmRSS:\t   12345 kB
RssAnon:\t    3456 kB
Threads:\t3
SigQ:\t0/95943
CapEff:\t0000000000000000
voluntary_ctxt_switches:\t150
nonvoluntary_ctxt_switches:\t545
"""


def test_status_holds_bytes_and_plain_numbers() -> None:
    found = proc.parse_status(STATUS)
    assert found["RssAnon"] == 3456 * 1024
    assert found["voluntary_ctxt_switches"] == 150
    assert found["Threads"] == 3
    assert "Name" not in found
    assert "SigQ" not in found


def test_schedstat_begins_with_nanoseconds() -> None:
    assert proc.parse_schedstat("1500000000 222 33\n") == 1.5


def test_stat_survives_any_name() -> None:
    fields = ["S", *(str(n) for n in range(4, 53))]
    fields[11], fields[12] = "250", "50"
    text = f"42 (a b) c) {' '.join(fields)}\n"
    assert proc.parse_stat(text, 100) == 3.0


def test_usage_of_this_process_grows_with_what_it_does() -> None:
    pid = os.getpid()
    before = proc.usage(pid)
    end = time.process_time() + 0.02
    while time.process_time() < end:
        pass
    os.sched_yield()
    time.sleep(0.001)
    used = proc.usage(pid).since(before)
    assert used.cpu_s >= 0.01
    assert used.wakeups >= 1


def test_own_memory_counts_what_was_written_to() -> None:
    before = proc.rss_anon(os.getpid())
    reserved = mmap.mmap(-1, 32 << 20, mmap.MAP_PRIVATE)
    assert proc.rss_anon(os.getpid()) - before < 8 << 20
    block = bytearray(b"x") * (32 << 20)
    assert proc.rss_anon(os.getpid()) - before > 24 << 20
    del block
    reserved.close()
