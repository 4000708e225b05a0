package report

import (
	"testing"

	"plenum/bench/report/internal/synthetic"
)

func TestTheDocumentHasTheOutputOfTheLab(t *testing.T) {
	d := from(t, synthetic.LabFolder(t, synthetic.Millions))
	golden(t, "lab.md", labPart(d))
}
