package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sys/unix"
)

// progress shows how far a run is: a bar on a terminal, otherwise one line per stage.
type progress struct {
	to       io.Writer
	terminal bool
	stage    string
	bar      *progressbar.ProgressBar
}

func newProgress(to io.Writer) *progress {
	return &progress{to: to, terminal: isTerminal(to)}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// show is a drive.Driver's Progress function. It ignores errors of the terminal, because
// they must not end a run.
func (p *progress) show(stage string, done, total uint64) {
	if stage != p.stage {
		p.begin(stage, total)
	}
	if p.bar != nil {
		p.bar.ChangeMax64(max(1, int64(total)))
		_ = p.bar.Set64(int64(min(done, total)))
	}
}

func (p *progress) begin(stage string, total uint64) {
	p.end()
	p.stage = stage
	if !p.terminal {
		fmt.Fprintln(p.to, "plenum-bench:", stage)
		return
	}
	p.bar = progressbar.NewOptions64(max(1, int64(total)), progressbar.OptionSetWriter(p.to),
		progressbar.OptionSetDescription(stage), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(40))
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
