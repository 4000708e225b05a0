package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// defaultColumns is the assumed width of a terminal that does not report its width.
const defaultColumns = 80

// isTerminal reports whether w writes to a terminal.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// columns returns the present width of the terminal to which w writes.
func columns(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return defaultColumns
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return defaultColumns
	}
	return int(size.Col)
}
