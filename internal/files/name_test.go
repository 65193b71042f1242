package files_test

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dagster-go/dagster/internal/files"
)

func TestNamePaths(t *testing.T) {
	t.Parallel()

	orders := files.Asset("raw/orders", ".json")
	for _, tt := range []struct {
		name string
		got  files.Name
		want string
	}{
		{"asset", orders, "raw/orders.json"},
		{"extension without its dot", files.Asset("raw/orders", "json"), "raw/orders.json"},
		{"two extensions", files.Asset("orders", ".csv.gz"), "orders.csv.gz"},
		{"no extension", files.Asset("orders", ""), "orders.@"},
		{"partition", orders.Part("2024-01-02"), "raw/orders@/2024-01-02.json"},
		{"partition with slash and bar", orders.Part("eu/1|x"), "raw/orders@/eu%2F1%7Cx.json"},
		{"empty partition", orders.Part(""), "raw/orders@/%.json"},
		{"step", files.Step("7f", "load/clean", "json"), "@runs/7f/load/clean.json"},
		{"output of a step", files.Step("7f", "split", "json").Part("paid"), "@runs/7f/split@/paid.json"},
		{"empty key", files.Asset("", "json"), "%.json"},
		{"empty parts", files.Asset("/a//b/", "json"), "%/a/%/b/%.json"},
		{"parent folder", files.Asset("../../etc/passwd", ""), "%2E%2E/%2E%2E/etc/passwd.@"},
		{"hidden file", files.Asset(".tmp/x", "json"), "%2Etmp/x.json"},
		{"dots in a key", files.Asset("v1.2/a.b", "json"), "v1%2E2/a%2Eb.json"},
		{"trailing dot and space", files.Asset("a. ", "json. "), "a%2E%20.json.%20"},
		{"device", files.Asset("aux/con", "json"), "%61ux/%63on.json"},
		{"numbered device", files.Asset("x", "").Part("lpt1"), "x@/%6Cpt1.@"},
		{"not a device", files.Asset("console/com10", "json"), "console/com10.json"},
		{"upper case", files.Asset("Orders/RAW", "json"), "Orders+1/RAW+7.json"},
		{"device in upper case", files.Asset("CON", "json"), "%43ON+7.json"},
		{"backslash and drive", files.Asset(`C:\x`, "json"), "C%3A%5Cx+1.json"},
		{"not ASCII", files.Asset("ü", "json"), "%C3%BC.json"},
		{"not UTF-8", files.Asset("\xff\x00", "json"), "%FF%00.json"},
		{"own marks", files.Asset("a@/b=c+1", "json"), "a%40/b%3Dc%2B1.json"},
		{"zero", files.Name{}, ""},
		{"part of zero", files.Name{}.Part("a"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			assert.Equal(t, tt.want, tt.got.String())
		})
	}
}

func TestNamesThatMustNotClash(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("x", 400)
	names := []files.Name{
		files.Asset("a", "json"), files.Asset("a/b", "json"), files.Asset("a", "json").Part("b"),
		files.Asset("a.json", ""), files.Asset("a.json/b", "json"), files.Asset("a", "b.json"), files.Asset("a.b", "json"),
		files.Asset("a", ""), files.Asset("A", ""), files.Asset("A", "json"), files.Asset("a", "JSON"),
		files.Asset("a@", "json"), files.Asset("a@/b", "json"), files.Asset("a/b", "json").Part("b"),
		files.Asset("a", "json").Part("b").Part("c"), files.Asset("a", "json").Part("b/c"), files.Asset("a", "json").Part("b@/c"),
		files.Asset("@runs/7/a", "json"), files.Step("7", "a", "json"), files.Step("7/a", "a", "json"), files.Step("7", "a/a", "json"),
		files.Asset(long, "json"), files.Asset(long+"y", "json"), files.Asset(strings.ToUpper(long), "json"), files.Asset(long[1:], "json"),
		files.Asset("a", long), files.Asset("a", long+"y"), files.Asset(long+"/b", "json"), files.Asset("", "json"), files.Asset("/", "json"),
		files.Asset("%", "json"), files.Asset("a+1", "json"), files.Asset("A+1", "json"),
		files.Asset(strings.Repeat("a/", 200), "json"), files.Asset(strings.Repeat("a/", 201), "json"),
		files.Asset(strings.Repeat("a/", 33), "json"), files.Asset(strings.Repeat("a/", 31)+"a%2Fa", "json"),
	}
	seen := map[string]int{}
	for i, name := range names {
		other, ok := seen[strings.ToLower(name.String())]
		require.False(t, ok, "names %d and %d are both %q", i, other, name)
		seen[strings.ToLower(name.String())] = i
	}
	// A path that is a file for one name must not be a folder for another.
	for _, name := range names {
		for dir := path.Dir(name.String()); dir != "."; dir = path.Dir(dir) {
			assert.NotContains(t, seen, strings.ToLower(dir), "folder of %q", name)
		}
	}
}

// spec is what a name is made of.
type spec struct {
	Run   string
	Key   string
	Parts []string
	Ext   string
	Asset bool
}

func (s spec) name() files.Name {
	n := files.Step(s.Run, s.Key, s.Ext)
	if s.Asset {
		n = files.Asset(s.Key, s.Ext)
	}
	for _, part := range s.Parts {
		n = n.Part(part)
	}
	return n
}

// text draws strings that are likely to clash: few letters, both cases, every mark that paths use.
func text() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune("aAbB1./%@+=~ -_\\:")), 0, 8, -1),
		rapid.SampledFrom([]string{"", ".", "..", "con", "CON", "nul", "a.json", ".tmp", "@runs", "%", "%61"}),
		rapid.Map(rapid.IntRange(150, 170), func(n int) string { return strings.Repeat("aB", n/2) }),
		rapid.String(),
	)
}

func specs() *rapid.Generator[spec] {
	return rapid.Custom(func(t *rapid.T) spec {
		s := spec{
			Key:   text().Draw(t, "key"),
			Parts: rapid.SliceOfN(text(), 0, 2).Draw(t, "parts"),
			Ext:   strings.TrimPrefix(text().Draw(t, "ext"), "."),
			Asset: rapid.Bool().Draw(t, "asset"),
		}
		if strings.HasPrefix(s.Ext, ".") {
			s.Ext = "x" + s.Ext // one leading dot does not count
		}
		if !s.Asset {
			s.Run = text().Draw(t, "run")
		}
		return s
	})
}

func TestTwoNamesNeverShareAPath(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		a := specs().Draw(t, "a")
		b := rapid.OneOf(specs(), rapid.Custom(func(t *rapid.T) spec { return mutate(t, a) })).Draw(t, "b")
		checkPath(t, a.name())
		checkPath(t, b.name())
		same := a.Asset == b.Asset && a.Run == b.Run && a.Key == b.Key && a.Ext == b.Ext &&
			strings.Join(quoted(a.Parts), ",") == strings.Join(quoted(b.Parts), ",")
		if got := strings.EqualFold(a.name().String(), b.name().String()); got != same {
			t.Fatalf("%+v is %q, %+v is %q", a, a.name(), b, b.name())
		}
	})
}

func quoted(parts []string) []string {
	var out []string
	for _, p := range parts {
		out = append(out, strings.ReplaceAll(p, ",", ",,")+"|")
	}
	return out
}

// mutate changes one thing of a spec: unrelated names rarely come near each other.
func mutate(t *rapid.T, s spec) spec {
	switch rapid.IntRange(0, 5).Draw(t, "change") {
	case 0:
		s.Key = strings.ToUpper(s.Key)
	case 1:
		s.Key, s.Ext = s.Key+"."+s.Ext, ""
	case 2:
		s.Key, s.Parts = strings.Join(append([]string{s.Key}, s.Parts...), "/"), nil
	case 3:
		s.Key, s.Parts = strings.Join(append([]string{s.Key}, s.Parts...), "@/"), nil
	case 4:
		s.Key, s.Run, s.Asset = "@runs/"+s.Run+"/"+s.Key, "", true
	default:
		s.Key += text().Draw(t, "suffix")
	}
	return s
}

// component is what a folder or file may be called on any system.
var component = regexp.MustCompile(`^[A-Za-z0-9_%@][A-Za-z0-9_%@+=-]*(\.[A-Za-z0-9_%@+=.-]*[A-Za-z0-9_%@+=-])?$|^-[A-Za-z0-9_%@+=.-]+$|^-$`)

func checkPath(t interface {
	Fatalf(format string, args ...any)
}, name files.Name,
) {
	if !filepath.IsLocal(name.String()) {
		t.Fatalf("%q leaves the directory", name)
	}
	parts := strings.Split(name.String(), "/")
	for i, part := range parts {
		stem, _, dot := strings.Cut(part, ".")
		switch isFile := i == len(parts)-1; {
		case len(part) > 240, !component.MatchString(part), dot != isFile:
			t.Fatalf("%q has the component %q", name, part)
		}
		switch strings.ToLower(stem) {
		case "con", "prn", "aux", "nul", "com1", "lpt9":
			t.Fatalf("%q is a device", name)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add("raw/orders", "2024-01-02", "json", "raw", "orders", "csv")
	f.Add("a", "b", "", "a@/b", "", "")
	f.Add("A", "", "json", "a", "", "json")
	f.Add("..", "/", "..", "con", "NUL", ".a.")
	f.Fuzz(func(t *testing.T, key, part, ext, key2, part2, ext2 string) {
		a, b := files.Asset(key, ext), files.Asset(key2, ext2)
		for _, name := range []files.Name{a, b, a.Part(part), b.Part(part2), files.Step(part, key, ext)} {
			checkPath(t, name)
		}
		sameExt := strings.TrimPrefix(ext, ".") == strings.TrimPrefix(ext2, ".")
		assert.Equal(t, key == key2 && sameExt, strings.EqualFold(a.String(), b.String()), "%q and %q", a, b)
		assert.Equal(t, key == key2 && part == part2 && sameExt,
			strings.EqualFold(a.Part(part).String(), b.Part(part2).String()), "%q and %q", a.Part(part), b.Part(part2))
	})
}
