// Package api is the network's way in: what suppliers, the rewards team, finance,
// operators and everybody else may ask over HTTP.
//
//	      persons   who is one human          supplier  wallets  appeal  webhooks  public
//	auth ──┤                                     ▲        what each kind of caller may do
//	whose  wire     one door for all of them ────┼──► rewards   finance   operator
//	token  limit, replay, audit, metrics         │
//	is it                                       task, webhook   what is worked later, by jobs
//
// The rooms do; the root wires: New registers every operation of every room behind one
// door, meanings says what each error of the domain is over HTTP, and openapi.json is
// what the server says of itself, kept so that a change of it is seen. The page at
// DocsPath shows it, and loads nothing from elsewhere.
//
// The readings that it takes:
//   - What goes in by HTTP goes through the same functions as on the command line, with
//     the same rules of two persons; what needs a key that signs payments stays on the
//     command line.
//   - The development issuer's tokens are believed on the embedded database alone, on
//     loopback, and only while no other issuers are named.
//   - Suppliers may not know more of another's than that a thing is not theirs: and not
//     even that, as it is answered like what is not there.
//   - Operators watch; they do not decide on credit or money, but may freeze a wallet.
package api
