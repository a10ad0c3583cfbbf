package submit_test

import (
	"os"
	"testing"

	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(processEnv); text != "" {
		if err := process(text); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	pgtest.Main(m)
}
