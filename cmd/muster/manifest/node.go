package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// node is a value of a file with its place: what YAML and JSON have in common.
type node struct {
	line   int
	kind   kind
	text   string // of a text, or of a number or truth value as JSON writes it
	fields []field
	items  []*node
	flow   bool // written in one line, if it is a list of short texts
}

type field struct {
	name  string
	line  int
	value *node
}

type kind string

const (
	mapping kind = "fields with values"
	list    kind = "a list"
	text    kind = "a text"
	number  kind = "a number"
	boolean kind = "true or false"
	nothing kind = "nothing"
)

// parse reads YAML. JSON is YAML, but for the tabs that it may be indented with.
func parse(data []byte) (*node, error) {
	if json.Valid(data) {
		return parseJSON(data)
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			return nil, &Error{Line: at.GetToken().Position.Line, Problem: "this is no YAML: " + at.GetMessage()}
		}
		return nil, &Error{Problem: "this is no YAML: " + err.Error()}
	}
	var read *node
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if read != nil {
			return nil, &Error{Line: lineOf(doc.Body), Problem: "a second document begins; write one only, without ---"}
		}
		if read, err = convert(doc.Body); err != nil {
			return nil, err
		}
	}
	if read == nil {
		read = &node{kind: mapping}
	}
	return read, nil
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// convert turns a parsed value into a node.
func convert(n ast.Node) (*node, error) {
	out := &node{line: lineOf(n)}
	switch n := n.(type) {
	case *ast.MappingNode:
		return out.addFields(n.Values)
	case *ast.MappingValueNode:
		return out.addFields([]*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		out.kind = list
		for _, value := range n.Values {
			item, err := convert(value)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, item)
		}
	case *ast.StringNode:
		out.kind, out.text = text, n.Value
	case *ast.LiteralNode:
		out.kind, out.text = text, n.Value.Value
	case *ast.IntegerNode:
		out.kind, out.text = number, fmt.Sprint(n.Value)
	case *ast.FloatNode:
		out.kind, out.text = number, strconv.FormatFloat(n.Value, 'g', -1, 64)
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			return nil, &Error{Line: out.line, Problem: n.Token.Value + " is no number that can be used"}
		}
	case *ast.BoolNode:
		out.kind, out.text = boolean, strconv.FormatBool(n.Value)
	case *ast.NullNode:
		out.kind = nothing
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return nil, &Error{Line: out.line, Problem: "anchors (&), aliases (*) and merges (<<) are not understood; write the value out, or put it in quotes if it is a text"}
	default:
		return nil, &Error{Line: out.line, Problem: fmt.Sprintf("%s is not understood here; put it in quotes if it is a text", n.Type())}
	}
	return out, nil
}

func (n *node) addFields(values []*ast.MappingValueNode) (*node, error) {
	n.kind = mapping
	for _, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			return nil, &Error{Line: lineOf(v.Key), Problem: "merges (<<) are not understood; write the values out"}
		}
		f := field{name: v.Key.GetToken().Value, line: lineOf(v.Key)}
		if n.field(f.name) != nil {
			return nil, &Error{Line: f.line, Problem: fmt.Sprintf("%s stands there twice; put both into one", f.name)}
		}
		var err error
		if f.value, err = convert(v.Value); err != nil {
			return nil, err
		}
		n.fields = append(n.fields, f)
	}
	if len(n.fields) > 0 {
		n.line = n.fields[0].line
	}
	return n, nil
}

// field is the value of a field; nil if there is none.
func (n *node) field(name string) *node {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// lineOf is the line of a field; the node's own if it has no such field.
func (n *node) lineOf(name string) int {
	if n == nil {
		return 0
	}
	for _, f := range n.fields {
		if f.name == name {
			return f.line
		}
	}
	return n.line
}

// JSON is the value as JSON.
func (n *node) JSON() []byte {
	var out bytes.Buffer
	n.writeJSON(&out)
	return out.Bytes()
}

func (n *node) writeJSON(out *bytes.Buffer) {
	switch n.kind {
	case mapping:
		for i, f := range n.fields {
			out.WriteString(comma(i, "{") + quotedJSON(f.name) + ":")
			f.value.writeJSON(out)
		}
		out.WriteString(closing(len(n.fields), "{", "}"))
	case list:
		for i, item := range n.items {
			out.WriteString(comma(i, "["))
			item.writeJSON(out)
		}
		out.WriteString(closing(len(n.items), "[", "]"))
	case text:
		out.WriteString(quotedJSON(n.text))
	case nothing:
		out.WriteString("null")
	default:
		out.WriteString(n.text)
	}
}

func comma(i int, open string) string {
	if i == 0 {
		return open
	}
	return ","
}

func closing(n int, open, end string) string {
	if n == 0 {
		return open + end
	}
	return end
}

func quotedJSON(s string) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always encodes
	return string(bytes.TrimRight(out.Bytes(), "\n"))
}
