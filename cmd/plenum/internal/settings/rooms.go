package settings

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"

	"plenum/cmd/plenum/internal/roomrules"
	"plenum/cmd/plenum/internal/yamlfields"
)

// Room has the settings of the rooms that match a pattern, as the value of --rooms gives them.
type Room struct {
	match, announcements, publish string
	messages                      int           // -1: not given
	age                           time.Duration // -1: not given
}

// Rooms are the settings of rooms by pattern. String shows only the patterns.
type Rooms []Room

// Decode parses a value for kong: the list of the file, or a YAML list of mappings.
func (r *Rooms) Decode(ctx *kong.DecodeContext) error {
	token := ctx.Scan.Pop()
	if given, ok := token.Value.(Rooms); ok { // of the file
		*r = given
		return nil
	}
	text, ok := token.Value.(string)
	if !ok || token.IsEOL() {
		return valueMissing(ctx)
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.SequenceNode {
		return errors.New(`must be a list of mappings in YAML or JSON, such as [{match: "game-*", announcements: none}]`)
	}
	given, err := roomsInYAML(doc.Content[0])
	if err != nil {
		return err
	}
	*r = given.(Rooms)
	return nil
}

// roomsInYAML reads the list of the key rooms.
func roomsInYAML(node *yaml.Node) (any, error) {
	var all Rooms
	err := yamlfields.List(func(item *yaml.Node) error {
		room := Room{messages: -1, age: -1, announcements: roomrules.All, publish: roomrules.Clients}
		if err := room.fields().Read(item); err != nil {
			return err
		}
		if room.match == "" {
			return errors.New("match is missing")
		}
		all = append(all, room)
		return nil
	})(node)
	if err == nil && len(all) > roomrules.Max {
		err = fmt.Errorf("must have at most %d elements", roomrules.Max)
	}
	return all, err
}

// fields returns the readers of the keys of an element.
func (r *Room) fields() yamlfields.Fields {
	return yamlfields.Fields{
		"match":            yamlfields.Checked(&r.match, oneOf("a pattern that is not empty, like game-*")),
		"announcements":    yamlfields.Checked(&r.announcements, oneOf("", roomrules.All, roomrules.Names, roomrules.Counts, roomrules.None)),
		"publish":          yamlfields.Checked(&r.publish, oneOf("", roomrules.Clients, roomrules.API)),
		"history-messages": yamlfields.Int(&r.messages, 0, 1_000_000),
		"history-age":      yamlfields.Parsed(roomAge{&r.age}),
	}
}

// oneOf returns a check of a text: it must be one of the values or, without values, not empty.
func oneOf(must string, values ...string) func(string) error {
	return func(text string) error {
		for _, v := range values {
			if text == v {
				return nil
			}
		}
		switch {
		case len(values) > 0:
			return fmt.Errorf("must be %s or %s", strings.Join(values[:len(values)-1], ", "), values[len(values)-1])
		case text == "":
			return errors.New("must be " + must)
		}
		return nil
	}
}

// roomAge parses the key history-age.
type roomAge struct{ to *time.Duration }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a roomAge) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 || d%time.Second != 0 {
		return errors.New("must be 0s or more, in whole seconds, like 10m")
	}
	*a.to = d
	return nil
}

// String returns the patterns, separated by commas.
func (r Rooms) String() string {
	var patterns []string
	for _, room := range r {
		patterns = append(patterns, room.match)
	}
	return strings.Join(patterns, ",")
}

// roomRules requires that no room retains more than --history-messages and --history-age allow.
func (s *Serve) roomRules() (rules []rule) {
	for _, r := range s.Rooms {
		rules = append(rules,
			rule{"rooms", r.messages <= s.HistoryMessages, fmt.Sprintf("a list with history-messages of at most --history-messages (%d)", s.HistoryMessages), fmt.Sprintf("%s: %d", r.match, r.messages)},
			rule{"rooms", r.age <= s.HistoryAge, fmt.Sprintf("a list with history-age of at most --history-age (%s)", s.HistoryAge), fmt.Sprintf("%s: %s", r.match, r.age)})
	}
	return rules
}

// RoomRules returns the rules of the rooms.
func (s *Serve) RoomRules() (all roomrules.Rules) {
	for _, r := range s.Rooms {
		rule := roomrules.Rule{Match: r.match, Announcements: r.announcements, Publish: r.publish, Messages: r.messages, Age: int64(r.age / time.Second)}
		if r.messages < 0 {
			rule.Messages = s.HistoryMessages
		}
		if r.age < 0 {
			rule.Age = int64(s.HistoryAge / time.Second)
		}
		all = append(all, rule)
	}
	return all
}
