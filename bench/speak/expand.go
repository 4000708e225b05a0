package speak

import "strings"

// Expand returns template with {room} and {user} replaced. It replaces them in one pass, so braces within a
// name are never expanded. A strings.Replacer would do the same, but making one per connection would slow
// down dialing.
func Expand(template, room, user string) string {
	if !strings.Contains(template, "{") {
		return template
	}
	var b strings.Builder
	for template != "" {
		before, after, _ := strings.Cut(template, "{")
		b.WriteString(before)
		if len(before) == len(template) {
			break
		}
		switch rest := template[len(before):]; {
		case strings.HasPrefix(rest, "{room}"):
			b.WriteString(room)
			template = rest[len("{room}"):]
		case strings.HasPrefix(rest, "{user}"):
			b.WriteString(user)
			template = rest[len("{user}"):]
		default:
			b.WriteByte('{')
			template = after
		}
	}
	return b.String()
}

// expandAll expands templates for a member. A template with {room} becomes one message per room.
func expandAll(templates []string, m Member) (messages []string) {
	for _, template := range templates {
		if !strings.Contains(template, "{room}") {
			messages = append(messages, Expand(template, "", m.User))
			continue
		}
		for _, room := range m.Rooms {
			messages = append(messages, Expand(template, room, m.User))
		}
	}
	return messages
}
