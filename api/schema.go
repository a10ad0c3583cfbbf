package api

import (
	"path"
	"reflect"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// roomOf finds the package of a type argument, by its path.
var roomOf = regexp.MustCompile(`([\w.-]+/)*([\w.-]+)\.(\w+)`)

// schemaName names the schema of a type in the specification: after its room, where it
// is one of ours here, as each room has words of its own for what others name alike.
// Page of rewards.Season is PageRewardsSeason.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	outer, arguments, _ := strings.Cut(name, "[")
	var named strings.Builder
	named.WriteString(inRoom(t.PkgPath(), outer))
	for _, argument := range roomOf.FindAllStringSubmatch(arguments, -1) {
		named.WriteString(inRoom(strings.TrimSuffix(argument[0], "."+argument[3]), argument[3]))
	}
	return named.String()
}

// inRoom is the name of a type of a package.
func inRoom(pkg, name string) string {
	name = strings.ToUpper(name[:1]) + name[1:]
	above, room := path.Split(pkg)
	if !strings.HasSuffix(above, "/api/") || room == "wire" {
		return name
	}
	return strings.ToUpper(room[:1]) + room[1:] + name
}
