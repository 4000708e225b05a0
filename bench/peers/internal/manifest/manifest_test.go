package manifest

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestTheManifestIsCompleteAndItsVersionsAreThoseThatAreBuilt(t *testing.T) {
	peers, err := Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, crates := text(t, "../../go.mod"), text(t, "../../uws/Cargo.toml")
	for _, p := range peers {
		if len(p.Build) == 0 || len(p.Run) == 0 || len(p.Tools) == 0 || p.Note == "" {
			t.Errorf("%s: an entry is empty: %+v", p.Name, p)
		}
		if !strings.Contains(p.URL, "{host}") || !strings.Contains(p.Publish, "{text}") || !strings.Contains(p.Receive, "{envelope}") {
			t.Errorf("%s: a template lacks its placeholder", p.Name)
		}
		if require := p.Library + " " + p.Version; strings.HasPrefix(p.Library, "github.com/") && !strings.Contains(mod, require) {
			t.Errorf("%s: go.mod does not require %s", p.Name, require)
		}
		if require := fmt.Sprintf("libuwebsockets-sys = %q\n", "="+p.Version); p.Name == "uws" && !strings.Contains(crates, require) {
			t.Errorf("%s: Cargo.toml does not have %s", p.Name, require)
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
