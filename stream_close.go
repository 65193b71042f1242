package dagster

import "io"

// closeStream closes a loaded stream after the step that read it.
func closeStream(v any) error {
	if c, ok := v.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
