package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// sayEvery is how often progress is told where nobody watches a bar.
const sayEvery = 10 * time.Second

// progress tells how far something has come: a bar on a terminal, now and then a
// line elsewhere.
type progress struct {
	title       string
	to          io.Writer
	bar         *progressbar.ProgressBar // nil: no terminal
	done, total int64
	said        time.Time
}

func (t *terminal) progress(title string, total int64) *progress {
	p := &progress{title: title, to: t.err, total: total, said: time.Now()}
	if isTerminal(t.err) {
		p.bar = progressbar.NewOptions64(max(total, 1), progressbar.OptionSetWriter(t.err), progressbar.OptionSetDescription(title),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	return p
}

func (p *progress) add(n int64) {
	p.done += n
	switch {
	case p.bar != nil:
		_ = p.bar.Set64(min(p.done, p.bar.GetMax64())) // it is for looking at
	case time.Since(p.said) >= sayEvery:
		p.said = time.Now()
		fmt.Fprintf(p.to, "%s: %d of %d\n", p.title, p.done, p.total)
	}
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish() // it is for looking at
	}
}
