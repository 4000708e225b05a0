package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxInfo is the maximum length of the claim info in bytes, without white space between its tokens.
const MaxInfo = 1 << 10

var errInfo = fmt.Errorf("token has an info of more than %d bytes", MaxInfo)

// UnmarshalJSON decodes claims. It keeps the text of the claim info, so that numbers keep their digits.
func (c *claims) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*map[string]any)(c)); err != nil {
		return err
	}
	if (*c)["info"] == nil { // most tokens have none
		return nil
	}
	var texts map[string]json.RawMessage
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	(*c)["info"] = texts["info"]
	return nil
}

// info returns the claim info without white space between its tokens; nil if it is missing or null.
func (c claims) info() (*string, error) {
	text, given := c["info"].(json.RawMessage)
	if !given {
		return nil, nil
	}
	var compact bytes.Buffer
	if !utf8.Valid(text) || json.Compact(&compact, text) != nil {
		return nil, errClaims
	}
	if compact.Len() > MaxInfo {
		return nil, errInfo
	}
	info := compact.String()
	return &info, nil
}

// CheckInfo returns an error if a token cannot have this info.
func CheckInfo(info string) error {
	text, err := json.Marshal(json.RawMessage(info)) // as it will be in the token
	switch {
	case err != nil || !utf8.ValidString(info):
		return errors.New("the info is not JSON")
	case len(text) > MaxInfo:
		return fmt.Errorf("the info has %d bytes, at most %d are allowed", len(text), MaxInfo)
	}
	return nil
}
