package pagetest

import (
	"fmt"
	"net/http"
)

// Module serves a page that only imports plenum.js from an address. Expressions for Evaluate can use its class as Plenum. The
// page's clock runs speed times as fast as the test's, which shortens real waits.
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
