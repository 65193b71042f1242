package selection

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dagster-go/dagster/internal/nearest"
)

// scanner reads the words and values of a selection.
type scanner struct {
	text string
	lang *Language
	at   int
}

func (s *scanner) fail(at int, format string, args ...any) error {
	return &Error{s.text, at, fmt.Sprintf(format, args...)}
}

// peek is the sign at hand, 0 at the end.
func (s *scanner) peek() byte { return s.sign(s.at) }

func (s *scanner) sign(at int) byte {
	if at < len(s.text) {
		return s.text[at]
	}
	return 0
}

func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// isPlain reports a sign of a value without quotes.
func isPlain(c byte) bool { return isLetter(c) || isDigit(c) || c == '/' }

// isName reports a sign of a name by itself; it begins with no "-" and no "/".
func isName(c byte) bool     { return isPlain(c) || c == '.' || c == '-' }
func startsName(c byte) bool { return isLetter(c) || isDigit(c) || c == '.' }

func (s *scanner) space() { s.at = s.skip(s.at, isSpace) }

// skip is where signs of a kind end.
func (s *scanner) skip(at int, is func(byte) bool) int {
	for at < len(s.text) && is(s.text[at]) {
		at++
	}
	return at
}

// word is the name at hand, and the sign that follows it and white space.
func (s *scanner) word() (word string, next byte) {
	end := s.at
	if startsName(s.sign(end)) {
		end = s.skip(end, isName)
	}
	return s.text[s.at:end], s.sign(s.skip(end, isSpace))
}

// take moves behind a word and a sign that follows it.
func (s *scanner) take(word string, sign byte) {
	s.at += len(word)
	s.space()
	if sign != 0 {
		s.at++
	}
}

// isWord reports a word of the grammar, which is no value without quotes.
func (s *scanner) isWord(word string) bool {
	switch word {
	case "and", "or", "not", "AND", "OR", "NOT", "roots", "sinks":
		return true
	}
	return slices.Contains(s.lang.attributes, word)
}

// isOperator reports a word that joins.
func isOperator(word string) bool {
	switch strings.ToLower(word) {
	case "and", "or", "not":
		return word == strings.ToLower(word) || word == strings.ToUpper(word)
	}
	return false
}

// number reads digits, saturating: no graph is as deep.
func (s *scanner) number() levels {
	end := s.skip(s.at, isDigit)
	n, err := strconv.ParseInt(s.text[s.at:end], 10, 32)
	s.at = end
	if err != nil || levels(n) >= every {
		return every - 1
	}
	return levels(n)
}

// has reads the value of an attribute, of which the ":" has been read.
func (s *scanner) has(attribute string) (Value, error) {
	s.space()
	if attribute == "not_materialized_in_hours" {
		end := s.skip(s.at, isDigit)
		if end == s.at {
			return Value{}, s.fail(s.at, "want a number of hours")
		}
		v := Value{Text: s.text[s.at:end]}
		s.at = end
		return v, nil
	}
	v, err := s.value(attribute)
	if err != nil || attribute != "tag" && attribute != "column_tag" {
		return v, err
	}
	at := s.skip(s.at, isSpace)
	if s.sign(at) != '=' {
		return v, nil
	}
	s.at = at + 1
	s.space()
	equals, err := s.value(attribute)
	v.Equals = equals.Text
	return v, err
}

func (s *scanner) value(attribute string) (Value, error) {
	start := s.at
	switch c := s.peek(); {
	case c == '"':
		text, _, ok := strings.Cut(s.text[start+1:], `"`)
		if !ok {
			return Value{}, s.fail(start, "quote without an end")
		}
		s.at += len(text) + 2
		return Value{Text: text}, nil
	case strings.HasPrefix(s.text[start:], "<null>") && attribute != s.lang.key:
		s.at += len("<null>")
		return Value{Null: true}, nil
	case isLetter(c) || c == '*' && attribute == s.lang.key:
	default:
		return Value{}, s.fail(start, "want a value, %s", quoteHint)
	}
	end := s.skip(start, func(c byte) bool { return isPlain(c) || c == '*' && attribute == s.lang.key })
	word := s.text[start:end]
	switch {
	case word == "*":
		return Value{}, s.fail(start, `"*" alone is quoted: %s:"*"`, attribute)
	case s.isWord(word) && (attribute == s.lang.key || !isLateWord(word)):
		return Value{}, s.fail(start, "%q is a word of the language: quote it", word)
	}
	if c := s.sign(end); c != 0 && !isSpace(c) && c != ')' && c != '+' && c != '=' {
		return Value{}, s.fail(end, "a value %s", quoteHint)
	}
	s.at = end
	return Value{Text: word}, nil
}

const quoteHint = `with other signs than letters, digits, "_" and "/", or a digit in front, is quoted`

// isLateWord reports words that came to the grammar when they were values already.
func isLateWord(word string) bool { return word == "sensor" || word == "schedule" || word == "job" }

// exact reads a key between quotes, with escapes.
func (s *scanner) exact() (string, error) {
	s.space()
	start := s.at
	if s.peek() != '"' {
		return "", s.fail(start, "want a quoted key")
	}
	var b strings.Builder
	for i := start + 1; i < len(s.text); i++ {
		switch c := s.text[i]; c {
		case '"':
			s.at = i + 1
			return b.String(), nil
		case '\\':
			if i++; s.sign(i) != '"' && s.sign(i) != '\\' {
				return "", s.fail(i-1, `want \" or \\`)
			}
			b.WriteByte(s.text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", s.fail(start, "quote without an end")
}

// unknown is the error of an attribute that the language has not.
func (s *scanner) unknown(word string) error {
	if near := nearest.Name(word, s.lang.attributes); near != "" {
		return s.fail(s.at, "unknown attribute %q; is it %q?", word, near)
	}
	return s.fail(s.at, "unknown attribute %q: want one of %s", word, strings.Join(s.lang.attributes, ", "))
}

// shown is the character at a place, for a message.
func (s *scanner) shown(at int) string {
	if at >= len(s.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(s.text[at:])
	return strconv.Quote(string(r))
}
