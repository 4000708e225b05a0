package access

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTenOriginsPerMinuteAreLoggedAndTheOthersCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out lockedBuffer
		l := New(slog.New(slog.NewTextHandler(&out, nil))).foreignOrigins
		ctx, cancel := context.WithCancel(t.Context())
		var watching sync.WaitGroup
		watching.Go(func() { l.Watch(ctx) })
		const refused, others = `msg="origin refused: name it`, `msg="origin refused: more than 10 origins within a minute, the others are only counted" count=`
		counts := func(lines, counted int) {
			t.Helper()
			assert.Equal(t, lines, strings.Count(out.String(), refused))
			assert.Equal(t, counted, strings.Count(out.String(), others))
		}
		for range 3 {
			for i := range 25 {
				l.Add(fmt.Sprintf("https://%d.example", i))
			}
		}
		counts(10, 0)
		time.Sleep(61 * time.Second)
		synctest.Wait()
		counts(10, 1)
		assert.Contains(t, out.String(), others+"45\n")
		l.Add("https://0.example")
		counts(11, 1)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		counts(11, 1) // no further line, because no further origin was refused
		for i := range 11 {
			l.Add(fmt.Sprintf("https://%d.example", i))
		}
		counts(21, 1)
		cancel()
		watching.Wait()
		counts(21, 2)
		assert.Equal(t, uint64(87), l.Total())
	})
}

// lockedBuffer is a bytes.Buffer that several goroutines may use.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
