package dagster

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
)

// checkMetadata notes what is wrong with entries that are added to a definition's.
func (d *definition) checkMetadata(have, add []metadata.Entry) []metadata.Entry {
	before, wrong := len(d.mistakes), metadata.Check(have...)
	for i := range add {
		d.check(metadata.Check(add[i]))
	}
	all := mergeMetadata(have, add)
	if len(d.mistakes) == before && wrong == nil { // else it was said already
		d.check(metadata.Check(all...))
	}
	return all
}

// code is where the code of a definition is: the line that declares it, then what its metadata says.
func (d *definition) code(entries []metadata.Entry) []metadata.CodeReference {
	var all []metadata.CodeReference
	if f, ok := d.at.first(); ok {
		all = append(all, metadata.CodeReference{File: f.File, Line: f.Line})
	}
	return append(all, metadata.CodeIn(entries)...)
}

// checkSaid returns why what the body has said can't be recorded: then the step fails, and nothing will change that.
func (s *scope) checkSaid() error {
	at := s.said.Load()
	if at == nil {
		return nil
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.refused != nil {
		return executor.NoRetry(at.refused)
	}
	err := s.aboutSaid(s.assetKey(), metadata.Check(at.entries.list...))
	for _, key := range slices.Sorted(maps.Keys(at.of)) {
		if err != nil {
			break
		}
		all := entries{list: at.of[key].list}
		if len(at.entries.list) > 0 {
			all = entries{list: slices.Clone(at.entries.list)}
			all.add(at.of[key].list)
		}
		err = s.aboutSaid(key, metadata.Check(all.list...))
	}
	return executor.NoRetry(err)
}

// aboutSaid names the asset that metadata is of, if there is one: the step is named by who reports its error.
func (s *scope) aboutSaid(key string, err error) error {
	if err == nil || key == "" {
		return err
	}
	return fmt.Errorf("asset %s: %w", quote(key), err)
}

// refuse notes what the body said that can't be recorded, where it can't be told so.
func (s *scope) refuse(err error) {
	at := s.says()
	at.mu.Lock()
	defer at.mu.Unlock()
	at.refused = errors.Join(at.refused, err)
}

// refusal is what was refused.
func (s *scope) refusal() error {
	at := s.said.Load()
	if at == nil {
		return nil
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.refused
}
