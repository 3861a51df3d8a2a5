package guard

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// Observer writes one log line per request and counts it.
type Observer struct {
	log     slog.Handler
	now     func() time.Time
	count   *prometheus.CounterVec
	seconds *prometheus.HistogramVec

	mu    sync.RWMutex
	known map[kind]*series
}

// kind is what many requests have in common. There are few of them: a route is a
// pattern, a made-up method is "other".
type kind struct {
	method, route string
	status        int
}

// series is where requests of one kind are counted, and the beginning of their
// log lines: looking each up anew would cost more than the rest.
type series struct {
	count   prometheus.Counter
	seconds prometheus.Observer
	log     slog.Handler
}

// NewObserver registers the metrics of HTTP.
func NewObserver(log *slog.Logger, metrics prometheus.Registerer, now func() time.Time) (*Observer, error) {
	o := &Observer{
		log: log.Handler(), now: now, known: map[kind]*series{},
		count: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tongid_http_requests_total", Help: "Requests answered.",
		}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongid_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"}),
	}
	for _, c := range []prometheus.Collector{o.count, o.seconds} {
		if err := metrics.Register(c); err != nil {
			return nil, fmt.Errorf("guard: register metrics: %w", err)
		}
	}
	return o, nil
}

// Watch is the middleware. It stands outside all others but Identify, and has
// errors answered before it looks at the answer. Of the address it names the
// route's pattern alone: paths and queries hold codes, hints and flow ids.
func (o *Observer) Watch(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := o.now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		o.note(c, start, o.now())
		return nil
	}
}

func (o *Observer) note(c echo.Context, start, end time.Time) {
	r, took := c.Request(), max(0, end.Sub(start))
	s := o.seriesOf(kind{methodLabel(r.Method), routeLabel(c), c.Response().Status})
	s.count.Inc()
	s.seconds.Observe(took.Seconds())
	ctx := r.Context()
	if !s.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	// Not by way of slog.Logger, which walks the stack to know who is calling.
	known := requestOf(ctx)
	line := slog.NewRecord(end, slog.LevelInfo, "request", 0)
	line.AddAttrs(
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int64("bytes", c.Response().Size),
		slog.String("trace_id", known.trace), slog.String("client_ip", known.addressLabel()))
	_ = s.log.Handle(ctx, line) // where else would it be said
}

func (o *Observer) seriesOf(k kind) *series {
	o.mu.RLock()
	s := o.known[k]
	o.mu.RUnlock()
	if s != nil {
		return s
	}
	s = &series{
		count:   o.count.WithLabelValues(k.method, k.route, strconv.Itoa(k.status)),
		seconds: o.seconds.WithLabelValues(k.method, k.route),
		log:     o.log.WithAttrs([]slog.Attr{slog.String("method", k.method), slog.String("route", k.route), slog.Int("status", k.status)}),
	}
	o.mu.Lock()
	o.known[k] = s // should another have made it too: they count in the same place
	o.mu.Unlock()
	return s
}

// methodLabel keeps made-up methods out of logs and metrics.
func methodLabel(method string) string {
	known := []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete,
		http.MethodOptions, http.MethodPatch, http.MethodTrace, http.MethodConnect,
	}
	if slices.Contains(known, method) {
		return method
	}
	return "other"
}

func routeLabel(c echo.Context) string {
	if c.Path() == "" {
		return "none"
	}
	return c.Path()
}
