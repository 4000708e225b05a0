package suite

import (
	"errors"
	"os"

	"plenum/bench/certificate"
)

// newCertificate writes a new certificate and its key to a new folder and returns the
// folder. The caller removes it.
func newCertificate() (folder string, err error) {
	folder, err = os.MkdirTemp("", "plenum-bench")
	if err != nil {
		return "", err
	}
	if _, err := certificate.Write(folder); err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	return folder, nil
}
