package main

import (
	"fmt"
	"io"
	"time"

	"plenum/cmd/plenum/internal/settings"
)

// printToken prints a token and nothing else, for use in shell scripts.
func printToken(t settings.Token, stdout io.Writer) error {
	token, err := t.Mint(time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}
