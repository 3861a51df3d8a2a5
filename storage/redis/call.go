package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tongid/tongid/accounts"
)

// Faults that are nobody's answer.
var (
	errDamaged   = errors.New("damaged value") // it is not what we wrote
	errElsewhere = errors.New("this server is in a cluster: its address must begin with redis+cluster")
)

// call runs one operation: within patience, its error mapped and observed.
func (s *Store) call(ctx context.Context, op string, f func(context.Context) error) error {
	start := time.Now() //nolint:forbidigo // how long a call took is measured on the real clock
	bounded, cancel := context.WithTimeout(ctx, patience)
	err := f(bounded)
	cancel()
	if err != nil {
		err = fmt.Errorf("redis: %s: %w", op, mapped(ctx, err))
	}
	if s.options.Observe != nil {
		s.options.Observe(op, time.Since(start), err)
	}
	return err
}

// mapped turns an error into one of the stores' sentinels. What is neither an
// answer nor a fault of ours is a server that did not do what it was asked.
func mapped(ctx context.Context, err error) error {
	// Not errors.Is: the client also wraps this one in "no Sentinel knows the
	// master", which is anything but a key that is not there.
	if err == redis.Nil { //nolint:errorlint // see above
		return accounts.ErrNotFound
	}
	for _, ours := range []error{accounts.ErrNotFound, accounts.ErrConflict, errDamaged, errElsewhere} {
		if errors.Is(err, ours) {
			return err
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	if misused(err) {
		return err
	}
	return fmt.Errorf("%w: %w", accounts.ErrUnavailable, err)
}

// misused reports whether Redis says that the command makes no sense there:
// ours or the configuration's fault, which waiting does not mend.
func misused(err error) bool {
	reply, ok := errors.AsType[redis.Error](err)
	if !ok || errors.Is(err, redis.Nil) {
		return false
	}
	text := reply.Error()
	if strings.HasPrefix(text, "ERR max number of clients") {
		return false
	}
	return strings.HasPrefix(text, "ERR ") || strings.HasPrefix(text, "WRONGTYPE ") || strings.HasPrefix(text, "CROSSSLOT ")
}

// refused reports whether Redis does not let us in.
func refused(err error) bool {
	reply, ok := errors.AsType[redis.Error](err)
	if !ok {
		return false
	}
	text := reply.Error()
	return strings.HasPrefix(text, "NOAUTH ") || strings.HasPrefix(text, "WRONGPASS ") || strings.HasPrefix(text, "NOPERM ")
}
