// A small shop with a login: net/http, go-oidc and x/oauth2.
//
//	ISSUER=http://localhost:7760 go run .
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Cookies do not keep the ports of localhost apart, so the name is the shop's own.
const cookieName = "shop-session"

var (
	homePage = template.Must(template.New("home").Parse(`<!doctype html><title>Shop</title>
{{with .}}<h1>Hello, {{or .Name .Subject}}</h1><p>{{or .Email "no email"}}</p>
{{else}}<p>Nobody is signed in.</p><a href="/login">Sign in</a>{{end}}`))
	failedPage = template.Must(template.New("failed").Parse(`<!doctype html><title>Shop</title>
<h1>Sign-in failed</h1><p>{{.}}</p><a href="/login">Try again</a>`))
)

type user struct {
	Subject string `json:"sub"`
	Name    string `json:"name"`
	Email   string `json:"email"`
}

// attempt is a sign-in under way: what the browser was sent with, and what its answer must fit.
type attempt struct {
	state, nonce, verifier string
}

// session is that of somebody who is signing in, or who has signed in.
type session struct {
	attempt *attempt
	user    *user
}

type shop struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
	client   *http.Client
	secure   bool

	mu       sync.Mutex
	sessions map[string]session // by the cookie's value
}

// newShop is the shop at the URL home, where people sign in at issuer.
func newShop(ctx context.Context, issuer, home string) (http.Handler, error) {
	client := &http.Client{Timeout: 10 * time.Second}
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
	if err != nil {
		return nil, err
	}
	endpoint := provider.Endpoint()
	// Unless told the style, oauth2 tries one after the other, and so sends the code again after any error.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	s := &shop{
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: "shop"}),
		oauth: oauth2.Config{
			ClientID:     "shop",
			ClientSecret: "shop-secret",
			Endpoint:     endpoint,
			RedirectURL:  home + "/callback",
			Scopes:       []string{oidc.ScopeOpenID, "profile", "email"},
		},
		client:   client,
		secure:   strings.HasPrefix(home, "https:"),
		sessions: make(map[string]session),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /login", s.login)
	mux.HandleFunc("GET /callback", s.callback)
	return mux, nil
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	user := s.sessions[sessionID(r)].user
	s.mu.Unlock()
	show(w, http.StatusOK, homePage, user)
}

func (s *shop) login(w http.ResponseWriter, r *http.Request) {
	s.end(r)
	a := &attempt{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
	s.start(w, session{attempt: a})
	to := s.oauth.AuthCodeURL(a.state, oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier))
	http.Redirect(w, r, to, http.StatusFound)
}

func (s *shop) callback(w http.ResponseWriter, r *http.Request) {
	// The session ends here whatever comes: an attempt is good for one answer, and a signed-in session gets a new id.
	before := s.end(r)
	user, err := s.signIn(oidc.ClientContext(r.Context(), s.client), r.URL.Query(), before.attempt)
	if err != nil {
		fail(w, err)
		return
	}
	s.start(w, session{user: user})
	http.Redirect(w, r, "/", http.StatusFound)
}

// signIn says who came back with this answer.
func (s *shop) signIn(ctx context.Context, answer url.Values, sent *attempt) (*user, error) {
	if sent == nil || answer.Get("state") != sent.state {
		return nil, errors.New("the state is not the one that this browser was sent with")
	}
	if code := answer.Get("error"); code != "" {
		return nil, fmt.Errorf("the provider says %s: %s", code, answer.Get("error_description"))
	}
	token, err := s.oauth.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(sent.verifier))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	idToken, err := s.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if idToken.Nonce != sent.nonce {
		return nil, errors.New("the nonce of the ID token is not the one that was sent")
	}
	info, err := s.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	if info.Subject != idToken.Subject {
		return nil, errors.New("the sub of UserInfo is not the ID token's")
	}
	var u user
	if err := info.Claims(&u); err != nil {
		return nil, err
	}
	return &u, nil
}

// start begins a session and gives the browser its id.
func (s *shop) start(w http.ResponseWriter, begun session) {
	id := rand.Text()
	s.mu.Lock()
	s.sessions[id] = begun
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{
		Name:     cookieName,
		Value:    id,
		Path:     "/",
		Secure:   s.secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // Strict would keep the cookie from the callback
	})
}

// end ends the browser's session, and returns what it was.
func (s *shop) end(r *http.Request) session {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := sessionID(r)
	ended := s.sessions[id]
	delete(s.sessions, id)
	return ended
}

// sessionID is empty for a browser without a session.
func sessionID(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

func fail(w http.ResponseWriter, err error) {
	log.Printf("sign-in failed: %v", err)
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response.StatusCode >= 500 {
		show(w, http.StatusBadGateway, failedPage, "The provider is out of order just now.")
		return
	}
	show(w, http.StatusForbidden, failedPage, err.Error())
}

func show(w http.ResponseWriter, status int, page *template.Template, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := page.Execute(w, data); err != nil {
		log.Print(err)
	}
}

func main() {
	address := "localhost:" + cmp.Or(os.Getenv("PORT"), "8080")
	shop, err := newShop(context.Background(), os.Getenv("ISSUER"), "http://"+address)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("http://%s", address)
	log.Fatal(http.ListenAndServe(address, shop))
}
