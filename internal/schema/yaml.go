package schema

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// plainText is what YAML takes for a string without quotes, but for some words.
var plainText = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./-]*$`)

// plainAmount is a duration or a size, which no number of YAML looks like.
var plainAmount = regexp.MustCompile(`^[0-9][0-9.]*[A-Za-zµ][0-9A-Za-zµ.]*$`)

// yamlText writes a string so that every reader of YAML, old or new, takes it for one.
func yamlText(s string) string {
	word := slices.Contains([]string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(s))
	if plainText.MatchString(s) && !word {
		return s
	}
	return strconv.Quote(s)
}

// flow writes a JSON value in one line of YAML.
func flow(v tree) string {
	var parts []string
	switch v.token() {
	case tokenObject:
		for name, value := range v.members() {
			parts = append(parts, yamlText(name)+": "+flow(value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case tokenList:
		for _, item := range v.items() {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case tokenString:
		return yamlText(v.text())
	default:
		return string(v)
	}
}

// amount is flow for a duration or a size.
func amount(v tree) string {
	if s := v.text(); plainAmount.MatchString(s) {
		return s
	}
	return flow(v)
}

// oneLine makes text safe in a comment.
func oneLine(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// wrap breaks a text into lines of about that width, keeping its own breaks.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line := ""
		for word := range strings.FieldsSeq(oneLine(paragraph)) {
			if line != "" && len(line)+1+len(word) > width {
				lines, line = append(lines, line), ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		lines = append(lines, line)
	}
	return lines
}

// variable makes the name of an environment variable of the names of fields.
func variable(names []string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z':
			return c - 'a' + 'A'
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			return c
		}
		return '_'
	}, strings.Join(names, "_"))
}
