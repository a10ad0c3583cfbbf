package webhooks

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/webhook"
)

// told is what the specification says of each kind of message.
var told = []struct {
	kind    webhook.Kind
	summary string
	data    reflect.Type
}{
	{webhook.SeasonSealed, "A revision of a season was sealed", reflect.TypeFor[webhook.SeasonSealedData]()},
	{webhook.PayoutPaid, "A payout of yours was paid", reflect.TypeFor[webhook.PayoutPaidData]()},
	{webhook.DeviceFlagged, "A device of yours was found to be spoofed", reflect.TypeFor[webhook.DeviceFlaggedData]()},
	{webhook.WalletChanged, "Where you are paid changed", reflect.TypeFor[webhook.WalletChangedData]()},
	{webhook.AppealAnswered, "An appeal of yours was answered", reflect.TypeFor[webhook.AppealAnsweredData]()},
	{webhook.Test, "You asked for a test", reflect.TypeFor[webhook.TestData]()},
}

// describe adds the messages to the specification.
func describe(api huma.API) {
	spec := api.OpenAPI()
	if spec.Webhooks == nil {
		spec.Webhooks = map[string]*huma.PathItem{}
	}
	for _, m := range told {
		data := spec.Components.Schemas.Schema(m.data, true, "")
		body := &huma.Schema{
			Type: huma.TypeObject, Required: []string{"type", "timestamp", "data"}, AdditionalProperties: false,
			Properties: map[string]*huma.Schema{
				"type":      {Type: huma.TypeString, Enum: []any{string(m.kind)}},
				"timestamp": {Type: huma.TypeString, Format: "date-time", Description: "When it happened."},
				"data":      data,
			},
		}
		spec.Webhooks[string(m.kind)] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "receive-" + string(m.kind), Method: http.MethodPost, Summary: m.summary, Tags: []string{"Supplier"},
			Description: "Posted to your webhook. Check webhook-signature before you believe it, and know a message again by webhook-id.",
			Security:    []map[string][]string{{}},
			Parameters:  []*huma.Param{header("webhook-id", "The message: the same in every try."), header("webhook-timestamp", "When it was sent, Unix seconds."), header("webhook-signature", "v1, and the base64 of HMAC-SHA256 over id.timestamp.body; two while a secret is rotated, with a space between.")},
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: body}}},
			Responses:   map[string]*huma.Response{"2XX": {Description: "Taken. Anything else is tried again for a day."}},
		}}
	}
}

func header(name, description string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Required: true, Description: description, Schema: &huma.Schema{Type: huma.TypeString}}
}
