package config

import (
	"crypto/x509"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/knadh/koanf/v2"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/aliyunrpc"
	"github.com/tongid/tongid/accounts/gateway/face"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/register"
)

// The sections of the file that hold the systems outside. They have no flags and
// no variables: their secrets may each stand in a file.
const (
	smsKey      = "sms"
	faceKey     = "face"
	registerKey = "register"
)

// Kinds of outside system.
const (
	kindAliyun = "aliyun"
	kindHTTP   = "http"
	kindTable  = "table"
)

// SMS is one provider of short messages, of one kind.
type SMS struct {
	Aliyun *message.AliyunConfig
	HTTP   *message.HTTPConfig
}

// Name is how receipts and metrics call it.
func (s SMS) Name() string {
	if s.Aliyun != nil {
		return s.Aliyun.Name
	}
	return s.HTTP.Name
}

// Face is the provider of face checks, of one kind; none if it is empty.
type Face struct {
	Aliyun *face.AliyunConfig
	HTTP   *face.HTTPConfig
}

// Given reports whether there is one.
func (f Face) Given() bool { return f.Aliyun != nil || f.HTTP != nil }

// Where the products are reached unless the file says otherwise.
const (
	aliyunSMSEndpoint  = "https://dysmsapi.aliyuncs.com"
	aliyunFaceEndpoint = "https://cloudauth.cn-shanghai.aliyuncs.com"
)

// outside reads the systems outside.
func (l *loader) outside(path string, k *koanf.Koanf) {
	l.sms(path, k.Get(smsKey))
	l.face(path, k.Get(faceKey))
	l.register(path, k.Get(registerKey))
}

func (l *loader) sms(path string, v any) {
	list, ok := v.([]any)
	if !ok && v != nil {
		l.fault("%s: %s: want a list of providers, each beginning with a dash", path, smsKey)
	}
	for i, item := range list {
		s := l.section(path, smsKey+"["+strconv.Itoa(i)+"]", item)
		switch s.kind(kindAliyun, kindHTTP) {
		case kindAliyun:
			c := s.aliyunSMS(l)
			s.invalid(c.Validate())
			l.config.SMS = append(l.config.SMS, SMS{Aliyun: c})
		case kindHTTP:
			c := s.httpSMS()
			s.invalid(c.Validate())
			l.config.SMS = append(l.config.SMS, SMS{HTTP: c})
		default:
			continue // what else stands there has no meaning
		}
		s.end()
	}
}

func (l *loader) face(path string, v any) {
	if v == nil {
		return
	}
	s := l.section(path, faceKey, v)
	switch s.kind(kindAliyun, kindHTTP) {
	case kindAliyun:
		c := &face.AliyunConfig{Config: s.aliyun("aliyun", aliyunFaceEndpoint), SceneID: s.number("scene_id"), Model: s.text("model")}
		if c.Model == "" {
			c.Model = "LIVENESS"
		}
		s.invalid(c.Validate())
		l.config.Face.Aliyun = c
	case kindHTTP:
		c := &face.HTTPConfig{JSONConfig: s.json("face")}
		for _, t := range s.texts("doc_types") {
			c.DocTypes = append(c.DocTypes, accounts.DocType(t))
		}
		s.invalid(c.Validate())
		l.config.Face.HTTP = c
	default:
		return
	}
	s.end()
}

func (l *loader) register(path string, v any) {
	if v == nil {
		return
	}
	s := l.section(path, registerKey, v)
	switch s.kind(kindTable, kindHTTP) {
	case kindTable:
		l.localRegister = true
	case kindHTTP:
		c := &register.HTTPConfig{JSONConfig: s.json("register")}
		s.invalid(c.Validate())
		l.config.Register = c
	default:
		return
	}
	s.end()
}

// checkOutside holds the systems outside against each other and against what
// plays them.
func (l *loader) checkOutside() {
	c := l.config
	names := map[string]bool{}
	for _, name := range c.outsideNames() {
		if names[name] {
			l.fault("name: two outside systems are called %s; give one of them another name", name)
		}
		names[name] = true
	}
	if c.Simulators && (len(c.SMS) > 0 || c.Face.Given() || c.Register != nil || l.localRegister) {
		l.fault("simulators: not together with the sections %s, %s and %s", smsKey, faceKey, registerKey)
	}
}

func (c *Config) outsideNames() (names []string) {
	for _, s := range c.SMS {
		names = append(names, s.Name())
	}
	if c.Face.Aliyun != nil {
		names = append(names, c.Face.Aliyun.Name)
	}
	if c.Face.HTTP != nil {
		names = append(names, c.Face.HTTP.Name)
	}
	if c.Register != nil {
		names = append(names, c.Register.Name)
	}
	return names
}

// kind reads which kind of system a section is about.
func (s *section) kind(kinds ...string) string {
	kind := s.text("kind")
	if !slices.Contains(kinds, kind) {
		s.fault("kind", "want one of "+strings.Join(kinds, ", "))
		return ""
	}
	return kind
}

// invalid lists what a gateway finds wrong with its configuration.
func (s *section) invalid(err error) {
	if err == nil {
		return
	}
	for line := range strings.Lines(err.Error()) {
		_, fault, _ := strings.Cut(strings.TrimSpace(line), ": ") // after the gateway's kind
		s.fault("", fault)
	}
}

// settings reads what all systems have.
func (s *section) settings(name string) outbound.Settings {
	c := outbound.Settings{Name: s.text("name"), Timeout: s.duration("timeout"), Connect: s.duration("connect"), Rest: s.duration("rest")}
	if c.Name == "" {
		c.Name = name
	}
	if path := s.text("ca_file"); path != "" {
		var err error
		if c.RootCAs, err = readCAs(path); err != nil {
			s.fault("ca_file", oneLine(err))
		}
	}
	return c
}

// readCAs reads the authorities whose certificates are accepted, and no others.
func readCAs(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New(path + ": no certificate in PEM")
	}
	return pool, nil
}

// aliyun reads what Alibaba Cloud's products have in common.
func (s *section) aliyun(name, endpoint string) aliyunrpc.Config {
	c := aliyunrpc.Config{
		Settings: s.settings(name), Endpoint: s.address("endpoint"), AccessKeyID: s.text("access_key_id"),
		AccessKeySecret: s.secret("access_key_secret"),
	}
	if c.Endpoint == "" {
		c.Endpoint = endpoint
	}
	return c
}

// json reads a system that speaks one of our own protocols.
func (s *section) json(name string) outbound.JSONConfig {
	return outbound.JSONConfig{Settings: s.settings(name), URL: s.address("url"), KeyID: s.text("key_id"), Secret: s.secret("secret")}
}

func (s *section) aliyunSMS(l *loader) *message.AliyunConfig {
	c := &message.AliyunConfig{Config: s.aliyun("aliyun-sms", aliyunSMSEndpoint), SignName: s.text("sign_name"), Templates: map[string]string{}}
	if c.SignName == "" {
		c.SignName = l.config.Brand.SMSSign
	}
	templates := s.under("templates")
	for _, kind := range accounts.MessageKinds() {
		if kind == accounts.KindCode {
			continue
		}
		c.Templates[kind] = templates.text(kind)
	}
	codes := templates.under(accounts.KindCode)
	for _, purpose := range codePurposes() {
		c.Templates[message.ForPurpose(purpose)] = codes.text(string(purpose))
	}
	codes.end()
	templates.end()
	return c
}

// codePurposes are those that codes are sent for.
func codePurposes() []accounts.Purpose {
	var purposes []accounts.Purpose
	for _, kind := range accounts.CaseKinds() {
		if p := kind.Purpose(); p != accounts.PurposeMandate && p != accounts.PurposeChange && !slices.Contains(purposes, p) {
			purposes = append(purposes, p)
		}
	}
	return purposes
}

func (s *section) httpSMS() *message.HTTPConfig {
	c := &message.HTTPConfig{
		Settings: s.settings("http-sms"), URL: s.address("url"), Method: s.text("method"), Headers: s.headers(), Body: s.body(),
		Signing: s.text("signing"), KeyID: s.text("key_id"), Secret: s.secret("secret"), ReceiptPath: s.text("receipt_path"),
		CheckURL: s.address("check_url"),
	}
	if c.Signing == "" {
		c.Signing = "none"
	}
	success := s.under("success")
	c.Success = message.SuccessRule{Path: success.text("path"), Equals: success.text("equals")}
	success.end()
	failure := s.under("failure")
	c.Failure = message.FailureRule{
		Path: failure.text("path"), Limited: failure.texts("limited"), Rejected: failure.texts("rejected"), Number: failure.texts("number"),
	}
	failure.end()
	receipts := s.under("receipts")
	c.Receipts = message.ReceiptRule{
		URL: receipts.address("url"), Path: receipts.text("path"), Delivered: receipts.texts("delivered"), Failed: receipts.texts("failed"),
	}
	receipts.end()
	return c
}

// body reads a template, in which a vendor's password may stand.
func (s *section) body() string {
	body := s.secret("body")
	if body == unread {
		return `""` // a body that is valid: its file has a fault of its own
	}
	return string(body)
}

// headers reads what is sent with every request, each also as <name>_file.
func (s *section) headers() map[string]outbound.Secret {
	h := s.under("headers")
	var names []string
	for name := range h.values {
		names = append(names, strings.TrimSuffix(name, "_file"))
	}
	slices.Sort(names)
	out := map[string]outbound.Secret{}
	for _, name := range slices.Compact(names) {
		out[name] = h.secret(name)
	}
	return out
}
