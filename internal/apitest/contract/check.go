package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// ErrAnswer says that an answer is not one that the document describes.
var ErrAnswer = errors.New("contract: not as the document describes it")

const typeJSON = "application/json"

// Check holds an answer against the document: its status, its type and its body.
func (o *Operation) Check(status int, header http.Header, body []byte) error {
	response, known := o.responses[strconv.Itoa(status)]
	if !known {
		return fmt.Errorf("%w: %s answers with status %d: %.300s", ErrAnswer, o.ID, status, body)
	}
	contents := object(object(response)["content"])
	if len(contents) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("%w: %s, status %d, has a body: %.300s", ErrAnswer, o.ID, status, body)
		}
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("%w: %s, status %d, type %q", ErrAnswer, o.ID, status, header.Get("Content-Type"))
	}
	if contents[mediaType] == nil {
		if contents["application/octet-stream"] != nil {
			return nil // a file, of a type of its own
		}
		return fmt.Errorf("%w: %s, status %d, is %s", ErrAnswer, o.ID, status, mediaType)
	}
	if mediaType != typeJSON && mediaType != "application/problem+json" {
		return nil
	}
	pointer := o.pointer + "/responses/" + strconv.Itoa(status) + "/content/" + escape(mediaType) + "/schema"
	if err := o.document.fits(pointer, body); err != nil {
		return fmt.Errorf("%w: %s, status %d: %w: %.500s", ErrAnswer, o.ID, status, err, body)
	}
	return nil
}

// Fits says why a text is not one that the operation takes as the body; nil if it is.
func (o *Operation) Fits(as *Body, body []byte) error {
	if as.Type != typeJSON {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	schema, err := o.document.compile(as.pointer)
	if err != nil {
		return err
	}
	return schema.Validate(o.document.asRead(as.Schema, value))
}

// FitsParameter says why a text is not one that the parameter takes; nil if it is.
func (o *Operation) FitsParameter(p Parameter, text string) error {
	schema, err := o.document.compile(p.pointer)
	if err != nil {
		return err
	}
	return schema.Validate(typed(o.document.resolve(p.Schema), text)) // as it is read
}

// typed is what a text in a URL stands for, as its schema takes it.
func typed(s Schema, text string) any {
	switch s["type"] {
	case "integer", "number":
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			return json.Number(text)
		}
	case "boolean":
		if yes, err := strconv.ParseBool(text); err == nil {
			return yes
		}
	}
	if id, err := uuid.Parse(text); err == nil && s["format"] == "uuid" {
		return id.String()
	}
	return text
}

// asRead is a body as it is read: a member that is not required and null is one that is
// not there, and an id may be written in every form of RFC 9562.
func (d *Document) asRead(s Schema, value any) any {
	s = d.resolve(s)
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if member == nil && !slices.Contains(list(s["required"]), any(name)) {
				delete(value, name)
				continue
			}
			value[name] = d.asRead(object(object(s["properties"])[name]), member)
		}
	case []any:
		for i := range value {
			value[i] = d.asRead(object(s["items"]), value[i])
		}
	case string:
		if s["format"] == "uuid" {
			return typed(s, value)
		}
	}
	return value
}

func (d *Document) fits(pointer string, body []byte) error {
	schema, err := d.compile(pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

func (d *Document) compile(pointer string) (*jsonschema.Schema, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if known := d.compiled[pointer]; known != nil {
		return known, nil
	}
	schema, err := d.compiler.Compile(place + pointer)
	if err != nil {
		return nil, fmt.Errorf("the schema %s: %w", pointer, err)
	}
	d.compiled[pointer] = schema
	return schema, nil
}
