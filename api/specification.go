package api

import (
	"bytes"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/wire"
)

//go:generate go test . -count=1 -run ^TestCheckedDocument$ -update

// Version is the version of the API, in its paths.
const Version = "1"

const description = `What each GPU earned and why; what the rewards team and finance do.

**Tokens.** Send an OIDC access token: ` + "`Authorization: Bearer …`" + `. Who you are, your roles and your supplier come from the token alone.
**Repeating.** Every call that changes something takes an ` + "`Idempotency-Key`" + `. The same call with the same key is answered again, byte by byte, and done once.
**Problems** are ` + "`application/problem+json`" + ` with a stable ` + "`type`" + `. What is not there and what is not yours are answered alike.
**Amounts** are strings of base units beside their decimals. **Times** are UTC. **Lists** go on at ` + "`next_cursor`" + `; tables also come as ` + "`text/csv`" + `, with the cursor in ` + "`Next-Cursor`" + `.`

// specification is what the OpenAPI document says beside the operations. The library's
// own pages are off, as they load from elsewhere.
func specification() huma.Config {
	config := huma.DefaultConfig("Uptally", Version)
	config.Info.Description = description
	config.Info.License = &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Servers = []*huma.Server{{URL: "/", Description: "This server."}}
	config.Tags = []*huma.Tag{
		{Name: "Supplier", Description: "What a supplier may see and do: their own."},
		{Name: "Rewards", Description: "What the rewards team does."},
		{Name: "Finance", Description: "What finance does."},
		{Name: "Operator", Description: "Watching over the API itself."},
		{Name: "Public", Description: "What everybody may see."},
	}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		wire.Scheme: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An OIDC access token for this API."},
	}
	config.DocsPath, config.SchemasPath = "", ""
	config.CreateHooks = nil
	config.Formats = wire.Formats()
	config.NoFormatFallback = true
	config.RejectUnknownQueryParameters = true
	return config
}

func indented(document *huma.OpenAPI) ([]byte, error) {
	text, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
