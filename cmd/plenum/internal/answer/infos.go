package answer

import "encoding/json"

// Infos returns the infos of names as JSON; nil if there are none.
func Infos(infos map[string]string) map[string]json.RawMessage {
	if len(infos) == 0 {
		return nil
	}
	all := make(map[string]json.RawMessage, len(infos))
	for name, info := range infos {
		all[name] = json.RawMessage(info)
	}
	return all
}
