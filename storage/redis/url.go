package redis

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// form is how a Redis is run.
type form string

const (
	single   form = "single"
	cluster  form = "cluster"
	sentinel form = "sentinel"
)

// target is a parsed address of a Redis.
type target struct {
	form     form
	tls      bool
	hosts    []string // with ports
	username string
	password string
	database int
	master   string // of a Sentinel group

	sentinelUsername string
	sentinelPassword string
}

// parseURL reads
//
//	redis://[user:password@]host[:port][/database]
//	redis+cluster://[user:password@]host:port,host:port…
//	redis+sentinel://[user:password@]host:port,host:port…/master[/database][?sentinel_username=…&sentinel_password=…]
//
// and the same with rediss for TLS. Its errors never hold a part of the address,
// which has a password in it. net/url is of no use: it takes one host.
func parseURL(address string) (target, error) {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return target{}, errors.New("no scheme")
	}
	var t target
	switch strings.ToLower(scheme) {
	case "redis", "rediss":
		t.form = single
	case "redis+cluster", "rediss+cluster":
		t.form = cluster
	case "redis+sentinel", "rediss+sentinel":
		t.form = sentinel
	default:
		return target{}, errors.New("unknown scheme; known are redis, redis+cluster, redis+sentinel and the same with rediss")
	}
	t.tls = strings.HasPrefix(strings.ToLower(scheme), "rediss")
	if strings.Contains(rest, "#") {
		return target{}, errors.New("a fragment has no meaning here; write # in a password as %23")
	}
	rest, query, _ := strings.Cut(rest, "?")
	// The last @ ends the password, which may hold others; a path holds none.
	at := strings.LastIndexByte(rest, '@')
	if at >= 0 {
		if err := t.setUser(rest[:at]); err != nil {
			return target{}, err
		}
	}
	hosts, path, _ := strings.Cut(rest[at+1:], "/")
	return t, errors.Join(t.setHosts(hosts), t.setPath(path), t.setQuery(query))
}

func (t *target) setUser(info string) error {
	user, password, found := strings.Cut(info, ":")
	if !found { // redis://secret@host, as other clients read it
		user, password = "", info
	}
	var err error
	if t.username, err = url.PathUnescape(user); err != nil {
		return errors.New("user name: bad percent-encoding")
	}
	if t.password, err = url.PathUnescape(password); err != nil {
		return errors.New("password: bad percent-encoding")
	}
	return nil
}

func (t *target) setHosts(hosts string) error {
	port := "6379"
	if t.form == sentinel {
		port = "26379"
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if host == "" {
			return errors.New("a host is empty")
		}
		address := host
		if !strings.Contains(host, ":") || strings.HasSuffix(host, "]") {
			address = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		name, number, err := net.SplitHostPort(address)
		if err != nil || name == "" {
			return errors.New("a host is not host:port")
		}
		if n, err := strconv.Atoi(number); err != nil || n < 1 || n > 65535 {
			return errors.New("a port is not a number from 1 to 65535")
		}
		t.hosts = append(t.hosts, address)
	}
	if t.form == single && len(t.hosts) > 1 {
		return errors.New("several hosts need redis+cluster or redis+sentinel")
	}
	return nil
}

func (t *target) setPath(path string) error {
	path = strings.TrimSuffix(path, "/")
	if t.form == sentinel {
		t.master, path, _ = strings.Cut(path, "/")
		if t.master == "" {
			return errors.New("redis+sentinel needs the master's name: redis+sentinel://host:port/NAME")
		}
		var err error
		if t.master, err = url.PathUnescape(t.master); err != nil {
			return errors.New("master's name: bad percent-encoding")
		}
	}
	if path == "" {
		return nil
	}
	n, err := strconv.Atoi(path)
	if err != nil || n < 0 {
		return errors.New("the database is not a number")
	}
	if t.form == cluster && n != 0 {
		return errors.New("a cluster has only database 0")
	}
	t.database = n
	return nil
}

func (t *target) setQuery(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("query: bad encoding")
	}
	for name := range values {
		switch {
		case t.form == sentinel && name == "sentinel_username":
			t.sentinelUsername = values.Get(name)
		case t.form == sentinel && name == "sentinel_password":
			t.sentinelPassword = values.Get(name)
		default:
			return fmt.Errorf("unknown option %q", name)
		}
	}
	return nil
}
