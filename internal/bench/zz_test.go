package main
import ("testing";"context";"fmt";"time";"os";"slices"
"github.com/jackc/pgx/v5"
"github.com/jackc/pgx/v5/pgtype"
"github.com/uptally/uptally/uptime")
func TestZZ(t *testing.T){
 ctx:=context.Background()
 b,err:=start(ctx, options{devices:600000,days:30,data:"/var/tmp/ub"}, os.Stderr); if err!=nil{t.Fatal(err)}
 defer b.stop()
 d,err:=b.dataset(ctx,600000,30); if err!=nil{t.Fatal(err)}
 d.clearMonth(ctx,mergeDay)
 n:=586
 sh:=make([]int32,n); up:=make([]pgtype.Bits,n); hs:=make([]time.Time,n); starts:=mergeDay
 var m []time.Duration
 for i:=0;i<48;i++{
  var c uptime.Chunk
  for l:=range 1024 { c.Set(i%12,l) }
  for s:=range n { by,_:=c.AppendBinary(nil); sh[s]=int32(s); up[s]=pgtype.Bits{Bytes:by,Len:12288,Valid:true}; hs[s]=starts.Add(time.Duration(i/12)*time.Hour)}
  tx,_:=d.app.Begin(ctx)
  t2:=time.Now()
  _,err:=tx.Exec(ctx, `
		INSERT INTO uptime_chunk AS chunk (shard, hour, up)
		SELECT shard, hour, up::bit(12288)
		FROM unnest($1::int[], $2::timestamptz[], $3::varbit[]) AS merged (shard, hour, up)
		ORDER BY hour, shard
		ON CONFLICT (shard, hour) DO UPDATE SET up = chunk.up | excluded.up
		WHERE chunk.up | excluded.up <> chunk.up`, sh, hs, up)
  if err!=nil{t.Fatal(err)}
  t3:=time.Now()
  tx.Commit(ctx)
  if i%12==0 {fmt.Println("insert",t3.Sub(t2),"commit",time.Since(t3))} else {m=append(m,t3.Sub(t2))}
 }
 slices.Sort(m); fmt.Println(m[0],m[5],m[len(m)/2],m[len(m)-1])
 m=nil
 for i:=0;i<30;i++{ t2:=time.Now(); var s int
  d.app.QueryRow(ctx,`select count(*) from (select shard, hour, up::bit(12288)
		FROM unnest($1::int[], $2::timestamptz[], $3::varbit[]) AS merged (shard, hour, up) order by hour, shard) x`,sh,hs,up).Scan(&s); m=append(m,time.Since(t2)) }
 slices.Sort(m); fmt.Println("transfer only",m[0],m[5],m[len(m)/2],m[len(m)-1])
 _=pgx.ErrNoRows
}
