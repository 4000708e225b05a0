package suite

import (
	"errors"
	"os"

	"plenum/bench/certificate"
)

// certify makes a certificate and returns the new folder that has it, which the caller
// removes.
func certify() (folder string, err error) {
	folder, err = os.MkdirTemp("", "plenum-bench")
	if err != nil {
		return "", err
	}
	if _, err := certificate.Write(folder); err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	return folder, nil
}
