package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestBobSignsIn(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.nextLogin(body{"as": "bob"})
	browser.get("/login").says("Hello, Bob")
	browser.get("/").says("Hello, Bob")
	realm.expect("code_redeemed", body{"client": "shop", "user": "bob"})
	realm.expect("userinfo_read", body{"client": "shop", "user": "bob"})
}

func TestClaimsForOneSignIn(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.nextLogin(body{"as": "alice", "claims": body{"name": nil, "email": "<a@example.com>"}})
	browser.get("/login").says("Hello, alice", "&lt;a@example.com&gt;")
	realm.nextLogin(body{"as": "alice"})
	newBrowser(t, browser.home).get("/login").says("Hello, Alice Adams", "alice@example.com")
}

func TestWhoeverSaysNoIsToldSo(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.nextLogin(body{"fail": "access_denied"})
	browser.get("/login").says("Sign-in failed", "access_denied")
	browser.get("/").says("Nobody is signed in")
}

func TestNoLieIsBelieved(t *testing.T) {
	t.Parallel()
	// The reason is looked at too: a sign-in that fails for another one proves nothing.
	for lie, reason := range map[string]string{
		"idt.nonce.wrong":   "the nonce of the ID token",
		"idt.sig.corrupt":   "failed to verify signature",
		"idt.sig.other_key": "failed to verify signature",
		"idt.aud.wrong":     "expected audience",
		"idt.iss.wrong":     "different provider",
		"idt.exp.past":      "token is expired",
		"idt.alg.none":      "unexpected signature algorithm",
		"authz.state.wrong": "the state is not",
		"ui.sub.differs":    "the sub of UserInfo",
	} {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			realm, browser := start(t)
			realm.fault(lie, nil)
			realm.nextLogin(body{"as": "alice"})
			browser.get("/login").says("Sign-in failed", reason)
			browser.get("/").says("Nobody is signed in")
		})
	}
}

func TestAnOutageIsToldAndTheNextTryWorks(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.fault("net.503_retry_after", body{"match": body{"endpoint": "token"}, "times": 1})
	realm.nextLogin(body{"as": "alice"})
	browser.get("/login").says("Sign-in failed", "out of order just now", "Try again")
	// Alice is signed in at the provider by now, so nothing needs to be said about the second try.
	browser.get("/login").says("Hello, Alice Adams")
}

func TestARotatedKeyIsFetched(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.nextLogin(body{"as": "alice"})
	browser.get("/login").says("Hello, Alice Adams")
	realm.fault("jwks.rotate", nil)
	realm.nextLogin(body{"as": "bob"})
	browser.get("/login").says("Hello, Bob")
}

func TestACodeThatComesLateIsRefused(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.nextLogin(body{"as": "alice"})
	answer := browser.answer("/login")
	realm.advance("10m")
	browser.get("/callback?"+answer.Encode()).says("Sign-in failed", "invalid_grant")
}

func TestAnAttemptIsGoodForOneAnswer(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.nextLogin(body{"as": "alice"})
	answer := browser.answer("/login")
	right := "/callback?" + answer.Encode()
	answer.Set("state", "guessed")
	wrong := "/callback?" + answer.Encode()
	browser.get(wrong).says("Sign-in failed", "the state is not")
	browser.get(right).says("Sign-in failed", "the state is not")
}

func TestAStolenCodeIsOfNoUseToAnotherBrowser(t *testing.T) {
	t.Parallel()
	realm, alice := start(t)
	realm.nextLogin(body{"as": "alice"})
	stolen := alice.answer("/login").Get("code")
	thief := newBrowser(t, alice.home)
	realm.nextLogin(body{"as": "bob"})
	answer := thief.answer("/login")
	answer.Set("code", stolen)
	thief.get("/callback?"+answer.Encode()).says("Sign-in failed", "invalid_grant")
	realm.expect("refused", body{"check": "PkceMatches"})
}

func TestAFailedExpectationSaysWhatCame(t *testing.T) {
	t.Parallel()
	realm, browser := start(t)
	realm.nextLogin(body{"as": "alice"})
	browser.get("/login").says("Hello, Alice Adams")
	err := call("POST", realm.url+"/expect", body{"event": "code_redeemed", "where": body{"user": "bob"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "alice") {
		t.Fatalf("bob was expected and alice came, but the error is: %v", err)
	}
}

// start gives a test a provider and a shop of its own, and a browser that was never there.
func start(t *testing.T) (*realm, *browser) {
	t.Helper()
	realm := newRealm(t)
	server := httptest.NewUnstartedServer(nil)
	home := "http://" + server.Listener.Addr().String()
	shop, err := newShop(t.Context(), realm.issuer, home)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = shop
	server.Start()
	t.Cleanup(server.Close)
	return realm, newBrowser(t, home)
}

// browser keeps cookies, follows redirects and presses nothing.
type browser struct {
	t      *testing.T
	home   string
	client http.Client
}

func newBrowser(t *testing.T, home string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, home, http.Client{Jar: jar}}
}

// get opens a page of the shop, and is wherever that leads.
func (b *browser) get(path string) page {
	b.t.Helper()
	response, err := b.client.Get(b.home + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{b.t, string(text)}
}

// answer opens a page and stops before the callback: it is what the provider has answered.
func (b *browser) answer(path string) url.Values {
	b.t.Helper()
	stops := b.client
	stops.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
		if next.URL.Path == "/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	response, err := stops.Get(b.home + path)
	if err != nil {
		b.t.Fatal(err)
	}
	response.Body.Close()
	callback, err := response.Location()
	if err != nil {
		b.t.Fatal(err)
	}
	return callback.Query()
}

type page struct {
	t    *testing.T
	text string
}

func (p page) says(words ...string) {
	p.t.Helper()
	for _, word := range words {
		if !strings.Contains(p.text, word) {
			p.t.Fatalf("the page does not say %q:\n%s", word, p.text)
		}
	}
}
