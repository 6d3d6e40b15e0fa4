package syntax
import ("testing";"strings";"fmt";"syscall")
func cpu() float64 { var r syscall.Rusage; syscall.Getrusage(0,&r); return float64(r.Utime.Sec)+float64(r.Utime.Usec)/1e6 }
func TestY(t *testing.T){
 for _, n := range []int{20000,40000,80000} {
 src := []byte("x: [" + strings.Repeat(`{a: "`+strings.Repeat("z",30)+`"},`, n)+"]")
 t0:=cpu(); _,err:=ParseYAML("y",src); fmt.Println("flow",len(src), err, cpu()-t0)
 src = []byte("x:\n" + strings.Repeat("- a: |\n    b\n    c\n# c\n", n))
 t0=cpu(); _,err=ParseYAML("y",src); fmt.Println("block",len(src), err, cpu()-t0)
 src = []byte("x: " + strings.Repeat("a\n   b ", n*3))
 t0=cpu(); _,err=ParseYAML("y",src); fmt.Println("plain",len(src), err, cpu()-t0)
 src = []byte("x: 1\n" + strings.Repeat("# cccc\n", n*3))
 t0=cpu(); _,err=ParseYAML("y",src); fmt.Println("comments",len(src), err, cpu()-t0)
 src = []byte(strings.Repeat("---\na: b\n", n*3))
 t0=cpu(); f,err:=ParseYAML("y",src); fmt.Println("docs",len(src), err, cpu()-t0)
 if n==20000 {t0=cpu(); last:=f.Roots[len(f.Roots)-1]; f.SetMember(last,"c",NewString("d"),""); fmt.Println(" edit", cpu()-t0)}
 src = []byte("x:\n" + strings.Repeat(" - - - - - - - - - - - - - - - - b\n", n))
 t0=cpu(); _,err=ParseYAML("y",src); fmt.Println("dashes",len(src), err, cpu()-t0)
 src = []byte("{\"a\":[" + strings.Repeat(`{"a":"b"},`, n)+"1]}")
 t0=cpu(); f,err=ParseJSON("y",src); fmt.Println("json",len(src), err, cpu()-t0)
 if err==nil {t0=cpu(); f.InsertItem(f.Root().Get("a"), n/2, NewString("d")); fmt.Println(" edit", cpu()-t0)}
 }
}
