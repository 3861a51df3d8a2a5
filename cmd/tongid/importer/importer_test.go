package importer_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/cmd/tongid/importer"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
)

func clock() time.Time { return time.Date(2026, 7, 1, 20, 0, 0, 0, time.UTC) } // 2 July in China

func newStore(t *testing.T) *database.DB {
	t.Helper()
	box, err := seal.New(make([]byte, seal.MasterKeySize))
	if err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), database.Config{Path: sqlite.Memory, Box: box, Now: clock, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// job writes a file and returns its import.
func job(t *testing.T, text string) *importer.Import {
	t.Helper()
	path := filepath.Join(t.TempDir(), "firms.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &importer.Import{
		Path: path, Report: path + ".report", Now: clock, Begin: func(int64) {}, Progress: func(int) {},
	}
}

const header = "account,name,uscc,legal_type,rep_name,rep_id_type,rep_id_number,rep_id_from,rep_id_to,phone,password_hash,as_of\n"

const good = header +
	"jlshili01,吉林省示例软件有限公司,91220102MA0TE5T169,enterprise,张三,resident_id,220102199003070013,2016-03-01,2036-03-01,13800000001,$sm3$s=$EDHWH5U0Ksdv4On9AGK4QRt0Dq5vSqIsj6eHDgInIsU,2026-01-31\n" +
	`,长春市示例面馆,９２２２０１０４ma84kx2e1m,individual_business,王𬱖·买买提,,２２０２０２１９７６０２２９０１５３,2016/3/1,长期,+86 138-0000-0003,,` + "\n"

func TestEnterprises(t *testing.T) {
	for name, encode := range map[string]func(string) string{
		"UTF-8":            func(s string) string { return s },
		"UTF-8 with mark":  func(s string) string { return "\ufeff" + s },
		"CRLF":             func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"no newline last":  func(s string) string { return strings.TrimSuffix(s, "\n") },
		"columns shuffled": shuffled,
		"GB 18030": func(s string) string {
			out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
			if err != nil {
				t.Fatal(err)
			}
			return out
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newStore(t)
			for _, want := range []importer.Result{{Added: 2, Hashes: 1}, {Present: 2}} {
				i := job(t, encode(good))
				got, err := i.Enterprises(t.Context(), db)
				if err != nil || got != want {
					t.Fatalf("%+v, %v, want %+v", got, err, want)
				}
				wantReport(t, i)
			}
			wantEnterprises(t, db)
		})
	}
}

// shuffled writes the columns the other way round.
func shuffled(s string) string {
	rows, err := csv.NewReader(strings.NewReader(s)).ReadAll()
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	for _, row := range rows {
		for i := range len(row) / 2 {
			row[i], row[len(row)-1-i] = row[len(row)-1-i], row[i]
		}
		_ = w.Write(row)
	}
	w.Flush()
	return out.String()
}

func wantEnterprises(t *testing.T, db *database.DB) {
	t.Helper()
	now := clock().Truncate(time.Millisecond)
	for _, want := range []accounts.Enterprise{
		{
			Account: "jlshili01", USCC: "91220102MA0TE5T169", Name: "吉林省示例软件有限公司", LegalType: "enterprise",
			Status: accounts.StatusPendingActivation, Phone: "+8613800000001", Proofing: 2, AsOf: "2026-01-31", CreatedAt: now, UpdatedAt: now,
			Representative: accounts.Representative{Name: "张三", DocType: "resident_id", DocNumber: "220102199003070013", ValidFrom: "2016-03-01", ValidTo: "2036-03-01"},
		},
		{
			USCC: "92220104MA84KX2E1M", Name: "长春市示例面馆", LegalType: "individual_business",
			Status: accounts.StatusPendingActivation, Phone: "+8613800000003", Proofing: 2, AsOf: "2026-07-02", CreatedAt: now, UpdatedAt: now,
			Representative: accounts.Representative{Name: "王𬱖·买买提", DocType: "resident_id", DocNumber: "220202197602290153", ValidFrom: "2016-03-01"},
		},
	} {
		got, err := db.FindEnterprise(t.Context(), want.USCC)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(accounts.Enterprise{}, "ID")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if n, err := db.CountForeignHashes(t.Context()); err != nil || n != 1 {
		t.Errorf("%d foreign hashes, %v", n, err)
	}
}

// wantReport compares a report's lines.
func wantReport(t *testing.T, i *importer.Import, want ...string) {
	t.Helper()
	text, err := os.ReadFile(i.Report)
	if err != nil {
		t.Fatal(err)
	}
	want = append([]string{"\ufeffline,field,code,value"}, want...)
	if diff := cmp.Diff(strings.Join(want, "\n")+"\n", string(text)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(i.Report); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the report may be read by others: %v, %v", info.Mode(), err)
	}
}

func TestBadRows(t *testing.T) {
	const head = "name,uscc,legal_type,rep_name,rep_id_type,rep_id_number,rep_id_from,rep_id_to,phone,account,password_hash,as_of\n"
	rows := []string{
		`吉林省示例软件有限公司,91220102MA0TE5T169,enterprise,张三,,220102199003070013,,,,,,`, // 2: right
		`吉林省示例软件有限公司,91220102MA0TE5T16A,enterprise,张三,,220102199003070010,,,12345678901,,,`,
		`,,,,,,,,,,,`,
		`吉林省示例建筑有限公司,91220000MA17AB3K2C,government,赵六,driving_licence,220582200412311286,,,,,,`,
		`另一家公司,91220102MA0TE5T169,enterprise,李四,,220104198511202324,,,,,,`,
		`two,cells`,
		"\"一个\x00公司\",N2220183MF1234567A,collective,赵六,,220582200412311286,2016-02-30,x,,1short,plaintext,2099-01-01",
		`村集体经济合作社,N2220183MF1234567A,collective,赵六,,220582200412311286,2016-03-01,2016-03-01,,,,`,
		`a "bare quote,N2220183MF1234567A,collective,赵六,,220582200412311286,,,,,,`,
		`村集体经济合作社,N2220183MF1234567A,collective,赵六,,220582200412311286,2099-01-01,,,,,`,
		`=cmd|' /C calc'!A0,N2220183MF1234567A,collective,220582200412311286,,赵六,,,,=HYPERLINK(1),$2b$13$abcdefghijklmnopqrstuuunNiL9VWjhGY6M/kb1aIT3XYlRjMRqq,`,
		`村集体经济合作社,N2220183MF1234567A,collective,赵六,,220582200412311286,,,,,,`, // 13: right
	}
	db := newStore(t)
	i := job(t, head+strings.Join(rows, "\n")+"\n")
	got, err := i.Enterprises(t.Context(), db)
	if want := (importer.Result{Added: 2, Bad: 10}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	wantReport(t, i,
		"3,uscc,check,91220102MA0TE5T16A", "3,phone,prefix,123****8901", "3,rep_id_number,check,220***********0010",
		"4,uscc,missing,", "4,name,missing,", "4,legal_type,missing,", "4,rep_name,missing,", "4,rep_id_number,missing,",
		"5,legal_type,type,government", "5,rep_id_type,unknown,driving_licence",
		"6,uscc,duplicate,line 2",
		"7,,columns,2",
		"8,account,format,1short", "8,name,charset,一个 公司", "8,as_of,future,2099-01-01", "8,rep_id_from,date,2016-02-30",
		"8,rep_id_to,date,x", "8,password_hash,format,***",
		"9,rep_id_to,order,2016-03-01",
		"10,,csv,",
		"11,rep_id_from,future,2099-01-01",
		"12,account,format,'=HYPERLINK(1)", "12,name,charset,'=cmd|' /C calc'!A0", "12,password_hash,format,***",
		"12,rep_name,charset,*****************6", "12,rep_id_number,length,**",
	)
}

func TestLoginNameTaken(t *testing.T) {
	db := newStore(t)
	const columns = "account,name,uscc,legal_type,rep_name,rep_id_number\n"
	i := job(t, columns+"Firm_0001,吉林省示例软件有限公司,91220102MA0TE5T169,enterprise,张三,220102199003070013\n")
	if _, err := i.Enterprises(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	i = job(t, columns+"firm_0001,吉林省示例建筑有限公司,91220000MA17AB3K2C,enterprise,赵六,220582200412311286\n")
	got, err := i.Enterprises(t.Context(), db)
	if want := (importer.Result{Bad: 1}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	wantReport(t, i, "2,account,taken,firm_0001")
}

func TestFilesThatAreNoTables(t *testing.T) {
	db := newStore(t)
	for text, reason := range map[string]string{
		"":                                   "is empty",
		"\ufeff":                             "is empty",
		"\xff\xfen\x00a\x00":                 "is UTF-16: save it as UTF-8",
		"name;uscc\n":                        `unknown column "name;uscc"`,
		"name,uscc,legal_type,rep_name\nx\n": `no column "rep_id_number"; the columns are account, name, `,
		header + strings.Repeat("x", 70000):  "a line is longer than 64 kB",
		"name,name,uscc,legal_type,rep_name,rep_id_number,colour\n": `column "name" stands twice, unknown column "colour"`,
		"\"name\n": "has no header",
	} {
		i := job(t, text)
		_, err := i.Enterprises(t.Context(), db)
		wrong, ok := errors.AsType[*importer.FileError](err)
		if !ok || !strings.Contains(wrong.Reason, reason) || !strings.HasPrefix(err.Error(), i.Path) {
			t.Errorf("%.20q: %v, want %s", text, err, reason)
		}
		if _, err := os.Stat(i.Report); err == nil {
			t.Errorf("%.20q: there is a report", text)
		}
	}
	i := job(t, "")
	i.Path += "x"
	if _, err := i.Register(t.Context(), db); err == nil || !strings.Contains(err.Error(), "cannot be opened: no such file") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestReportOverTheTable(t *testing.T) {
	i := job(t, good)
	i.Report = i.Path
	_, err := i.Enterprises(t.Context(), newStore(t))
	if _, ok := errors.AsType[*importer.FileError](err); !ok {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(i.Path); err != nil || string(text) != good {
		t.Errorf("the table was overwritten: %v", err)
	}
}

// What is neither UTF-8 nor GB 18030 does not come in garbled.
func TestGarbledRow(t *testing.T) {
	db := newStore(t)
	i := job(t, "name,uscc,legal_type,rep_name,rep_id_number\n"+
		"\xff\xff\xff,91220102MA0TE5T169,enterprise,\xd5\xc5\xc8\xfd,220102199003070013\n"+
		"\xbc\xaa\xc1\xd6\xca\xa1\xca\xbe\xc0\xfd\xb9\xab\xcb\xbe,91220000MA17AB3K2C,enterprise,\xd5\xc5\xc8\xfd,220582200412311286\n")
	got, err := i.Enterprises(t.Context(), db)
	if want := (importer.Result{Added: 1, Bad: 1}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	wantReport(t, i, "2,name,encoding,")
	if e, err := db.FindEnterprise(t.Context(), "91220000MA17AB3K2C"); err != nil || e.Name != "吉林省示例公司" || e.Representative.Name != "张三" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestRegister(t *testing.T) {
	db := newStore(t)
	const columns = "uscc,name,type,status,rep_name,rep_id_type,rep_id_number,address,capital,founded,scope,industry,authority,approved,as_of\n"
	i := job(t, columns+
		"91220106MA54728040,吉林省测试贸易有限公司,enterprise,operating,钱一,resident_id,220104198806150023,长春市,200万元,2021-03-09,\"销售；\n出口\",批发业,市场监管局,2025-05-27,2026-01-31\n"+
		"91220106MA54728041,吉林省测试贸易有限公司,enterprise,closed,钱一,,220104198806150023,,,2099-01-01,,,,,\n")
	got, err := i.Register(t.Context(), db)
	if want := (importer.Result{Added: 1, Bad: 1}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	wantReport(t, i, "4,uscc,check,91220106MA54728041", "4,status,unknown,closed", "4,founded,future,2099-01-01")
	want := accounts.RegisterEntry{
		USCC: "91220106MA54728040", Name: "吉林省测试贸易有限公司", Type: "enterprise", Status: accounts.RegisterOperating, RepName: "钱一",
		RepDocType: "resident_id", RepDocNumber: "220104198806150023", Address: "长春市", Capital: "200万元", Founded: "2021-03-09",
		Scope: "销售；\n出口", Industry: "批发业", Authority: "市场监管局", Approved: "2025-05-27", AsOf: "2026-01-31",
	}
	entry, err := db.RegisterEntry(t.Context(), want.USCC)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *entry); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// stopper ends the import with its second batch.
type stopper struct {
	*database.DB
	calls int
	stop  context.CancelFunc
}

func (s *stopper) PutRegisterEntries(ctx context.Context, entries []accounts.RegisterEntry) error {
	if s.calls++; s.calls == 2 {
		s.stop()
	}
	return s.DB.PutRegisterEntries(ctx, entries)
}

func TestStoppedImportKeepsItsBatches(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var text strings.Builder
	text.WriteString("uscc,name,type,rep_name,rep_id_number\n")
	usccs := codes(1500)
	for _, uscc := range usccs {
		fmt.Fprintf(&text, "%s,吉林省示例公司,enterprise,张三,220102199003070013\n", uscc)
	}
	i := job(t, text.String())
	var begun int64
	read := 0
	i.Begin, i.Progress = func(n int64) { begun = n }, func(n int) { read += n }
	store := &stopper{DB: newStore(t), stop: stop}
	if _, err := i.Register(ctx, store); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if _, err := store.RegisterEntry(t.Context(), usccs[0]); err != nil {
		t.Errorf("the first batch: %v", err)
	}
	again := job(t, text.String())
	read = 0
	again.Begin, again.Progress = i.Begin, i.Progress
	got, err := again.Register(t.Context(), store.DB)
	if err != nil || got.Added != 1500 || begun != 1500 || read != 1500 {
		t.Errorf("again: %+v, %v; %d rows announced, %d read", got, err, begun, read)
	}
}

// codes makes n valid USCCs.
func codes(n int) []string {
	const symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	list := make([]string, n)
	for i := range list {
		code := fmt.Sprintf("91220102MA%07d", i)
		sum, weight := 0, 1
		for _, c := range code {
			sum += strings.IndexRune(symbols, c) * weight
			weight = weight * 3 % 31
		}
		list[i] = code + string(symbols[(31-sum%31)%31])
	}
	return list
}

// Of two rows with one login name the first comes in, wherever their codes stand.
func TestLoginNameTwiceInOneFile(t *testing.T) {
	db := newStore(t)
	i := job(t, "account,name,uscc,legal_type,rep_name,rep_id_number\n"+
		"Firm_0001,吉林省示例软件有限公司,91220102MA0TE5T169,enterprise,张三,220102199003070013\n"+
		"firm_0001,吉林省示例建筑有限公司,91220000MA17AB3K2C,enterprise,赵六,220582200412311286\n"+
		",吉林省测试贸易有限公司,91220106MA54728040,enterprise,钱一,220104198806150023\n"+
		",长春市示例面馆,92220104MA84KX2E1M,individual_business,王五,220202197602290153\n")
	got, err := i.Enterprises(t.Context(), db)
	if want := (importer.Result{Added: 3, Bad: 1}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	wantReport(t, i, "3,account,duplicate,line 2")
	if e, err := db.FindEnterprise(t.Context(), "firm_0001"); err != nil || e.USCC != "91220102MA0TE5T169" {
		t.Errorf("the login name is %v's, %v", e, err)
	}
}
