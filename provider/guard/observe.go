package guard

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// Observer writes one log line per request and counts it.
type Observer struct {
	log     *slog.Logger
	now     func() time.Time
	count   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

// NewObserver registers the metrics of HTTP.
func NewObserver(log *slog.Logger, metrics prometheus.Registerer, now func() time.Time) (*Observer, error) {
	o := &Observer{
		log: log, now: now,
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
		r, status, took := c.Request(), c.Response().Status, max(0, o.now().Sub(start))
		method, route := methodLabel(r.Method), routeLabel(c)
		o.count.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
		o.seconds.WithLabelValues(method, route).Observe(took.Seconds())
		o.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", method), slog.String("route", route), slog.Int("status", status),
			slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int64("bytes", c.Response().Size),
			slog.String("trace_id", TraceID(r.Context())), slog.String("client_ip", addressLabel(c)))
		return nil
	}
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

func addressLabel(c echo.Context) string {
	if a := Address(c.Request().Context()); a.IsValid() {
		return a.String()
	}
	return ""
}
