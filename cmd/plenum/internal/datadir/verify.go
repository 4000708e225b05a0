package datadir

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/minio/highwayhash"
)

// nats-server keeps a stream's messages in the files msgs/N.blk, as records:
//
//	length uint32 | sequence uint64 | time int64 | length of the subject uint16 | subject, header, text | checksum
//
// If it finds a damaged record when it starts, it cuts the file off there and logs nothing. So verify reads the records
// before nats-server starts.
const (
	headerSize   = 22
	checksumSize = highwayhash.Size64
	largest      = 32 << 20 // bytes of a record

	hasHeader = 1 << 31 // bit of the length: the record has a header, after its length in 4 bytes
	erased    = 1 << 63 // bit of the sequence: the message was overwritten
	tombstone = 1 << 62 // bit of the sequence: the record says that another message is deleted
)

// finding is the result of verify for the files of a stream.
type finding struct {
	last    uint64 // the largest sequence number of a message
	bytes   int64  // of all files
	damaged []cut
}

// cut is the position of the first damaged record of a file.
type cut struct {
	path string
	at   int64
}

func (c cut) String() string { return fmt.Sprintf("%s at byte %d", c.path, c.at) }

// damage returns the position of the first damaged record; empty if there is none.
func (f finding) damage() string {
	if len(f.damaged) == 0 {
		return ""
	}
	return f.damaged[0].String()
}

// cutOff cuts the damaged files off at their first damaged record, as nats-server would do with most of them.
func (f finding) cutOff() (err error) {
	for _, c := range f.damaged {
		err = errors.Join(err, plain(os.Truncate(c.path, c.at)))
	}
	return err
}

// verify reads all messages of a stream. clean means that no process was killed while it wrote.
func verify(dir, stream string, clean bool) (f finding, err error) {
	folder := filepath.Join(streamsDir(dir), stream, "msgs")
	blocks, err := blocksOf(folder)
	if err != nil {
		return finding{}, err
	}
	for i, number := range blocks {
		path := filepath.Join(folder, fmt.Sprintf("%d.blk", number))
		b := block{}
		if b.data, err = os.ReadFile(path); err != nil {
			return finding{}, plain(err)
		}
		b.walk(sha256.Sum256(fmt.Appendf(nil, "%s-%d", stream, number)))
		f.last, f.bytes = max(f.last, b.last), f.bytes+int64(len(b.data))
		torn := !clean && i == len(blocks)-1 && b.isTorn()
		if b.at < len(b.data) && !torn {
			f.damaged = append(f.damaged, cut{path, int64(b.at)})
		}
	}
	return f, nil
}

// blocksOf returns the numbers of the blocks in a folder, in order.
func blocksOf(folder string) (numbers []uint32, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, plain(err)
	}
	for _, e := range entries {
		var n uint32
		if _, err := fmt.Sscanf(e.Name(), "%d.blk", &n); err == nil && e.Name() == fmt.Sprintf("%d.blk", n) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// block is a file of records.
type block struct {
	data []byte
	at   int    // position of the first damaged record, or the end
	last uint64 // the largest sequence number of a message before it
}

// walk sets at and last. key is the key of the checksums.
func (b *block) walk(key [sha256.Size]byte) {
	for rest := b.data; len(rest) > 0; rest = b.data[b.at:] {
		size, ok := checkRecord(rest, key[:])
		if !ok {
			return
		}
		if sequence := binary.LittleEndian.Uint64(rest[4:]); sequence&tombstone == 0 {
			b.last = max(b.last, sequence&^erased)
		}
		b.at += size
	}
}

// isTorn reports whether the damaged record is one that a kill interrupted while it was written. It was not
// acknowledged. It is shorter than it says, and there is no message after it.
func (b *block) isTorn() bool {
	rest := b.data[b.at:]
	if len(rest) < headerSize {
		return true
	}
	size := binary.LittleEndian.Uint32(rest) &^ hasHeader
	sequence := binary.LittleEndian.Uint64(rest[4:])
	next := binary.LittleEndian.AppendUint64(nil, b.last+2)
	return size <= largest && int(size) > len(rest) && (sequence&tombstone != 0 || sequence == b.last+1 || b.last == 0) && !bytes.Contains(rest, next)
}

// checkRecord returns the size of the record with which data begins; false if the record is damaged.
func checkRecord(data, key []byte) (size int, ok bool) {
	if len(data) < headerSize {
		return 0, false
	}
	length := binary.LittleEndian.Uint32(data)
	size = int(length &^ hasHeader)
	subject := int(binary.LittleEndian.Uint16(data[20:]))
	text := headerSize + subject
	if length&hasHeader != 0 {
		text += 4
	}
	end := size - checksumSize
	if size > min(largest, len(data)) || text > end || length&hasHeader != 0 && !checkHeader(data[text-4:end]) {
		return 0, false
	}
	h, _ := highwayhash.New64(key) // the key has the right size
	for _, part := range [][]byte{data[4:20], data[headerSize : headerSize+subject], data[text:end]} {
		_, _ = h.Write(part) // never fails
	}
	return size, bytes.Equal(h.Sum(nil), data[end:size])
}

// checkHeader checks the length of a header, which the checksum does not contain. data begins with the length.
func checkHeader(data []byte) bool {
	length := int(binary.LittleEndian.Uint32(data))
	return length <= len(data)-4 && bytes.HasSuffix(data[:4+length], []byte("\r\n\r\n"))
}
