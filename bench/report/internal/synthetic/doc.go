// Package synthetic makes results for tests: runs with given figures, and folders that have them.
package synthetic
