from __future__ import annotations

from spectrum_session.compositor.input.input_guard import InputGuard


def test_keys_wait_after_a_focus_that_came_by_itself() -> None:
    guard = InputGuard(300)
    guard.focused(1, 1000, by_user=False)
    assert not guard.allows_key(1, 1000)
    assert not guard.allows_key(1, 1299)
    assert guard.allows_key(1, 1300)
    assert guard.allows_button(1, 1000)
    assert guard.allows_key(2, 1000)


def test_a_user_who_chooses_the_window_may_type() -> None:
    guard = InputGuard(300)
    guard.focused(1, 1000, by_user=False)
    guard.focused(1, 1100, by_user=True)
    assert guard.allows_key(1, 1100)


def test_buttons_wait_after_it_appeared_under_the_pointer() -> None:
    guard = InputGuard(300)
    guard.offers_other(1, 1000)
    guard.focused(1, 1001, by_user=True)
    assert not guard.allows_button(1, 1299)
    assert guard.allows_button(1, 1300)
    assert guard.allows_key(1, 1001)


def test_appearing_again_starts_anew() -> None:
    guard = InputGuard(300)
    guard.offers_other(1, 1000)
    guard.offers_other(1, 1200)
    assert not guard.allows_button(1, 1499)
    assert guard.allows_button(1, 1500)


def test_a_reused_id_does_not_inherit() -> None:
    guard = InputGuard(300)
    guard.offers_other(1, 1000)
    guard.focused(1, 1000, by_user=False)
    guard.forget(1)
    assert guard.allows_button(1, 1001)
    assert guard.allows_key(1, 1001)


def test_zero_turns_it_off() -> None:
    guard = InputGuard(0)
    guard.focused(1, 1000, by_user=False)
    assert guard.allows_key(1, 1000)
