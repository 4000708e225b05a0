package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// ReadFile returns the results in a file of plenum-bench run, as ReadResults does.
func ReadFile(path string) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer file.Close()
		ReadResults(file)(yield)
	}
}

// ReadResults returns the results that Write has written to r, in turn. After an error it returns
// no further results.
func ReadResults(r io.Reader) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		decoder := json.NewDecoder(r)
		for n := 1; ; n++ {
			one := new(Result)
			err := decoder.Decode(one)
			switch {
			case errors.Is(err, io.EOF):
				return
			case err == nil && one.Scenario == "":
				err = errors.New("no scenario: it was not written by plenum-bench run")
			}
			if err != nil {
				yield(nil, fmt.Errorf("result %d: %w", n, err))
				return
			}
			if !yield(one, nil) {
				return
			}
		}
	}
}
