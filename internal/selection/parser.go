package selection

import (
	"fmt"
	"slices"
	"strings"
)

// parser turns a selection into its tree. What has begun and not ended stands on its own stack instead of Go's, so that
// depth costs no more than length.
type parser struct {
	scanner

	nodes []node
	out   []int32   // nodes without a parent yet
	open  []pending // what waits for its end
	depth []int     // of open: where the parentheses are
}

// pending is an operator whose right side has not ended: "not", "and", "or", "(", a function's "(", or a "+" in front.
type pending struct {
	op op
	at int
	up levels // of opTraverse
}

func (p *parser) parse() error {
	for {
		if err := p.operand(); err != nil {
			return err
		}
		if done, err := p.operators(); done || err != nil {
			return err
		}
	}
}

// push opens something.
func (p *parser) push(o pending) { p.open = append(p.open, o) }

// ups reports a "+" in front that waits for its term.
func (p *parser) ups() bool { return len(p.open) > 0 && p.open[len(p.open)-1].op == opTraverse }

// operand reads up to the end of one operand, with all that stands before it.
func (p *parser) operand() error {
	for {
		p.space()
		c := p.peek()
		switch {
		case c == '(':
			p.parenthesis(opOpen)
			continue
		case c == '*' && !startsName(p.sign(p.at+1)):
			if p.ups() {
				return p.want()
			}
			p.leaf(node{op: opAll})
			p.at++
			return nil
		case c == '+' || isDigit(c) && p.sign(p.skip(p.skip(p.at, isDigit), isSpace)) == '+':
			ended, err := p.plus()
			if ended || err != nil {
				return err
			}
			continue
		case c != '*' && !startsName(c):
			return p.want()
		}
		if ended, err := p.begin(); ended || err != nil {
			return err
		}
	}
}

// parenthesis opens one, of a function or of none.
func (p *parser) parenthesis(of op) {
	p.depth = append(p.depth, p.at)
	p.push(pending{op: of, at: p.at})
	p.at++
}

// plus reads what stands before a term: one "+", with a number or without, or a name with one for each level.
func (p *parser) plus() (ended bool, err error) {
	start := p.at
	if p.ups() {
		return false, p.want()
	}
	if isDigit(p.peek()) {
		up := p.number()
		p.space()
		p.at++
		p.push(pending{op: opTraverse, at: start, up: up})
		return false, nil
	}
	p.at = p.skip(start, func(c byte) bool { return c == '+' })
	n := p.at - start
	if word, next := p.word(); word != "" && p.isPlainName(word, next) && !p.numbers() {
		return true, p.name(start, levels(min(n, int(every)-1)), word) //nolint:gosec // bounded
	}
	if n > 1 {
		return false, p.fail(start+1, `more than one "+" belongs to a name by itself: want a number before the first, "%d+"`, n)
	}
	p.push(pending{op: opTraverse, at: start, up: every})
	return false, nil
}

// numbers reports digits and "+", which no name begins with.
func (p *parser) numbers() bool {
	end := p.skip(p.at, isDigit)
	return end > p.at && p.sign(p.skip(end, isSpace)) == '+'
}

// isPlainName reports whether a word, by what follows it, is a name by itself.
func (p *parser) isPlainName(word string, next byte) bool {
	return next != ':' && !isOperator(word) && (next != '(' || word != "roots" && word != "sinks") && (next != '=' || word != p.lang.key)
}

// begin reads a word that begins an operand, or is "not". A "*" may stand before a name.
func (p *parser) begin() (ended bool, err error) {
	start, up := p.at, none
	if p.peek() == '*' {
		p.at++
		up = every
	}
	word, next := p.word()
	switch {
	case p.isPlainName(word, next):
		return true, p.name(start, up, word)
	case up == every: // "*not", "*key:"
		p.at = start + 1
		return false, p.fail(p.at, `want a name by itself behind "*"`)
	case next == ':':
		return true, p.attribute(word)
	case next == '(' && !isOperator(word):
		of := opRoots
		if word == "sinks" {
			of = opSinks
		}
		p.take(word, 0)
		p.parenthesis(of)
		return false, nil
	case next == '=' && !isOperator(word):
		p.take(word, next)
		key, err := p.exact()
		if err != nil {
			return false, err
		}
		p.leaf(node{op: opName, at: int32(start), value: Value{Text: key}}) //nolint:gosec // an offset
		p.traversal()
		return true, nil
	case strings.EqualFold(word, "not") && !p.ups():
		p.push(pending{op: opNot, at: start})
		p.at += len(word)
		return false, nil
	}
	return false, p.want()
}

// attribute reads an attribute and its value.
func (p *parser) attribute(word string) error {
	start := p.at
	if !slices.Contains(p.lang.attributes, word) {
		return p.unknown(word)
	}
	p.take(word, ':')
	v, err := p.has(word)
	if err != nil {
		return err
	}
	p.leaf(node{op: opHas, at: int32(start), attribute: word, value: v}) //nolint:gosec // an offset
	p.traversal()
	return nil
}

// name adds a name by itself, and reads what stands behind it.
func (p *parser) name(start int, up levels, word string) error {
	if p.ups() {
		return p.fail(p.at, `want "%s:" before the name, to go with what stands before it`, p.lang.key)
	}
	p.leaf(node{op: opName, at: int32(p.at), value: Value{Text: word}}) //nolint:gosec // an offset
	p.at += len(word)
	down := none
	switch p.peek() {
	case '*':
		p.at++
		down = every
	case '+':
		end := p.skip(p.at, func(c byte) bool { return c == '+' })
		down = levels(min(end-p.at, int(every)-1)) //nolint:gosec // bounded
		p.at = end
		if isDigit(p.peek()) {
			return p.fail(p.at, `a name by itself has a "+" for each level: want "%s:" before it to give a number`, p.lang.key)
		}
	}
	p.traverse(start, up, down)
	return nil
}

// leaf adds a node without children.
func (p *parser) leaf(n node) {
	if n.op == opAll {
		n.at = int32(p.at) //nolint:gosec // an offset
	}
	p.add(n)
}

// add makes a node of the operands that it takes.
func (p *parser) add(n node) {
	if n.op == opAnd || n.op == opOr {
		n.right = p.operandOf()
	}
	if n.op >= opTraverse {
		n.left = p.operandOf()
	}
	p.out = append(p.out, int32(len(p.nodes))) //nolint:gosec // fewer than the text's bytes
	p.nodes = append(p.nodes, n)
}

func (p *parser) operandOf() int32 {
	last := p.out[len(p.out)-1]
	p.out = p.out[:len(p.out)-1]
	return last
}

// traversal ends a term: a "+" before it, a "+" behind it.
func (p *parser) traversal() {
	up, start := none, p.at
	if p.ups() {
		o := p.pop()
		up, start = o.up, o.at
	}
	down := none
	if at := p.skip(p.at, isSpace); p.sign(at) == '+' {
		p.at = at + 1
		down = every
		if at := p.skip(p.at, isSpace); isDigit(p.sign(at)) {
			p.at = at
			down = p.number()
		}
	}
	p.traverse(start, up, down)
}

func (p *parser) traverse(start int, up, down levels) {
	if up != none || down != none {
		p.add(node{op: opTraverse, at: int32(start), up: up, down: down}) //nolint:gosec // an offset
	}
}

func (p *parser) pop() pending {
	last := p.open[len(p.open)-1]
	p.open = p.open[:len(p.open)-1]
	return last
}

// reduce ends the operators that bind at least as strongly as one: "not", "and", "or", in this order.
func (p *parser) reduce(than op) {
	for len(p.open) > 0 {
		if o := p.open[len(p.open)-1]; o.op < opNot || o.op > than {
			return
		}
		o := p.pop()
		p.add(node{op: o.op, at: int32(o.at)}) //nolint:gosec // an offset
	}
}

// operators reads what follows an operand, up to the next one or to the end.
func (p *parser) operators() (done bool, err error) {
	for {
		p.space()
		switch {
		case p.at == len(p.text):
			if len(p.depth) > 0 {
				return false, p.fail(p.at, `want ")" for the "(" at %d`, (&Error{Text: p.text, At: p.depth[len(p.depth)-1]}).Place())
			}
			p.reduce(opOr)
			return true, nil
		case p.peek() == ')':
			if len(p.depth) == 0 {
				return false, p.fail(p.at, `")" without "(": %s`, p.expected())
			}
			p.close()
			continue
		}
		word, _ := p.word()
		switch word {
		case "and", "AND":
			p.join(opAnd, word)
		case "or", "OR":
			p.join(opOr, word)
		default:
			return false, p.fail(p.at, "%s%s", p.expected(), wordHint(word))
		}
		return false, nil
	}
}

func (p *parser) join(o op, word string) {
	p.reduce(o)
	p.push(pending{op: o, at: p.at})
	p.at += len(word)
}

// close ends a parenthesis, which is a term.
func (p *parser) close() {
	p.reduce(opOr)
	if o := p.pop(); o.op != opOpen {
		p.add(node{op: o.op, at: int32(o.at)}) //nolint:gosec // an offset
	}
	p.depth = p.depth[:len(p.depth)-1]
	p.at++
	p.traversal()
}

// expected says what may follow an operand.
func (p *parser) expected() string {
	if len(p.depth) > 0 {
		return `want "and", "or" or ")"`
	}
	return `want "and", "or" or the end`
}

func wordHint(word string) string {
	switch lower := strings.ToLower(word); {
	case lower != word && (lower == "and" || lower == "or"):
		return fmt.Sprintf("; it is written %q or %q", lower, strings.ToUpper(word))
	case lower == "not":
		return `; "not" follows "and" or "or"`
	}
	return ""
}

// want is the error of something that begins no operand.
func (p *parser) want() error {
	switch c := p.peek(); {
	case p.ups():
		return p.fail(p.at, `want an attribute such as %s:, "(", roots( or sinks( behind "+"`, p.lang.key)
	case c == '"':
		return p.fail(p.at, `want "%s:" before a quoted %s`, p.lang.key, p.lang.key)
	}
	return p.fail(p.at, `want %s %s, an attribute such as %s:, "not", "(", roots(, sinks( or "*", not %s`,
		article(p.lang.noun), p.lang.key, p.lang.key, p.shown(p.at))
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}
