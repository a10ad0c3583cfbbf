// Package contract reads an OpenAPI 3.1 document as tests need it: to call every
// operation that it names, with inputs that its schemas allow or forbid, and to hold
// every answer against it.
//
//	document ─► Operations ─► Draw: a path, a query, a body   ─► request
//	         └► Check: status, type, schema                   ◄─ answer
//	         └► Fits: whether a body is one that the document allows
//
// Its readings:
//   - Inputs are drawn from a seed: the same seed draws the same calls.
//   - A value is drawn from what is known of its name, where a test says so, from the
//     edges of its schema, from what the schema forbids, or from texts that are known
//     to upset servers.
//   - A request is read as liberally as the library reads it: an optional member that is
//     null, or a parameter that is empty, is one that is not there; truth is what
//     strconv.ParseBool takes; an id may have every form of RFC 9562.
//   - An answer must have a status that the operation documents, a type that is
//     documented for it, and a body that the schema of both allows.
//
// It is for tests only, and must not be imported by the program.
package contract
