from __future__ import annotations

from spectrum_session.shell.options import Rule
from spectrum_session.shell.rules import effect, matches


def test_empty_vm_is_the_host_and_no_glob_is() -> None:
    assert matches(Rule(vm=""), None, "", "")
    assert not matches(Rule(vm=""), "work", "", "")
    assert not matches(Rule(vm="*"), None, "", "")
    assert matches(Rule(vm="w*"), "work", "", "")
    assert not matches(Rule(vm="w*"), "net", "", "")
    assert matches(Rule(), None, "", "")
    assert matches(Rule(), "work", "", "")


def test_all_conditions_must_hold() -> None:
    rule = Rule(app_id="foot*", title="*htop*")
    assert matches(rule, None, "footclient", "a htop b")
    assert not matches(rule, None, "footclient", "b")
    assert not matches(rule, None, "x", "htop")
    assert not matches(Rule(app_id="Foot"), None, "foot", "")


def test_each_field_from_the_first_rule_that_sets_it() -> None:
    rules = (
        Rule(app_id="nothing", workspace=9),
        Rule(app_id="a", floating=False),
        Rule(floating=True, workspace=3),
        Rule(workspace=4, width=100),
    )
    assert effect(rules, None, "a", "") == Rule(floating=False, workspace=3, width=100)
    assert effect((), None, "a", "") == Rule()
