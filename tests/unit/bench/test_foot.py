"""When foot's first frame was answered, from what libwayland writes."""

from __future__ import annotations

from bench.foot import elapsed_us, first_frame_us

OLD = """\
[2492792.521]  -> wl_surface@3.commit()
[2492790.599]  -> wl_display@1.sync(new id wl_callback@30)
[2492791.130] wl_callback@30.done(11)
[2492815.718]  -> wl_surface@3.frame(new id wl_callback@31)
[2492818.833] wl_callback@31.done(8652104)
[2492835.855] wl_callback@31.done(8652122)
"""
NEW = """\
[ 492790.599] {Default Queue}  -> wl_display#1.sync(new id wl_callback#30)
[ 492791.130] {Default Queue} wl_callback#30.done(11)
[ 492815.718] {Default Queue}  -> wl_surface#3.frame(new id wl_callback#31)
[ 492818.033] {Default Queue} wl_callback#31.done(8652104)
"""


def test_the_first_frame_is_the_first_answer_to_a_frame_request() -> None:
    assert first_frame_us(OLD) == 2492818833
    assert first_frame_us(NEW) == 492818033


def test_no_frame_yet() -> None:
    assert first_frame_us("") is None
    assert first_frame_us("\n".join(OLD.splitlines()[:4])) is None


def test_elapsed_survives_the_wrap_of_32_bits() -> None:
    start_ns = ((1 << 32) - 10_000 + (7 << 32)) * 1000
    assert elapsed_us(start_ns, 15_000) == 25_000
    assert elapsed_us(5_000_000, 5_020) == 20
