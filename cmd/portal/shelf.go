package main

import (
	"container/list"
	"sync"
	"time"
)

// shelf keeps things for a while under a key, in memory: sign-ins, requests under way. It holds
// at most limit of them; a new one pushes out the one that was used longest ago.
type shelf[T any] struct {
	now   func() time.Time
	limit int
	idle  time.Duration // how long a thing lives after its last use
	total time.Duration // how long it lives at most

	mu    sync.Mutex
	items map[string]*list.Element
	order *list.List // of *shelved[T], last used in front
}

type shelved[T any] struct {
	key   string
	thing T
	born  time.Time
	used  time.Time
}

// newShelf returns an empty shelf.
func newShelf[T any](now func() time.Time, limit int, idle, total time.Duration) *shelf[T] {
	return &shelf[T]{now: now, limit: limit, idle: idle, total: total, items: map[string]*list.Element{}, order: list.New()}
}

// put keeps thing under key.
func (s *shelf[T]) put(key string, thing T) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(key)
	for last := s.order.Back(); last != nil; last = s.order.Back() {
		item := last.Value.(*shelved[T])
		if s.order.Len() < s.limit && now.Sub(item.used) < s.idle {
			break
		}
		s.remove(item.key)
	}
	s.items[key] = s.order.PushFront(&shelved[T]{key: key, thing: thing, born: now, used: now})
}

// get returns what is kept under key and counts as a use of it.
func (s *shelf[T]) get(key string) (T, bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.alive(key, now)
	if !ok {
		var none T
		return none, false
	}
	item.used = now
	s.order.MoveToFront(s.items[key])
	return item.thing, true
}

// take returns what is kept under key and removes it: of many who ask, one gets it.
func (s *shelf[T]) take(key string) (T, bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	item, ok := s.alive(key, now)
	if !ok {
		var none T
		return none, false
	}
	s.remove(key)
	return item.thing, true
}

// drop forgets key.
func (s *shelf[T]) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(key)
}

// alive finds key and throws it out when its time is over. The lock is held.
func (s *shelf[T]) alive(key string, now time.Time) (*shelved[T], bool) {
	element, ok := s.items[key]
	if !ok {
		return nil, false
	}
	item := element.Value.(*shelved[T])
	if now.Sub(item.used) >= s.idle || now.Sub(item.born) >= s.total {
		s.remove(key)
		return nil, false
	}
	return item, true
}

// remove takes key off the shelf. The lock is held.
func (s *shelf[T]) remove(key string) {
	if element, ok := s.items[key]; ok {
		s.order.Remove(element)
		delete(s.items, key)
	}
}
