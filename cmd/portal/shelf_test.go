package main

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestShelfForgets(t *testing.T) {
	clock := newTestClock()
	s := newShelf[int](clock.now, 10, 10*time.Minute, 25*time.Minute)
	s.put("a", 1)
	for _, step := range []struct {
		after time.Duration
		alive bool
	}{{9 * time.Minute, true}, {9 * time.Minute, true}, {6 * time.Minute, true}, {time.Minute, false}} {
		clock.advance(step.after)
		if _, ok := s.get("a"); ok != step.alive {
			t.Errorf("after %v more: alive %v", step.after, ok)
		}
	}
	s.put("b", 2)
	clock.advance(10 * time.Minute)
	if _, ok := s.take("b"); ok {
		t.Error("unused for its whole idle time and still there")
	}
	s.put("c", 3)
	s.drop("c")
	if _, ok := s.get("c"); ok {
		t.Error("dropped and still there")
	}
}

func TestShelfIsBounded(t *testing.T) {
	clock := newTestClock()
	s := newShelf[int](clock.now, 3, time.Hour, time.Hour)
	for i := range 3 {
		s.put(strconv.Itoa(i), i)
	}
	s.get("0")
	s.put("3", 3)
	for key, want := range map[string]bool{"0": true, "1": false, "2": true, "3": true} {
		if _, ok := s.get(key); ok != want {
			t.Errorf("%s: there %v, want %v", key, ok, want)
		}
	}
	clock.advance(time.Hour)
	s.put("4", 4)
	if got := s.order.Len(); got != 1 || len(s.items) != 1 {
		t.Errorf("%d things kept past their time", got-1)
	}
}

func TestShelfGivesOnce(t *testing.T) {
	s := newShelf[int](time.Now, 10, time.Hour, time.Hour)
	s.put("a", 1)
	var got atomic.Int32
	var racers sync.WaitGroup
	for range 100 {
		racers.Go(func() {
			if _, ok := s.take("a"); ok {
				got.Add(1)
			}
		})
	}
	racers.Wait()
	if got.Load() != 1 {
		t.Errorf("%d racers got it", got.Load())
	}
}
