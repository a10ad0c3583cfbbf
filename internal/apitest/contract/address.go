package contract

import (
	"net/url"
	"strings"
)

// Address is the operation's path with the values of its parameters, and those of the
// query that are required. A value that is missing stays empty.
func (o *Operation) Address(value func(name string) string) string {
	path, query := o.Path, url.Values{}
	for _, p := range o.Parameters {
		switch {
		case p.In == "path":
			path = strings.Replace(path, "{"+p.Name+"}", url.PathEscape(value(p.Name)), 1)
		case p.In == "query" && p.Required:
			query.Set(p.Name, value(p.Name))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// Takes says whether the operation has a parameter of one of the names in its path.
func (o *Operation) Takes(names ...string) bool {
	for _, name := range names {
		if strings.Contains(o.Path, "{"+name+"}") {
			return true
		}
	}
	return false
}
