package shop

import _ "embed"

//go:embed file.sql
var file string
