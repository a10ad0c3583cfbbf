package wire

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/limit"
)

// Nowhere answers requests that no operation is for with the problem. They are charged
// to their address and stand in the audit log: whoever feels for what may be there is
// seen.
func (s *Service) Nowhere(problem *Problem) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		v := &visit{
			door: s.newDoor(huma.Operation{}, admission{public: true, acts: !reads}), r: r, w: w, answer: newRecorder(),
			address: limit.Address(r, s.Proxies), begun: s.Now(),
		}
		defer v.answer.recycle()
		answer := problem
		if limited := v.charge(limit.Network(v.address)); limited != nil {
			answer = limited
		}
		v.refuse(answer)
		v.record(r.Context())
		v.send()
	}
}
