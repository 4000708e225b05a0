package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestTheManifestIsCompleteAndItsVersionsAreThoseThatAreBuilt(t *testing.T) {
	peers, err := Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range peers {
		if len(p.Build) == 0 || len(p.Run) == 0 || len(p.Tools) == 0 || p.Note == "" {
			t.Errorf("%s: an entry is empty: %+v", p.Name, p)
		}
		if !strings.Contains(p.URL, "{host}") || !strings.Contains(p.Publish, "{text}") || !p.Wraps() && !strings.Contains(p.Receive, "{text}") {
			t.Errorf("%s: a template lacks its placeholder", p.Name)
		}
		if (p.Of == "") != (len(p.Options) == 0) || (p.Of == "") != (p.Reason == "") {
			t.Errorf("%s: a tuned configuration, and nothing else, has options and a reason", p.Name)
		}
		if path, require := requirement(p); path != "" && !strings.Contains(text(t, "../../"+path), require) {
			t.Errorf("%s: %s does not have %s", p.Name, path, require)
		}
	}
}

// requirement returns the file that names the version of the peer's library, and the text there.
func requirement(p Peer) (path, require string) {
	switch p.Program() {
	case "uws":
		return "uws/Cargo.toml", fmt.Sprintf("libuwebsockets-sys = %q\n", "="+p.Version)
	case "axum":
		return "axum/Cargo.toml", fmt.Sprintf("axum = { version = %q,", "="+p.Version)
	case "bun", "ws":
		return p.Program() + "/package.json", fmt.Sprintf("%q: %q", p.Program(), p.Version)
	case "socketio":
		return "socketio/package.json", fmt.Sprintf("%q: %q", "socket.io", p.Version)
	case "centrifugo":
		return "centrifugo/go.mod", p.Library + " " + p.Version
	case "ktor", "vertx":
		return p.Program() + "/pom.xml", fmt.Sprintf("<%[1]s.version>%s</%[1]s.version>", p.Program(), p.Version)
	case "websockets":
		return "websockets/requirements.txt", "websockets==" + p.Version + "\n"
	case "raw":
		return "", ""
	}
	return "go.mod", p.Library + " " + p.Version
}

func TestATunedConfigurationHasTheFieldsOfItsPeer(t *testing.T) {
	read := func(text string) ([]Peer, error) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "peers.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return Read(dir)
	}
	peers, err := read(`[{"name":"a","run":["a","--listen"],"url":"u","note":"plain"},
		{"name":"a-tuned","of":"a","options":["--fast"],"note":"fast","reason":"because"}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := Peer{
		Name: "a-tuned", Run: []string{"a", "--listen", "--fast"}, URL: "u", Note: "fast",
		Of: "a", Options: []string{"--fast"}, Reason: "because",
	}
	if !reflect.DeepEqual(peers[1], want) || peers[1].Program() != "a" || len(peers[0].Run) != 2 {
		t.Errorf("got %+v, want %+v", peers[1], want)
	}
	for _, of := range []string{"b", "a-tuned", "b-tuned"} {
		if _, err := read(`[{"name":"a"},{"name":"a-tuned","of":"a"},{"name":"b-tuned","of":"` + of + `"}]`); err == nil {
			t.Errorf("a configuration of %s was read", of)
		}
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestATextIsEscapedIfTheTemplateIsJSON(t *testing.T) {
	plain, wrapped := Peer{Publish: "{text}"}, Peer{Publish: `{"channel":"{room}","data":"{text}"}`}
	command := Peer{Topics: &Topics{Publish: "publish {room} {text}"}}.ByTopics()
	if got := plain.Publication("a", `say "hi"`); got != `say "hi"` {
		t.Errorf("plain: %s", got)
	}
	if got, want := command.Publication("a", `say "hi"`), `publish a say "hi"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := wrapped.Publication("a", `say "hi"`), `{"channel":"a","data":"say \"hi\""}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAPeerWithoutAnEnvelopeHasItsParts(t *testing.T) {
	p := Peer{Receive: `{"push":{"channel":"{room}","pub":{"data":{text},"info":{"user":"{user}","client":"{any}"},"offset":{seq}{first}}}}`}
	frame := `{"push":{"channel":"a","pub":{"data":"say \"hi\"","info":{"user":"Alex","client":"9a-1"},"offset":1,"epoch":"KskM"}}}` + "\n" +
		`{"id":2,"publish":{}}` + "\n" +
		`{"push":{"channel":"b","pub":{"data":"x","info":{"user":"Alex","client":"9a-1"},"offset":1}}}` + "\n" +
		`{"push":{"channel":"a","pub":{"data":"two","info":{"user":"Blake","client":"9a-2"},"offset":2}}}`
	want := [][]byte{
		[]byte(`{"sender":"Alex","text":"say \"hi\"","room":"a","timestamp":0,"seq":1}`),
		[]byte(`{"sender":"Blake","text":"two","room":"a","timestamp":0,"seq":2}`),
	}
	if got := p.Envelopes("a", []byte(frame)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestATokenIsMadeForTheUser(t *testing.T) {
	p := Peer{Hello: []string{`{"token":"{token}"}`}, Secret: "secret"}
	got := p.Greeting("a", "Alex")[0]
	want := `{"token":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJBbGV4In0.`
	if !strings.HasPrefix(got, want) || len(got) != len(want)+43+2 {
		t.Errorf("got %s", got)
	}
}

func TestEnvelopesOfABatchAreFoundWithoutReplies(t *testing.T) {
	p := Peer{Receive: `{"push":{"channel":"{room}","pub":{"data":{envelope}}}}`, Batched: true}
	frame := `{"id":3,"publish":{}}` + "\n" +
		`{"push":{"channel":"a","pub":{"data":{"seq":1}}}}` + "\n" +
		`{"push":{"channel":"b","pub":{"data":{"seq":1}}}}` + "\n" +
		`{"push":{"channel":"a","pub":{"data":{"seq":2}}}}`
	want := [][]byte{[]byte(`{"seq":1}`), []byte(`{"seq":2}`)}
	if got := p.Envelopes("a", []byte(frame)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
