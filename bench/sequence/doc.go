// Package sequence checks that numbers rise by exactly one, like those of the messages of a room
// or of one sender.
//
// A [Sequence] or a [Track] has one owner at a time: the loop of its member until the pool is shut
// down, then the caller. A [Report] is the sum over many members. The package knows no messages. The
// exception is [ParseSeq], which reads the number at the end of a server's message.
package sequence
