package dagster

import (
	"slices"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// eventCore records the lines of a logger as events.
type eventCore struct {
	emit   func(storage.Event)
	fields []zapcore.Field
}

// Enabled says that every line is recorded.
func (c *eventCore) Enabled(zapcore.Level) bool { return true }

// Sync has nothing to do: the recorder stores what it is given.
func (c *eventCore) Sync() error { return nil }

// With adds fields to every line.
func (c *eventCore) With(fields []zapcore.Field) zapcore.Core {
	return &eventCore{emit: c.emit, fields: slices.Concat(c.fields, fields)}
}

// Check takes every line.
func (c *eventCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return checked.AddCore(e, c)
}

func (c *eventCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	enc := fieldEncoder{zapcore.NewMapObjectEncoder()}
	var order []string
	for _, list := range [][]zapcore.Field{c.fields, fields} {
		for _, f := range list {
			f.AddTo(enc)
			order = append(order, f.Key)
		}
	}
	data := &storage.LogData{Level: e.Level.CapitalString(), Fields: metadata.Fit(enc.entries(order))}
	c.emit(storage.Event{Kind: storage.LogMessage, At: e.Time, Message: e.Message, Data: data})
	return nil
}

// fieldEncoder collects the fields of a line.
type fieldEncoder struct{ *zapcore.MapObjectEncoder }

// entries are the fields in the order in which they were given, then what they brought along, such as an error's stack.
func (f fieldEncoder) entries(order []string) []metadata.Entry {
	out := make([]metadata.Entry, 0, len(f.Fields))
	for _, key := range order {
		if v, ok := f.Fields[key]; ok {
			out = append(out, entryOf(key, v))
			delete(f.Fields, key)
		}
	}
	rest := make([]string, 0, len(f.Fields))
	for key := range f.Fields {
		rest = append(rest, key)
	}
	slices.Sort(rest)
	for _, key := range rest {
		out = append(out, entryOf(key, f.Fields[key]))
	}
	return out
}

func entryOf(key string, v any) metadata.Entry {
	switch v := v.(type) {
	case string:
		return metadata.Text(key, v)
	case bool:
		return metadata.Bool(key, v)
	case int:
		return metadata.Int(key, v)
	case int64:
		return metadata.Int(key, int(v))
	case float64:
		return metadata.Float(key, v)
	case time.Duration:
		return metadata.Text(key, v.String())
	case time.Time:
		return metadata.Time(key, v)
	case nil:
		return metadata.Null(key)
	}
	return metadata.JSON(key, v)
}
