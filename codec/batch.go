package codec

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// MaxPublishes bounds the publishes of one batch. Each message counts once per room.
const MaxPublishes = 100

// Post is one message of a batch, with the rooms it is published to.
type Post struct {
	Rooms []string `json:"rooms"`
	Publish
}

// postForm describes a Post.
var postForm = append(form{{"rooms", "a list of strings", isStrings}}, publishForm...)

// batchForm describes the request body of POST /api/messages.
var batchForm = form{{"messages", "a list of messages", isList}}

// ParseBatch decodes the request body of POST /api/messages. Each message must have at least one room, and otherwise be as
// ParsePublish requires. All messages together have at most MaxPublishes rooms. The Posts do not refer to b. The error of an
// invalid message has the message's number, from 1.
func ParseBatch(b []byte) ([]Post, error) {
	var batch struct {
		Messages []json.RawMessage `json:"messages"`
	}
	if !utf8.Valid(b) || clients.Unmarshal(b, &batch) != nil {
		_, err := batchForm.explain(b)
		return nil, err
	}
	if len(batch.Messages) == 0 {
		return nil, errors.New("messages must be a list of at least one message")
	}
	var posts []Post
	publishes := 0
	for i, text := range batch.Messages {
		p, err := parsePost(text)
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", i+1, err)
		}
		if publishes += len(p.Rooms); publishes > MaxPublishes {
			return nil, fmt.Errorf("the messages must have at most %d rooms together", MaxPublishes)
		}
		posts = append(posts, p)
	}
	return posts, nil
}

func parsePost(b []byte) (Post, error) {
	var p Post
	if clients.Unmarshal(b, &p) != nil {
		_, err := postForm.explain(b)
		return Post{}, err
	}
	if len(p.Rooms) == 0 {
		return Post{}, errors.New("rooms must be a list of at least one room")
	}
	return p, p.check()
}

// isStrings reports whether a JSON value is a list of strings, or null.
func isStrings(value json.RawMessage) bool {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		return false
	}
	return !slices.ContainsFunc(list, func(item json.RawMessage) bool { return !isString(item) })
}

// isList reports whether a JSON value is a list or null. A key with null counts as absent.
func isList(value json.RawMessage) bool { return value[0] == '[' || value[0] == 'n' }
