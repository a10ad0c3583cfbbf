// Package lint holds an OpenAPI document against the recommended rules of Redocly's
// linter, @redocly/openapi-core of npm, which redocly.yaml chooses.
//
// What it needs is installed by install.sh, which `make setup-test` runs. It is for
// tests only, and must not be imported by the program.
package lint

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Run lints a document, and returns what was found, a finding a line: severity, rule,
// place, message. It fails if the linter is not installed: `make setup-test`.
func Run(document []byte) (found []string, err error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return nil, errors.New("lint: the folder of the linter is not known")
	}
	command := exec.Command("node", "lint.cjs")
	command.Dir = filepath.Dir(file)
	command.Stdin = bytes.NewReader(document)
	var output, trouble bytes.Buffer
	command.Stdout, command.Stderr = &output, &trouble
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("lint: %w (`make setup-test` installs it): %s", err, trouble.Bytes())
	}
	if text := strings.TrimSpace(output.String()); text != "" {
		found = strings.Split(text, "\n")
	}
	return found, nil
}
