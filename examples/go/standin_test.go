package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// body is JSON for the control API.
type body = map[string]any

// realm is a provider of one test's own.
type realm struct {
	t      *testing.T
	issuer string
	url    string // of its control API
}

// newRealm opens a realm, and closes it when the test ends.
func newRealm(t *testing.T) *realm {
	t.Helper()
	url := os.Getenv("STANDIN_URL")
	if url == "" {
		t.Fatal("STANDIN_URL is not set, so there is no provider: run the tests by `standin run -- go test ./...`")
	}
	// The console shows the name; what follows it keeps the turns of -count apart.
	name := fmt.Sprintf("%.100s-%.8s", regexp.MustCompile(`\W+`).ReplaceAllString(t.Name(), "-"), rand.Text())
	realms := url + "/_control/v1/realms"
	var opened struct{ Issuer string }
	if err := call("POST", realms, body{"name": name, "ttl": "1h"}, &opened); err != nil {
		t.Fatal(err)
	}
	r := &realm{t, opened.Issuer, realms + "/" + name}
	t.Cleanup(func() {
		if err := call("DELETE", r.url, nil, nil); err != nil {
			t.Error(err)
		}
	})
	return r
}

// nextLogin says who signs in next; no page is shown.
func (r *realm) nextLogin(login body) {
	r.t.Helper()
	r.post("/next-logins", login)
}

// fault has the provider tell a lie; more says when and how often.
func (r *realm) fault(name string, more body) {
	r.t.Helper()
	fault := body{"name": name}
	maps.Copy(fault, more)
	r.post("/faults", fault)
}

// expect ends the test unless the event has happened, and says what came instead.
func (r *realm) expect(event string, where body) {
	r.t.Helper()
	r.post("/expect", body{"event": event, "where": where})
}

// advance moves the provider's clock.
func (r *realm) advance(by string) {
	r.t.Helper()
	r.post("/clock/advance", body{"by": by})
}

func (r *realm) post(path string, sent body) {
	r.t.Helper()
	if err := call("POST", r.url+path, sent, nil); err != nil {
		r.t.Fatal(err)
	}
}

// call sends JSON to the control API, and reads its answer into answer, unless that is nil.
func call(method, url string, sent body, answer any) error {
	text, err := json.Marshal(sent)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("STANDIN_CONTROL_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		var p problem
		if err := json.NewDecoder(response.Body).Decode(&p); err != nil {
			return fmt.Errorf("%s %s: %s", method, url, response.Status)
		}
		return &p
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// problem is the control API's answer to what is wrong, and to what did not happen.
type problem struct {
	Field      string
	Detail     string
	NearMisses []string `json:"near_misses"`
}

func (p *problem) Error() string {
	text := p.Detail
	if p.Field != "" {
		text = p.Field + ": " + text
	}
	return strings.Join(append([]string{text}, p.NearMisses...), "\n  ")
}
