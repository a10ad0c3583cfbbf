package api

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// swaggerUI holds swagger-ui-dist 5.35.0 as its npm package has it (swagger-ui-bundle.js,
// swagger-ui.css, and their licences), and a page of our own that starts it.
//
//go:embed swagger-ui
var swaggerUI embed.FS

// docsPolicy lets the page load what is beside it, and nothing from elsewhere. The
// library sets styles on elements.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// DocsPath is where the specification is shown to people.
const DocsPath = "/docs"

// mountDocs serves the page that shows the specification; nowhere answers for what is
// not there.
func mountDocs(router chi.Router, nowhere http.HandlerFunc) {
	files, err := fs.Sub(swaggerUI, "swagger-ui")
	if err != nil {
		panic(err) // the folder is embedded
	}
	serve := http.StripPrefix(DocsPath+"/", http.FileServerFS(files))
	router.Get(DocsPath, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, DocsPath+"/", http.StatusMovedPermanently)
	})
	router.Get(DocsPath+"/*", func(w http.ResponseWriter, r *http.Request) {
		if name := chi.URLParam(r, "*"); name != "" && !isFile(files, name) {
			nowhere(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", docsPolicy)
		w.Header().Set("Cache-Control", "public, max-age=3600")
		r.Header.Del("Range") // what is small is sent whole, and no range of it is wrong
		serve.ServeHTTP(w, r)
	})
}

// isFile says whether there is a file of that very name.
func isFile(files fs.FS, name string) bool {
	about, err := fs.Stat(files, name)
	return err == nil && about.Mode().IsRegular()
}
