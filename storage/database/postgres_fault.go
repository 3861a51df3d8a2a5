package database

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
)

// fault reads the SQLSTATE (PostgreSQL, appendix A), or what the network says.
func (e *postgresEngine) fault(err error) faultKind {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	switch pg, answered := errors.AsType[*pgconn.PgError](err); {
	case connecting, errors.Is(err, puddle.ErrClosedPool):
		return faultUnavailable
	case answered:
		return sqlState(pg.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return faultUnavailable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return faultBroken
	}
	network, ok := errors.AsType[net.Error](err)
	switch {
	case ok && network.Timeout():
		return faultUnavailable
	case ok, strings.HasSuffix(err.Error(), "conn closed"):
		return faultBroken
	}
	return faultOther
}

func (e *postgresEngine) mend(ctx context.Context) {
	for _, c := range e.pool.AcquireAllIdle(ctx) {
		_ = c.Ping(ctx) // one that fails is closed, and dropped when released
		c.Release()
	}
}

func sqlState(code string) faultKind {
	switch {
	case code == "23505": // unique_violation
		return faultUnique
	case code == "40001", code == "40P01": // serialization_failure, deadlock_detected
		return faultSerialize
	case strings.HasPrefix(code, "57P"), // operator intervention: the server goes down
		strings.HasPrefix(code, "08"): // connection exception
		return faultBroken
	case code == "25006", // read_only_sql_transaction: the primary became a standby
		code == "57014",               // query_canceled: by a limit of the server's
		strings.HasPrefix(code, "53"), // insufficient resources
		strings.HasPrefix(code, "58"): // system error
		return faultUnavailable
	}
	return faultOther
}
