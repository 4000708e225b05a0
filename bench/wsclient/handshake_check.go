package wsclient

import (
	"errors"
	"fmt"
	"strings"

	"plenum/codec/deflate"
)

// checkResponse applies the client's rules of section 4.1. Where compression was
// offered, it must have been accepted.
func checkResponse(head, key string, compression bool) error {
	status, rest, _ := strings.Cut(head, "\r\n")
	if !strings.HasPrefix(status, "HTTP/1.1 101") {
		return fmt.Errorf("server answered %q", status)
	}
	want := map[string]string{"upgrade": "websocket", "connection": "upgrade", "sec-websocket-accept": acceptOf(key)}
	var extensions []string
	for line := range strings.SplitSeq(rest, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(name), strings.TrimSpace(value)
		switch name {
		case "upgrade", "connection":
			if strings.Contains(strings.ToLower(value), want[name]) {
				delete(want, name)
			}
		case "sec-websocket-accept":
			if value == want[name] {
				delete(want, name)
			}
		case "sec-websocket-extensions":
			extensions = append(extensions, value)
		case "sec-websocket-protocol":
			return notOffered(name, value)
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("response lacks or falsifies %d of its three headers", len(want))
	}
	return checkExtensions(extensions, compression)
}

func checkExtensions(lines []string, compression bool) error {
	if !compression && len(lines) > 0 {
		return notOffered("sec-websocket-extensions", lines[0])
	}
	accepted, err := deflate.CheckAnswer(lines)
	if err == nil && compression && !accepted {
		return errors.New("server did not accept permessage-deflate")
	}
	return err
}

func notOffered(name, value string) error {
	return fmt.Errorf("server chose %s %q, which was not offered", name, value)
}
