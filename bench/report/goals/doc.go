// Package goals judges the project's own goals, such as "p99 at most 1.1 x Bun's", by the results.
//
// [Part] returns the table of the goals with figures, and [Unjudged] the goals without. A goal compares medians. It is missed if
// a run of plenum failed or was held back.
package goals
