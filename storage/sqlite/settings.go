package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/dagster-go/dagster/storage"
)

const oneSetting = "SELECT value, version FROM settings WHERE name = ?"

func readSetting(ctx context.Context, c *conn, name string) (storage.Setting, error) {
	s := storage.Setting{Name: name}
	err := c.query(ctx, oneSetting, []driver.Value{name}, func(row []driver.Value) error {
		s.Version = integer(row[1])
		if value := text(row[0]); value != "" {
			s.Value = json.RawMessage(value)
		}
		return nil
	})
	return s, err
}

// Setting implements [storage.SettingStore].
func (s *Store) Setting(ctx context.Context, name string) (out storage.Setting, err error) {
	err = s.readers.read(ctx, func(c *conn) (err error) {
		out, err = readSetting(ctx, c, name)
		return err
	})
	if err != nil {
		return storage.Setting{}, fmt.Errorf("read setting %q: %w", name, err)
	}
	return out, nil
}

// SetSetting implements [storage.SettingStore].
func (s *Store) SetSetting(ctx context.Context, set storage.Setting, events ...storage.Event) (storage.Setting, error) {
	w := &setting{asked: set}
	var err error
	if w.rows, w.size, err = s.kinds.encode(events); err == nil {
		err = s.queue.submit(ctx, w, 1+len(events))
	}
	if err != nil {
		return w.setting, fmt.Errorf("change setting %q: %w", set.Name, err)
	}
	return w.setting, nil
}

type setting struct {
	asked, setting storage.Setting
	rows           []row
	size           int
}

func (w *setting) do(t *tx) error {
	w.setting = storage.Setting{}
	stored, err := readSetting(context.Background(), t.c, w.asked.Name)
	if err != nil {
		return t.fault(err)
	}
	if w.setting, err = storage.NextSetting(stored, w.asked); err != nil {
		return err
	}
	err = t.exec(`INSERT INTO settings (name, value, version) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version`,
		w.setting.Name, orNull(string(w.setting.Value)), w.setting.Version)
	if err != nil {
		return err
	}
	_, err = t.append(nil, w.rows, w.size)
	return err
}
