package main
import ("testing";"context";"fmt";"os";"runtime/pprof";"time"
"github.com/jackc/pgx/v5"
"github.com/uptally/uptally/snapshot"
"golang.org/x/sync/errgroup"
"syscall"
)
func cpu() time.Duration { var u syscall.Rusage; syscall.Getrusage(0,&u); return time.Duration(u.Utime.Nano()+u.Stime.Nano()) }
func TestZZ(t *testing.T){
 ctx:=context.Background()
 b,err:=start(ctx, options{devices:100000,days:30,data:"/var/tmp/ub"}, os.Stderr); if err!=nil{t.Fatal(err)}
 defer b.stop()
 d,err:=b.dataset(ctx,100000,30); if err!=nil{t.Fatal(err)}
 d.scan(ctx)
 f,_:=os.Create("/tmp/score.prof"); pprof.StartCPUProfile(f)
 for range 4 {
 c0:=cpu(); t0:=time.Now()
 took,err:=d.score(seasonCode)(ctx); if err!=nil{t.Fatal(err)}
 fmt.Println("score",took,time.Since(t0),"cpu",cpu()-c0)
 t0=time.Now(); d.scan(ctx); fmt.Println("scan", time.Since(t0))
 }
 pprof.StopCPUProfile(); f.Close()
 _=pgx.ErrNoRows; _=snapshot.Draft; _=errgroup.Group{}
}
