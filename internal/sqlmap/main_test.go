//go:build sqlmap

package sqlmap

import (
	"testing"

	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
