package guard

import (
	"slices"

	"github.com/labstack/echo/v4"
)

// Chain puts middleware together once, the first outermost. Echo does it anew for
// every request, which costs a closure each. The chain must be all that e.Use is
// given: what stands behind it is the handler that the router found.
func Chain(all ...echo.MiddlewareFunc) echo.MiddlewareFunc {
	chain := func(c echo.Context) error { return c.Handler()(c) }
	for _, middleware := range slices.Backward(all) {
		chain = middleware(chain)
	}
	return func(echo.HandlerFunc) echo.HandlerFunc { return chain }
}
