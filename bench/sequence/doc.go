// Package sequence checks that numbers rise by exactly one, as the messages of a room or of
// one sender do.
//
// A Sequence or a Track has one owner: the loop of its member until the pool is shut down,
// then the caller. A Report adds up those of many members. The package knows no messages,
// except how a server's number stands at the end of one (ParseSeq).
package sequence
