package dagster

import "io"

// closeStream closes a loaded stream after the step that read it.
func closeStream(v any) error {
	if c, ok := v.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// opened remembers a stream, or all of several partitions, to be closed after the body has read them.
func (s *scope) opened(v any) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if many, ok := v.(*loadedPartitions); ok {
		s.streams = append(s.streams, many.values...)
		return
	}
	s.streams = append(s.streams, v)
}

func (s *scope) closeStreams() {
	s.opening.Lock()
	defer s.opening.Unlock()
	for _, v := range s.streams {
		_ = closeStream(v) // it was only read
	}
}
