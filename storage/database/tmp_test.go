package database_test
import ("testing";"fmt")
func BenchmarkTmp(b *testing.B) {
	db := crowd(b, 1000000)
	for _, q := range db.HotQueries() {
		var args string
		switch q.Op {
		case "check grant of an agent": args = `decode(md5('gm500'),'hex'), '2026-11-27'`
		case "open mandate": args = `'e500','p500'`
		case "agents of an enterprise": args = `'big', 60, 'big60', 51`
		case "find person": args = `decode(md5('t500'),'hex'),'','','','','',''`
		default: continue
		}
		name := "x"+fmt.Sprint(len(q.Text))
		fmt.Println("=====", q.Op)
		if err := db.Raw("DISCARD ALL", none); err != nil { b.Fatal(err) }
		d := prepared2(db, name, q.Text, args)
		for _, l := range d { fmt.Println(l) }
	}
}
func prepared2(db interface{ Raw(string, func(func(...any) error) error, ...any) error }, name, query, args string) (out []string) {
	s := query
	_ = name
	// inline args
	list := splitArgs(args)
	for i := len(list); i >= 1; i-- { s = replaceAll(s, fmt.Sprintf("$%d", i), list[i-1]) }
	err := db.Raw("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) "+s, func(scan func(...any) error) error { var l string; if err := scan(&l); err != nil { return err }; out = append(out, l); return nil })
	if err != nil { out = append(out, err.Error()) }
	return
}
func splitArgs(a string) (out []string) { d := 0; cur := ""; for _, c := range a { switch { case c=='(' : d++; case c==')': d--; case c==',' && d==0: out = append(out, cur); cur=""; continue }; cur += string(c) }; return append(out, cur) }
func replaceAll(s, a, b string) string { o := ""; for { i := idx(s,a); if i<0 { return o+s }; o += s[:i]+b; s = s[i+len(a):] } }
func idx(s, a string) int { for i := 0; i+len(a) <= len(s); i++ { if s[i:i+len(a)]==a { return i } }; return -1 }
