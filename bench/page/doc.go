// Package page writes results as one HTML page that needs no other file.
//
// Write shows the sides that package compare has read: the verdicts first, then for each entry a table of
// medians, plots of the latencies, and the comparison of its servers, and the options and the machine
// at the end. The page has no scripts, loads nothing, and follows the reader's choice of light or dark.
// Every server has one colour and one pattern of dashes throughout the page.
//
// Names of servers, options and texts of failures are not trusted: html/template escapes them. All
// functions may be called from any goroutine.
package page
