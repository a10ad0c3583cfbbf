package rewards

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/auth"
)

// Who may call what. Each operation names one of them.
var (
	// team decides on seasons.
	team = []auth.Role{auth.Rewards}
	// payers are the team and those who pay what it comes to.
	payers = []auth.Role{auth.Rewards, auth.Finance}
	// house are all who keep a season going; nothing of a supplier is in what they read.
	house = []auth.Role{auth.Rewards, auth.Finance, auth.Operator}
)

// reading describes an operation that looks.
func reading(path, id, summary, description string) huma.Operation {
	return operation(http.MethodGet, http.StatusOK, path, id, summary, description)
}

// acting describes an operation that changes something: 200, if nothing is made by it.
func acting(path, id, summary, description string) huma.Operation {
	return operation(http.MethodPost, http.StatusOK, path, id, summary, description)
}

// making describes an operation that records something new, at an address of its own.
func making(path, id, summary, description string) huma.Operation {
	return operation(http.MethodPost, http.StatusCreated, path, id, summary, description)
}

// asking describes an operation that jobs carry out afterwards.
func asking(path, id, summary, description string) huma.Operation {
	return operation(http.MethodPost, http.StatusAccepted, path, id, summary, description)
}

func operation(method string, status int, path, id, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: prefix + path, DefaultStatus: status, Tags: []string{"Rewards"},
		Summary: summary, Description: description, Errors: []int{http.StatusNotFound, http.StatusConflict},
	}
}

const prefix = "/v1/rewards"
