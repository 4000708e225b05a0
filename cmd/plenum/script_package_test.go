package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"plenum/cmd/plenum/internal/nodetest"
)

const typescript = "typescript@5.9.3"

// scriptPackage is the folder of the npm package in the repository.
const scriptPackage = "rooms/client/js"

// project is a folder in which a program uses the npm package.
type project string

// newProject packs the package as its users do, and installs it.
func newProject(t *testing.T) project {
	t.Helper()
	p := project(t.TempDir())
	p.run(t, root+"/"+scriptPackage, "npm", "pack", "--pack-destination="+string(p))
	archives, err := filepath.Glob(string(p) + "/*.tgz")
	require.NoError(t, err)
	require.Len(t, archives, 1)
	p.write(t, "package.json", `{"type":"module"}`)
	p.run(t, string(p), "npm", "install", "--no-audit", "--no-fund", "--offline", archives[0])
	return p
}

func (p project) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(string(p), name), []byte(text), 0o600))
}

func (p project) run(t *testing.T, folder string, command ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = folder
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%v\n%s", command, output)
	return string(output)
}

// check checks the types of a file.
func (p project) check(t *testing.T, file string) {
	t.Helper()
	tsc := filepath.Join(nodetest.Packages(t, typescript), "node_modules", "typescript", "bin", "tsc")
	p.run(t, string(p), nodetest.Binary(t), tsc, "--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom", file)
}

func TestTheNPMPackageHasTheModulesAndTheirTypesOnly(t *testing.T) {
	node := nodetest.Binary(t)
	p := newProject(t)
	installed := filepath.Join(string(p), "node_modules", "plenum-client")
	files, err := os.ReadDir(installed)
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	require.Equal(t, []string{"README.md", "package.json", "plenum-pusher.d.ts", "plenum-pusher.js", "plenum.d.ts", "plenum.js"}, names)
	p.write(t, "main.mjs", `import { Plenum } from "plenum-client"; import { resume } from "plenum-client/pusher"; console.log(typeof Plenum, typeof resume);`)
	require.Equal(t, "function function\n", p.run(t, string(p), node, "main.mjs"))
}

func TestEveryTypeScriptSnippetOfTheDocumentsHasTheRightTypesAndRuns(t *testing.T) {
	plainOnly(t, "the documents' addresses are not of TLS")
	t.Parallel()
	node, all := nodetest.Binary(t), snippetsIn(t, "ts")
	requireNames(t, all, scriptPackage+"/README.md 1")
	for _, s := range all {
		t.Run(s.where, func(t *testing.T) {
			server, p := start(t), newProject(t)
			p.write(t, "main.ts", s.at(server)+"\nplenum.close();\n")
			p.check(t, "main.ts")
			p.run(t, string(p), node, "main.ts") // Node 22 strips the types
			_, kept := get(t, server.url+"/api/rooms/general/messages?since=:0")
			require.Contains(t, kept, `{"sender":"Alex","text":"Hello `)
		})
	}
}

// A wrong use is marked with @ts-expect-error, and the compiler fails if it accepts the use.
const uses = `
import { Plenum, type Gap, type Joined, type Message, type PlenumError, type Room, type State } from "plenum-client";
const plenum = new Plenum({ url: new URL("ws://127.0.0.1:8080/ws"), name: "Alex", token: async () => "token" });
declare const since: string | undefined;
plenum.onstate = (state: State) => { if (state.state === "waiting") { const until: number = state.until; void until; } };
// @ts-expect-error an open connection has no close code
plenum.onstate = (state) => { if (state.state === "open") void state.code; };
const room: Room = plenum.join("a", { since });
room.onjoin = ({ room, epoch, seq, members, recovered }: Joined) => void [room, epoch, seq, members, recovered];
room.onmessage = ({ sender, text, room, timestamp, seq }: Message) => void [sender, text, room, timestamp, seq];
room.ongap = ({ room, from, to, epoch, newEpoch }: Gap) => void [room, from, to, epoch, newEpoch];
room.onerror = ({ code, message }: PlenumError) => void [code, message];
const seq: number = await room.publish("hi");
const { members, cursor } = await room.members(seq > 0 ? undefined : "");
const position: string | undefined = room.position;
// @ts-expect-error a message is a text
room.publish(7);
// @ts-expect-error there is no such option
plenum.join("a", { from: 7 });
void [members, cursor, position];
room.leave(); plenum.retry(); plenum.close();

import { resume } from "plenum-client/pusher";
declare class Pusher { send_event(event: string, data: any, channel?: string): boolean; unsubscribe(channel: string): void }
const pusher: Pusher = resume(new Pusher());
// @ts-expect-error it is no pusher-js
resume(plenum);
void pusher;
`

func TestTheTypesOfTheNPMPackageFitTheModule(t *testing.T) {
	plainOnly(t, "the test starts no server")
	t.Parallel()
	p := newProject(t)
	p.write(t, "main.ts", uses)
	p.check(t, "main.ts")

	declared := map[string][]string{}
	types := source(t, scriptPackage+"/plenum.d.ts")
	for _, of := range []string{"class Plenum", "interface Room"} {
		body := regexp.MustCompile(`(?s)export ` + of + ` \{(.*?)\n\}`).FindStringSubmatch(types)
		require.NotNil(t, body, of)
		for _, name := range regexp.MustCompile(`(?m)^  (?:readonly )?(\w+)[?(:]`).FindAllStringSubmatch(body[1], -1) {
			declared[of] = append(declared[of], name[1])
		}
	}
	require.Contains(t, declared["class Plenum"], "join")
	require.Contains(t, declared["interface Room"], "publish")
	names, err := json.Marshal(declared)
	require.NoError(t, err)
	p.write(t, "main.mjs", `
		import { Plenum } from "plenum-client";
		const declared = `+string(names)+`;
		const plenum = new Plenum({ url: "ws://127.0.0.1:9/ws" }), room = plenum.join("a");
		plenum.close();
		console.log(JSON.stringify([
			...declared["class Plenum"].filter((name) => !(name in plenum)),
			...declared["interface Room"].filter((name) => !(name in room)),
		]));
	`)
	require.Equal(t, "[]\n", p.run(t, string(p), nodetest.Binary(t), "main.mjs"))
}
