"""What an app with a login should be tested for."""

import pytest


def test_bob_signs_in(app, standin, browser):
    standin.next_login(**{"as": "bob"})
    page = browser.get(f"{app}/login")
    assert "Hello, Bob" in page.text
    standin.expect("userinfo_read", where={"client": "diary", "user": "bob"}, count=1)


def test_somebody_without_a_name_signs_in(app, standin, browser):
    standin.next_login(**{"as": "alice", "claims": {"name": None, "email": None}})
    assert "Hello, alice" in browser.get(f"{app}/login").text


def test_whoever_says_no_is_told_so(app, standin, browser):
    standin.next_login(fail="access_denied")
    page = browser.get(f"{app}/login")
    assert page.status_code == 403 and "access_denied" in page.text


@pytest.mark.parametrize(
    "lie",
    ["idt.nonce.wrong", "idt.sig.corrupt", "idt.sig.other_key", "idt.aud.wrong", "idt.iss.wrong", "idt.exp.past", "idt.alg.none", "authz.state.wrong"],
)
def test_no_lie_is_believed(app, standin, browser, lie):
    standin.fault(lie)
    standin.next_login(**{"as": "alice"})
    page = browser.get(f"{app}/login")
    assert page.status_code == 403, f"{lie} was believed"
    assert "Nobody is signed in" in browser.get(app).text


def test_a_rotated_key_is_fetched(app, standin, browser):
    standin.next_login(**{"as": "alice"})
    assert "Hello, Alice" in browser.get(f"{app}/login").text
    standin.fault("jwks.rotate")
    standin.next_login(**{"as": "bob"})
    assert "Hello, Bob" in browser.get(f"{app}/login").text


def test_an_old_sign_in_has_ended(app, standin, browser):
    standin.next_login(**{"as": "alice"})
    browser.get(f"{app}/login")
    standin.advance("2d")
    assert standin.call("GET", "/sessions") == []
