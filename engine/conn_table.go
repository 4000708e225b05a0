package engine

// connBlock is the number of connections in a block of a connTable. A new block takes some microseconds to clear.
const connBlock = 4096

// connTable is a table of connections without gaps: Conn.index is the position of a Conn. When one is removed, the last one
// is moved to its position. The table consists of blocks, so it never copies more than the list of blocks when it grows.
type connTable struct {
	blocks []*[connBlock]*Conn // enough for len connections, and at most one more
	len    int
}

func (t *connTable) add(c *Conn) {
	if t.len == len(t.blocks)*connBlock {
		t.blocks = append(t.blocks, new([connBlock]*Conn))
	}
	c.index = int32(t.len)
	*t.at(t.len) = c
	t.len++
}

func (t *connTable) remove(c *Conn) {
	t.len--
	last := t.at(t.len)
	*t.at(int(c.index)) = *last
	(*last).index = c.index
	*last = nil
	if unused := len(t.blocks) - (t.len+connBlock-1)/connBlock; unused > 1 {
		t.blocks[len(t.blocks)-1] = nil
		t.blocks = t.blocks[:len(t.blocks)-1]
	}
}

func (t *connTable) at(i int) **Conn { return &t.blocks[i/connBlock][i%connBlock] }

// block returns the connections of block i, which may not exist any more.
func (t *connTable) block(i int) []*Conn {
	begin := i * connBlock
	if begin >= t.len {
		return nil
	}
	return t.blocks[i][:min(t.len-begin, connBlock)]
}
