package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is the processor time that a server and its stores have used so far.
type usage struct{ server, stores time.Duration }

func (u usage) minus(before usage) usage {
	return usage{u.server - before.server, u.stores - before.stores}
}

func (u usage) plus(more usage) usage { return usage{u.server + more.server, u.stores + more.stores} }

func (u usage) total() time.Duration { return u.server + u.stores }

// usage reads it from the operating system.
func (s *side) usage() (u usage, err error) {
	if u.server, err = tree(s.server.pid); err != nil || s.stores == nil {
		return u, err
	}
	for _, p := range []*process{s.stores.postgres, s.stores.redis} {
		used, err := tree(p.pid)
		if err != nil {
			return u, err
		}
		u.stores += used
	}
	return u, nil
}

// tree is the processor time of a process, of its children, and of the children
// it had: PostgreSQL serves each connection in a process of its own.
func tree(pid int) (time.Duration, error) {
	total, err := reaped(pid)
	if err != nil {
		return 0, err
	}
	pids, err := children(pid)
	if err != nil {
		return 0, err
	}
	for _, p := range append(pids, pid) {
		used, err := clock(p)
		if err != nil && p == pid {
			return 0, err
		}
		total += used // a child that ended meanwhile counts among the reaped next time
	}
	return total, nil
}

// clock is the processor time of one process, all threads together, dead ones
// too. It is what /proc/PID/stat shows as utime+stime, in nanoseconds where that
// counts ticks of 10 ms (clock_getcpuclockid(3): the clock of a process is named
// by the complement of its id).
func clock(pid int) (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &t); err != nil { //nolint:gosec // process ids are small
		return 0, fmt.Errorf("processor clock of %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// stat returns the fields of /proc/PID/stat from the state on: the third, which
// has index 0 here.
func stat(pid int) ([]string, error) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return nil, err
	}
	// The name before it may hold anything, brackets and spaces too.
	at := bytes.LastIndexByte(content, ')')
	fields := strings.Fields(string(content[at+1:]))
	if at < 0 || len(fields) < 20 {
		return nil, fmt.Errorf("stat of %d: cannot be read", pid)
	}
	return fields, nil
}

// reaped is cutime+cstime: what the children used that have ended and been
// waited for.
func reaped(pid int) (time.Duration, error) {
	const cutime, cstime, tick = 13, 14, 10 * time.Millisecond // USER_HZ is 100 on Linux
	fields, err := stat(pid)
	if err != nil {
		return 0, err
	}
	user, errUser := strconv.ParseInt(fields[cutime], 10, 64)
	system, errSystem := strconv.ParseInt(fields[cstime], 10, 64)
	if errUser != nil || errSystem != nil {
		return 0, fmt.Errorf("stat of %d: cannot be read", pid)
	}
	return time.Duration(user+system) * tick, nil
}

// children are the processes that name pid as their parent.
func children(pid int) ([]int, error) {
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	const parent = 1
	var all []int
	for _, p := range processes {
		id, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		fields, err := stat(id)
		if err == nil && fields[parent] == strconv.Itoa(pid) {
			all = append(all, id)
		}
	}
	return all, nil
}

// memory is the resident set of a process, now and at most so far, in MiB.
func memory(pid int) (now, peak float64) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, 0
	}
	for line := range strings.SplitSeq(string(content), "\n") {
		name, value, _ := strings.Cut(line, ":")
		kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			now = kib / 1024
		case "VmHWM":
			peak = kib / 1024
		}
	}
	return now, peak
}
