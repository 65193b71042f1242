package storage_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/metadata"
	"github.com/dagster-go/dagster/storage"
)

// payloads has one payload with all fields for each type, under each kind it belongs to.
func payloads() map[storage.EventKind]storage.Payload {
	entries := []metadata.Entry{metadata.Int("rows", 123), metadata.Text("note", "a \"b\"")}
	cause := &storage.Error{Message: "no such file", Kind: "*fs.PathError"}
	failure := storage.Error{Message: "read: no such file", Kind: "*fmt.wrapError", Stack: "goroutine 1:\nmain()", Cause: cause}
	output := &storage.OutputData{Output: "result", MapKey: "a", IOManager: "io", Metadata: entries}
	input := &storage.InputData{Input: "x", FromStep: "up", FromAsset: "raw/up", Output: "result", IOManager: "io"}
	mat := &storage.MaterializationData{
		DataVersion: "d1", Metadata: entries, Tags: map[string]string{"b": "2", "a": "1"}, Error: cause,
		Provenance: &storage.Provenance{CodeVersion: "2", Inputs: []storage.InputVersion{
			{Asset: "raw/up", DataVersion: "u1", Event: 7}, {Asset: "raw/us", Partition: "2024-01-01", DataVersion: "u2"},
		}},
	}
	failed := &storage.FailureData{Error: failure, Reason: "STEP_FAILURE", RetryIn: time.Second, Metadata: entries}
	resource := &storage.ResourceData{Resource: "db", Duration: time.Millisecond}
	check := &storage.CheckData{Check: "rows", Passed: true, Severity: "ERROR", Blocking: true, Description: "enough", Metadata: entries}
	line := &storage.LogData{Level: "info", Fields: entries}
	return map[storage.EventKind]storage.Payload{
		storage.StepOutput: output, storage.HandledOutput: output, storage.StepInput: input, storage.LoadedInput: input,
		storage.AssetMaterialization: mat, storage.AssetObservation: mat, storage.AssetFailedToMaterialize: mat,
		storage.StepSuccess: &storage.SuccessData{Duration: 1500 * time.Millisecond},
		storage.StepFailure: failed, storage.StepUpForRetry: failed, storage.RunFailure: failed,
		storage.ResourceInitFailure: failed, storage.HookErrored: failed,
		storage.ResourceInitStarted: resource, storage.ResourceInitSuccess: resource,
		storage.LogMessage: line, storage.EngineEvent: line,
		storage.AssetCheckPlanned: check, storage.AssetCheckEvaluation: check,
		storage.Progress: &storage.ProgressData{Done: 5, Total: 10, Unit: "rows"},
	}
}

func encode(t require.TestingT, p storage.Payload) string {
	b, err := storage.EncodePayload(nil, p)
	require.NoError(t, err)
	return string(b)
}

func decode(t require.TestingT, kind storage.EventKind, data string) storage.Payload {
	p, err := storage.DecodePayload(kind, []byte(data))
	require.NoError(t, err)
	return p
}

func TestPayloadOfEveryKindIsGolden(t *testing.T) {
	t.Parallel()

	var b strings.Builder
	all := payloads()
	for _, kind := range kinds(t) {
		b.WriteString(string(kind) + " " + encode(t, all[kind]) + "\n")
		assert.Equal(t, all[kind], decode(t, kind, encode(t, all[kind])))
	}
	golden(t, "testdata/payloads.txt", b.String())
}

func TestZeroPayloadsSurvive(t *testing.T) {
	t.Parallel()

	for kind, p := range payloads() {
		zero := reflect.New(reflect.TypeOf(p).Elem()).Interface().(storage.Payload)
		assert.Equal(t, zero, decode(t, kind, encode(t, zero)), kind)
	}
	assert.Equal(t, "x", func() string { b, _ := storage.EncodePayload([]byte("x"), nil); return string(b) }())
	assert.Nil(t, decode(t, storage.StepSuccess, ""))
}

func TestFieldsOfNewerReleasesAreKept(t *testing.T) {
	t.Parallel()

	tests := []struct {
		kind   storage.EventKind
		stored string
	}{
		{storage.StepSuccess, `{"v":1,"duration_ns":5,"cpu":{"a":[1,"}\""]},"b":null}`},
		{storage.StepOutput, `{"v":1,"output":"o","metadata":[{"key":"k","type":"new","value":[1],"more":2}],"size":3}`},
		{storage.StepInput, `{"v":1,"input":"i","io_manager":"io","new":true}`},
		{storage.AssetMaterialization, `{"v":1,"provenance":{"inputs":[{"asset":"a","data_version":"d","p":"x"}],"code":1},"tags":{"a":"b"},"z":[]}`},
		{storage.AssetMaterialization, `{"v":1,"provenance":{"code":1}}`},
		{storage.AssetMaterialization, `{"v":1,"provenance":{}}`},
		{storage.StepFailure, `{"v":1,"error":{"message":"m","cause":{"message":"c","line":3},"line":4},"retry_in_ns":7,"n":1}`},
		{storage.ResourceInitStarted, `{"v":1,"resource":"r","n":1.50}`},
		{storage.LogMessage, `{"v":1,"level":"info","n":"\u0041"}`},
		{storage.Progress, `{"v":1,"done":1,"n":1}`},
	}
	for _, tt := range tests {
		p := decode(t, tt.kind, tt.stored)
		if _, raw := p.(*storage.RawData); raw {
			assert.Fail(t, "not read", tt.stored)
		}
		assert.Equal(t, tt.stored, encode(t, p))
	}

	spaced := decode(t, storage.Progress, "{ \"n\" : [ 1 ] ,\n\"v\" : 1, \"done\" : 2 }\n")
	assert.Equal(t, `{"v":1,"done":2,"n":[ 1 ]}`, encode(t, spaced))
}

func TestWhatCannotBeReadIsKeptVerbatim(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		kind   storage.EventKind
		stored string
	}{
		{"newer version", storage.StepSuccess, `{"v":2,"duration":"1s"}`},
		{"no version", storage.StepSuccess, `{"duration_ns":1}`},
		{"unknown kind", "ALERT_START", `{"v":1, "a":"<é>"}`},
		{"kind without a type", storage.LogsCapture, `{"v":1,"file":"x"}`},
		{"another form", storage.StepSuccess, `{"v":1,"duration_ns":"long"}`},
		{"no object", storage.StepSuccess, ` [1, 2] `},
		{"version is text", storage.StepSuccess, `{"v":"1"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			data := []byte(tt.stored)
			p, err := storage.DecodePayload(tt.kind, data)
			require.NoError(t, err)
			clear(data)
			assert.Equal(t, &storage.RawData{JSON: json.RawMessage(tt.stored)}, p)
			assert.Equal(t, tt.stored, encode(t, p))
		})
	}

	_, err := storage.DecodePayload(storage.StepSuccess, []byte(`{"v":1`))
	require.Error(t, err)
	_, err = storage.EncodePayload(nil, &storage.RawData{JSON: json.RawMessage(`{`)})
	require.Error(t, err)
}

// oracle is what encoding/json makes of p, as it is stored.
func oracle(t require.TestingT, p storage.Payload) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(p))
	s := strings.TrimSuffix(b.String(), "\n")
	if s == "{}" {
		return `{"v":1}`
	}
	return `{"v":1,` + s[1:]
}

// text draws what people put into strings: any UTF-8, NUL and quotes, and what is no UTF-8 at all if broken is set.
func text(t *rapid.T, name string, broken bool) string {
	choices := []*rapid.Generator[string]{
		rapid.String(),
		rapid.SampledFrom([]string{"", "\x00", `"\/`, "🚀\u2028", "<&>", "\x7f\x1f"}),
	}
	if broken {
		choices = append(choices, rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	}
	return rapid.OneOf(choices...).Draw(t, name)
}

func entriesOf(t *rapid.T, s func(string) string) []metadata.Entry {
	var all []metadata.Entry
	for range rapid.IntRange(0, 3).Draw(t, "entries") {
		all = append(all, rapid.SampledFrom([]metadata.Entry{
			metadata.Text(s("key"), s("value")),
			metadata.Int(s("key"), rapid.Int().Draw(t, "int")),
			metadata.JSON(s("key"), []string{s("a")}),
			metadata.Float(s("key"), rapid.Float64().Draw(t, "float")),
			metadata.Null(s("key")),
		}).Draw(t, "entry"))
	}
	return all
}

func errorOf(t *rapid.T, s func(string) string) *storage.Error {
	if rapid.Bool().Draw(t, "none") {
		return nil
	}
	return &storage.Error{Message: s("message"), Kind: s("kind"), Stack: s("stack"), Cause: errorOf(t, s)}
}

func payloadOf(t *rapid.T, broken bool) (storage.EventKind, storage.Payload) {
	s := func(name string) string { return text(t, name, broken) }
	n := func() int64 { return rapid.Int64().Draw(t, "n") }
	switch rapid.IntRange(0, 7).Draw(t, "type") {
	case 0:
		return storage.StepOutput, &storage.OutputData{Output: s("o"), MapKey: s("k"), IOManager: s("io"), Metadata: entriesOf(t, s)}
	case 1:
		return storage.StepInput, &storage.InputData{Input: s("i"), FromStep: s("f"), FromAsset: s("a"), Output: s("o"), IOManager: s("io")}
	case 2:
		m := &storage.MaterializationData{DataVersion: s("d"), Metadata: entriesOf(t, s), Error: errorOf(t, s)}
		for range rapid.IntRange(0, 2).Draw(t, "tags") {
			if m.Tags == nil {
				m.Tags = map[string]string{}
			}
			m.Tags[s("tag")] = s("value")
		}
		if rapid.Bool().Draw(t, "provenance") {
			m.Provenance = &storage.Provenance{CodeVersion: s("code")}
			for range rapid.IntRange(0, 2).Draw(t, "inputs") {
				m.Provenance.Inputs = append(m.Provenance.Inputs, storage.InputVersion{Asset: s("a"), DataVersion: s("v"), Event: n()})
			}
		}
		return storage.AssetMaterialization, m
	case 3:
		return storage.StepSuccess, &storage.SuccessData{Duration: time.Duration(n())}
	case 4:
		f := &storage.FailureData{Reason: s("r"), RetryIn: time.Duration(n()), Metadata: entriesOf(t, s)}
		if e := errorOf(t, s); e != nil {
			f.Error = *e
		}
		return storage.StepFailure, f
	case 5:
		return storage.ResourceInitStarted, &storage.ResourceData{Resource: s("r"), Duration: time.Duration(n())}
	case 6:
		return storage.LogMessage, &storage.LogData{Level: s("l"), Fields: entriesOf(t, s)}
	default:
		return storage.Progress, &storage.ProgressData{Done: n(), Total: n(), Unit: s("u")}
	}
}

func TestEncoderAgreesWithEncodingJSON(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		kind, p := payloadOf(t, rapid.Bool().Draw(t, "broken"))
		got := encode(t, p)
		// Tags that differ only in what is not UTF-8 become equal names: their order is not settled.
		require.JSONEq(t, oracle(t, p), got, kind)
		if m, ok := p.(*storage.MaterializationData); !ok || len(m.Tags) < 2 {
			require.Equal(t, oracle(t, p), got, kind)
		}
	})
}

func TestPayloadsSurviveStorage(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		kind, p := payloadOf(t, false)
		require.Equal(t, p, decode(t, kind, encode(t, p)))
		careful, err := storage.DecodeCarefully(kind, []byte(encode(t, p)))
		require.NoError(t, err)
		require.Equal(t, p, careful)
	})
}

func TestBrokenTextIsReplacedAndLongTextKept(t *testing.T) {
	t.Parallel()

	got := decode(t, storage.StepOutput, encode(t, &storage.OutputData{Output: "a\xffb\xf0\x9f"}))
	assert.Equal(t, &storage.OutputData{Output: "a\ufffdb\ufffd\ufffd"}, got)

	long := &storage.OutputData{Output: strings.Repeat("é\x00\"🚀", 1<<17+1)}
	assert.Greater(t, len(long.Output), 1<<20)
	assert.Equal(t, long, decode(t, storage.StepOutput, encode(t, long)))
}

func FuzzDecodePayload(f *testing.F) {
	for kind, p := range payloads() {
		b, _ := storage.EncodePayload(nil, p)
		f.Add(string(kind), b)
	}
	f.Add("STEP_SUCCESS", []byte(`{"v":1,"x":{"y":"}"},"duration_ns":1}`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		p, err := storage.DecodePayload(storage.EventKind(kind), data)
		if len(data) > 0 {
			careful, wrong := storage.DecodeCarefully(storage.EventKind(kind), data)
			require.Equal(t, wrong == nil, err == nil)
			require.Equal(t, careful, p, "whichever way it is read")
		}
		if err != nil || p == nil {
			return
		}
		once := encode(t, p)
		require.Equal(t, once, encode(t, decode(t, storage.EventKind(kind), once)))
	})
}

func BenchmarkEncodePayload(b *testing.B) {
	entries := []metadata.Entry{metadata.Rows(123), metadata.Path("file", "/data/orders.csv")}
	for name, p := range map[string]storage.Payload{
		"output":  &storage.OutputData{Output: "result", IOManager: "io_manager"},
		"input":   &storage.InputData{Input: "orders", FromStep: "raw__orders", Output: "result"},
		"success": &storage.SuccessData{Duration: 123456789},
		"materialization": &storage.MaterializationData{
			DataVersion: "6f2c1f0e8a9d4b7c", Metadata: entries,
			Provenance: &storage.Provenance{CodeVersion: "2", Inputs: []storage.InputVersion{{Asset: "raw/orders", DataVersion: "a1b2", Event: 17}}},
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				var err error
				if buf, err = storage.EncodePayload(buf[:0], p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestEncodingAStepDoesNotAllocate(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts for the whole process
	buf := make([]byte, 0, 4096)
	all := payloads()
	for _, kind := range []storage.EventKind{storage.StepOutput, storage.LoadedInput, storage.StepSuccess, storage.LogMessage} {
		assert.Zero(t, testing.AllocsPerRun(100, func() { buf, _ = storage.EncodePayload(buf[:0], all[kind]) }), kind)
	}
	made := &storage.MaterializationData{DataVersion: "d", Metadata: []metadata.Entry{metadata.Rows(1), metadata.Path("file", "/a")}}
	assert.Zero(t, testing.AllocsPerRun(100, func() { buf, _ = storage.EncodePayload(buf[:0], made) }))
}
