package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// sayNull lets the specification say where an object may be null: in members that are
// pointers to structs, and stand there even if they point to nothing. The library says
// so of plain values only.
func sayNull(document *huma.OpenAPI) {
	schemas := document.Components.Schemas
	for name, schema := range schemas.Map() {
		if of := schemas.TypeFromRef("#/components/schemas/" + name); of != nil {
			sayNullIn(schema, of)
		}
	}
}

func sayNullIn(schema *huma.Schema, of reflect.Type) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return
	}
	for _, field := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		member := schema.Properties[name]
		pointer := field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.Struct
		if member == nil || member.Ref == "" || !pointer || strings.Contains(options, "omit") {
			continue
		}
		described := member.Description
		member.Description = ""
		schema.Properties[name] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: member.Ref}, {Type: "null"}}, Description: described}
	}
}
