package dagster

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dagster-go/dagster/executor"
	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// severities of a check that did not pass. They are Dagster's words.
const (
	severityError = "ERROR"
	severityWarn  = "WARN"
)

// data is the result as it is recorded.
func (c CheckResult) data(name string, blocking bool) *storage.CheckData {
	d := &storage.CheckData{
		Check: name, Passed: c.Passed, Severity: severityError, Blocking: blocking, Description: c.Description, Metadata: c.Metadata,
	}
	if c.Warn {
		d.Severity = severityWarn
	}
	return d
}

// checkMetadata returns why the result can't be recorded.
func (c CheckResult) checkMetadata(name string) error {
	if err := metadata.Check(c.Metadata...); err != nil {
		return fmt.Errorf("check %s: %w", quote(name), err)
	}
	return nil
}

// blocks reports whether a result stops what needs the asset.
func (c CheckResult) blocks(blocking bool) bool { return blocking && !c.Passed && !c.Warn }

// checkFailed is why a step with a blocking check failed. It is final: the same values would be looked at again.
func checkFailed(asset, name string, r CheckResult) error {
	err := fmt.Errorf("check %s of asset %s did not pass", quote(name), quote(asset))
	if r.Description != "" {
		err = fmt.Errorf("%w: %s", err, r.Description)
	}
	return executor.NoRetry(err)
}

// keepCheck records what a check came to.
func (r *runState) keepCheck(sc *scope, v any) executor.Outcome {
	k := sc.step.check
	result, ok := v.(CheckResult)
	if !ok {
		return executor.Outcome{Err: fmt.Errorf("%T where a result of a check belongs", v)}
	}
	if _, entries := sc.saidOf(k.asset.key); len(entries) > 0 {
		result.Metadata = mergeMetadata(result.Metadata, entries)
	}
	result.Warn = result.Warn || k.warns && !result.Passed
	if err := result.checkMetadata(k.check); err != nil {
		return executor.Outcome{Err: executor.NoRetry(err)}
	}
	sc.emitAll(storage.Event{Kind: storage.StepOutput, Data: sc.step.output}, sc.evaluation(k.asset.key, result.data(k.check, k.blocking)))
	if result.blocks(k.blocking) {
		return executor.Outcome{Err: checkFailed(k.asset.key, k.check, result)}
	}
	return executor.Outcome{}
}

// evaluation is the event that a check was made.
func (s *scope) evaluation(asset string, d *storage.CheckData) storage.Event {
	e := storage.Event{Kind: storage.AssetCheckEvaluation, Asset: asset, Data: d}
	if s.portion != nil {
		e.Partition = s.portion.info.Key
	}
	return e
}

// keepOwnChecks records the checks that the body was to report, and says what is wrong with them.
func (s *scope) keepOwnChecks() error {
	all := s.saidChecks()
	var errs []error
	for i := range s.step.makes {
		m := &s.step.makes[i]
		for _, own := range m.spec.checks {
			result, ok := takeCheck(&all, m.asset.key, own.name)
			if !ok {
				errs = append(errs, fmt.Errorf("check %s of asset %s was not reported", quote(own.name), quote(m.asset.key)))
				continue
			}
			output := &storage.OutputData{Output: m.asset.step + "_" + own.name}
			s.emitAll(storage.Event{Kind: storage.StepOutput, Data: output}, s.evaluation(m.asset.key, result.data(own.name, own.blocking)))
			if result.blocks(own.blocking) {
				errs = append(errs, checkFailed(m.asset.key, own.name, result))
			}
		}
	}
	if len(all) > 0 {
		names := make([]string, 0, len(all))
		for _, c := range all {
			names = append(names, quote(c.name))
		}
		errs = append(errs, fmt.Errorf("reported checks that are not named by Checks: %s", strings.Join(names, ", ")))
	}
	return errors.Join(errs...)
}

// saidChecks are the results that the body has reported so far.
func (s *scope) saidChecks() []saidCheck {
	at := s.said.Load()
	if at == nil {
		return nil
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	return append([]saidCheck(nil), at.checks...)
}

// takeCheck takes what was last reported of a check out of a list.
func takeCheck(all *[]saidCheck, asset, name string) (result CheckResult, ok bool) {
	rest := (*all)[:0]
	for _, c := range *all {
		if c.name == name && (c.asset == "" || c.asset == asset) {
			result, ok = c.result, true
			continue
		}
		rest = append(rest, c)
	}
	*all = rest
	return result, ok
}
