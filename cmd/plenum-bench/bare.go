package main

import (
	"encoding/json"
	"io"

	"plenum/bench/bare"
)

// bareFlags are the flags of plenum-bench bare.
type bareFlags = bare.Options

// runBare measures with the bare client and writes its figures as one line of JSON.
func runBare(o *bareFlags, stdout io.Writer) error {
	figures, err := o.Run()
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(figures)
}
