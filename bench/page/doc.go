// Package page writes results as one HTML page that needs no other file.
//
// Write shows the sides that package compare has read. The verdicts come first. Each entry then has a
// table of medians, plots of the latencies, the comparison of its servers, and its options. The machine
// is at the end. The page has no scripts and loads nothing. It is light or dark, as the reader's browser
// prefers. Every server has one colour throughout the page. Patterns of dashes tell the servers of one
// side apart; with several sides, they tell the sides apart.
//
// Names of servers, options and texts of failures are not trusted: html/template escapes them. All
// functions may be called from any goroutine.
package page
