package cli

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
)

// patience is how long a scan takes before a person wants to know how far it is.
const patience = time.Second

// progress shows how many of n files are done, where w is a terminal. done may be called by any worker; end takes the line away.
func progress(w io.Writer, n int) (done, end func()) {
	if n == 0 || !terminal(w) || os.Getenv("TERM") == "dumb" {
		return nil, func() {}
	}
	return showProgress(w, n, patience)
}

func showProgress(w io.Writer, n int, after time.Duration) (done, end func()) {
	var count atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-stop:
			return
		case <-time.After(after):
		}
		bar := progressbar.NewOptions(n, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("scanning"),
			progressbar.OptionSetWidth(20), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
		tick := time.NewTicker(after / 10)
		defer tick.Stop()
		for {
			_ = bar.Set64(count.Load()) // what a terminal does not take is no matter of the scan
			select {
			case <-stop:
				_ = bar.Clear()
				return
			case <-tick.C:
			}
		}
	}()
	return func() { count.Add(1) }, func() { close(stop); <-stopped }
}
