package dagster

import (
	"bytes"
	"io"
)

// streamed is what the memory manager keeps of a stream: its bytes.
type streamed []byte

func (s streamed) reader() io.ReadCloser { return io.NopCloser(bytes.NewReader(s)) }

// storeStream reads a stream to its end: in memory there is nowhere else to put it.
func (m *memoryIO) storeStream(at Address, v any) error {
	var b bytes.Buffer
	if err := at.Encode(&b, v); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[at.place()] = streamed(b.Bytes())
	return nil
}

// closeStream closes a loaded stream after the step that read it.
func closeStream(v any) error {
	if c, ok := v.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
