// Package main runs our own linters: go run ./internal/lint -test=false ./...
//
// What they look for, and why, their packages say:
//
//	constsql    SQL is constant text, in files named store.go
package main

import (
	"golang.org/x/tools/go/analysis/singlechecker"

	"github.com/uptally/uptally/internal/lint/constsql"
)

func main() { singlechecker.Main(constsql.New(constsql.Exceptions)) }
