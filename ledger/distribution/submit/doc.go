// Package submit pays.
package submit
