package pagetest

import (
	"fmt"
	"net/http"
)

// Module is a page that does nothing but import the module of plenum.js at an address,
// for Tab.Evaluate to use as Plenum. Its clock runs speed times as fast as the test's,
// so that waits of seconds are really waited for, and soon over.
func Module(address string, speed int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, modulePage, fmt.Sprintf(clock, speed), address)
	}
}

const modulePage = `<!doctype html>
<link rel="icon" href="data:,">
<script>{%s}</script>
<script type="module">
	import { Plenum } from %q;
	window.options = {};
	window.Plenum = Plenum;
</script>
`

const clock = `
	const speed = %d, began = Date.now(), later = setTimeout, now = performance.now.bind(performance);
	window.setTimeout = (act, time, ...with_) => later(act, time / speed, ...with_);
	performance.now = () => now() * speed;
	Date.now = () => began + Math.round(now() * speed);
`
