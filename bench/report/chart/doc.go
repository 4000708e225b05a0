// Package chart draws plots that compare servers, as SVG: one row per server, or one line per
// server.
//
// A server has the same colour and the same mark in every plot. plenum is emphasised. Names
// stand next to the rows and lines, because nobody can tell fifteen colours apart. The colours
// follow prefers-color-scheme, which browsers also apply to an SVG file in an img element. Each
// plot has a background of its own, so it is readable on a page of any colour.
//
// The same plot gives the same bytes.
package chart
