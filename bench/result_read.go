package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
)

// ReadFile returns the results in a file of plenum-bench run, as ReadResults does. Its errors do not have the path.
func ReadFile(path string) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(nil, withoutPath(err))
			return
		}
		defer file.Close()
		ReadResults(file)(yield)
	}
}

// withoutPath returns the error of opening a file without the file's path, which the caller adds.
func withoutPath(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
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
