package interrupt

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asProgram makes the test binary a program that ends itself.
const asProgram = "INTERRUPT_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	ctx := Context()
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGINT)
	<-ctx.Done()
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	select {}
}

func TestASecondSignalThatFollowsAtOnceEndsTheProcess(t *testing.T) {
	for range 20 {
		program := exec.CommandContext(t.Context(), os.Args[0])
		program.Env = append(os.Environ(), asProgram+"=1")
		var ended *exec.ExitError
		require.ErrorAs(t, program.Run(), &ended)
		assert.Equal(t, syscall.SIGTERM, ended.Sys().(syscall.WaitStatus).Signal())
	}
}
