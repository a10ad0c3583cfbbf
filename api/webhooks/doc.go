// Package webhooks lets suppliers have webhooks: the operations on what package webhook
// is about.
//
// An answer to a change never holds a secret, as answers are kept for repetition: a
// secret is read by itself, for an hour after it was made, with a token that may write.
// Without a key the server has no secrets: then the operations that need one are
// refused, and the others go on.
package webhooks
