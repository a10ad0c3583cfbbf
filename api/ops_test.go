package api_test
import ("testing";"fmt";"github.com/uptally/uptally/internal/apitest";"github.com/uptally/uptally/internal/pgtest";"os")
func TestMain(m *testing.M) { pgtest.Main(m) }
func TestDump(t *testing.T){ s:=apitest.New(t); for _,o:=range s.API.Operations(){fmt.Println(o.Method,o.Path,o.OperationID,o.Roles,o.Public)}; b,_:=s.API.Specification(); os.WriteFile("/tmp/spec.json",b,0644)}
