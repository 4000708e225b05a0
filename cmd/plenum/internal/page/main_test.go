package page_test

import (
	"os"
	"testing"

	"plenum/cmd/plenum/internal/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Suite{Tests: m}.Run()) }
