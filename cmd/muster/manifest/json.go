package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// nodeOf is v, which JSON can write, as a node; the order of fields is that of its JSON.
func nodeOf(v any) (*node, error) {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return parseJSON(data.Bytes())
}

// parseJSON reads JSON with its places.
func parseJSON(data []byte) (*node, error) {
	r := &jsonReader{Decoder: json.NewDecoder(bytes.NewReader(data)), data: data}
	r.UseNumber()
	return r.value()
}

type jsonReader struct {
	*json.Decoder
	data []byte
}

func (r *jsonReader) line() int { return 1 + bytes.Count(r.data[:r.InputOffset()], []byte("\n")) }

func (r *jsonReader) value() (*node, error) {
	token, err := r.Token()
	if err != nil {
		return nil, err
	}
	out := &node{line: r.line()}
	switch token := token.(type) {
	case string:
		out.kind, out.text = text, token
	case json.Number:
		out.kind, out.text = number, token.String()
	case bool:
		out.kind, out.text = boolean, strconv.FormatBool(token)
	case nil:
		out.kind = nothing
	case json.Delim:
		if token == '{' {
			return out, r.object(out)
		}
		return out, r.list(out)
	}
	return out, nil
}

func (r *jsonReader) object(out *node) error {
	out.kind = mapping
	for r.More() {
		token, err := r.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return io.ErrUnexpectedEOF
		}
		f := field{name: name, line: r.line()}
		if out.field(name) != nil {
			return &Error{Line: f.line, Problem: fmt.Sprintf("%s stands there twice; put both into one", name)}
		}
		if f.value, err = r.value(); err != nil {
			return err
		}
		out.fields = append(out.fields, f)
	}
	_, err := r.Token()
	return err
}

func (r *jsonReader) list(out *node) error {
	out.kind = list
	for r.More() {
		item, err := r.value()
		if err != nil {
			return err
		}
		out.items = append(out.items, item)
	}
	_, err := r.Token()
	return err
}
