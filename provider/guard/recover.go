package guard

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// PanicError is a panic that became a fault.
type PanicError struct {
	Value any
	Stack []byte // for the log alone
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Recover turns a panic of a handler into a fault.
func Recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if cause, ok := value.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
				panic(value) // net/http's own way to cut an answer off
			}
			err = &PanicError{Value: value, Stack: debug.Stack()}
		}()
		return next(c)
	}
}
