package dagster

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// MemoryIO is a new IO manager that keeps values as they are, in this process: nothing is copied, so what reads a value
// must not change it. It is what an instance uses if it is given none.
func MemoryIO() IOManager { return &memoryIO{assets: make(map[string]any)} }

type memoryIO struct {
	mu     sync.RWMutex
	assets map[string]any // unpartitioned, by key: most of what there is
	others map[place]any
}

// place is an address without what says how to store it. Who loads an asset need not know which run stored it.
type place struct{ asset, part, run, step string }

func (a Address) place() place {
	if a.Asset != "" {
		return place{asset: a.Asset, part: a.Partition}
	}
	return place{part: a.MapKey, run: a.Run, step: a.Step}
}

// Store keeps the value itself, and the bytes of a stream: in memory there is nowhere else to put it.
func (m *memoryIO) Store(_ context.Context, at Address, v any) error {
	if len(at.Partitions) > 0 {
		return errSeveral
	}
	if at.codec != nil && at.codec.streams {
		var b bytes.Buffer
		if err := at.Encode(&b, v); err != nil {
			return err
		}
		v = streamed(b.Bytes())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.Asset != "" && at.Partition == "" {
		m.assets[at.Asset] = v
		return nil
	}
	if m.others == nil {
		m.others = make(map[place]any)
	}
	m.others[at.place()] = v
	return nil
}

// Load returns the value itself; a stream is read anew by each reader.
func (m *memoryIO) Load(_ context.Context, at Address) (any, error) {
	v, ok := m.find(at)
	if !ok {
		return nil, ErrNotStored
	}
	if b, ok := v.(streamed); ok {
		return at.codec.decode(b.reader())
	}
	return v, nil
}

func (m *memoryIO) find(at Address) (v any, ok bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if at.Asset != "" && at.Partition == "" {
		v, ok = m.assets[at.Asset]
		return v, ok
	}
	v, ok = m.others[at.place()]
	return v, ok
}

// streamed is what the memory manager keeps of a stream: its bytes.
type streamed []byte

func (s streamed) reader() io.ReadCloser { return io.NopCloser(bytes.NewReader(s)) }
