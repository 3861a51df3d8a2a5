package main

import (
	"sync/atomic"
	"time"
)

// clock is the server's time. Beside simulators it can be moved forward, to see
// what happens when something expires.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// Move sets how far the clock is ahead.
func (c *clock) Move(offset time.Duration) { c.offset.Store(int64(offset)) }
