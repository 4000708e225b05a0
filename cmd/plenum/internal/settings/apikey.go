package settings

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"plenum/cmd/plenum/internal/auth"
)

// APIKeys returns the keys with which back ends may call the API; none if there is neither --api-key nor --api-key-file.
// Each call reads the file again.
func (s *Serve) APIKeys() (auth.APIKeys, error) {
	var keys []string
	flag, file := "--api-key", string(s.APIKeyFile)
	switch {
	case file != "":
		flag = "--api-key-file"
		text, err := os.ReadFile(file)
		if err != nil {
			return auth.APIKeys{}, fmt.Errorf("%s: %w", flag, err)
		}
		flag += ": " + file
		if keys = lines(string(text)); len(keys) == 0 {
			return auth.APIKeys{}, fmt.Errorf("%s: %w", flag, auth.ErrNoAPIKeys)
		}
	case s.APIKey != "":
		keys = strings.Split(string(s.APIKey), ",")
	}
	all, err := auth.NewAPIKeys(keys)
	if err != nil {
		return auth.APIKeys{}, fmt.Errorf("%s: %w", flag, err)
	}
	return all, nil
}

// lines returns the lines of a text, without empty lines and comments, which begin with #.
func lines(text string) []string {
	all := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	return slices.DeleteFunc(all, func(line string) bool { return line == "" || strings.HasPrefix(line, "#") })
}
