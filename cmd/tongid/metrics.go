package main

import (
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

// metrics are this process's, on a registry of their own.
type metrics struct {
	registry *prometheus.Registry
	seconds  *prometheus.HistogramVec
	trips    *prometheus.CounterVec
	failures *prometheus.CounterVec

	outsideSeconds *prometheus.HistogramVec
	outsideUp      *prometheus.GaugeVec
	messages       *prometheus.CounterVec

	events *prometheus.CounterVec

	foreignWaiting prometheus.Gauge
	foreignWrapped prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongid_store_seconds", Help: "How long a call to a store took.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1},
		}, []string{"store", "op"}),
		trips: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongid_store_round_trips_total", Help: "Calls to a store.",
		}, []string{"store"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongid_store_failures_total", Help: "Calls to a store that it did not answer, or not in time.",
		}, []string{"store", "op"}),
		outsideSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongid_outside_seconds", Help: "How long a call to an outside system took, by its outcome.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"system", "op", "outcome"}),
		outsideUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tongid_outside_up", Help: "Whether an outside system did its work when it was last checked.",
		}, []string{"system"}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongid_messages_total", Help: "What became of short messages.",
		}, []string{"kind", "outcome"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongid_events_total", Help: "What became of each try to push an event to a portal.",
		}, []string{"kind", "outcome"}),
		foreignWaiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tongid_foreign_hashes_waiting", Help: "Imported password hashes that wait to be wrapped.",
		}),
		foreignWrapped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tongid_foreign_hashes_wrapped_total", Help: "Imported password hashes that this process wrapped.",
		}),
	}
	m.registry.MustRegister(m.seconds, m.trips, m.failures, m.outsideSeconds, m.outsideUp, m.messages, m.events, m.foreignWaiting, m.foreignWrapped, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

// observe returns the observer of one store. Looking a histogram up by its labels
// costs more than feeding it, so each is looked up once.
func (m *metrics) observe(store string) observer {
	var byOp sync.Map // op → prometheus.Observer
	trips := m.trips.WithLabelValues(store)
	return func(op string, d time.Duration, err error) {
		seconds, ok := byOp.Load(op)
		if !ok {
			seconds, _ = byOp.LoadOrStore(op, m.seconds.WithLabelValues(store, op))
		}
		seconds.(prometheus.Observer).Observe(d.Seconds())
		trips.Inc()
		if err != nil && !isAnswer(err) {
			m.failures.WithLabelValues(store, op).Inc()
		}
	}
}

// outside observes one call to an outside system.
func (m *metrics) outside(system, op string, took time.Duration, err error) {
	outcome := "ok"
	switch {
	case err == nil:
	case errors.Is(err, accounts.ErrRejected), errors.Is(err, accounts.ErrFlowControl), isAnswer(err):
		outcome = "refused"
	default:
		outcome = "failed"
	}
	m.outsideSeconds.WithLabelValues(system, op, outcome).Observe(took.Seconds())
}

// message counts what became of one message.
func (m *metrics) message(kind, outcome string) { m.messages.WithLabelValues(kind, outcome).Inc() }

// event counts what became of one try to push an event.
func (m *metrics) event(kind accounts.EventKind, outcome string) {
	m.events.WithLabelValues(string(kind), outcome).Inc()
}

// isAnswer reports whether a store's error is what it knows, not that it failed.
func isAnswer(err error) bool {
	return errors.Is(err, accounts.ErrNotFound) || errors.Is(err, accounts.ErrConflict) || errors.Is(err, sql.ErrNoRows)
}

// watchPool shows the database's connections.
func (m *metrics) watchPool(db *database.DB) {
	gauge := func(name, help string, get func(database.Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return get(db.Stats()) })
	}
	counter := func(name, help string, get func(database.Stats) float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return get(db.Stats()) })
	}
	m.registry.MustRegister(
		gauge("tongid_database_connections_max", "Connections to the database there may be.", func(s database.Stats) float64 { return float64(s.Max) }),
		gauge("tongid_database_connections_open", "Connections to the database there are.", func(s database.Stats) float64 { return float64(s.Open) }),
		gauge("tongid_database_connections_busy", "Connections to the database in use.", func(s database.Stats) float64 { return float64(s.InUse) }),
		counter("tongid_database_waits_total", "Times a caller waited for a connection.", func(s database.Stats) float64 { return float64(s.Waits) }),
		counter("tongid_database_wait_seconds_total", "How long callers waited for connections.", func(s database.Stats) float64 { return s.WaitTime.Seconds() }),
	)
}
