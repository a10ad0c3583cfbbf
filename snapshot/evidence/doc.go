// Package evidence
package evidence
